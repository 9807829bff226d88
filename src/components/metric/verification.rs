//! Verification: whether two pictures show one person, told by the distance of a network's vectors.
//!
//! Vectors are divided by their lengths; with `flip` a picture's is the sum of its own and its mirror image's. `accuracy`
//! is LFW's view 2 (Huang et al. 2007): each fold is judged by the threshold that is best on the others, mean and
//! deviation are over folds; thresholds as insightface has them (`statistics::verification`). `auc`, `eer` and the true
//! accept rates at false accept rates of 1e-1 to 1e-6 are of all pairs together; a rate that the impostor pairs are too
//! few to tell has no number. All are in percent.

use super::protocol::{Compared, Finished, Protocol, Shown, Tally};
use super::{Column, Metric, MetricEntry, MetricError, MetricInputs};
use crate::components::sample::read;
use crate::registry::{Card, Declared, Entry, InputEdges, Make, Problem, Settings, ports, settings};
use crate::statistics::verification::{Folded, Trial, contiguous, folded};
use crate::statistics::{Moments, Roc};

settings! {
    /// What `verification` is told.
    pub struct Verification {
        /// Folds; where the pairs do not say theirs, they are cut into so many in their order.
        folds: usize = 10_usize, min = 2;
        /// Whether the vector of a picture is the sum of its own and its mirror image's.
        flip: bool = false;
        /// Step of the thresholds that are tried on the squared distance, 0 to 4; 0: all that make a difference.
        step: f64 = 0.01, min = 0.0, max = 1.0;
        /// Whether people of the training may be in it; else that is an error.
        allow_shared_identities: bool = false;
    }
}

/// False accept rates, by output.
pub const RATES: [(&str, &str, f64); 6] = [
    ("tar-1e-1", "TAR at FAR 1e-1", 1e-1),
    ("tar-1e-2", "TAR at FAR 1e-2", 1e-2),
    ("tar-1e-3", "TAR at FAR 1e-3", 1e-3),
    ("tar-1e-4", "TAR at FAR 1e-4", 1e-4),
    ("tar-1e-5", "TAR at FAR 1e-5", 1e-5),
    ("tar-1e-6", "TAR at FAR 1e-6", 1e-6),
];

/// Their outputs on a card.
pub const TARS: [&str; 6] = [
    "tar-1e-1: scalar",
    "tar-1e-2: scalar",
    "tar-1e-3: scalar",
    "tar-1e-4: scalar",
    "tar-1e-5: scalar",
    "tar-1e-6: scalar",
];

impl Metric for Verification {
    fn samples(&self, _: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![])
    }

    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        Some(Box::new(Comparing {
            folds: self.folds,
            step: self.step,
            trials: vec![],
            told: false,
            judged: None,
            pictures: vec![],
            people: vec![],
            yaws: vec![],
        }))
    }

    fn flips(&self) -> bool {
        self.flip
    }

    fn shares_people(&self) -> bool {
        self.allow_shared_identities
    }
}

/// The pairs shown so far.
struct Comparing {
    folds: usize,
    step: f64,
    trials: Vec<Trial>,
    /// Whether the pairs say their folds.
    told: bool,
    judged: Option<Folded>,
    pictures: Vec<[usize; 2]>,
    people: Vec<[usize; 2]>,
    yaws: Vec<[f32; 2]>,
}

/// Squared distance of two vectors that are brought to length 1; `None` where one has none.
fn distance(a: &[f32], b: &[f32]) -> Option<f64> {
    let length = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let (la, lb) = (length(a), length(b));
    let squares = a.iter().zip(b).map(|(x, y)| (f64::from(*x) / la - f64::from(*y) / lb).powi(2));
    (la > 0.0 && lb > 0.0).then(|| squares.sum::<f64>()).filter(|d| d.is_finite())
}

