//! Single operations on our side.

use super::our_scores::Scores;
use super::protocol::{Op, OpCase};
use super::serve::Work;
use ablate::config;
use ablate::diagnostic::{Diagnostic, Source, render_all};
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::graph::open::{Wired, WiredValue};
use ablate::graph::plan::Network;
use ablate::random::Stream;
use ablate::registry::{Edge, Start};
use ablate::run::Alone;
use ablate::tensor::ops::activation::{Activation, activate};
use ablate::tensor::ops::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};
use ablate::tensor::ops::conv2d::{Conv2d, conv2d};
use ablate::tensor::ops::norm::{batch_norm_train, instance_norm};
use ablate::tensor::ops::optimizer::{Adam, OptimizerKernel};
use ablate::tensor::ops::pool::max_pool;
use ablate::tensor::ops::resize::{resize_bilinear, resize_nearest};
use ablate::tensor::ops::shape::concat_channels;
use ablate::tensor::{Backend, Context, Cpu, Error, Gradients, Tensor, Var};
use anyhow::Context as _;
use std::sync::Arc;
use std::time::Instant;

type Buffer = <Cpu as dfdx::tensor::Storage<f32>>::Vec;

/// Makes a case ready.
pub fn load(case: &OpCase) -> anyhow::Result<Box<dyn Work>> {
    match case.op {
        Op::Adam => return Ok(Box::new(AdamWork::new(case.inputs[0])?)),
        Op::Scoring => return Ok(Box::new(Scores::new(&case.inputs)?)),
        _ => {}
    }
    let device = Cpu::default();
    let ctx = Context::inference(&device);
    let leaf = |(i, shape): (usize, &[usize; 4])| ctx.tensor(uniform(&i.to_string(), *shape), *shape).map(Var::leaf);
    let inputs = case.inputs.iter().enumerate().map(leaf).collect::<Result<_, Error>>()?;
    let network = match &case.op {
        Op::Component { name, ports } => Some(component(name, ports, &case.inputs)?),
        _ => None,
    };
    let network = network.map(|n| Alone::new(&n, &device, parameter)).transpose()?;
    let mut work = OpWork { case: case.clone(), device, inputs, network, gradient: vec![] };
    let y = work.forward(&ctx)?;
    work.gradient = uniform("gradient", y.shape());
    Ok(Box::new(work))
}

/// Values from -1 to 1 that the other side makes too.
pub fn uniform(name: &str, shape: [usize; 4]) -> Vec<f32> {
    let mut stream = Stream::new(1, name);
    (0..shape.iter().product()).map(|_| stream.between(-1.0, 1.0) as f32).collect()
}

/// A component's parameter by its path, as `Net.tensor` in `tests/parity/layers.py` fills it.
fn parameter(path: &str, p: &ablate::registry::Parameter) -> Vec<f32> {
    let fan: usize = p.shape[1..].iter().product();
    let value = |r: f32| match p.init {
        Start::Weight { .. } => r * (2.4 / (fan as f64).sqrt()) as f32,
        Start::Constant(1.0) => 1.0 + 0.5 * r,
        Start::Constant(_) => 0.2 * r,
    };
    uniform(path, p.shape).into_iter().map(value).collect()
}

/// A component of the registry, opened on maps.
fn component(name: &str, ports: &[String], inputs: &[[usize; 4]]) -> anyhow::Result<Network> {
    let source = Arc::new(Source { name: name.into(), text: format!("[nodes.net]\nuse = \"{name}\"\n") });
    let tree = config::parse(&source).map_err(|p| anyhow::anyhow!("{}", p.render()))?;
    let (_, item) = tree.get(&["nodes"]).and_then(|n| n.as_table()).and_then(|t| t.first()).context("no node")?;
    let catalogue = ablate::components::catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let mut wired: Vec<Wired> = Vec::new();
    for (port, [_, c, h, w]) in ports.iter().zip(inputs) {
        let value = WiredValue { edge: Edge::map(*c, *h, *w), label: port.clone(), decided: None };
        match wired.last_mut().filter(|last| last.port == *port) {
            Some(last) => {
                last.list = true;
                last.values.push(value);
            }
            None => wired.push(Wired { port: port.clone(), list: false, values: vec![value], written: None }),
        }
    }
    let mut problems: Vec<Diagnostic> = Vec::new();
    let opened = library.open("net", item, &wired, &|_| None, &mut problems);
    opened.map(|o| o.network).ok_or_else(|| anyhow::anyhow!("{}", render_all(&problems)))
}

struct OpWork {
    case: OpCase,
    device: Cpu,
    inputs: Vec<Var<Cpu>>,
    network: Option<Alone<Cpu>>,
    /// Of the output.
    gradient: Vec<f32>,
}

