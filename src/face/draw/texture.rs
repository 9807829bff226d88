//! Pictures of a texture: where its triangles lie, and what of it a camera sees.

use super::edges::edges;
use super::{OVER, colours, lay};
use crate::face::mesh::{Topology, Vec3};
use crate::face::picture::Picture;
use crate::face::raster::{Fragments, atlas};

const PAPER: Vec3 = [1.0; 3];
const AREA: Vec3 = [0.90, 0.93, 0.97];
const INK: Vec3 = [0.16, 0.27, 0.45];
/// What is not seen; told from what is by colour-blind eyes too.
const HIDDEN: Vec3 = [0.90, 0.45, 0.15];
const SEEN: Vec3 = [0.20, 0.45, 0.70];

/// The triangles on the texture, `size` x `size`.
pub fn layout(topology: &Topology, size: usize) -> Picture {
    let large = size * OVER;
    let atlas = atlas(topology, large);
    let points: Vec<Vec3> = topology.uv.iter().map(|[u, v]| [u * large as f32, v * large as f32, 0.0]).collect();
    let lines = edges(&atlas, &topology.triangles, &points, 0.22 * OVER as f32);
    let mut out = Picture::filled(large, large, &PAPER);
    for (i, pixel) in out.data.chunks_exact_mut(3).enumerate() {
        if atlas.covers(i) {
            lay(pixel, if lines.data[i] > 0.0 { INK } else { AREA }, 1.0);
        }
    }
    out.reduced(OVER)
}

/// Which texels of an atlas are seen: blue, the others orange, white where there is no face. With a texture of the
/// atlas's size, what is seen shows it and the rest is toned orange.
pub fn visibility(atlas: &Fragments, seen: &[bool], texture: Option<&Picture>) -> Picture {
    let size = (atlas.width, atlas.height);
    let texture = texture.filter(|t| (t.width, t.height) == size).map(colours);
    let toned = texture.is_some();
    let mut out = texture.unwrap_or_else(|| Picture::filled(size.0, size.1, &PAPER));
    for (i, (pixel, seen)) in out.data.chunks_exact_mut(3).zip(seen).enumerate() {
        match (atlas.covers(i), seen) {
            (false, _) => lay(pixel, PAPER, 1.0),
            (true, true) => lay(pixel, SEEN, if toned { 0.0 } else { 1.0 }),
            (true, false) => lay(pixel, HIDDEN, if toned { 0.7 } else { 1.0 }),
        }
    }
    out
}
