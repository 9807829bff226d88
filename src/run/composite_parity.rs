//! Composites against PyTorch: `tests/parity/composites.py` made the cases and the numbers, and says what they are.

use super::parity_rig::{TOLERANCE, Tensors, compare, fill, golden, host, uniform};
use super::{Built, Run};
use crate::components;
use crate::config;
use crate::diagnostic::{Diagnostic, Source};
use crate::graph::Library;
use crate::graph::composite::Composites;
use crate::graph::open::{Wired, WiredValue};
use crate::graph::plan::{Network, NetworkPort};
use crate::nn::Mode;
use crate::random::Stream;
use crate::registry::{Edge, Type};
use crate::tensor::{Backend, Context, Cpu, Tensor, Var};
use safetensors::SafeTensors;
use serde::Deserialize;
use std::cell::RefCell;
use std::sync::Arc;

#[derive(Deserialize)]
struct Case {
    name: String,
    component: String,
    settings: String,
    /// Port to its values: type, channels, height, width.
    inputs: Vec<(String, Vec<(String, usize, usize, usize)>)>,
    batch: usize,
    seed: u64,
}

fn text(problems: &[Diagnostic]) -> String {
    problems.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n")
}

impl Case {
    fn all() -> Vec<Case> {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/composites.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }

    /// `in/<port>[i]` and its edge, in the order of the network's inputs.
    fn given(&self) -> Vec<(String, Edge)> {
        let edge = |&(ref ty, c, h, w): &(String, usize, usize, usize)| match ty.as_str() {
            "image" => Edge::image(c, h, w),
            ty => Edge::map(c, h, w).with(Type::parse(ty).unwrap(), [c, h, w]),
        };
        let ports = self.inputs.iter();
        let flat =
            ports.flat_map(|(p, all)| all.iter().enumerate().map(move |(i, v)| (format!("in/{p}[{i}]"), edge(v))));
        flat.collect()
    }

    fn open(&self) -> Network {
        let toml = format!("[nodes.net]\nuse = \"{}\"\n{}\n", self.component, self.settings);
        let source = Arc::new(Source { name: self.name.clone(), text: toml });
        let tree = config::parse(&source).unwrap_or_else(|p| panic!("{}", p.render()));
        let (_, item) = tree.get(&["nodes"]).and_then(|n| n.as_table()).and_then(|t| t.first()).unwrap();
        let catalogue = components::catalogue();
        let library = Library::new(&catalogue, Composites::embedded().0);
        let mut edges = self.given().into_iter();
        let wired = self.inputs.iter().map(|(port, all)| {
            let value = |(name, edge)| WiredValue { edge, label: name, decided: None };
            let values = edges.by_ref().take(all.len()).map(value).collect();
            Wired { port: port.clone(), list: all.len() > 1, values, written: None }
        });
        let wired: Vec<Wired> = wired.collect();
        let mut problems = Vec::new();
        let opened = library.open("net", item, &wired, &|_| None, &mut problems);
        assert!(problems.is_empty(), "{}: {}", self.name, text(&problems));
        let mut network = opened.unwrap().network;
        let settings = serde_json::json!({"mean": 0.0, "std": 0.02});
        network.init.settings = settings.as_object().unwrap().clone();
        network
    }

    /// Outputs frozen and learning, gradients of inputs and parameters, buffers afterwards.
    fn run(&self) -> Tensors {
        let mut built = Built::<Cpu>::new(&self.open(), &Cpu::default(), 0).unwrap();
        fill(&mut built, self.seed);
        let ops = built.plan.ops.len();
        let mut found = Tensors::new();
        let learning = Context::recording(&Cpu::default());
        let given = self.given().into_iter().map(|(name, edge)| {
            let [c, h, w] = edge.dims;
            let shape = [self.batch, c, h, w];
            (name.clone(), Var::leaf(learning.tensor(uniform(self.seed, &name, shape), shape).unwrap()))
        });
        let given: Vec<(String, Var<Cpu>)> = given.collect();
        let inputs: Vec<Var<Cpu>> = given.iter().map(|(_, v)| v.clone()).collect();
        for (mode, learns, to) in [(Mode::FROZEN, false, "frozen"), (Mode::LEARNING, true, "out")] {
            let still = Context::inference(&Cpu::default());
            let ctx = if learns { &learning } else { &still };
            let stream = Stream::new(0, "test");
            let run = Run { modes: &vec![mode; ops], learns: &vec![learns; ops], stream, check_finite: false };
            let moved = RefCell::new(Vec::new());
            let outputs = built.forward(ctx, &inputs, &run, &moved).unwrap();
            built.apply(moved.into_inner());
            let named = built.plan.outputs.iter().map(|o| name(&o.port)).zip(&outputs);
            let named: Vec<(String, Var<Cpu>)> = named.map(|(n, v)| (n, v.clone())).collect();
            found.extend(named.iter().map(|(n, v)| (format!("{to}/{n}"), (v.shape(), v.to_vec()))));
            if learns {
                self.gradients(&learning, &built, &named, &given, &mut found);
            }
        }
        for state in &built.state.ops {
            let path = |n: &str| format!("buffer/{}/{n}", state.path);
            found.extend(state.buffers.iter().map(|b| (path(b.name), host(&b.tensor))));
        }
        found
    }

