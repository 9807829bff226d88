//! Protocols: metrics of a whole split. They are shown every batch, pictures as the vectors that a network makes of them,
//! and count in the end.

use super::{MetricError, MetricInputs};

/// A protocol at work on one split.
pub trait Protocol: Send {
    /// The next batch.
    fn show(&mut self, batch: &Shown<'_>) -> Result<(), MetricError>;

    /// What a dataset says is to be compared, before [`finish`](Protocol::finish).
    fn pair(&mut self, _pairs: &[Pairing]) {}

    /// All has been shown.
    fn finish(&mut self) -> Result<Finished, MetricError>;

    /// The columns over some of the samples, judged as in the whole; after [`finish`](Protocol::finish).
    fn part(&self, samples: &[usize]) -> Vec<Tally>;
}

/// Two sets of pictures that are compared, by their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairing {
    pub first: usize,
    pub second: usize,
    pub same: bool,
}

/// A vector of length 1 in the direction of another; `None` where that is 0 or holds no numbers.
pub fn unit(vector: impl Iterator<Item = f64> + Clone) -> Option<Vec<f64>> {
    let length = vector.clone().map(|x| x * x).sum::<f64>().sqrt();
    (length > 0.0 && length.is_finite()).then(|| vector.map(|x| x / length).collect())
}

/// One batch as a protocol sees it.
pub struct Shown<'a> {
    /// What the network is applied to stands as its vectors, N x E x 1 x 1.
    pub inputs: MetricInputs<'a>,
    /// Numbers of the pictures on these ports: equal where pictures are equal, across batches and ports.
    pub pictures: Vec<(&'a str, Vec<usize>)>,
}

impl Shown<'_> {
    /// Numbers of the pictures on a port.
    pub fn pictures(&self, port: &'static str) -> Result<&[usize], MetricError> {
        let found = self.pictures.iter().find(|(name, _)| *name == port);
        found.map(|(_, numbers)| numbers.as_slice()).ok_or(MetricError::Missing(port))
    }
}

/// One column of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub mean: f64,
    /// Not a number where there is none to give.
    pub std: f64,
    /// What mean and deviation are over.
    pub n: u64,
    /// Of each sample, where samples have values of their own.
    pub values: Vec<Option<f64>>,
}

impl Tally {
    /// A number that is of all together.
    pub fn whole(value: Option<f64>, n: usize) -> Tally {
        let n = if value.is_some() { n as u64 } else { 0 };
        Tally { mean: value.unwrap_or(f64::NAN), std: f64::NAN, n, values: vec![] }
    }
}

/// What a protocol came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// In the order of the card's outputs.
    pub columns: Vec<Tally>,
    /// Pairs that were compared, for curves and pictures.
    pub compared: Option<Compared>,
}

/// Every pair of a split, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// Cosine similarities.
    pub scores: Vec<f32>,
    pub same: Vec<bool>,
    pub folds: Vec<usize>,
    /// Cosine from which on each fold accepted.
    pub thresholds: Vec<f64>,
    /// Numbers of the two pictures.
    pub pictures: Vec<[usize; 2]>,
    /// Who is on them, as labels; empty where that was not said.
    pub people: Vec<[usize; 2]>,
    /// Their yaws in degrees; empty where these were not said.
    pub yaws: Vec<[f32; 2]>,
}
