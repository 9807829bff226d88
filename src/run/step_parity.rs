//! Three steps of a small GAN against PyTorch: `tests/parity/gan_steps.py` made the numbers in `gan_steps.json`.

use super::step_rig::{Rig, distance};
use serde_json::Value;

/// Relative to the norm of what is compared.
const TOLERANCE: f64 = 1e-4;

#[test]
fn three_steps_of_a_gan_are_pytorchs() {
    let golden: Value = serde_json::from_str(include_str!("../../tests/parity/gan_steps.json")).unwrap();
    let adam = r#"train.optimizer={ use = "adam", lr = 0.002, betas = [0.5, 0.999] }"#;
    let mut rig = Rig::players(&[adam, "losses.reconstruction.weight=3.0"]);
    let nodes = ["body", "picture", "discriminator"];
    let before = rig.tensors(&nodes);
    for (number, expected) in golden["steps"].as_array().unwrap().iter().enumerate() {
        let draw = rig.draw(number);
        let discriminator = rig.update("discriminator", &draw).terms;
        let generator = rig.update("generator", &draw).terms;
        let found = [discriminator["adversarial"].raw, generator["adversarial"].raw, generator["reconstruction"].raw];
        for (found, expected) in found.into_iter().zip(expected.as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            assert!((found / expected - 1.0).abs() < TOLERANCE, "step {number}: {found}, torch {expected}");
        }
        rig.step += 1;
    }
    let after = rig.tensors(&nodes);
    assert_eq!(after.len(), golden["final"].as_object().unwrap().len());
    for (old, new) in before.into_iter().zip(after) {
        let values = golden["final"][&new.0].as_array().unwrap_or_else(|| panic!("torch has no {}", new.0));
        let expected: Vec<f32> = values.iter().map(|v| v.as_f64().unwrap() as f32).collect();
        assert_eq!(expected.len(), new.1.len(), "{}", new.0);
        let norm = expected.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let (name, expected, new, old) = (new.0.clone(), vec![(String::new(), expected)], vec![new], vec![old]);
        let error = distance(&new, &expected);
        assert!(error < TOLERANCE * norm, "{name}: {error} of {norm}");
        // Three steps move a tensor by much more than the tolerance, so that equal starts do not pass for equal steps.
        assert!(distance(&old, &expected) > 10.0 * TOLERANCE * norm, "{name}");
    }
}
