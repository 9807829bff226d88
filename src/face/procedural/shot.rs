//! A picture of a person: what the camera shows, and all that is known of it.

use super::canvas::{Noise, ramp};
use super::person::{Expression, Person};
use super::solid::{Part, Solid};
use super::studio::{Lighting, Studio, around, joined, normals};
use super::worn::Worn;
use crate::face::camera::{Camera, Perspective, Pose};
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use crate::face::raster::{Faces, Fragments, rasterize};
use crate::face::visible;
use crate::random::Stream;

/// Subpixels along a pixel's side.
const OVER: usize = 2;
/// The head's middle, about which it turns; how far the camera is, and how much it sees there, in half face heights.
const MIDDLE: Vec3 = [0.0, 0.13, -0.10];
const DISTANCE: f32 = 11.0;
const FRAME: f32 = 3.10;
/// Millimetres of a half face height.
pub const MILLIMETRES: f32 = 95.0;

/// Everything of one photo but the person.
#[derive(Clone, Debug)]
pub struct Moment {
    pub pose: Pose,
    /// Part of the frame by which the head is off its middle, to the right and up.
    pub offset: [f32; 2],
    /// Size of the head beside the usual one.
    pub zoom: f32,
    /// Which of the benchmark's lights it is, and that light in its colour.
    pub number: usize,
    pub light: Lighting,
    /// The light's colour, about 1.
    pub tint: Vec3,
    pub expression: Expression,
    pub worn: Worn,
    /// Whether hair hides what is under it.
    pub hair: bool,
    /// Linear colours of the cloth and of the ground's upper and lower half.
    pub cloth: Vec3,
    pub ground: [Vec3; 2],
    /// Of the border between seen and unseen, and of the ground.
    pub noise: Stream,
}

/// A face before its camera.
pub struct Scene<'a> {
    pub studio: &'a Studio,
    pub moment: &'a Moment,
    pub positions: Vec<Vec3>,
    /// Bust, hair and what is worn.
    solid: Solid,
    shades: Vec<[f32; 4]>,
    normals: Vec<Vec3>,
}

/// A picture and what is known of it.
pub struct Shot {
    /// S x S x 3, sRGB 0 to 1.
    pub image: Picture,
    /// Numbers of [`Part`]s.
    pub parts: Vec<u8>,
    /// Millimetres before the head's middle (negative: behind it); minus infinity on the ground.
    pub depth: Vec<f32>,
    /// In pixels of the picture, origin at its corner.
    pub landmarks: [[f32; 2]; 68],
    /// Whether nothing lies before a landmark.
    pub visible: [bool; 68],
}

