//! Windows over a plane, a row of them at a time. The plane's rows are cut into stripes as wide as the stride and padded, so
//! that what a row of windows has at one place of the kernel is a slice, and no window lies at an edge.

use super::Windows;
use crate::tensor::ops::lanes::wide;
use crate::tensor::ops::stripes;
use std::ops::Range;

/// Windows that are looked at together.
const BLOCK: usize = 16;

/// How a plane's rows are cut.
pub struct Layout {
    windows: Windows,
    /// Rows and columns of windows.
    rows: usize,
    columns: usize,
    /// Elements of a stripe: what whole blocks of windows read.
    len: usize,
    /// Where each window of a row begins, inside of the plane.
    begins: Vec<u32>,
}

impl Layout {
    pub fn new(windows: Windows) -> Self {
        let (rows, columns) = windows.output().unwrap_or_default();
        let blocks = columns.next_multiple_of(BLOCK);
        // A row may reach further than its last window.
        let reach = (windows.width + windows.padding).div_ceil(windows.stride);
        let len = (blocks + (windows.kernel - 1) / windows.stride).max(reach + 1);
        let begins = (0..blocks).map(|j| (j * windows.stride).saturating_sub(windows.padding) as u32).collect();
        Layout { windows, rows, columns, len, begins }
    }

    /// Elements of a row, cut.
    fn row(&self) -> usize {
        self.windows.stride * self.len
    }

    /// Stripes of all rows; `outside` where there is no element.
    fn cut(&self, x: &[f32], outside: f32) -> Vec<f32> {
        let mut cut = vec![outside; self.windows.height * self.row()];
        for (cut, x) in cut.chunks_mut(self.row()).zip(x.chunks(self.windows.width)) {
            for q in 0..self.windows.stride {
                let from = self.place(q + self.windows.padding);
                stripes::take(&mut cut[from..(from / self.len + 1) * self.len], x, q, self.windows.stride);
            }
        }
        cut
    }

    /// Where the element lies that the first window has at place `k` of the kernel's row, padding included.
    fn place(&self, k: usize) -> usize {
        k % self.windows.stride * self.len + k / self.windows.stride
    }

    /// The rows of the plane that window row `i` covers.
    fn covered(&self, i: usize) -> Range<usize> {
        let start = i * self.windows.stride;
        let height = self.windows.height;
        let from = start.saturating_sub(self.windows.padding).min(height);
        from..(start + self.windows.kernel).saturating_sub(self.windows.padding).min(height).max(from)
    }

    /// The first largest element of each window, or its last NaN, and where it is.
    pub fn largest(&self, x: &[f32], y: &mut [f32], positions: &mut [u32]) {
        let cut = self.cut(x, f32::NEG_INFINITY);
        let Windows { width, kernel, .. } = self.windows;
        let stride = self.windows.stride as u32;
        for (i, (y, positions)) in y.chunks_mut(self.columns).zip(positions.chunks_mut(self.columns)).enumerate() {
            let rows = self.covered(i);
            y.fill(f32::NEG_INFINITY);
            for (position, begin) in positions.iter_mut().zip(&self.begins) {
                *position = (rows.start * width) as u32 + begin;
            }
            for r in rows {
                // Modulo 2^32: left of the plane nothing is found.
                let tap = |k: usize| Tap {
                    values: &cut[r * self.row() + self.place(k)..][..self.columns],
                    first: (r * width + k).wrapping_sub(self.windows.padding) as u32,
                };
                for k in (0..kernel - kernel % 3).step_by(3) {
                    take_largest_of_three(y, positions, [tap(k), tap(k + 1), tap(k + 2)], stride);
                }
                for k in kernel - kernel % 3..kernel {
                    take_largest(y, positions, tap(k), stride);
                }
            }
        }
    }

