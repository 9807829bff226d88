//! Metrics: numbers of each sample, in double precision on the host; means and deviations are the runner's.
//!
//! Images are -1 to 1, masks 0 to 1. With a `region` only what it covers counts, each element with the region's value
//! as its weight; a sample whose region is empty has no number. A protocol, such as verification, is a metric whose numbers
//! are of a whole split.

mod features;
mod fid;
mod identification;
mod identity_cosine;
mod iou;
mod kid;
mod l1;
mod perceptual;
mod pixel_l2;
mod precision;
mod protocol;
mod psnr;
mod ssim;
mod template_verification;
mod verification;

use crate::registry::{self, Accepts, InputEdges, Make, Problem, Settings, Type, ports};
pub use protocol::{Compared, Finished, Pairing, Protocol, Shown, Tally};

/// A metric that has its settings.
pub trait Metric: Send + Sync {
    /// For each output of the card the number of each sample of the batch; `None` where a sample has none. Of a protocol
    /// nothing.
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError>;

    /// Where the numbers are of a whole split: what is shown all of it, and counts in the end.
    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        None
    }

    /// Whether all outputs of the network are shown (`prediction`, `prediction-1`, ..), not the first alone.
    fn every_output(&self) -> bool {
        false
    }

    /// Of a protocol whose network embeds pictures: whether a picture's vector is the sum of its own and its mirror
    /// image's.
    fn flips(&self) -> bool {
        false
    }

    /// Of a protocol on people: whether those of the training may be in it.
    fn shares_people(&self) -> bool {
        true
    }
}

/// One port of a batch on the host: N x C x H x W, row-major.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub shape: [usize; 4],
    pub data: &'a [f32],
}

impl<'a> View<'a> {
    /// Values of one sample.
    fn sample(&self, n: usize) -> &'a [f32] {
        let size = self.shape[1] * self.shape[2] * self.shape[3];
        &self.data[n * size..(n + 1) * size]
    }
}

/// What a metric is shown, by port.
#[derive(Clone, Debug, Default)]
pub struct MetricInputs<'a> {
    pub ports: Vec<(&'a str, View<'a>)>,
}

impl<'a> MetricInputs<'a> {
    /// Prediction and target, and a region if there is one.
    pub fn pair(prediction: View<'a>, target: View<'a>, region: Option<View<'a>>) -> Self {
        let mut ports = vec![("prediction", prediction), ("target", target)];
        ports.extend(region.map(|r| ("region", r)));
        MetricInputs { ports }
    }

    pub fn get(&self, port: &str) -> Option<View<'a>> {
        self.ports.iter().find(|(name, _)| *name == port).map(|(_, view)| *view)
    }

    fn need(&self, port: &'static str) -> Result<View<'a>, MetricError> {
        let view = self.get(port).ok_or(MetricError::Missing(port))?;
        let size: usize = view.shape.iter().product();
        match view.data.len() == size {
            true => Ok(view),
            false => Err(MetricError::Shapes(format!("`{port}` is {:?} with {} values", view.shape, view.data.len()))),
        }
    }

    /// What stands on two ports, of one shape.
    fn two(&self, first: &'static str, second: &'static str) -> Result<(View<'a>, View<'a>), MetricError> {
        let (one, other) = (self.need(first)?, self.need(second)?);
        match one.shape == other.shape {
            true => Ok((one, other)),
            false => Err(MetricError::Shapes(format!("{first} is {:?}, {second} {:?}", one.shape, other.shape))),
        }
    }

    /// Prediction, target and region of each sample, of equal sizes.
    fn pairs(&self) -> Result<Vec<Pair<'a>>, MetricError> {
        let (prediction, target) = self.two("prediction", "target")?;
        let region = self.get("region").map(|_| self.need("region")).transpose()?;
        let [count, channels, height, width] = prediction.shape;
        if let Some(region) = region.filter(|r| r.shape != [count, 1, height, width]) {
            return Err(MetricError::Shapes(format!(
                "region is {:?}, prediction {:?}",
                region.shape, prediction.shape
            )));
        }
        let pair = |n| Pair {
            prediction: prediction.sample(n),
            target: target.sample(n),
            region: region.map(|r| r.sample(n)),
            shape: [channels, height, width],
        };
        Ok((0..count).map(pair).collect())
    }
}

