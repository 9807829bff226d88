//! Dropout on the CPU.

use super::DropoutKernel;
use crate::random::Stream;
use crate::tensor::Backend;
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl DropoutKernel for Cpu {
    fn dropout(&self, share: f32, stream: Stream, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(x.len())?;
        let factor = factors(share, stream);
        parallel::rows(&mut y, parallel::CHUNK, |chunk, y| {
            let from = chunk * parallel::CHUNK;
            for (i, (y, x)) in y.iter_mut().zip(&x[from..]).enumerate() {
                *y = factor(from + i).map_or(0.0, |f| x * f);
            }
        });
        Ok(y)
    }

    fn dropout_in_place(&self, share: f32, stream: Stream, mut x: Buffer) -> Result<Buffer, Self::Err> {
        let factor = factors(share, stream);
        parallel::rows(&mut x, parallel::CHUNK, |chunk, x| {
            let from = chunk * parallel::CHUNK;
            for (i, x) in x.iter_mut().enumerate() {
                *x = factor(from + i).map_or(0.0, |f| *x * f);
            }
        });
        Ok(x)
    }
}

/// What element i is multiplied with, if it is kept.
fn factors(share: f32, stream: Stream) -> impl Fn(usize) -> Option<f32> + Sync {
    let dropped_below = (f64::from(share) * (1u64 << 32) as f64) as u64;
    let factor = 1.0 / (1.0 - share);
    move |i| (stream.at(i as u64) >> 32 >= dropped_below).then_some(factor)
}