impl Protocol for Comparing {
    fn show(&mut self, batch: &Shown<'_>) -> Result<(), MetricError> {
        let inputs = &batch.inputs;
        let ((first, second), same) = (inputs.two("first", "second")?, inputs.need("same")?);
        let folds = inputs.get("fold").map(|_| inputs.need("fold")).transpose()?;
        self.told = folds.is_some();
        let (one, other) = (batch.pictures("first")?, batch.pictures("second")?);
        for n in 0..first.shape[0] {
            let distance = distance(first.sample(n), second.sample(n)).ok_or_else(|| {
                let pair = self.trials.len();
                MetricError::Settings(format!("the network's vectors of pair {pair} are 0 or no numbers"))
            })?;
            let fold = folds.map_or(0, |f| f.sample(n)[0] as usize);
            self.trials.push(Trial { distance, same: same.sample(n)[0] > 0.5, fold });
            self.pictures.push([one[n], other[n]]);
        }
        let both = |one, other| inputs.get(one).zip(inputs.get(other)).map(|(a, b)| a.data.iter().zip(b.data));
        if let Some(both) = both("first-identity", "second-identity") {
            self.people.extend(both.map(|(a, b)| [*a as usize, *b as usize]));
        }
        if let Some(both) = both("first-yaw", "second-yaw") {
            self.yaws.extend(both.map(|(a, b)| [*a, *b]));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Finished, MetricError> {
        if !self.told {
            let folds: Vec<usize> = contiguous(self.trials.len(), self.folds).collect();
            self.trials.iter_mut().zip(folds).for_each(|(trial, fold)| trial.fold = fold);
        }
        let judged = folded(&self.trials, self.folds, self.step).ok_or_else(|| self.unfit())?;
        let all: Vec<usize> = (0..self.trials.len()).collect();
        let Moments { mean, std, n } = judged.accuracy();
        let values = judged.right.iter().map(|right| Some(if *right { 100.0 } else { 0.0 })).collect();
        let compared = Compared {
            scores: self.trials.iter().map(|t| t.cosine() as f32).collect(),
            same: self.trials.iter().map(|t| t.same).collect(),
            folds: self.trials.iter().map(|t| t.fold).collect(),
            thresholds: judged.thresholds.iter().map(|t| 1.0 - t / 2.0).collect(),
            pictures: self.pictures.clone(),
            people: self.people.clone(),
            yaws: self.yaws.clone(),
        };
        self.judged = Some(judged);
        let mut columns = vec![Tally { mean: 100.0 * mean, std: 100.0 * std, n: n as u64, values }];
        columns.extend(self.curves(&all));
        Ok(Finished { columns, compared: Some(compared) })
    }

    fn part(&self, samples: &[usize]) -> Vec<Tally> {
        let right = self.judged.iter().flat_map(|j| samples.iter().map(|i| if j.right[*i] { 100.0 } else { 0.0 }));
        let right: Vec<f64> = right.collect();
        let accuracy = Moments::of(&right).map_or(Tally::whole(None, 0), |m| Tally {
            mean: m.mean,
            std: m.std,
            n: m.n as u64,
            values: vec![],
        });
        std::iter::once(accuracy).chain(self.curves(samples)).collect()
    }
}

impl Comparing {
    /// What is read off the curve of some of the pairs.
    fn curves(&self, samples: &[usize]) -> Vec<Tally> {
        let roc = Roc::new(samples.iter().map(|i| (-self.trials[*i].distance, self.trials[*i].same)));
        let percent = |value: Option<f64>| Tally::whole(value.map(|v| 100.0 * v), samples.len());
        let of = |read: fn(&Roc) -> f64| percent(roc.as_ref().map(read));
        let rates = RATES.iter().map(|(_, _, far)| percent(roc.as_ref().and_then(|r| r.tar_at(*far))));
        [of(Roc::auc), of(Roc::eer)].into_iter().chain(rates).collect()
    }

    /// Why folds cannot be judged.
    fn unfit(&self) -> MetricError {
        let most = self.trials.iter().map(|t| t.fold + 1).max().unwrap_or(0);
        let empty = (0..self.folds).find(|fold| self.trials.iter().all(|t| t.fold != *fold));
        MetricError::Settings(match (self.trials.len(), empty) {
            (pairs, _) if pairs < self.folds => format!("{pairs} pairs are too few for {} folds", self.folds),
            _ if most > self.folds => format!("the pairs are in {most} folds, `folds` is {}", self.folds),
            (_, Some(fold)) => format!("no pair is in fold {fold} of {}, counted from 0", self.folds),
            _ => "the pairs cannot be judged in folds".into(),
        })
    }
}

/// Both pictures alike, folds no more than there may be.
fn check(settings: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    let verification: Verification = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    let (first, second) = (inputs.one("first")?, inputs.one("second")?);
    if first.dims != second.dims {
        return Err(Problem::new(format!("first and second differ: {first} and {second}"))
            .at_port("first", 0, first.to_string())
            .at_port("second", 0, second.to_string()));
    }
    if let Some(fold) = inputs.list("fold").first().filter(|e| e.classes > 0 && e.classes < verification.folds) {
        let message = format!("{} folds of pairs that have {}", verification.folds, fold.classes);
        return Err(Problem::new(message).at_setting("folds").at_port("fold", 0, fold.to_string()));
    }
    Ok(())
}

pub fn entry() -> MetricEntry {
    let mut outputs = vec!["accuracy: scalar", "auc: scalar", "eer: scalar"];
    outputs.extend(TARS);
    let inputs = [
        "first: image",
        "second: image",
        "same: label",
        "fold?: label",
        "first-identity?: label",
        "second-identity?: label",
        "first-yaw?: scalar",
        "second-yaw?: scalar",
    ];
    let card = Card {
        family: "metric",
        name: "verification",
        doc: "Whether two pictures show one person, told by the distance of a network's vectors.",
        paper: "Huang et al. 2007",
        inputs: ports(&inputs),
        outputs: ports(&outputs),
        networks: vec!["network"],
        settings: Verification::schema(),
        revision: 1,
    };
    let column = |name, label, higher_is_better| Column { name, label, unit: "%", higher_is_better, decimals: 2 };
    let mut columns =
        vec![column("accuracy", "Accuracy", true), column("auc", "AUC", true), column("eer", "EER", false)];
    columns.extend(RATES.iter().map(|(name, label, _)| column(name, label, true)));
    MetricEntry {
        entry: Entry { card, make: Make::Measure(check) },
        columns,
        open: |settings| Ok(Box::new(read::<Verification>(settings)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::{View, open};
    use serde_json::json;

    fn view(data: &[f32], channels: usize) -> View<'_> {
        View { shape: [data.len() / channels, channels, 1, 1], data }
    }

    /// Shows pairs of vectors on a circle: an angle in degrees between the two, kind and fold of each, two at a time.
    fn compared(settings: serde_json::Value, pairs: &[(f32, f32, f32)], told: bool) -> Result<Finished, MetricError> {
        let mut protocol = open("verification", settings.as_object().unwrap())?.protocol().unwrap();
        for batch in pairs.chunks(2) {
            let first: Vec<f32> = batch.iter().flat_map(|_| [3.0, 0.0]).collect();
            let turned = |p: &(f32, f32, f32)| [p.0.to_radians().cos() * 0.5, p.0.to_radians().sin() * 0.5];
            let second: Vec<f32> = batch.iter().flat_map(turned).collect();
            let (same, fold): (Vec<f32>, Vec<f32>) = batch.iter().map(|p| (p.1, p.2)).unzip();
            let mut ports = vec![("first", view(&first, 2)), ("second", view(&second, 2)), ("same", view(&same, 1))];
            if told {
                ports.push(("fold", view(&fold, 1)));
            }
            let numbers = (0..batch.len()).collect::<Vec<_>>();
            let pictures = vec![("first", numbers.clone()), ("second", numbers)];
            protocol.show(&Shown { inputs: MetricInputs { ports }, pictures })?;
        }
        protocol.finish()
    }

    /// Cosines 1, 0.5, 0.5, -1 in two folds: squared distances 0, 1, 1, 4.
    const PAIRS: [(f32, f32, f32); 4] = [(0.0, 1.0, 0.0), (60.0, 0.0, 0.0), (60.0, 1.0, 1.0), (180.0, 0.0, 1.0)];

    #[test]
    fn lengths_do_not_matter_and_folds_judge_each_other() {
        for told in [true, false] {
            let finished = compared(json!({"folds": 2}), &PAIRS, told).unwrap();
            let accuracy = &finished.columns[0];
            // By hand. Fold 0 is judged by distances 1 (same) and 4: the first best threshold is 1.01, which accepts the
            // impostor at 1. Fold 1 by 0 (same) and 1: 0.01 rejects the genuine pair at 1.
            assert_eq!(accuracy.values, [Some(100.0), Some(0.0), Some(0.0), Some(100.0)]);
            assert_eq!((accuracy.mean, accuracy.std, accuracy.n), (50.0, 0.0, 2));
            // Of four genuine-impostor orders three are right and one is a tie.
            assert_eq!(finished.columns[1].mean, 87.5);
            assert!(finished.columns[1].std.is_nan() && finished.columns[3].mean.is_nan(), "two impostors, FAR 0.1");
            let compared = finished.compared.unwrap();
            assert_eq!((compared.folds, compared.same), (vec![0, 0, 1, 1], vec![true, false, true, false]));
            assert!((compared.scores[1] - 0.5).abs() < 1e-6 && (compared.thresholds[0] - 0.495).abs() < 1e-12);
        }
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        let said = |folds: usize, pairs: &[(f32, f32, f32)]| {
            compared(json!({ "folds": folds }), pairs, true).unwrap_err().to_string()
        };
        assert_eq!(said(3, &PAIRS), "no pair is in fold 2 of 3, counted from 0");
        assert_eq!(said(5, &PAIRS), "4 pairs are too few for 5 folds");
        let five = [PAIRS.as_slice(), &[(0.0, 1.0, 2.0)]].concat();
        assert_eq!(said(2, &five), "the pairs are in 3 folds, `folds` is 2");
        let none = [(f32::NAN, 1.0, 0.0)];
        assert!(said(2, &none).contains("vectors of pair 0 are 0 or no numbers"));
    }

    #[test]
    fn a_part_is_judged_as_in_the_whole() {
        let mut protocol = open("verification", json!({"folds": 2}).as_object().unwrap()).unwrap().protocol().unwrap();
        let data = [1.0, 0.0];
        let (genuine, impostor) = ([1.0], [0.0]);
        for (second, same, fold) in [([1.0, 0.0], &genuine, [0.0]), ([0.0, 1.0], &impostor, [0.0])]
            .into_iter()
            .chain([([1.0, 0.0], &genuine, [1.0]), ([0.0, 1.0], &impostor, [1.0])])
        {
            let ports = vec![
                ("first", view(&data, 2)),
                ("second", view(&second, 2)),
                ("same", view(same, 1)),
                ("fold", view(&fold, 1)),
            ];
            let pictures = vec![("first", vec![0]), ("second", vec![1])];
            protocol.show(&Shown { inputs: MetricInputs { ports }, pictures }).unwrap();
        }
        protocol.finish().unwrap();
        let part = protocol.part(&[0, 3]);
        assert_eq!((part[0].mean, part[0].n, part[1].mean, part[2].mean), (100.0, 2, 100.0, 0.0));
        assert!(protocol.part(&[0])[1].mean.is_nan(), "one kind has no curve");
    }
}
