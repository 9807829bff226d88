//! The procedural head as a model of parameters, so that fitting can be trained and tested without licensed data.
//!
//! Its 61 parameters: the pose, and the head's coefficients of identity (36) and of expression (13).

use super::{FRAME, Linear, Parametric};
use crate::face::camera::Pose;
use crate::face::mesh::Vec3;
use crate::face::procedural::head::Head;
use crate::face::procedural::{Expression, MODES, MOVES};
use crate::face::readers::tddfa::POSE;
use crate::random::Stream;
use std::sync::OnceLock;

/// Vertices along a side of the head that is drawn, and of the points that errors are measured at.
const SURFACE: usize = 48;
/// Of the surface, every so many in a row and every so many rows.
const KEYPOINTS: usize = 4;
/// Draws that the mean and deviation of the parameters are taken of.
const DRAWS: u64 = 4096;

/// The model: always the same.
pub fn procedural() -> &'static Parametric {
    static MODEL: OnceLock<Parametric> = OnceLock::new();
    MODEL.get_or_init(|| {
        let head = Head::new(SURFACE);
        let (mean, deviation) = moments();
        Parametric {
            mean,
            deviation,
            parts: vec![("pose", POSE), ("shape", MODES), ("expression", MOVES)],
            keypoints: linear(&head, |i| i < SURFACE * SURFACE && (i / SURFACE % KEYPOINTS, i % KEYPOINTS) == (0, 0)),
            surface: linear(&head, |_| true),
            uv: head.topology.uv.clone(),
            triangles: head.topology.triangles.clone(),
        }
    })
}

/// Those of the head's vertices, and what each coefficient adds to them.
fn linear(head: &Head, which: impl Fn(usize) -> bool) -> Linear {
    let of = |points: &[Vec3]| (0..points.len()).filter(|i| which(*i)).map(|i| points[i]).collect::<Vec<Vec3>>();
    Linear { base: of(&head.mean), modes: (0..MODES + MOVES).map(|k| of(head.delta(k))).collect() }
}

/// Parameters of a photo of a person's shape: turned up to 70 degrees to either side, in the middle of the frame by a few
/// pixels.
pub fn draw(shape: &[f32; MODES], draw: &mut Stream) -> Vec<f32> {
    let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
    let pose = Pose { yaw: between(-70.0, 70.0), pitch: between(-20.0, 20.0), roll: between(-20.0, 20.0) };
    let scale = between(34.0, 44.0);
    let centre = [FRAME / 2.0 + between(-5.0, 5.0), FRAME / 2.0 + between(-5.0, 5.0), 0.0];
    let rows = pose.rotation().0;
    let mut parameters: Vec<f32> =
        (0..3).flat_map(|k| [scale * rows[k][0], scale * rows[k][1], scale * rows[k][2], centre[k]]).collect();
    parameters.extend(shape);
    parameters.extend(Expression::new(draw).moves);
    parameters
}

/// Mean and deviation of each parameter over many draws; a deviation is 1 where a parameter is always the same.
fn moments() -> (Vec<f32>, Vec<f32>) {
    let count = POSE + MODES + MOVES;
    let (mut sums, mut squares) = (vec![0.0f64; count], vec![0.0f64; count]);
    for number in 0..DRAWS {
        let mut stream = Stream::new(0, "parameters").fork(number);
        let mut shape = [0.0; MODES];
        shape.iter_mut().for_each(|a| *a = stream.normal().clamp(-2.5, 2.5) as f32);
        for (i, v) in draw(&shape, &mut stream).into_iter().map(f64::from).enumerate() {
            sums[i] += v;
            squares[i] += v * v;
        }
    }
    let means: Vec<f64> = sums.iter().map(|s| s / DRAWS as f64).collect();
    let deviation = |(square, mean): (&f64, &f64)| {
        let variance = square / DRAWS as f64 - mean * mean;
        if variance > 1e-9 { variance.sqrt() as f32 } else { 1.0 }
    };
    let deviations = squares.iter().zip(&means).map(deviation).collect();
    (means.into_iter().map(|m| m as f32).collect(), deviations)
}
