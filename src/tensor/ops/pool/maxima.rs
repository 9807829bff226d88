//! The largest element of each window where nobody asks where it was: of its columns first, whose elements lie beside each
//! other, then of its row.

use super::Windows;
use crate::tensor::ops::lanes::wide;
use crate::tensor::ops::matrix::with_scratch;
use crate::tensor::ops::stripes;

/// The largest element of each window of a plane, or NaN if it has one.
pub fn maxima(windows: &Windows, x: &[f32], y: &mut [f32]) {
    let Windows { width, kernel, stride, padding, .. } = *windows;
    let columns = windows.output().unwrap_or_default().1;
    let padded = width + 2 * padding;
    let len = padded.div_ceil(stride);
    with_scratch(padded + stride * len, |scratch| {
        let (line, cut) = scratch.split_at_mut(padded);
        line.fill(f32::NEG_INFINITY);
        for (i, y) in y.chunks_exact_mut(columns).enumerate() {
            let inside = &mut line[padding..padding + width];
            largest(inside, windows.covered(i).map(|r| &x[r * width..][..width]));
            (0..stride).for_each(|q| stripes::take(&mut cut[q * len..][..len], line, q, stride));
            largest(y, (0..kernel).map(|k| &cut[k % stride * len + k / stride..][..columns]));
        }
    });
}

/// The largest of each element of some rows.
fn largest<'a>(y: &mut [f32], mut rows: impl Iterator<Item = &'a [f32]>) {
    let Some(first) = rows.next() else { return y.fill(f32::NEG_INFINITY) };
    match (rows.next(), rows.next()) {
        (Some(second), Some(third)) => of_three(y, [first, second, third]),
        (Some(second), None) => of_three(y, [first, second, second]),
        _ => y.copy_from_slice(first),
    }
    rows.for_each(|row| or_larger(y, row));
}

/// The value if it is larger, or NaN.
#[inline(always)]
fn larger(best: f32, value: f32) -> f32 {
    if (value > best) | value.is_nan() { value } else { best }
}

wide! {
    fn of_three(y: &mut [f32], rows: [&[f32]; 3]) {
        let count = y.len();
        let (a, b, c) = (&rows[0][..count], &rows[1][..count], &rows[2][..count]);
        for i in 0..count {
            y[i] = larger(larger(a[i], b[i]), c[i]);
        }
    }
}

wide! {
    fn or_larger(y: &mut [f32], row: &[f32]) {
        let row = &row[..y.len()];
        for i in 0..row.len() {
            y[i] = larger(y[i], row[i]);
        }
    }
}
