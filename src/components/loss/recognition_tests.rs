//! Losses of recognition against PyTorch 2.15 in f64.
//!
//! ```text
//! cos = torch.tensor([[.8, -.3, .1, .5], [-.6, .2, -.95, .3], [.4, .45, -.2, .7]])
//! label, emb = torch.tensor([0, 2, 1]), torch.tensor([[3., 4.], [-.5, .2], [1., 2.]])
//! one, angle = F.one_hot(label, 4).bool(), torch.arccos
//! "cross-entropy": 10 * c                                       "cosface": 16 * torch.where(one, c - .35, c)
//! "arcface": 16 * torch.where(one, torch.cos(angle(c) + .5), c)
//! "monotonic": 16 * torch.where(one, torch.where(c <= cos(pi - .5), c - .5 * sin(.5), torch.cos(angle(c) + .5)), c)
//! "sphereface": k = (3 * angle(c) / pi).floor(); psi = (-1) ** k * torch.cos(3 * angle(c)) - 2 * k
//!               s * torch.where(one, (2 * c + psi) / 3, c) with s = 16, or emb.norm(dim=1, keepdim=True)
//! l = F.cross_entropy(logits, label, reduction="none"); l.mean().backward()
//! "centre": (emb - centre).square().sum(1) / 2 with centre = [[1, 1], [0, .5], [1, 2]]
//! ```

use super::{Loss, LossBuild, Measure, entries};
use crate::nn::Inputs;
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::ops::reduce::sum_all;
use crate::tensor::{Context, Cpu, Var};
use serde_json::{Value, json};

const COSINES: [f32; 12] = [0.8, -0.3, 0.1, 0.5, -0.6, 0.2, -0.95, 0.3, 0.4, 0.45, -0.2, 0.7];
const EMBEDDING: [f32; 6] = [3.0, 4.0, -0.5, 0.2, 1.0, 2.0];

fn loss(name: &str, settings: Value) -> Box<dyn Loss<Cpu>> {
    let entry = entries::<Cpu>().into_iter().find(|e| e.entry.card.name == name).unwrap();
    let mut all = crate::registry::Settings::new();
    for setting in &entry.entry.card.settings {
        let given = settings.get(&setting.name).cloned();
        all.insert(setting.name.clone(), given.or(setting.default.clone()).unwrap());
    }
    let LossBuild::Plain(build) = entry.build else { panic!("{name} has two sides") };
    build(&all).unwrap()
}

/// Losses of the samples, and the gradients of their mean to the inputs that are learnt.
fn measured(loss: &dyn Loss<Cpu>, inputs: &[(&str, &[f32], bool)]) -> (Vec<f32>, Vec<Vec<f32>>) {
    let ctx = Context::recording(&Cpu::default());
    let values: Vec<Var<Cpu>> = inputs
        .iter()
        .map(|(_, values, learnt)| {
            let tensor = ctx.tensor(values.to_vec(), [3, values.len() / 3, 1, 1]).unwrap();
            if *learnt { Var::leaf(tensor) } else { Var::constant(tensor) }
        })
        .collect();
    let ports = inputs.iter().zip(&values).map(|((port, ..), value)| (port.to_string(), vec![value.clone()]));
    let Measure::Samples(samples) = loss.measure(&ctx, &Inputs::new(ports.collect())).unwrap() else {
        panic!("of samples")
    };
    assert_eq!(samples.shape(), [3, 1, 1, 1]);
    let mean = affine(&ctx, &sum_all(&ctx, &samples).unwrap(), 1.0 / 3.0, 0.0).unwrap();
    let mut found = ctx.backward(&mean).unwrap();
    let learnt = values.iter().zip(inputs).filter(|(_, (.., learnt))| *learnt);
    let gradients = learnt.map(|(value, _)| found.take(value.tensor()).unwrap().unwrap().to_vec()).collect();
    (samples.to_vec(), gradients)
}

fn close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 2e-6 + 2e-6 * wanted.abs(), "{what}: {found}, torch {wanted}");
    }
}