impl<'a> Scene<'a> {
    pub fn new(studio: &'a Studio, person: &Person, moment: &'a Moment) -> Scene<'a> {
        let head = &studio.head;
        let positions = head.positions(person, &moment.expression);
        let (mut solid, hair) = around(head, &positions, person, &moment.expression, moment.cloth);
        if moment.hair {
            solid.append(&hair);
        }
        solid.append(&moment.worn.solid(head, &positions, person));
        let normals = normals(head, &positions, &solid);
        let rotation = moment.pose.rotation();
        let eye = rotation.0[2];
        let shades = studio.shades(&normals, &moment.light, eye);
        Scene { studio, moment, positions, solid, shades, normals }
    }

    /// The face alone, for its sheet: without bust, hair and what is worn.
    pub fn bare(studio: &'a Studio, person: &Person, moment: &'a Moment) -> Scene<'a> {
        let positions = studio.head.positions(person, &moment.expression);
        let normals = studio.head.topology.normals(&positions);
        let shades = studio.shades(&normals, &moment.light, moment.pose.rotation().0[2]);
        Scene { studio, moment, positions, solid: Solid::default(), shades, normals }
    }

    /// The lit sheet, which pictures show.
    pub fn complete(&self, albedo: &[u8]) -> Picture {
        self.studio.lit(albedo, &self.shades[..self.positions.len()])
    }

    /// The camera for a picture of `size` pixels.
    pub fn camera(&self, size: usize) -> Camera {
        let focal = size as f32 * DISTANCE / FRAME * self.moment.zoom;
        let rotation = self.moment.pose.rotation();
        let mut camera = Perspective::before(rotation, DISTANCE, focal, (size, size));
        let turned = rotation.of(MIDDLE);
        camera.translation = [0, 1, 2].map(|k| camera.translation[k] - turned[k]);
        let [right, up] = self.moment.offset.map(|o| o * size as f32);
        camera.principal = [camera.principal[0] + right, camera.principal[1] - up];
        Camera::Perspective(camera)
    }

    /// Texels of the sheet that the camera sees; where `frayed` the border is moved by noise, as on maps off photos.
    pub fn seen(&self, frayed: bool) -> Vec<bool> {
        let (topology, positions) = joined(&self.studio.head.topology, &self.positions, &self.solid);
        let size = self.studio.size();
        let noise = Noise::new(self.moment.noise.named("fray"));
        let fray = |u: f32, v: f32| {
            if frayed { 0.6 * noise.at(u * 9.0, v * 9.0) + 0.6 * noise.at(u * 31.0, v * 31.0) } else { 0.0 }
        };
        let depth = (size * 2).clamp(96, 384);
        visible::texels(
            &topology,
            &positions,
            &self.normals,
            &self.studio.atlas,
            &self.moment.pose.rotation(),
            depth,
            fray,
        )
    }

    /// What the head shows at each subpixel, and what all else does.
    pub fn drawn(&self, size: usize) -> [Fragments; 2] {
        let (camera, sides) = (self.camera(size * OVER), (size * OVER, size * OVER));
        let head =
            rasterize(&camera.project(&self.positions), &self.studio.head.topology.triangles, sides, Faces::Front);
        let rest =
            rasterize(&camera.project(&self.solid.positions), &self.solid.topology.triangles, sides, Faces::Both);
        [head, rest]
    }

    /// The photo, of `size` x `size` pixels, that shows the lit sheet.
    pub fn shot(&self, complete: &Picture, size: usize) -> Shot {
        let [head, rest] = self.drawn(size);
        let paint = Paint::new(self, complete, size);
        let mut image = Picture::new(size, size, 3);
        let (mut parts, mut depth) = (vec![0; size * size], vec![f32::NEG_INFINITY; size * size]);
        let wide = size * OVER;
        for p in 0..size * size {
            let (x, y) = (p % size * OVER, p / size * OVER);
            let under = [y * wide + x, y * wide + x + 1, (y + 1) * wide + x, (y + 1) * wide + x + 1];
            let found = under.map(|i| paint.part(&head, &rest, i));
            let pixel = &mut image.data[3 * p..3 * p + 3];
            for (i, part) in under.into_iter().zip(found) {
                let colour = paint.colour(&head, &rest, i, part);
                pixel.iter_mut().zip(colour).for_each(|(to, c)| *to += 0.25 * c);
            }
            // What most of the pixel shows; of as many, the first.
            let count = |part: Part| found.iter().filter(|other| **other == part).count();
            let k = (0..4).fold(0, |best, k| if count(found[k]) > count(found[best]) { k } else { best });
            parts[p] = found[k] as u8;
            if found[k] != Part::Ground {
                depth[p] = (head.depth[under[k]].max(rest.depth[under[k]]) + DISTANCE) * MILLIMETRES;
            }
        }
        let (landmarks, visible) = self.landmarks(&head, &rest, size);
        Shot { image, parts, depth, landmarks, visible }
    }

    fn landmarks(&self, head: &Fragments, rest: &Fragments, size: usize) -> ([[f32; 2]; 68], [bool; 68]) {
        let camera = self.camera(size);
        let points = self.studio.landmarks.map(|v| camera.point(self.positions[v as usize]));
        let seen = |k: usize| {
            let [x, y, near] = points[k];
            let normal = self.moment.pose.rotation().of(self.normals[self.studio.landmarks[k] as usize]);
            let limit = (size * OVER) as f32 - 1.0;
            let inside = x >= 0.0 && y >= 0.0 && x < size as f32 && y < size as f32;
            let i = (y * OVER as f32).clamp(0.0, limit) as usize * size * OVER
                + (x * OVER as f32).clamp(0.0, limit) as usize;
            inside && normal[2] > -0.2 && head.depth[i].max(rest.depth[i]) < 0.06 - 1.0 / near
        };
        (points.map(|[x, y, _]| [x, y]), std::array::from_fn(seen))
    }
}

