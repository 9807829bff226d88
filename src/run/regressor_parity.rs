//! The regressor of 3DDFA with its public weights: numbers of the photos that `shared/data/tddfa` was made with, and a
//! cascade that learns.

use super::step_rig;
use super::{Built, Run};
use crate::components::raster;
use crate::data_rig::shared;
use crate::face::picture::Picture;
use crate::face::readers::npy;
use crate::face::tddfa::{Parametric, crop, region};
use crate::graph::layout::Layout;
use crate::nn::Mode;
use crate::random::Stream;
use crate::tensor::{Context, Cpu};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

const FACES: usize = 16;
const COUNT: usize = 62;
const SIDE: usize = 120;

/// An experiment around a regressor.
fn experiment(regressor: &str, side: usize) -> String {
    format!(
        r#"
format = 1

[datasets.faces]
use        = "synthetic-fits"
size       = {side}
identities = 3

[nodes.regressor]
in = "faces.image"
{regressor}

[losses.distance]
use           = "l2"
in.prediction = "regressor"
in.target     = "faces.coefficients"

[train]
batch     = 2
optimizer = {{ use = "sgd", lr = 0.1 }}

[updates.regressor]
learns = ["regressor"]

[stages.only]
length = "8 steps"
"#
    )
}

fn golden(folder: &Path, name: &str) -> Vec<f32> {
    npy::read(name, name, &std::fs::read(folder.join(name)).unwrap()).unwrap().rows().unwrap()
}

/// The network with the public weights.
fn public(folder: &Path) -> Built<Cpu> {
    let file = folder.join("tddfa_mb05_120x120.safetensors");
    // The dataset has 38 coefficients; nothing compares them here.
    let text =
        format!("use = \"regressor/mobilenet-v1\"\nfreeze = true\nweights = {{ file = {file:?}, layout = \"3ddfa\" }}");
    let text = experiment(&text, SIDE).replace("in.target     = \"faces.coefficients\"", "in.target     = \"twin\"");
    let twin = "[nodes.twin]\nuse = \"regressor/mobilenet-v1\"\nin = \"faces.image\"\n\n[losses.distance]";
    let text = text.replace("[losses.distance]", twin).replace("learns = [\"regressor\"]", "learns = [\"twin\"]");
    let plan = step_rig::plan(&text, &[]);
    let network = plan.networks.iter().find(|n| n.node == "regressor").unwrap();
    let mut built = Built::new(network, &Cpu::default(), 0).unwrap();
    super::weights::load(&mut built, &Cpu::default()).unwrap();
    built
}

/// What the network gives for images (N x 3 x 120 x 120, red, green, blue, -1 to 1).
fn outputs(built: &mut Built<Cpu>, images: Vec<f32>) -> Vec<f32> {
    let ctx = Context::inference(&Cpu::default());
    let shape = [images.len() / (3 * SIDE * SIDE), 3, SIDE, SIDE];
    let image = ctx.constant(images, shape).unwrap();
    let count = built.plan.ops.len();
    let (modes, learns) = (vec![Mode::FROZEN; count], vec![false; count]);
    let run = Run { modes: &modes, learns: &learns, stream: Stream::new(0, "test"), check_finite: true };
    built.forward(&ctx, &[image], &run, &RefCell::default()).unwrap().remove(0).to_vec()
}

/// Crops of H x W x 3 from 0 to 255 as images are here; `order`: where red, green and blue are.
fn images(crops: &[f32], order: [usize; 3]) -> Vec<f32> {
    let crops = crops.chunks_exact(3 * SIDE * SIDE);
    crops
        .flat_map(|crop| order.map(|c| crop.iter().skip(c).step_by(3).map(|v| v / 127.5 - 1.0)).into_iter().flatten())
        .collect()
}

/// Mean distance of the landmarks over the root of their box's area.
fn nme(found: &[[f32; 2]], truth: &[[f32; 2]]) -> f64 {
    let apart = found.iter().zip(truth).map(|(f, t)| f64::from((f[0] - t[0]).hypot(f[1] - t[1])));
    let side = |k: usize| {
        let ends = truth.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[k]), h.max(p[k])));
        f64::from(ends.1 - ends.0)
    };
    apart.sum::<f64>() / truth.len() as f64 / (side(0) * side(1)).sqrt()
}

