//! What is measured.

use super::protocol::{Case, Op, OpCase, SystemCase};
use std::path::PathBuf;

/// A row of the table.
pub struct Measured {
    pub name: String,
    pub case: Case,
    /// Floating-point operations, where the rate is of interest.
    pub flops: Option<f64>,
    /// Faces or pairs of a run, where it is of interest how many are done in a second.
    pub count: Option<usize>,
}

/// Convolutions of anchors 4.4 and 1x1 ones: channels in and out, kernel, stride, side, batch.
const CONVOLUTIONS: [(usize, usize, usize, usize, usize, usize); 15] = [
    (3, 64, 4, 2, 256, 1),
    (64, 128, 4, 2, 128, 1),
    (256, 512, 4, 2, 32, 1),
    (64, 64, 3, 1, 64, 1),
    (256, 256, 3, 1, 16, 1),
    (256, 512, 4, 1, 32, 1),
    (3, 64, 4, 2, 256, 4),
    (64, 128, 4, 2, 128, 4),
    (256, 512, 4, 2, 32, 4),
    (64, 64, 3, 1, 64, 4),
    (256, 512, 4, 1, 32, 4),
    (64, 256, 1, 1, 64, 1),
    (256, 64, 1, 1, 64, 1),
    (64, 256, 1, 1, 64, 4),
    (256, 64, 1, 1, 64, 4),
];

/// Transposed convolutions, 4x4 at stride 2: channels in and out, side of the input, batch.
const TRANSPOSED: [(usize, usize, usize, usize); 4] =
    [(128, 64, 64, 1), (512, 256, 16, 1), (128, 64, 64, 4), (512, 256, 16, 4)];

/// Forward, and forward with backward.
fn both(found: &mut Vec<Measured>, name: &str, op: Op, inputs: &[[usize; 4]], macs: Option<usize>) {
    for (passes, backward) in [(1.0, false), (3.0, true)] {
        let case = Case::Op(OpCase { op: op.clone(), inputs: inputs.to_vec(), backward });
        let flops = macs.map(|m| 2.0 * passes * m as f64);
        let name = format!("{name} {}", if backward { "f+b" } else { "fwd" });
        found.push(Measured { name, case, flops, count: None });
    }
}

fn convolutions(found: &mut Vec<Measured>) {
    for (from, to, k, stride, side, batch) in CONVOLUTIONS {
        // As pix2pix and ResNets have them.
        let padding = if k == 1 { 0 } else { 1 };
        let out = (side + 2 * padding - k) / stride + 1;
        let macs = batch * from * to * k * k * out * out;
        let inputs = [[batch, from, side, side], [to, from, k, k]];
        let name = format!("conv {from}->{to} k{k}s{stride} {side}² b{batch}");
        both(found, &name, Op::Conv2d { stride, padding }, &inputs, Some(macs));
    }
    for (from, to, side, batch) in TRANSPOSED {
        let inputs = [[batch, from, side, side], [from, to, 4, 4]];
        let macs = batch * from * to * 16 * side * side;
        let name = format!("conv-transpose {from}->{to} k4s2 {side}² b{batch}");
        both(found, &name, Op::ConvTranspose2d { stride: 2, padding: 1 }, &inputs, Some(macs));
    }
}

fn component(found: &mut Vec<Measured>, label: &str, name: &str, ports: &[&str], inputs: &[[usize; 4]]) {
    let ports = ports.iter().map(|p| p.to_string()).collect();
    both(found, label, Op::Component { name: name.into(), ports }, inputs, None);
}

/// Single operations.
pub fn ops() -> Vec<Measured> {
    let mut found = Vec::new();
    convolutions(&mut found);
    for batch in [1, 4] {
        let (map, channel) = ([batch, 64, 128, 128], [1, 64, 1, 1]);
        both(&mut found, &format!("batch norm 64 128² b{batch}"), Op::BatchNorm, &[map, channel, channel], None);
        both(&mut found, &format!("instance norm 64 128² b{batch}"), Op::InstanceNorm, &[map, channel, channel], None);
        both(&mut found, &format!("leaky relu 64 128² b{batch}"), Op::LeakyRelu { slope: 0.2 }, &[map], None);
        both(&mut found, &format!("concat 64+64 128² b{batch}"), Op::Concat, &[map, map], None);
        let name = format!("max-pool k3s2 64 128² b{batch}");
        both(&mut found, &name, Op::MaxPool { kernel: 3, stride: 2, padding: 1 }, &[map], None);
        both(&mut found, &format!("tanh 3 256² b{batch}"), Op::Tanh, &[[batch, 3, 256, 256]], None);
        let half = [batch, 128, 64, 64];
        let name = format!("resize bilinear x2 128 64² b{batch}");
        both(&mut found, &name, Op::ResizeBilinear { factor: 2 }, &[half], None);
        let name = format!("resize nearest x2 128 64² b{batch}");
        both(&mut found, &name, Op::ResizeNearest { factor: 2 }, &[half], None);
        let inputs = [[batch, 256, 64, 64], [batch, 128, 64, 64]];
        let name = format!("attention gate 256 by 128 64² b{batch}");
        component(&mut found, &name, "gate/attention-gate", &["skip", "signal"], &inputs);
        let name = format!("fast normalized fusion 256+128 64² b{batch}");
        component(&mut found, &name, "fusion/fast-normalized", &["maps", "maps"], &inputs);
    }
    let parameter = [1, 1, 1000, 10_000];
    let adam = OpCase { op: Op::Adam, inputs: vec![parameter; 2], backward: false };
    found.push(Measured { name: "adam 10M".into(), case: Case::Op(adam), flops: None, count: None });
    found
}

