//! Every generator and discriminator of the registry as ONNX, run by onnxruntime on the same numbers as here
//! (`tests/parity/onnx_models.py`); what cannot be written says so by name.

use super::export::{self, ExportError, Part};
use super::{Built, Run};
use crate::components::{catalogue, harness::residues, nodes};
use crate::config;
use crate::diagnostic::Source;
use crate::graph::composite::Composites;
use crate::graph::layout::Layout;
use crate::graph::library::Library;
use crate::graph::open::{Wired, WiredValue};
use crate::graph::plan::Network;
use crate::nn::Mode;
use crate::onnx::About;
use crate::random::Stream;
use crate::registry::{Accepts, Edge, Make, Type};
use crate::tensor::{Context, Cpu, Var};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A node's table and the edges of its inputs, opened; every tensor with numbers of its own.
fn built(toml: &str, inputs: &[(&str, Vec<Edge>)]) -> Built<Cpu> {
    let catalogue = catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty());
    let library = Library::new(&catalogue, composites);
    let source = Arc::new(Source { name: "mine.toml".into(), text: format!("[nodes.generator]\n{toml}\n") });
    let tree = config::parse(&source).map_err(|p| p.render()).unwrap();
    let node = tree.get(&["nodes", "generator"]).unwrap();
    let wired: Vec<Wired> = inputs
        .iter()
        .map(|(port, edges)| Wired {
            port: port.to_string(),
            list: edges.len() > 1,
            values: edges
                .iter()
                .map(|edge| WiredValue { edge: edge.clone(), label: format!("pairs.{port}"), decided: None })
                .collect(),
            written: None,
        })
        .collect();
    let mut problems = vec![];
    let opened = library.open("generator", node, &wired, &|_| None, &mut problems);
    let opened = opened.unwrap_or_else(|| panic!("{toml}\n{}", crate::diagnostic::render_all(&problems)));
    filled(&opened.network)
}

fn filled(network: &Network) -> Built<Cpu> {
    let device = Cpu::default();
    let mut built = Built::blank(network, &device).unwrap();
    let ctx = Context::inference(&device);
    for (i, (name, tensor)) in built.state.tensors_mut().enumerate() {
        let shape = Var::constant(tensor.clone()).shape();
        let values = residues(shape.iter().product(), i);
        let own = |start: f32, scale: f32| values.iter().map(|v| start + scale * v).collect::<Vec<f32>>();
        let fan = shape[1..].iter().product::<usize>() as f32;
        let values = match name.rsplit('/').next() {
            Some("left-singular") => own(0.5, 0.2),
            _ if shape[0] > 1 => own(0.0, 2.0 / fan.sqrt()),
            Some("running-variance" | "weight" | "weights") => own(1.2, 0.4),
            _ => own(0.0, 0.3),
        };
        *tensor = ctx.tensor(values, shape).unwrap();
    }
    built
}

/// What the script is told: models, inputs and what they give here.
struct Bench {
    folder: PathBuf,
    cases: Vec<Value>,
}

