//! Rows cut into stripes: stripe q of `step` holds every `step`th element from the q-th on. What windows with a stride and
//! resizing by whole factors read and write lies together in a stripe, so that their loops fill the registers. The loops
//! count: iterators over chunks, zipped, are calls that the compiler does not always take in.

use super::lanes::wide;

wide! {
    /// `to[i] = from[step i]`.
    pub fn every(to: &mut [f32], from: &[f32], step: usize) {
        match step {
            1 => to.copy_from_slice(&from[..to.len()]),
            2 => {
                // Eight at a time: rows are short, and a loop that the compiler unrolls further leaves more to its end.
                let (whole, from_whole) = (to.as_chunks_mut::<8>().0, from.as_chunks::<16>().0);
                let count = whole.len().min(from_whole.len());
                for i in 0..count {
                    for j in 0..8 {
                        whole[i][j] = from_whole[i][2 * j];
                    }
                }
                for i in 8 * count..to.len() {
                    to[i] = from[2 * i];
                }
            }
            _ => {
                for (to, x) in to.iter_mut().zip(from.iter().step_by(step)) {
                    *to = *x;
                }
            }
        }
    }
}

wide! {
    /// `to[step i] += from[i]`.
    pub fn add_every(to: &mut [f32], from: &[f32], step: usize) {
        match step {
            1 => {
                let to = &mut to[..from.len()];
                for i in 0..from.len() {
                    to[i] += from[i];
                }
            }
            _ => {
                for (to, x) in to.iter_mut().step_by(step).zip(from) {
                    *to += x;
                }
            }
        }
    }
}

/// Stripe `q` of a row, to the start of `out`, which may be longer.
pub fn take(out: &mut [f32], row: &[f32], q: usize, step: usize) {
    let row = &row[q.min(row.len())..];
    every(&mut out[..row.len().div_ceil(step)], row, step);
}

wide! {
    /// The row whose stripes of `len` elements each lie one after another; a stripe may be longer than what is taken.
    pub fn join(row: &mut [f32], stripes: &[f32], len: usize, step: usize) {
        match step {
            1 => row.copy_from_slice(&stripes[..row.len()]),
            2 => join_two(row, &stripes[..len], &stripes[len..]),
            4 => {
                let (a, b, c, d) = (stripes, &stripes[len..], &stripes[2 * len..], &stripes[3 * len..]);
                let (fours, last) = row.as_chunks_mut::<4>();
                let count = fours.len();
                let (x, y, z, w) = (&a[..count], &b[..count], &c[..count], &d[..count]);
                for i in 0..count {
                    fours[i] = [x[i], y[i], z[i], w[i]];
                }
                for (x, stripe) in last.iter_mut().zip([a, b, c]) {
                    *x = stripe[count];
                }
            }
            _ => {
                for (q, stripe) in stripes.chunks(len).take(step).enumerate() {
                    for (x, value) in row.iter_mut().skip(q).step_by(step).zip(stripe) {
                        *x = *value;
                    }
                }
            }
        }
    }
}

wide! {
    /// The same for two stripes of their own.
    pub fn join_two(row: &mut [f32], first: &[f32], second: &[f32]) {
        let (pairs, last) = row.as_chunks_mut::<2>();
        let count = pairs.len();
        let (a, b) = (&first[..count], &second[..count]);
        for i in 0..count {
            pairs[i] = [a[i], b[i]];
        }
        if let [x] = last {
            *x = first[count];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_joins_again() {
        for step in 1..6 {
            for len in 0..20 {
                let row: Vec<f32> = (0..len).map(|i| i as f32).collect();
                let each = len / step + 1;
                let mut stripes = vec![-1.0; each * step];
                for (q, stripe) in stripes.chunks_mut(each).enumerate() {
                    take(stripe, &row, q, step);
                    let expected: Vec<f32> = row.iter().copied().skip(q).step_by(step).collect();
                    assert_eq!(stripe[..expected.len()], expected, "stripe {q} of {step} of {len}");
                }
                let mut joined = vec![0.0; len];
                join(&mut joined, &stripes, each, step);
                assert_eq!(joined, row, "{step} stripes of {len}");
            }
        }
    }
}
