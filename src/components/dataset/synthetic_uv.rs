//! Procedural faces as UV maps, whole and with what a turned head hides: a benchmark that needs no data.
//!
//! Each identity is a head and an albedo sheet (`face::procedural`), seen 15 times: Multi-PIE's views (yaw -90 to 90 in
//! steps of 15, and two from above at yaw -45 and 45), each moved by up to 7.5 degrees, under one of its 19 lights, with
//! an expression, all drawn from the identity's number. `complete` is the lit map, exact everywhere; `incomplete` is 0
//! where the camera does not see; `missing` is 1 there. `yaw` is its absolute value in degrees, below 90.
//!
//! Identities are split in order, 80 % for training, 10 % each for validation and test. The classes of `identity` are
//! the training identities; the others go on counting from there and are of no class.

use std::sync::Arc;

use super::synthetic_cache::albedos;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{Array, DataError, Sample, Split, read};
use crate::face::camera::Pose;
use crate::face::light::Light;
use crate::face::mesh::{Vec3, unit};
use crate::face::procedural::head::Head;
use crate::face::procedural::{Encoder, Expression, Noise, Person, to_linear};
use crate::face::raster::{Fragments, atlas};
use crate::face::visible;
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};

/// Of people and their albedo sheets: it names their random streams and their cache. What is made of them anew each time
/// changes with the card's revision alone.
pub const VERSION: &str = "1";
/// Samples of each identity.
const VIEWS: usize = 15;
const LIGHTS: usize = 19;

settings! {
    /// What `synthetic-uv` is told.
    pub struct SyntheticUv {
        /// Side of a map in pixels.
        size: usize = 256_usize, min = 8;
        /// People, over all splits.
        identities: usize = 1000_usize, min = 3;
    }
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: "synthetic-uv",
        doc: "Procedural faces as UV maps, whole and with what a turned head hides.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["incomplete: image", "complete: image", "missing: mask", "identity: label", "yaw: scalar"]),
        networks: vec![],
        settings: SyntheticUv::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files: super::no_files }
}

impl SyntheticUv {
    /// Identities in validation and in test, each.
    fn held_out(&self) -> usize {
        ((self.identities as f64 * 0.1).round() as usize).max(1)
    }

    /// Identities of a split.
    fn range(&self, split: Split) -> std::ops::Range<usize> {
        let (all, held) = (self.identities, self.held_out());
        match split {
            Split::Train => 0..all - 2 * held,
            Split::Validation => all - 2 * held..all - held,
            Split::Test => all - held..all,
        }
    }

    fn edges(&self) -> Vec<(String, Edge)> {
        let image = Edge::image(3, self.size, self.size);
        vec![
            ("incomplete".into(), image.clone()),
            ("complete".into(), image),
            ("missing".into(), Edge::mask(self.size, self.size)),
            ("identity".into(), Edge::label(self.range(Split::Train).len())),
            ("yaw".into(), Edge::scalar()),
        ]
    }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: SyntheticUv = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    if settings.identities < 3 {
        return Err(Problem::new("3 identities are needed, one for each split").at_setting("identities"));
    }
    Ok(settings.edges())
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: SyntheticUv = read(settings)?;
    if settings.identities < 3 {
        return Err(DataError::setting("identities", "3 are needed, one for each split"));
    }
    let albedos = albedos(&settings, &around.cache, around.progress.as_ref())?;
    let head = Head::new((settings.size * 3 / 4).clamp(40, 96));
    let atlas = atlas(&head.topology, settings.size);
    let ports = settings.edges();
    let linear = (0..256).map(|v| to_linear(v as f32 / 255.0)).collect();
    let lights = (0..LIGHTS).map(light).collect();
    Ok(Arc::new(Faces { settings, albedos, head, atlas, ports, linear, lights, encoder: Encoder::default() }))
}

/// The stream that a person is made from.
pub fn stream(identity: usize) -> Stream {
    Stream::new(0, "synthetic-uv").named(VERSION).fork(identity as u64)
}

/// Yaw and pitch of a view before it is moved.
fn view(number: usize) -> (f32, f32) {
    match number {
        13 => (-45.0, 25.0),
        14 => (45.0, 25.0),
        n => (15.0 * n as f32 - 90.0, 0.0),
    }
}

