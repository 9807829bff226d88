//! Procedural faces as UV maps, whole and with what a turned head hides: a benchmark that needs no data.
//!
//! Each identity is a head and an albedo sheet (`face::procedural`), seen 15 times: Multi-PIE's views (yaw -90 to 90 in
//! steps of 15, and two from above at yaw -45 and 45), each moved by up to 7.5 degrees, under one of its 19 lights, with
//! an expression, all drawn from the identity's number; a share `occluders` of the views is hidden by hair and by glasses,
//! a mask or a hand too. `complete` is the lit map, exact everywhere; `incomplete` is 0 where the camera does not see;
//! `missing` is 1 there. `yaw` is its absolute value in degrees, below 90.
//!
//! Identities are split in order, 80 % for training, 10 % each for validation and test. The classes of `identity` are
//! the training identities; the others go on counting from there and are of no class.

use std::sync::Arc;

use super::synthetic_cache::albedos;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{Array, DataError, Sample, Split, read};
use crate::face::procedural::Person;
use crate::face::procedural::moment::VIEWS;
use crate::face::procedural::shot::{Moment, Scene, Subject};
use crate::face::procedural::studio::Studio;
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};

/// Of people and their albedo sheets: it names their random streams and their cache. What is made of them anew each time
/// changes with the card's revision alone.
pub const VERSION: &str = "2";

settings! {
    /// What `synthetic-uv` is told.
    pub struct SyntheticUv {
        /// Side of a map in pixels.
        size: usize = 256_usize, min = 8;
        /// People, over all splits.
        identities: usize = 1000_usize, min = 3;
        /// Share of the views with hair over the face and glasses, a mask or a hand before it.
        occluders: f64 = 0.0, min = 0.0, max = 1.0;
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
    let studio = Studio::new(settings.size, (settings.size * 3 / 4).clamp(40, 96));
    let ports = settings.edges();
    Ok(Arc::new(Faces { settings, albedos, studio, ports }))
}

/// The stream that a person is made from.
pub fn stream(identity: usize) -> Stream {
    Stream::new(0, "synthetic-uv").named(VERSION).fork(identity as u64)
}

struct Faces {
    settings: SyntheticUv,
    /// sRGB sheets, 3 bytes a texel, one after the other.
    albedos: Vec<u8>,
    studio: Arc<Studio>,
    ports: Vec<(String, Edge)>,
}

impl Dataset for Faces {
    fn len(&self, split: Split) -> usize {
        self.settings.range(split).len() * VIEWS
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let identity = self.settings.range(split).start + index / VIEWS;
        let draw = stream(identity).named("moment").fork((index % VIEWS) as u64);
        let moment = Moment::draw(draw, index % VIEWS, self.settings.occluders, false);
        let person = Person::new(stream(identity));
        // Without an occluder the face alone decides what is seen.
        let scene = match moment.worn.is_empty() {
            true => Scene::bare(&self.studio, &person, &moment),
            false => Scene::new(&self.studio, &Subject::new(&self.studio, person), &moment),
        };
        let texels = self.settings.size * self.settings.size;
        let lit = scene.complete(&self.albedos[identity * texels * 3..(identity + 1) * texels * 3]);
        let planes = (0..3).flat_map(|c| lit.data.iter().skip(c).step_by(3).map(|v| v * 2.0 - 1.0));
        let complete = Array { shape: [3, self.settings.size, self.settings.size], data: planes.collect() };
        let hidden = scene.seen(true).into_iter().map(|seen| if seen { 0.0 } else { 1.0 });
        let missing = Array { shape: [1, self.settings.size, self.settings.size], data: hidden.collect() };
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
