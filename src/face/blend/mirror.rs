//! What only one side of the face shows, mirrored to the other side.
//!
//! Needs an atlas that is symmetric about its vertical middle, as those of the Surrey and ICT models are.

use super::Error;
use super::patchwork::{Origin, Patchwork};
use super::poisson::Layer;

/// A mask's rows backwards.
pub fn flipped_mask(mask: &[bool], width: usize) -> Vec<bool> {
    mask.chunks_exact(width.max(1)).flat_map(|row| row.iter().rev().copied()).collect()
}

/// Fills texels of the `atlas` that have no colour and whose mirror has one; the mirror's colours are matched to those
/// along the border of what is filled.
pub fn fill(patchwork: &Patchwork, atlas: &[bool]) -> Result<Patchwork, Error> {
    patchwork.checked(atlas)?;
    let map = patchwork.map.mirrored();
    let known = flipped_mask(&patchwork.known(), map.width);
    patchwork.filled(Layer { map: &map, known: &known }, atlas, Origin::Mirror, |p| known[p])
}
