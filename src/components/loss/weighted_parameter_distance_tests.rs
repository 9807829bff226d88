//! Against PyTorch and scipy: `tests/parity/parameter_distance.py` made the numbers.

use super::*;
use crate::face::tddfa::Linear;
use crate::tensor::{Cpu, Var, ops::reduce::sum_all};

const POINTS: usize = 5;
const MODES: usize = 5;
const COUNT: usize = 12 + MODES;

/// As `res` in the script.
fn residues(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * i * 31 + i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
}

fn model() -> Parametric {
    let base: Vec<f32> = residues(3 * POINTS, 1).into_iter().map(|v| 3.0 * v).collect();
    let modes = residues(3 * POINTS * MODES, 2);
    let mut mean = residues(COUNT, 3);
    [0, 5, 10].into_iter().for_each(|i| mean[i] += 4.0);
    let points = |values: &[f32]| values.as_chunks::<3>().0.to_vec();
    let keypoints = Linear { base: points(&base), modes: modes.chunks(3 * POINTS).map(points).collect() };
    Parametric {
        mean,
        deviation: residues(COUNT, 4).into_iter().map(|v| 1.0 + 0.5 * v).collect(),
        parts: vec![("pose", 12), ("shape", MODES)],
        surface: keypoints.clone(),
        keypoints,
        uv: vec![],
        triangles: vec![],
    }
}

/// The loss of two samples, and its gradient to the prediction.
fn loss(weights: &str) -> (f32, Vec<f32>) {
    let settings = WeightedParameterDistance { model: PROCEDURAL.into(), weights: weights.into(), penalty: 0.1 };
    let distance = Distance { settings, model: Arc::new(model()) };
    let ctx = Context::recording(&Cpu::default());
    let values = |seed| ctx.tensor(residues(2 * COUNT, seed), [2, COUNT, 1, 1]).unwrap();
    let (prediction, target) = (Var::leaf(values(5)), Var::constant(values(6)));
    let ports = vec![("prediction".into(), vec![prediction.clone()]), ("target".into(), vec![target])];
    let Measure::Samples(samples) = distance.measure(&ctx, &Inputs::new(ports)).unwrap() else { panic!("samples") };
    assert_eq!(samples.shape(), [2, 1, 1, 1]);
    let mean = affine(&ctx, &sum_all(&ctx, &samples).unwrap(), 0.5, 0.0).unwrap();
    let gradient = ctx.backward(&mean).unwrap().take(prediction.tensor()).unwrap().unwrap();
    (mean.item(), gradient.to_vec())
}

#[test]
fn values_and_gradients_are_pytorchs() {
    let cases: [(&str, f32, [f32; COUNT]); 2] = [
        (
            "importance",
            1.266_553_7,
            [
                -0.007716, -0.009467, -0.009379, -0.004764, -0.008458, 0.076821, -0.014115, -0.007969, 0.094256,
                -0.022849, -0.011128, 0.0, -0.045145, 0.093216, 0.270539, 0.28429, 0.257585,
            ],
        ),
        (
            "optimised",
            8.028_215,
            [
                0.0, -0.27738, -0.320678, -0.169901, -0.261004, 0.63859, 0.0, -0.383439, 0.505738, -0.572428,
                -0.572428, 0.0, -0.13032, 1.1024, 1.207546, 1.208947, 1.428571,
            ],
        ),
    ];
    for (weights, value, gradient) in cases {
        let (found, gradients) = loss(weights);
        assert!((found - value).abs() < 1e-5 * value, "{weights}: {found}");
        for (i, (f, g)) in gradients[COUNT..].iter().zip(gradient).enumerate() {
            assert!((f - g).abs() < 1e-5, "{weights}, {i}: {f}, expected {g}");
        }
    }
}

/// With weights held fixed the loss is a quadratic form: finite differences of it are its gradient.
#[test]
fn the_gradient_is_that_of_fixed_weights() {
    let (model, found, truth) = (model(), residues(2 * COUNT, 5), residues(2 * COUNT, 6));
    for name in ["importance", "optimised"] {
        let gradient = loss(name).1;
        for sample in 0..2 {
            let part = sample * COUNT..(sample + 1) * COUNT;
            let (found, truth) = (&found[part.clone()], &truth[part.clone()]);
            let weights = match name {
                "importance" => importance(&model, found, truth),
                _ => optimised(&model, found, truth, 0.1),
            };
            let value = |found: &[f64]| -> f64 {
                let terms = found.iter().zip(truth).zip(&weights);
                terms.map(|((f, t), w)| f64::from(*w) * (f - f64::from(*t)).powi(2)).sum::<f64>() / 2.0
            };
            for i in 0..COUNT {
                let mut moved: Vec<f64> = found.iter().map(|v| f64::from(*v)).collect();
                moved[i] += 1e-3;
                let up = value(&moved);
                moved[i] -= 2e-3;
                let slope = (up - value(&moved)) / 2e-3;
                let given = f64::from(gradient[sample * COUNT + i]);
                assert!((slope - given).abs() < 1e-5, "{name} {sample} {i}: {given}, expected {slope}");
            }
        }
    }
}

#[test]
fn another_number_of_coefficients_is_refused() {
    use crate::registry::{Edge, Type};
    let edges = |n: usize| {
        let edge = vec![Edge::new(Type::Coefficients, [n, 1, 1])];
        InputEdges { ports: [("prediction".to_string(), edge.clone()), ("target".to_string(), edge)].into() }
    };
    let settings: Settings =
        WeightedParameterDistance::schema().into_iter().filter_map(|s| s.default.map(|d| (s.name, d))).collect();
    assert!(check(&settings, &edges(61)).is_ok());
    let problem = check(&settings, &edges(62)).unwrap_err();
    let known = "known: `procedural` (61), or a folder with 3DDFA's files (62)";
    assert_eq!(problem.message, format!("62 coefficients, the model `procedural` has 61; {known}"));
}
