//! Procedural faces in pictures, with the coefficients that they were drawn from: what a regressor learns without data.
//!
//! The model is `face::tddfa::procedural`: the pose as a 3 x 4 matrix, 36 shapes and 13 expressions, normalised. Each person
//! is seen 16 times, turned by up to 70 degrees, under a lamp of any side, before a ground of two colours.
//! `yaw` is its absolute value in degrees. People are split in order, 80 % for training, 10 % each for validation and test.
//! Geometric transforms move the picture and not the coefficients, and have no place here.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{Array, DataError, Sample, Split, read};
use crate::face::camera::Rotation;
use crate::face::light::Light;
use crate::face::mesh::{Topology, Vec3, unit};
use crate::face::picture::Picture;
use crate::face::procedural::{Encoder, Person, albedo, to_linear};
use crate::face::tddfa::{Parametric, draw, procedural};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Type, ports, settings};

/// Pictures of each person.
const PHOTOS: usize = 16;
/// Side of the texture sheets, in texels.
const SHEET: usize = 96;
/// Times that a picture is drawn larger than it is.
const OVER: usize = 2;

settings! {
    pub struct SyntheticFits {
        /// Side of a picture in pixels.
        size: usize = 120_usize, min = 8;
        /// People, over all splits.
        identities: usize = 300_usize, min = 3;
    }
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: "synthetic-fits",
        doc: "Procedural faces in pictures, with the coefficients that they were drawn from.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["image: image", "coefficients: coefficients", "yaw: scalar"]),
        networks: vec![],
        settings: SyntheticFits::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files: super::no_files }
}

impl SyntheticFits {
    /// People of a split.
    fn range(&self, split: Split) -> std::ops::Range<usize> {
        let (all, held) = (self.identities, ((self.identities as f64 * 0.1).round() as usize).max(1));
        match split {
            Split::Train => 0..all - 2 * held,
            Split::Validation => all - 2 * held..all - held,
            Split::Test => all - held..all,
        }
    }

    fn edges(&self) -> Vec<(String, Edge)> {
        let model = procedural();
        let parts = model.parts.iter().map(|(name, count)| (name.to_string(), *count)).collect();
        let coefficients = Edge { parts, ..Edge::new(Type::Coefficients, [model.len(), 1, 1]) };
        vec![
            ("image".into(), Edge::image(3, self.size, self.size)),
            ("coefficients".into(), coefficients),
            ("yaw".into(), Edge::scalar()),
        ]
    }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: SyntheticFits = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    if settings.identities < 3 {
        return Err(Problem::new("3 identities are needed, one for each split").at_setting("identities"));
    }
    Ok(settings.edges())
}

fn open(settings: &Settings, _: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: SyntheticFits = read(settings)?;
    if settings.identities < 3 {
        return Err(DataError::setting("identities", "3 are needed, one for each split"));
    }
    let model = procedural();
    let topology = Topology { triangles: model.triangles.clone(), uv: model.uv.clone() };
    let sheets = (0..settings.identities).into_par_iter().map(|i| sheet(&person(i))).collect();
    let ports = settings.edges();
    Ok(Arc::new(Fits { settings, model, topology, sheets, ports, encoder: Encoder::default() }))
}

fn stream(identity: usize) -> Stream {
    Stream::new(0, "synthetic-fits").fork(identity as u64)
}

fn person(identity: usize) -> Person {
    Person::new(stream(identity))
}

/// A person's albedo as 8-bit sRGB.
fn sheet(person: &Person) -> Vec<[u8; 3]> {
    albedo(person, SHEET).into_iter().map(|c| c.map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8)).collect()
}

struct Fits {
    settings: SyntheticFits,
    model: &'static Parametric,
    topology: Topology,
    /// Of each person.
    sheets: Vec<Vec<[u8; 3]>>,
    ports: Vec<(String, Edge)>,
    encoder: Encoder,
}

impl Fits {
    /// The picture of these parameters, sRGB 0 to 1.
    fn picture(&self, identity: usize, parameters: &[f32], draw: &mut Stream) -> Picture {
        let size = self.settings.size * OVER;
        let fragments = self.model.seen(parameters, size);
        let points: Vec<Vec3> =
            self.model.surface.points(&parameters[12..]).into_iter().map(|p| p.map(|v| v as f32)).collect();
        let turned =
            Rotation([0, 1, 2].map(|k| unit([parameters[4 * k], parameters[4 * k + 1], parameters[4 * k + 2]])));
        let normals: Vec<Vec3> = self.topology.normals(&points).into_iter().map(|n| turned.of(n)).collect();
        let normals = fragments.directions(&self.topology.triangles, &normals);
        let light = lamp(draw);
        let mut colour = || [0; 3].map(|_| draw.between(0.05, 0.8) as f32);
        let (above, below) = (colour(), colour());
        let mut picture = Picture::new(size, size, 3);
        for (i, pixel) in picture.data.chunks_exact_mut(3).enumerate() {
            let down = (i / size) as f32 / size as f32;
            let seen = match fragments.at(&self.topology.triangles, i, &self.topology.uv) {
                None => [0, 1, 2].map(|c| above[c] + (below[c] - above[c]) * down),
                Some([u, v]) => {
                    let texel = |t: f32| ((t * SHEET as f32) as usize).min(SHEET - 1);
                    let albedo = self.sheets[identity][texel(v) * SHEET + texel(u)];
                    let shade = light.at(normals[i]);
                    [0, 1, 2].map(|c| self.encoder.of(to_linear(f32::from(albedo[c]) / 255.0) * shade[c]))
                }
            };
            pixel.copy_from_slice(&seen);
        }
        picture.reduced(OVER)
    }
}

/// A lamp in front of the face, from any side, in a dim room.
fn lamp(draw: &mut Stream) -> Light {
    let (azimuth, elevation) = (draw.between(-1.2, 1.2) as f32, draw.between(-0.3, 0.9) as f32);
    let direction = [azimuth.sin() * elevation.cos(), elevation.sin(), azimuth.cos() * elevation.cos()];
    Light::ambient([draw.between(0.3, 0.6) as f32; 3]).with_lamp(direction, [draw.between(0.3, 0.7) as f32; 3])
}

impl Dataset for Fits {
    fn len(&self, split: Split) -> usize {
        self.settings.range(split).len() * PHOTOS
    }

    fn sample(&self, split: Split, index: usize, _: Stream) -> Result<Sample, DataError> {
        let identity = self.settings.range(split).start + index / PHOTOS;
        let mut moment = stream(identity).named("photo").fork((index % PHOTOS) as u64);
        let parameters = draw(&person(identity).shape, &mut moment);
        let picture = self.picture(identity, &parameters, &mut moment);
        let size = self.settings.size;
        let plane = |c: usize| picture.data.iter().skip(c).step_by(3).map(|v| 2.0 * v - 1.0);
        let image = Array { shape: [3, size, size], data: (0..3).flat_map(plane).collect() };
        let coefficients = Array { shape: [self.model.len(), 1, 1], data: self.model.normalised(&parameters) };
        let yaw = parameters[2].atan2(parameters[10]).to_degrees().abs();
        Ok(Sample::default().with("image", image).with("coefficients", coefficients).with("yaw", Array::scalar(yaw)))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn draws(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[path = "synthetic_fits_tests.rs"]
mod tests;
