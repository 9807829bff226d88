//! How much each parameter matters: weights for the distance of two parameter vectors.
//!
//! A distance of parameters says little of the distance of faces: an error of the scale moves every point, one of a late
//! mode next to nothing. Zhu et al. 2016, section 3.3, weigh each parameter by what its error alone does to the points on
//! the picture; Zhu et al., "Face Alignment in Full Pose Range: A 3D Total Solution", TPAMI 2019, choose all weights
//! together ("optimized"): here as a least-squares problem with weights from 0 to 1, which is our reading of the name and
//! not copied from that paper, whose text was not at hand. Points here are the model's keypoints after the pose, x, y and z in pixels of the frame: with z, as
//! in 3DDFA's code, since nothing else says what the third row of the pose should be. Translation in z moves nothing that
//! a camera sees: its weight is 0.

use super::{Linear, Parametric, split};
use crate::face::readers::tddfa::POSE;

/// Sweeps over all weights, and the change at which they stop.
const SWEEPS: usize = 500;
const STILL: f64 = 1e-7;

/// The translation in z.
const DEPTH: usize = POSE - 1;

/// What a unit of each parameter moves at a face: for every parameter x, y, z of every keypoint, one after the other.
/// The points are linear in each parameter by itself, so this is exact for a change of one.
fn moves(model: &Parametric, parameters: &[f32]) -> Vec<Vec<f64>> {
    let Linear { base, modes } = &model.keypoints;
    let (pose, rest) = split(parameters);
    let points = model.keypoints.points(rest);
    let of = |i: usize| -> Vec<f64> {
        if i < POSE {
            let (row, column) = (i / 4, i % 4);
            let value = |p: &[f64; 3]| match i {
                DEPTH => 0.0,
                _ if column < 3 => p[column],
                _ => 1.0,
            };
            return points.iter().flat_map(|p| [0, 1, 2].map(|k| if k == row { value(p) } else { 0.0 })).collect();
        }
        let turned =
            |d: &[f32; 3]| [0, 1, 2].map(|k| (0..3).map(|c| f64::from(pose[4 * k + c]) * f64::from(d[c])).sum::<f64>());
        modes.get(i - POSE).map_or(vec![0.0; 3 * base.len()], |mode| mode.iter().flat_map(turned).collect())
    };
    (0..model.len()).map(of).collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `w_i = |V(p^i) - V(p^g)| / sum_k |V(p^k) - V(p^g)|`, where `p^i` is the truth `p^g` with parameter i as it was found
/// (Zhu et al. 2016, WPDC): from 0 to 1, of sum 1; zeros where nothing moves a point. Both are normalised.
pub fn importance(model: &Parametric, found: &[f32], truth: &[f32]) -> Vec<f32> {
    let moves = moves(model, &model.parameters(truth));
    let errors = found.iter().zip(truth).zip(&model.deviation);
    let lengths: Vec<f64> = errors
        .zip(&moves)
        .map(|(((f, t), deviation), m)| (f64::from(f - t) * f64::from(*deviation)).abs() * product(m, m).sqrt())
        .collect();
    let total: f64 = lengths.iter().sum();
    lengths.into_iter().map(|l| if total > 0.0 { (l / total) as f32 } else { 0.0 }).collect()
}

/// Weights from 0 to 1 by which the found parameters should go towards the truth so that the points come closest, while
/// parameters go as little as possible (OWPDC): the minimum of
/// `|V(p + w (p^g - p)) - V(p^g)|^2 + penalty |V(p) - V(p^g)|^2 |w d|^2 / |d|^2` with `d = p^g - p` normalised and V as
/// its tangent at the truth. Without a penalty all weights that matter are 1; with one, parameters whose errors cancel or
/// move little stay behind. Both are normalised; `penalty` is a share, above 0.
///
/// Bounded least squares in as many unknowns as parameters, solved by coordinate descent in a fixed order.
pub fn optimised(model: &Parametric, found: &[f32], truth: &[f32], penalty: f64) -> Vec<f32> {
    let d: Vec<f64> = truth.iter().zip(found).map(|(t, f)| f64::from(t - f)).collect();
    let mut steps = moves(model, &model.parameters(truth));
    for ((step, d), deviation) in steps.iter_mut().zip(&d).zip(&model.deviation) {
        step.iter_mut().for_each(|v| *v *= d * f64::from(*deviation));
    }
    let count = steps.len();
    let mut gram = vec![vec![0.0; count]; count];
    for i in 0..count {
        for j in 0..=i {
            let value = product(&steps[i], &steps[j]);
            (gram[i][j], gram[j][i]) = (value, value);
        }
    }
    // |V(p) - V(p^g)|^2 in the tangent is the sum of the Gram matrix.
    let towards: Vec<f64> = gram.iter().map(|row| row.iter().sum()).collect();
    let (error, squares) = (towards.iter().sum::<f64>().max(0.0), product(&d, &d));
    let share = if squares > 0.0 { penalty * error / squares } else { 0.0 };
    let mut weights = vec![1.0; count];
    for _ in 0..SWEEPS {
        let mut most: f64 = 0.0;
        for i in 0..count {
            let curve = gram[i][i] + share * d[i] * d[i];
            let others = product(&gram[i], &weights) - gram[i][i] * weights[i];
            let best = if curve > 0.0 { ((towards[i] - others) / curve).clamp(0.0, 1.0) } else { 0.0 };
            most = most.max((best - weights[i]).abs());
            weights[i] = best;
        }
        if most < STILL {
            break;
        }
    }
    weights.into_iter().map(|w| w as f32).collect()
}
