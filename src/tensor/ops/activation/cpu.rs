//! Activations on the CPU.

use super::{Activation, ActivationKernel};
use crate::tensor::{Backend, ops::parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ActivationKernel for Cpu {
    fn activate(&self, f: Activation, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(x.len())?;
        match f {
            Activation::Relu => map(&mut y, x, |x| x.max(0.0)),
            Activation::LeakyRelu(slope) => map(&mut y, x, |x| if x > 0.0 { x } else { slope * x }),
            Activation::Sigmoid => map(&mut y, x, |x| 1.0 / (1.0 + (-x).exp())),
            Activation::Tanh => map(&mut y, x, f32::tanh),
        }
        Ok(y)
    }

    fn activate_backward(&self, f: Activation, y: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let mut dx = self.allocate(y.len())?;
        match f {
            Activation::Relu => map2(&mut dx, y, dy, |y, dy| if y > 0.0 { dy } else { 0.0 }),
            Activation::LeakyRelu(slope) => map2(&mut dx, y, dy, |y, dy| if y > 0.0 { dy } else { slope * dy }),
            Activation::Sigmoid => map2(&mut dx, y, dy, |y, dy| y * (1.0 - y) * dy),
            Activation::Tanh => map2(&mut dx, y, dy, |y, dy| (1.0 - y * y) * dy),
        }
        Ok(dx)
    }
}

fn map(y: &mut [f32], x: &[f32], f: impl Fn(f32) -> f32 + Sync) {
    parallel::zip(y, x, |y, x| {
        for (y, x) in y.iter_mut().zip(x) {
            *y = f(*x);
        }
    });
}

fn map2(out: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Sync) {
    parallel::zip2(out, a, b, |out, a, b| {
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            *o = f(*a, *b);
        }
    });
}
