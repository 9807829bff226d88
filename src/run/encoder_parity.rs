//! Encoders against PyTorch: `tests/parity/encoders.py` made the numbers in `golden/encoders.safetensors`. Values go
//! the way that a user's do: a file with PyTorch's names, a layout, `weights` of a node.

use super::parity_rig::{TOLERANCE, Tensors, compare, golden, host, public_file};
use super::{Built, Run, step_rig, weights};
use crate::graph::layout::Layout;
use crate::graph::plan::{Network, NetworkPort, Op, OpSource};
use crate::nn::{Mode, Named, OpState};
use crate::random::Stream;
use crate::tensor::ops::arithmetic::{add, multiply};
use crate::tensor::ops::reduce::mean_all;
use crate::tensor::{Context, Cpu, Tensor, Var};
use safetensors::SafeTensors;
use std::cell::RefCell;

struct Case {
    name: &'static str,
    component: &'static str,
    layout: &'static str,
    /// Settings, as TOML.
    settings: &'static str,
    size: usize,
    batch: usize,
    learning: bool,
    /// How the weights are called that are divided by four.
    damped: &'static str,
    /// Settings of the encoder that gives the links, if any.
    linked: Option<&'static str>,
    tolerance: f64,
}

const RESNET: Case = Case {
    name: "resnet18",
    component: "resnet18",
    layout: "torchvision",
    settings: "width = 4",
    size: 64,
    batch: 2,
    learning: true,
    damped: "-",
    linked: None,
    tolerance: TOLERANCE,
};

/// A parameter or buffer by its name in PyTorch, as `fill` and `damped` in the script.
fn fill(name: &str, shape: [usize; 4], damped: &str) -> Vec<f32> {
    let damp = if name.ends_with(damped) { 0.25 } else { 1.0 };
    let seed = name.bytes().map(usize::from).sum::<usize>() % 1009;
    let fan: usize = shape[1..].iter().product();
    // One output channel looks like a norm's weights.
    let kernel = shape[0] > 1 || name.ends_with("conv_reduce.weight");
    let value = |r: f32| match name.rsplit('.').next() {
        Some("weight") if kernel => r * (2.4 / (fan as f64).sqrt()) as f32,
        Some("weight" | "running_var") => damp * (1.0 + 0.2 * r),
        _ => 0.2 * r,
    };
    step_rig::residues(shape.iter().product(), seed).into_iter().map(value).collect()
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
        let networks = step_rig::plan(&text, settings).networks.clone();
        networks.into_iter().find(|n| n.node == "encoder").unwrap()
    };
    let layout = Layout::named(case.layout).unwrap();
    let mut filled = Built::<Cpu>::new(&network(&[]), ctx.device(), 0).unwrap();
    for (path, tensor) in filled.state.tensors_mut() {
        let shape = Var::constant(tensor.clone()).shape();
        let name = layout.name_of(path.strip_prefix("encoder").unwrap());
        *tensor = ctx.tensor(fill(&name, shape, case.damped), shape).unwrap();
    }
    let besides = ["fc.weight", "classifier.weight", "layer1.0.bn1.num_batches_tracked"];
    let file = public_file(&filled, layout, &besides);
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
        let shape = [case.batch, channels(i), size, size];
        let tensor = ctx.tensor(step_rig::residues(shape.iter().product(), seed), shape).unwrap();
        if port.port == "links" { Var::constant(tensor) } else { Var::leaf(tensor) }
    };
    network.inputs.iter().enumerate().map(make).collect()
}

/// The sum over the stages of the mean of the map times a formula.
fn loss(ctx: &Context<Cpu>, stages: &[Var<Cpu>]) -> Var<Cpu> {
    let mut sum = ctx.constant(vec![0.0], [1; 4]).unwrap();
    for (i, stage) in stages.iter().enumerate() {
        let weights = ctx.constant(step_rig::residues(stage.len(), 100 + i), stage.shape()).unwrap();
        let mean = mean_all(ctx, &multiply(ctx, stage, &weights).unwrap()).unwrap();
        sum = add(ctx, &sum, &mean).unwrap();
    }
    sum
}

/// Tensors of a network, or their gradients, by PyTorch's names.
fn by_name<'a>(
    found: &mut Tensors,
    kind: &str,
    layout: &str,
    named: impl Iterator<Item = (&'a OpState<Cpu>, &'a Named<Cpu>)>,
    mut values: impl FnMut(&Tensor<Cpu>) -> Vec<f32>,
) {
    let layout = Layout::named(layout).unwrap();
    for (op, Named { name, tensor }) in named {
        let inner = format!("{}/{name}", op.path.strip_prefix("encoder").unwrap());
        let value = (host(tensor).0, values(tensor));
        found.insert(format!("{kind}/{}", layout.name_of(&inner)), value);
    }
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
    let mut found: Tensors =
        stages.iter().enumerate().map(|(i, s)| (format!("stage/{i}"), (s.shape(), s.to_vec()))).collect();
    let mut gradients = ctx.backward(&loss(&ctx, &stages)).unwrap();
    let mut gradient = |tensor: &Tensor<Cpu>| gradients.take(tensor).unwrap().unwrap().to_vec();
    let image = inputs.iter().zip(&built.plan.inputs).find(|(_, p)| p.port == "map").unwrap().0;
    found.insert("input".into(), (image.shape(), gradient(image.tensor())));
    let parameters = built.state.ops.iter().flat_map(|op| op.parameters.iter().map(move |p| (op, p)));
    by_name(&mut found, "gradient", case.layout, parameters, gradient);
    built.apply(moved.into_inner());
    let buffers = built.state.ops.iter().flat_map(|op| op.buffers.iter().map(move |b| (op, b)));
    by_name(&mut found, "running", case.layout, buffers, |tensor| host(tensor).1);
    let bytes = golden("encoders.safetensors");
    let (_, wrong) = compare(&SafeTensors::deserialize(&bytes).unwrap(), case.name, &found, case.tolerance);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn resnets_of_basic_blocks_are_pytorchs() {
    check(&RESNET);
    check(&Case { name: "resnet34", component: "resnet34", damped: "bn2.weight", ..RESNET });
}

#[test]
fn resnets_of_bottlenecks_are_pytorchs() {
    let case = Case { batch: 4, damped: "bn3.weight", ..RESNET };
    check(&Case { name: "resnet50", component: "resnet50", layout: "timm", ..case });
    check(&Case { name: "resnet101", component: "resnet101", ..case });
}

#[test]
fn efficientnet_is_pytorchs() {
    // The gradients of its narrow squeeze-and-excitation are what is left of large sums: PyTorch's own f32 is 5.2e-5 from
    // its f64 at `blocks.1.0.se.conv_reduce.weight` (channels last) and 3.9e-5 at `blocks.2.1.se.conv_reduce.bias`, which
    // is one number; ours 5.2e-5 and 7.5e-5.
    let tolerance = 0.8e-4;
    check(&Case { name: "efficientnet-b0", component: "efficientnet-b0", layout: "timm", tolerance, ..RESNET });
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
    let narrow = Case { settings: sum, linked: Some("width = 2"), size: 64, learning: false, ..RESNET };
    check(&Case { name: "resnet50-links", component: "resnet50", layout: "timm", ..narrow });
    check(&Case { name: "efficientnet-b0-links", component: "efficientnet-b0", layout: "timm", ..case });
}
