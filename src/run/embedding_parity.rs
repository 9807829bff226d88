//! Embedding networks against PyTorch: `tests/parity/embeddings.py` made the numbers in `embeddings.json`. And the
//! identity loss on them.

use super::step_rig::{self, Rig, residues};
use super::{Built, Run};
use crate::graph::layout::Layout;
use crate::nn::Mode;
use crate::random::Stream;
use crate::registry::{Parameter, Start};
use crate::tensor::{Context, Cpu, Var, ops};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Of the norm of what is compared.
const TOLERANCE: f64 = 1e-4;

/// An experiment that learns a picture by the identity loss on an embedding.
fn experiment(embedding: &str, side: usize) -> String {
    // The file need not be there: the tests put the values in themselves.
    let anything = "weights = { file = \"embedding.safetensors\" }";
    let weights = if embedding.contains("weights") { "" } else { anything };
    format!(
        r#"
format = 1

[datasets.pairs]
use        = "synthetic-uv"
size       = {side}
identities = 10

[nodes.picture]
use = "block/to-image"
in  = "pairs.incomplete"
up  = "none"

[nodes.embedding]
freeze = true
{embedding}
{weights}

[losses.identity]
use           = "feature-distance"
network       = "embedding"
in.prediction = "picture"
in.target     = "pairs.complete"

[train]
batch     = 2
optimizer = {{ use = "sgd", lr = 0.1 }}

[updates.generator]
learns = ["picture"]

[stages.only]
length  = "8 steps"
updates = ["generator"]
"#
    )
}

/// The name of a tensor in PyTorch: in the layout of the public network, if it has one.
fn torch_name(path: &str) -> String {
    let inner = path.strip_prefix("embedding").unwrap_or(path);
    Layout::named("facenet-pytorch").unwrap().name_of(inner)
}

/// Puts the values of the script's `fill` into a network.
fn fill(built: &mut Built<Cpu>, ctx: &Context<Cpu>) {
    let kernel = |p: &Parameter| matches!(p.init, Start::Weight { .. });
    let kernels = built.plan.ops.iter().map(|op| op.inferred.parameters.iter().any(kernel)).collect::<Vec<_>>();
    for (op, kernel) in built.state.ops.iter_mut().zip(kernels) {
        let path = op.path.clone();
        for tensor in op.parameters.iter_mut().chain(&mut op.buffers) {
            let shape = Var::constant(tensor.tensor.clone()).shape();
            let name = torch_name(&format!("{path}/{}", tensor.name));
            tensor.tensor = ctx.tensor(values(&name, shape, kernel), shape).unwrap();
        }
    }
}

fn values(name: &str, shape: [usize; 4], kernel: bool) -> Vec<f32> {
    let seed = name.bytes().map(usize::from).sum::<usize>() % 1009;
    let fan = shape[1..].iter().product::<usize>() as f64;
    let scale = if name.contains(".fc1.") || name.contains(".fc2.") { 0.1 } else { 2.4 };
    let scale = (scale / fan.sqrt()) as f32;
    let value = |r: f32| match name.rsplit('.').next() {
        Some("weight") if kernel => r * scale,
        Some("weight" | "running_var") => 0.8 + 0.4 * r,
        _ => 0.2 * r,
    };
    residues(shape.iter().product(), seed).into_iter().map(value).collect()
}

/// Compares a tensor with the norm and projections of PyTorch's; gives the estimated norm of the difference over the
/// norm.
fn error(found: &[f32], expected: &Value) -> f64 {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let projection = |seed: usize| -> f64 {
        residues(found.len(), seed).iter().zip(found).map(|(r, v)| f64::from(*r) * f64::from(*v)).sum()
    };
    // A vector of numbers uniform from -1 to 1 has a projection whose square is a third of the squared norm on average.
    let squares = (11..).zip(&expected[1..]).map(|(seed, e)| 3.0 * (projection(seed) - e).powi(2));
    let difference = squares.sum::<f64>() / (expected.len() - 1) as f64;
    let norm = found.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let scale = expected[0].max(1e-30);
    (difference.sqrt() / scale).max((norm - expected[0]).abs() / scale)
}