/// Colours of subpixels.
struct Paint<'a> {
    scene: &'a Scene<'a>,
    complete: &'a Picture,
    /// Lit colours of the solid's vertices in sRGB.
    lit: Vec<Vec3>,
    strands: Noise,
    ground: Vec<Vec3>,
    wide: usize,
}

impl<'a> Paint<'a> {
    fn new(scene: &'a Scene, complete: &'a Picture, size: usize) -> Paint<'a> {
        let Scene { studio, solid, shades, positions, moment, .. } = scene;
        let behind = &shades[positions.len()..];
        let lit = |(colour, shade): (&Vec3, &[f32; 4])| {
            studio.encoded([0, 1, 2].map(|c| colour[c] * shade[c] + 0.6 * shade[3]))
        };
        let lit = solid.colours.iter().zip(behind).map(lit).collect();
        let noise = Noise::new(moment.noise.named("ground"));
        let [above, below] = moment.ground.map(|c| studio.encoded(c));
        let cells = 33;
        let ground = (0..cells * cells)
            .map(|i| {
                let (x, y) = ((i % cells) as f32 / 32.0, (i / cells) as f32 / 32.0);
                let cloud = 1.0 + 0.35 * noise.cloud(x * 2.5, y * 2.5);
                [0, 1, 2].map(|k| (above[k] + (below[k] - above[k]) * ramp(0.0, 1.0, y)) * cloud)
            })
            .collect();
        Paint { scene, complete, lit, strands: Noise::new(moment.noise.named("strands")), ground, wide: size * OVER }
    }

    fn part(&self, head: &Fragments, rest: &Fragments, i: usize) -> Part {
        match (head.covers(i), rest.covers(i)) {
            (false, false) => Part::Ground,
            (true, false) => Part::Face,
            (true, true) if head.depth[i] >= rest.depth[i] => Part::Face,
            _ => self.scene.solid.parts.get(rest.triangle[i] as usize).copied().unwrap_or(Part::Ground),
        }
    }

    fn colour(&self, head: &Fragments, rest: &Fragments, i: usize, part: Part) -> Vec3 {
        let (studio, solid) = (self.scene.studio, &self.scene.solid);
        match part {
            Part::Ground => {
                let scale = 32.0 / self.wide as f32;
                let (x, y) = ((i % self.wide) as f32 * scale, (i / self.wide) as f32 * scale);
                let (a, b, u, v) = (x as usize, y as usize, x.fract(), y.fract());
                let at = |a: usize, b: usize| self.ground[b.min(32) * 33 + a.min(32)];
                let (p, q, r, s) = (at(a, b), at(a + 1, b), at(a, b + 1), at(a + 1, b + 1));
                [0, 1, 2]
                    .map(|k| ((p[k] * (1.0 - u) + q[k] * u) * (1.0 - v) + (r[k] * (1.0 - u) + s[k] * u) * v).min(1.0))
            }
            Part::Face => {
                let topology = &studio.head.topology;
                let [u, v] = head.at(&topology.triangles, i, &topology.uv).unwrap_or_default();
                let mut colour = [0.0; 3];
                let size = self.complete.width as f32;
                self.complete.sample(u * size, v * size, &mut colour);
                colour
            }
            part => {
                let colour = rest.at(&solid.topology.triangles, i, &self.lit).unwrap_or_default();
                if part != Part::Hair {
                    return colour;
                }
                let [u, v] = rest.at(&solid.topology.triangles, i, &solid.topology.uv).unwrap_or_default();
                let strand = 0.86
                    + 0.24 * self.strands.at(u * 330.0 + 5.0 * v, v * 6.0)
                    + 0.14 * self.strands.at(u * 110.0, v * 4.0 + 50.0);
                colour.map(|c| (c * strand).min(1.0))
            }
        }
    }
}

#[cfg(test)]
#[path = "shot_tests.rs"]
mod tests;