/// One sample's prediction, target (C x H x W) and region (H x W).
struct Pair<'a> {
    prediction: &'a [f32],
    target: &'a [f32],
    region: Option<&'a [f32]>,
    shape: [usize; 3],
}

impl Pair<'_> {
    /// Weight of a pixel.
    fn weight(&self, pixel: usize) -> f64 {
        self.region.map_or(1.0, |r| f64::from(r[pixel]))
    }

    /// Mean of `value` over the elements, the region repeated for each channel; `None` if the region is empty.
    fn mean(&self, value: impl Fn(f64, f64) -> f64) -> Option<f64> {
        let size = self.shape[1] * self.shape[2];
        let (mut sum, mut total) = (0.0, 0.0);
        for (i, (p, t)) in self.prediction.iter().zip(self.target).enumerate() {
            let weight = self.weight(i % size);
            if weight > 0.0 {
                sum += weight * value(f64::from(*p), f64::from(*t));
                total += weight;
            }
        }
        (total > 0.0).then(|| sum / total)
    }
}

/// How a metric's output is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The output's name: `psnr`.
    pub name: &'static str,
    /// `PSNR`.
    pub label: &'static str,
    /// `dB`, or empty.
    pub unit: &'static str,
    pub higher_is_better: bool,
    pub decimals: usize,
}

/// A metric as it is registered; `columns` in the order of the card's outputs.
pub struct MetricEntry {
    pub entry: registry::Entry,
    pub columns: Vec<Column>,
    pub open: fn(&Settings) -> Result<Box<dyn Metric>, MetricError>,
}

/// Every metric, in the order in which they are printed.
pub fn entries() -> Vec<MetricEntry> {
    vec![
        fid::entry(),
        identification::entry(),
        identity_cosine::entry(),
        iou::entry(),
        kid::entry(),
        l1::entry(),
        perceptual::entry(),
        pixel_l2::entry(),
        precision::entry(),
        psnr::entry(),
        ssim::entry(),
        template_verification::entry(),
        verification::entry(),
    ]
}

/// Opens a metric by name.
pub fn open(name: &str, settings: &Settings) -> Result<Box<dyn Metric>, MetricError> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    let entry = entry.ok_or_else(|| MetricError::Unknown(name.into()))?;
    (entry.open)(settings)
}

/// Whether a metric's network is applied to what this port is fed.
pub fn is_picture(metric: &str, port: &str) -> bool {
    let takes = |e: &MetricEntry| {
        let port = e.entry.card.inputs.iter().find(|p| p.name == port);
        port.is_some_and(|p| matches!(p.accepts, Accepts::Type(Type::Image | Type::Any)))
    };
    entries().iter().find(|e| e.entry.card.name == metric).is_some_and(takes)
}

/// Why a metric gives no numbers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricError {
    #[error("no metric is called `{0}`")]
    Unknown(String),
    #[error("input `{0}` is missing")]
    Missing(&'static str),
    #[error("shapes do not fit: {0}")]
    Shapes(String),
    #[error("{0}")]
    Settings(String),
}

impl From<super::sample::DataError> for MetricError {
    fn from(e: super::sample::DataError) -> Self {
        MetricError::Settings(e.to_string())
    }
}

