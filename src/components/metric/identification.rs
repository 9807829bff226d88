//! Identification: whether the person of the gallery whose picture is nearest to a probe's is the probe's.
//!
//! Vectors are divided by their lengths; with `flip` a picture's is the sum of its own and its mirror image's. The share of
//! the probes that find their person first is the rank-1 rate, in percent: Multi-PIE's, by pose where an evaluation is
//! grouped by yaw. Pictures of the gallery are no probes.

use super::protocol::{Finished, Protocol, Shown, Tally, unit};
use super::{Column, Metric, MetricEntry, MetricError, MetricInputs};
use crate::components::sample::read;
use crate::registry::{Card, Declared, Entry, Make, ports, settings};
use crate::statistics::Moments;
use std::collections::BTreeSet;

settings! {
    /// What `identification` is told.
    pub struct Identification {
        /// Whether the vector of a picture is the sum of its own and its mirror image's.
        flip: bool = false;
        /// Whether people of the training may be in it; else that is an error.
        allow_shared_identities: bool = false;
    }
}

impl Metric for Identification {
    fn samples(&self, _: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![])
    }

    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        Some(Box::new(Searching::default()))
    }

    fn flips(&self) -> bool {
        self.flip
    }

    fn shares_people(&self) -> bool {
        self.allow_shared_identities
    }
}

/// What was shown: vectors of length 1, who is on each picture, whether it is in the gallery.
#[derive(Default)]
struct Searching {
    vectors: Vec<Vec<f64>>,
    people: Vec<usize>,
    gallery: Vec<bool>,
    right: Vec<Option<f64>>,
}

impl Protocol for Searching {
    fn show(&mut self, batch: &Shown<'_>) -> Result<(), MetricError> {
        let inputs = &batch.inputs;
        let (image, identity, gallery) = (inputs.need("image")?, inputs.need("identity")?, inputs.need("gallery")?);
        for n in 0..image.shape[0] {
            let vector = unit(image.sample(n).iter().map(|x| f64::from(*x))).ok_or_else(|| {
                let why = format!("the network's vector of picture {} is 0 or no numbers", self.vectors.len());
                MetricError::Settings(why)
            })?;
            self.vectors.push(vector);
            self.people.push(identity.sample(n)[0] as usize);
            self.gallery.push(gallery.sample(n)[0] > 0.5);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Finished, MetricError> {
        let gallery: Vec<usize> = (0..self.gallery.len()).filter(|i| self.gallery[*i]).collect();
        let known: BTreeSet<usize> = gallery.iter().map(|g| self.people[*g]).collect();
        if let Some(lost) = self.people.iter().position(|person| !known.contains(person)) {
            let why = format!("person {} of picture {lost} is not in the gallery", self.people[lost]);
            return Err(MetricError::Settings(why));
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let found = |probe: usize| {
            let scores = gallery.iter().map(|g| (dot(&self.vectors[probe], &self.vectors[*g]), *g));
            // Of equally near ones the first.
            let (_, nearest) = scores.rev().max_by(|a, b| a.0.total_cmp(&b.0))?;
            Some(if self.people[nearest] == self.people[probe] { 100.0 } else { 0.0 })
        };
        self.right = (0..self.people.len()).map(|i| if self.gallery[i] { None } else { found(i) }).collect();
        let all: Vec<usize> = (0..self.right.len()).collect();
        let columns = self.part(&all).into_iter().map(|tally| Tally { values: self.right.clone(), ..tally }).collect();
        Ok(Finished { columns, compared: None })
    }

    fn part(&self, samples: &[usize]) -> Vec<Tally> {
        let right: Vec<f64> = samples.iter().filter_map(|i| self.right.get(*i).copied().flatten()).collect();
        vec![match Moments::of(&right) {
            Some(Moments { mean, std, n }) => Tally { mean, std, n: n as u64, values: vec![] },
            None => Tally::whole(None, 0),
        }]
    }
}

pub fn entry() -> MetricEntry {
    let card = Card {
        family: "metric",
        name: "identification",
        doc: "Whether the person of the gallery whose picture is nearest to a probe's is the probe's.",
        paper: "Gross et al. 2010",
        inputs: ports(&["image: image", "identity: label", "gallery: label"]),
        outputs: ports(&["rank-1: scalar"]),
        networks: vec!["network"],
        settings: Identification::schema(),
        revision: 1,
    };
    let column = Column { name: "rank-1", label: "Rank-1", unit: "%", higher_is_better: true, decimals: 2 };
    MetricEntry {
        entry: Entry { card, make: Make::Measure(|_, _| Ok(())) },
        columns: vec![column],
        open: |settings| Ok(Box::new(read::<Identification>(settings)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::{View, open};
    use crate::registry::Settings;

    /// Angles in degrees, who, and whether in the gallery.
    fn searched(pictures: &[(f32, f32, f32)]) -> Result<Vec<Tally>, MetricError> {
        let mut protocol = open("identification", &Settings::new())?.protocol().unwrap();
        for (n, (angle, who, gallery)) in pictures.iter().enumerate() {
            let vector = [angle.to_radians().cos() * (n + 1) as f32, angle.to_radians().sin() * (n + 1) as f32];
            let (who, gallery) = ([*who], [*gallery]);
            let view = |data| View { shape: [1, 1, 1, 1], data };
            let image = View { shape: [1, 2, 1, 1], data: &vector };
            let ports = vec![("image", image), ("identity", view(&who)), ("gallery", view(&gallery))];
            protocol.show(&Shown { inputs: MetricInputs { ports }, pictures: vec![] })?;
        }
        let mut all = protocol.finish()?.columns;
        all.extend(protocol.part(&[1, 2]));
        Ok(all)
    }

    #[test]
    fn the_nearest_of_the_gallery_decides() {
        let found =
            searched(&[(0.0, 7.0, 1.0), (30.0, 7.0, 0.0), (60.0, 7.0, 0.0), (90.0, 9.0, 1.0), (80.0, 9.0, 0.0)])
                .unwrap();
        assert_eq!(found[0].values, [None, Some(100.0), Some(0.0), None, Some(100.0)]);
        assert!((found[0].mean - 200.0 / 3.0).abs() < 1e-12);
        assert_eq!((found[0].n, found[1].mean, found[1].n), (3, 50.0, 2));
        let lost = searched(&[(0.0, 7.0, 1.0), (30.0, 8.0, 0.0)]).unwrap_err().to_string();
        assert_eq!(lost, "person 8 of picture 1 is not in the gallery");
    }
}