    /// The sum of each window's elements.
    pub fn sums(&self, x: &[f32], share: f32, y: &mut [f32]) {
        let cut = self.cut(x, 0.0);
        for (i, y) in y.chunks_mut(self.columns).enumerate() {
            let taps: Vec<&[f32]> = self
                .covered(i)
                .flat_map(|r| (0..self.windows.kernel).map(move |k| (r, k)))
                .map(|(r, k)| &cut[r * self.row() + self.place(k)..][..self.begins.len()])
                .collect();
            sums_of_row(y, &taps, self.windows.kernel, share);
        }
    }

    /// Adds `share` of what each window has to all its elements.
    pub fn spread(&self, dy: &[f32], share: f32, dx: &mut [f32]) {
        let mut cut = vec![0.0; self.row()];
        let mut shifted = vec![0.0; self.row()];
        let Windows { width, kernel, stride, padding, .. } = self.windows;
        for (r, dx) in dx.chunks_mut(width).enumerate() {
            cut.fill(0.0);
            // The rows of windows that cover row r.
            let first = (r + padding + 1).saturating_sub(kernel).div_ceil(stride);
            for i in first..((r + padding) / stride + 1).min(self.rows) {
                let dy = &dy[i * self.columns..(i + 1) * self.columns];
                for k in (0..kernel).rev() {
                    let from = self.place(k);
                    add_share(&mut cut[from..from + self.columns], dy, share);
                }
            }
            for q in 0..stride {
                let from = self.place(q + padding);
                let count = (from / self.len + 1) * self.len - from;
                shifted[q * self.len..][..count].copy_from_slice(&cut[from..from + count]);
            }
            stripes::join(dx, &shifted, self.len, stride);
        }
    }
}

/// What a row of windows has at one place of the kernel, and where the first window's lies.
#[derive(Clone, Copy)]
struct Tap<'a> {
    values: &'a [f32],
    first: u32,
}

impl Tap<'_> {
    /// Takes the element of window j if it is larger than what was found, or NaN: selected, without branches.
    #[inline(always)]
    fn compare(&self, (best, at): (f32, u32), j: usize, stride: u32) -> (f32, u32) {
        let value = self.values[j];
        let wins = (value > best) | value.is_nan();
        let position = self.first.wrapping_add(j as u32 * stride);
        (if wins { value } else { best }, if wins { position } else { at })
    }
}

wide! {
    fn take_largest(y: &mut [f32], positions: &mut [u32], tap: Tap<'_>, stride: u32) {
        let count = y.len();
        let (positions, tap) = (&mut positions[..count], Tap { values: &tap.values[..count], ..tap });
        for j in 0..count {
            (y[j], positions[j]) = tap.compare((y[j], positions[j]), j, stride);
        }
    }
}

wide! {
    fn take_largest_of_three(y: &mut [f32], positions: &mut [u32], taps: [Tap<'_>; 3], stride: u32) {
        let count = y.len();
        let positions = &mut positions[..count];
        let [a, b, c] = taps.map(|tap| Tap { values: &tap.values[..count], ..tap });
        for j in 0..count {
            let found = a.compare((y[j], positions[j]), j, stride);
            let found = b.compare(found, j, stride);
            (y[j], positions[j]) = c.compare(found, j, stride);
        }
    }
}

wide! {
    fn sums_of_row(y: &mut [f32], taps: &[&[f32]], kernel: usize, share: f32) {
        for (block, y) in y.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0.0; BLOCK];
            for taps in taps.chunks(kernel) {
                let mut of_row = [0.0; BLOCK];
                for values in taps {
                    let values = &values[block * BLOCK..(block + 1) * BLOCK];
                    for l in 0..BLOCK {
                        of_row[l] += values[l];
                    }
                }
                for l in 0..BLOCK {
                    sums[l] += of_row[l];
                }
            }
            for (y, sum) in y.iter_mut().zip(sums) {
                *y = sum * share;
            }
        }
    }
}

wide! {
    fn add_share(target: &mut [f32], values: &[f32], share: f32) {
        for (target, value) in target.iter_mut().zip(values) {
            *target += value * share;
        }
    }
}