/// Runs a network with PyTorch's values on `batch` images of `side` pixels and compares output and gradients.
fn compare(case: &str, embedding: &str, (batch, side): (usize, usize), mode: Mode) {
    let golden: Value = serde_json::from_str(include_str!("../../tests/parity/embeddings.json")).unwrap();
    let golden = &golden["cases"][case];
    let plan = step_rig::plan(&experiment(embedding, side), &[]);
    let network = plan.networks.iter().find(|n| n.node == "embedding").unwrap();
    let device = Cpu::default();
    let mut built = Built::new(network, &device, 0).unwrap();
    let ctx = Context::recording(&device);
    fill(&mut built, &ctx);
    let shape = [batch, 3, side, side];
    let image = Var::leaf(ctx.tensor(residues(shape.iter().product(), 1), shape).unwrap());
    let (modes, learns) = (vec![mode; network.ops.len()], vec![true; network.ops.len()]);
    let run = Run { modes: &modes, learns: &learns, stream: Stream::new(0, "test"), check_finite: true };
    let y = built.forward(&ctx, std::slice::from_ref(&image), &run, &RefCell::default()).unwrap().remove(0);
    let output = y.to_vec();
    for (found, expected) in output.iter().zip(golden["first"].as_array().unwrap()) {
        let size = golden["output"][0].as_f64().unwrap() / (output.len() as f64).sqrt();
        assert!((f64::from(*found) - expected.as_f64().unwrap()).abs() < 10.0 * TOLERANCE * size, "{case}: {found}");
    }
    let mut errors = BTreeMap::from([("output".to_string(), error(&output, &golden["output"]))]);
    let weights = Var::constant(ctx.tensor(residues(y.len(), 5), y.shape()).unwrap());
    let loss = ops::reduce::sum_all(&ctx, &ops::arithmetic::multiply(&ctx, &y, &weights).unwrap()).unwrap();
    let mut gradients = ctx.backward(&loss).unwrap();
    errors.insert("image".into(), error(&gradients.take(image.tensor()).unwrap().unwrap(), &golden["image"]));
    let mut none = Vec::new();
    for op in &built.state.ops {
        for parameter in &op.parameters {
            let name = torch_name(&format!("{}/{}", op.path, parameter.name));
            let gradient = gradients.take(&parameter.tensor).unwrap();
            match (&golden["gradients"][&name], gradient) {
                (Value::Null, None) => assert_eq!(name, "features.weight", "the only one that PyTorch keeps fixed"),
                (Value::Null, Some(_)) => panic!("{case}: PyTorch has no {name}"),
                (_, None) => panic!("{case}: nothing reaches {name}"),
                // What is added before a norm over the batch has no gradient, only what rounding leaves.
                (expected, Some(gradient)) if expected[0].as_f64().unwrap() < 1e-9 => {
                    assert!(gradient.iter().all(|g| g.abs() < 1e-4), "{case}: {name}");
                    none.push(name);
                }
                (expected, Some(gradient)) => drop(errors.insert(name, error(&gradient, expected))),
            }
        }
    }
    assert_eq!(errors.len() + none.len(), 2 + golden["gradients"].as_object().unwrap().len(), "{case}");
    assert!(none.len() < 16, "{none:?}");
    let (name, worst) = errors.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert!(*worst < TOLERANCE, "{case}: {name} is off by {worst} of its norm");
}

#[test]
fn inception_resnet_v1_is_facenet_pytorchs() {
    let text = "use = \"embedding/inception-resnet-v1\"\nwidth = 4\nsize = 80\ndropout = 0.0";
    compare("inception-resnet-v1", text, (2, 64), Mode::FROZEN);
}

#[test]
fn iresnet_is_insightfaces() {
    let text = "use = \"embedding/iresnet18\"\nwidth = 8\nsize = 32";
    compare("iresnet18", text, (2, 40), Mode::FROZEN);
    compare("iresnet18-learning", text, (3, 40), Mode::LEARNING);
}

#[test]
fn ir_se_50_is_that_of_its_public_definition() {
    compare("ir-se-50", "use = \"embedding/ir-se-50\"\nwidth = 16\nsize = 16", (2, 24), Mode::FROZEN);
}

#[test]
fn light_cnn_is_that_of_its_public_definition() {
    compare("light-cnn-29-v2", "use = \"embedding/light-cnn-29-v2\"\nwidth = 6\nsize = 32", (2, 40), Mode::FROZEN);
}

