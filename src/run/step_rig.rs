//! A small experiment whose steps a test drives by hand: weights and batches come from a formula, no data is opened.

use super::{Built, Draw, Models, Objective, Updater};
use crate::components::sample::Batch;
use crate::components::{self, schedule::Clock};
use crate::config::{self, Overrides};
use crate::diagnostic::render_all;
use crate::graph::composite::Composites;
use crate::graph::plan::Plan;
use crate::graph::{self, About, Library};
use crate::random::Stream;
use crate::record::UpdateRecord;
use crate::tensor::{Backend, Context, Cpu, Var};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Side of the maps in pixels.
pub const SIDE: usize = 8;
/// Samples in a batch.
pub const BATCH: usize = 3;

/// Two players: a generator of two nodes with batch norm, and a PatchGAN with batch norm.
pub const PLAYERS: &str = r#"
format = 1

[datasets.pairs]
use        = "synthetic-uv"
size       = 8
identities = 10

[nodes.body]
use   = "block/conv-norm-act"
in    = "pairs.incomplete"
width = 4

[nodes.picture]
use = "block/to-image"
in  = "body"
up  = "none"

[nodes.discriminator]
use     = "discriminator/patchgan"
width   = 4
widths  = [5]
strides = [1]

[losses.adversarial]
use           = "non-saturating"
discriminator = "discriminator"
in.real       = "pairs.complete"
in.fake       = "picture"
weight        = 0.5

[losses.reconstruction]
use           = "l1"
in.prediction = "picture"
in.target     = "pairs.complete"

[train]
batch     = 3
optimizer = { use = "sgd", lr = 0.1 }

[updates.discriminator]
learns = ["discriminator"]

[updates.generator]
learns = ["body", "picture"]

[stages.only]
length  = "8 steps"
updates = ["discriminator", "generator"]
"#;

/// Numbers that Python repeats without an error: quadratic residues, -1 to 1.
pub fn residues(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * i * 31 + i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
}

/// A parameter or buffer by its name, as `fill` in `tests/parity/gan_steps.py`.
fn fill(path: &str, shape: [usize; 4]) -> Vec<f32> {
    let seed = path.bytes().map(usize::from).sum::<usize>() % 1009;
    let fan: usize = shape[1..].iter().product();
    let kernel = path.ends_with("/weight") && shape[2] > 1;
    let value = |r: f32| match path.rsplit('/').next() {
        Some("weight") if kernel => r * (2.4 / (fan as f64).sqrt()) as f32,
        Some("weight" | "running-variance") => 1.0 + 0.2 * r,
        _ => 0.2 * r,
    };
    residues(shape.iter().product(), seed).into_iter().map(value).collect()
}

/// Every tensor of some networks by name.
pub type Tensors = Vec<(String, Vec<f32>)>;

pub struct Rig {
    pub plan: Plan,
    pub models: Models<Cpu>,
    pub objectives: Vec<Objective<Cpu>>,
    /// Of the chosen stage.
    pub updaters: Vec<Updater<Cpu>>,
    /// Steps done.
    pub step: u64,
}

impl Rig {
    /// [`PLAYERS`] with `path=value` set.
    pub fn players(settings: &[&str]) -> Rig {
        Rig::new(PLAYERS, settings, 0)
    }

    /// An experiment at the beginning of a stage, its tensors filled by name.
    pub fn new(text: &str, settings: &[&str], stage: usize) -> Rig {
        let plan = plan(text, settings);
        let device = Cpu::default();
        let network = |n| RefCell::new(Built::new(n, &device, 0).unwrap());
        let models = Models { networks: plan.networks.iter().map(network).collect(), device };
        let ctx = Context::inference(&models.device);
        for network in &models.networks {
            for (name, tensor) in network.borrow_mut().state.tensors_mut() {
                let shape = Var::constant(tensor.clone()).shape();
                *tensor = ctx.tensor(fill(&name, shape), shape).unwrap();
            }
        }
        let stage = &plan.stages[stage];
        let updater = |number: &usize| Updater::new(&plan, *number, stage, &models).unwrap();
        let updaters = stage.updates.iter().map(updater).collect();
        let objectives = Objective::all(&plan).unwrap();
        Rig { plan, models, objectives, updaters, step: 0 }
    }

