//! Losses on the CPU.

use super::{LossKernel, Margin};
use crate::tensor::Backend;
use crate::tensor::ops::lanes::{self, wide};
use crate::tensor::ops::{fast, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl LossKernel for Cpu {
    fn bce(&self, p: &Buffer, t: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(p.len())?;
        lanes::par_map2(&mut y, p, t, move |p, t| -(t * bounded_ln(p) + (1.0 - t) * bounded_ln(1.0 - p)));
        Ok(y)
    }

    fn bce_probabilities(&self, p: &Buffer, t: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let mut dp = self.allocate(p.len())?;
        lanes::par_map3(&mut dp, p, t, dy, move |p, t, dy| {
            let spread = p * (1.0 - p);
            dy * (p - t) / if spread < 1e-12 { 1e-12 } else { spread }
        });
        Ok(dp)
    }

    fn bce_targets(&self, p: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let mut dt = self.allocate(p.len())?;
        lanes::par_map2(&mut dt, p, dy, move |p, dy| dy * (bounded_ln(1.0 - p) - bounded_ln(p)));
        Ok(dt)
    }

    fn cross_entropy(&self, classes: usize, logits: &Buffer, labels: &Buffer) -> Result<Buffer, Self::Err> {
        let losses = parallel::collect(labels.len(), classes, |n| {
            let row = &logits[n * classes..(n + 1) * classes];
            match label(labels[n], classes) {
                Some(label) => (log_sum(row) - f64::from(row[label])) as f32,
                None => f32::NAN,
            }
        });
        self.upload(losses)
    }

    fn cross_entropy_backward(
        &self,
        classes: usize,
        logits: &Buffer,
        labels: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Self::Err> {
        let mut dx = self.allocate(logits.len())?;
        parallel::rows(&mut dx, classes, |n, dx| {
            let row = &logits[n * classes..(n + 1) * classes];
            let (log_sum, dy) = (log_sum(row), dy[n]);
            lanes::map(dx, row, move |x| fast::exp((f64::from(x) - log_sum) as f32) * dy);
            match label(labels[n], classes) {
                Some(label) => dx[label] -= dy,
                None => dx.fill(f32::NAN),
            }
        });
        Ok(dx)
    }

    fn arc_margin(&self, margin: Margin, cosines: &Buffer, labels: &Buffer) -> Result<Buffer, Self::Err> {
        let Margin { classes, margin, scale } = margin;
        let (sin, cos) = f64::from(margin).sin_cos();
        let mut y = self.allocate(cosines.len())?;
        parallel::rows(&mut y, classes, |n, y| {
            let row = &cosines[n * classes..(n + 1) * classes];
            lanes::map(y, row, move |c| c * scale);
            match label(labels[n], classes) {
                Some(label) => {
                    let c = f64::from(row[label]).clamp(-1.0, 1.0);
                    // cos(arccos c + margin)
                    y[label] = ((c * cos - (1.0 - c * c).sqrt() * sin) * f64::from(scale)) as f32;
                }
                None => y.fill(f32::NAN),
            }
        });
        Ok(y)
    }

    fn arc_margin_backward(
        &self,
        margin: Margin,
        cosines: &Buffer,
        labels: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Self::Err> {
        let Margin { classes, margin, scale } = margin;
        let (sin, cos) = f64::from(margin).sin_cos();
        parallel::rows(&mut dy, classes, |n, dy| {
            lanes::amend(dy, move |dy| dy * scale);
            if let Some(label) = label(labels[n], classes) {
                let c = f64::from(cosines[n * classes + label]).clamp(-1.0, 1.0);
                // The slope is unbounded at an angle of 0 or pi; the bound keeps it finite.
                let sine = (1.0 - c * c).max(1e-12).sqrt();
                dy[label] *= (cos + sin * c / sine) as f32;
            }
        });
        Ok(dy)
    }
}

/// ln x, -100 at least.
#[inline(always)]
fn bounded_ln(x: f32) -> f32 {
    let y = fast::ln(x);
    if y < -100.0 { -100.0 } else { y }
}

/// The class that a label names.
fn label(value: f32, classes: usize) -> Option<usize> {
    (value >= 0.0 && value < classes as f32 && value.fract() == 0.0).then_some(value as usize)
}

/// The logarithm of the sum of exponentials.
fn log_sum(row: &[f32]) -> f64 {
    let largest = largest(row);
    let mut powers = vec![0.0; row.len()];
    lanes::map(&mut powers, row, move |x| fast::exp(x - largest));
    let [sum] = lanes::fold(&powers, &powers, &powers, |x, _, _| [f64::from(x)]);
    sum.ln() + f64::from(largest)
}

wide! {
    /// The largest element; NaN may be left out, which the sum of exponentials finds.
    fn largest(row: &[f32]) -> f32 {
        const LANES: usize = 32;
        let mut best = [f32::NEG_INFINITY; LANES];
        let (blocks, rest) = row.as_chunks::<LANES>();
        for x in blocks {
            for l in 0..LANES {
                best[l] = if x[l] > best[l] { x[l] } else { best[l] };
            }
        }
        for (l, x) in rest.iter().enumerate() {
            best[l] = if *x > best[l] { *x } else { best[l] };
        }
        best.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}
