//! Three steps of the paper's systems against PyTorch: `tests/parity/gan_systems.py` made the numbers, and says how a
//! step goes.

use super::Draw;
use super::parity_rig::{difference, fill, golden, norm, table, tag, uniform};
use super::step_rig::Rig;
use crate::components::sample::Batch;
use crate::random::Stream;
use crate::tensor::{Cpu, Var};
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::path::Path;

/// Samples in a batch, side of the maps.
const BATCH: usize = 2;
const SIDE: usize = 64;
/// Of what the steps moved a tensor by: so that equal starts do not pass for equal steps. PyTorch's own f32 is up to
/// 1 % from its f64 (the norms of the gates' single channels).
const OF_MOVEMENT: f64 = 0.03;
/// Of a tensor, by three steps in f32: its own roundings, and those of sums that cancel in a gate's single channel.
const ROUNDING: f64 = 1.5e-6;

/// The settings that `gan_systems.py` has, over the experiment of the paper's size.
const NARROW: &[&str] = &[
    "settings.size=64",
    "nodes.embedding.width=2",
    // Of raw vectors the identity loss is large enough that a fault in it would show.
    "nodes.embedding.normalise=false",
    "nodes.global-discriminator.width=4",
    "nodes.global-discriminator.widths=[6, 8, 8]",
    "nodes.local-discriminator.width=4",
    "nodes.local-discriminator.widths=[6, 8, 8]",
    "train.batch=2",
];

const UV_GAN: &[&str] = &[
    r#"nodes.generator.encoder={ use = "pix2pix", width = 4, widths = [6, 8, 8, 8], innermost = 8 }"#,
    "nodes.generator.widths=[8, 8, 8, 6, 4]",
    "nodes.generator.dropouts=[0.0, 0.0, 0.0, 0.0, 0.0]",
];

