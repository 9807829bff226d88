//! Weights from files as a user meets them: names as PyTorch writes them, a place inside a generator, what a run keeps.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components;
use ablate::config::Overrides;
use ablate::diagnostic::{Diagnostic, render_all};
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::record::{Environment, Observer, Progress, cell_dir};
use ablate::run::{Checkpoint, Folder};
use ablate::study::{self, Options, Prepared};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;

/// Two U-Nets with a ResNet-18 each, frozen.
const COUPLED: &str = r#"
format = 1

[datasets.pairs]
use        = "synthetic-uv"
size       = 32
identities = 10

[nodes.generator]
use     = "generator/coupled-unet"
in      = "pairs.incomplete"
encoder = { use = "resnet18", width = 2 }
gate    = "none"
widths  = [4, 4, 4, 4]
freeze  = ["encoder-1", "encoder-2"]

[losses.reconstruction]
use           = "l1"
in.prediction = "generator.completed"
in.target     = "pairs.complete"

[train]
batch     = 2
optimizer = { use = "sgd", lr = 1e-3 }

[updates.generator]
learns = ["generator"]

[stages.completion]
length  = "1 steps"
updates = ["generator"]
"#;

/// One file for both encoders.
const FROM_FILE: &str = r#"
[nodes.generator.weights]
file   = "resnet18.safetensors"
layout = "torchvision"
at     = ["encoder-1", "encoder-2"]
"#;

/// Names and shapes of torchvision's `resnet18`, `width` channels wide.
fn resnet18(width: usize) -> Vec<(String, Vec<usize>)> {
    let mut all = vec![("conv1.weight".to_string(), vec![width, 3, 7, 7])];
    let norm = |all: &mut Vec<(String, Vec<usize>)>, name: &str, channels: usize| {
        for tensor in ["weight", "bias", "running_mean", "running_var"] {
            all.push((format!("{name}.{tensor}"), vec![channels]));
        }
    };
    norm(&mut all, "bn1", width);
    let mut inputs = width;
    for layer in 1..=4 {
        let out = width << (layer - 1);
        for block in 0..2 {
            let name = format!("layer{layer}.{block}");
            all.push((format!("{name}.conv1.weight"), vec![out, inputs, 3, 3]));
            norm(&mut all, &format!("{name}.bn1"), out);
            all.push((format!("{name}.conv2.weight"), vec![out, out, 3, 3]));
            norm(&mut all, &format!("{name}.bn2"), out);
            if inputs != out {
                all.push((format!("{name}.downsample.0.weight"), vec![out, inputs, 1, 1]));
                norm(&mut all, &format!("{name}.downsample.1"), out);
            }
            inputs = out;
        }
    }
    all.extend([("fc.weight".into(), vec![10, inputs]), ("fc.bias".into(), vec![10])]);
    all
}

/// A value for each element that is one of its own and that half precision holds.
fn values(name: &str, count: usize) -> Vec<f32> {
    let seed: usize = name.bytes().map(usize::from).sum();
    (0..count).map(|i| ((i * 37 + seed) % 63 + 1) as f32 / 64.0).collect()
}

/// Bits of half precision of one of [`values`].
fn half(v: f32) -> u16 {
    let bits = v.to_bits();
    (((bits >> 23) - 112) << 10 | (bits >> 13 & 0x3ff)) as u16
}

/// Writes the tensors, the convolutions in half precision, with torch's counters.
fn write(file: &Path, tensors: &[(String, Vec<usize>)]) {
    let bytes = |name: &str, shape: &[usize]| {
        let all = values(name, shape.iter().product());
        match shape.len() {
            4 => (Dtype::F16, all.iter().flat_map(|v| half(*v).to_le_bytes()).collect::<Vec<u8>>()),
            _ => (Dtype::F32, all.iter().flat_map(|v| v.to_le_bytes()).collect()),
        }
    };
    let mut all: Vec<(String, Vec<usize>, (Dtype, Vec<u8>))> =
        tensors.iter().map(|(n, s)| (n.clone(), s.clone(), bytes(n, s))).collect();
    all.push(("bn1.num_batches_tracked".into(), vec![], (Dtype::I64, vec![0; 8])));
    let views = all.iter().map(|(n, s, (dtype, data))| (n, TensorView::new(*dtype, s.clone(), data).unwrap()));
    safetensors::serialize_to_file(views, None, file).unwrap();
}