    /// Of the sum of all outputs' elements, each times a number by its output's name.
    fn gradients(
        &self,
        ctx: &Context<Cpu>,
        built: &Built<Cpu>,
        outputs: &[(String, Var<Cpu>)],
        inputs: &[(String, Var<Cpu>)],
        found: &mut Tensors,
    ) {
        let weights = |(name, v): &(String, Var<Cpu>)| uniform(self.seed, &format!("gradient/{name}"), v.shape());
        let weights: Vec<Vec<f32>> = outputs.iter().map(weights).collect();
        let vars: Vec<&Var<Cpu>> = outputs.iter().map(|(_, v)| v).collect();
        let zero = ctx.device().upload(vec![0.0]).unwrap();
        let loss = ctx.record("weighted", zero, [1; 4], &vars, move |device, _, slots| {
            weights.into_iter().enumerate().try_for_each(|(i, w)| slots.give(i, device.upload(w)?))
        });
        let mut gradients = ctx.backward(&loss.unwrap()).unwrap();
        let mut take = |name: String, tensor: &Tensor<Cpu>| {
            let (shape, values) = host(tensor);
            let gradient = gradients.take(tensor).unwrap().map(|g| g.iter().copied().collect());
            found.insert(name, (shape, gradient.unwrap_or_else(|| vec![0.0; values.len()])));
        };
        for (name, var) in inputs {
            take(name.clone(), var.tensor());
        }
        for state in &built.state.ops {
            let path = |n: &str| format!("gradient/{}/{n}", state.path);
            state.parameters.iter().for_each(|p| take(path(p.name), &p.tensor));
        }
    }
}

fn name(port: &NetworkPort) -> String {
    port.element.map_or(port.port.clone(), |i| format!("{}[{i}]", port.port))
}

fn check(family: &[&str]) {
    let bytes = golden("composites.safetensors");
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let cases: Vec<Case> =
        Case::all().into_iter().filter(|c| family.iter().any(|f| c.component.starts_with(f))).collect();
    assert!(!cases.is_empty());
    let wrong: Vec<String> = cases.iter().flat_map(|c| compare(&golden, &c.name, &c.run(), TOLERANCE).1).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Even and oblong kernels, whose odd pixel of padding is at the right and the bottom.
#[test]
fn convolutions_are_pytorchs() {
    check(&["block/"]);
}

#[test]
fn gates_are_pytorchs() {
    check(&["gate/"]);
}

#[test]
fn skips_are_pytorchs() {
    check(&["skip/"]);
}

#[test]
fn fusions_are_pytorchs() {
    check(&["fusion/"]);
}

#[test]
fn decoder_stages_are_pytorchs() {
    check(&["decoder/"]);
}

#[test]
fn the_plain_encoder_is_pytorchs() {
    check(&["encoder/pix2pix"]);
}

#[test]
fn plain_generators_are_pytorchs() {
    check(&["generator/uv-gan", "generator/cycle-resnet", "generator/cfr"]);
}

#[test]
fn residual_unets_are_pytorchs() {
    check(&["generator/res-unet"]);
}

#[test]
fn coupled_unets_are_pytorchs() {
    check(&["generator/coupled-unet"]);
}

#[test]
fn discriminators_are_pytorchs() {
    check(&["discriminator/"]);
}

#[test]
fn detectors_are_facenet_pytorchs() {
    check(&["detector/"]);
}

/// What has no case here is an encoder or an embedding made in Rust, whose numbers stand in files of their own.
#[test]
fn nothing_is_left_out() {
    let catalogue = components::catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let (cases, elsewhere) = (Case::all(), ["encoders.safetensors", "embeddings.safetensors"].map(golden));
    let elsewhere = elsewhere.each_ref().map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let families =
        ["gate", "skip", "fusion", "decoder", "generator", "discriminator", "encoder", "embedding", "detector"];
    for family in families {
        for name in library.members(family) {
            let here = cases.iter().any(|case| case.component == format!("{family}/{name}"));
            let there =
                ["encoder", "embedding"].contains(&family) && elsewhere.iter().any(|file| file.names().contains(&name));
            assert!(here || there, "{family}/{name} is not compared with PyTorch's");
        }
    }
}

#[test]
fn every_case_is_checked_and_a_small_error_is_found() {
    let families = [
        "block/",
        "gate/",
        "skip/",
        "fusion/",
        "decoder/",
        "encoder/pix2pix",
        "generator/",
        "discriminator/",
        "detector/",
        "regressor/",
    ];
    let cases = Case::all();
    assert!(cases.iter().all(|c| families.iter().any(|f| c.component.starts_with(f))));
    let bytes = golden("composites.safetensors");
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(golden.len(), cases.len());
    // One element of one gradient, off by 2e-4 of the gradient's norm.
    let case = cases.iter().find(|c| c.name == "attention-gate").unwrap();
    let mut found = case.run();
    let (worst, _) = compare(&golden, &case.name, &found, TOLERANCE);
    assert!(worst < 1e-5, "{worst}");
    let (_, values) = found.get_mut("gradient/net/theta/conv/weight").unwrap();
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values[7] += 2e-4 * norm;
    let (_, wrong) = compare(&golden, &case.name, &found, TOLERANCE);
    assert!(matches!(&wrong[..], [one] if one.contains("theta/conv/weight")), "{wrong:?}");
}
