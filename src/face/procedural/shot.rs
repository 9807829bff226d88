//! A picture of a person: what the camera shows, and all that is known of it.

use super::bust::{bust, stretch};
use super::canvas::Noise;
use super::paint::Paint;
use super::person::{Expression, Person};
use super::solid::{Part, Solid};
use super::studio::{Lighting, Studio, joined, normals};
use super::tresses::tresses;
use super::worn::Worn;
use crate::face::camera::{Camera, Perspective, Pose, Projected};
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use crate::face::raster::{self, Faces, Fragments, NONE};
use crate::face::visible;
use crate::random::Stream;

/// Subpixels along a pixel's side.
const OVER: usize = 2;
/// The head's middle, about which it turns; how far the camera is, and how much it sees there, in half face heights.
const MIDDLE: Vec3 = [0.0, 0.08, -0.10];
const DISTANCE: f32 = 11.0;
const FRAME: f32 = 2.80;
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
    pub(super) solid: Solid,
    pub(super) shades: Vec<[f32; 4]>,
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

/// Somebody: what all pictures of a person have in common.
pub struct Subject {
    pub person: Person,
    /// The face at rest.
    neutral: Vec<Vec3>,
    hair: Solid,
}

impl Subject {
    pub fn new(studio: &Studio, person: Person) -> Subject {
        let neutral = studio.head.neutral(&person);
        let hair = tresses(&person, stretch(&studio.head, &neutral));
        Subject { person, neutral, hair }
    }
}

impl<'a> Scene<'a> {
    pub fn new(studio: &'a Studio, subject: &Subject, moment: &'a Moment) -> Scene<'a> {
        let (head, person) = (&studio.head, &subject.person);
        let positions = head.moved(&subject.neutral, &moment.expression);
        let mut solid = bust(head, &positions, person, &moment.expression, moment.cloth);
        if moment.hair {
            solid.append(&subject.hair);
        }
        solid.append(&moment.worn.solid(head, &positions, person));
        let normals = normals(head, &positions, &solid);
        let shades = studio.shades(&normals, &moment.light, moment.pose.rotation().0[2]);
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

    /// Texels of the sheet that the camera sees: not behind anything, and not more oblique than 81 degrees. `frayed`: the
    /// border is smoothed and then moved by noise, as it is on maps off photos.
    pub fn seen(&self, frayed: bool) -> Vec<bool> {
        let (topology, positions) = joined(&self.studio.head.topology, &self.positions, &self.solid);
        let (atlas, size) = (&self.studio.atlas, self.studio.size());
        let rotation = self.moment.pose.rotation();
        let depth = (size * 2).clamp(96, 256);
        let sharp = visible::sight(&topology, &positions, &self.normals, atlas, &rotation, depth);
        if !frayed {
            return sharp.into_iter().map(|sight| sight > 0.5).collect();
        }
        let noise = Noise::new(self.moment.noise.named("fray"));
        visible::worn(&sharp, atlas, |u, v| 0.6 * noise.at(u * 9.0, v * 9.0) + 0.6 * noise.at(u * 31.0, v * 31.0))
    }

