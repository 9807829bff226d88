//! Opening a GPU.

use super::{Cuda, Failure, pool};
use crate::tensor::Error;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What convolutions multiply in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Full,
    /// TF32: 10 bits of mantissa, sums in f32.
    Tf32,
    /// The library's half-precision conversions, sums in f32.
    Half,
}

impl Precision {
    /// By the word of `run.precision`.
    pub fn of(word: &str) -> Self {
        match word {
            "tf32" => Precision::Tf32,
            "bf16" => Precision::Half,
            _ => Precision::Full,
        }
    }
}

/// Of this process: a device of dfdx's has no room for it.
static PRECISION: AtomicU8 = AtomicU8::new(0);

/// What convolutions multiply in.
pub fn precision() -> Precision {
    match PRECISION.load(Relaxed) {
        1 => Precision::Tf32,
        2 => Precision::Half,
        _ => Precision::Full,
    }
}

/// GPU `number`. Ask [`usable`](crate::tensor::device::usable) first: without a driver cudarc panics.
pub fn open(number: usize, precision: Precision) -> Result<Cuda, Error> {
    PRECISION.store(precision as u8, Relaxed);
    let failed = |error: Failure| Error::Other(format!("GPU {number} could not be opened: {error}"));
    let device = Cuda::try_build(number, 0).map_err(failed)?;
    pool::keep_freed_memory(&device).map_err(failed)?;
    Ok(device)
}
