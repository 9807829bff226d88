//! Values, gradients and optimizer steps against PyTorch 2.15.0, by `tests/parity/convolution.py`.

use super::check::{backward_of, distance, given, wave};
use super::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};
use super::conv2d::{Border, Conv2d, conv2d};
use super::linear::linear;
use super::optimizer::{Adam, OptimizerKernel, RmsProp, Sgd};
use crate::tensor::{Backend, Context, Cpu, Var};
use safetensors::SafeTensors;
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/golden/convolution.safetensors");

/// The stored tensors and the settings of each case.
struct Golden {
    bytes: Vec<u8>,
    cases: Vec<Value>,
}

impl Golden {
    fn read() -> Self {
        let bytes = std::fs::read(FILE).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        assert!(metadata["torch"].starts_with("2.15.0"));
        let cases = serde_json::from_str(&metadata["cases"]).unwrap();
        Golden { bytes, cases }
    }

    fn tensor(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = file.tensor(name).unwrap();
        let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        (tensor.shape().to_vec(), values)
    }

    /// The cases of an operation, with their numbers.
    fn cases<'a>(&'a self, op: &'a str) -> impl Iterator<Item = (usize, &'a Value)> {
        self.cases.iter().enumerate().filter(move |(_, case)| case["op"] == op)
    }
}

fn whole(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap() as usize
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

fn sizes(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn padding(case: &Value) -> [usize; 4] {
    sizes(&case["padding"]).try_into().unwrap()
}

/// Shapes of ours: vectors are N x C x 1 x 1, a bias 1 x O x 1 x 1.
fn inputs(case: &Value) -> Vec<Var<Cpu>> {
    let one = |key: &str, phase: f64| {
        let shape = match sizes(&case[key])[..] {
            [n, c, h, w] => [n, c, h, w],
            [n, c] => [n, c, 1, 1],
            [o] => [1, o, 1, 1],
            ref other => unreachable!("{other:?}"),
        };
        given(shape, wave(shape.iter().product(), phase))
    };
    let bias = (!case["bias"].is_null()).then(|| one("bias", 0.5));
    [one("x", 0.3), one("weight", 1.1)].into_iter().chain(bias).collect()
}

/// Compares an operation's output and all gradients with the stored ones.
fn compare(golden: &Golden, number: usize, case: &Value, f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu>) {
    let inputs = inputs(case);
    let (shape, y) = golden.tensor(&format!("{number}.y"));
    let found_shape = f(&Context::inference(&Cpu::default()), &inputs).shape();
    assert_eq!(found_shape[..shape.len()], shape, "{case}");
    let (found, gradients) = backward_of(f, &inputs, |len| wave(len, 2.0));
    assert!(distance(&found, &y) < 1e-5, "{case}: output off by {:.1e}", distance(&found, &y));
    for (i, gradient) in gradients.iter().enumerate() {
        let (_, want) = golden.tensor(&format!("{number}.d{i}"));
        let error = distance(gradient.as_ref().unwrap(), &want);
        assert!(error < 1e-5, "{case}: gradient {i} off by {error:.1e}");
    }
}

#[test]
fn convolutions_agree() {
    let golden = Golden::read();
    for (n, case) in golden.cases("conv2d") {
        let border = match case["border"].as_str().unwrap() {
            "zero" => Border::Zero,
            "reflect" => Border::Reflect,
            "replicate" => Border::Replicate,
            other => unreachable!("{other}"),
        };
        let (stride, dilation, groups) = (whole(case, "stride"), whole(case, "dilation"), whole(case, "groups"));
        let how = Conv2d { stride, padding: padding(case), border, dilation, groups };
        compare(&golden, n, case, |ctx, v| conv2d(ctx, &v[0], &v[1], v.get(2), &how).unwrap());
    }
    assert_eq!(golden.cases("conv2d").count(), 16);
}

#[test]
fn transposed_convolutions_agree() {
    let golden = Golden::read();
    for (n, case) in golden.cases("conv_transpose2d") {
        let (shape, _) = golden.tensor(&format!("{n}.y"));
        let (stride, output) = (whole(case, "stride"), (shape[2], shape[3]));
        let how = ConvTranspose2d { stride, padding: padding(case), output };
        compare(&golden, n, case, |ctx, v| conv_transpose2d(ctx, &v[0], &v[1], v.get(2), &how).unwrap());
    }
    assert_eq!(golden.cases("conv_transpose2d").count(), 4);
}

#[test]
fn linear_maps_agree() {
    let golden = Golden::read();
    for (n, case) in golden.cases("linear") {
        compare(&golden, n, case, |ctx, v| linear(ctx, &v[0], &v[1], v.get(2)).unwrap());
    }
    assert_eq!(golden.cases("linear").count(), 2);
}

type Buffer = <Cpu as dfdx::tensor::Storage<f32>>::Vec;

/// Repeats the six steps of the script; `step` is given the step's number from 1, parameter, gradient and two moments.
fn compare_steps(golden: &Golden, n: usize, case: &Value, step: impl Fn(&Cpu, u64, [&mut Buffer; 4])) {
    let device = Cpu::default();
    let buffer = |values: Vec<f32>| device.upload(values).unwrap();
    let [mut p, mut first, mut second] = [wave(37, 0.3), vec![0.0; 37], vec![0.0; 37]].map(buffer);
    for i in 0..6 {
        let mut g = buffer(wave(37, 0.1 + i as f64));
        step(&device, i + 1, [&mut p, &mut g, &mut first, &mut second]);
        if i == 0 || i == 5 {
            let (_, want) = golden.tensor(&format!("{n}.{i}"));
            assert!(distance(&p, &want) < 1e-6, "{case}: step {i} off by {:.1e}", distance(&p, &want));
        }
    }
}

#[test]
fn optimizers_agree() {
    let golden = Golden::read();
    for (n, case) in golden.cases("adam") {
        let betas = [0, 1].map(|i| case["betas"][i].as_f64().unwrap());
        let (lr, epsilon, weight_decay) = (number(case, "lr"), number(case, "epsilon"), number(case, "decay"));
        let decoupled = case["decoupled"].as_bool().unwrap();
        compare_steps(&golden, n, case, |device, step, [p, g, m, v]| {
            device.adam_step(&Adam { lr, betas, epsilon, weight_decay, decoupled, step }, p, g, m, v).unwrap();
        });
    }
    for (n, case) in golden.cases("sgd") {
        let (lr, momentum, weight_decay) = (number(case, "lr"), number(case, "momentum"), number(case, "decay"));
        let rule = Sgd { lr, momentum, nesterov: case["nesterov"].as_bool().unwrap(), weight_decay };
        compare_steps(&golden, n, case, |device, _, [p, g, v, _]| {
            device.sgd_step(&rule, p, g, (momentum > 0.0).then_some(v)).unwrap();
        });
    }
    for (n, case) in golden.cases("rmsprop") {
        let (lr, alpha, epsilon) = (number(case, "lr"), number(case, "alpha"), number(case, "epsilon"));
        let rule = RmsProp { lr, alpha, epsilon, weight_decay: number(case, "decay") };
        compare_steps(&golden, n, case, |device, _, [p, g, v, _]| device.rmsprop_step(&rule, p, g, v).unwrap());
    }
    assert_eq!(["adam", "sgd", "rmsprop"].map(|op| golden.cases(op).count()), [3, 3, 2]);
}
