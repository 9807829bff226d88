//! Encoders as a whole: the parameters that are published, and how links enter. Values are compared with PyTorch's in
//! `run::encoder_parity`.

use super::harness::{Rig, Wires, numbers};
use crate::nn::Mode;
use crate::registry::Edge;
use serde_json::{Value, json};

fn one(port: &str, edge: Edge, batch: usize, seed: usize) -> Wires {
    vec![(port.into(), vec![numbers(edge, batch, seed)])]
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
    assert_eq!(shapes("replace"), ["32x2x2", "16x4x4", "8x8x8", "4x16x16", "4x32x32"]);
    let mut none = Rig::new(Mode::FROZEN, zeros);
    let settings = json!({"width": 4, "stem": false, "join": "replace"});
    for component in ["encoder/resnet18", "encoder/efficientnet-b0"] {
        let outputs = none.run("", component, &settings, &given).unwrap();
        let same = outputs[0].1.iter().zip(&links).all(|((_, stage), (_, link))| stage.to_vec() == link.to_vec());
        assert!(same && none.parameters() == 0, "{component}: the links are the stages");
    }
    let short = vec![("map".to_string(), vec![links[4].clone()]), ("links".to_string(), links[1..].to_vec())];
    let problem = rig.run("", "encoder/resnet18", &json!({"width": 4, "stem": false}), &short).unwrap_err();
    assert_eq!(problem.message, "`links` has 4 maps for 5 stages");
}
