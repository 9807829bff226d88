//! What an update minimises: the terms of its losses (language.md, section 5).

use super::{ImagePool, RunError, Scene};
use crate::components::loss::{self, Adversarial, Loss, LossBuild, Measure};
use crate::graph::plan::{self, Element, ElementInputs, Plan, Side, Value};
use crate::nn::Inputs;
use crate::tensor::{Backend, Var, ops};
use std::collections::HashMap;

/// A loss of the plan, built.
pub struct Objective<D: Backend> {
    pub plan: plan::Loss,
    kind: Kind<D>,
    /// One for each element, if past fakes are kept.
    pub pools: Vec<ImagePool<D>>,
}

enum Kind<D: Backend> {
    Plain(Box<dyn Loss<D>>),
    TwoSided(Box<dyn Adversarial<D>>),
}

impl<D: Backend> Objective<D> {
    pub fn all(plan: &Plan) -> Result<Vec<Objective<D>>, RunError> {
        let entries = loss::entries::<D>();
        plan.losses.iter().map(|l| Objective::new(l, &entries, plan.run.seed)).collect()
    }

    fn new(plan: &plan::Loss, entries: &[loss::LossEntry<D>], seed: u64) -> Result<Self, RunError> {
        let name = &plan.component.name;
        let entry = entries
            .iter()
            .find(|e| e.entry.card.name == name)
            .ok_or_else(|| RunError::Internal(format!("no loss is called `{name}`")))?;
        let problem = || RunError::problem(&plan.name);
        let kind = match &entry.build {
            LossBuild::Plain(build) => Kind::Plain(build(&plan.component.settings).map_err(problem())?),
            LossBuild::TwoSided(build) => Kind::TwoSided(build(&plan.component.settings).map_err(problem())?),
        };
        let pools = match plan.pool {
            0 => Vec::new(),
            size => (0..plan.elements.len()).map(|i| ImagePool::new(size, seed, &plan.name, i)).collect(),
        };
        Ok(Objective { plan: plan.clone(), kind, pools })
    }

    /// Factor on the raw value of a side; the ramp is the caller's.
    pub fn weight(&self, side: Side) -> f64 {
        match (side, &self.kind) {
            (Side::Discriminator, Kind::TwoSided(_)) => self.plan.discriminator_weight,
            _ => self.plan.weight,
        }
    }

    /// The unweighted value of a side, 1 x 1 x 1 x 1.
    pub fn term(&mut self, scene: &Scene<'_, D>, side: Side) -> Result<Var<D>, RunError> {
        let mut known = HashMap::new();
        let mut total: Option<Var<D>> = None;
        for (i, element) in self.plan.elements.clone().iter().enumerate() {
            let value = match (&self.kind, side) {
                (Kind::Plain(loss), _) => self.plain(loss.as_ref(), scene, element)?,
                (Kind::TwoSided(_), Side::Discriminator) => self.discriminator(scene, element, i, &mut known)?,
                (Kind::TwoSided(loss), _) => {
                    let shown = fake(element).iter().map(|v| scene.value(v)).collect::<Result<Vec<_>, _>>()?;
                    self.judged(scene, &shown, true, |logits| loss.generator(scene.ctx, logits))?
                }
            };
            let value = ops::arithmetic::affine(scene.ctx, &value, element.share as f32, 0.0)?;
            total = Some(match total {
                None => value,
                Some(sum) => ops::arithmetic::add(scene.ctx, &sum, &value)?,
            });
        }
        total.ok_or_else(|| RunError::Internal(format!("loss `{}` has no element", self.plan.name)))
    }

    fn plain(&self, loss: &dyn Loss<D>, scene: &Scene<'_, D>, element: &Element) -> Result<Var<D>, RunError> {
        let ElementInputs::Plain(ports) = &element.inputs else {
            return Err(RunError::Internal(format!("loss `{}` is shown to nobody", self.plan.name)));
        };
        let mut inputs = Vec::with_capacity(ports.len());
        let mut mask = None;
        for (port, value) in ports {
            let mut var = if self.plan.detach.contains(port) { scene.constant(value)? } else { scene.value(value)? };
            if port == "mask" {
                mask = Some(var);
                continue;
            }
            if let Some(network) = self.plan.network
                && matches!(port.as_str(), "prediction" | "target")
            {
                let outputs = scene.network(network, &[var], true)?;
                var =
                    outputs.into_iter().next().ok_or_else(|| RunError::Internal("a network without output".into()))?;
            }
            inputs.push((port.clone(), vec![var]));
        }
        let measure = match mask.as_ref().filter(|_| loss.takes_mask()) {
            Some(mask) => {
                inputs.push(("mask".into(), vec![mask.clone()]));
                loss.measure(scene.ctx, &Inputs::new(inputs))
            }
            None => loss.measure(scene.ctx, &Inputs::new(inputs)),
        };
        let measure = measure.map_err(|error| RunError::Operation { path: self.plan.name.clone(), error })?;
        let mask = mask.filter(|_| !loss.takes_mask());
        Ok(self.reduce(scene, measure, mask.as_ref())?)
    }