/// An entry of a metric on `prediction` and `target` of the type `ty`, with an optional region and one output.
fn on_pairs(
    name: &'static str,
    doc: &'static str,
    inputs: &[&'static str],
    output: &'static str,
    settings: Vec<registry::Setting>,
    check: fn(&Settings, &InputEdges) -> Result<(), Problem>,
) -> registry::Entry {
    let card = registry::Card {
        family: "metric",
        name,
        doc,
        paper: "",
        inputs: ports(inputs),
        outputs: ports(&[output]),
        networks: vec![],
        settings,
        revision: 1,
    };
    registry::Entry { card, make: Make::Measure(check) }
}

const ANY: [&str; 3] = ["prediction: any", "target: any", "region?: mask"];
const IMAGES: [&str; 3] = ["prediction: image", "target: image", "region?: mask"];
const MASKS: [&str; 3] = ["prediction: mask", "target: mask", "region?: mask"];

/// Prediction and target of one shape, the region of their height and width.
fn equal_shapes(_: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
    if prediction.dims != target.dims {
        return Err(Problem::new(format!("prediction and target differ: {prediction} and {target}"))
            .at_port("prediction", 0, prediction.to_string())
            .at_port("target", 0, target.to_string()));
    }
    if inputs.has("region") {
        let region = inputs.one("region")?;
        if region.dims[1..] != prediction.dims[1..] {
            return Err(Problem::new(format!("a region of {region} does not fit {prediction}"))
                .at_port("region", 0, region.to_string())
                .at_port("prediction", 0, prediction.to_string()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A and B of reference-facts.md 6.11, planar, in -1 to 1: A[i,j,c] = (3i + 5j + 17c) mod 256,
    /// B = clip(A + (7i + 11j + 13c) mod 21 - 10), 64 x 64 x 3.
    pub(super) fn pictures() -> (Vec<f32>, Vec<f32>) {
        let mut both = (vec![], vec![]);
        let (mut sums, scale) = ((0, 0), |v: i64| (v as f64 / 127.5 - 1.0) as f32);
        for c in 0..3 {
            for i in 0..64 {
                for j in 0..64 {
                    let a = (3 * i + 5 * j + 17 * c) % 256;
                    let b = (a + (7 * i + 11 * j + 13 * c) % 21 - 10).clamp(0, 255);
                    sums = (sums.0 + a, sums.1 + b);
                    both.0.push(scale(a));
                    both.1.push(scale(b));
                }
            }
        }
        assert_eq!(sums, (1_590_528, 1_590_658)); // the sums given there
        both
    }

    pub(super) fn run(name: &str, settings: serde_json::Value, inputs: &MetricInputs<'_>) -> Vec<Option<f64>> {
        let metric = open(name, settings.as_object().unwrap()).unwrap();
        metric.samples(inputs).unwrap().remove(0)
    }

    fn view(shape: [usize; 4], data: &[f32]) -> View<'_> {
        View { shape, data }
    }

    pub(super) fn near(found: Option<f64>, wanted: f64, within: f64) {
        assert!(found.is_some_and(|f| (f - wanted).abs() < within), "{found:?}, expected {wanted}");
    }

    #[test]
    fn golden_values() {
        let (a, b) = pictures();
        let shape = [1, 3, 64, 64];
        let inputs = MetricInputs::pair(view(shape, &a), view(shape, &b), None);
        // skimage.metrics on the uint8 images, channel_axis=2 (reference-facts.md, 6.11).
        near(run("psnr", json!({}), &inputs)[0], 32.564_657_759_765_17, 1e-5);
        near(run("ssim", json!({"window": "uniform"}), &inputs)[0], 0.916_114_452_227_777_3, 1e-6);
        near(run("ssim", json!({"window": "gaussian"}), &inputs)[0], 0.878_648_307_199_486_5, 1e-6);
        let grey = [1, 1, 64, 64];
        let first = MetricInputs::pair(view(grey, &a[..4096]), view(grey, &b[..4096]), None);
        near(run("ssim", json!({"window": "uniform"}), &first)[0], 0.915_821_771_374_471_2, 1e-6);
        near(run("ssim", json!({}), &first)[0], 0.878_389_505_792_857_1, 1e-6);
    }

    #[test]
    fn regions_select_and_an_empty_one_gives_no_number() {
        // Two samples 1 x 2 x 2; the second's region is empty.
        let (p, t) = ([0.0, 1.0, 0.5, -1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.5, -0.5, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let region = [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let shape = [2, 1, 2, 2];
        let whole = MetricInputs::pair(view(shape, &p), view(shape, &t), None);
        let part = MetricInputs::pair(view(shape, &p), view(shape, &t), Some(view(shape, &region)));
        // By hand: (0 + 0.5 + 1 + 2) / 4 and (0.5 + 1) / 2.
        assert_eq!(run("l1", json!({}), &whole), [Some(0.875), Some(1.0)]);
        assert_eq!(run("l1", json!({}), &part), [Some(0.75), None]);
        assert_eq!(run("pixel-l2", json!({}), &part), [Some(0.75), None]);
        // By hand: squared error in 0 to 1 is (0.25^2 + 0.5^2) / 2 = 0.15625; -10 log10 of it.
        near(run("psnr", json!({}), &part)[0], -10.0 * 0.156_25f64.log10(), 1e-9);
        assert_eq!(run("psnr", json!({}), &part)[1], None);
    }

    #[test]
    fn the_region_of_ssim_averages_its_map() {
        let (a, b) = pictures();
        let shape = [1, 3, 64, 64];
        let everywhere = vec![1.0; 4096];
        let inputs = MetricInputs::pair(view(shape, &a), view(shape, &b), Some(view([1, 1, 64, 64], &everywhere)));
        near(run("ssim", json!({}), &inputs)[0], 0.878_648_307_199_486_5, 1e-6);
        // Halves together give the whole: the interior is 54 x 54, 27 columns each.
        let half = |left: bool| -> Option<f64> {
            let mask: Vec<f32> = (0..4096).map(|i| f32::from((i % 64 < 32) == left)).collect();
            let inputs = MetricInputs::pair(view(shape, &a), view(shape, &b), Some(view([1, 1, 64, 64], &mask)));
            run("ssim", json!({}), &inputs)[0]
        };
        let (left, right) = (half(true).unwrap(), half(false).unwrap());
        assert!((left - right).abs() > 1e-5);
        near(Some((left + right) / 2.0), 0.878_648_307_199_486_5, 1e-6);
        let rim: Vec<f32> = (0..4096).map(|i| f32::from(i < 64)).collect();
        let inputs = MetricInputs::pair(view(shape, &a), view(shape, &b), Some(view([1, 1, 64, 64], &rim)));
        assert_eq!(run("ssim", json!({}), &inputs), [None]);
    }

    #[test]
    fn equal_images_are_perfect() {
        let (a, _) = pictures();
        let shape = [1, 3, 64, 64];
        let inputs = MetricInputs::pair(view(shape, &a), view(shape, &a), None);
        assert_eq!(run("psnr", json!({}), &inputs), [Some(100.0)]);
        near(run("ssim", json!({}), &inputs)[0], 1.0, 1e-12);
        assert_eq!(run("l1", json!({}), &inputs), [Some(0.0)]);
    }

    #[test]
    fn masks_are_cut_at_the_threshold() {
        let (p, t) = ([0.9, 0.6, 0.2, 0.0], [1.0, 0.0, 1.0, 0.0]);
        let shape = [1, 1, 2, 2];
        let inputs = MetricInputs::pair(view(shape, &p), view(shape, &t), None);
        // By hand: predicted {0, 1}, true {0, 2}: 1 of 3 shared, 1 of 2 right; above 0.7 predicted {0}.
        assert_eq!(run("iou", json!({}), &inputs), [Some(1.0 / 3.0)]);
        assert_eq!(run("precision", json!({}), &inputs), [Some(0.5)]);
        assert_eq!(run("precision", json!({"threshold": 0.7}), &inputs), [Some(1.0)]);
    }

    #[test]
    fn misfits_are_errors() {
        let data = [0.0; 8];
        let inputs = MetricInputs::pair(view([1, 1, 2, 2], &data[..4]), view([2, 1, 2, 2], &data), None);
        let metric = open("l1", &Settings::new()).unwrap();
        assert!(matches!(metric.samples(&inputs), Err(MetricError::Shapes(_))));
        let small = MetricInputs::pair(view([1, 1, 2, 2], &data[..4]), view([1, 1, 2, 2], &data[..4]), None);
        let error = open("ssim", &Settings::new()).unwrap().samples(&small).unwrap_err().to_string();
        assert!(error.contains("2x2 is smaller than the window of 11"), "{error}");
        assert!(open("l3", &Settings::new()).is_err());
    }
}
