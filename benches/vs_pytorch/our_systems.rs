//! Whole steps and generators on our side, through the training loop's own code.

use super::protocol::SystemCase;
use super::serve::Work;
use ablate::components::catalogue;
use ablate::config::Overrides;
use ablate::diagnostic::render_all;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::run::{Held, Practice, practise};
use ablate::study::{Against, Papers, prepare};
use ablate::tensor::{Cpu, Tensor, Var};
use anyhow::Context;
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;
use std::time::Instant;

/// Opens a system and leaves it to `attend`.
pub fn with(case: &SystemCase, attend: impl FnOnce(&mut dyn Work) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let papers = Papers::embedded()?;
    let against = Against { library: &library, papers: &papers, out: None };
    let without: &[String] = if case.dropout { &[] } else { &case.without_dropout };
    let settings = case.settings.iter().chain(without).map(|s| ("--set", s.as_str()));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&case.file);
    let prepared = prepare(&file, &Overrides::default().with(settings), against);
    let prepared = prepared.map_err(|problems| anyhow::anyhow!("{}", render_all(&problems)))?;
    let plan = &prepared.cells.first().context("no cell")?.plan;
    let cache = std::env::temp_dir().join("ablate-bench");
    practise(plan, Cpu::default(), &cache, case.stage, |practice| {
        let held = practice.draw()?;
        if let Some(file) = &case.tensors {
            write(file, practice, &held)?;
        }
        attend(&mut System { practice, held, case, losses: vec![] })
    })
}

/// Our tensors, and our batch as `batch/<port>`, for the other side.
fn write(file: &Path, practice: &Practice<'_, '_, Cpu>, held: &Held<Cpu>) -> anyhow::Result<()> {
    let host = |(name, tensor): (String, Tensor<Cpu>)| {
        let var = Var::<Cpu>::constant(tensor);
        let bytes: Vec<u8> = var.to_vec().into_iter().flat_map(f32::to_le_bytes).collect();
        (name, var.shape().to_vec(), bytes)
    };
    let ports = held.ports().map(|(port, value)| (format!("batch/{port}"), value.tensor().clone()));
    let all: Vec<_> = practice.tensors().into_iter().chain(ports).map(host).collect();
    let views = all.iter().map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    Ok(safetensors::serialize_to_file(views.collect::<anyhow::Result<Vec<_>>>()?, None, file)?)
}

struct System<'w, 'p, 'a> {
    practice: &'w mut Practice<'p, 'a, Cpu>,
    /// Read once: loading does not count.
    held: Held<Cpu>,
    case: &'w SystemCase,
    losses: Vec<f64>,
}

impl System<'_, '_, '_> {
    fn step(&mut self, loading: bool) -> anyhow::Result<()> {
        if loading {
            self.held = self.practice.draw()?;
        }
        self.losses = self.practice.step(&self.held)?.into_iter().map(|(_, loss)| loss).collect();
        Ok(())
    }
}

impl Work for System<'_, '_, '_> {
    fn run(&mut self, loading: bool) -> anyhow::Result<f64> {
        let begun = Instant::now();
        if self.case.inference {
            for _ in 0..self.case.passes {
                drop(self.practice.evaluate(&self.case.node, &self.held)?);
            }
        } else {
            self.step(loading)?;
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    fn check(&mut self) -> anyhow::Result<Vec<Vec<f32>>> {
        if self.case.inference {
            return Ok(vec![self.practice.evaluate(&self.case.node, &self.held)?[0].to_vec()]);
        }
        self.step(false)?;
        Ok(vec![])
    }

    fn losses(&self) -> Vec<f64> {
        self.losses.clone()
    }

    fn learnt(&self) -> usize {
        if self.case.inference { 0 } else { self.practice.learnt() }
    }

    fn take_waited(&mut self) -> f64 {
        self.practice.take_waited()
    }
}
