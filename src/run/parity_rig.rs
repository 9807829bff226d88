//! Values by formula and tables of random products, for comparing with what PyTorch made: `tests/parity/layers.py` is the
//! other side.

use super::Built;
use super::export::{self, Part};
use crate::graph::layout::Layout;
use crate::random::Stream;
use crate::registry::Start;
use crate::tensor::{Context, Cpu, Tensor, Var};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bound on the norm of the difference over the norm of the reference, as eight products estimate it. A tensor that is
/// off by 1e-4 passes with a chance of one in four, by 2e-4 of one in two hundred, by more never. PyTorch's own f32 is up
/// to 4e-5 from the f64 that made the numbers.
pub const TOLERANCE: f64 = 0.5e-4;

/// Tensors by name.
pub type Tensors = BTreeMap<String, ([usize; 4], Vec<f32>)>;

/// Products with vectors of random signs that stand for a tensor.
pub const PRODUCTS: usize = 8;

/// Numbers from -1 to 1 that are a pure function of a seed and a name.
pub fn uniform(seed: u64, name: &str, shape: [usize; 4]) -> Vec<f32> {
    let mut stream = Stream::new(seed, name);
    (0..shape.iter().product()).map(|_| stream.between(-1.0, 1.0) as f32).collect()
}

/// Parameters and buffers by their names, as `Net.tensor` in the script.
pub fn fill(built: &mut Built<Cpu>, seed: u64) {
    let ctx = Context::inference(&Cpu::default());
    for (op, state) in built.plan.ops.iter().zip(&mut built.state.ops) {
        for (p, named) in op.inferred.parameters.iter().zip(&mut state.parameters) {
            let fan: usize = p.shape[1..].iter().product();
            let values =
                uniform(seed, &format!("{}/{}", state.path, p.name), p.shape).into_iter().map(|r| match p.init {
                    Start::Weight { .. } => r * (2.4 / (fan as f64).sqrt()) as f32,
                    Start::Constant(1.0) => 1.0 + 0.5 * r,
                    Start::Constant(_) => 0.2 * r,
                });
            named.tensor = ctx.tensor(values.collect(), p.shape).unwrap();
        }
        for (b, named) in op.inferred.buffers.iter().zip(&mut state.buffers) {
            let values = uniform(seed, &format!("{}/{}", state.path, b.name), b.shape);
            let norm = norm(&values);
            let values = values.into_iter().map(|r| match b.name {
                "left-singular" => (f64::from(r) / norm) as f32,
                "running-variance" => 1.0 + 0.5 * r,
                _ => 0.2 * r,
            });
            named.tensor = ctx.tensor(values.collect(), b.shape).unwrap();
        }
    }
}

pub fn norm(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()
}

/// Tells a tensor's row from another's.
pub fn tag(name: &str, shape: [usize; 4]) -> f32 {
    (Stream::new(0, &format!("{name} {shape:?}")).at(0) >> 40) as f32
}

/// Estimates the norm of the difference of `values` and of the tensor whose products these are: with random signs the
/// mean square of the differences of products is that norm's square, also where only one element differs.
pub fn difference(name: &str, values: &[f32], expected: &[f32]) -> f64 {
    let mut sums = [0.0; PRODUCTS];
    let mut stream = Stream::new(0, name);
    for v in values.iter().map(|v| f64::from(*v)) {
        let bits = stream.bits();
        for (j, sum) in sums.iter_mut().enumerate() {
            *sum += if bits >> (63 - j) & 1 == 1 { v } else { -v };
        }
    }
    let squares = sums.iter().zip(expected).map(|(a, b)| (a - f64::from(*b)).powi(2));
    (squares.sum::<f64>() / PRODUCTS as f64).sqrt()
}

/// The rows of a table in a golden file.
pub fn table(file: &SafeTensors<'_>, name: &str) -> Vec<Vec<f32>> {
    let table = file.tensor(name).unwrap();
    let values: Vec<f32> = table.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    values.chunks(table.shape()[1]).map(<[f32]>::to_vec).collect()
}

/// A golden file's bytes.
pub fn golden(file: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/golden").join(file)).unwrap()
}

/// A tensor's shape and values.
pub fn host(tensor: &Tensor<Cpu>) -> ([usize; 4], Vec<f32>) {
    let var = Var::constant(tensor.clone());
    (var.shape(), var.to_vec())
}

/// Compares every tensor with the rows of a case; gives the largest error and what is wrong.
pub fn compare(golden: &SafeTensors<'_>, case: &str, found: &Tensors, tolerance: f64) -> (f64, Vec<String>) {
    let rows = table(golden, case);
    assert_eq!(rows.len(), found.len(), "{case}: {:?}", found.keys());
    let (mut worst, mut wrong): (f64, _) = (0.0, Vec::new());
    for ((name, (shape, values)), row) in found.iter().zip(rows) {
        assert_eq!(tag(name, *shape), row[0], "{case}: torch has another tensor where we have {name} {shape:?}");
        if row[1] == 0.0 {
            // Nothing but rounding: a bias before a norm, beside its kernel's gradient; a map that nothing looks at.
            let beside = name.strip_suffix("bias").and_then(|n| found.get(&format!("{n}weight")));
            let size = beside.map_or(0.0, |(_, v)| norm(v));
            if norm(values) > 1e-4 * size {
                wrong.push(format!("{case}: {name} has a norm of {} beside {size}", norm(values)));
            }
            continue;
        }
        let error = difference(name, values, &row[2..]) / f64::from(row[1]);
        worst = worst.max(error);
        if error.is_nan() || error >= tolerance {
            wrong.push(format!("{case}: {name} is off by {error:.1e} of its norm {}", row[1]));
        }
    }
    (worst, wrong)
}

/// A network as a file of a layout, as another program would write it: with tensors `besides` that nobody takes.
pub fn public_file(built: &Built<Cpu>, layout: &'static Layout, besides: &[&str]) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let path = built.plan.node.clone();
    let exported = export::tensors(built, &Part::of(built, &path).unwrap(), &path, layout, BTreeMap::new()).unwrap();
    let file = SafeTensors::deserialize(&exported.bytes).unwrap();
    let besides = besides.iter().map(|name| (name.to_string(), TensorView::new(Dtype::I64, vec![], &[0; 8]).unwrap()));
    let all: Vec<(String, TensorView<'_>)> = file.tensors().into_iter().chain(besides).collect();
    let name = format!("ablate-public-{}-{}.safetensors", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    safetensors::serialize_to_file(all, None, &path).unwrap();
    path
}