/// A folder with the experiment.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ablate-weights-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("coupled.toml"), [COUPLED, FROM_FILE].concat()).unwrap();
    path
}

fn prepare(folder: &Path, sets: &[&str]) -> Result<Prepared, Vec<Diagnostic>> {
    let catalogue = components::catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    let papers = study::Papers::embedded().unwrap();
    let against = study::Against { library: &library, papers: &papers, out: None };
    study::prepare(&folder.join("coupled.toml"), &Overrides::new(&sets), against)
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Observer for Notes {
    fn observe(&mut self, progress: &Progress) {
        if let Progress::Note(text) = progress {
            self.0.push(text.clone());
        }
    }
}

/// Runs the one cell; the notes, and the errors.
fn carry_out(prepared: &Prepared, folder: &Path) -> (Vec<String>, Vec<String>) {
    let (interrupt, out) = (AtomicBool::new(false), folder.join("runs"));
    let mut notes = Notes::default();
    let options = Options { out: Some(&out), ..Options::new(&interrupt, "test") };
    let finished = study::carry_out(prepared, &options, &mut notes).unwrap();
    (notes.0, finished.failed.into_iter().map(|(_, error)| error).collect())
}

fn environment(prepared: &Prepared, folder: &Path) -> Environment {
    let cell = cell_dir(&folder.join("runs"), prepared.cells[0].plan.hash());
    serde_json::from_str(&std::fs::read_to_string(cell.join("environment.json")).unwrap()).unwrap()
}

/// What an encoder of the generator holds at the end, by torchvision's names (counters and classifier apart).
fn encoder(prepared: &Prepared, folder: &Path, inner: &str) -> BTreeMap<String, Vec<f32>> {
    let cell = cell_dir(&folder.join("runs"), prepared.cells[0].plan.hash());
    let (checkpoint, _): (Checkpoint, _) = Folder::new(&cell, 2).newest().unwrap().unwrap();
    let prefix = format!("generator/{inner}/");
    let torch = |name: &str| {
        let dots = name.replace("layer1-", "layer1.").replace("layer2-", "layer2.").replace("layer3-", "layer3.");
        let dots = dots.replace("layer4-", "layer4.").replace("downsample-", "downsample.").replace('/', ".");
        dots.replace("running-mean", "running_mean").replace("running-variance", "running_var")
    };
    let of = |(name, (_, values)): (String, (Vec<usize>, Vec<f32>))| Some((torch(name.strip_prefix(&prefix)?), values));
    checkpoint.tensors.into_iter().filter_map(of).collect()
}

#[test]
fn both_encoders_of_a_generator_take_torchvisions_values() {
    let folder = folder("both");
    write(&folder.join("resnet18.safetensors"), &resnet18(2));
    let prepared = prepare(&folder, &[]).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert!(!render_all(&prepared.notes).contains("file"), "{}", render_all(&prepared.notes));
    assert_eq!(carry_out(&prepared, &folder), (vec![], vec![]));
    let expected: BTreeMap<String, Vec<f32>> = resnet18(2)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("fc."))
        .map(|(name, shape)| (name.clone(), values(&name, shape.iter().product())))
        .collect();
    let first = encoder(&prepared, &folder, "encoder-1");
    assert_eq!(first.len(), 100); // 62 parameters, less the classifier's 2, and 40 statistics
    assert_eq!(first, expected);
    let second = encoder(&prepared, &folder, "encoder-2");
    assert_eq!(second.len(), 95); // no stem
    assert!(second.iter().all(|(name, values)| expected[name] == *values));
    let used = environment(&prepared, &folder).weights;
    assert_eq!((used.len(), used[0].tensors, used[0].layout.as_str()), (1, 195, "torchvision"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_does_not_fit_is_refused_or_noted_and_kept() {
    let folder = folder("misfit");
    let mut tensors = resnet18(2);
    tensors.retain(|(name, _)| name != "layer4.1.bn2.bias");
    tensors.push(("aux.weight".into(), vec![3]));
    tensors[0].1 = vec![2, 1, 7, 7];
    write(&folder.join("resnet18.safetensors"), &tensors);
    let refused = render_all(&prepare(&folder, &[]).err().unwrap());
    let counts = "the file does not fit `generator`: 1 missing, 1 unexpected, 1 of another shape";
    for line in [counts, "missing: layer4.1.bn2.bias\n", "conv1.weight (2x1x7x7, expected 2x3x7x7)", "aux.weight"] {
        assert!(refused.contains(line), "{refused}");
    }
    let prepared = prepare(&folder, &["nodes.generator.weights.strict=false", "nodes.generator.freeze=false"]);
    let prepared = prepared.unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert!(render_all(&prepared.notes).contains(counts), "{}", render_all(&prepared.notes));
    let (notes, failed) = carry_out(&prepared, &folder);
    assert_eq!(failed, [""; 0]);
    assert!(notes[0].starts_with("`generator` takes 192 tensors from "), "{notes:?}");
    assert!(notes[0].contains("1 missing, 1 unexpected, 1 of another shape"), "{notes:?}");
    let used = environment(&prepared, &folder).weights.swap_remove(0);
    assert_eq!((used.missing, used.unexpected), (vec!["layer4.1.bn2.bias".into()], vec!["aux.weight".into()]));
    assert_eq!(used.unlike, ["conv1.weight (2x1x7x7, expected 2x3x7x7)"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn only_a_run_needs_the_file() {
    let folder = folder("missing");
    let prepared = prepare(&folder, &[]).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    let notes = render_all(&prepared.notes);
    assert!(notes.contains("note: there is no file") && notes.contains("a run needs it"), "{notes}");
    let (_, failed) = carry_out(&prepared, &folder);
    assert!(
        failed[0].starts_with("cannot read the weights ") && failed[0].contains("resnet18.safetensors"),
        "{failed:?}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

/// A part of another run's generator goes to a part of this one's; what does not fit is said before anything runs.
#[test]
fn a_path_of_a_run_goes_to_a_path_of_a_node() {
    let folder = folder("run");
    write(&folder.join("resnet18.safetensors"), &resnet18(2));
    let giver = prepare(&folder, &[]).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert_eq!(carry_out(&giver, &folder).1, [""; 0]);
    let cell = cell_dir(&folder.join("runs"), giver.cells[0].plan.hash());
    let weights = |node: &str| {
        format!(
            "nodes.generator.weights={{ run = {:?}, node = {node:?}, at = \"encoder-1\" }}",
            cell.display().to_string()
        )
    };
    std::fs::write(folder.join("coupled.toml"), COUPLED).unwrap();
    let sets = |node: &str| [weights(node), "nodes.generator.freeze=[\"encoder-1\"]".to_string()];
    let taken = sets("generator/encoder-1");
    let taker =
        prepare(&folder, &taken.each_ref().map(String::as_str)).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert_ne!(taker.cells[0].plan.hash(), giver.cells[0].plan.hash());
    assert_eq!(carry_out(&taker, &folder), (vec![], vec![]));
    assert_eq!(encoder(&taker, &folder, "encoder-1"), encoder(&giver, &folder, "encoder-1"));
    assert_ne!(encoder(&taker, &folder, "encoder-2"), encoder(&giver, &folder, "encoder-2"));
    let refused = prepare(&folder, &sets("generator/encoder-2").each_ref().map(String::as_str));
    let refused = render_all(&refused.err().unwrap());
    assert!(refused.contains("they do not fit `generator`: 5 missing"), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}