const COUPLED: &[&str] =
    &[r#"nodes.generator.encoder={ use = "resnet18", width = 4 }"#, "nodes.generator.widths=[8, 7, 6, 5]"];

const SGD: &str = r#"train.optimizer={ use = "sgd", lr = 0.0005 }"#;
const ADAM: &str = r#"train.optimizer={ use = "adam", lr = 0.001, betas = [0.5, 0.999], epsilon = 1e-3 }"#;

fn draw(seed: u64, number: usize) -> Draw<Cpu> {
    let shape = [BATCH, 3, SIDE, SIDE];
    let port = |name: &str| (name.to_string(), shape, uniform(seed, &format!("{name}/{number}"), shape));
    let batch = Batch { ports: vec![port("incomplete"), port("complete")], count: BATCH };
    Draw::new(&Cpu::default(), vec![(0, batch)], Stream::new(0, "step")).unwrap()
}

type Shaped = BTreeMap<String, ([usize; 4], Vec<f32>)>;

/// Parameters and buffers of everybody who learns.
fn tensors(rig: &Rig) -> Shaped {
    let players = ["generator", "global-discriminator", "local-discriminator"];
    let mut all = Shaped::new();
    for network in &rig.models.networks {
        let network = network.borrow();
        if players.contains(&network.plan.node.as_str()) {
            let vars = network.state.tensors().map(|(name, t)| (name, Var::<Cpu>::constant(t.clone())));
            all.extend(vars.map(|(name, v)| (name, (v.shape(), v.to_vec()))));
        }
    }
    all
}

/// An experiment at its second stage, the first having left the embedding as it stands.
fn rig(experiment: &str, settings: &[&str], seed: u64) -> Rig {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/uv-completion");
    let rig = Rig::of_file(&root.join(experiment), &[NARROW, settings].concat(), 1);
    rig.models.networks.iter().for_each(|n| fill(&mut n.borrow_mut(), seed));
    rig
}

/// Steps an experiment and compares every tensor of the players.
fn three_steps(experiment: &str, narrow: &[&str], optimizer: &str, table_name: &str, tolerance: f64) {
    let bytes = golden("gan_systems.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let losses = table(&file, &format!("{table_name}-losses"));
    let seed = losses[0][0] as u64;
    let mut rig = rig(experiment, &[narrow, &[optimizer]].concat(), seed);
    let before = tensors(&rig);
    let mut wrong = Vec::new();
    for (number, expected) in losses.iter().enumerate() {
        let draw = draw(seed, number);
        for (update, expected) in ["discriminators", "generator"].into_iter().zip(&expected[1..]) {
            let total: f64 = rig.update(update, &draw).terms.values().map(|t| t.weighted).sum();
            if (total / f64::from(*expected) - 1.0).abs() > 1e-5 {
                wrong.push(format!("loss of {update} in step {number}: {total}, torch {expected}"));
            }
        }
        rig.step += 1;
    }
    let rows = table(&file, table_name);
    let after = tensors(&rig);
    assert_eq!(rows.len(), after.len(), "{:?}", after.keys());
    for ((name, (shape, values)), row) in after.iter().zip(rows) {
        assert_eq!(tag(name, *shape), row[0], "torch has another tensor where we have {name} {shape:?}");
        let moved: Vec<f32> = values.iter().zip(&before[name].1).map(|(new, old)| new - old).collect();
        let (size, movement) = (f64::from(row[1]), f64::from(row[2]));
        let error = difference(name, &moved, &row[3..]);
        if error > 0.5 * tolerance * size || (norm(values) / size - 1.0).abs() > tolerance {
            wrong.push(format!("{name}: off by {error:.1e} of {size}"));
        }
        // A bias before a norm has no gradient: it stays but for rounding.
        if movement > 1e-9 * size && error > OF_MOVEMENT * movement + ROUNDING * size {
            wrong.push(format!("{name}: off by {error:.1e} of a movement by {movement}"));
        }
    }
    assert!(wrong.is_empty(), "{table_name}\n{}", wrong.join("\n"));
}

#[test]
fn three_steps_of_uv_gan_by_sgd_are_pytorchs() {
    three_steps("uv-gan.toml", UV_GAN, SGD, "uv-gan-sgd", 1e-4);
}

#[test]
fn three_steps_of_uv_gan_by_adam_are_pytorchs() {
    three_steps("uv-gan.toml", UV_GAN, ADAM, "uv-gan-adam", 1e-3);
}

#[test]
fn three_steps_of_attention_res_cunet_gan_by_sgd_are_pytorchs() {
    three_steps("attention-res-cunet-gan.toml", COUPLED, SGD, "attention-res-cunet-gan-sgd", 1e-4);
}

#[test]
fn three_steps_of_attention_res_cunet_gan_by_adam_are_pytorchs() {
    three_steps("attention-res-cunet-gan.toml", COUPLED, ADAM, "attention-res-cunet-gan-adam", 1e-3);
}

/// Eqs. 11 and 12 of na2020 with the weights and the share that the experiment's file has: L1 + 0.5 local + 0.5 global +
/// 0.01 identity on the final map, and 0.3 of the same on the first U-Net's.
#[test]
fn the_file_of_attention_res_cunet_gan_minimises_equation_12() {
    let weights = [("reconstruction", 1.0), ("local", 0.5), ("global", 0.5), ("identity", 0.01)];
    let terms = |eta: &str| {
        let mut rig = rig("attention-res-cunet-gan.toml", &[COUPLED, &[SGD, eta]].concat(), 0);
        let terms = rig.update("generator", &draw(0, 0)).terms;
        assert_eq!(terms.len(), weights.len(), "{:?}", terms.keys());
        weights.map(|(name, weight)| {
            let term = &terms[name];
            assert!((term.weighted - weight * term.raw).abs() < 1e-9, "{name}");
            term.raw
        })
    };
    let (last, both, as_in_the_file) =
        (terms("settings.eta=0.0"), terms("settings.eta=1.0"), terms("settings.eta=0.3"));
    for (i, (name, _)) in weights.iter().enumerate() {
        let (on_last, on_first) = (last[i], both[i] - last[i]);
        assert!(on_first > 0.0 && on_last > 0.0, "{name}");
        let expected = on_last + 0.3 * on_first;
        assert!((as_in_the_file[i] / expected - 1.0).abs() < 1e-5, "{name}: {} for {expected}", as_in_the_file[i]);
    }
    let file = include_str!("../../experiments/uv-completion/attention-res-cunet-gan.toml");
    assert!(file.contains("eta = 0.3"));
}
