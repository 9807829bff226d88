//! The head's mesh over the sheet: rows follow the lids and the lips, so that eyes close and the mouth opens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::eyes::Lids;
use super::form::{MOUTH, Place, Traits, form, lips};
use super::person::{Expression, Person};
use super::{BOTTOM, HALF_WIDTH, TOP};
use crate::face::mesh::{Topology, Vec3, sub};
use rayon::prelude::*;

pub use super::traits::{MODES, MOVES};

/// Where rows of the mesh lie, as shares of all rows, and what they follow at `s` (its distance from the middle).
const LINES: usize = 14;
const SHARES: [f32; LINES] =
    [0.0, 0.12, 0.225, 0.315, 0.385, 0.475, 0.555, 0.665, 0.735, 0.800, 0.870, 0.925, 0.975, 1.0];

fn lines(s: f32) -> [f32; LINES] {
    let lids = Lids::at(s);
    // Beside the eyes and the mouth the lines part again.
    let gap = 0.004 + 0.05 * (lids.along.abs() - 1.0).clamp(0.0, 0.8);
    let (upper, lower) = (lids.upper.max(lids.middle + gap), lids.lower.min(lids.middle - gap));
    let [top, line, bottom] = lips(s);
    let apart = 0.003 + 0.25 * (s - MOUTH.0).clamp(0.0, 0.2);
    let (top, bottom) = (top.max(line + apart), bottom.min(line - apart));
    [TOP, 0.50, upper + 0.10, upper, lower, 0.05, -0.12, -0.305, top, line, bottom, -0.74, -0.95, BOTTOM]
}

/// The mesh, the mean head, and what each coefficient adds to it.
pub struct Head {
    pub topology: Topology,
    pub places: Vec<Place>,
    pub mean: Vec<Vec3>,
    /// Vertices of a row, and rows.
    side: usize,
    /// Mode after mode, each as long as the mean: identity, then expression.
    deltas: Vec<Vec<Vec3>>,
}

impl Head {
    /// A head of about `side` x `side` vertices, at least 24; made once for each.
    pub fn new(side: usize) -> Arc<Head> {
        static HEADS: Mutex<BTreeMap<usize, Arc<Head>>> = Mutex::new(BTreeMap::new());
        let side = side.max(24);
        let mut heads = HEADS.lock().unwrap_or_else(PoisonError::into_inner);
        heads.entry(side).or_insert_with(|| Arc::new(Head::made(side))).clone()
    }

    fn made(side: usize) -> Head {
        let (topology, places) = grid(side);
        let at = |traits: &Traits| -> Vec<Vec3> { places.iter().map(|place| form(place, traits)).collect() };
        let mean = at(&Traits::default());
        let delta = |number: usize| {
            let mut traits = Traits::default();
            match number.checked_sub(MODES) {
                None => traits.identity[number] = 1.0,
                Some(number) => traits.moves[number] = 1.0,
            }
            at(&traits).iter().zip(&mean).map(|(a, b)| sub(*a, *b)).collect()
        };
        let deltas = (0..MODES + MOVES).into_par_iter().map(delta).collect();
        Head { topology, places, mean, side, deltas }
    }

    /// Vertices of a person's head, in half face heights.
    pub fn positions(&self, person: &Person, expression: &Expression) -> Vec<Vec3> {
        self.moved(&self.neutral(person), expression)
    }

    /// Vertices of a face at rest.
    pub fn neutral(&self, person: &Person) -> Vec<Vec3> {
        let mut positions = self.mean.clone();
        self.add(&mut positions, 0, &person.shape);
        positions
    }

    /// A face at rest, moved.
    pub fn moved(&self, neutral: &[Vec3], expression: &Expression) -> Vec<Vec3> {
        let mut positions = neutral.to_vec();
        self.add(&mut positions, MODES, &expression.moves);
        positions
    }

    fn add(&self, positions: &mut [Vec3], first: usize, coefficients: &[f32]) {
        for (delta, share) in self.deltas[first..].iter().zip(coefficients).filter(|(_, share)| **share != 0.0) {
            for (p, d) in positions.iter_mut().zip(delta) {
                *p = [p[0] + share * d[0], p[1] + share * d[1], p[2] + share * d[2]];
            }
        }
    }

    /// What a coefficient of 1 adds to every vertex: identity, then expression.
    pub fn delta(&self, number: usize) -> &[Vec3] {
        &self.deltas[number]
    }

    /// Vertices of the line between the lips, from the image's left: the upper lip's and the lower lip's.
    pub fn line(&self) -> Vec<[u32; 2]> {
        let twins = self.side * self.side..self.places.len();
        let pair = |twin: usize| [self.vertex_on(self.places[twin].s, self.places[twin].y, false), twin as u32];
        twins.map(pair).collect()
    }

    /// The vertex nearest to a place on the sheet, eyeballs left out.
    pub fn vertex(&self, s: f32, y: f32) -> u32 {
        self.vertex_on(s, y, y < MOUTH.1)
    }

    /// The nearest vertex on one side of the line between the lips.
    pub fn vertex_on(&self, s: f32, y: f32, lower: bool) -> u32 {
        let side = self.side;
        let right = self.places[..side].partition_point(|place| place.s < s).min(side - 1);
        let left = right.saturating_sub(1);
        let column = if s - self.places[left].s < self.places[right].s - s { left } else { right };
        let twins = (side * side..self.places.len()).filter(|i| self.places[*i].s == self.places[column].s);
        let column = (0..side).map(|row| row * side + column).chain(twins);
        let fits = column.filter(|i| self.places[*i].lower == lower && !self.places[*i].ball);
        let away = |i: &usize| (self.places[*i].y - y).abs();
        fits.min_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or(0) as u32
    }
}

