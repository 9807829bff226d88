//! Components against PyTorch's outputs: `tests/parity/networks.py` made the numbers in `tests/parity/networks.json`.

use super::harness::{Rig, Wires, numbers, residues};
use crate::nn::Mode;
use crate::registry::Edge;
use crate::tensor::{Cpu, Var};
use serde_json::{Value, json};

/// The name torchvision has for a path: `layer1-0/conv1/running-mean` is `layer1.0.conv1.running_mean` there.
fn torch_name(path: &str) -> String {
    let mut name = String::new();
    for (i, c) in path.char_indices() {
        let digit_follows = path[i + c.len_utf8()..].starts_with(|n: char| n.is_ascii_digit());
        name.push(if c == '/' || (c == '-' && digit_follows) { '.' } else { c });
    }
    name.replace("running-mean", "running_mean").replace("running-variance", "running_var")
}

/// As `fill` in the script.
fn fill(path: &str, shape: [usize; 4]) -> Vec<f32> {
    // Components whose layers the script builds one by one: only the last part of the name counts there.
    let mut name = torch_name(path);
    for prefix in ["project-first-", "squeeze-", "excite-"] {
        name = name.replace(prefix, "");
    }
    if path == "weights" {
        return vec![1.5, 0.25];
    }
    let seed = name.bytes().map(usize::from).sum::<usize>() % 1009;
    let kernel = name.ends_with("weight") && shape[0] != 1;
    let fan = shape[1..].iter().product::<usize>() as f64;
    let value = |r: f32| match &name[name.rfind('.').map_or(0, |i| i + 1)..] {
        "weight" if kernel => r * (2.4 / fan.sqrt()) as f32,
        "weight" | "running_var" => 1.0 + 0.2 * r,
        _ => 0.2 * r,
    };
    residues(shape.iter().product(), seed).into_iter().map(value).collect()
}

fn golden(case: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../tests/parity/networks.json")).unwrap();
    all[case].as_array().unwrap_or_else(|| panic!("no case {case}")).clone()
}

/// Compares the first values, the sum and the sum of squares, relative to the values' size.
fn compare(case: &str, found: &[Var<Cpu>]) {
    let expected = golden(case);
    assert_eq!(found.len(), expected.len(), "{case}");
    for (i, (y, e)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(json!(y.shape()), e["shape"], "{case}[{i}]");
        let values: Vec<f64> = y.to_vec().into_iter().map(f64::from).collect();
        let squares = e["squares"].as_f64().unwrap();
        let size = (squares / values.len() as f64).sqrt();
        let near = |a: f64, b: f64, scale: f64| assert!((a - b).abs() < 2e-5 * scale, "{case}[{i}]: {a}, torch {b}");
        for (a, b) in values.iter().zip(e["first"].as_array().unwrap()) {
            near(*a, b.as_f64().unwrap(), size.max(b.as_f64().unwrap().abs()) * 5.0);
        }
        near(values.iter().map(|v| v * v).sum(), squares, squares * 5.0);
        near(values.iter().sum(), e["sum"].as_f64().unwrap(), size * values.len() as f64);
    }
}

fn one(port: &str, edge: Edge, batch: usize, seed: usize) -> Wires {
    vec![(port.into(), vec![numbers(edge, batch, seed)])]
}

fn values(outputs: &Wires) -> Vec<Var<Cpu>> {
    outputs[0].1.iter().map(|(_, v)| v.clone()).collect()
}

#[test]
fn resnet18_is_torchvisions() {
    let image = one("map", Edge::image(3, 64, 64), 2, 1);
    for (case, mode) in [("resnet18-eval", Mode::FROZEN), ("resnet18-train", Mode::LEARNING)] {
        let mut rig = Rig::new(mode, fill);
        let outputs = rig.run("", "encoder/resnet18", &json!({"width": 8}), &image).unwrap();
        compare(case, &values(&outputs));
        assert_eq!(outputs[1].1.len(), 4);
        if mode.move_buffers {
            let running = ["bn1/running-mean", "bn1/running-variance"].map(|p| Var::constant(rig.state[p].clone()));
            compare("resnet18-running", &running);
        }
    }
}

