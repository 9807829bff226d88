//! The head: a tapering cylinder with bumps for nose, brows, eyes, cheeks, lips and chin.
//!
//! A person's shape is the size of each bump beside the mean, so that shapes are linear in their coefficients as those
//! of a morphable model are.

use super::canvas::{bell, spot};
use super::person::{Expression, Person};
use super::{BOTTOM, RADIAN, TOP};
use crate::face::mesh::{Topology, Vec3};

/// Number of shape coefficients: the bumps and three of the whole head.
pub const MODES: usize = BUMPS.len() + 3;

/// A bump on both sides (on one in the middle) at `s`, `y`: widths, mean height, standard deviation of the height.
struct Bump {
    place: (f32, f32),
    width: (f32, f32),
    mean: f32,
    deviation: f32,
}

const fn bump(s: f32, y: f32, across: f32, up: f32, mean: f32, deviation: f32) -> Bump {
    Bump { place: (s, y), width: (across, up), mean, deviation }
}

const BUMPS: [Bump; 20] = [
    bump(0.0, 0.24, 0.050, 0.09, 0.05, 0.015),     // root of the nose
    bump(0.0, 0.08, 0.060, 0.10, 0.10, 0.025),     // ridge
    bump(0.0, -0.06, 0.070, 0.09, 0.14, 0.025),    // lower ridge
    bump(0.0, -0.17, 0.075, 0.07, 0.17, 0.030),    // tip
    bump(0.125, -0.19, 0.055, 0.055, 0.09, 0.02),  // wings
    bump(0.335, 0.20, 0.150, 0.11, -0.085, 0.02),  // eye sockets
    bump(0.335, 0.20, 0.105, 0.065, 0.05, 0.008),  // eyeballs
    bump(0.30, 0.40, 0.190, 0.06, 0.035, 0.018),   // brow ridges
    bump(0.0, 0.38, 0.120, 0.08, 0.015, 0.010),    // between them
    bump(0.50, 0.00, 0.150, 0.12, 0.045, 0.022),   // cheekbones
    bump(0.42, -0.28, 0.170, 0.16, 0.02, 0.028),   // cheeks
    bump(0.0, -0.43, 0.160, 0.045, 0.06, 0.015),   // upper lip
    bump(0.0, -0.575, 0.140, 0.045, 0.06, 0.015),  // lower lip
    bump(0.0, -0.505, 0.200, 0.020, -0.03, 0.006), // line of the mouth
    bump(0.0, -0.69, 0.160, 0.045, -0.03, 0.012),  // above the chin
    bump(0.0, -0.84, 0.140, 0.10, 0.07, 0.028),    // chin
    bump(0.30, 0.62, 0.260, 0.16, 0.02, 0.018),    // forehead
    bump(0.74, 0.34, 0.130, 0.22, -0.03, 0.018),   // temples
    bump(0.66, -0.58, 0.160, 0.16, 0.02, 0.030),   // jaw angles
    bump(0.0, -0.32, 0.030, 0.06, -0.012, 0.005),  // groove under the nose
];

/// Half width and depth of the head at heights from the top down.
const PROFILE: [(f32, f32, f32); 8] = [
    (0.98, 0.60, 0.64),
    (0.70, 0.71, 0.80),
    (0.35, 0.765, 0.86),
    (0.00, 0.77, 0.86),
    (-0.35, 0.71, 0.84),
    (-0.70, 0.58, 0.81),
    (-0.90, 0.49, 0.74),
    (-1.02, 0.44, 0.62),
];

/// The head's mesh and what each bump does to its vertices.
pub struct Head {
    pub topology: Topology,
    /// `s`, `y` of each vertex.
    places: Vec<(f32, f32)>,
    /// For each bump its height at each vertex.
    heights: Vec<Vec<f32>>,
}

impl Head {
    /// A head of `side` x `side` vertices.
    pub fn new(side: usize) -> Head {
        let topology = Topology::grid(side, side);
        let place = |[u, v]: &[f32; 2]| ((u * 2.0 - 1.0) * super::HALF_WIDTH, TOP - v * (TOP - BOTTOM));
        let places: Vec<(f32, f32)> = topology.uv.iter().map(place).collect();
        let heights = BUMPS.iter().map(|bump| places.iter().map(|&(s, y)| bump.height(s, y)).collect()).collect();
        Head { topology, places, heights }
    }

    /// Vertices of a person's head, in half face heights.
    pub fn positions(&self, person: &Person, expression: &Expression) -> Vec<Vec3> {
        let [wide, jaw, deep] = [0, 1, 2].map(|k| person.shape[BUMPS.len() + k]);
        let mut raised = vec![0.0; self.places.len()];
        for (k, (bump, heights)) in BUMPS.iter().zip(&self.heights).enumerate() {
            let size = bump.mean + bump.deviation * person.shape[k];
            raised.iter_mut().zip(heights).for_each(|(r, h)| *r += size * h);
        }
        let vertex = |(&(s, y), raised): (&(f32, f32), f32)| {
            let (width, depth) = profile(y);
            let (sin, cos) = (s / RADIAN).sin_cos();
            let width = width * (1.0 + 0.035 * wide) * (1.0 + 0.05 * jaw * bell(y + 0.75, 0.25));
            let moved = Moved::of(expression, s, y);
            let raised = raised + moved.out;
            // Bumps rise mostly towards the viewer, a little outward.
            [
                (width + 0.45 * raised) * sin + moved.aside * sin.signum(),
                y + moved.up,
                depth * (1.0 + 0.03 * deep) * cos + raised * (0.35 + 0.65 * cos),
            ]
        };
        self.places.iter().zip(raised).map(vertex).collect()
    }
}

