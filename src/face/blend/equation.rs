//! Poisson's equation on the texels of a map, as sums over neighbours (Pérez et al., equation 7).
//!
//! The map `f` minimises, over all pairs of neighbours `p`, `q` of which one is free and none outside,
//! `(f_q - f_p - g_pq)^2`, and over the free texels `pull_p (f_p - start_p)^2` (the screen). Given texels keep their
//! values (Dirichlet); a pair that leaves the map or meets a texel outside asks nothing (Neumann).

use super::Error;
use crate::face::picture::Picture;

/// A value for each channel; those that a map lacks stay 0.
pub type Lanes = [f32; 4];

/// What is known of a texel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// No part of the map.
    #[default]
    Outside,
    /// Keeps its value.
    Given,
    /// Is looked for.
    Free,
}

/// The linear system of the corrections `u = f - start`. Arrays have a border of one texel around the map.
pub(super) struct System {
    pub width: usize,
    pub height: usize,
    /// 1 where a texel and the one to its right, or below, are both free.
    pub right: Vec<f32>,
    pub below: Vec<f32>,
    /// The number of given neighbours of a free texel.
    pub held: Vec<f32>,
    pub pull: Vec<f32>,
    pub free: Vec<bool>,
    pub side: Vec<[f64; 4]>,
    /// The cells of each part that neither given texels nor the screen hold: its constant is free.
    pub loose: Vec<Vec<usize>>,
}

impl System {
    /// `pull` of a texel, and `wanted(p, q)` the difference that the pair asks of value `q` less value `p`, by the
    /// texels' numbers row by row; `q` is to the right of or below `p`.
    pub fn new(
        start: &Picture,
        roles: &[Role],
        pull: impl Fn(usize) -> f32,
        wanted: impl Fn(usize, usize) -> Lanes,
    ) -> System {
        let (width, height) = (start.width, start.height);
        let texels = (width + 2) * (height + 2);
        let mut system = System {
            width,
            height,
            right: vec![0.0; texels],
            below: vec![0.0; texels],
            held: vec![0.0; texels],
            pull: vec![0.0; texels],
            free: vec![false; texels],
            side: vec![[0.0; 4]; texels],
            loose: Vec::new(),
        };
        for y in 0..height {
            for x in 0..width {
                let (p, at) = (y * width + x, system.at(x, y));
                if roles[p] == Role::Outside {
                    continue;
                }
                system.free[at] = roles[p] == Role::Free;
                if system.free[at] {
                    system.pull[at] = pull(p);
                }
                let stride = system.stride();
                if x + 1 < width {
                    system.right[at] = system.pair(start, roles, [p, p + 1], [at, at + 1], &wanted);
                }
                if y + 1 < height {
                    system.below[at] = system.pair(start, roles, [p, p + width], [at, at + stride], &wanted);
                }
            }
        }
        system.loose = system.parts();
        system
    }

    /// Cells from a row to the next.
    pub fn stride(&self) -> usize {
        self.width + 2
    }

    /// The cell of a texel.
    pub fn at(&self, x: usize, y: usize) -> usize {
        (y + 1) * self.stride() + x + 1
    }

    /// Adds what a pair of neighbours asks; 1 where both are free.
    fn pair(
        &mut self,
        start: &Picture,
        roles: &[Role],
        texels: [usize; 2],
        cells: [usize; 2],
        wanted: &impl Fn(usize, usize) -> Lanes,
    ) -> f32 {
        let [p, q] = texels;
        let free = texels.map(|t| roles[t] == Role::Free);
        if roles[q] == Role::Outside || free == [false, false] {
            return 0.0;
        }
        let (guide, channels) = (wanted(p, q), start.channels);
        for (side, (cell, other)) in [(1.0, (0, 1)), (-1.0, (1, 0))] {
            if free[cell] {
                let sums = &mut self.side[cells[cell]];
                for c in 0..channels {
                    let change = f64::from(start.data[q * channels + c]) - f64::from(start.data[p * channels + c]);
                    sums[c] += side * (change - f64::from(guide[c]));
                }
                self.held[cells[cell]] += if free[other] { 0.0 } else { 1.0 };
            }
        }
        if free == [true, true] { 1.0 } else { 0.0 }
    }

    /// The connected parts that nothing holds.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        let stride = self.stride();
        let mut seen = vec![false; self.free.len()];
        for first in 0..seen.len() {
            if !self.free[first] || seen[first] {
                continue;
            }
            let (mut part, mut next, mut loose) = (vec![first], 0, true);
            seen[first] = true;
            while let Some(&at) = part.get(next) {
                next += 1;
                loose &= self.held[at] == 0.0 && self.pull[at] == 0.0;
                let pairs = [
                    (self.right[at], at + 1),
                    (self.right[at - 1], at - 1),
                    (self.below[at], at + stride),
                    (self.below[at - stride], at - stride),
                ];
                for (weight, other) in pairs {
                    if weight > 0.0 && !seen[other] {
                        seen[other] = true;
                        part.push(other);
                    }
                }
            }
            if loose {
                found.push(part);
            }
        }
        found
    }
}

/// Whether pictures and masks belong together: their sizes and channels, and no hole in a list.
pub(super) fn checked(what: &'static str, picture: &Picture, like: &Picture) -> Result<(), Error> {
    let sizes = |p: &Picture| format!("{} x {} x {}", p.width, p.height, p.channels);
    if !(1..=4).contains(&like.channels) {
        return Err(Error::Channels(like.channels));
    }
    let same = (picture.width, picture.height, picture.channels) == (like.width, like.height, like.channels);
    if !same || picture.data.len() != picture.width * picture.height * picture.channels {
        let found = format!("{} of {} values", sizes(picture), picture.data.len());
        return Err(Error::Size { what, found, expected: sizes(like) });
    }
    Ok(())
}

/// Whether a list has a value for each texel.
pub(super) fn counted(what: &'static str, found: usize, like: &Picture) -> Result<(), Error> {
    let expected = like.width * like.height;
    if found == expected {
        return Ok(());
    }
    Err(Error::Size { what, found: format!("{found} texels"), expected: format!("{expected}") })
}

/// Whether the texels that are used hold numbers.
pub(super) fn finite(what: &'static str, picture: &Picture, used: impl Fn(usize) -> bool) -> Result<(), Error> {
    for (texel, values) in picture.data.chunks_exact(picture.channels).enumerate() {
        if used(texel) && values.iter().any(|v| !v.is_finite()) {
            return Err(Error::NotFinite { what, x: texel % picture.width, y: texel / picture.width });
        }
    }
    Ok(())
}

/// The change from a texel to another.
pub(super) fn change(picture: &Picture, p: usize, q: usize) -> Lanes {
    let mut lanes = [0.0; 4];
    let channels = picture.channels;
    let pairs = picture.data[q * channels..][..channels].iter().zip(&picture.data[p * channels..][..channels]);
    lanes.iter_mut().zip(pairs).for_each(|(lane, (b, a))| *lane = b - a);
    lanes
}