impl OpWork {
    fn forward(&mut self, ctx: &Context<Cpu>) -> anyhow::Result<Var<Cpu>> {
        let x = &self.inputs;
        let [_, _, h, w] = x[0].shape();
        Ok(match &self.case.op {
            &Op::Conv2d { stride, padding } => {
                let how = Conv2d { stride, padding: [padding; 4], ..Conv2d::default() };
                conv2d(ctx, &x[0], &x[1], None, &how)?
            }
            &Op::ConvTranspose2d { stride, padding } => {
                let how = ConvTranspose2d { stride, padding: [padding; 4], output: (stride * h, stride * w) };
                conv_transpose2d(ctx, &x[0], &x[1], None, &how)?
            }
            Op::BatchNorm => batch_norm_train(ctx, &x[0], Some((&x[1], &x[2])), 1e-5)?.0,
            Op::InstanceNorm => instance_norm(ctx, &x[0], Some((&x[1], &x[2])), 1e-5)?,
            &Op::LeakyRelu { slope } => activate(ctx, &x[0], Activation::LeakyRelu(slope))?,
            Op::Tanh => activate(ctx, &x[0], Activation::Tanh)?,
            Op::ResizeBilinear { factor } => resize_bilinear(ctx, &x[0], (factor * h, factor * w), false)?,
            Op::ResizeNearest { factor } => resize_nearest(ctx, &x[0], (factor * h, factor * w))?,
            &Op::MaxPool { kernel, stride, padding } => max_pool(ctx, &x[0], kernel, stride, padding)?,
            Op::Concat => concat_channels(ctx, &x.iter().collect::<Vec<_>>())?,
            Op::Component { .. } => {
                let network = self.network.as_mut().context("no network")?;
                network.forward(ctx, x, self.case.backward)?.swap_remove(0)
            }
            Op::Adam | Op::Scoring => anyhow::bail!("it is no operation on maps"),
        })
    }

    /// Forward and backward from the given gradient of the output, which is handed over.
    fn differentiate(&mut self, gradient: Buffer) -> anyhow::Result<(Var<Cpu>, Gradients<Cpu>)> {
        let ctx = Context::recording(&self.device);
        let y = self.forward(&ctx)?;
        let zero = self.device.upload(vec![0.0])?;
        let loss = ctx.record("given", zero, [1; 4], &[&y], move |_, _, slots| slots.give(0, gradient))?;
        let gradients = ctx.backward(&loss)?;
        Ok((y, gradients))
    }

    /// Inputs, then parameters by path.
    fn leaves(&self) -> Vec<Tensor<Cpu>> {
        let mut parameters: Vec<_> = self.network.iter().flat_map(Alone::parameters).collect();
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        let inputs = self.inputs.iter().map(|v| v.tensor().clone());
        inputs.chain(parameters.into_iter().map(|(_, t)| t.clone())).collect()
    }
}

impl Work for OpWork {
    fn run(&mut self, _: bool) -> anyhow::Result<f64> {
        if !self.case.backward {
            let begun = Instant::now();
            drop(self.forward(&Context::inference(&self.device.clone()))?);
            return Ok(begun.elapsed().as_secs_f64());
        }
        let leaves = self.leaves();
        // PyTorch takes the given gradient as it is: its copy does not count.
        let gradient = self.device.upload(self.gradient.clone())?;
        let begun = Instant::now();
        let (y, mut gradients) = self.differentiate(gradient)?;
        for leaf in &leaves {
            drop(gradients.take(leaf)?);
        }
        drop((y, gradients));
        Ok(begun.elapsed().as_secs_f64())
    }

    fn check(&mut self) -> anyhow::Result<Vec<Vec<f32>>> {
        if !self.case.backward {
            let y = self.forward(&Context::inference(&self.device.clone()))?;
            return Ok(vec![y.to_vec()]);
        }
        let (y, mut gradients) = self.differentiate(self.device.upload(self.gradient.clone())?)?;
        let mut found = vec![y.to_vec()];
        for leaf in self.leaves() {
            let gradient = gradients.take(&leaf)?.context("an input without a gradient")?;
            found.push(self.device.download(&gradient)?);
        }
        Ok(found)
    }

    fn learnt(&self) -> usize {
        let parameters = self.network.iter().flat_map(Alone::parameters);
        parameters.map(|(_, t)| Var::constant(t.clone()).len()).sum()
    }
}

/// One step of Adam after another.
struct AdamWork {
    device: Cpu,
    gradient: Buffer,
    /// Parameter and moments.
    moved: [Buffer; 3],
    steps: u64,
}

impl AdamWork {
    fn new(shape: [usize; 4]) -> anyhow::Result<Self> {
        let device = Cpu::default();
        let zeros = || device.upload(vec![0.0; shape.iter().product()]);
        let moved = [device.upload(uniform("0", shape))?, zeros()?, zeros()?];
        let gradient = device.upload(uniform("1", shape))?;
        Ok(AdamWork { device, gradient, moved, steps: 0 })
    }
}

impl Work for AdamWork {
    fn run(&mut self, _: bool) -> anyhow::Result<f64> {
        self.steps += 1;
        let (lr, betas, step) = (1e-4, [0.5, 0.999], self.steps);
        let rule = Adam { lr, betas, epsilon: 1e-8, weight_decay: 0.0, decoupled: false, step };
        let [parameter, first, second] = &mut self.moved;
        let begun = Instant::now();
        self.device.adam_step(&rule, parameter, &self.gradient, first, second)?;
        Ok(begun.elapsed().as_secs_f64())
    }

    fn check(&mut self) -> anyhow::Result<Vec<Vec<f32>>> {
        self.run(false)?;
        Ok(vec![self.device.download(&self.moved[0])?])
    }

    fn learnt(&self) -> usize {
        self.gradient.len()
    }
}
