//! What every component that can be a node must keep, unasked: it builds from its defaults, says the shapes it gives,
//! gives every parameter a gradient, and falls along it. And what every family's list must: its files, their names.

use super::harness::{Rig, Wires, numbers};
use super::nodes;
use crate::nn::Mode;
use crate::registry::{Accepts, Card, Edge, Make, Type};
use crate::tensor::{Context, Cpu, Var};
use serde_json::{Value, json};

/// Settings without a default.
fn required(card: &Card) -> Value {
    match (card.family, card.name) {
        ("block", "conv" | "conv-transpose" | "linear" | "basic" | "bottleneck" | "mbconv" | "squeeze-excite") => {
            json!({"width": 6})
        }
        ("operator", "resize") => json!({"size": 5}),
        ("head", "cosine-classifier") => json!({"classes": 5}),
        // Of one class, so that any batch has samples of all; the balanced gradient is no loss's.
        ("head", "class-centres") => json!({"classes": 1, "width": 6, "balanced": false}),
        _ => json!({}),
    }
}

/// Values for a card's ports, of odd sizes.
fn inputs(card: &Card, batch: usize) -> Wires {
    let (h, w) = match card.name {
        "halves" => (7, 8),
        "grid-gate" => (6, 10),
        _ => (7, 9),
    };
    let edge = |accepts| match accepts {
        Accepts::Type(Type::Image) => Edge::image(3, h, w),
        Accepts::Type(Type::Mask) => Edge::mask(h, w),
        Accepts::Type(Type::Grid) => Edge::new(Type::Grid, [h, w, 2]),
        Accepts::Type(Type::Vector) => Edge::vector(6),
        Accepts::Type(Type::Label) => Edge::label(1),
        // As many as the built-in model has.
        Accepts::Type(Type::Coefficients) => Edge::new(Type::Coefficients, [61, 1, 1]),
        _ if card.name == "max-feature-map" => Edge::map(6, h, w),
        _ => Edge::map(5, h, w),
    };
    let ports = card.inputs.iter().filter(|p| !p.optional).enumerate();
    ports
        .map(|(i, p)| {
            let count = if p.list { 2 } else { 1 };
            // The maps of an encoder: each twice the size of the one before, the deepest the smallest.
            let doubled = |e: Edge, k: usize| e.with(e.ty, [e.dims[0], e.dims[1] << k, e.dims[2] << k]);
            let edge =
                |k| if card.family == "skip" { doubled(edge(p.accepts), k + count - 1) } else { edge(p.accepts) };
            let values = |k: usize| match edge(k) {
                // The only class that there is.
                label if label.ty == Type::Label => super::harness::zeros(label, batch),
                edge => numbers(edge, batch, 2 * i + k + 1),
            };
            (p.name.to_string(), (0..count).map(values).collect())
        })
        .collect()
}

/// Kernels small enough that nothing saturates or grows with depth; scalars of fusions and variances above zero.
fn fill(path: &str, shape: [usize; 4]) -> Vec<f32> {
    let seed = path.bytes().map(usize::from).sum();
    let fan = shape[1..].iter().product::<usize>() as f32;
    let (start, scale) = match path.rsplit('/').next() {
        Some("weights" | "running-variance") => (1.5, 0.5),
        _ if shape[0] > 1 => (0.0, 1.5 / fan.sqrt()),
        _ => (0.1, 0.5),
    };
    super::harness::residues(shape.iter().product(), seed).into_iter().map(|v| start + scale * v).collect()
}

fn weighted(outputs: &[Var<Cpu>]) -> f64 {
    let mut sum = 0.0;
    for (i, y) in outputs.iter().enumerate() {
        let weights = super::harness::residues(y.len(), 50 + i);
        sum += y.to_vec().iter().zip(weights).map(|(y, w)| f64::from(*y) * f64::from(w)).sum::<f64>();
    }
    sum
}

/// A 1 x 1 x 1 x 1 loss whose gradient is the weights of [`weighted`].
fn loss(ctx: &Context<Cpu>, outputs: &[Var<Cpu>]) -> Var<Cpu> {
    use crate::tensor::Backend as _;
    let inputs: Vec<&Var<Cpu>> = outputs.iter().collect();
    let lengths: Vec<usize> = outputs.iter().map(Var::len).collect();
    let zero = ctx.device().upload(vec![0.0]).unwrap();
    ctx.record("weighted", zero, [1; 4], &inputs, move |device, _, slots| {
        for (i, &len) in lengths.iter().enumerate() {
            slots.give(i, device.upload(super::harness::residues(len, 50 + i))?)?;
        }
        Ok(())
    })
    .unwrap()
}

