//! Total variation on the CPU, a plane a task.

use super::{Neighbours, VariationKernel};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl VariationKernel for Cpu {
    fn variation(&self, map: Neighbours, x: &Buffer, mask: Option<&Buffer>) -> Result<(Buffer, Buffer), Self::Err> {
        let planes = map.masked.planes;
        let sums = parallel::collect(planes.count(), planes.size, |p| {
            let mask = mask.map(|mask| &mask[planes.range(map.masked.plane(p))]);
            plane_sums(map, &x[planes.range(p)], mask)
        });
        let (mut variations, mut totals) = (Vec::new(), Vec::new());
        for sample in sums.chunks(planes.channels.max(1)) {
            let mut variation = 0.0;
            for axis in 0..2 {
                let sum: f64 = sample.iter().map(|s| s[axis][0]).sum();
                let total: f64 = sample.iter().map(|s| s[axis][1]).sum();
                variation += if total == 0.0 { 0.0 } else { sum / total };
                totals.push(total as f32);
            }
            variations.push(variation as f32);
        }
        Ok((self.upload(variations)?, self.upload(totals)?))
    }

    fn variation_backward(
        &self,
        map: Neighbours,
        x: &Buffer,
        mask: Option<&Buffer>,
        totals: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Self::Err> {
        let planes = map.masked.planes;
        let mut dx = self.allocate(planes.len())?;
        parallel::rows(&mut dx, planes.size, |p, dx| {
            let n = p / planes.channels;
            let mask = mask.map(|mask| &mask[planes.range(map.masked.plane(p))]);
            let gain = |axis: usize| match totals[2 * n + axis] {
                0.0 => 0.0,
                total => 2.0 * dy[n] / total,
            };
            dx.fill(0.0);
            let x = &x[planes.range(p)];
            let mut slopes = vec![0.0; planes.size];
            for row in 0..map.height {
                let range = row * map.width..(row + 1) * map.width;
                let mask = mask.map(|mask| &mask[range.clone()]);
                add_slopes(&mut dx[range.clone()], &x[range], mask, 1, gain(0), &mut slopes);
            }
            add_slopes(dx, x, mask, map.width, gain(1), &mut slopes);
        });
        Ok(dx)
    }
}

/// Along x and along y: the weighted sum of squared differences, and the sum of the weights.
fn plane_sums(map: Neighbours, x: &[f32], mask: Option<&[f32]>) -> [[f64; 2]; 2] {
    let mut along_x = [0.0; 2];
    for row in 0..map.height {
        let range = row * map.width..(row + 1) * map.width;
        let [sum, total] = pair_sums(&x[range.clone()], mask.map(|mask| &mask[range]), 1);
        along_x[0] += sum;
        along_x[1] += total;
    }
    [along_x, pair_sums(x, mask, map.width)]
}

/// Sums over the pairs that lie `step` apart.
fn pair_sums(x: &[f32], mask: Option<&[f32]>, step: usize) -> [f64; 2] {
    let (first, second) = pairs(x, step);
    let Some(mask) = mask else {
        let [sum] = lanes::fold(first, second, first, move |a, b, _| [squared(a, b)]);
        return [sum, first.len() as f64];
    };
    let (m, n) = pairs(mask, step);
    let mut weights = vec![0.0; m.len()];
    lanes::map2(&mut weights, m, n, move |m, n| m * n);
    lanes::fold(first, second, &weights, move |a, b, weight| {
        [if weight == 0.0 { 0.0 } else { squared(a, b) * f64::from(weight) }, f64::from(weight)]
    })
}

#[inline(always)]
fn squared(a: f32, b: f32) -> f64 {
    let difference = f64::from(a) - f64::from(b);
    difference * difference
}

fn pairs(x: &[f32], step: usize) -> (&[f32], &[f32]) {
    let count = x.len().saturating_sub(step);
    (&x[..count], &x[x.len() - count..])
}

/// Adds the slopes of pairs `step` apart to both of each.
fn add_slopes(dx: &mut [f32], x: &[f32], mask: Option<&[f32]>, step: usize, gain: f32, slopes: &mut [f32]) {
    let (first, second) = pairs(x, step);
    let slopes = &mut slopes[..first.len()];
    lanes::map2(slopes, first, second, move |a, b| gain * (a - b));
    if let Some(mask) = mask {
        let (m, n) = pairs(mask, step);
        lanes::amend2(slopes, m, n, move |slope, m, n| if m * n == 0.0 { 0.0 } else { slope * m * n });
    }
    let (count, from) = (slopes.len(), dx.len() - slopes.len());
    lanes::amend1(&mut dx[..count], slopes, move |dx, slope| dx + slope);
    lanes::amend1(&mut dx[from..], slopes, move |dx, slope| dx - slope);
}
