//! How a tensor divides into planes, for the operations that work plane by plane.

use std::ops::Range;

/// The N C planes of H W elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes {
    pub samples: usize,
    pub channels: usize,
    /// Elements of a plane.
    pub size: usize,
}

impl Planes {
    pub fn of([n, c, h, w]: [usize; 4]) -> Self {
        Planes { samples: n, channels: c, size: h * w }
    }

    pub fn count(self) -> usize {
        self.samples * self.channels
    }

    pub fn len(self) -> usize {
        self.count() * self.size
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The elements of plane `p`.
    pub fn range(self, p: usize) -> Range<usize> {
        p * self.size..(p + 1) * self.size
    }

    /// Sums of a value per plane over the samples: a value per channel.
    pub fn sum_by_channel(self, of_planes: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for sample in of_planes.chunks(self.channels.max(1)) {
            for (sum, value) in sums.iter_mut().zip(sample) {
                *sum += value;
            }
        }
        sums
    }
}