    /// Mean over a sample's elements, then over the batch; or the mean of the hardest share.
    fn reduce(
        &self,
        scene: &Scene<'_, D>,
        measure: Measure<D>,
        mask: Option<&Var<D>>,
    ) -> Result<Var<D>, crate::tensor::Error> {
        let (ctx, hardest) = (scene.ctx, self.plan.hardest as f32);
        match measure {
            Measure::Elements(x) if hardest < 1.0 => ops::reduce::top_share_mean(ctx, &x, mask, hardest),
            Measure::Masked(x, mask) if hardest < 1.0 => ops::reduce::top_share_mean(ctx, &x, Some(&mask), hardest),
            Measure::Masked(x, mask) => {
                let samples = ops::reduce::masked_mean_samples(ctx, &x, &mask)?;
                ops::reduce::mean_all(ctx, &samples)
            }
            Measure::Samples(x) if hardest < 1.0 => ops::reduce::top_share_mean(ctx, &x, None, hardest),
            Measure::Elements(x) => match mask {
                Some(mask) => {
                    let samples = ops::reduce::masked_mean_samples(ctx, &x, mask)?;
                    ops::reduce::mean_all(ctx, &samples)
                }
                None => ops::reduce::mean_all(ctx, &x),
            },
            Measure::Samples(x) => ops::reduce::mean_all(ctx, &x),
        }
    }

    /// `real(D(x)) + fake(D(y))`; D(x) is computed once where several elements show the same x.
    fn discriminator(
        &mut self,
        scene: &Scene<'_, D>,
        element: &Element,
        i: usize,
        known: &mut HashMap<Vec<Value>, Var<D>>,
    ) -> Result<Var<D>, RunError> {
        let real_values = real(element);
        let fakes = fake(element).iter().map(|v| scene.constant(v)).collect::<Result<Vec<_>, _>>()?;
        let fakes = match self.pools.get_mut(i) {
            Some(pool) if !scene.check_finite => pool.exchange(scene.ctx, fakes)?,
            _ => fakes,
        };
        let Kind::TwoSided(loss) = &self.kind else {
            return Err(RunError::Internal(format!("loss `{}` has one side", self.plan.name)));
        };
        let real = match known.get(real_values) {
            Some(real) => real.clone(),
            None => {
                let reals = real_values.iter().map(|v| scene.constant(v)).collect::<Result<Vec<_>, _>>()?;
                let real = self.judged(scene, &reals, false, |logits| loss.real(scene.ctx, logits))?;
                known.insert(real_values.to_vec(), real.clone());
                real
            }
        };
        let fake = self.judged(scene, &fakes, false, |logits| loss.fake(scene.ctx, logits))?;
        Ok(ops::arithmetic::add(scene.ctx, &real, &fake)?)
    }

    /// The mean of a side's function of the logits; a list of logit maps (several scales) is averaged.
    fn judged(
        &self,
        scene: &Scene<'_, D>,
        shown: &[Var<D>],
        fixed: bool,
        f: impl Fn(&Var<D>) -> Result<Var<D>, crate::tensor::Error>,
    ) -> Result<Var<D>, RunError> {
        let network = self
            .plan
            .discriminator
            .ok_or_else(|| RunError::Internal(format!("loss `{}` has no discriminator", self.plan.name)))?;
        let logits = scene.network(network, shown, fixed)?;
        let scale = 1.0 / logits.len().max(1) as f32;
        let mut total: Option<Var<D>> = None;
        for map in &logits {
            let mean = ops::reduce::mean_all(scene.ctx, &f(map)?)?;
            let mean = ops::arithmetic::affine(scene.ctx, &mean, scale, 0.0)?;
            total = Some(match total {
                None => mean,
                Some(sum) => ops::arithmetic::add(scene.ctx, &sum, &mean)?,
            });
        }
        total.ok_or_else(|| RunError::Internal("a discriminator without logits".into()))
    }
}

/// What an element shows as real.
fn real(element: &Element) -> &[Value] {
    match &element.inputs {
        ElementInputs::Shown { real, .. } => real,
        ElementInputs::Plain(_) => &[],
    }
}

/// What an element shows as fake.
fn fake(element: &Element) -> &[Value] {
    match &element.inputs {
        ElementInputs::Shown { fake, .. } => fake,
        ElementInputs::Plain(_) => &[],
    }
}
