//! A map put together, and where each of its texels comes from.

use super::Error;
use super::equation::counted;
use super::poisson::{Layer, clone};
use crate::face::picture::Picture;

/// Where a texel's gradients come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It has no colour.
    #[default]
    Nothing,
    /// Seen in the view of this number.
    View(u8),
    /// Seen on the other side of the face.
    Mirror,
    /// A given complete texture.
    Texture,
    /// Nothing: the colours around it, interpolated.
    Between,
}

/// Colours brought back to 0 to 1: gradients may lead beyond.
pub(super) fn clamped(mut map: Picture) -> Picture {
    map.data.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
    map
}

/// A map with an origin for each texel, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Patchwork {
    pub map: Picture,
    pub origin: Vec<Origin>,
}

impl Patchwork {
    /// One view: its `seen` texels are its own, others are black.
    pub fn of_view(map: &Picture, seen: &[bool]) -> Result<Patchwork, Error> {
        Layer { map, known: seen }.checked("view", map)?;
        let mut map = map.clone();
        let hidden = map.data.chunks_exact_mut(map.channels).zip(seen).filter(|(_, seen)| !**seen);
        hidden.for_each(|(texel, _)| texel.fill(0.0));
        let origin = seen.iter().map(|seen| if *seen { Origin::View(0) } else { Origin::Nothing }).collect();
        Ok(Patchwork { map, origin })
    }

    /// Which texels have a colour.
    pub fn known(&self) -> Vec<bool> {
        self.origin.iter().map(|origin| *origin != Origin::Nothing).collect()
    }

    /// The share of the `atlas`' texels that have an origin of this kind; 0 of an empty atlas.
    pub fn share(&self, atlas: &[bool], is: impl Fn(Origin) -> bool) -> f64 {
        let texels = atlas.iter().filter(|a| **a).count().max(1);
        let found = self.origin.iter().zip(atlas).filter(|(origin, atlas)| **atlas && is(**origin)).count();
        found as f64 / texels as f64
    }

    /// A picture of the origins: a colour for each view, violet for the mirror, grey for the texture, white for what is
    /// interpolated, black for nothing.
    pub fn origins(&self) -> Picture {
        const VIEWS: [[f32; 3]; 4] = [[0.95, 0.75, 0.25], [0.30, 0.60, 0.90], [0.90, 0.40, 0.35], [0.40, 0.75, 0.45]];
        let colour = |origin: &Origin| match origin {
            Origin::Nothing => [0.0; 3],
            Origin::View(view) => VIEWS[usize::from(*view) % VIEWS.len()],
            Origin::Mirror => [0.60, 0.40, 0.75],
            Origin::Texture => [0.6; 3],
            Origin::Between => [1.0; 3],
        };
        let data = self.origin.iter().flat_map(colour).collect();
        Picture { width: self.map.width, height: self.map.height, channels: 3, data }
    }

    /// Fills the texels without a colour that are on the atlas and pass, from a source whose colours are matched to those
    /// around them (plain Poisson blending).
    pub(super) fn filled(
        &self,
        source: Layer,
        atlas: &[bool],
        origin: Origin,
        passes: impl Fn(usize) -> bool,
    ) -> Result<Patchwork, Error> {
        self.checked(atlas)?;
        let known = self.known();
        let region: Vec<bool> = (0..known.len()).map(|p| atlas[p] && !known[p] && passes(p)).collect();
        let map = clone(Layer { map: &self.map, known: &known }, source, &region, 0.0)?.map;
        let origins = self.origin.iter().zip(&region).map(|(old, new)| if *new { origin } else { *old });
        Ok(Patchwork { map: clamped(map), origin: origins.collect() })
    }

    /// Fills what is left on the atlas smoothly from the colours around it: specks in nostrils and between lips.
    pub fn interpolated(&self, atlas: &[bool]) -> Result<Patchwork, Error> {
        let nothing = vec![false; self.origin.len()];
        self.filled(Layer { map: &self.map, known: &nothing }, atlas, Origin::Between, |_| true)
    }

    /// Whether lists and map belong together.
    pub(super) fn checked(&self, atlas: &[bool]) -> Result<(), Error> {
        counted("list of origins", self.origin.len(), &self.map)?;
        counted("atlas", atlas.len(), &self.map)?;
        Layer { map: &self.map, known: &self.known() }.checked("map", &self.map)
    }
}