#[test]
fn the_small_network_is_pytorchs() {
    let text = "use = \"embedding/small-resnet\"\nwidth = 4\nnormalise = false";
    compare("small-resnet", text, (2, 24), Mode::FROZEN);
    compare("small-resnet-learning", text, (3, 24), Mode::LEARNING);
}

/// Parameters without classifiers, of the public networks (`COUNTS` in the script).
#[test]
fn parameter_counts_are_the_published_ones() {
    for (name, expected) in [
        ("inception-resnet-v1", 23_482_624),
        ("iresnet18", 24_025_600),
        ("iresnet34", 34_139_328),
        ("iresnet50", 43_590_848),
        ("iresnet100", 65_156_160),
        ("ir-se-50", 43_797_696),
        ("light-cnn-29-v2", 10_475_872),
    ] {
        let plan = step_rig::plan(&experiment(&format!("use = \"embedding/{name}\""), 64), &[]);
        let network = plan.networks.iter().find(|n| n.node == "embedding").unwrap();
        let parameters = network.ops.iter().flat_map(|op| &op.inferred.parameters);
        assert_eq!(parameters.map(|p| p.shape.iter().product::<usize>()).sum::<usize>(), expected, "{name}");
    }
}

/// Sizes at 160 pixels, and the parameters of each part, as facenet-pytorch's has them.
#[test]
fn inception_resnet_v1_has_the_published_sizes() {
    let plan = step_rig::plan(&experiment("use = \"embedding/inception-resnet-v1\"", 256), &[]);
    let network = plan.networks.iter().find(|n| n.node == "embedding").unwrap();
    let parts = [
        ("conv2d-1a", 79, 928),
        ("conv2d-2a", 77, 9280),
        ("conv2d-2b", 77, 18_560),
        ("maxpool-3a", 38, 0),
        ("conv2d-3b", 38, 5280),
        ("conv2d-4a", 36, 138_624),
        ("conv2d-4b", 17, 442_880),
        ("repeat-1", 17, 387_200),
        ("mixed-6a", 8, 1_710_080),
        ("repeat-2", 8, 6_900_480),
        ("mixed-7a", 3, 3_346_176),
        ("repeat-3", 3, 8_003_840),
        ("block8", 3, 1_600_768),
        ("avgpool-1a", 1, 0),
    ];
    for (part, side, parameters) in parts {
        let inside = |path: &str| path.split('/').nth(1) == Some(part);
        let ops: Vec<_> = network.ops.iter().filter(|op| inside(&op.path)).collect();
        let found = ops.iter().flat_map(|op| &op.inferred.parameters);
        assert_eq!(found.map(|p| p.shape.iter().product::<usize>()).sum::<usize>(), parameters, "{part}");
        let dims = ops.last().unwrap().inferred.outputs[0].as_ref().unwrap().dims;
        assert_eq!(dims[1..], [side, side], "{part}");
    }
}

/// What the loss sees is resized, so images may have any size; the picture learns, the embedding stays.
#[test]
fn the_identity_loss_moves_the_picture_and_not_the_embedding() {
    let networks = [
        ("use = \"embedding/inception-resnet-v1\"\nwidth = 2\nsize = 80", 64),
        ("use = \"embedding/iresnet18\"\nwidth = 4\nsize = 32", 256),
        ("use = \"embedding/light-cnn-29-v2\"\nwidth = 3\nsize = 32\nnormalise = true", 64),
    ];
    for (embedding, side) in networks {
        let mut rig = Rig::new(&experiment(embedding, side), &[], 0);
        let ctx = Context::inference(&rig.models.device);
        let networks = rig.models.networks.iter();
        networks.filter(|n| n.borrow().plan.node == "embedding").for_each(|n| fill(&mut n.borrow_mut(), &ctx));
        let before = (rig.tensors(&["picture"]), rig.tensors(&["embedding"]));
        let draw = step_rig::draw_of(&rig.models.device.clone(), &[0], side);
        let record = rig.update("generator", &draw);
        let raw = record.terms["identity"].raw;
        assert!(raw > 0.0 && record.gradient_norm > 1e-6 && record.gradient_norm.is_finite(), "{embedding}: {raw}");
        let picture: Vec<String> = before.0.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(step_rig::changed(&before.0, &rig.tensors(&["picture"])), picture, "{embedding}");
        assert_eq!(step_rig::changed(&before.1, &rig.tensors(&["embedding"])), [""; 0], "{embedding}");
    }
}

