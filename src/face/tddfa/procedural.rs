//! The procedural head as a model of parameters, so that fitting can be trained and tested without licensed data.
//!
//! Its 38 parameters: the pose, 23 of shape, 3 of expression (smile, brows, jaw). The head is made linear at its mean.

use super::{FRAME, Linear, Parametric};
use crate::face::camera::Pose;
use crate::face::mesh::{Vec3, sub};
use crate::face::procedural::head::{Head, MODES};
use crate::face::procedural::{Expression, Person};
use crate::face::readers::tddfa::POSE;
use crate::random::Stream;
use std::sync::OnceLock;

/// Vertices along a side of the head that is drawn, and of the points that errors are measured at.
const SURFACE: usize = 48;
const KEYPOINTS: usize = 12;
const EXPRESSIONS: usize = 3;
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
            parts: vec![("pose", POSE), ("shape", MODES), ("expression", EXPRESSIONS)],
            keypoints: linear(&Head::new(KEYPOINTS)),
            surface: linear(&head),
            uv: head.topology.uv,
            triangles: head.topology.triangles,
        }
    })
}

/// The head at its mean, and what each coefficient adds there.
fn linear(head: &Head) -> Linear {
    let mut person = Person::new(Stream::new(0, "parametric"));
    person.shape = [0.0; MODES];
    let neutral = Expression::default();
    let base = head.positions(&person, &neutral);
    let from = |moved: Vec<Vec3>| moved.iter().zip(&base).map(|(a, b)| sub(*a, *b)).collect::<Vec<Vec3>>();
    let mut modes = Vec::new();
    for k in 0..MODES {
        person.shape[k] = 1.0;
        modes.push(from(head.positions(&person, &neutral)));
        person.shape[k] = 0.0;
    }
    let moods = [
        Expression { smile: 1.0, ..neutral },
        Expression { brows: 1.0, ..neutral },
        Expression { jaw: 1.0, ..neutral },
    ];
    modes.extend(moods.iter().map(|mood| from(head.positions(&person, mood))));
    Linear { base, modes }
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
    let Expression { smile, brows, jaw } = Expression::new(draw);
    parameters.extend(shape);
    parameters.extend([smile, brows, jaw]);
    parameters
}

/// Mean and deviation of each parameter over many draws; a deviation is 1 where a parameter is always the same.
fn moments() -> (Vec<f32>, Vec<f32>) {
    let count = POSE + MODES + EXPRESSIONS;
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
