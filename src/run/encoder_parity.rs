//! Encoders against PyTorch: `tests/parity/encoders.py` made the numbers in `golden/encoders.safetensors`. Values go
//! the way that a user's do: a file with PyTorch's names, a layout, `weights` of a node.

use super::{Built, Run, step_rig, weights};
use crate::graph::layout::{Layout, targets};
use crate::graph::plan::{Network, NetworkPort, Op, OpSource};
use crate::nn::Mode;
use crate::random::Stream;
use crate::tensor::ops::arithmetic::{add, multiply};
use crate::tensor::ops::reduce::mean_all;
use crate::tensor::{Context, Cpu, Var};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Of the norm of the difference over the norm.
const TOLERANCE: f64 = 1e-4;
/// Products with vectors of signs that are kept of each tensor, after its norm.
const SIGNS: usize = 3;
/// Gradients below are 0 in exact arithmetic: biases before a norm.
const NOTHING: f64 = 1e-12;

struct Case {
    name: &'static str,
    component: &'static str,
    layout: &'static str,
    /// Settings, as TOML.
    settings: &'static str,
    size: usize,
    learning: bool,
    /// Settings of the encoder that gives the links, if any.
    linked: Option<&'static str>,
}

const RESNET: Case = Case {
    name: "resnet18",
    component: "resnet18",
    layout: "torchvision",
    settings: "width = 4",
    size: 64,
    learning: true,
    linked: None,
};

fn golden(name: &str) -> Option<Vec<Vec<f64>>> {
    let bytes = include_bytes!("../../tests/parity/golden/encoders.safetensors");
    let file = SafeTensors::deserialize(bytes).unwrap();
    let values = file.tensor(name).ok()?.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let values: Vec<f64> = values.map(f64::from).collect();
    Some(values.chunks_exact(SIGNS + 1).map(<[f64]>::to_vec).collect())
}

/// As `sketch` in the script.
fn sketch(values: &[f32]) -> Vec<f64> {
    let mut kept = vec![values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()];
    for k in 0..SIGNS as u64 {
        let sign = |i: u64| {
            let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(k.wrapping_mul(0xd1b5_4a32_d192_ed03));
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            if z >> 63 == 1 { 1.0 } else { -1.0 }
        };
        kept.push((0..).zip(values).map(|(i, v)| sign(i) * f64::from(*v)).sum());
    }
    kept
}

/// Compares sketches in order; returns the worst relative error.
fn compare<'a>(what: &str, found: impl IntoIterator<Item = (&'a str, Vec<f32>)>) -> f64 {
    let expected = golden(what).unwrap_or_else(|| panic!("torch has no {what}"));
    let found: Vec<_> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    let mut worst: f64 = 0.0;
    for ((name, values), expected) in found.iter().zip(expected) {
        let (found, norm) = (sketch(values), expected[0]);
        if norm < NOTHING {
            assert!(found[0] < 1e-6, "{what}: {name} is {}, torch has nothing", found[0]);
            continue;
        }
        let squares = found[1..].iter().zip(&expected[1..]).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / SIGNS as f64;
        let error = squares.sqrt().max((found[0] - norm).abs()) / norm;
        assert!(error < TOLERANCE, "{what}: the relative error of {name} is {error:.1e} ({found:?}, {expected:?})");
        worst = worst.max(error);
    }
    worst
}

