//! Colours of pixels from what their subpixels show.

use super::canvas::{Noise, ramp};
use super::shot::{Drawn, Scene};
use super::solid::Part;
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use crate::face::raster::Fragments;

/// Knots of the ground along a side.
const KNOTS: usize = 33;
/// Texels that the subpixels of a pixel may lie apart and still be read as one.
const NEAR: f32 = 4.0;

pub struct Paint<'a> {
    drawn: &'a Drawn,
    complete: &'a Picture,
    /// In sRGB: zeros for the head's vertices, then lit colours of the solid's.
    lit: Vec<Vec3>,
    /// Of all vertices.
    uv: Vec<[f32; 2]>,
    strands: Noise,
    ground: Vec<Vec3>,
    size: usize,
}

impl<'a> Paint<'a> {
    pub fn new(scene: &'a Scene, drawn: &'a Drawn, complete: &'a Picture, size: usize) -> Paint<'a> {
        let Scene { studio, solid, shades, positions, moment, .. } = scene;
        let behind = &shades[positions.len()..];
        let one = |(colour, shade): (&Vec3, &[f32; 4])| {
            studio.encoded([0, 1, 2].map(|c| colour[c] * shade[c] + 0.6 * shade[3]))
        };
        let mut lit = vec![[0.0; 3]; positions.len()];
        lit.extend(solid.colours.iter().zip(behind).map(one));
        let noise = Noise::new(moment.noise.named("ground"));
        let [above, below] = moment.ground.map(|c| studio.encoded(c));
        let knot = |i: usize| {
            let place = |k: usize| k as f32 / (KNOTS - 1) as f32;
            let (x, y) = (place(i % KNOTS), place(i / KNOTS));
            let cloud = 1.0 + 0.35 * noise.cloud(x * 2.5, y * 2.5);
            [0, 1, 2].map(|k| (above[k] + (below[k] - above[k]) * ramp(0.0, 1.0, y)) * cloud)
        };
        let ground = (0..KNOTS * KNOTS).map(knot).collect();
        let uv = [studio.head.topology.uv.as_slice(), &solid.topology.uv].concat();
        Paint { drawn, complete, lit, uv, strands: Noise::new(moment.noise.named("strands")), ground, size }
    }

    /// The colour of pixel `p`, whose subpixels `under` of a band show these parts.
    pub fn pixel(&self, band: &Fragments, p: usize, under: [usize; 4], parts: [Part; 4]) -> Vec3 {
        if parts[1] == parts[0] && parts[2] == parts[0] && parts[3] == parts[0] {
            match parts[0] {
                Part::Ground => return self.ground(p),
                Part::Face => {
                    if let Some(colour) = self.face(band, under) {
                        return colour;
                    }
                }
                Part::Hair => return self.hair(band, under[0]),
                _ => {}
            }
        }
        let one = |k: usize| match parts[k] {
            Part::Ground => self.ground(p),
            Part::Face => self.sampled(self.place(band, under[k])),
            Part::Hair => self.hair(band, under[k]),
            _ => self.colour(band, under[k]),
        };
        mean([one(0), one(1), one(2), one(3)])
    }

    /// The sheet half way between two opposite subpixels, the pixel's middle; nothing where they lie far apart on it.
    #[inline]
    fn face(&self, band: &Fragments, under: [usize; 4]) -> Option<Vec3> {
        let (a, b) = (self.place(band, under[0]), self.place(band, under[3]));
        let near = NEAR / self.complete.width as f32;
        let close = (a[0] - b[0]).abs() < near && (a[1] - b[1]).abs() < near;
        close.then(|| self.sampled([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]))
    }

    /// Where a subpixel lies on its texture.
    #[inline]
    fn place(&self, band: &Fragments, i: usize) -> [f32; 2] {
        band.at(&self.drawn.triangles, i, &self.uv).unwrap_or_default()
    }

    #[inline]
    fn sampled(&self, [u, v]: [f32; 2]) -> Vec3 {
        let (mut colour, size) = ([0.0; 3], self.complete.width as f32);
        self.complete.sample(u * size, v * size, &mut colour);
        colour
    }

    #[inline]
    fn colour(&self, band: &Fragments, i: usize) -> Vec3 {
        band.at(&self.drawn.triangles, i, &self.lit).unwrap_or_default()
    }

    /// Strands over the colour of hair.
    fn hair(&self, band: &Fragments, i: usize) -> Vec3 {
        let ([u, v], [red, green, blue]) = (self.place(band, i), self.colour(band, i));
        let fine = self.strands.at(u * 330.0 + 5.0 * v, v * 6.0);
        let strand = 0.86 + 0.24 * fine + 0.14 * self.strands.at(u * 110.0, v * 4.0 + 50.0);
        [(red * strand).min(1.0), (green * strand).min(1.0), (blue * strand).min(1.0)]
    }

    fn ground(&self, p: usize) -> Vec3 {
        let scale = (KNOTS - 1) as f32 / self.size as f32;
        let (x, y) = ((p % self.size) as f32 * scale, (p / self.size) as f32 * scale);
        let (a, b) = (x as usize, y as usize);
        let (u, v) = (x - a as f32, y - b as f32);
        let at = |a: usize, b: usize| self.ground[b.min(KNOTS - 1) * KNOTS + a.min(KNOTS - 1)];
        let (p, q, r, s) = (at(a, b), at(a + 1, b), at(a, b + 1), at(a + 1, b + 1));
        let of = |k: usize| (p[k] * (1.0 - u) + q[k] * u) * (1.0 - v) + (r[k] * (1.0 - u) + s[k] * u) * v;
        [of(0).min(1.0), of(1).min(1.0), of(2).min(1.0)]
    }
}

#[inline]
fn mean(colours: [Vec3; 4]) -> Vec3 {
    let of = |k: usize| (colours[0][k] + colours[1][k] + colours[2][k] + colours[3][k]) / 4.0;
    [of(0), of(1), of(2)]
}