/// Matrices of linear layers, which PyTorch writes with two dimensions.
const LINEAR: [&str; 3] = ["fc.weight", "last_linear.weight", "output_layer.3.weight"];

/// A file as PyTorch writes it: the names are those of the script's modules, each norm with its counter, and what is
/// not taken (`besides`).
fn public_file(case: &str, built: &Built<Cpu>, besides: &str) -> PathBuf {
    let golden: Value = serde_json::from_str(include_str!("../../tests/parity/embeddings.json")).unwrap();
    let shapes: BTreeMap<String, [usize; 4]> =
        built.state.tensors().map(|(path, t)| (torch_name(&path), Var::constant(t.clone()).shape())).collect();
    let mut names: Vec<String> = golden["cases"][case]["gradients"].as_object().unwrap().keys().cloned().collect();
    // Fixed in PyTorch, so that it has no gradient.
    names.extend(shapes.contains_key("features.weight").then(|| "features.weight".to_string()));
    let norms = names.iter().filter_map(|name| name.strip_suffix(".bias")).filter(|layer| {
        let weight = shapes[&format!("{layer}.weight")];
        weight[0] == 1 && weight[2] == 1
    });
    let norms: Vec<String> = norms.map(str::to_string).collect();
    names.extend(norms.iter().flat_map(|n| [format!("{n}.running_mean"), format!("{n}.running_var")]));
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = vec![];
    for name in names {
        let shape = match shapes[&name] {
            // The kernel of an excitation may have one output.
            all if name.contains(".fc1.") || name.contains(".fc2.") => all.to_vec(),
            [1, n, 1, 1] => vec![n],
            [o, i, 1, 1] if LINEAR.contains(&name.as_str()) => vec![o, i],
            all => all.to_vec(),
        };
        let values = values(&name, shapes[&name], shape.len() > 1);
        tensors.push((name, shape, values));
    }
    tensors.extend(norms.iter().map(|n| (format!("{n}.num_batches_tracked"), vec![], vec![7.0])));
    tensors.push((besides.to_string(), vec![2, 3], vec![0.0; 6]));
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.2.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).filter(|((name, ..), _)| !name.is_empty());
    let views = views
        .map(|((name, shape, _), bytes)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let path = std::env::temp_dir().join(format!("ablate-{case}-{}.safetensors", std::process::id()));
    safetensors::serialize_to_file(views, None, &path).unwrap();
    path
}

#[test]
fn public_files_are_read_by_their_names() {
    for (layout, text, case, besides) in [
        ("facenet-pytorch", "inception-resnet-v1\"\nwidth = 2\nsize = 80", "inception-resnet-v1", "logits.weight"),
        ("insightface", "iresnet18\"\nwidth = 2\nsize = 32", "iresnet18", ""),
        ("insightface", "ir-se-50\"\nwidth = 2\nsize = 32", "ir-se-50", ""),
        ("light-cnn", "light-cnn-29-v2\"\nwidth = 3\nsize = 32", "light-cnn-29-v2", "fc2.weight"),
    ] {
        let text = format!("use = \"embedding/{text}");
        let network = |text: &str| {
            let plan = step_rig::plan(&experiment(text, 64), &[]);
            let network = plan.networks.iter().find(|n| n.node == "embedding").unwrap();
            Built::new(network, &Cpu::default(), 0).unwrap()
        };
        let mut expected = network(&text);
        let file = public_file(case, &expected, besides);
        fill(&mut expected, &Context::inference(&Cpu::default()));
        let weights = format!("{text}\nweights = {{ file = {file:?}, layout = \"{layout}\" }}");
        let mut found = network(&weights);
        super::weights::load(&mut found, &Cpu::default()).unwrap();
        std::fs::remove_file(&file).unwrap();
        for ((name, a), (_, b)) in found.state.tensors().zip(expected.state.tensors()) {
            assert_eq!(Var::constant(a.clone()).to_vec(), Var::constant(b.clone()).to_vec(), "{case}: {name}");
        }
    }
}
