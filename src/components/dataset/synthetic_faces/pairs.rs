//! Pairs of the synthetic faces of the test's people, drawn in ten folds of people.

use super::{Faces, Row};
use crate::components::dataset::reader::drawn::{self, Drawn};
use crate::components::dataset::reader::pairs::{self, FOLDS};
use crate::components::dataset::split::position;
use crate::components::dataset::{Dataset, People};
use crate::components::sample::{Array, DataError, Sample, Split};
use crate::random::Stream;
use crate::registry::Edge;

/// Ports of pairs: those of all verifications, who is on them and how they are turned.
pub fn ports(size: usize) -> Vec<(String, Edge)> {
    let mut all = pairs::ports(size, FOLDS);
    all.extend(["first-identity", "second-identity"].map(|port| (port.to_string(), Edge::label(1 << 24))));
    all.extend(["first-yaw", "second-yaw", "yaw"].map(|port| (port.to_string(), Edge::scalar())));
    all
}

/// Faces two by two.
pub struct Pairs {
    faces: Faces,
    /// By places in the test split.
    drawn: Vec<Drawn>,
    /// Who is on each picture of the test split.
    people: People,
    ports: Vec<(String, Edge)>,
}

impl Pairs {
    /// `each`: pairs of a kind in a fold.
    pub fn new(faces: Faces, each: usize) -> Result<Pairs, DataError> {
        let who: Vec<String> = faces.test().map(|row| row.who.clone()).collect();
        let drawn = drawn::pairs(&who, FOLDS, each, 0).map_err(|why| DataError::setting("read", why))?;
        let people = People::new(who.into_iter().map(|name| [name.clone(), name]));
        let ports = ports(faces.size);
        Ok(Pairs { faces, drawn, people, ports })
    }
}

impl Faces {
    /// The pictures of the test.
    fn test(&self) -> impl Iterator<Item = &Row> {
        self.splits[position(Split::Test)].iter().map(|i| &self.rows[*i])
    }
}

impl Dataset for Pairs {
    fn len(&self, split: Split) -> usize {
        if split == Split::Test { self.drawn.len() } else { 0 }
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let Drawn { first, second, same, fold } = self.drawn[index];
        let rows = [first, second].map(|place| &self.faces.rows[self.faces.splits[position(split)][place]]);
        let image = |row: &Row| self.faces.shown(row).map(|(image, _)| image);
        let [one, other] = rows.map(|row| row.pose[0]);
        let mut sample = Sample::default().with("first", image(rows[0])?).with("second", image(rows[1])?);
        let person = |place: usize| self.people.seen[place][0] as f32;
        for (port, value) in [
            ("same", f32::from(u8::from(same))),
            ("fold", fold as f32),
            ("first-identity", person(first)),
            ("second-identity", person(second)),
            ("first-yaw", one),
            ("second-yaw", other),
            ("yaw", one.abs().max(other.abs())),
        ] {
            sample = sample.with(port, Array::scalar(value));
        }
        Ok(sample)
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
