//! Losses on the CPU.

use super::{LossKernel, Margin, Rows};
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

    fn class_margin(&self, margin: Margin, cosines: &Buffer, labels: &Buffer) -> Result<Buffer, Self::Err> {
        let Margin { classes, curve, scale } = margin;
        let mut y = self.allocate(cosines.len())?;
        parallel::rows(&mut y, classes, |n, y| {
            let row = &cosines[n * classes..(n + 1) * classes];
            lanes::map(y, row, move |c| c * scale);
            match label(labels[n], classes) {
                Some(label) => y[label] = (curve.at(f64::from(row[label])).0 * f64::from(scale)) as f32,
                None => y.fill(f32::NAN),
            }
        });
        Ok(y)
    }

    fn class_margin_backward(
        &self,
        margin: Margin,
        cosines: &Buffer,
        labels: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Self::Err> {
        let Margin { classes, curve, scale } = margin;
        parallel::rows(&mut dy, classes, |n, dy| {
            lanes::amend(dy, move |dy| dy * scale);
            if let Some(label) = label(labels[n], classes) {
                dy[label] *= curve.at(f64::from(cosines[n * classes + label])).1 as f32;
            }
        });
        Ok(dy)
    }

    fn class_rows(&self, rows: Rows, table: &Buffer, labels: &Buffer) -> Result<Buffer, Self::Err> {
        let Rows { samples, classes, length, .. } = rows;
        let mut y = self.allocate(samples * length)?;
        parallel::rows(&mut y, length, |n, y| match label(labels[n], classes) {
            Some(label) => y.copy_from_slice(&table[label * length..(label + 1) * length]),
            None => y.fill(f32::NAN),
        });
        Ok(y)
    }

    fn class_rows_backward(&self, rows: Rows, labels: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let Rows { samples, classes, length, balanced } = rows;
        let mut dx = self.allocate(classes * length)?;
        dx.fill(0.0);
        let mut counts = vec![0_usize; classes];
        // In the order of the samples, whatever the number of threads.
        for (n, label) in labels.iter().enumerate().filter_map(|(n, l)| Some((n, label(*l, classes)?))) {
            counts[label] += 1;
            let to = &mut dx[label * length..(label + 1) * length];
            to.iter_mut().zip(&dy[n * length..(n + 1) * length]).for_each(|(to, dy)| *to += dy);
        }
        if balanced {
            for (row, count) in dx.chunks_mut(length).zip(counts).filter(|(_, count)| *count > 0) {
                let share = (samples as f64 / (1.0 + count as f64)) as f32;
                row.iter_mut().for_each(|v| *v *= share);
            }
        }
        Ok(dx)
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
