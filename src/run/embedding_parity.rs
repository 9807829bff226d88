//! Embedding networks against PyTorch: `tests/parity/embeddings.py` made the numbers in `golden/embeddings.safetensors`.
//! And the identity loss on them.

use super::parity_rig::{self, TOLERANCE, Tensors, golden, host, public_file};
use super::step_rig::{self, Rig, residues};
use super::{Built, Run};
use crate::graph::layout::Layout;
use crate::nn::Mode;
use crate::random::Stream;
use crate::registry::{Parameter, Start};
use crate::tensor::{Context, Cpu, Var, ops};
use safetensors::SafeTensors;
use std::cell::RefCell;

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

/// Output and gradients of a network with PyTorch's values on `batch` images of `side` pixels.
fn tensors(embedding: &str, (batch, side): (usize, usize), mode: Mode) -> Tensors {
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
    let weights = Var::constant(ctx.tensor(residues(y.len(), 5), y.shape()).unwrap());
    let loss = ops::reduce::sum_all(&ctx, &ops::arithmetic::multiply(&ctx, &y, &weights).unwrap()).unwrap();
    let mut gradients = ctx.backward(&loss).unwrap();
    let of_image = gradients.take(image.tensor()).unwrap().unwrap().to_vec();
    let mut found = Tensors::from([
        ("output".to_string(), (y.shape(), y.to_vec())),
        ("image".to_string(), (image.shape(), of_image)),
    ]);
    for (op, p) in built.state.ops.iter().flat_map(|op| op.parameters.iter().map(move |p| (op, p))) {
        let name = torch_name(&format!("{}/{}", op.path, p.name));
        match gradients.take(&p.tensor).unwrap() {
            Some(gradient) => drop(found.insert(format!("gradient/{name}"), (host(&p.tensor).0, gradient.to_vec()))),
            None => assert_eq!(name, "features.weight", "the only one that PyTorch keeps fixed"),
        }
    }
    found
}

fn check(case: &str, found: &Tensors) {
    let bytes = golden("embeddings.safetensors");
    let (_, wrong) = parity_rig::compare(&SafeTensors::deserialize(&bytes).unwrap(), case, found, TOLERANCE);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn compare(case: &str, embedding: &str, images: (usize, usize), mode: Mode) {
    check(case, &tensors(embedding, images, mode));
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

/// The deeper ones are made as the shallow one: their outputs, and the image's gradient, which has gone through all.
#[test]
fn deep_iresnets_are_insightfaces() {
    for case in ["iresnet34", "iresnet50", "iresnet100"] {
        let text = format!("use = \"embedding/{case}\"\nwidth = 4\nsize = 32");
        let mut found = tensors(&text, (2, 40), Mode::FROZEN);
        found.retain(|name, _| !name.starts_with("gradient/"));
        check(case, &found);
    }
}

#[test]
fn ir_se_50_is_that_of_its_public_definition() {
    compare("ir-se-50", "use = \"embedding/ir-se-50\"\nwidth = 16\nsize = 16", (2, 24), Mode::FROZEN);
}

#[test]
fn light_cnns_are_those_of_their_public_definition() {
    for case in ["light-cnn-9", "light-cnn-29"] {
        let text = format!("use = \"embedding/{case}\"\nwidth = 6\nsize = 32\ndropout = 0.0");
        compare(case, &text, (2, 40), Mode::FROZEN);
    }
    compare("light-cnn-29-v2", "use = \"embedding/light-cnn-29-v2\"\nwidth = 6\nsize = 32", (2, 40), Mode::FROZEN);
}

#[test]
fn mobilefacenet_is_insightfaces() {
    for (case, blocks) in [("mobilefacenet", "[1, 2, 1, 1]"), ("mobilefacenet-large", "[2, 1, 1, 1]")] {
        let text = format!("use = \"embedding/mobilefacenet\"\nscale = 1\nlength = 8\nsize = 32\nblocks = {blocks}");
        compare(case, &text, (2, 40), Mode::FROZEN);
    }
}

#[test]
fn resnets_are_torchvisions_under_arcfaces_last_layers() {
    let text = |case: &str| format!("use = \"embedding/{case}\"\nwidth = 2\nsize = 32\nlength = 6\ndropout = 0.0");
    compare("resnet50", &text("resnet50"), (2, 40), Mode::FROZEN);
    let mut found = tensors(&text("resnet101"), (2, 40), Mode::FROZEN);
    found.retain(|name, _| !name.starts_with("gradient/"));
    check("resnet101", &found);
}

#[test]
fn the_small_network_is_pytorchs() {
    let text = "use = \"embedding/small-resnet\"\nwidth = 4\nnormalise = false";
    compare("small-resnet", text, (2, 24), Mode::FROZEN);
    compare("small-resnet-learning", text, (3, 24), Mode::LEARNING);
}

/// Parameters without classifiers, of the public networks (`counts` in the script).
#[test]
fn parameter_counts_are_the_published_ones() {
    for (name, expected) in [
        ("inception-resnet-v1", 23_482_624),
        ("iresnet18", 24_025_600),
        ("iresnet34", 34_139_328),
        ("iresnet50", 43_590_848),
        ("iresnet100", 65_156_160),
        ("ir-se-50", 43_797_696),
        ("light-cnn-9", 5_480_864),
        ("light-cnn-29", 12_573_280),
        ("light-cnn-29-v2", 10_475_872),
        ("mobilefacenet", 2_059_520),
        ("resnet50", 74_893_888),
        ("resnet101", 93_886_016),
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

#[test]
fn public_files_are_read_by_their_names() {
    for (layout, text, besides) in [
        ("facenet-pytorch", "inception-resnet-v1\"\nwidth = 2\nsize = 80", &["logits.weight"][..]),
        ("insightface", "iresnet18\"\nwidth = 2\nsize = 32", &["layer1.0.bn1.num_batches_tracked"]),
        ("insightface", "ir-se-50\"\nwidth = 2\nsize = 32", &[]),
        ("insightface", "mobilefacenet\"\nscale = 1\nsize = 32", &["layers.0.layers.1.num_batches_tracked"]),
        ("light-cnn", "light-cnn-9\"\nwidth = 3\nsize = 32", &["fc2.weight"]),
        ("light-cnn", "light-cnn-29\"\nwidth = 3\nsize = 32", &["fc2.bias"]),
        ("light-cnn", "light-cnn-29-v2\"\nwidth = 3\nsize = 32", &["fc2.weight"]),
    ] {
        let text = format!("use = \"embedding/{text}");
        let network = |text: &str| {
            let plan = step_rig::plan(&experiment(text, 64), &[]);
            let network = plan.networks.iter().find(|n| n.node == "embedding").unwrap();
            Built::new(network, &Cpu::default(), 0).unwrap()
        };
        let mut expected = network(&text);
        fill(&mut expected, &Context::inference(&Cpu::default()));
        let file = public_file(&expected, Layout::named(layout).unwrap(), besides);
        let weights = format!("{text}\nweights = {{ file = {file:?}, layout = \"{layout}\" }}");
        let mut found = network(&weights);
        super::weights::load(&mut found, &Cpu::default()).unwrap();
        std::fs::remove_file(&file).unwrap();
        for ((name, a), (_, b)) in found.state.tensors().zip(expected.state.tensors()) {
            assert_eq!(host(a), host(b), "{layout}: {name}");
        }
    }
}
