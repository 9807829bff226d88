//! A face lit and photographed: its lit sheet, and pictures that show that sheet.
//!
//! Light is that of a room and of one lamp. What of it reaches a place past nose, brows and chin is known for the mean
//! head: the open share of its half space for the room, and for the lamp the first nine spherical harmonics of what is
//! open (as Sloan, Kautz and Snyder, "Precomputed Radiance Transfer", SIGGRAPH 2002). Lighting is done at vertices and
//! laid on the sheet; a picture samples the lit sheet and nothing else, so that sheet and picture agree exactly.

use super::bust::bust;
use super::head::Head;
use super::landmarks::landmarks;
use super::palette::Encoder;
use super::person::{Expression, Person, Style};
use super::solid::Solid;
use super::to_linear;
use crate::face::camera::Rotation;
use crate::face::depth::Depth;
use crate::face::light::basis;
use crate::face::mesh::{Topology, Vec3, dot, unit};
use crate::face::picture::Picture;
use crate::face::raster::{Fragments, atlas};
use crate::random::Stream;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A room of one colour and a lamp; directions are of the head, which turns with its light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lighting {
    pub room: Vec3,
    /// Of length 1, towards the lamp.
    pub lamp: Vec3,
    pub strength: Vec3,
}

impl Lighting {
    /// Lights of the benchmark: 0 is the room's; 1 to 15 are lamps around the face, 16 to 18 above it, each in a dim room.
    pub const COUNT: usize = 19;

    /// The light of a number below [`Lighting::COUNT`].
    pub fn of(number: usize) -> Lighting {
        if number == 0 {
            return Lighting { room: [0.62; 3], lamp: unit([0.15, 0.75, 0.65]), strength: [0.45; 3] };
        }
        let (azimuth, elevation) = match number {
            n if n <= 15 => (12.0 * n as f32 - 96.0, 12.0f32),
            n => (45.0 * (n as f32 - 17.0), 48.0),
        };
        let ((sa, ca), (se, ce)) = (azimuth.to_radians().sin_cos(), elevation.to_radians().sin_cos());
        Lighting { room: [0.26; 3], lamp: [sa * ce, se, ca * ce], strength: [0.90; 3] }
    }

    /// The same of another colour, about 1.
    pub fn tinted(self, tint: Vec3) -> Lighting {
        let by = |a: Vec3| [a[0] * tint[0], a[1] * tint[1], a[2] * tint[2]];
        Lighting { room: by(self.room), strength: by(self.strength), ..self }
    }
}

/// What light reaches each vertex of the mean head and its bust: the room's share, and the harmonics of what is open.
struct Reach {
    room: f32,
    open: [f32; 9],
}

/// All that faces of one size share.
pub struct Studio {
    pub head: Arc<Head>,
    /// Texels of the sheet.
    pub atlas: Fragments,
    pub landmarks: [u32; 68],
    reach: Vec<Reach>,
    linear: Vec<f32>,
    encoder: Encoder,
}

/// Directions that openness is measured in.
const DIRECTIONS: usize = 96;

impl Studio {
    /// For sheets of `size` x `size` texels, on a head of about `side` x `side` vertices; made once for each.
    pub fn new(size: usize, side: usize) -> Arc<Studio> {
        static STUDIOS: Mutex<BTreeMap<(usize, usize), Arc<Studio>>> = Mutex::new(BTreeMap::new());
        let mut studios = STUDIOS.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let head = Head::new(side);
            let (atlas, landmarks, reach) = (atlas(&head.topology, size), landmarks(&head), reach(&head));
            let linear = (0..256).map(|v| to_linear(v as f32 / 255.0)).collect();
            Arc::new(Studio { head, atlas, landmarks, reach, linear, encoder: Encoder::default() })
        };
        studios.entry((size, side)).or_insert_with(make).clone()
    }

    /// Side of the sheet in texels.
    pub fn size(&self) -> usize {
        self.atlas.width
    }

    /// What a lit vertex shows for an albedo of 1 (linear), and its gloss. `eye` points to the camera.
    fn shade(&self, number: usize, normal: Vec3, light: &Lighting, open: &[f32; 9], eye: Vec3, wet: bool) -> [f32; 4] {
        let (room, lamp) = match self.reach.get(number) {
            Some(reach) => {
                let (a, b) = (&reach.open, open);
                let first = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
                let seen = first + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] + a[7] * b[7] + a[8] * b[8];
                (reach.room, smooth(0.15, 0.85, seen))
            }
            None => (0.9, 1.0),
        };
        // Skin lets some light around its edge, and red goes deepest.
        let face = dot(normal, light.lamp);
        let sky = room * (0.80 + 0.20 * normal[1] + 0.12 * normal[2]);
        let around = |soft: f32| match (face + soft) / (1.0 + soft) {
            lit if lit > 0.0 => lit.powf(1.0 + soft),
            _ => 0.0,
        };
        let soft = [around(0.22), around(0.10), around(0.08)];
        let half = unit([light.lamp[0] + eye[0], light.lamp[1] + eye[1], light.lamp[2] + eye[2]]);
        let shine = dot(normal, half).max(0.0);
        let gloss = if wet { 0.9 * shine.powi(90) } else { 0.050 * shine.powi(10) + 0.060 * shine.powi(28) };
        let out = |k: usize| light.room[k] * sky + light.strength[k] * lamp * soft[k];
        [out(0), out(1), out(2), gloss * lamp * light.strength[1]]
    }

    /// The light on every vertex of the head, and on those of the bust behind them.
    pub fn shades(&self, normals: &[Vec3], light: &Lighting, eye: Vec3) -> Vec<[f32; 4]> {
        let open = basis(light.lamp);
        let places = &self.head.places;
        let one = |(i, n): (usize, &Vec3)| {
            let wet = places.get(i).is_some_and(|p| p.ball);
            self.shade(i, *n, light, &open, eye, wet)
        };
        normals.iter().enumerate().map(one).collect()
    }

    /// The lit sheet, S x S x 3 in sRGB 0 to 1, of an albedo sheet in 8-bit sRGB.
    pub fn lit(&self, albedo: &[u8], shades: &[[f32; 4]]) -> Picture {
        let size = self.size();
        let mut sheet = Picture::new(size, size, 3);
        let triangles = &self.head.topology.triangles;
        for ((i, texel), albedo) in sheet.data.chunks_exact_mut(3).enumerate().zip(albedo.chunks_exact(3)) {
            let shade = self.atlas.at(triangles, i, shades).unwrap_or([0.5, 0.5, 0.5, 0.0]);
            let of = |c: usize| self.encoder.of(self.linear[usize::from(albedo[c])] * shade[c] + shade[3]);
            texel.copy_from_slice(&[of(0), of(1), of(2)]);
        }
        sheet
    }

    /// Linear light in sRGB.
    pub fn encoded(&self, colour: Vec3) -> Vec3 {
        [self.encoder.of(colour[0]), self.encoder.of(colour[1]), self.encoder.of(colour[2])]
    }
}