impl Bench {
    fn new(name: &str) -> Bench {
        let folder = std::env::temp_dir().join(format!("ablate-onnx-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Bench { folder, cases: vec![] }
    }

    fn numbers(&self, name: &str, shape: [usize; 4], values: &[f32]) -> Value {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(self.folder.join(name), bytes).unwrap();
        json!({"file": name, "shape": shape})
    }

    /// Exports a network and keeps what it gives for one sample and for three.
    fn add(&mut self, name: &str, built: &Built<Cpu>, inputs: &[Edge]) {
        let device = Cpu::default();
        let part = Part::of(built, "generator").unwrap();
        let exported = export::onnx(built, &part, &device, &About { name: name.into(), ..Default::default() });
        let exported = exported.unwrap_or_else(|e| panic!("{name}: {e}"));
        std::fs::write(self.folder.join(format!("{name}.onnx")), &exported.bytes).unwrap();
        let port = |text: &String| text.split(": ").next().unwrap().to_string();
        for batch in [1, 3] {
            let ctx = Context::inference(&device);
            let values: Vec<Var<Cpu>> = inputs
                .iter()
                .enumerate()
                .map(|(i, edge)| {
                    let [c, h, w] = edge.dims;
                    let mut values = residues(batch * edge.elements(), 3 * i + batch);
                    if edge.ty == Type::Mask {
                        values.iter_mut().for_each(|v| *v = f32::from(u8::from(*v > 0.3)));
                    }
                    ctx.constant(values, [batch, c, h, w]).unwrap()
                })
                .collect();
            let modes = vec![Mode::FROZEN; built.plan.ops.len()];
            let learns = vec![false; modes.len()];
            let run = Run { modes: &modes, learns: &learns, stream: Stream::new(0, "test"), check_finite: true };
            let outputs = built.forward(&ctx, &values, &run, &RefCell::default()).unwrap();
            let keep = |what: &str, names: &[String], values: &[Var<Cpu>]| -> Value {
                assert_eq!(names.len(), values.len(), "{name}: {names:?}");
                let of = |(i, (n, v)): (usize, (&String, &Var<Cpu>))| {
                    let file = format!("{name}-{batch}-{what}-{i}.f32");
                    (port(n), self.numbers(&file, v.shape(), &v.to_vec()))
                };
                names.iter().zip(values).enumerate().map(of).collect::<serde_json::Map<_, _>>().into()
            };
            let given = keep("in", &exported.inputs, &values);
            let expected = keep("out", &exported.outputs, &outputs);
            self.cases.push(json!({"model": name, "inputs": given, "outputs": expected}));
        }
    }

    /// Runs a script on the cases, where there is what it imports.
    fn check(self, script: &str, imports: &str) {
        std::fs::write(self.folder.join("cases.json"), json!(self.cases).to_string()).unwrap();
        let there = Command::new("python3").args(["-c", &format!("import {imports}")]).output();
        if there.is_ok_and(|o| o.status.success()) {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(script);
            let run = Command::new("python3").arg(script).arg(&self.folder).output().unwrap();
            let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
            assert!(run.status.success(), "{said}");
            println!("{said}");
        } else {
            println!("skipped: no python3 with {imports}");
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    fn check_onnx(self) {
        self.check("onnx_models.py", "numpy, onnx, onnxruntime");
    }
}

const NARROW: &str = "encoder = { use = \"resnet18\", width = 4 }\nwidths = [8, 6, 4, 4]";

#[test]
fn generators_and_discriminators_are_the_same_in_onnxruntime() {
    let image = || ("image", vec![Edge::image(3, 32, 32)]);
    let both =
        |a: &'static str, b: &'static str| vec![(a, vec![Edge::image(3, 32, 32)]), (b, vec![Edge::image(3, 32, 32)])];
    let pix2pix = "encoder = { use = \"pix2pix\", width = 4, widths = [6, 8], innermost = 8 }\nwidths = [8, 6, 4]\ndropouts = [0.5, 0.0, 0.0]";
    let mut all: Vec<(String, String, Vec<(&str, Vec<Edge>)>)> = vec![
        ("uv-gan".into(), format!("use = \"generator/uv-gan\"\n{pix2pix}"), vec![image()]),
        ("uv-gan-alone".into(), format!("use = \"generator/uv-gan\"\nprepare = \"none\"\nnorm = \"instance\"\n{pix2pix}"), vec![image()]),
        ("res-unet".into(), format!("use = \"generator/res-unet\"\n{NARROW}"), vec![image()]),
        ("res-unet-transposed".into(), format!("use = \"generator/res-unet\"\nup = \"transposed\"\n{NARROW}"), vec![image()]),
        (
            "cycle-resnet".into(),
            "use = \"generator/cycle-resnet\"\nwidth = 4\ndown = [6, 8]\nup = [6, 4]\nblocks = 2".into(),
            vec![image()],
        ),
        (
            "cfr".into(),
            "use = \"generator/cfr\"\nwidth = 4\ndown = [6, 8]\nup = [6, 4]\nblocks = 2".into(),
            both("render", "guide"),
        ),
        ("patchgan".into(), "use = \"discriminator/patchgan\"\nwidth = 4\nwidths = [6, 8]\nstrides = [2, 1]".into(), vec![image()]),
        (
            "patchgan-condition".into(),
            "use = \"discriminator/patchgan\"\nwidth = 4\nwidths = [6]\nstrides = [2]\nspectral-norm = true\nnorm = \"layer\"".into(),
            both("image", "condition"),
        ),
        ("uv-gan-local".into(), "use = \"discriminator/uv-gan\"\nregion = [0.25, 0.25, 0.5, 0.5]\nwidth = 4\nwidths = [6, 8, 8]".into(), vec![("image", vec![Edge::image(3, 64, 64)])]),
        ("spectral-stack".into(), "use = \"discriminator/spectral-stack\"\nwidth = 4\nwidths = [6, 8]".into(), vec![image()]),
        ("two-scale".into(), "use = \"discriminator/two-scale\"\nwidth = 4\nwidths = [6, 8]".into(), vec![image()]),
        ("small-resnet".into(), "use = \"embedding/small-resnet\"\nwidth = 4".into(), vec![image()]),
    ];
    for gate in ["none", "attention-gate", "grid-gate", "squeeze-excite", "cbam"] {
        let toml = format!("use = \"generator/coupled-unet\"\ngate = \"{gate}\"\n{NARROW}");
        all.push((format!("coupled-gate-{gate}"), toml, vec![image()]));
    }
    for fusion in ["concat", "sum", "softmax-weighted", "none", "replace"] {
        let up = if fusion == "sum" { "{ use = \"bilinear\", align-corners = true }" } else { "\"bilinear\"" };
        let toml =
            format!("use = \"generator/coupled-unet\"\nfusion = \"{fusion}\"\nlinks = \"concat\"\nup = {up}\n{NARROW}");
        all.push((format!("coupled-fusion-{fusion}"), toml, vec![image()]));
    }
    for (name, width) in [("iresnet18", 4), ("ir-se-50", 4), ("light-cnn-29-v2", 6), ("inception-resnet-v1", 4)] {
        let size = if name == "inception-resnet-v1" { 75 } else { 32 };
        let toml = format!("use = \"embedding/{name}\"\nwidth = {width}\nsize = {size}");
        all.push((name.into(), toml, vec![image()]));
    }
    let efficient = "use = \"generator/res-unet\"\nencoder = \"efficientnet-b0\"\nwidths = [8, 6, 4, 4]";
    all.push(("res-unet-efficientnet".into(), efficient.into(), vec![image()]));
    let mut bench = Bench::new("networks");
    for (name, toml, inputs) in &all {
        let edges: Vec<Edge> = inputs.iter().flat_map(|(_, e)| e.clone()).collect();
        bench.add(name, &built(toml, inputs), &edges);
    }
    bench.check_onnx();
}

/// Settings without a default, and others worth a look.
fn variants(component: &str) -> Vec<&'static str> {
    match component {
        "block/conv" => vec![
            "width = 6",
            "width = 6\nkernel = 4\npadding = 1\nstride = 2",
            "width = 6\nborder = \"reflect\"\nkernel = 5",
            "width = 6\nborder = \"replicate\"\ndilation = 2",
            "width = 10\ngroups = 5\nspectral-norm = true",
            "width = 6\nkernel = [1, 7]",
        ],
        "block/conv-transpose" => vec![
            "width = 6",
            "width = 6\nkernel = 3",
            "width = 6\nkernel = 1",
            "width = 6\nkernel = 5\npadding = 1\nspectral-norm = true",
        ],
        "block/linear" => vec!["width = 6", "width = 6\nbias = false"],
        "head/cosine-classifier" => vec!["classes = 5"],
        "head/class-centres" => vec!["classes = 5\nwidth = 6"],
        "block/max-pool" => vec!["", "kernel = 3\npadding = 1", "kernel = 3\nceil = true"],
        "operator/flatten" => vec!["", "order = \"columns\""],
        "norm/instance" => vec!["", "affine = true"],
        "norm/batch" | "norm/layer" => vec!["", "affine = false"],
        "upsample/bilinear" => vec!["", "align-corners = true"],
        "upsample/transposed" => vec!["", "kernel = 3\nshare = 0.4"],
        "operator/affine" => vec!["", "gain = -2.0\nshift = 0.5"],
        "operator/crop" => vec!["", "region = [0.25, 0.1, 0.5, 0.6]"],
        "operator/erode" => vec!["pixels = 2"],
        "operator/resize" => vec!["size = 16", "size = 5"],
        "block/squeeze-excite" => vec!["width = 3", "width = 2\nactivation = \"relu\""],
        "fusion/sum" | "fusion/fast-normalized" | "fusion/softmax-weighted" => vec!["", "project = \"both\""],
        _ => vec![""],
    }
}

/// Each leaf by itself, on maps of odd sizes. The list of those that have no ONNX form is short and says why.
#[test]
fn every_leaf_is_the_same_in_onnxruntime_or_says_that_it_is_not() {
    let random = ["operator/noise-fill", "prepare/noise-fill"];
    // A rasterizer is no ONNX operation, a constant has no batch, and centres are for training only.
    let none = ["regressor/mean", "render/pncc", "head/class-centres"];
    let mut bench = Bench::new("leafs");
    for entry in nodes::<Cpu>().into_iter().filter(|e| matches!(e.entry.make, Make::Leaf(_))) {
        let card = &entry.entry.card;
        let component = format!("{}/{}", card.family, card.name);
        let edge = |accepts| match accepts {
            Accepts::Type(Type::Image) => Edge::image(3, 7, 10),
            Accepts::Type(Type::Mask) => Edge::mask(7, 10),
            Accepts::Type(Type::Vector) => Edge::vector(6),
            Accepts::Type(Type::Label) => Edge::label(5),
            Accepts::Type(Type::Coefficients) => Edge::new(Type::Coefficients, [61, 1, 1]),
            Accepts::Type(Type::Grid) => Edge::new(Type::Grid, [4, 5, 2]),
            _ if card.name == "max-feature-map" => Edge::map(6, 7, 10),
            _ => Edge::map(5, 7, 10),
        };
        let ports = card.inputs.iter().filter(|p| !p.optional);
        let inputs: Vec<(&str, Vec<Edge>)> =
            ports.map(|p| (p.name, vec![edge(p.accepts); if p.list { 2 } else { 1 }])).collect();
        let edges: Vec<Edge> = inputs.iter().flat_map(|(_, e)| e.clone()).collect();
        for (i, settings) in variants(&component).into_iter().enumerate() {
            let built = built(&format!("use = \"{component}\"\n{settings}"), &inputs);
            let reason = match component.as_str() {
                name if random.contains(&name) => Some("it draws random numbers"),
                name if none.contains(&name) => Some("it has no ONNX form yet"),
                _ => None,
            };
            if let Some(reason) = reason {
                let part = Part::of(&built, "generator").unwrap();
                let error = export::onnx(&built, &part, &Cpu::default(), &About::default()).unwrap_err().to_string();
                let expected = format!("`generator` (`{component}`) cannot be written as ONNX: {reason}");
                assert_eq!(error, expected);
            } else {
                bench.add(&format!("{}-{i}", component.replace('/', "-")), &built, &edges);
            }
        }
    }
    bench.check_onnx();
}

#[test]
fn a_part_has_the_inputs_and_outputs_that_it_meets() {
    let built = built(&format!("use = \"generator/res-unet\"\n{NARROW}"), &[("image", vec![Edge::image(3, 32, 32)])]);
    let part = Part::of(&built, "generator/encoder").unwrap();
    let exported = export::onnx(&built, &part, &Cpu::default(), &About::default()).unwrap();
    assert_eq!(exported.inputs, ["image: 3x32x32"]);
    assert_eq!(exported.outputs.len(), 5, "{:?}", exported.outputs);
    assert!(exported.outputs.contains(&"layer4-1/relu: 32x1x1".to_string()), "{:?}", exported.outputs);
    let one = Part::of(&built, "generator/decoder[0]").unwrap();
    let exported = export::onnx(&built, &one, &Cpu::default(), &About::default()).unwrap();
    assert_eq!(exported.inputs.len(), 2, "{:?}", exported.inputs);
    let Err(ExportError::NoNode { known, .. }) = Part::of(&built, "generator/encodr") else {
        panic!("must be refused")
    };
    assert!(known.contains("`generator/encoder`") && known.contains("`generator/decoder[3]`"), "{known}");
}

/// Files under the names of other programs load into PyTorch modules that have these names, strictly, and give the same.
#[test]
fn files_of_other_layouts_load_into_their_modules() {
    let mut bench = Bench::new("names");
    for (layout, family, network, settings, side) in [
        ("torchvision", "encoder", "resnet18", "width = 4", 32),
        ("timm", "encoder", "resnet50", "width = 4", 32),
        ("timm", "encoder", "efficientnet-b0", "width = 4", 32),
        ("facenet-pytorch", "embedding", "inception-resnet-v1", "width = 4\nsize = 80\ndropout = 0.0", 80),
        ("insightface", "embedding", "iresnet18", "width = 8\nsize = 32", 32),
        ("insightface", "embedding", "ir-se-50", "width = 16\nsize = 16", 16),
        ("light-cnn", "embedding", "light-cnn-29-v2", "width = 6\nsize = 32", 32),
    ] {
        let port = if family == "encoder" { "map" } else { "image" };
        let toml = format!("use = \"{family}/{network}\"\n{settings}");
        let built = built(&toml, &[(port, vec![Edge::image(3, side, side)])]);
        let (part, layout) = (Part::of(&built, "generator").unwrap(), Layout::named(layout).unwrap());
        let file = export::tensors(&built, &part, "generator", layout, Default::default()).unwrap();
        let weights = format!("{network}.safetensors");
        std::fs::write(bench.folder.join(&weights), file.bytes).unwrap();
        let ctx = Context::inference(&Cpu::default());
        let shape = [2, 3, side, side];
        let image = ctx.constant(residues(shape.iter().product(), 7), shape).unwrap();
        let (modes, learns) = (vec![Mode::FROZEN; built.plan.ops.len()], vec![false; built.plan.ops.len()]);
        let run = Run { modes: &modes, learns: &learns, stream: Stream::new(0, "test"), check_finite: true };
        let found = built.forward(&ctx, std::slice::from_ref(&image), &run, &RefCell::default()).unwrap();
        let all = found.iter().zip(&built.plan.outputs).enumerate();
        let given = all.filter(|(_, (_, o))| ["stages", "embedding"].contains(&o.port.port.as_str()));
        let outputs: Vec<Value> =
            given.map(|(i, (v, _))| bench.numbers(&format!("{network}-{i}"), v.shape(), &v.to_vec())).collect();
        let input = bench.numbers(&format!("{network}-in"), shape, &image.to_vec());
        bench.cases.push(json!({"network": network, "weights": weights, "input": input, "outputs": outputs}));
    }
    bench.check("public_names.py", "numpy, torch");
}