#[test]
fn margins_are_pytorchs() {
    let cases: [(&str, Value, [f32; 3], [f32; 12]); 5] = [
        (
            "cross-entropy",
            json!({"scale-by": 10.0}),
            [0.049472, 12.813355, 2.623982],
            [
                -0.160892, 5.3e-05, 0.002893, 0.157947, 0.000301, 0.896388, -3.333324, 2.436635, 0.146606, -3.091622,
                0.000363, 2.944653,
            ],
        ),
        (
            "cosface",
            json!({"scale-by": 16.0, "margin": 0.35}),
            [1.172248, 25.783901, 9.608264],
            [
                -3.68176, 1e-05, 0.006107, 3.675643, 2e-06, 0.895902, -5.333333, 4.437429, 0.043531, -5.332975, 3e-06,
                5.289441,
            ],
        ),
        (
            "arcface",
            json!({"scale-by": 16.0}),
            [1.597294, 20.718365, 11.739861],
            [
                -6.451983, 1.2e-05, 0.007056, 4.246567, 2e-06, 0.895902, 3.098872, 4.437429, 0.043533, -5.968841,
                3e-06, 5.289755,
            ],
        ),
        (
            "arcface",
            json!({"scale-by": 16.0, "monotonic": true}),
            [1.597294, 24.019306, 11.739861],
            [
                -6.451983, 1.2e-05, 0.007056, 4.246567, 2e-06, 0.895902, -5.333333, 4.437429, 0.043533, -5.968841,
                3e-06, 5.289755,
            ],
        ),
        (
            "sphereface",
            json!({"scale-by": 16.0, "margin": 3, "keep": 2.0}),
            [1.577066, 39.541237, 11.818871],
            [
                -9.422299, 1.2e-05, 0.007019, 4.224541, 2e-06, 0.895902, -17.475555, 4.437429, 0.043533, -4.568855,
                3e-06, 5.289758,
            ],
        ),
    ];
    for (name, settings, samples, gradient) in cases {
        let what = format!("{name} {settings}");
        let inputs: [(&str, &[f32], bool); 2] = [("logits", &COSINES, true), ("label", &[0.0, 2.0, 1.0], false)];
        let (found, gradients) = measured(&*loss(name, settings), &inputs);
        close(&what, &found, &samples);
        close(&what, &gradients[0], &gradient);
    }
}

#[test]
fn sphereface_takes_the_length_of_the_embedding() {
    let loss = loss("sphereface", json!({"margin": 3, "keep": 2.0}));
    let inputs: [(&str, &[f32], bool); 3] =
        [("logits", &COSINES, true), ("label", &[0.0, 2.0, 1.0], false), ("embedding", &EMBEDDING, true)];
    let (found, gradients) = measured(&*loss, &inputs);
    close("samples", &found, &[1.013712, 2.364715, 2.258662]);
    let cosines = [
        -2.364462, 0.016859, 0.12457, 0.920455, 0.039075, 0.060117, -0.532905, 0.063444, 0.207467, -0.571802, 0.054235,
        0.405772,
    ];
    close("cosines", &gradients[0], &cosines);
    close("embedding", &gradients[1], &[0.003106, 0.004141, -0.618756, 0.247503, 0.076331, 0.152662]);
}

#[test]
fn the_centre_loss_is_half_the_squared_distance() {
    let centres = [1.0, 1.0, 0.0, 0.5, 1.0, 2.0];
    let inputs: [(&str, &[f32], bool); 2] = [("prediction", &EMBEDDING, true), ("target", &centres, true)];
    let (found, gradients) = measured(&*loss("centre", json!({})), &inputs);
    close("samples", &found, &[6.5, 0.17, 0.0]);
    close("embedding", &gradients[0], &[0.666667, 1.0, -0.166667, -0.1, 0.0, 0.0]);
    close("centres", &gradients[1], &[-0.666667, -1.0, 0.166667, 0.1, 0.0, 0.0]);
}
