//! Verification of pairs on our side, by the metric of an evaluation.

use super::our_ops::uniform;
use super::serve::Work;
use ablate::components::metric::{Finished, MetricInputs, Shown, View, open};
use ablate::registry::Settings;
use anyhow::Context;
use std::time::Instant;

/// Vectors of pairs, and which are of one person.
pub struct Scores {
    shape: [usize; 4],
    first: Vec<f32>,
    second: Vec<f32>,
    same: Vec<f32>,
}

impl Scores {
    /// Every second pair is of one person: its second vector has the first one in it.
    pub fn new(inputs: &[[usize; 4]]) -> anyhow::Result<Self> {
        let shape = *inputs.first().context("no vectors")?;
        let (first, mut second) = (uniform("0", shape), uniform("1", shape));
        let length = shape[1];
        for pair in (0..shape[0]).step_by(2) {
            let range = pair * length..(pair + 1) * length;
            second[range.clone()].iter_mut().zip(&first[range]).for_each(|(b, a)| *b += a);
        }
        let same = (0..shape[0]).map(|pair| if pair % 2 == 0 { 1.0 } else { 0.0 }).collect();
        Ok(Scores { shape, first, second, same })
    }

    fn judge(&self) -> anyhow::Result<Finished> {
        let metric = open("verification", &Settings::new())?;
        let mut protocol = metric.protocol().context("no protocol")?;
        let labels = [self.shape[0], 1, 1, 1];
        let ports = vec![
            ("first", View { shape: self.shape, data: &self.first }),
            ("second", View { shape: self.shape, data: &self.second }),
            ("same", View { shape: labels, data: &self.same }),
        ];
        let numbers: Vec<usize> = (0..self.shape[0]).collect();
        let pictures = vec![("first", numbers.clone()), ("second", numbers)];
        protocol.show(&Shown { inputs: MetricInputs { ports }, pictures })?;
        Ok(protocol.finish()?)
    }
}

impl Work for Scores {
    fn run(&mut self, _: bool) -> anyhow::Result<f64> {
        let begun = Instant::now();
        drop(self.judge()?);
        Ok(begun.elapsed().as_secs_f64())
    }

    fn check(&mut self) -> anyhow::Result<Vec<Vec<f32>>> {
        let finished = self.judge()?;
        let accuracy = finished.columns.first().context("no accuracy")?.mean as f32;
        Ok(vec![finished.compared.context("no pairs")?.scores, vec![accuracy]])
    }

    fn learnt(&self) -> usize {
        0
    }
}
