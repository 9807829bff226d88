//! The windows of structural similarity, separable and moved over the inside of an image; in f64, since variances are
//! small differences of large means.

use crate::tensor::ops::lanes::wide;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// 11 taps, sigma 1.5, population covariance: the paper's.
    Gaussian,
    /// 7 x 7, sample covariance: scikit-image's default.
    Uniform,
}

impl Window {
    pub fn taps(self) -> usize {
        match self {
            Window::Gaussian => 11,
            Window::Uniform => 7,
        }
    }

    /// Taps that sum to 1.
    pub fn weights(self) -> Vec<f64> {
        let bell = |i: usize| (-(i as f64 - 5.0).powi(2) / (2.0 * 1.5 * 1.5)).exp();
        let weights: Vec<f64> = match self {
            Window::Gaussian => (0..11).map(bell).collect(),
            Window::Uniform => vec![1.0; 7],
        };
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / total).collect()
    }

    /// What turns a population covariance into this window's.
    pub fn covariance(self) -> f64 {
        match self {
            Window::Gaussian => 1.0,
            Window::Uniform => 49.0 / 48.0,
        }
    }
}

/// A window over planes of one size.
pub struct Filter {
    weights: Vec<f64>,
    height: usize,
    width: usize,
}

impl Filter {
    pub fn new(window: Window, height: usize, width: usize) -> Self {
        Filter { weights: window.weights(), height, width }
    }

    fn output(&self) -> (usize, usize) {
        (self.height + 1 - self.weights.len(), self.width + 1 - self.weights.len())
    }

    /// Weighted means of every window inside the plane.
    pub fn means(&self, plane: &[f64]) -> Vec<f64> {
        let (h, w) = self.output();
        let mut along = vec![0.0; self.height * w];
        for (along, row) in along.chunks_mut(w).zip(plane.chunks(self.width)) {
            for (k, &weight) in self.weights.iter().enumerate() {
                add(along, &row[k..k + w], weight);
            }
        }
        let mut means = vec![0.0; h * w];
        for (i, means) in means.chunks_mut(w).enumerate() {
            for (k, &weight) in self.weights.iter().enumerate() {
                add(means, &along[(i + k) * w..(i + k + 1) * w], weight);
            }
        }
        means
    }

    /// The transpose: what the means' gradients are for the plane.
    pub fn spread(&self, means: &[f64]) -> Vec<f64> {
        let (_, w) = self.output();
        let mut along = vec![0.0; self.height * w];
        for (i, means) in means.chunks(w).enumerate() {
            for (k, &weight) in self.weights.iter().enumerate() {
                add(&mut along[(i + k) * w..(i + k + 1) * w], means, weight);
            }
        }
        let mut plane = vec![0.0; self.height * self.width];
        for (row, along) in plane.chunks_mut(self.width).zip(along.chunks(w)) {
            for (k, &weight) in self.weights.iter().enumerate() {
                add(&mut row[k..k + w], along, weight);
            }
        }
        plane
    }
}

wide! {
    fn add(target: &mut [f64], values: &[f64], weight: f64) {
        let values = &values[..target.len()];
        for i in 0..values.len() {
            target[i] += weight * values[i];
        }
    }
}
