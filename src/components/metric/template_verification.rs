//! Verification of templates, sets of pictures and video frames of one person, as IJB-B and IJB-C ask for 1:1.
//!
//! The vectors of one medium (a video) are averaged, those of a template's media summed and divided by their length, as in
//! insightface's `eval_ijbc.py`; pairs of templates are the dataset's. All pairs are one set without folds: the true accept
//! rates at false accept rates of 1e-1 to 1e-6 in percent; a rate that the impostor pairs are too few to tell has no number.

use super::protocol::{Finished, Pairing, Protocol, Shown, Tally, unit};
use super::verification::{RATES, TARS};
use super::{Column, Metric, MetricEntry, MetricError, MetricInputs};
use crate::components::sample::read;
use crate::registry::{Card, Declared, Entry, Make, ports, settings};
use crate::statistics::Roc;
use std::collections::{BTreeMap, btree_map};

settings! {
    /// What `template-verification` is told.
    pub struct TemplateVerification {
        /// Whether the vector of a picture is the sum of its own and its mirror image's.
        flip: bool = false;
        /// Whether people of the training may be in it; else that is an error.
        allow_shared_identities: bool = false;
    }
}

impl Metric for TemplateVerification {
    fn samples(&self, _: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![])
    }

    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        Some(Box::new(Gathering::default()))
    }

    fn flips(&self) -> bool {
        self.flip
    }

    fn shares_people(&self) -> bool {
        self.allow_shared_identities
    }
}

/// Sum and number of vectors, by template and medium.
#[derive(Default)]
struct Gathering {
    media: BTreeMap<usize, BTreeMap<usize, (Vec<f64>, usize)>>,
    pairs: Vec<Pairing>,
}

impl Gathering {
    /// The vector of a template, of length 1.
    fn vector(&self, template: usize) -> Result<Vec<f64>, MetricError> {
        let lacks = || MetricError::Settings(format!("template {template} is compared and has no picture"));
        let media = self.media.get(&template).ok_or_else(lacks)?;
        let length = media.values().map(|(sum, _)| sum.len()).max().unwrap_or(0);
        let mut all = vec![0.0; length];
        for (sum, count) in media.values() {
            all.iter_mut().zip(sum).for_each(|(a, s)| *a += s / *count as f64);
        }
        unit(all.into_iter()).ok_or_else(|| {
            MetricError::Settings(format!("the network's vectors of template {template} are 0 or no numbers"))
        })
    }
}

impl Protocol for Gathering {
    fn show(&mut self, batch: &Shown<'_>) -> Result<(), MetricError> {
        let inputs = &batch.inputs;
        let (image, template, medium) = (inputs.need("image")?, inputs.need("template")?, inputs.need("medium")?);
        for n in 0..image.shape[0] {
            let media = self.media.entry(template.sample(n)[0] as usize).or_default();
            let vector = image.sample(n);
            let (sum, count) =
                media.entry(medium.sample(n)[0] as usize).or_insert_with(|| (vec![0.0; vector.len()], 0));
            sum.iter_mut().zip(vector).for_each(|(s, x)| *s += f64::from(*x));
            *count += 1;
        }
        Ok(())
    }

    fn pair(&mut self, pairs: &[Pairing]) {
        self.pairs = pairs.to_vec();
    }

    fn finish(&mut self) -> Result<Finished, MetricError> {
        if self.pairs.is_empty() {
            return Err(MetricError::Settings("the dataset says no pairs of templates".into()));
        }
        let mut vectors: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for template in self.pairs.iter().flat_map(|p| [p.first, p.second]) {
            if let btree_map::Entry::Vacant(place) = vectors.entry(template) {
                place.insert(self.vector(template)?);
            }
        }
        let score = |p: &Pairing| vectors[&p.first].iter().zip(&vectors[&p.second]).map(|(a, b)| a * b).sum::<f64>();
        let roc = Roc::new(self.pairs.iter().map(|p| (score(p), p.same)));
        let roc = roc.ok_or_else(|| MetricError::Settings("all pairs of templates are of one kind".into()))?;
        let percent = |value: Option<f64>| Tally::whole(value.map(|v| 100.0 * v), self.pairs.len());
        let mut columns = vec![percent(Some(roc.auc())), percent(Some(roc.eer()))];
        columns.extend(RATES.iter().map(|(_, _, far)| percent(roc.tar_at(*far))));
        Ok(Finished { columns, compared: None })
    }

    /// Samples are pictures, not pairs: a part of them has no numbers.
    fn part(&self, _: &[usize]) -> Vec<Tally> {
        (0..2 + RATES.len()).map(|_| Tally::whole(None, 0)).collect()
    }
}

pub fn entry() -> MetricEntry {
    let mut outputs = vec!["auc: scalar", "eer: scalar"];
    outputs.extend(TARS);
    let card = Card {
        family: "metric",
        name: "template-verification",
        doc: "Verification of templates, sets of pictures and video frames of one person, as IJB-B and IJB-C ask for 1:1.",
        paper: "Maze et al. 2018",
        inputs: ports(&["image: image", "template: label", "medium: label"]),
        outputs: ports(&outputs),
        networks: vec!["network"],
        settings: TemplateVerification::schema(),
        revision: 1,
    };
    let column = |name, label, higher_is_better| Column { name, label, unit: "%", higher_is_better, decimals: 2 };
    let mut columns = vec![column("auc", "AUC", true), column("eer", "EER", false)];
    columns.extend(RATES.iter().map(|(name, label, _)| column(name, label, true)));
    MetricEntry {
        entry: Entry { card, make: Make::Measure(|_, _| Ok(())) },
        columns,
        open: |settings| Ok(Box::new(read::<TemplateVerification>(settings)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::{View, open};
    use crate::registry::Settings;

    #[test]
    fn media_are_averaged_and_templates_compared() {
        let mut protocol = open("template-verification", &Settings::new()).unwrap().protocol().unwrap();
        // Template 1: a video of two frames (mean (1, 0)) and a photo (0, 1): together (1, 1). Template 2 is (1, 1) too,
        // template 3 (1, -1).
        for (vector, template, medium) in [
            ([2.0, 1.0], 1.0, 5.0),
            ([0.0, -1.0], 1.0, 5.0),
            ([0.0, 1.0], 1.0, 6.0),
            ([3.0, 3.0], 2.0, 7.0),
            ([1.0, -1.0], 3.0, 8.0),
        ] {
            let (template, medium) = ([template], [medium]);
            let view = |data| View { shape: [1, 1, 1, 1], data };
            let image = View { shape: [1, 2, 1, 1], data: &vector };
            let ports = vec![("image", image), ("template", view(&template)), ("medium", view(&medium))];
            protocol.show(&Shown { inputs: MetricInputs { ports }, pictures: vec![] }).unwrap();
        }
        assert!(protocol.finish().unwrap_err().to_string().contains("no pairs of templates"));
        let pair = |first, second, same| Pairing { first, second, same };
        protocol.pair(&[pair(1, 2, true), pair(1, 3, false), pair(2, 3, false)]);
        let columns = protocol.finish().unwrap().columns;
        assert_eq!((columns[0].mean, columns[1].mean), (100.0, 0.0));
        assert!(columns[2].mean.is_nan(), "two impostors cannot tell a FAR of 0.1");
        protocol.pair(&[pair(1, 9, true)]);
        assert_eq!(protocol.finish().unwrap_err().to_string(), "template 9 is compared and has no picture");
    }
}
