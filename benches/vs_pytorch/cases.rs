//! What is measured.

use super::protocol::{Case, Op, OpCase, SystemCase};

/// A row of the table.
pub struct Measured {
    pub name: String,
    pub case: Case,
    /// Floating-point operations, where the rate is of interest.
    pub flops: Option<f64>,
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
        found.push(Measured { name: format!("{name} {}", if backward { "f+b" } else { "fwd" }), case, flops });
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
    found.push(Measured { name: "adam 10M".into(), case: Case::Op(adam), flops: None });
    found
}

/// The systems: name, how PyTorch calls it, file, stage, batches.
const SYSTEMS: [(&str, &str, &str, usize, [usize; 2]); 3] = [
    ("U-Net-256 + PatchGAN", "pix2pix", "experiments/pix2pix.toml", 0, [1, 4]),
    ("UV-GAN", "uv-gan", "experiments/uv-completion/uv-gan.toml", 1, [1, 2]),
    (
        "Attention ResCUNet-GAN",
        "attention-res-cunet-gan",
        "experiments/uv-completion/attention-res-cunet-gan.toml",
        1,
        [1, 2],
    ),
];

/// A system at a batch; few people, since only steps are looked at.
fn system(number: usize, batch: usize, inference: bool) -> SystemCase {
    let (_, system, file, stage, _) = SYSTEMS[number];
    let settings = vec![format!("train.batch={batch}"), "datasets.pairs.identities=10".into()];
    SystemCase { system: system.into(), file: file.into(), stage, settings, inference, dropout: true, tensors: None }
}

/// Whole training steps.
pub fn steps() -> Vec<Measured> {
    let one = |(number, batch): (usize, usize)| {
        let name = format!("{} 256² b{batch} step", SYSTEMS[number].0);
        Measured { name, case: Case::System(system(number, batch, false)), flops: None }
    };
    (0..SYSTEMS.len()).flat_map(|number| SYSTEMS[number].4.map(|batch| (number, batch))).map(one).collect()
}

/// Generators at batch 1 as they are evaluated.
pub fn inference() -> Vec<Measured> {
    let one = |number: usize| {
        let name = format!("{} generator 256² b1", SYSTEMS[number].0);
        Measured { name, case: Case::System(system(number, 1, true)), flops: None }
    };
    (0..SYSTEMS.len()).map(one).collect()
}
