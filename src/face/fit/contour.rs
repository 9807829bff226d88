//! Where the landmarks of the jaw lie on a turned face.
//!
//! On the side that turns away an outline is annotated, while the model's landmark stays on the jaw behind it. The outline
//! is looked for along lines of vertices of about the same height, from the jaw towards the middle of the face: of each
//! the vertex that reaches out farthest on the picture. A landmark is matched with the nearest of them. On the side that
//! turns to the viewer it slides along the model's contour, if there is one: again the nearest of its vertices is taken.
//! So are those of landmarks without a vertex of their own.

use super::JAW;
use super::points::Point;
use super::pose::{View, dot};
use crate::face::mesh::Vec3;
use crate::face::morphable::Morphable;

/// How far a line of vertices reaches from the jaw towards the middle: to this share of the jaw's width there.
const REACH: f32 = 0.35;
/// Half a line's height, as a share of the jaw's height.
const LINE: f32 = 0.03;
/// Lines for each landmark.
const LINES: usize = 4;

/// The vertices that the landmarks of the jaw may move to.
pub struct Contours {
    pub vertices: Vec<u32>,
    /// The face's right side (the image's left), then its left.
    sides: [Side; 2],
}

/// Numbers of vertices in the list of all.
#[derive(Default)]
struct Side {
    lines: Vec<Vec<usize>>,
    /// The landmarks' own and the model's contour, which may lie apart: a landmark marks something between them.
    jaw: Vec<usize>,
    contour: Vec<usize>,
}

/// The side that a landmark of the jaw belongs to; none of the chin.
pub fn side(landmark: usize) -> Option<usize> {
    let chin = JAW.end / 2;
    (JAW.contains(&landmark) && landmark != chin).then(|| usize::from(landmark > chin))
}

impl Contours {
    pub fn new(model: &Morphable) -> Contours {
        let mut found = Contours { vertices: Vec::new(), sides: Default::default() };
        for side in 0..2 {
            let own: Vec<u32> =
                JAW.filter(|l| self::side(*l) == Some(side)).filter_map(|l| model.landmarks[l]).collect();
            let contour: Vec<u32> =
                model.contours[side].iter().copied().filter(|v| (*v as usize) < model.mean.len()).collect();
            let along: Vec<Vec3> =
                if own.is_empty() { &contour } else { &own }.iter().map(|v| model.mean[*v as usize]).collect();
            found.sides[side].contour = contour.iter().map(|v| found.number(*v)).collect();
            let jaw = [own.as_slice(), &contour].concat();
            found.sides[side].jaw = jaw.iter().map(|v| found.number(*v)).collect();
            let lines = lines(model, &along);
            found.sides[side].lines =
                lines.iter().map(|line| line.iter().map(|v| found.number(*v)).collect()).collect();
        }
        found
    }

    /// The number of a vertex in the list, which it joins.
    fn number(&mut self, vertex: u32) -> usize {
        self.vertices.iter().position(|v| *v == vertex).unwrap_or_else(|| {
            self.vertices.push(vertex);
            self.vertices.len() - 1
        })
    }

    /// The candidates for the landmarks of each side, of all candidates' places; `None` where those with a vertex of
    /// their own keep it. `from` is the yaw in degrees from which they do not.
    pub fn candidates(&self, placed: &[Point], view: &View, from: f64) -> [Option<Vec<usize>>; 2] {
        let up = [view.rows[0][1], view.rows[1][1]];
        [-1.0, 1.0].map(|sign| {
            let side = &self.sides[usize::from(sign > 0.0)];
            let turned = sign * yaw(view);
            let out = |at: &usize| {
                let [x, y] = view.place(placed[*at]);
                sign * (x * up[1] - y * up[0])
            };
            if turned >= from && !side.lines.is_empty() {
                let farthest = |line: &Vec<usize>| line.iter().copied().max_by(|a, b| out(a).total_cmp(&out(b)));
                return Some(side.lines.iter().filter_map(farthest).collect());
            }
            (turned <= -from && !side.contour.is_empty()).then(|| side.jaw.clone())
        })
    }

    /// The candidates for landmarks of a side without a vertex, as long as the head does not turn.
    pub fn contour(&self, side: usize) -> &[usize] {
        &self.sides[side].contour
    }
}

/// The candidate that is nearest to a place on the picture (y up).
pub fn nearest(candidates: &[usize], placed: &[Point], view: &View, seen: [f64; 2]) -> Option<usize> {
    let far = |at: &usize| {
        let [x, y] = view.place(placed[*at]);
        (x - seen[0]).powi(2) + (y - seen[1]).powi(2)
    };
    candidates.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b)))
}

/// Lines of vertices from places along the jaw, and from between them, towards the middle.
fn lines(model: &Morphable, along: &[Vec3]) -> Vec<Vec<u32>> {
    let (low, high) = along.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p[1]), high.max(p[1])));
    let between = along.windows(2).flat_map(|pair| {
        let place = |t: usize| t as f32 / LINES as f32;
        (0..LINES).map(move |t| [0, 1, 2].map(|k| pair[0][k] + place(t) * (pair[1][k] - pair[0][k])))
    });
    let places = between.chain(along.last().copied());
    places.map(|place| line(model, place, LINE * (high - low))).filter(|line| !line.is_empty()).collect()
}

/// Vertices as high as a place on the jaw, before it and nearer to the middle.
fn line(model: &Morphable, [x, y, z]: Vec3, half: f32) -> Vec<u32> {
    let on = |p: &Vec3| {
        let (outward, slack) = (p[0] * x.signum(), 2.0 * half);
        let inward = outward <= x.abs() + slack && outward >= REACH * x.abs();
        (p[1] - y).abs() <= half && p[2] >= z - slack && inward
    };
    let found = model.mean.iter().enumerate().filter(|(_, p)| on(p));
    found.map(|(v, _)| v as u32).collect()
}

/// The yaw of a view in degrees, greater than 0 where the face turns to the image's right.
fn yaw(view: &View) -> f64 {
    let forward = [0.0, 0.0, 1.0];
    let [x, _, z] = view.rows.map(|row| dot(row, forward));
    x.atan2(z).to_degrees()
}