/// A parameter or buffer by its name in PyTorch, as `fill` in the script.
fn fill(name: &str, shape: [usize; 4]) -> Vec<f32> {
    let seed = name.bytes().map(usize::from).sum::<usize>() % 1009;
    let fan: usize = shape[1..].iter().product();
    // One output channel looks like a norm's weights.
    let kernel = shape[0] > 1 || name.ends_with("conv_reduce.weight");
    let value = |r: f32| match name.rsplit('.').next() {
        Some("weight") if kernel => r * (2.4 / (fan as f64).sqrt()) as f32,
        Some("weight" | "running_var") => 1.0 + 0.2 * r,
        _ => 0.2 * r,
    };
    step_rig::residues(shape.iter().product(), seed).into_iter().map(value).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A file as PyTorch would write it for this network with its classifier.
fn write(network: &Network, layout: &Layout, file: &PathBuf) {
    let shape = |shape: [usize; 4]| match shape {
        [1, c, 1, 1] => vec![c],
        all => all.to_vec(),
    };
    let tensors = targets(&network.node, &[], &network.ops).swap_remove(0).tensors.into_iter();
    let named = tensors.map(|(inner, s)| (layout.name_of(&inner), s));
    let mut all: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> =
        named.map(|(name, s)| (name.clone(), Dtype::F32, shape(s), bytes(&fill(&name, s)))).collect();
    for classifier in ["fc", "classifier"] {
        all.push((format!("{classifier}.weight"), Dtype::F32, vec![2, 3], bytes(&[0.0; 6])));
    }
    all.push(("layer1.0.bn1.num_batches_tracked".into(), Dtype::I64, vec![], vec![0; 8]));
    let views = all.iter().map(|(n, dtype, shape, data)| (n, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize_to_file(views, None, file).unwrap();
}

/// An experiment with the encoder as its last network.
fn experiment(case: &Case) -> String {
    let (component, settings, size) = (case.component, case.settings, case.size);
    let (before, inputs) = match case.linked {
        None => (String::new(), "in = \"pairs.complete\"".to_string()),
        Some(other) => {
            let first = format!("[nodes.first]\nuse = \"encoder/{component}\"\nin = \"pairs.complete\"\n{other}\n");
            (first, "in.map = \"first.stages[-1]\"\nin.links = \"first.stages\"".to_string())
        }
    };
    format!(
        r#"
format = 1
[datasets.pairs]
use        = "synthetic-uv"
size       = {size}
identities = 10
{before}
[nodes.encoder]
use = "encoder/{component}"
{inputs}
{settings}
[losses.any]
use           = "l1"
in.prediction = "encoder.deepest"
in.target     = "encoder.deepest"
[train]
batch     = 2
optimizer = {{ use = "sgd", lr = 0.1 }}
[updates.all]
learns = ["encoder"]
[stages.only]
length  = "1 steps"
updates = ["all"]
"#
    )
}

/// The network with its values loaded from a file.
fn loaded(case: &Case, ctx: &Context<Cpu>) -> Built<Cpu> {
    let text = experiment(case);
    let network = |settings: &[&str]| {
        let networks = step_rig::plan(&text, settings).networks;
        networks.into_iter().find(|n| n.node == "encoder").unwrap()
    };
    let file = std::env::temp_dir().join(format!("ablate-{}-{}.safetensors", case.name, std::process::id()));
    write(&network(&[]), Layout::named(case.layout).unwrap(), &file);
    let weights = format!("nodes.encoder.weights={{ file = {file:?}, layout = {:?} }}", case.layout);
    let mut built = Built::new(&network(&[&weights]), ctx.device(), 0).unwrap();
    weights::load(&mut built, ctx.device()).unwrap();
    std::fs::remove_file(file).unwrap();
    built
}

/// The image, or the stages of the encoder before: link `e` of five is the stage of number 4 - e, counted from the finest.
fn inputs(case: &Case, network: &Network, ctx: &Context<Cpu>) -> Vec<Var<Cpu>> {
    let channels = |input: usize| {
        let reads = |edges: &[OpSource]| edges.iter().position(|s| *s == OpSource::Input(input));
        let edge = |op: &Op| {
            op.inputs.iter().find_map(|(port, from)| Some(op.input_edges.list(port)[reads(from)?].channels()))
        };
        network.ops.iter().find_map(edge).unwrap_or(1)
    };
    let make = |(i, port): (usize, &NetworkPort)| {
        let stage = port.element.map_or(0, |element| 4 - element);
        let (seed, size) = if case.linked.is_some() { (10 + stage, case.size >> (stage + 1)) } else { (1, case.size) };
        let shape = [2, channels(i), size, size];
        let tensor = ctx.tensor(step_rig::residues(shape.iter().product(), seed), shape).unwrap();
        if port.port == "links" { Var::constant(tensor) } else { Var::leaf(tensor) }
    };
    network.inputs.iter().enumerate().map(make).collect()
}

fn check(case: &Case) {
    let ctx = Context::recording(&Cpu::default());
    let mut built = loaded(case, &ctx);
    let inputs = inputs(case, &built.plan, &ctx);
    let mode = if case.learning { Mode::LEARNING } else { Mode::FROZEN };
    let count = built.plan.ops.len();
    let (modes, learns) = (vec![mode; count], vec![true; count]);
    let run = Run { modes: &modes, learns: &learns, stream: Stream::new(0, "step"), check_finite: false };
    let moved = RefCell::default();
    let outputs = built.forward(&ctx, &inputs, &run, &moved).unwrap();
    let stages = outputs.iter().zip(&built.plan.outputs).filter(|(_, o)| o.port.port == "stages");
    let stages: Vec<Var<Cpu>> = stages.map(|(v, _)| v.clone()).collect();
    let worst = compare(&format!("{}/stages", case.name), stages.iter().map(|s| ("a stage", s.to_vec())));
    let mut loss: Option<Var<Cpu>> = None;
    for (i, stage) in stages.iter().enumerate() {
        let weights = step_rig::residues(stage.len(), 100 + i);
        let weights = ctx.constant(weights, stage.shape()).unwrap();
        let mean = mean_all(&ctx, &multiply(&ctx, stage, &weights).unwrap()).unwrap();
        loss = Some(loss.map_or(mean.clone(), |sum| add(&ctx, &sum, &mean).unwrap()));
    }
    let mut gradients = ctx.backward(&loss.unwrap()).unwrap();
    let image = inputs.iter().zip(&built.plan.inputs).find(|(_, p)| p.port == "map").unwrap().0;
    let image = gradients.take(image.tensor()).unwrap().unwrap().to_vec();
    let of_image = compare(&format!("{}/input", case.name), [("the image", image)]);
    let layout = Layout::named(case.layout).unwrap();
    let mut by_name = BTreeMap::new();
    for op in &built.state.ops {
        for parameter in &op.parameters {
            let inner = format!("{}/{}", op.path.strip_prefix("encoder").unwrap(), parameter.name);
            let gradient = gradients.take(&parameter.tensor).unwrap().unwrap().to_vec();
            by_name.insert(layout.name_of(&inner), gradient);
        }
    }
    let named = by_name.iter().map(|(name, gradient)| (name.as_str(), gradient.clone()));
    let of_parameters = compare(&format!("{}/gradients", case.name), named);
    eprintln!("{}: stages {worst:.1e}, image {of_image:.1e}, parameters {of_parameters:.1e}", case.name);
    if golden(&format!("{}/running", case.name)).is_none() {
        return;
    }
    built.apply(&ctx, moved.into_inner()).unwrap();
    let buffers = built.state.ops.iter().flat_map(|op| op.buffers.iter().map(move |b| (op, b)));
    let running: BTreeMap<String, Vec<f32>> = buffers
        .map(|(op, buffer)| {
            let inner = format!("{}/{}", op.path.strip_prefix("encoder").unwrap(), buffer.name);
            (layout.name_of(&inner), Var::constant(buffer.tensor.clone()).to_vec())
        })
        .collect();
    compare(&format!("{}/running", case.name), running.iter().map(|(n, v)| (n.as_str(), v.clone())));
}

#[test]
fn resnets_of_basic_blocks_are_pytorchs() {
    check(&RESNET);
    check(&Case { name: "resnet34", component: "resnet34", ..RESNET });
}

#[test]
fn resnets_of_bottlenecks_are_pytorchs() {
    let case = Case { settings: "width = 2", learning: false, ..RESNET };
    check(&Case { name: "resnet50", component: "resnet50", layout: "timm", ..case });
    check(&Case { name: "resnet101", component: "resnet101", ..case });
}

#[test]
fn efficientnet_is_pytorchs() {
    check(&Case { name: "efficientnet-b0", component: "efficientnet-b0", layout: "timm", ..RESNET });
}

#[test]
fn norm_and_first_stride_are_settings() {
    let settings = "width = 4\nnorm = \"instance\"\nfirst-stride = 1";
    check(&Case { name: "resnet18-instance", settings, size: 32, ..RESNET });
}

#[test]
fn links_are_joined_as_in_pytorch() {
    let (concat, sum) = ("width = 4\nstem = false\njoin = \"concat\"", "width = 2\nstem = false\njoin = \"sum\"");
    let case = Case { settings: concat, linked: Some("width = 4"), size: 128, ..RESNET };
    check(&Case { name: "resnet18-links", ..case });
    let settings = (sum, Some("width = 2"));
    let b = Case { settings: settings.0, linked: settings.1, size: 64, learning: false, layout: "timm", ..RESNET };
    check(&Case { name: "resnet50-links", component: "resnet50", ..b });
    check(&Case { name: "efficientnet-b0-links", component: "efficientnet-b0", layout: "timm", ..case });
}
