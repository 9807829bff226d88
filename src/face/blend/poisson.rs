//! A part of one map seen in another: plain and screened Poisson blending.
//!
//! Pérez et al., section 3 (seamless cloning): inside the region the map has the source's gradients, and along the
//! region's border the base's colours. With a screen (Bhat et al., "Fourier Analysis of the 2D Screened Poisson Equation
//! for Gradient Domain Problems", ECCV 2008) it also keeps near the source's colours.

use super::Error;
use super::equation::{Role, change, checked, counted, finite};
use super::solver::{Solved, solve};
use crate::face::picture::Picture;

/// A map and which of its texels have a colour, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    pub map: &'a Picture,
    pub known: &'a [bool],
}

impl Layer<'_> {
    /// Whether the layer is whole, and as large as another map.
    pub(super) fn checked(&self, what: &'static str, like: &Picture) -> Result<(), Error> {
        checked(what, self.map, like)?;
        counted(what, self.known.len(), like)?;
        finite(what, self.map, |p| self.known[p])
    }

    /// The change from a texel to another; none where one of them is unknown.
    pub(super) fn change(&self, p: usize, q: usize) -> Option<[f32; 4]> {
        (self.known[p] && self.known[q]).then(|| change(self.map, p, q))
    }
}

/// The base with the `source`'s texels in the `region`: texels of the region that the source lacks are interpolated
/// smoothly. Unknown texels of the base, and the map's border, hold nothing.
///
/// `screen` 0 is plain blending; the greater, the nearer to the source's own colours: what the border of the region
/// holds fades over about `1 / sqrt(screen)` texels.
pub fn clone(base: Layer, source: Layer, region: &[bool], screen: f32) -> Result<Solved, Error> {
    base.checked("base", base.map)?;
    source.checked("source", base.map)?;
    counted("region", region.len(), base.map)?;
    let role = |(region, known): (&bool, &bool)| match (region, known) {
        (true, _) => Role::Free,
        (false, true) => Role::Given,
        (false, false) => Role::Outside,
    };
    let roles: Vec<Role> = region.iter().zip(base.known).map(role).collect();
    let mut start = base.map.clone();
    let channels = start.channels;
    for p in (0..region.len()).filter(|p| region[*p]) {
        let to = &mut start.data[p * channels..][..channels];
        if source.known[p] {
            to.copy_from_slice(&source.map.data[p * channels..][..channels]);
        } else if !base.known[p] {
            to.fill(0.0);
        }
    }
    let screen = if screen.is_finite() { screen.max(0.0) } else { 0.0 };
    let pull = |p: usize| if source.known[p] { screen } else { 0.0 };
    solve(&start, &roles, pull, |p, q| source.change(p, q).unwrap_or([0.0; 4]))
}
