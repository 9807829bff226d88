//! Filling on the CPU, a plane a task.

use super::{FillKernel, Masked};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl FillKernel for Cpu {
    fn mean_fill(&self, masked: Masked, image: &Buffer, missing: &Buffer) -> Result<Buffer, Self::Err> {
        let planes = masked.planes;
        let mut y = self.allocate(image.len())?;
        parallel::rows(&mut y, planes.size, |p, y| {
            let (x, missing) = (&image[planes.range(p)], &missing[planes.range(masked.plane(p))]);
            let [sum, total] = lanes::fold(x, missing, x, move |x, missing, _| {
                let seen = 1.0 - f64::from(missing);
                [if seen == 0.0 { 0.0 } else { f64::from(x) * seen }, seen]
            });
            let mean = if total == 0.0 { 0.0 } else { (sum / total) as f32 };
            lanes::map2(y, x, missing, move |x, missing| {
                // What is missing may be anything, NaN included.
                if missing == 1.0 { mean } else { x + (mean - x) * missing }
            });
        });
        Ok(y)
    }

    fn mean_fill_backward(&self, masked: Masked, missing: &Buffer, mut dy: Buffer) -> Result<Buffer, Self::Err> {
        let planes = masked.planes;
        parallel::rows(&mut dy, planes.size, |p, dy| {
            let missing = &missing[planes.range(masked.plane(p))];
            let [sum, total] = lanes::fold(dy, missing, missing, move |dy, missing, _| {
                [f64::from(dy) * f64::from(missing), 1.0 - f64::from(missing)]
            });
            let of_mean = if total == 0.0 { 0.0 } else { (sum / total) as f32 };
            lanes::amend1(dy, missing, move |dy, missing| (1.0 - missing) * (dy + of_mean));
        });
        Ok(dy)
    }
}
