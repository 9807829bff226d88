//! Reductions on the CPU.

use super::{Masked, MaskedGradients, ReduceKernel, Sums};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

/// Positions that a task sums over channels at a time.
const STRIP: usize = 1 << 10;

impl ReduceKernel for Cpu {
    fn sum(&self, dims: Sums, x: &Buffer) -> Result<Buffer, Self::Err> {
        let Sums { repeats, size, scale, .. } = dims;
        if size == 1 {
            let sums = parallel::collect(dims.blocks, repeats, |b| {
                let x = &x[b * repeats..(b + 1) * repeats];
                let [sum] = lanes::par_fold(x, x, x, move |x, _, _| [f64::from(x)]);
                (sum * scale) as f32
            });
            return self.upload(sums);
        }
        let mut y = self.allocate(dims.blocks * size)?;
        parallel::rows(&mut y, size, |b, y| {
            let strip = |(strip, y): (usize, &mut [f32])| {
                let from = b * repeats * size + strip * STRIP;
                let mut sums = vec![0.0; y.len()];
                for r in 0..repeats {
                    lanes::add_wide(&mut sums, &x[from + r * size..]);
                }
                for (y, sum) in y.iter_mut().zip(sums) {
                    *y = (sum * scale) as f32;
                }
            };
            if repeats * size <= parallel::CHUNK {
                y.chunks_mut(STRIP).enumerate().for_each(strip);
            } else {
                parallel::chunks(y, STRIP, &|i, y| strip((i, y)));
            }
        });
        Ok(y)
    }

    fn spread(&self, dims: Sums, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let Sums { blocks, repeats, size, scale } = dims;
        let scale = scale as f32;
        let mut dx = self.allocate(blocks * repeats * size)?;
        if size == 1 {
            parallel::rows(&mut dx, repeats, |b, dx| {
                let value = dy[b] * scale;
                lanes::par_amend(dx, move |_| value);
            });
        } else {
            parallel::rows(&mut dx, size, |row, dx| {
                let from = row / repeats * size;
                lanes::map(dx, &dy[from..from + size], move |dy| dy * scale);
            });
        }
        Ok(dx)
    }

    fn masked_mean(&self, masked: Masked, x: &Buffer, mask: &Buffer) -> Result<(Buffer, Buffer), Self::Err> {
        let planes = masked.planes;
        let sums = parallel::collect(planes.count(), planes.size, |p| {
            let mask = &mask[planes.range(masked.plane(p))];
            let x = &x[planes.range(p)];
            lanes::par_fold(x, mask, x, move |x, mask, _| {
                // An element that does not count is not read: 0 times infinity would be NaN.
                [if mask == 0.0 { 0.0 } else { f64::from(x) * f64::from(mask) }, f64::from(mask)]
            })
        });
        let (mut means, mut totals) = (Vec::new(), Vec::new());
        for sample in sums.chunks(planes.channels.max(1)) {
            let sum: f64 = sample.iter().map(|s| s[0]).sum();
            let total: f64 = sample.iter().map(|s| s[1]).sum();
            means.push(if total == 0.0 { 0.0 } else { (sum / total) as f32 });
            totals.push(total as f32);
        }
        Ok((self.upload(means)?, self.upload(totals)?))
    }

    fn masked_mean_backward(
        &self,
        masked: Masked,
        x: Option<&Buffer>,
        mask: &Buffer,
        (means, totals): (&Buffer, &Buffer),
        dy: &Buffer,
        (wants_input, wants_mask): (bool, bool),
    ) -> Result<MaskedGradients<Self>, Self::Err> {
        let planes = masked.planes;
        let gain = |n: usize| if totals[n] == 0.0 { 0.0 } else { dy[n] / totals[n] };
        let mut of_input = None;
        if wants_input {
            let mut dx = self.allocate(planes.len())?;
            parallel::rows(&mut dx, planes.size, |p, dx| {
                let gain = gain(p / planes.channels);
                lanes::map(dx, &mask[planes.range(masked.plane(p))], move |mask| mask * gain);
            });
            of_input = Some(dx);
        }
        let mut of_mask = None;
        if let (true, Some(x)) = (wants_mask, x) {
            let mut dmask = self.allocate(mask.len())?;
            let repeats = planes.channels / masked.mask_channels;
            parallel::rows(&mut dmask, planes.size, |q, dmask| {
                let n = q / masked.mask_channels;
                let (gain, mean) = (gain(n), means[n]);
                dmask.fill(0.0);
                for p in q * repeats..(q + 1) * repeats {
                    lanes::amend1(dmask, &x[planes.range(p)], move |d, x| d + (x - mean) * gain);
                }
            });
            of_mask = Some(dmask);
        }
        Ok((of_input, of_mask))
    }

    fn top_mean(
        &self,
        masked: Masked,
        x: &Buffer,
        mask: Option<&Buffer>,
        share: f32,
    ) -> Result<(Buffer, Buffer), Self::Err> {
        let planes = masked.planes;
        let weight = |i: usize| {
            mask.map_or(1.0, |mask| {
                let p = i / planes.size;
                mask[masked.plane(p) * planes.size + i % planes.size]
            })
        };
        let mut order: Vec<usize> = (0..x.len()).filter(|&i| weight(i) > 0.0).collect();
        let count = ((f64::from(share) * order.len() as f64).round() as usize).clamp(1, order.len().max(1));
        if count < order.len() {
            // Equal elements by position, so that the choice is one.
            order.select_nth_unstable_by(count - 1, |&i, &j| x[j].total_cmp(&x[i]).then(i.cmp(&j)));
            order.truncate(count);
            order.sort_unstable();
        }
        let total: f64 = order.iter().map(|&i| f64::from(weight(i))).sum();
        let sum: f64 = order.iter().map(|&i| f64::from(weight(i)) * f64::from(x[i])).sum();
        let mut shares = vec![0.0; x.len()];
        for &i in &order {
            shares[i] = (f64::from(weight(i)) / total) as f32;
        }
        let mean = if order.is_empty() { 0.0 } else { (sum / total) as f32 };
        Ok((self.upload(vec![mean])?, self.upload(shares)?))
    }

    fn top_mean_backward(&self, shares: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let dy = dy[0];
        let mut dx = self.allocate(shares.len())?;
        lanes::par_map(&mut dx, shares, move |share| share * dy);
        Ok(dx)
    }
}