fn smooth(from: f32, to: f32, value: f32) -> f32 {
    super::canvas::ramp(from, to, value)
}

/// Of the mean head and a bald bust, in directions all around.
fn reach(head: &Head) -> Vec<Reach> {
    let person =
        Person { shape: [0.0; super::traits::MODES], style: Style::Bald, ..Person::new(Stream::new(0, "mean")) };
    let solid = bust(head, &head.mean, &person, &Expression::default(), [0.0; 3]);
    let both = joined(&head.topology, &head.mean, &solid);
    let normals = normals(head, &head.mean, &solid);
    let golden = std::f32::consts::PI * (3.0 - 5.0f32.sqrt());
    let seen: Vec<(Vec3, Vec<bool>)> = (0..DIRECTIONS)
        .into_par_iter()
        .map(|i| {
            let y = 1.0 - 2.0 * (i as f32 + 0.5) / DIRECTIONS as f32;
            let (sin, cos) = (golden * i as f32).sin_cos();
            let direction = [(1.0 - y * y).sqrt() * cos, y, (1.0 - y * y).sqrt() * sin];
            let turned: Vec<Vec3> = both.1.iter().map(|p| toward(direction).of(*p)).collect();
            let depth = Depth::draw(&both.0, &turned, 144);
            (direction, turned.iter().map(|p| depth.sees(*p, 0.05)).collect())
        })
        .collect();
    let one = |(i, normal): (usize, &Vec3)| {
        let (mut open, mut all, mut harmonics) = (0.0, 1e-6, [0.0; 9]);
        for (direction, seen) in &seen {
            let cos = dot(*normal, *direction);
            // What is behind the surface does not count as hidden.
            let visible = cos <= 0.0 || seen[i];
            all += cos.max(0.0);
            open += if visible { cos.max(0.0) } else { 0.0 };
            if visible {
                let weight = 4.0 * std::f32::consts::PI / DIRECTIONS as f32;
                harmonics.iter_mut().zip(basis(*direction)).for_each(|(h, b)| *h += weight * b);
            }
        }
        Reach { room: open / all, open: harmonics }
    };
    normals.iter().enumerate().map(one).collect()
}

/// A rotation that brings a direction towards the viewer.
fn toward(direction: Vec3) -> Rotation {
    let aside = if direction[1].abs() < 0.9 { [0.0, 1.0, 0.0] } else { [1.0, 0.0, 0.0] };
    let x = unit(crate::face::mesh::cross(aside, direction));
    Rotation([x, crate::face::mesh::cross(direction, x), direction])
}

/// Both meshes as one, the head's vertices and triangles first.
pub fn joined(topology: &Topology, positions: &[Vec3], solid: &Solid) -> (Topology, Vec<Vec3>) {
    let first = positions.len() as u32;
    let mut both = topology.clone();
    both.triangles.extend(solid.topology.triangles.iter().map(|t| t.map(|v| v + first)));
    both.uv.extend(&solid.topology.uv);
    (both, [positions, &solid.positions].concat())
}

/// Normals of the head's vertices, then the solid's.
pub fn normals(head: &Head, positions: &[Vec3], solid: &Solid) -> Vec<Vec3> {
    let mut all = head.topology.normals(positions);
    all.extend(solid.topology.normals(&solid.positions));
    all
}
