//! Maps of the same face from several views, merged into one.
//!
//! Attention ResCUNet-GAN, section 3.1 and Fig. 5: the maps at yaw 0, -30 and +30 degrees merge into the complete map.
//! Each texel is taken from the view that sees it best; along the seams one view passes into the next over some texels,
//! in its gradients, so that neither a step of colour nor of light stays.

use super::Error;
use super::equation::{Lanes, Role, change, checked, counted, finite};
use super::patchwork::{Origin, Patchwork, clamped};
use super::solver::solve;
use crate::face::picture::Picture;

/// One view's map.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub map: &'a Picture,
    /// How well each texel is seen: the cosine between normal and view, 0 or less where it is hidden.
    pub sight: &'a [f32],
}

/// How views are merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merging {
    /// How much better another view must see a texel than the first one to be taken: 1.5 leaves the first, frontal one
    /// what lies within about 50 degrees of it, so that no seam runs through eyes and mouth.
    pub favour: f32,
    /// Radius of the seams, in texels.
    pub feather: usize,
    /// Keep the first view's colours away from the seams and match the others to it; otherwise all views move, and the
    /// mean stays.
    pub anchored: bool,
    /// Pull to the views' own colours; 0 removes the seams wholly.
    pub screen: f32,
}

impl Default for Merging {
    fn default() -> Merging {
        Merging { favour: 1.5, feather: 4, anchored: true, screen: 0.0 }
    }
}

/// The views' merged map; texels that no view sees stay black and without an origin.
pub fn merge(views: &[View], merging: &Merging) -> Result<Patchwork, Error> {
    let like = views.first().filter(|_| views.len() <= 255).ok_or(Error::Views(views.len()))?.map;
    for view in views {
        checked("view", view.map, like)?;
        counted("view's sight", view.sight.len(), like)?;
        finite("view", view.map, |p| view.sight[p] > 0.0)?;
    }
    let weights = weights(views, merging, like);
    let best = |p: usize| (0..views.len()).reduce(|a, b| if weights[b][p] > weights[a][p] { b } else { a });
    let origin = |p: usize| match best(p) {
        Some(view) if weights[view][p] > 0.0 => Origin::View(view as u8),
        _ => Origin::Nothing,
    };
    let origin: Vec<Origin> = (0..like.width * like.height).map(origin).collect();
    let role = |p: usize| match origin[p] {
        Origin::Nothing => Role::Outside,
        _ if merging.anchored && weights[0][p] > 0.999 => Role::Given,
        _ => Role::Free,
    };
    let roles: Vec<Role> = (0..origin.len()).map(role).collect();
    let screen = if merging.screen.is_finite() { merging.screen.max(0.0) } else { 0.0 };
    let solved = solve(&composite(views, &weights, like), &roles, |_| screen, |p, q| wanted(views, &weights, p, q))?;
    Ok(Patchwork { map: clamped(solved.map), origin })
}

/// Each view's share of each texel: 1 for the view that sees it best, passing into the next along the seams.
fn weights(views: &[View], merging: &Merging, like: &Picture) -> Vec<Vec<f32>> {
    let (texels, width) = (like.width * like.height, like.width);
    let favour = if merging.favour.is_finite() { merging.favour.max(0.0) } else { 1.0 };
    let score = |view: usize| {
        let sight = |v: &f32| if *v > 0.0 { v.min(1.0) * if view == 0 { favour } else { 1.0 } } else { 0.0 };
        let sharp: Vec<f32> = views[view].sight.iter().map(sight).collect();
        smooth(&sharp, width, merging.feather)
    };
    let scores: Vec<Vec<f32>> = (0..views.len()).map(score).collect();
    let seen = |view: usize, p: usize| views[view].sight[p] > 0.0;
    let best = |p: usize| {
        let seeing = (0..views.len()).filter(|v| seen(*v, p));
        seeing.reduce(|a, b| if scores[b][p] > scores[a][p] { b } else { a })
    };
    let labels: Vec<Option<usize>> = (0..texels).map(best).collect();
    let share = |view: usize| {
        let own: Vec<f32> = labels.iter().map(|l| if *l == Some(view) { 1.0 } else { 0.0 }).collect();
        let mut soft = smooth(&own, width, merging.feather);
        (0..texels).filter(|p| !seen(view, *p)).for_each(|p| soft[p] = 0.0);
        soft
    };
    let mut shares: Vec<Vec<f32>> = (0..views.len()).map(share).collect();
    for (p, label) in labels.iter().enumerate() {
        let sum: f32 = shares.iter().map(|s| s[p]).sum();
        for (view, share) in shares.iter_mut().enumerate() {
            share[p] = if sum > 0.0 { share[p] / sum } else { f32::from(u8::from(*label == Some(view))) };
        }
    }
    shares
}

/// The weighted mean of the views.
fn composite(views: &[View], weights: &[Vec<f32>], like: &Picture) -> Picture {
    let mut out = Picture::new(like.width, like.height, like.channels);
    for (view, weights) in views.iter().zip(weights) {
        let texels = out.data.chunks_exact_mut(like.channels).zip(view.map.data.chunks_exact(like.channels));
        for ((to, from), weight) in texels.zip(weights).filter(|(_, weight)| **weight > 0.0) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
        }
    }
    out
}

/// The change from a texel to its neighbour: the mean of what the views that see both say; none where no view does.
fn wanted(views: &[View], weights: &[Vec<f32>], p: usize, q: usize) -> Lanes {
    let (mut sum, mut total) = ([0.0; 4], 0.0);
    for (view, weights) in views.iter().zip(weights) {
        let weight = weights[p].min(weights[q]);
        if weight > 0.0 {
            let change = change(view.map, p, q);
            sum.iter_mut().zip(change).for_each(|(s, v)| *s += weight * v);
            total += weight;
        }
    }
    if total > 0.0 { sum.map(|v| v / total) } else { sum }
}

/// Means over squares of `2 radius + 1` texels, twice; beyond the map there is nothing.
fn smooth(values: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let height = values.len() / width.max(1);
    let mut out = values.to_vec();
    for _ in 0..2 {
        out = along(&out, height, width, width, 1, radius);
        out = along(&out, width, height, 1, width, radius);
    }
    out
}

/// Running means along lines: `lines` of them start `skip` apart, with `len` values `step` apart.
fn along(values: &[f32], lines: usize, len: usize, skip: usize, step: usize, radius: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    let mut sums = vec![0.0f64; len + 1];
    for line in 0..lines {
        for i in 0..len {
            sums[i + 1] = sums[i] + f64::from(values[line * skip + i * step]);
        }
        for i in 0..len {
            let (from, to) = (i.saturating_sub(radius), i.saturating_add(radius + 1).min(len));
            let mean = (sums[to] - sums[from]) / (2 * radius + 1) as f64;
            out[line * skip + i * step] = if mean > 1e-9 { mean as f32 } else { 0.0 };
        }
    }
    out
}
