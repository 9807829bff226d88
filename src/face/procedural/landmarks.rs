//! The 68 points of the iBUG order as vertices of the head.

use super::eyes::{CENTRE, HALF, Lids};
use super::form::{MOUTH, lips};
use super::head::Head;

/// The jaw from the image's left to the chin; a brow from its outer to its inner end.
const JAW: [(f32, f32); 9] = [
    (1.04, 0.14),
    (1.04, -0.06),
    (1.03, -0.26),
    (1.00, -0.46),
    (0.92, -0.64),
    (0.77, -0.80),
    (0.55, -0.90),
    (0.28, -0.965),
    (0.0, -0.985),
];
const BROW: [(f32, f32); 5] = [(0.54, 0.335), (0.44, 0.385), (0.34, 0.400), (0.24, 0.390), (0.15, 0.365)];

/// Vertices along the jaw from the ears to the chin: of the image's left, then of its right.
pub fn contours(head: &Head) -> [Vec<u32>; 2] {
    const STEPS: usize = 6;
    [-1.0, 1.0].map(|side| {
        let between = |pair: &[(f32, f32)], k: usize| {
            let t = k as f32 / STEPS as f32;
            let (s, y) = (pair[0].0 + t * (pair[1].0 - pair[0].0), pair[0].1 + t * (pair[1].1 - pair[0].1));
            head.vertex(side * s, y)
        };
        let mut line: Vec<u32> = JAW.windows(2).flat_map(|pair| (0..STEPS).map(move |k| between(pair, k))).collect();
        line.dedup();
        line
    })
}

/// Vertices of the landmarks.
pub fn landmarks(head: &Head) -> [u32; 68] {
    let [left, right] = [-1.0, 1.0];
    let mut all = Vec::with_capacity(68);
    let mut add = |s: f32, y: f32, lower: bool| all.push(head.vertex_on(s, y, lower));
    JAW.iter().for_each(|(s, y)| add(left * s, *y, *y < MOUTH.1));
    JAW[..8].iter().rev().for_each(|(s, y)| add(right * s, *y, *y < MOUTH.1));
    BROW.iter().for_each(|(s, y)| add(left * s, *y, false));
    BROW.iter().rev().for_each(|(s, y)| add(right * s, *y, false));
    [0.22, 0.09, -0.04, -0.17].iter().for_each(|y| add(0.0, *y, false));
    [(-0.125, -0.25), (-0.065, -0.29), (0.0, -0.30), (0.065, -0.29), (0.125, -0.25)]
        .iter()
        .for_each(|(s, y)| add(*s, *y, false));
    // Outer corner, upper lid, inner corner, lower lid; the other eye from its inner corner.
    let (inner, outer, third) = (CENTRE.0 - HALF, CENTRE.0 + HALF, HALF * 0.38);
    let upper = |s: f32| (s, Lids::at(s).upper);
    let lower = |s: f32| (s, Lids::at(s).lower);
    let (near, far) = (CENTRE.0 - third, CENTRE.0 + third);
    for (s, y) in [upper(outer), upper(far), upper(near), upper(inner), lower(near), lower(far)] {
        add(left * s, y, false);
    }
    for (s, y) in [upper(inner), upper(near), upper(far), upper(outer), lower(far), lower(near)] {
        add(right * s, y, false);
    }
    let corner = MOUTH.0;
    for s in [-corner, -0.15, -0.055, 0.0, 0.055, 0.15, corner] {
        add(s, lips(s)[0], false);
    }
    [0.15, 0.065, 0.0, -0.065, -0.15].iter().for_each(|s| add(*s, lips(*s)[2], true));
    [-0.235, -0.09, 0.0, 0.09, 0.235].iter().for_each(|s| add(*s, lips(*s)[1], false));
    [0.09, 0.0, -0.09].iter().for_each(|s| add(*s, lips(*s)[1], true));
    std::array::from_fn(|i| all.get(i).copied().unwrap_or(0))
}