/// Light 0 is the room's; 15 lamps stand around the face and 3 above it, each added to a dimmer room.
fn light(number: usize) -> Light {
    if number == 0 {
        return Light::ambient([0.58; 3]).with_lamp(unit([0.1, 0.8, 0.6]), [0.42; 3]);
    }
    let (azimuth, elevation) = match number {
        n if n <= 15 => (12.0 * n as f32 - 96.0, 12.0f32),
        n => (45.0 * (n as f32 - 17.0), 48.0),
    };
    let ((sa, ca), (se, ce)) = (azimuth.to_radians().sin_cos(), elevation.to_radians().sin_cos());
    Light::ambient([0.33; 3]).with_lamp([sa * ce, se, ca * ce], [0.75; 3])
}

struct Faces {
    settings: SyntheticUv,
    /// sRGB sheets, 3 bytes a texel, one after the other.
    albedos: Vec<u8>,
    head: Head,
    atlas: Fragments,
    ports: Vec<(String, Edge)>,
    /// Linear light of each 8-bit value.
    linear: Vec<f32>,
    lights: Vec<Light>,
    encoder: Encoder,
}

/// What changes from photo to photo of one identity.
struct Moment {
    pose: Pose,
    light: usize,
    /// Colour of the light, about 1.
    tint: Vec3,
    expression: Expression,
    fray: Stream,
}

impl Moment {
    fn new(identity: usize, number: usize) -> Moment {
        let mut draw = stream(identity).named("moment").fork(number as u64);
        let (yaw, pitch) = view(number);
        let pose = Pose {
            yaw: (yaw + draw.between(-7.5, 7.5) as f32).clamp(-89.9, 89.9),
            pitch: pitch + draw.between(-5.0, 5.0) as f32,
            roll: 0.0,
        };
        let light = draw.below(LIGHTS);
        let (bright, warm) = (draw.between(0.88, 1.08) as f32, draw.between(-0.05, 0.05) as f32);
        let tint = [bright * (1.0 + warm), bright, bright * (1.0 - warm)];
        Moment { pose, light, tint, expression: Expression::new(&mut draw), fray: draw.named("fray") }
    }
}

impl Faces {
    /// The lit map, 3 x S x S in -1 to 1.
    fn lit(&self, identity: usize, normals: &[Vec3], moment: &Moment) -> Array {
        let size = self.settings.size * self.settings.size;
        let albedo = &self.albedos[identity * size * 3..(identity + 1) * size * 3];
        let light = &self.lights[moment.light];
        let mut map = Array::filled([3, self.settings.size, self.settings.size], 0.0);
        for (i, texel) in albedo.chunks_exact(3).enumerate() {
            let normal = self.atlas.at(&self.head.topology.triangles, i, normals).map_or([0.0, 0.0, 1.0], unit);
            let shade = light.at(normal);
            for c in 0..3 {
                let seen = self.linear[usize::from(texel[c])] * shade[c] * moment.tint[c];
                map.data[c * size + i] = self.encoder.of(seen) * 2.0 - 1.0;
            }
        }
        map
    }

    /// 1 where the camera does not see.
    fn missing(&self, positions: &[Vec3], normals: &[Vec3], moment: &Moment) -> Array {
        let noise = Noise::new(moment.fray);
        let seen = visible::texels(
            &self.head.topology,
            positions,
            normals,
            &self.atlas,
            &moment.pose.rotation(),
            (self.settings.size * 2).clamp(96, 256),
            |u, v| 0.6 * noise.at(u * 9.0, v * 9.0) + 0.6 * noise.at(u * 31.0, v * 31.0),
        );
        let data = seen.into_iter().map(|s| if s { 0.0 } else { 1.0 }).collect();
        Array { shape: [1, self.settings.size, self.settings.size], data }
    }
}

impl Dataset for Faces {
    fn len(&self, split: Split) -> usize {
        self.settings.range(split).len() * VIEWS
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let identity = self.settings.range(split).start + index / VIEWS;
        let moment = Moment::new(identity, index % VIEWS);
        let person = Person::new(stream(identity));
        let positions = self.head.positions(&person, &moment.expression);
        let normals = self.head.topology.normals(&positions);
        let complete = self.lit(identity, &normals, &moment);
        let missing = self.missing(&positions, &normals, &moment);
        let mut incomplete = complete.clone();
        for plane in incomplete.data.chunks_exact_mut(missing.data.len()) {
            plane.iter_mut().zip(&missing.data).filter(|(_, m)| **m > 0.5).for_each(|(v, _)| *v = 0.0);
        }
        Ok(Sample::default()
            .with("incomplete", incomplete)
            .with("complete", complete)
            .with("missing", missing)
            .with("identity", Array::scalar(identity as f32))
            .with("yaw", Array::scalar(moment.pose.yaw.abs())))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn draws(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[path = "synthetic_uv_tests.rs"]
mod tests;