/// Landmarks of each face from what the network gives.
fn landmarks(model: &Parametric, outputs: &[f32], truth: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let faces = outputs.chunks_exact(COUNT).zip(truth.chunks_exact(68));
    faces
        .flat_map(|(output, truth)| model.placed(&model.parameters(output), &model.keypoints, region(truth)))
        .map(|[x, y, _]| [x, y])
        .collect()
}

fn mean_nme(found: &[[f32; 2]], truth: &[[f32; 2]]) -> f64 {
    found.chunks_exact(68).zip(truth.chunks_exact(68)).map(|(f, t)| nme(f, t)).sum::<f64>() / FACES as f64
}

#[test]
fn the_public_network_gives_the_golden_parameters_and_landmarks() {
    let Some(folder) = shared("tddfa") else { return };
    let mut built = public(&folder);
    // The README: the first raw outputs for an input of zeros, which is the grey level 127.5.
    let zero = outputs(&mut built, vec![0.0; 3 * SIDE * SIDE]);
    for (found, expected) in zero.iter().zip([-0.474_979_8, -1.475_064, 0.531_889_7, -0.637_285_3f32]) {
        assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    }
    let crops = golden(&folder, "golden_crops_bgr.npy");
    let found = outputs(&mut built, images(&crops, [2, 1, 0]));
    let raw = golden(&folder, "golden_outputs_raw.npy");
    assert_eq!((found.len(), raw.len()), (FACES * COUNT, FACES * COUNT));
    let worst = found.iter().zip(&raw).map(|(f, r)| (f - r).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst} deviations");
    let model = Parametric::of_folder(&folder).unwrap();
    let parameters = golden(&folder, "golden_params.npy");
    for (face, expected) in found.chunks_exact(COUNT).zip(parameters.chunks_exact(COUNT)) {
        for (i, (f, e)) in model.parameters(face).iter().zip(expected).enumerate() {
            assert!((f - e).abs() < 1e-4 * model.deviation[i], "{i}: {f}, expected {e}");
        }
    }
    let truth = golden(&folder, "golden_gt_landmarks.npy").as_chunks::<2>().0.to_vec();
    let expected = golden(&folder, "golden_landmarks.npy").as_chunks::<2>().0.to_vec();
    let points = landmarks(&model, &found, &truth);
    let apart = points.iter().flatten().zip(expected.iter().flatten()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-2, "{apart} pixels");
    let nme = mean_nme(&points, &truth);
    println!("worst parameter {worst:e} deviations, worst landmark {apart:e} pixels, mean NME {nme:.6}");
    assert!((nme - 0.034_149).abs() < 1e-5, "{nme}");
}

/// From the photos with our own crops. Decoders round differently: the README bounds the means.
#[test]
fn photos_give_the_golden_landmarks_on_average() {
    let Some((folder, photos)) = shared("tddfa").zip(shared("aflw2000_16")) else { return };
    let mut built = public(&folder);
    let model = Parametric::of_folder(&folder).unwrap();
    let truth = golden(&folder, "golden_gt_landmarks.npy").as_chunks::<2>().0.to_vec();
    let list = std::fs::read_to_string(folder.join("golden_files.csv")).unwrap();
    let mut crops = Vec::new();
    for (line, points) in list.lines().skip(1).zip(truth.chunks_exact(68)) {
        let name = line.split(',').find(|cell| cell.contains("image")).unwrap();
        let file = photos.join(Path::new(name).file_name().unwrap()).with_extension("jpg");
        let array = raster::read(&file, 3).unwrap();
        let (height, width) = array.frame();
        let level = |v: f32| (v + 1.0) * 127.5;
        let data = (0..height * width).flat_map(|i| [0, 1, 2].map(|c| level(array.plane(c)[i]))).collect();
        let photo = Picture { width, height, channels: 3, data };
        crops.extend(crop(&photo, region(points), SIDE).data.iter().map(|v| v.round()));
    }
    let stored = golden(&folder, "golden_crops_bgr.npy");
    assert_eq!(crops.len(), stored.len());
    let found = outputs(&mut built, images(&crops, [0, 1, 2]));
    let expected = golden(&folder, "golden_landmarks.npy").as_chunks::<2>().0.to_vec();
    let points = landmarks(&model, &found, &truth);
    let apart = points.iter().flatten().zip(expected.iter().flatten()).map(|(f, e)| f64::from((f - e).abs()));
    let (apart, nme) = (apart.sum::<f64>() / expected.as_flattened().len() as f64, mean_nme(&points, &truth));
    println!("mean coordinate difference {apart:.4} pixels, mean NME {nme:.6}");
    assert!(apart < 0.3 && (nme - 0.034_149).abs() < 0.0006, "{apart} {nme}");
}

