//! Parametric relu on the CPU.

use super::{Planes, PreluKernel};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl PreluKernel for Cpu {
    fn prelu(&self, planes: Planes, x: &Buffer, slope: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(x.len())?;
        parallel::rows(&mut y, planes.size, |p, y| {
            let slope = slope[p % planes.channels];
            lanes::map(y, &x[planes.range(p)], move |x| if x > 0.0 { x } else { slope * x });
        });
        Ok(y)
    }

    fn prelu_slopes(&self, planes: Planes, x: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let sums = parallel::collect(planes.count(), planes.size, |p| {
            let x = &x[planes.range(p)];
            let [sum] = lanes::fold(x, &dy[planes.range(p)], x, move |x, dy, _| {
                [if x > 0.0 { 0.0 } else { f64::from(x) * f64::from(dy) }]
            });
            sum
        });
        self.upload(planes.sum_by_channel(&sums).iter().map(|&s| s as f32).collect())
    }

    fn prelu_backward(&self, planes: Planes, x: &Buffer, slope: &Buffer, mut dy: Buffer) -> Result<Buffer, Self::Err> {
        parallel::rows(&mut dy, planes.size, |p, dy| {
            let slope = slope[p % planes.channels];
            lanes::amend1(dy, &x[planes.range(p)], move |dy, x| if x > 0.0 { dy } else { slope * dy });
        });
        Ok(dy)
    }
}