#[test]
fn every_component_gives_the_shapes_it_says() {
    for entry in nodes::<Cpu>() {
        let card = &entry.entry.card;
        if card.family == "embedding" && matches!(entry.entry.make, Make::Expand(_)) {
            continue; // hundreds of operations; `run::embedding_parity` opens and runs them
        }
        let component = format!("{}/{}", card.family, card.name);
        for (batch, mode) in [(1, Mode::FROZEN), (3, Mode::FROZEN), (3, Mode::LEARNING)] {
            let outputs = Rig::new(mode, fill).run("", &component, &required(card), &inputs(card, batch)).unwrap();
            assert_eq!(outputs.len(), card.outputs.len(), "{component}");
            for ((port, wires), declared) in outputs.iter().zip(&card.outputs) {
                assert_eq!(port, declared.name, "{component}");
                for (edge, value) in wires {
                    let [c, h, w] = edge.dims;
                    assert_eq!(value.shape(), [batch * edge.batch, c, h, w], "{component}.{port}");
                    assert!(value.to_vec().iter().all(|v| v.is_finite()), "{component}.{port}");
                }
            }
        }
    }
}

#[test]
fn every_parameter_has_a_gradient_and_falls_along_it() {
    for entry in nodes::<Cpu>() {
        let card = &entry.entry.card;
        if matches!(entry.entry.make, Make::Expand(_)) {
            continue; // made of components that are tested here
        }
        let component = format!("{}/{}", card.family, card.name);
        let mut rig = Rig::new(Mode::LEARNING, fill);
        let given = inputs(card, 3);
        let values = |outputs: Wires| outputs.into_iter().flat_map(|(_, w)| w).map(|(_, v)| v).collect::<Vec<_>>();
        let outputs = values(rig.run("", &component, &required(card), &given).unwrap());
        let before = weighted(&outputs);
        let mut gradients = rig.ctx.backward(&loss(&rig.ctx, &outputs)).unwrap();
        let mut expected = 0.0;
        let mut next = Rig::new(Mode::LEARNING, fill);
        for (path, tensor) in &rig.state {
            let start = Var::constant(tensor.clone());
            let Some(gradient) = gradients.take(tensor).unwrap() else {
                let buffer = ["running-mean", "running-variance", "left-singular"].contains(&path.as_str());
                assert!(buffer, "{component}: nothing reaches {path}");
                continue;
            };
            let squares: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
            assert!(squares > 0.0 && squares.is_finite(), "{component}: the gradient of {path} is {squares}");
            let rate = 1e-4;
            expected -= rate * squares;
            let moved = start.to_vec().iter().zip(gradient.iter()).map(|(v, g)| v - rate as f32 * g).collect();
            next.state.insert(path.clone(), rig.ctx.tensor(moved, start.shape()).unwrap());
        }
        if expected < 0.0 {
            let after = weighted(&values(next.run("", &component, &required(card), &given).unwrap()));
            let fall = after - before;
            assert!((fall / expected - 1.0).abs() < 0.3, "{component}: fell by {fall}, expected {expected}");
        }
    }
}

#[test]
fn inputs_get_gradients_where_a_parameter_before_them_would() {
    let passing = ["prepare", "operator", "gate", "skip", "fusion", "upsample", "norm", "activation", "block", "head"];
    for entry in nodes::<Cpu>() {
        let card = &entry.entry.card;
        let labels = card.inputs.iter().all(|p| matches!(p.accepts, Accepts::Type(Type::Label)));
        if !passing.contains(&card.family) || labels {
            continue;
        }
        let component = format!("{}/{}", card.family, card.name);
        let mut rig = Rig::new(Mode::LEARNING, fill);
        let given = inputs(card, 3);
        let outputs: Vec<_> = rig.run("", &component, &required(card), &given).unwrap();
        let outputs: Vec<Var<Cpu>> = outputs.into_iter().flat_map(|(_, w)| w).map(|(_, v)| v).collect();
        let mut gradients = rig.ctx.backward(&loss(&rig.ctx, &outputs)).unwrap();
        // One of the first port's: a fusion may drop the others.
        let reached = given[0].1.iter().any(|(_, value)| gradients.take(value.tensor()).unwrap().is_some());
        assert!(reached, "{component} stops gradients");
    }
}

#[test]
fn lists_are_the_files() {
    let mut seen = std::collections::BTreeSet::new();
    let entries = nodes::<Cpu>();
    for card in entries.iter().map(|e| &e.entry.card) {
        assert!(seen.insert((card.family, card.name)), "{}/{} twice", card.family, card.name);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(card.name.chars().all(kebab), "{}", card.name);
        assert!(card.doc.ends_with('.'), "{}: {}", card.name, card.doc);
        for setting in &card.settings {
            assert!(!setting.doc.is_empty(), "{}/{}: `{}` has no doc", card.family, card.name, setting.name);
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/components");
    let families: std::collections::BTreeSet<_> = seen.iter().map(|(family, _)| *family).collect();
    for family in families {
        for file in std::fs::read_dir(root.join(family)).unwrap() {
            let stem = file.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-");
            assert!(seen.iter().any(|(f, n)| *f == family && *n == stem), "components/{family} must list {stem}");
        }
    }
}
