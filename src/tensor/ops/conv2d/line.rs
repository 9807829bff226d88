//! A row of a map as one tap of a kernel meets it: every `step`th texel from a first one on, which may lie outside.

use crate::tensor::ops::border::Border;
use crate::tensor::ops::stripes;
use std::ops::Range;

/// `len` texels of a row of `width`; the i-th is column `first + i * step`.
#[derive(Clone)]
pub struct Line {
    first: isize,
    step: usize,
    width: usize,
    border: Border,
    len: usize,
    /// Those that lie in the map.
    inside: Range<usize>,
}

impl Line {
    #[inline]
    pub fn new(first: isize, step: usize, len: usize, (width, border): (usize, Border)) -> Self {
        let low = if first >= 0 { 0 } else { first.unsigned_abs().div_ceil(step).min(len) };
        let room = width as isize - first;
        let high = if room > 0 { ((room as usize - 1) / step + 1).min(len) } else { 0 };
        Line { first, step, width, border, len, inside: low..high.max(low) }
    }

    /// Column of the first texel that lies in the map.
    #[inline]
    fn start(&self) -> usize {
        (self.first + (self.inside.start * self.step) as isize) as usize
    }

    /// Column whose value stands for the i-th texel; `None` for zero.
    #[inline]
    fn column(&self, i: usize) -> Option<usize> {
        self.border.source(self.first + (i * self.step) as isize, self.width)
    }

    /// Copies the texels from the row, with what the border puts beyond it.
    #[inline]
    pub fn read(&self, row: &[f32], out: &mut [f32]) {
        let Range { start, end } = self.inside;
        for (i, out) in out[..start].iter_mut().enumerate() {
            *out = self.column(i).map_or(0.0, |column| row[column]);
        }
        for (i, out) in out[end..].iter_mut().enumerate() {
            *out = self.column(end + i).map_or(0.0, |column| row[column]);
        }
        if !self.inside.is_empty() {
            stripes::every(&mut out[self.inside.clone()], &row[self.start()..], self.step);
        }
    }

    /// Adds values to the texels they were read from.
    pub fn add(&self, values: &[f32], row: &mut [f32]) {
        for i in (0..self.inside.start).chain(self.inside.end..self.len) {
            if let Some(column) = self.column(i) {
                row[column] += values[i];
            }
        }
        if !self.inside.is_empty() {
            let start = self.start();
            stripes::add_every(&mut row[start..], &values[self.inside.clone()], self.step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_added_is_what_the_border_says() {
        let row: Vec<f32> = (0..7).map(|i| (i + 1) as f32).collect();
        for border in [Border::Zero, Border::Reflect, Border::Replicate] {
            for (first, step, len) in [(-3, 1, 13), (-3, 2, 6), (2, 3, 3), (-2, 1, 2), (7, 1, 3), (0, 1, 7)] {
                let line = Line::new(first, step, len, (7, border));
                let column = |i: usize| border.source(first + (i * step) as isize, 7);
                let mut out = vec![f32::NAN; len];
                line.read(&row, &mut out);
                let expected: Vec<f32> = (0..len).map(|i| column(i).map_or(0.0, |c| row[c])).collect();
                assert_eq!(out, expected, "{border:?} from {first} by {step}");
                let mut sums = vec![0.0; 7];
                line.add(&out, &mut sums);
                let mut wanted = vec![0.0; 7];
                (0..len).filter_map(|i| Some((column(i)?, out[i]))).for_each(|(c, v)| wanted[c] += v);
                assert_eq!(sums, wanted, "{border:?} from {first} by {step}");
            }
        }
    }
}