/// A system of the table.
struct System {
    name: &'static str,
    /// How PyTorch's side calls it.
    rival: &'static str,
    file: &'static str,
    stage: usize,
    batches: [usize; 2],
    /// Settings that turn dropout off, where there is some.
    without_dropout: &'static [&'static str],
}

const NO_DROPOUT: &[&str] = &["nodes.generator.dropouts=[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]"];

const SYSTEMS: [System; 3] = [
    System {
        name: "U-Net-256 + PatchGAN",
        rival: "pix2pix",
        file: "experiments/pix2pix.toml",
        stage: 0,
        batches: [1, 4],
        without_dropout: NO_DROPOUT,
    },
    System {
        name: "UV-GAN",
        rival: "uv-gan",
        file: "experiments/uv-completion/uv-gan.toml",
        stage: 1,
        batches: [1, 2],
        without_dropout: NO_DROPOUT,
    },
    System {
        name: "Attention ResCUNet-GAN",
        rival: "attention-res-cunet-gan",
        file: "experiments/uv-completion/attention-res-cunet-gan.toml",
        stage: 1,
        batches: [1, 2],
        without_dropout: &[],
    },
];

impl System {
    /// At a batch; few people, since only steps are looked at.
    fn case(&self, batch: usize, inference: bool) -> SystemCase {
        SystemCase {
            system: self.rival.into(),
            file: self.file.into(),
            stage: self.stage,
            settings: vec![format!("train.batch={batch}"), "datasets.pairs.identities=10".into()],
            inference,
            node: "generator".into(),
            passes: 1,
            dropout: true,
            without_dropout: self.without_dropout.iter().map(|s| s.to_string()).collect(),
            tensors: None,
        }
    }
}

/// Whole training steps.
pub fn steps() -> Vec<Measured> {
    let one = |system: &System, batch: usize| Measured {
        name: format!("{} 256² b{batch} step", system.name),
        case: Case::System(system.case(batch, false)),
        flops: None,
        count: None,
    };
    SYSTEMS.iter().flat_map(|system| system.batches.map(|batch| one(system, batch))).collect()
}

/// Generators at batch 1 as they are evaluated.
pub fn inference() -> Vec<Measured> {
    let one = |system: &System| Measured {
        name: format!("{} generator 256² b1", system.name),
        case: Case::System(system.case(1, true)),
        flops: None,
        count: None,
    };
    SYSTEMS.iter().map(one).collect()
}

/// Pairs and numbers of a vector that are scored, as LFW has them.
const PAIRS: usize = 6000;
const LENGTH: usize = 512;

/// Faces of 112 pixels through a recogniser, a step of one, and pairs that are scored.
pub fn recognition() -> Vec<Measured> {
    let case = |system: &str, batch: usize, settings: &[&str]| SystemCase {
        system: system.into(),
        file: "benches/vs_pytorch/recognition.toml".into(),
        stage: 0,
        settings: settings.iter().map(|s| s.to_string()).chain([format!("train.batch={batch}")]).collect(),
        inference: false,
        node: "network".into(),
        passes: 1,
        dropout: true,
        without_dropout: vec![],
        tensors: None,
    };
    let embedding = |system: &str, batch: usize, passes: usize, settings: &[&str]| Measured {
        name: format!("{system} 112² embedding {} faces", batch * passes),
        case: Case::System(SystemCase { inference: true, passes, ..case(system, batch, settings) }),
        flops: None,
        count: Some(batch * passes),
    };
    let scoring = OpCase { op: Op::Scoring, inputs: vec![[PAIRS, LENGTH, 1, 1]; 2], backward: false };
    vec![
        Measured {
            name: "recognition/iresnet50-b16 112² step".into(),
            case: Case::System(case("iresnet50", 16, &[])),
            flops: None,
            count: Some(16),
        },
        embedding("small-resnet", 100, 100, &["nodes.network={use=\"embedding/small-resnet\",width=16}"]),
        embedding("iresnet50", 16, 10, &[]),
        Measured {
            name: format!("scoring {PAIRS} pairs of {LENGTH}"),
            case: Case::Op(scoring),
            flops: None,
            count: Some(PAIRS),
        },
    ]
}

/// A step of the first system on eight samples, by another file: for the loader.
pub fn loading(file: PathBuf) -> Case {
    Case::System(SystemCase { file, settings: vec!["train.batch=8".into()], ..SYSTEMS[0].case(8, false) })
}
