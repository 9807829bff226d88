//! Where the landmarks of the jaw lie on a turned face.
//!
//! An outline is annotated where the head turns away, while the model's landmark stays on the jaw behind it. Where the
//! model names the vertices of its contours, the nearest projected one is taken. Otherwise each landmark may move along
//! its own line of vertices of about the same height, from the jaw towards the middle of the face, and is the one that
//! reaches out farthest on the picture.

use super::JAW;
use super::points::Point;
use super::pose::{View, dot};
use crate::face::morphable::Morphable;
use std::ops::Range;

/// How far a line of vertices reaches from the jaw towards the middle: to this share of the jaw's width there.
const REACH: f32 = 0.35;
/// Half a line's height, as a share of the jaw's height.
const LINE: f32 = 0.03;

/// The vertices that a landmark may move to.
pub struct Slot {
    pub landmark: usize,
    /// Of the candidates' vertices.
    pub candidates: Range<usize>,
    /// -1 on the face's right side (the image's left), 1 on its left.
    pub side: f64,
    /// Take the nearest candidate, not the outermost.
    pub nearest: bool,
}

/// The candidates' vertices, and for each landmark of the jaw which it may move to.
pub fn slots(model: &Morphable) -> (Vec<u32>, Vec<Slot>) {
    let (mut vertices, mut slots) = (Vec::new(), Vec::new());
    let vertex = |landmark: usize| model.landmarks.get(landmark).copied().flatten();
    let heights = JAW.filter_map(|l| Some(model.mean[vertex(l)? as usize][1]));
    let (low, high) = heights.fold((f32::MAX, f32::MIN), |(low, high), y| (low.min(y), high.max(y)));
    for landmark in JAW.filter(|l| *l != JAW.end / 2) {
        let side = usize::from(landmark > JAW.end / 2);
        let contour: Vec<u32> =
            model.contours[side].iter().copied().filter(|v| (*v as usize) < model.mean.len()).collect();
        let nearest = !contour.is_empty();
        let found = match vertex(landmark) {
            _ if nearest => contour,
            Some(vertex) => line(model, vertex, LINE * (high - low)),
            None => Vec::new(),
        };
        if !found.is_empty() {
            let from = vertices.len();
            vertices.extend(found);
            let side = if side == 0 { -1.0 } else { 1.0 };
            slots.push(Slot { landmark, candidates: from..vertices.len(), side, nearest });
        }
    }
    (vertices, slots)
}

/// Vertices as high as this one of the jaw, before it and nearer to the middle.
fn line(model: &Morphable, vertex: u32, half: f32) -> Vec<u32> {
    let [x, y, z] = model.mean[vertex as usize];
    let on = |p: &[f32; 3]| {
        let inward = p[0] * x.signum() <= x.abs() && p[0] * x.signum() >= REACH * x.abs();
        (p[1] - y).abs() <= half && p[2] >= z && inward
    };
    let others = model.mean.iter().enumerate().filter(|(v, p)| *v == vertex as usize || on(p));
    others.map(|(v, _)| v as u32).collect()
}

impl Slot {
    /// The candidate to take, of all candidates' places; `seen` is the landmark, y up.
    pub fn choose(&self, candidates: &[Point], view: &View, seen: [f64; 2]) -> Option<usize> {
        let up = [view.rows[0][1], view.rows[1][1]];
        let score = |at: &usize| {
            let [x, y] = view.place(candidates[*at]);
            if self.nearest {
                -((x - seen[0]).powi(2) + (y - seen[1]).powi(2))
            } else {
                self.side * (x * up[1] - y * up[0])
            }
        };
        self.candidates.clone().max_by(|a, b| score(a).total_cmp(&score(b)))
    }
}

/// The yaw of a view in degrees, greater than 0 where the face turns to the image's right.
pub fn yaw(view: &View) -> f64 {
    let forward = [0.0, 0.0, 1.0];
    let [x, _, z] = view.rows.map(|row| dot(row, forward));
    x.atan2(z).to_degrees()
}
