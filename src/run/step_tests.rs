//! What the language says of a step (section 6) and of losses (section 5), on small players.

use super::step_rig::{PLAYERS, Rig, Tensors, changed, distance, draw};
use crate::tensor::Var;

const GENERATOR: &[&str] = &["body", "picture"];
const DISCRIMINATOR: &[&str] = &["discriminator"];

fn names(tensors: &Tensors) -> Vec<String> {
    tensors.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn an_update_leaves_the_other_player_as_it_was() {
    for (update, learns, other) in
        [("discriminator", DISCRIMINATOR, GENERATOR), ("generator", GENERATOR, DISCRIMINATOR)]
    {
        let mut rig = Rig::players(&[]);
        let (own, others) = (rig.tensors(learns), rig.tensors(other));
        for number in 0..2 {
            let draw = rig.draw(number);
            rig.update(update, &draw);
        }
        assert_eq!(changed(&others, &rig.tensors(other)), [""; 0], "by {update}");
        // Everything of its own has moved, the running statistics of its norms too.
        assert_eq!(changed(&own, &rig.tensors(learns)), names(&own), "by {update}");
        assert!(names(&own).iter().any(|n| n.ends_with("running-mean")), "{own:?}");
        assert!(names(&others).iter().any(|n| n.ends_with("running-variance")), "{others:?}");
    }
}

#[test]
fn what_is_frozen_neither_learns_nor_moves() {
    // Never read: the rig fills tensors by name. A frozen node must say where its values come from.
    let file = "nodes.body.weights={ file = \"given.safetensors\" }";
    let run = |settings: &[&str]| {
        let mut rig = Rig::players(&[&[file], settings].concat());
        let before = rig.tensors(GENERATOR);
        let draw = rig.draw(0);
        rig.update("generator", &draw);
        changed(&before, &rig.tensors(GENERATOR))
    };
    assert_eq!(
        run(&[r#"nodes.body.freeze=["norm"]"#]),
        ["body/conv/weight", "picture/conv/weight", "picture/conv/bias"]
    );
    let frozen = ["nodes.body.freeze=true", r#"updates.generator.learns=["picture"]"#];
    assert_eq!(run(&frozen), ["picture/conv/weight", "picture/conv/bias"]);
}

/// The stage learns the last node alone: the one before it uses its running statistics and keeps them.
#[test]
fn what_no_update_of_the_stage_learns_runs_as_if_frozen() {
    let stages = r#"
[updates.finish]
learns = ["picture"]
losses = ["reconstruction"]

[stages.finish]
length  = "8 steps"
updates = ["finish"]
"#;
    let text = PLAYERS.replace("batch     = 3\n", "batch     = 3\nstages    = [\"only\", \"finish\"]\n") + stages;
    let mut rig = Rig::new(&text, &[], 1);
    let before = rig.tensors(&["body"]);
    let (first, picture) = (rig.draw(0), rig.tensors(&["picture"]));
    let plain = rig.update("finish", &first).terms["reconstruction"].raw;
    assert_eq!(changed(&before, &rig.tensors(&["body"])), [""; 0]);
    assert_eq!(changed(&picture, &rig.tensors(&["picture"])), names(&picture));

    // The loss depends on the running statistics, as it would not in training.
    for (stage, depends) in [(0, false), (1, true)] {
        let mut shifted = Rig::new(&text, &[], stage);
        let mut same = Rig::new(&text, &[], stage);
        shift_running_means(&shifted);
        let update = if stage == 0 { "generator" } else { "finish" };
        let loss =
            |rig: &mut Rig| rig.update(update, &draw(&rig.models.device.clone(), &[0])).terms["reconstruction"].raw;
        assert_eq!(loss(&mut shifted) != loss(&mut same), depends);
    }
    assert!(plain.is_finite());
}

fn shift_running_means(rig: &Rig) {
    let ctx = crate::tensor::Context::inference(&rig.models.device);
    for network in &rig.models.networks {
        for (name, tensor) in network.borrow_mut().state.tensors_mut() {
            if name == "body/norm/running-mean" {
                let old = Var::constant(tensor.clone());
                *tensor = ctx.tensor(old.to_vec().iter().map(|v| v + 0.5).collect(), old.shape()).unwrap();
            }
        }
    }
}

/// CycleGAN's order: the generator steps first, and the discriminator is shown the fake of before that step.
#[test]
fn the_discriminator_sees_the_fake_first_computed_in_the_step() {
    let order = [r#"stages.only.updates=["generator", "discriminator"]"#];
    let (mut both, mut alone, mut late) = (Rig::players(&order), Rig::players(&order), Rig::players(&order));
    let draw = both.draw(0);
    both.update("generator", &draw);
    let shown = both.update("discriminator", &draw);
    // Without the generator's step the fake is that of the old weights.
    let old = alone.draw(0);
    let expected = alone.update("discriminator", &old);
    assert_eq!(shown.terms, expected.terms);
    assert_eq!(changed(&both.tensors(DISCRIMINATOR), &alone.tensors(DISCRIMINATOR)), [""; 0]);
    // Computed after it, the fake is another.
    late.update("generator", &late.draw(0));
    let after = late.update("discriminator", &late.draw(0));
    assert_ne!(after.terms, expected.terms);
}

/// What is differentiated is computed with the parameters of now: the generator plays against the moved discriminator.
#[test]
fn the_generator_plays_against_the_discriminator_of_now() {
    let (mut both, mut alone) = (Rig::players(&[]), Rig::players(&[]));
    let draw = both.draw(0);
    both.update("discriminator", &draw);
    let moved = both.update("generator", &draw);
    let unmoved = alone.update("generator", &alone.draw(0));
    assert_ne!(moved.terms["adversarial"], unmoved.terms["adversarial"]);
    assert_eq!(moved.terms["reconstruction"], unmoved.terms["reconstruction"]);
}

#[test]
fn every_second_step_is_every_second_step() {
    let rig = Rig::players(&["updates.generator.every=2"]);
    let acts = |name: &str| {
        let updater = rig.updaters.iter().find(|u| u.plan.name == name).unwrap();
        (0..5).map(|step| updater.acts(step)).collect::<Vec<_>>()
    };
    assert_eq!(acts("generator"), [true, false, true, false, true]);
    assert_eq!(acts("discriminator"), [true; 5]);
}

#[test]
fn five_times_are_five_optimizer_steps_on_fresh_batches() {
    let (mut five, mut single) = (Rig::players(&["updates.discriminator.times=5"]), Rig::players(&[]));
    let (first, mut next) = (five.draw(0), 1);
    let record = five.update_with("discriminator", &first, &mut next);
    assert_eq!(next, 5);
    let mut raw = 0.0;
    for number in 0..5 {
        let draw = single.draw(number);
        raw += single.update("discriminator", &draw).terms["adversarial"].raw / 5.0;
    }
    assert_eq!(changed(&five.tensors(DISCRIMINATOR), &single.tensors(DISCRIMINATOR)), [""; 0]);
    assert!((record.terms["adversarial"].raw - raw).abs() < 1e-9);
    let updater = five.updaters.iter().find(|u| u.plan.name == "discriminator").unwrap();
    assert_eq!(updater.steps, 5);
}

/// Without batch norm, where a batch of two halves is the halves' average.
#[test]
fn accumulated_gradients_are_those_of_a_larger_batch() {
    let plain = ["nodes.body.norm=none", "nodes.discriminator.norm=none"];
    for (update, nodes) in [("discriminator", DISCRIMINATOR), ("generator", GENERATOR)] {
        let accumulate = format!("updates.{update}.accumulate=2");
        let mut halves = Rig::players(&[plain[0], plain[1], &accumulate]);
        let mut whole = Rig::players(&plain);
        let before = whole.tensors(nodes);
        let (first, mut next) = (halves.draw(0), 1);
        let parts = halves.update_with(update, &first, &mut next);
        let together = draw(&whole.models.device.clone(), &[0, 1]);
        let once = whole.update(update, &together);
        let (found, expected) = (halves.tensors(nodes), whole.tensors(nodes));
        let moved = distance(&expected, &before);
        assert!(moved > 1e-3 && distance(&found, &expected) < 1e-5 * moved, "{moved}");
        assert!((parts.gradient_norm / once.gradient_norm - 1.0).abs() < 1e-5);
        assert!((parts.terms["adversarial"].raw - once.terms["adversarial"].raw).abs() < 1e-6);
    }
}

#[test]
fn clipping_bounds_the_common_norm_or_each_value() {
    let sgd = "updates.generator.optimizer={ use = \"sgd\", lr = 1.0 }";
    let parameters = |rig: &Rig| -> Tensors {
        rig.tensors(GENERATOR).into_iter().filter(|(name, _)| !name.contains("running")).collect()
    };
    let run = |settings: &[&str]| {
        let mut rig = Rig::players(settings);
        let (before, draw) = (parameters(&rig), rig.draw(0));
        let record = rig.update("generator", &draw);
        (record.gradient_norm, before, parameters(&rig))
    };
    let (norm, before, free) = run(&[sgd]);
    // With a rate of 1 a step is the gradient.
    assert!((distance(&before, &free) / norm - 1.0).abs() < 1e-5);
    let bound = norm / 3.0;
    let (told, before, clipped) = run(&[sgd, &format!("updates.generator.clip={{ norm = {bound} }}")]);
    assert_eq!(told, norm);
    assert!((distance(&before, &clipped) / bound - 1.0).abs() < 1e-5);
    let (_, _, loose) = run(&[sgd, &format!("updates.generator.clip={{ norm = {} }}", norm * 2.0)]);
    assert_eq!(changed(&free, &loose), [""; 0]);
    let (_, before, valued) = run(&[sgd, "updates.generator.clip={ value = 0.001 }"]);
    let steps = || before.iter().zip(&valued).flat_map(|(a, b)| a.1.iter().zip(&b.1)).map(|(a, b)| (a - b).abs());
    assert!(steps().all(|s| s < 0.001 + 1e-6) && steps().any(|s| s > 0.001 - 1e-6));
}

#[test]
fn clamp_bounds_the_weights_after_the_step() {
    let mut rig = Rig::players(&["updates.discriminator.clamp=0.05"]);
    let (draw, generator) = (rig.draw(0), rig.tensors(GENERATOR));
    rig.update("discriminator", &draw);
    let weights: Tensors =
        rig.tensors(DISCRIMINATOR).into_iter().filter(|(name, _)| !name.contains("running")).collect();
    assert!(weights.iter().flat_map(|(_, v)| v).all(|w| w.abs() <= 0.05));
    assert!(weights.iter().flat_map(|(_, v)| v).any(|w| w.abs() < 0.04));
    assert_eq!(changed(&generator, &rig.tensors(GENERATOR)), [""; 0]);
}

#[test]
fn the_moving_copy_follows_from_where_it_is_told_to() {
    let copies = |rig: &Rig| -> Tensors {
        let updater = rig.updaters.iter().find(|u| u.plan.name == "generator").unwrap();
        let copy = |l: &super::update::Learnt<_>| (l.path.clone(), Var::constant(l.average.clone().unwrap()).to_vec());
        updater.learnt.iter().map(copy).collect()
    };
    let live = |rig: &Rig| -> Tensors {
        rig.tensors(GENERATOR).into_iter().filter(|(name, _)| !name.contains("running")).collect()
    };
    let mut rig = Rig::players(&["updates.generator.average={ decay = 0.75, from = \"1 steps\" }"]);
    assert_eq!(copies(&rig), live(&rig));
    rig.update("generator", &rig.draw(0));
    let first = live(&rig);
    assert_eq!(copies(&rig), first);
    rig.step = 1;
    rig.update("generator", &rig.draw(1));
    let second = live(&rig);
    for ((name, copy), ((_, a), (_, b))) in copies(&rig).iter().zip(first.iter().zip(&second)) {
        for (copy, (a, b)) in copy.iter().zip(a.iter().zip(b)) {
            assert!((copy - (0.75 * a + 0.25 * b)).abs() < 1e-6, "{name}");
        }
    }
    assert!(distance(&first, &second) > 1e-3);
}

/// A second picture beside the first, for losses of several values.
const TWIN: &str = r#"
[nodes.twin]
use = "block/to-image"
in  = "body"
up  = "none"

[losses.anchor]
use           = "l2"
in.prediction = ["picture", "twin"]
in.target     = "pairs.complete"
"#;

fn twins(settings: &[&str], more: &str) -> Rig {
    let text = format!("{PLAYERS}{TWIN}{more}");
    Rig::new(&text.replace("[\"body\", \"picture\"]", "[\"body\", \"picture\", \"twin\"]"), settings, 0)
}

#[test]
fn no_gradient_passes_a_detached_port() {
    let agreement = "[losses.agreement]\nuse = \"l2\"\nin.prediction = \"picture\"\nin.target = \"twin\"\n";
    let run = |settings: &[&str]| {
        let mut rig = twins(settings, agreement);
        let draw = rig.draw(0);
        let record = rig.update("generator", &draw);
        assert!(record.terms["agreement"].raw > 0.0);
        (rig.tensors(&["twin"]), rig.tensors(&["picture"]))
    };
    let (both, one, none) =
        (run(&[]), run(&[r#"losses.agreement.detach=["target"]"#]), run(&["losses.agreement.weight=0"]));
    assert_eq!(changed(&none.0, &one.0), [""; 0]);
    assert_eq!(changed(&none.0, &both.0), names(&both.0));
    assert_eq!(changed(&none.1, &one.1), names(&one.1));
}

#[test]
fn a_loss_of_weight_zero_is_logged_and_moves_nothing() {
    let zero = ["losses.adversarial.weight=0", "losses.reconstruction.weight=0"];
    let mut rig = Rig::players(&zero);
    let parameters = |rig: &Rig| -> Tensors {
        rig.tensors(GENERATOR).into_iter().filter(|(name, _)| !name.contains("running")).collect()
    };
    let (before, draw) = (parameters(&rig), rig.draw(0));
    let silent = rig.update("generator", &draw);
    assert_eq!(changed(&before, &parameters(&rig)), [""; 0]);
    assert_eq!(silent.gradient_norm, 0.0);

    let mut loud = Rig::players(&[]);
    let draw = loud.draw(0);
    let weighed = loud.update("generator", &draw);
    for (name, term) in &silent.terms {
        assert_eq!((term.raw, term.weighted), (weighed.terms[name].raw, 0.0), "{name}");
    }
    // Beside a loss that counts, it changes no bit.
    let (mut one, mut none) =
        (Rig::players(&zero[..1]), Rig::players(&[r#"updates.generator.losses=["reconstruction"]"#]));
    for rig in [&mut one, &mut none] {
        let draw = rig.draw(0);
        rig.update("generator", &draw);
    }
    assert_eq!(changed(&one.tensors(GENERATOR), &none.tensors(GENERATOR)), [""; 0]);
}

/// Eq. 12: each total loss holds its own adversarial term, so the real counts with the sum of the shares.
#[test]
fn shares_weigh_both_sides_of_a_loss() {
    let run = |fakes: &str| {
        let sets =
            [format!("losses.adversarial.in.fake={fakes}"), format!("losses.reconstruction.in.prediction={fakes}")];
        let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        if fakes.contains(',') {
            sets.extend(["losses.adversarial.shares=[1.0, 0.3]", "losses.reconstruction.shares=[1.0, 0.3]"]);
        }
        let mut rig = twins(&sets, "");
        let draw = rig.draw(0);
        let generator = rig.update("generator", &draw);
        let mut rig = twins(&sets, "");
        let draw = rig.draw(0);
        let discriminator = rig.update("discriminator", &draw);
        let raw = |name: &str| generator.terms[name].raw;
        [discriminator.terms["adversarial"].raw, raw("adversarial"), raw("reconstruction")]
    };
    let (one, other) = (run("[\"picture\"]"), run("[\"twin\"]"));
    for (side, both) in run("[\"picture\", \"twin\"]").into_iter().enumerate() {
        assert!((one[side] - other[side]).abs() > 1e-4, "{side}: the two must differ to be told apart");
        assert!((both - (one[side] + 0.3 * other[side])).abs() < 1e-5, "{side}: {both}");
    }
}
