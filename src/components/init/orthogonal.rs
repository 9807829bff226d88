//! Rows (or columns, whichever are fewer) orthonormal: Saxe et al., "Exact solutions to the nonlinear dynamics of
//! learning in deep linear neural networks".

use super::{Fans, Init, InitEntry, register};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    pub struct Orthogonal {
        /// Factor on the values.
        gain: f64 = 1.0, above = 0.0;
    }
}

pub fn entry() -> InitEntry {
    register::<Orthogonal>("orthogonal", "Orthonormal rows or columns.", |s| Ok(Box::new(Orthogonal::read(s)?)))
}

impl Init for Orthogonal {
    fn fill(&self, fans: Fans, stream: Stream) -> Vec<f32> {
        let rows = fans.shape[0].max(1);
        let columns = fans.values() / rows;
        let (count, length) = (rows.min(columns), rows.max(columns));
        let basis = orthonormal(count, length, stream);
        let value = |r: usize, c: usize| if rows <= columns { basis[r][c] } else { basis[c][r] };
        (0..rows * columns).map(|i| (self.gain * value(i / columns, i % columns)) as f32).collect()
    }
}

/// `count` orthonormal vectors of `length` by modified Gram-Schmidt, twice for accuracy.
fn orthonormal(count: usize, length: usize, mut stream: Stream) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
        for _ in 0..2 {
            for b in &basis {
                let dot: f64 = v.iter().zip(b).map(|(x, y)| x * y).sum();
                v.iter_mut().zip(b).for_each(|(x, y)| *x -= dot * y);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|x| *x /= norm);
            basis.push(v);
        }
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_orthonormal() {
        let fans = Fans { shape: [5, 2, 3, 3], transposed: false };
        let w = Orthogonal { gain: 1.0 }.fill(fans, Stream::new(1, "o"));
        for i in 0..5 {
            for j in 0..5 {
                let dot: f32 = (0..18).map(|k| w[i * 18 + k] * w[j * 18 + k]).sum();
                assert!((dot - if i == j { 1.0 } else { 0.0 }).abs() < 1e-5);
            }
        }
    }
}