    /// What may be seen on a picture of `size` pixels, which has [`OVER`] x [`OVER`] subpixels in each.
    pub fn drawn(&self, size: usize) -> Drawn {
        let camera = self.camera(size * OVER);
        let both = [self.positions.as_slice(), &self.solid.positions].concat();
        let projected = camera.project(&both);
        let at = |v: u32| projected.points[v as usize];
        // Of the sheet and of closed surfaces, what faces the camera.
        let front = |[a, b, c]: &[u32; 3]| {
            let (a, b, c) = (at(*a), at(*b), at(*c));
            (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0.0
        };
        let mut triangles = Vec::with_capacity(self.studio.head.topology.triangles.len() + self.solid.parts.len());
        triangles.extend(self.studio.head.topology.triangles.iter().filter(|t| front(t)));
        let (first, face) = (self.positions.len() as u32, triangles.len());
        let mut parts = Vec::with_capacity(self.solid.parts.len());
        let solid = self.solid.topology.triangles.iter().zip(self.solid.parts.iter().zip(&self.solid.open));
        for ([a, b, c], (part, open)) in solid {
            let triangle = [a + first, b + first, c + first];
            if *open || front(&triangle) {
                triangles.push(triangle);
                parts.push(*part);
            }
        }
        Drawn { projected, side: size * OVER, triangles, face, parts }
    }

    /// The photo, of `size` x `size` pixels, that shows the lit sheet.
    pub fn shot(&self, complete: &Picture, size: usize) -> Shot {
        const ROWS: usize = raster::ROWS / OVER;
        let drawn = self.drawn(size);
        let paint = Paint::new(self, &drawn, complete, size);
        let mut image = Picture::new(size, size, 3);
        let (mut parts, mut depth) = (vec![0; size * size], vec![f32::NEG_INFINITY; size * size]);
        let points = self.points(size);
        let rows = image.data.chunks_mut(3 * ROWS * size).zip(parts.chunks_mut(ROWS * size));
        let outs = rows.zip(depth.chunks_mut(ROWS * size)).map(|((image, parts), depth)| (image, parts, depth));
        let nearest = drawn.in_bands(outs.collect(), |top, fragments, (image, parts, depth)| {
            let first = top / OVER * size;
            for (p, pixel) in image.chunks_exact_mut(3).enumerate() {
                let under = subpixels(p, size);
                let part = |k: usize| drawn.part(fragments.triangle[under[k]]);
                let found = [part(0), part(1), part(2), part(3)];
                pixel.copy_from_slice(&paint.pixel(fragments, first + p, under, found));
                let k = most(found);
                parts[p] = found[k] as u8;
                if found[k] != Part::Ground {
                    depth[p] = (fragments.depth[under[k]] + DISTANCE) * MILLIMETRES;
                }
            }
            let inside = |p: &Vec3| row(p[1], size).checked_sub(top).filter(|row| *row < raster::ROWS);
            let near = |(k, p): (usize, &Vec3)| Some((k, fragments.depth[inside(p)? * size * OVER + row(p[0], size)]));
            points.iter().enumerate().filter_map(near).collect::<Vec<_>>()
        });
        let mut before = [f32::NEG_INFINITY; 68];
        nearest.into_iter().flatten().for_each(|(k, near)| before[k] = near);
        let visible = std::array::from_fn(|k| self.visible(k, points[k], before[k], size));
        Shot { image, parts, depth, landmarks: points.map(|[x, y, _]| [x, y]), visible }
    }

    /// The landmarks: x and y in pixels and 1 / distance.
    fn points(&self, size: usize) -> [Vec3; 68] {
        let camera = self.camera(size);
        self.studio.landmarks.map(|v| camera.point(self.positions[v as usize]))
    }

    /// Whether a landmark is on the picture, not turned away, and nothing lies before it; `before` is the depth drawn
    /// there.
    fn visible(&self, k: usize, [x, y, near]: Vec3, before: f32, size: usize) -> bool {
        let normal = self.moment.pose.rotation().of(self.normals[self.studio.landmarks[k] as usize]);
        let inside = x >= 0.0 && y >= 0.0 && x < size as f32 && y < size as f32;
        inside && normal[2] > -0.2 && before < 0.06 - 1.0 / near
    }
}

/// The subpixels' row or column of a place in pixels.
fn row(place: f32, size: usize) -> usize {
    (place * OVER as f32).clamp(0.0, (size * OVER) as f32 - 1.0) as usize
}

/// The subpixel that shows what most of the pixel shows; of as many, the first.
#[inline]
fn most(found: [Part; 4]) -> usize {
    if found == [found[0]; 4] {
        return 0;
    }
    let count = |part: Part| found.iter().filter(|other| **other == part).count();
    (1..4).fold(0, |best, k| if count(found[k]) > count(found[best]) { k } else { best })
}

/// What a camera may see, ready to be drawn.
pub struct Drawn {
    projected: Projected,
    /// Subpixels along a side of the picture.
    side: usize,
    /// The sheet's first.
    pub triangles: Vec<[u32; 3]>,
    /// How many are the sheet's, and the parts of the others.
    face: usize,
    parts: Vec<Part>,
}

impl Drawn {
    /// Draws a band of subpixels after the other.
    fn in_bands<T: Send, R: Send>(&self, outs: Vec<T>, work: impl Fn(usize, &Fragments, T) -> R + Sync) -> Vec<R> {
        raster::in_bands((&self.projected, &self.triangles), (self.side, self.side), Faces::Both, outs, work)
    }

    /// The part that a subpixel shows by its triangle.
    #[inline]
    pub fn part(&self, triangle: u32) -> Part {
        match triangle {
            NONE => Part::Ground,
            t if (t as usize) < self.face => Part::Face,
            t => self.parts.get(t as usize - self.face).copied().unwrap_or(Part::Ground),
        }
    }

    /// Every subpixel.
    #[cfg(test)]
    pub fn fragments(&self) -> Fragments {
        raster::rasterize(&self.projected, &self.triangles, (self.side, self.side), Faces::Both)
    }
}

/// The subpixels of a pixel.
#[inline]
pub fn subpixels(p: usize, size: usize) -> [usize; 4] {
    let first = p / size * OVER * size * OVER + p % size * OVER;
    [first, first + 1, first + size * OVER, first + size * OVER + 1]
}

#[cfg(test)]
#[path = "shot_tests.rs"]
mod tests;
