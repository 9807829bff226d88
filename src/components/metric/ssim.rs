//! Structural similarity, of windows that lie inside the image; in a region the mean of the map over its pixels.
//!
//! Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP 13(4), 2004. Images
//! mapped to 0 to 1, data range 1, K1 0.01, K2 0.03, per channel. `gaussian`: 11 taps, sigma 1.5, population covariance
//! (the paper; scikit-image's `gaussian_weights`); `uniform`: 7 x 7, sample covariance (scikit-image's default).

use rayon::prelude::*;

use super::{Column, IMAGES, Metric, MetricEntry, MetricError, MetricInputs, Pair, equal_shapes, on_pairs};
use crate::components::sample::read;
use crate::registry::{Declared, InputEdges, Problem, Settings, settings};

settings! {
    /// What `ssim` is told.
    pub struct Ssim {
        /// Weights of the window.
        window: String = "gaussian", of = ["gaussian", "uniform"];
    }
}

const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// One side of a separable window, and what covariances are multiplied by.
struct Window {
    taps: Vec<f64>,
    correction: f64,
}

impl Ssim {
    fn window(&self) -> Window {
        if self.window == "uniform" {
            return Window { taps: vec![1.0 / 7.0; 7], correction: 49.0 / 48.0 };
        }
        let raw: Vec<f64> = (-5..=5).map(|i| (-0.5 * (f64::from(i) / 1.5).powi(2)).exp()).collect();
        let total: f64 = raw.iter().sum();
        Window { taps: raw.into_iter().map(|v| v / total).collect(), correction: 1.0 }
    }
}

impl Metric for Ssim {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let (pairs, window) = (inputs.pairs()?, self.window());
        let side = window.taps.len();
        if let Some([_, h, w]) = pairs.first().map(|p| p.shape).filter(|[_, h, w]| *h < side || *w < side) {
            return Err(MetricError::Shapes(format!("{h}x{w} is smaller than the window of {side}")));
        }
        Ok(vec![pairs.par_iter().map(|pair| mean_ssim(pair, &window)).collect()])
    }
}

/// Mean over channels and over the windows' centres, weighted by the region.
fn mean_ssim(pair: &Pair<'_>, window: &Window) -> Option<f64> {
    let [channels, height, width] = pair.shape;
    let (size, rim) = (height * width, window.taps.len() / 2);
    let columns = width - 2 * rim;
    let (mut sum, mut total) = (0.0, 0.0);
    for c in 0..channels {
        let range = c * size..(c + 1) * size;
        let map = ssim_map(&pair.prediction[range.clone()], &pair.target[range], height, width, window);
        for (i, value) in map.into_iter().enumerate() {
            let weight = pair.weight((i / columns + rim) * width + i % columns + rim);
            sum += weight * value;
            total += weight;
        }
    }
    (total > 0.0).then(|| sum / total)
}

/// SSIM of each window inside one channel.
fn ssim_map(x: &[f32], y: &[f32], height: usize, width: usize, window: &Window) -> Vec<f64> {
    let unit = |values: &[f32]| values.iter().map(|v| (f64::from(*v) + 1.0) / 2.0).collect::<Vec<f64>>();
    let (x, y) = (unit(x), unit(y));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
    let mean = |values: &[f64]| filter(values, height, width, &window.taps);
    let (mx, my) = (mean(&x), mean(&y));
    let (xx, yy, xy) = (mean(&product(&x, &x)), mean(&product(&y, &y)), mean(&product(&x, &y)));
    (0..mx.len())
        .map(|i| {
            let variance_x = window.correction * (xx[i] - mx[i] * mx[i]);
            let variance_y = window.correction * (yy[i] - my[i] * my[i]);
            let covariance = window.correction * (xy[i] - mx[i] * my[i]);
            ((2.0 * mx[i] * my[i] + C1) * (2.0 * covariance + C2))
                / ((mx[i] * mx[i] + my[i] * my[i] + C1) * (variance_x + variance_y + C2))
        })
        .collect()
}

/// Weighted means over the windows inside the image.
fn filter(values: &[f64], height: usize, width: usize, taps: &[f64]) -> Vec<f64> {
    let (rows, columns) = (height + 1 - taps.len(), width + 1 - taps.len());
    let mut across = vec![0.0; height * columns];
    for (line, out) in values.chunks_exact(width).zip(across.chunks_exact_mut(columns)) {
        for (i, tap) in taps.iter().enumerate() {
            out.iter_mut().zip(&line[i..]).for_each(|(o, v)| *o += tap * v);
        }
    }
    let mut out = vec![0.0; rows * columns];
    for (y, line) in out.chunks_exact_mut(columns).enumerate() {
        for (i, tap) in taps.iter().enumerate() {
            let source = &across[(y + i) * columns..(y + i + 1) * columns];
            line.iter_mut().zip(source).for_each(|(o, v)| *o += tap * v);
        }
    }
    out
}

fn check(settings: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    equal_shapes(settings, inputs)?;
    let ssim: Ssim = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    let (side, edge) = (ssim.window().taps.len(), inputs.one("prediction")?);
    if edge.dims[1].min(edge.dims[2]) < side {
        let message = format!("{edge} is smaller than the window of {side}");
        return Err(Problem::new(message).at_port("prediction", 0, edge.to_string()));
    }
    Ok(())
}

pub fn entry() -> MetricEntry {
    MetricEntry {
        entry: on_pairs("ssim", "Structural similarity.", &IMAGES, "ssim: scalar", Ssim::schema(), check),
        columns: vec![Column { name: "ssim", label: "SSIM", unit: "", higher_is_better: true, decimals: 4 }],
        open: |settings| Ok(Box::new(read::<Ssim>(settings)?)),
    }
}
