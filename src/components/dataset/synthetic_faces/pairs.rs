//! Pairs of the synthetic faces of the test's people, in ten folds of people.

use std::collections::BTreeMap;

use super::{Faces, Row};
use crate::components::dataset::reader::drawn::{self, Drawn};
use crate::components::dataset::reader::pairs::{self, FOLDS};
use crate::components::dataset::split::position;
use crate::components::dataset::{Dataset, People};
use crate::components::sample::{Array, DataError, Sample, Split};
use crate::random::Stream;
use crate::registry::Edge;

/// The two pictures of a pair.
const SIDES: [&str; 2] = ["first", "second"];

/// Ports of pairs: those of all verifications, who is on them and how they are turned, and with `maps` the maps of both.
pub fn ports(size: usize, maps: bool) -> Vec<(String, Edge)> {
    let mut all = pairs::ports(size, FOLDS);
    let map = Edge::image(3, size, size);
    for side in SIDES.iter().filter(|_| maps) {
        all.extend(["incomplete", "complete"].map(|part| (format!("{side}-{part}"), map.clone())));
        all.push((format!("{side}-missing"), Edge::mask(size, size)));
    }
    all.extend(["first-identity", "second-identity"].map(|port| (port.to_string(), Edge::label(1 << 24))));
    all.extend(["first-yaw", "second-yaw", "yaw"].map(|port| (port.to_string(), Edge::scalar())));
    all
}

/// Faces two by two.
pub struct Pairs {
    faces: Faces,
    /// By places in the test split.
    drawn: Vec<Drawn>,
    /// Whether the first of each is a frontal picture.
    frontal: bool,
    /// Who is on each picture of the test split.
    people: People,
    ports: Vec<(String, Edge)>,
}

impl Pairs {
    /// `each`: pairs of a kind in a fold, of any two pictures; `None`: every picture against a frontal one.
    pub fn new(faces: Faces, each: Option<usize>) -> Result<Pairs, DataError> {
        let who: Vec<String> = faces.test().map(|row| row.who.clone()).collect();
        let drawn = match each {
            Some(each) => drawn::pairs(&who, FOLDS, each, 0),
            None => faces.against_frontal(&who),
        };
        let drawn = drawn.map_err(|why| DataError::setting("read", why))?;
        let people = People::new(who.into_iter().map(|name| [name.clone(), name]));
        let ports = faces.ports.clone();
        Ok(Pairs { faces, drawn, frontal: each.is_none(), people, ports })
    }
}

impl Faces {
    /// The pictures of the test.
    fn test(&self) -> impl Iterator<Item = &Row> {
        self.splits[position(Split::Test)].iter().map(|i| &self.rows[*i])
    }

    /// Pairs of the pictures that cameras at the height of the face took; a person is known by their first from in front.
    fn against_frontal(&self, who: &[String]) -> Result<Vec<Drawn>, String> {
        let (mut known, mut probes) = (BTreeMap::new(), vec![]);
        for (place, row) in self.test().enumerate().filter(|(_, row)| row.camera.ends_with("/0")) {
            probes.push(place);
            if row.camera == "0/0" {
                known.entry(row.who.clone()).or_insert(place);
            }
        }
        drawn::against(who, &known, &probes, FOLDS)
    }

    /// The sample with the maps of one side of a pair.
    fn mapped(&self, sample: Sample, side: &str, row: &Row) -> Result<Sample, DataError> {
        if !self.maps {
            return Ok(sample);
        }
        let sheets = self.sheets(row)?;
        Ok(sample
            .with(&format!("{side}-incomplete"), sheets.incomplete)
            .with(&format!("{side}-complete"), sheets.complete)
            .with(&format!("{side}-missing"), sheets.missing))
    }
}

impl Dataset for Pairs {
    fn len(&self, split: Split) -> usize {
        if split == Split::Test { self.drawn.len() } else { 0 }
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let Drawn { first, second, same, fold } = self.drawn[index];
        let rows = [first, second].map(|place| &self.faces.rows[self.faces.splits[position(split)][place]]);
        let [one, other] = rows.map(|row| row.pose[0]);
        let mut sample = Sample::default();
        for (side, row) in SIDES.into_iter().zip(rows) {
            sample = sample.with(side, self.faces.picture(row)?);
        }
        sample = sample.with("same", Array::scalar(f32::from(u8::from(same)))).with("fold", Array::scalar(fold as f32));
        for (side, row) in SIDES.into_iter().zip(rows) {
            sample = self.faces.mapped(sample, side, row)?;
        }
        let person = |place: usize| self.people.seen[place][0] as f32;
        for (port, value) in [
            ("first-identity", person(first)),
            ("second-identity", person(second)),
            ("first-yaw", one),
            ("second-yaw", other),
            ("yaw", if self.frontal { other.abs() } else { one.abs().max(other.abs()) }),
        ] {
            sample = sample.with(port, Array::scalar(value));
        }
        Ok(self.faces.viewed(sample))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        matches!(port, "first-identity" | "second-identity").then(|| self.people.names.clone())
    }

    fn people(&self, split: Split) -> Option<People> {
        self.faces.people(split)
    }

    fn draws(&self) -> bool {
        false
    }
}