/// The README: 850,398 learnable parameters and 10,944 running statistics.
#[test]
fn the_network_has_the_published_size() {
    let text = experiment("use = \"regressor/mobilenet-v1\"", SIDE);
    let text = text.replace("\"faces.coefficients\"", "\"zero\"");
    let zero = "[nodes.zero]\nuse = \"regressor/mean\"\nin = \"faces.image\"\n\n[losses.distance]";
    let plan = step_rig::plan(&text.replace("[losses.distance]", zero), &[]);
    let ops = &plan.networks.iter().find(|n| n.node == "regressor").unwrap().ops;
    let size = |shape: &[usize; 4]| shape.iter().product::<usize>();
    let learnt = ops.iter().flat_map(|op| &op.inferred.parameters).map(|p| size(&p.shape)).sum::<usize>();
    let kept = ops.iter().flat_map(|op| &op.inferred.buffers).map(|b| size(&b.shape)).sum::<usize>();
    assert_eq!((learnt, kept), (850_398, 10_944));
    let names: Vec<String> = ops
        .iter()
        .flat_map(|op| op.inferred.parameters.iter().map(move |p| format!("{}/{}", op.path, p.name)))
        .map(|path| Layout::named("3ddfa").unwrap().name_of(path.strip_prefix("regressor").unwrap()))
        .collect();
    assert_eq!(names.first().map(String::as_str), Some("conv1.weight"));
    assert!(names.contains(&"dw5_6.bn_sep.bias".to_string()) && names.contains(&"fc.bias".to_string()), "{names:?}");
}

/// Coefficients that are drawn are found better and better, by each step of the cascade and each kind of weights.
#[test]
fn a_cascade_learns() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/face-fitting/3ddfa.toml");
    let settings =
        ["datasets.faces.size=32", "datasets.faces.identities=3", "nodes.cascade.size=32", "nodes.cascade.width=4"];
    let mut rig = step_rig::Rig::of_file(&file, &settings, 0);
    let draw = faces(&rig.models.device.clone(), 4);
    let before = rig.tensors(&["cascade"]);
    let costs: Vec<f64> = (0..6)
        .map(|_| {
            let record = rig.update("fit", &draw);
            rig.step += 1;
            assert!(record.gradient_norm.is_finite() && record.gradient_norm > 0.0);
            record.terms["distance"].raw
        })
        .collect();
    println!("{costs:?}");
    assert!(costs.windows(2).all(|two| two[1] < two[0]), "{costs:?}");
    // Both steps learn: each has a network of its own.
    let changed = step_rig::changed(&before, &rig.tensors(&["cascade"]));
    for step in ["cascade[0]/update/fc/weight", "cascade[1]/update/fc/weight"] {
        assert!(changed.iter().any(|name| name == step), "{step}: {changed:?}");
    }
}

/// The first pictures of the dataset.
fn faces(device: &Cpu, count: usize) -> super::Draw<Cpu> {
    use crate::components::dataset::{Surroundings, open};
    use crate::components::sample::{Batch, DataError, Split};
    let around = Surroundings {
        cache: PathBuf::new(),
        progress: None,
        base: PathBuf::new(),
        holes: |_, _| Err(DataError::setting("holes", "none here")),
        datasets: Default::default(),
    };
    let settings = serde_json::json!({"size": 32, "identities": 3});
    let data = open("synthetic-fits", settings.as_object().unwrap(), &around).unwrap();
    let samples = (0..count).map(|i| data.sample(Split::Train, i, Stream::new(0, "")).unwrap()).collect();
    super::Draw::new(device, vec![(0, Batch::stack(samples).unwrap())], Stream::new(0, "step")).unwrap()
}