/// What an expression moves.
struct Moved {
    aside: f32,
    up: f32,
    out: f32,
}

impl Moved {
    fn of(expression: &Expression, s: f32, y: f32) -> Moved {
        let Expression { smile, brows, jaw } = *expression;
        let side = s.abs();
        let corner = spot(side - 0.26, y + 0.5, 0.12, 0.12);
        let below = super::canvas::ramp(-0.45, -0.62, y);
        Moved {
            aside: 0.05 * smile * corner,
            up: 0.05 * smile * corner + 0.035 * brows * spot(side - 0.3, y - 0.42, 0.25, 0.12) - 0.07 * jaw * below,
            out: smile
                * (0.045 * spot(side - 0.40, y + 0.12, 0.14, 0.13) - 0.03 * spot(side - 0.24, y + 0.33, 0.05, 0.14))
                - 0.02 * brows.min(0.0) * spot(side - 0.08, y - 0.36, 0.06, 0.07)
                - 0.03 * jaw * below,
        }
    }
}

impl Bump {
    fn height(&self, s: f32, y: f32) -> f32 {
        let (x, up) = (self.place.0, y - self.place.1);
        let right = spot(s - x, up, self.width.0, self.width.1);
        if x == 0.0 { right } else { right + spot(s + x, up, self.width.0, self.width.1) }
    }
}

/// Half width and depth at a height: a cubic through the table's points (Catmull and Rom).
fn profile(y: f32) -> (f32, f32) {
    let last = PROFILE.len() - 1;
    let i = PROFILE.iter().rposition(|p| y <= p.0).unwrap_or(0).min(last - 1);
    let at = |k: usize| PROFILE[k.min(last)];
    let (a, b, c, d) = (at(i.saturating_sub(1)), at(i), at(i + 1), at(i + 2));
    let t = (y - b.0) / (c.0 - b.0);
    let cubic = |pick: fn((f32, f32, f32)) -> f32| {
        let slope = |p: (f32, f32, f32), q: (f32, f32, f32)| {
            if p.0 == q.0 { 0.0 } else { (pick(q) - pick(p)) / (q.0 - p.0) * (c.0 - b.0) }
        };
        let (m, n) = (slope(a, c), slope(b, d));
        let (t2, t3) = (t * t, t * t * t);
        pick(b) * (2.0 * t3 - 3.0 * t2 + 1.0)
            + m * (t3 - 2.0 * t2 + t)
            + pick(c) * (3.0 * t2 - 2.0 * t3)
            + n * (t3 - t2)
    };
    (cubic(|p| p.1), cubic(|p| p.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_profile_goes_through_its_points() {
        for (y, width, depth) in PROFILE {
            let found = profile(y);
            assert!((found.0 - width).abs() < 1e-5 && (found.1 - depth).abs() < 1e-5, "{y}: {found:?}");
        }
    }

    #[test]
    fn the_tip_of_the_nose_is_foremost_and_people_differ() {
        let head = Head::new(65);
        let people = [1, 2].map(|i| Person::new(Stream::new(i, "head")));
        let all = people.each_ref().map(|p| head.positions(p, &Expression::default()));
        for positions in &all {
            let tip = (0..positions.len()).max_by(|&a, &b| positions[a][2].total_cmp(&positions[b][2])).unwrap();
            let (s, y) = head.places[tip];
            assert!(s.abs() < 0.05 && (-0.3..0.0).contains(&y), "{s} {y}");
        }
        let distance: f32 =
            all[0].iter().zip(&all[1]).map(|(a, b)| (a[2] - b[2]).abs()).sum::<f32>() / all[0].len() as f32;
        assert!(distance > 0.005, "{distance}");
    }

    #[test]
    fn all_of_the_front_faces_the_viewer() {
        let head = Head::new(65);
        let positions = head.positions(&Person::new(Stream::new(5, "head")), &Expression::default());
        let normals = head.topology.normals(&positions);
        let front = head.places.iter().zip(&normals).filter(|((s, y), _)| s.abs() < 0.5 && (0.4..0.8).contains(y));
        assert!(front.count() > 100);
        let towards = head.places.iter().zip(&normals).filter(|((s, _), n)| s.abs() < 0.6 && n[2] > 0.0).count();
        let all = head.places.iter().filter(|(s, _)| s.abs() < 0.6).count();
        assert!(towards * 100 > all * 97, "{towards} of {all}");
    }
}
