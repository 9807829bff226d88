//! Pictures for people: meshes over photos, texture layouts, what a camera sees and what it does not, and poses.
//!
//! Pictures have three channels of sRGB, 0 to 1. Edges are smooth: everything is drawn [`OVER`] times as large, or by
//! its distance from a pixel's centre.

mod axes;
mod edges;
mod mesh;
mod strip;
mod texture;

use super::camera::Camera;
use super::mesh::{Topology, Vec3};
use super::picture::Picture;
use super::raster::{Faces, Fragments, maps, rasterize};

pub use axes::axes;
pub use mesh::{shaded, wireframe};
pub use strip::strip;
pub use texture::{layout, visibility};

/// Times that a picture is drawn larger than it is.
const OVER: usize = 3;

/// A mesh before a camera.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub topology: &'a Topology,
    pub positions: &'a [Vec3],
    pub camera: &'a Camera,
}

impl Scene<'_> {
    /// What the camera sees of the mesh's front, `over` times as large.
    fn fragments(&self, (width, height): (usize, usize), over: usize) -> Fragments {
        let projected = self.camera.enlarged(over as f32).project(self.positions);
        rasterize(&projected, &self.topology.triangles, (width * over, height * over), Faces::Front)
    }

    /// The depth as grey, white at the nearest, on black.
    pub fn depth(&self, size: (usize, usize)) -> Picture {
        let grey = maps::depth(&self.fragments(size, OVER), 0.15).reduced(OVER);
        let data = grey.data.iter().flat_map(|v| [*v; 3]).collect();
        Picture { channels: 3, data, ..grey }
    }

    /// PNCC on black: the colours of the mean face.
    pub fn pncc(&self, mean: &[Vec3], size: (usize, usize)) -> Picture {
        maps::pncc(&self.fragments(size, OVER), &self.topology.triangles, mean).reduced(OVER)
    }

    /// The normals before the camera as colours, on black.
    pub fn normals(&self, size: (usize, usize)) -> Picture {
        let turned = self.camera.turned(&self.topology.normals(self.positions));
        maps::normals(&self.fragments(size, OVER), &self.topology.triangles, &turned).reduced(OVER)
    }
}

/// Three channels of any picture: a single one is repeated, further ones are left out.
fn colours(picture: &Picture) -> Picture {
    if picture.channels == 3 {
        return picture.clone();
    }
    let mut out = Picture::new(picture.width, picture.height, 3);
    if picture.channels > 0 {
        for (out, pixel) in out.data.chunks_exact_mut(3).zip(picture.data.chunks_exact(picture.channels)) {
            for (c, out) in out.iter_mut().enumerate() {
                *out = if picture.channels < 3 { pixel[0] } else { pixel[c] };
            }
        }
    }
    out
}

/// Lays a colour over a pixel.
fn lay(pixel: &mut [f32], colour: Vec3, opacity: f32) {
    for (value, colour) in pixel.iter_mut().zip(colour) {
        *value += (colour - *value) * opacity;
    }
}

#[cfg(test)]
mod tests;
