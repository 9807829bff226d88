//! What the rasterizer found, and values of vertices at pixels.

use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use rayon::prelude::*;

/// The number of no triangle.
pub const NONE: u32 = u32::MAX;
/// Pixels of a task.
const TASK: usize = 4096;

/// What each pixel shows, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fragments {
    pub width: usize,
    pub height: usize,
    /// The triangle's number, [`NONE`] where nothing is.
    pub triangle: Vec<u32>,
    /// How much each corner counts, at the surface (perspective-correct); from 0 to 1, of sum 1. Zeros where nothing is.
    pub weights: Vec<[f32; 3]>,
    /// Greater is nearer: z of an orthographic camera in pixels, minus the distance from a perspective one; minus
    /// infinity where nothing is.
    pub depth: Vec<f32>,
}

impl Fragments {
    /// A picture of nothing.
    pub fn empty(width: usize, height: usize) -> Fragments {
        let count = width * height;
        Fragments {
            width,
            height,
            triangle: vec![NONE; count],
            weights: vec![[0.0; 3]; count],
            depth: vec![f32::NEG_INFINITY; count],
        }
    }

    /// Nothing again.
    pub fn clear(&mut self) {
        self.triangle.fill(NONE);
        self.weights.fill([0.0; 3]);
        self.depth.fill(f32::NEG_INFINITY);
    }

    /// Whether a pixel shows anything.
    pub fn covers(&self, pixel: usize) -> bool {
        self.triangle[pixel] != NONE
    }

    /// 1 where something is, 0 elsewhere: H x W x 1.
    pub fn coverage(&self) -> Picture {
        let data = self.triangle.iter().map(|t| if *t == NONE { 0.0 } else { 1.0 }).collect();
        Picture { width: self.width, height: self.height, channels: 1, data }
    }

    /// A value of the vertices (one for each) at a pixel; `None` where nothing is.
    #[inline]
    pub fn at<const N: usize>(&self, triangles: &[[u32; 3]], pixel: usize, values: &[[f32; N]]) -> Option<[f32; N]> {
        let [a, b, c] = *triangles.get(self.triangle[pixel] as usize)?;
        let (a, b, c) = (&values[a as usize], &values[b as usize], &values[c as usize]);
        let [p, q, r] = self.weights[pixel];
        let mut out = [0.0; N];
        for k in 0..N {
            out[k] = p * a[k] + q * b[k] + r * c[k];
        }
        Some(out)
    }

    /// A value of the vertices (one for each) at every pixel; `nothing` where nothing is.
    pub fn interpolate<const N: usize>(
        &self,
        triangles: &[[u32; 3]],
        values: &[[f32; N]],
        nothing: [f32; N],
    ) -> Vec<[f32; N]> {
        let mut out = vec![nothing; self.triangle.len()];
        out.par_chunks_mut(TASK).enumerate().for_each(|(task, part)| {
            for (pixel, out) in (task * TASK..).zip(part) {
                if let Some(value) = self.at(triangles, pixel, values) {
                    *out = value;
                }
            }
        });
        out
    }

    /// As [`Fragments::interpolate`], as a picture of N channels.
    pub fn picture<const N: usize>(&self, triangles: &[[u32; 3]], values: &[[f32; N]], nothing: [f32; N]) -> Picture {
        let data = self.interpolate(triangles, values, nothing).into_flattened();
        Picture { width: self.width, height: self.height, channels: N, data }
    }

    /// Directions of the vertices at every pixel, of length 1; zeros where nothing is.
    pub fn directions(&self, triangles: &[[u32; 3]], directions: &[Vec3]) -> Vec<Vec3> {
        let mut out = self.interpolate(triangles, directions, [0.0; 3]);
        out.par_chunks_mut(TASK).for_each(|part| part.iter_mut().for_each(|d| *d = crate::face::mesh::unit(*d)));
        out
    }
}
