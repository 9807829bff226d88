//! Rows cut into stripes: stripe q of `step` holds every `step`th element from the q-th on. What windows with a stride and
//! resizing by whole factors read and write lies together in a stripe, so that their loops fill the registers.

use super::lanes::wide;

wide! {
    /// Stripe `q` of a row, to the start of `out`, which may be longer.
    pub fn take(out: &mut [f32], row: &[f32], q: usize, step: usize) {
        match step {
            1 => out[..row.len()].copy_from_slice(row),
            2 => {
                let row = &row[q.min(row.len())..];
                for (out, pair) in out.iter_mut().zip(row.chunks_exact(2)) {
                    *out = pair[0];
                }
                if row.len() % 2 == 1 {
                    out[row.len() / 2] = row[row.len() - 1];
                }
            }
            _ => {
                for (out, x) in out.iter_mut().zip(row.iter().skip(q).step_by(step)) {
                    *out = *x;
                }
            }
        }
    }
}

wide! {
    /// The row whose stripes of `len` elements each lie one after another; a stripe may be longer than what is taken.
    pub fn join(row: &mut [f32], stripes: &[f32], len: usize, step: usize) {
        match step {
            1 => row.copy_from_slice(&stripes[..row.len()]),
            2 => {
                let (first, second) = stripes.split_at(len);
                let count = row.len() / 2;
                for ((pair, a), b) in row.chunks_exact_mut(2).zip(&first[..count]).zip(&second[..count]) {
                    pair[0] = *a;
                    pair[1] = *b;
                }
                if row.len() % 2 == 1 {
                    row[2 * count] = first[count];
                }
            }
            4 => {
                let mut parts = stripes.chunks(len);
                let mut part = || parts.next().unwrap_or_default();
                let (a, b, c, d) = (part(), part(), part(), part());
                let count = row.len() / 4;
                let stripes = a[..count].iter().zip(&b[..count]).zip(&c[..count]).zip(&d[..count]);
                for (four, (((a, b), c), d)) in row.chunks_exact_mut(4).zip(stripes) {
                    four.copy_from_slice(&[*a, *b, *c, *d]);
                }
                for (q, stripe) in [a, b, c].into_iter().enumerate().take(row.len() % 4) {
                    row[4 * count + q] = stripe[count];
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