#[test]
fn same_padding_of_even_kernels_is_that_of_the_language() {
    for (kernel, stride, h, w) in [(4, 1, 7, 9), (4, 2, 7, 8), (2, 1, 5, 6), (4, 2, 8, 8)] {
        let settings = json!({"width": 5, "kernel": kernel, "stride": stride});
        let mut rig = Rig::new(Mode::FROZEN, fill);
        let outputs = rig.run("", "block/conv", &settings, &one("map", Edge::map(3, h, w), 2, 1)).unwrap();
        compare(&format!("same-{kernel}-{stride}-{h}-{w}"), &values(&outputs));
    }
    let settings = json!({"width": 5, "kernel": [3, 6], "stride": 2});
    let mut rig = Rig::new(Mode::FROZEN, fill);
    let outputs = rig.run("", "block/conv", &settings, &one("map", Edge::map(3, 7, 9), 2, 1)).unwrap();
    compare("same-3x6-2-7-9", &values(&outputs));
    let settings = json!({"width": 5, "kernel": 3});
    let mut rig = Rig::new(Mode::FROZEN, fill);
    let outputs = rig.run("", "block/conv-transpose", &settings, &one("map", Edge::map(3, 5, 6), 2, 1)).unwrap();
    compare("transposed-3-2", &values(&outputs));
}

#[test]
fn fusions_and_gates_are_their_equations() {
    let (a, b) = (numbers(Edge::map(6, 5, 7), 2, 1), numbers(Edge::map(4, 5, 7), 2, 2));
    let maps = vec![("maps".to_string(), vec![a.clone(), b.clone()])];
    for name in ["fast-normalized", "softmax-weighted"] {
        let mut rig = Rig::new(Mode::FROZEN, fill);
        let outputs = rig.run("", &format!("fusion/{name}"), &json!({}), &maps).unwrap();
        compare(name, &values(&outputs));
        assert_eq!(rig.parameters(), 6 * 4 + 4 + 2);
    }
    let both = vec![("skip".to_string(), vec![a]), ("signal".to_string(), vec![b])];
    let outputs = Rig::new(Mode::FROZEN, fill).run("", "gate/squeeze-excite", &json!({"reduction": 2}), &both).unwrap();
    compare("squeeze-excite", &values(&outputs));
}

/// Parameters of the published networks without their classifiers, as torchvision counts them.
#[test]
fn parameter_counts_are_the_published_ones() {
    let zeros: fn(&str, [usize; 4]) -> Vec<f32> = |_, shape| vec![0.0; shape.iter().product()];
    let count = |component: &str, settings: Value, port: &str| {
        let mut rig = Rig::new(Mode::FROZEN, zeros);
        rig.run("", component, &settings, &one(port, Edge::image(3, 32, 32), 1, 1)).unwrap();
        rig.parameters()
    };
    assert_eq!(count("encoder/resnet18", json!({}), "map"), 11_176_512);
    assert_eq!(count("encoder/resnet34", json!({}), "map"), 21_284_672);
    assert_eq!(count("encoder/resnet50", json!({}), "map"), 23_508_032);
    assert_eq!(count("encoder/resnet101", json!({}), "map"), 42_500_160);
    // 5,288,548 of torchvision and timm, less the classifier's 1,281,000; without the head 412,160 less.
    assert_eq!(count("encoder/efficientnet-b0", json!({}), "map"), 4_007_548);
    assert_eq!(count("encoder/efficientnet-b0", json!({"head": false}), "map"), 3_595_388);
    assert_eq!(count("embedding/small-resnet", json!({}), "image"), 1_260_384);
    assert_eq!(count("embedding/small-resnet", json!({"width": 8}), "image"), 79_512);
}

#[test]
fn links_join_the_stages() {
    let zeros: fn(&str, [usize; 4]) -> Vec<f32> = |_, shape| vec![0.1; shape.iter().product()];
    let mut rig = Rig::new(Mode::FROZEN, zeros);
    let first =
        rig.run("", "encoder/resnet18", &json!({"width": 4}), &one("map", Edge::image(3, 64, 64), 1, 1)).unwrap();
    let links = first[0].1.clone();
    let given = vec![("map".to_string(), vec![links[4].clone()]), ("links".to_string(), links.clone())];
    let shapes = |join: &str| {
        let settings = json!({"width": 4, "stem": false, "join": join});
        let outputs = Rig::new(Mode::FROZEN, zeros).run("", "encoder/resnet18", &settings, &given).unwrap();
        outputs[0].1.iter().map(|(e, _)| e.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(shapes("sum"), ["32x2x2", "16x4x4", "8x8x8", "4x16x16", "4x32x32"]);
    assert_eq!(shapes("concat"), ["64x2x2", "32x4x4", "16x8x8", "8x16x16", "4x32x32"]);
    let short = vec![("map".to_string(), vec![links[4].clone()]), ("links".to_string(), links[1..].to_vec())];
    let problem = rig.run("", "encoder/resnet18", &json!({"width": 4, "stem": false}), &short).unwrap_err();
    assert_eq!(problem.message, "`links` has 4 maps for 5 stages");
}