    /// The draw of a number: the batch of that number.
    pub fn draw(&self, number: usize) -> Draw<Cpu> {
        draw(&self.models.device, &[number])
    }

    /// One step of one update on a draw; more draws go on counting from 100.
    pub fn update(&mut self, name: &str, draw: &Draw<Cpu>) -> UpdateRecord {
        let mut next = 100;
        self.update_with(name, draw, &mut next)
    }

    /// As [`Rig::update`], `next` being the number of the next draw.
    pub fn update_with(&mut self, name: &str, first: &Draw<Cpu>, next: &mut usize) -> UpdateRecord {
        let clock = Clock { step: self.step, stage_steps: 8, epoch_steps: 8 };
        let device = self.models.device.clone();
        let mut more = || {
            *next += 1;
            Ok(draw(&device, &[*next - 1]))
        };
        let updater = self.updaters.iter_mut().find(|u| u.plan.name == name).unwrap();
        updater.run(&self.plan, &self.models, &mut self.objectives, clock, first, &mut more).unwrap()
    }

    /// Every parameter and buffer of these nodes.
    pub fn tensors(&self, nodes: &[&str]) -> Tensors {
        let mut all = Tensors::new();
        for network in &self.models.networks {
            let network = network.borrow();
            if nodes.contains(&network.plan.node.as_str()) {
                all.extend(network.state.tensors().map(|(name, t)| (name, Var::constant(t.clone()).to_vec())));
            }
        }
        assert!(!all.is_empty(), "{nodes:?}");
        all
    }
}

/// Batches of these numbers set beside each other.
pub fn draw<D: Backend>(device: &D, numbers: &[usize]) -> Draw<D> {
    draw_of(device, numbers, SIDE)
}

/// As [`draw`], of maps of another side.
pub fn draw_of<D: Backend>(device: &D, numbers: &[usize], side: usize) -> Draw<D> {
    let port = |name: &str, channels: usize, seed: usize| {
        let size = BATCH * channels * side * side;
        let values = numbers.iter().flat_map(|n| residues(size, 10 * n + seed)).collect();
        (name.to_string(), [numbers.len() * BATCH, channels, side, side], values)
    };
    let ports = vec![port("incomplete", 3, 1), port("complete", 3, 2)];
    let batch = Batch { ports, count: numbers.len() * BATCH };
    Draw::new(device, vec![(0, batch)], Stream::new(0, "step")).unwrap()
}

/// Names of tensors that differ in a bit.
pub fn changed(before: &Tensors, after: &Tensors) -> Vec<String> {
    assert_eq!(before.len(), after.len());
    let pairs = before.iter().zip(after);
    pairs
        .filter(|(a, b)| a.1.iter().zip(&b.1).any(|(x, y)| x.to_bits() != y.to_bits()))
        .map(|(a, _)| a.0.clone())
        .collect()
}

/// Norm of the difference of all tensors.
pub fn distance(a: &Tensors, b: &Tensors) -> f64 {
    let pairs = a.iter().zip(b).flat_map(|(a, b)| a.1.iter().zip(&b.1));
    pairs.map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt()
}

/// An experiment resolved.
pub fn plan(text: &str, settings: &[&str]) -> Plan {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let file: PathBuf = std::env::temp_dir().join(format!("ablate-step-{}-{number}.toml", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let overrides = Overrides::default().with(settings.iter().map(|s| ("--set", *s)));
    let study = config::load(&file, &overrides);
    std::fs::remove_file(&file).unwrap();
    let study = study.unwrap_or_else(|e| panic!("{}", render_all(&e)));
    let cell = study.cells().unwrap_or_else(|e| panic!("{}", render_all(&e))).swap_remove(0);
    let problems: Vec<_> = study.problems.iter().chain(&cell.problems).cloned().collect();
    assert!(problems.is_empty(), "{}", render_all(&problems));
    let catalogue = components::catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let about = About {
        experiment: "steps".into(),
        variant: String::new(),
        base: std::env::temp_dir(),
        axes: vec![],
        papers: vec![],
        finished: &|_| None,
    };
    graph::resolve(&cell.tree, &about, &library).unwrap_or_else(|e| panic!("{}", render_all(&e))).0
}
