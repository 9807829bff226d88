//! A complete texture (the mean of a model, or any other) where nothing was seen.

use super::Error;
use super::mirror::flipped_mask;
use super::patchwork::{Origin, Patchwork, clamped};
use super::poisson::{Layer, clone};
use crate::face::picture::Picture;

/// How far a texture's brightness is changed to match at most.
const MOST_GAIN: f64 = 5.0;

/// Fills texels of the `atlas` that have no colour. The texture is first brought to the mean colour of what is known,
/// so that its gradients are as strong as the map's, then matched along the border.
pub fn fill(patchwork: &Patchwork, texture: &Picture, atlas: &[bool]) -> Result<Patchwork, Error> {
    patchwork.checked(atlas)?;
    Layer { map: texture, known: atlas }.checked("texture", &patchwork.map)?;
    let matched = matched(texture, &patchwork.map, &patchwork.known(), atlas);
    patchwork.filled(Layer { map: &matched, known: atlas }, atlas, Origin::Texture, |_| true)
}

/// The thesis' pseudo ground truth (equation 4.6, twice): what was seen is blended into the texture, then its mirror
/// into the part that was seen on the other side only. The colours are the texture's, which a fit made like the photo's.
pub fn blended(seen: &Patchwork, texture: &Picture, atlas: &[bool]) -> Result<Patchwork, Error> {
    seen.checked(atlas)?;
    let width = texture.width;
    let known: Vec<bool> = seen.known().iter().zip(atlas).map(|(known, atlas)| *known && *atlas).collect();
    let first = clone(Layer { map: texture, known: atlas }, Layer { map: &seen.map, known: &known }, &known, 0.0)?.map;
    let (other, mirrored) = (seen.map.mirrored(), flipped_mask(&known, width));
    let rest: Vec<bool> = (0..known.len()).map(|p| mirrored[p] && atlas[p] && !known[p]).collect();
    let second = clone(Layer { map: &first, known: atlas }, Layer { map: &other, known: &mirrored }, &rest, 0.0)?.map;
    let origin = |p: usize| match (known[p], rest[p], atlas[p]) {
        (true, ..) => seen.origin[p],
        (_, true, _) => Origin::Mirror,
        (.., true) => Origin::Texture,
        _ => Origin::Nothing,
    };
    Ok(Patchwork { map: clamped(second), origin: (0..known.len()).map(origin).collect() })
}

/// The texture with, in each channel, the mean of the map where both are known.
fn matched(texture: &Picture, map: &Picture, known: &[bool], atlas: &[bool]) -> Picture {
    let channels = map.channels;
    let mut means = vec![[0.0f64; 2]; channels];
    for p in (0..known.len()).filter(|p| known[*p] && atlas[*p]) {
        for (c, [of_map, of_texture]) in means.iter_mut().enumerate() {
            *of_map += f64::from(map.data[p * channels + c]);
            *of_texture += f64::from(texture.data[p * channels + c]);
        }
    }
    let gain = |[of_map, of_texture]: &[f64; 2]| {
        let gain = if *of_texture > 0.0 && *of_map > 0.0 { of_map / of_texture } else { 1.0 };
        gain.clamp(1.0 / MOST_GAIN, MOST_GAIN) as f32
    };
    let gains: Vec<f32> = means.iter().map(gain).collect();
    let mut out = texture.clone();
    out.data.chunks_exact_mut(channels).for_each(|texel| texel.iter_mut().zip(&gains).for_each(|(v, g)| *v *= g));
    out
}