/// Rows and columns closer together at the features; the row between the lips is there twice.
fn grid(side: usize) -> (Topology, Vec<Place>) {
    let knots = knots(side);
    let row_of_lids = [knots[3], knots[4]];
    let mouth = knots[9];
    let across = |column: usize| {
        let t = 2.0 * column as f32 / (side - 1) as f32 - 1.0;
        HALF_WIDTH * (0.62 * t + 0.38 * t * t * t)
    };
    let mut places = Vec::with_capacity(side * side + side);
    for row in 0..side {
        let k = (1..LINES - 1).rposition(|k| knots[k] <= row).map_or(0, |k| k + 1);
        let t = (row - knots[k]) as f32 / (knots[k + 1] - knots[k]) as f32;
        for column in 0..side {
            let s = across(column);
            let lines = lines(s.abs());
            let inside = Lids::at(s.abs()).along.abs() < 1.0;
            let ball = inside && row > row_of_lids[0] && row < row_of_lids[1];
            places.push(Place { s, y: lines[k] + t * (lines[k + 1] - lines[k]), ball, lower: row > mouth });
        }
    }
    let parted: Vec<usize> = (0..side).filter(|c| across(*c).abs() < 0.985 * MOUTH.0).collect();
    let first = parted.first().copied().unwrap_or(0);
    let twin = places.len();
    for column in &parted {
        places.push(Place { lower: true, ..places[mouth * side + column] });
    }
    let vertex = |row: usize, column: usize, below: bool| {
        let split = row == mouth && below && parted.contains(&column);
        (if split { twin + column - first } else { row * side + column }) as u32
    };
    let mut triangles = Vec::with_capacity(2 * side * side);
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let below = row == mouth;
            let (a, b) = (vertex(row, column, below), vertex(row, column + 1, below));
            let (c, d) = (vertex(row + 1, column, false), vertex(row + 1, column + 1, false));
            // Both halves are mirrors.
            match column * 2 < side {
                true => triangles.extend([[a, c, b], [b, c, d]]),
                false => triangles.extend([[a, c, d], [a, d, b]]),
            }
        }
    }
    let uv = |place: &Place| [(place.s / HALF_WIDTH + 1.0) / 2.0, (TOP - place.y) / (TOP - BOTTOM)];
    let uv = places.iter().map(uv).collect();
    (Topology { triangles, uv }, places)
}

/// The rows of the lines.
fn knots(side: usize) -> [usize; LINES] {
    let last = side - 1;
    let mut rows = SHARES.map(|share| (share * last as f32).round() as usize);
    for k in 1..LINES {
        rows[k] = rows[k].max(rows[k - 1] + 1);
    }
    for k in (0..LINES).rev() {
        rows[k] = rows[k].min(last + k + 1 - LINES);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn rows_go_down_and_no_triangle_is_turned_on_the_sheet() {
        for side in [24, 40, 65, 128] {
            let head = Head::new(side);
            for [a, b, c] in &head.topology.triangles {
                let [p, q, r] = [a, b, c].map(|v| head.topology.uv[*v as usize]);
                let area = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
                assert!(area < 0.0, "{side}: {p:?} {q:?} {r:?}");
            }
        }
    }

    #[test]
    fn the_tip_of_the_nose_is_foremost_and_people_differ() {
        let head = Head::new(65);
        let people = [1, 2].map(|i| Person::new(Stream::new(i, "head")));
        let all = people.each_ref().map(|p| head.positions(p, &Expression::default()));
        for positions in &all {
            let tip = (0..positions.len()).max_by(|&a, &b| positions[a][2].total_cmp(&positions[b][2])).unwrap();
            let Place { s, y, .. } = head.places[tip];
            assert!(s.abs() < 0.05 && (-0.3..0.0).contains(&y), "{s} {y}");
        }
        let distance: f32 =
            all[0].iter().zip(&all[1]).map(|(a, b)| (a[2] - b[2]).abs()).sum::<f32>() / all[0].len() as f32;
        assert!(distance > 0.005, "{distance}");
    }

    #[test]
    fn an_open_jaw_parts_the_lips_and_a_blink_closes_the_eye() {
        let head = Head::new(96);
        let person = Person { shape: [0.0; MODES], ..Person::new(Stream::new(1, "head")) };
        let mut open = Expression::default();
        open.moves[crate::face::procedural::traits::JAW_OPEN] = 1.0;
        let positions = head.positions(&person, &open);
        let line = crate::face::procedural::form::lips(0.0)[1];
        let lips = [false, true].map(|lower| head.vertex_on(0.0, line, lower) as usize);
        let gap = |positions: &[Vec3]| positions[lips[0]][1] - positions[lips[1]][1];
        assert!(gap(&head.mean).abs() < 1e-3 && gap(&positions) > 0.1, "{} {}", gap(&head.mean), gap(&positions));
        let mut closed = Expression::default();
        closed.moves[crate::face::procedural::traits::BLINK_RIGHT] = 1.0;
        let lids = Lids::at(0.335);
        let rims = [lids.upper, lids.lower].map(|y| head.vertex_on(0.335, y, false) as usize);
        let positions = head.positions(&person, &closed);
        let opening = |positions: &[Vec3]| positions[rims[0]][1] - positions[rims[1]][1];
        assert!(opening(&head.mean) > 0.08 && opening(&positions) < 0.02, "{}", opening(&positions));
    }
}
