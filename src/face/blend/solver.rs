//! Conjugate gradients in f64, preconditioned by a multigrid cycle in f32, all channels together.
//!
//! One thread and one order of sums: results do not depend on the machine's threads, and many maps are solved side by
//! side instead.

use super::Error;
use super::equation::{Lanes, Role, System};
use super::multigrid::Multigrid;
use crate::face::picture::Picture;

/// The residual over the first one at which a map is found: far below a level of 8 bits.
const TOLERANCE: f64 = 1e-6;
const MOST_STEPS: usize = 500;
/// What rounding leaves of a map whose start already fits: colours are 0 to 1.
const NOTHING: f64 = 1e-9;

/// A value for each channel.
type Wide = [f64; 4];

/// The map and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    pub map: Picture,
    pub steps: usize,
    /// The norm of the residual over that of the start, of the worst channel.
    pub residual: f64,
}

/// The map that fits: see [`super::equation`] for what `start`, `roles`, `pull` and `wanted` say.
pub fn solve(
    start: &Picture,
    roles: &[Role],
    pull: impl Fn(usize) -> f32,
    wanted: impl Fn(usize, usize) -> Lanes,
) -> Result<Solved, Error> {
    let system = System::new(start, roles, pull, wanted);
    let (mut correction, steps, residual) = conjugate_gradients(&system);
    if !residual.is_finite() || residual > 1e3 * TOLERANCE {
        return Err(Error::NotSolved { iterations: steps, residual });
    }
    system.loose.iter().for_each(|part| centre(part, &mut correction));
    let mut map = start.clone();
    for y in 0..start.height {
        for x in 0..start.width {
            if roles[y * start.width + x] == Role::Free {
                let from = correction[system.at(x, y)];
                map.at_mut(x, y).iter_mut().zip(from).for_each(|(to, u)| *to = (f64::from(*to) + u) as f32);
            }
        }
    }
    Ok(Solved { map, steps, residual })
}

/// Takes the mean from a part whose constant is free, so that it keeps the mean of its start.
fn centre(part: &[usize], correction: &mut [Wide]) {
    let mut mean = [0.0; 4];
    part.iter().for_each(|&at| (0..4).for_each(|c| mean[c] += correction[at][c] / part.len() as f64));
    part.iter().for_each(|&at| (0..4).for_each(|c| correction[at][c] -= mean[c]));
}

/// The solution, the steps it took and the greatest relative residual.
fn conjugate_gradients(system: &System) -> (Vec<Wide>, usize, f64) {
    let cells = system.side.len();
    let (mut x, mut residual) = (vec![[0.0; 4]; cells], system.side.clone());
    let first = dot(&residual, &residual);
    let worst = |residual: Wide| {
        let shares = [0, 1, 2, 3].map(|c| if first[c] > NOTHING * NOTHING { residual[c] / first[c] } else { 0.0 });
        shares.into_iter().fold(0.0, f64::max).sqrt()
    };
    let mut relative = worst(first);
    if relative == 0.0 {
        return (x, 0, 0.0);
    }
    let mut multigrid = Multigrid::new(system);
    let mut direction: Vec<Wide> = multigrid.solve(&residual).iter().map(|z| z.map(f64::from)).collect();
    let mut slope = dot(&residual, &direction);
    let mut image = vec![[0.0; 4]; cells];
    for step in 1..=MOST_STEPS {
        let curvature = apply(system, &direction, &mut image);
        let length = ratio(slope, curvature);
        for ((x, r), (d, i)) in x.iter_mut().zip(&mut residual).zip(direction.iter().zip(&image)) {
            for c in 0..4 {
                x[c] += length[c] * d[c];
                r[c] -= length[c] * i[c];
            }
        }
        relative = worst(dot(&residual, &residual));
        if relative <= TOLERANCE || !relative.is_finite() {
            return (x, step, relative);
        }
        let solved = multigrid.solve(&residual);
        let mut next = [0.0; 4];
        for (r, z) in residual.iter().zip(solved) {
            (0..4).for_each(|c| next[c] += r[c] * f64::from(z[c]));
        }
        let keep = ratio(next, slope);
        for (d, z) in direction.iter_mut().zip(solved) {
            (0..4).for_each(|c| d[c] = f64::from(z[c]) + keep[c] * d[c]);
        }
        slope = next;
    }
    (x, MOST_STEPS, relative)
}

/// 0 for a channel that has nothing left to do.
fn ratio(over: Wide, under: Wide) -> Wide {
    [0, 1, 2, 3].map(|c| if under[c] > 0.0 { over[c] / under[c] } else { 0.0 })
}

fn dot(a: &[Wide], b: &[Wide]) -> Wide {
    let mut sums = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        (0..4).for_each(|c| sums[c] += a[c] * b[c]);
    }
    sums
}

/// The matrix times `x` into `out`, and their product with `x`.
fn apply(system: &System, x: &[Wide], out: &mut [Wide]) -> Wide {
    let stride = system.stride();
    let mut sums = [0.0; 4];
    for y in 0..system.height {
        for at in system.at(0, y)..system.at(0, y) + system.width {
            if !system.free[at] {
                continue;
            }
            let weights = [system.right[at], system.right[at - 1], system.below[at], system.below[at - stride]];
            let [right, left, below, above] = weights.map(f64::from);
            let held = f64::from(system.held[at]) + f64::from(system.pull[at]);
            let diagonal = right + left + below + above + held;
            for c in 0..4 {
                let sideways = right * x[at + 1][c] + left * x[at - 1][c];
                let upright = below * x[at + stride][c] + above * x[at - stride][c];
                let value = diagonal * x[at][c] - sideways - upright;
                out[at][c] = value;
                sums[c] += value * x[at][c];
            }
        }
    }
    sums
}
