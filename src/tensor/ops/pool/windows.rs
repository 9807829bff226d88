//! Windows over a plane, a row of them at a time. The plane's rows are cut into stripes as wide as the stride and padded, so
//! that what a row of windows has at one place of the kernel is a slice, and no window lies at an edge.

use super::Windows;
use crate::tensor::ops::lanes::wide;
use crate::tensor::ops::matrix::with_scratch;
use crate::tensor::ops::stripes;
use std::ops::Range;

/// Windows that are looked at together.
const BLOCK: usize = 16;

impl Windows {
    /// The rows of the plane that window row `i` covers.
    pub(super) fn covered(&self, i: usize) -> Range<usize> {
        let start = i * self.stride;
        let from = start.saturating_sub(self.padding).min(self.height);
        from..(start + self.kernel).saturating_sub(self.padding).min(self.height).max(from)
    }
}

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

    /// Stripes of all rows, with `outside` where there is no element.
    fn with_stripes(&self, x: &[f32], outside: f32, f: impl FnOnce(&[f32])) {
        let Windows { width, height, stride, padding, .. } = self.windows;
        with_scratch(height * self.row(), |cut| {
            for (cut, x) in cut.chunks_exact_mut(self.row()).zip(x.chunks_exact(width)) {
                for q in 0..stride {
                    let place = self.place(q + padding);
                    let (stripe, first) = (&mut cut[place / self.len * self.len..][..self.len], place % self.len);
                    let count = width.saturating_sub(q).div_ceil(stride);
                    stripe[..first].fill(outside);
                    stripes::take(&mut stripe[first..], x, q, stride);
                    stripe[first + count..].fill(outside);
                }
            }
            f(cut);
        });
    }

    /// Where the element lies that the first window has at place `k` of the kernel's row, padding included.
    fn place(&self, k: usize) -> usize {
        k % self.windows.stride * self.len + k / self.windows.stride
    }

    /// The first largest element of each window, or its last NaN, and where it is.
    pub fn largest(&self, x: &[f32], y: &mut [f32], positions: &mut [u32]) {
        self.with_stripes(x, f32::NEG_INFINITY, |cut| self.largest_of(cut, y, positions));
    }

    fn largest_of(&self, cut: &[f32], y: &mut [f32], positions: &mut [u32]) {
        let Windows { width, kernel, .. } = self.windows;
        let stride = self.windows.stride as u32;
        for (i, (y, positions)) in y.chunks_mut(self.columns).zip(positions.chunks_mut(self.columns)).enumerate() {
            let rows = self.windows.covered(i);
            begin(y, positions, &self.begins, (rows.start * width) as u32);
            for r in rows {
                let tap = |k: usize| &cut[r * self.row() + self.place(k)..][..self.columns];
                // Modulo 2^32: left of the plane nothing is found.
                let position = |k: usize| (r * width + k).wrapping_sub(self.windows.padding) as u32;
                for k in (0..kernel).step_by(3) {
                    match kernel - k {
                        1 => take_largest(y, positions, tap(k), position(k), stride),
                        2 => take_largest_of_two(y, positions, [tap(k), tap(k + 1)], position(k), stride),
                        _ => {
                            let taps = [tap(k), tap(k + 1), tap(k + 2)];
                            take_largest_of_three(y, positions, taps, position(k), stride);
                        }
                    }
                }
            }
        }
    }

    /// The sum of each window's elements.
    pub fn sums(&self, x: &[f32], share: f32, y: &mut [f32]) {
        self.with_stripes(x, 0.0, |cut| self.sums_of(cut, share, y));
    }

    fn sums_of(&self, cut: &[f32], share: f32, y: &mut [f32]) {
        for (i, y) in y.chunks_mut(self.columns).enumerate() {
            let taps: Vec<&[f32]> = self
                .windows
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

/// The value and its position if it is larger than what was found, or NaN: selected, without branches.
#[inline(always)]
fn larger((best, at): (f32, u32), value: f32, position: u32) -> (f32, u32) {
    let wins = (value > best) | value.is_nan();
    (if wins { value } else { best }, if wins { position } else { at })
}

wide! {
    /// Nothing was found: positions are those of the windows' first elements.
    fn begin(y: &mut [f32], positions: &mut [u32], begins: &[u32], row: u32) {
        let count = y.len();
        let (positions, begins) = (&mut positions[..count], &begins[..count]);
        for j in 0..count {
            y[j] = f32::NEG_INFINITY;
            positions[j] = row + begins[j];
        }
    }
}

wide! {
    /// Compares what each of a row of windows has at one place of the kernel, the first window at a position.
    fn take_largest(y: &mut [f32], positions: &mut [u32], values: &[f32], position: u32, stride: u32) {
        let count = y.len();
        let (positions, values) = (&mut positions[..count], &values[..count]);
        for j in 0..count {
            let at = position.wrapping_add(j as u32 * stride);
            (y[j], positions[j]) = larger((y[j], positions[j]), values[j], at);
        }
    }
}

wide! {
    /// The same at two neighbouring places.
    fn take_largest_of_two(y: &mut [f32], positions: &mut [u32], taps: [&[f32]; 2], position: u32, stride: u32) {
        let count = y.len();
        let positions = &mut positions[..count];
        let (a, b) = (&taps[0][..count], &taps[1][..count]);
        for j in 0..count {
            let at = position.wrapping_add(j as u32 * stride);
            let found = larger((y[j], positions[j]), a[j], at);
            (y[j], positions[j]) = larger(found, b[j], at.wrapping_add(1));
        }
    }
}

wide! {
    /// The same at three neighbouring places.
    fn take_largest_of_three(y: &mut [f32], positions: &mut [u32], taps: [&[f32]; 3], position: u32, stride: u32) {
        let count = y.len();
        let positions = &mut positions[..count];
        let (a, b, c) = (&taps[0][..count], &taps[1][..count], &taps[2][..count]);
        for j in 0..count {
            let at = position.wrapping_add(j as u32 * stride);
            let found = larger((y[j], positions[j]), a[j], at);
            let found = larger(found, b[j], at.wrapping_add(1));
            (y[j], positions[j]) = larger(found, c[j], at.wrapping_add(2));
        }
    }
}

wide! {
    fn sums_of_row(y: &mut [f32], taps: &[&[f32]], kernel: usize, share: f32) {
        for from in (0..y.len()).step_by(BLOCK) {
            let mut sums = [0.0; BLOCK];
            for row in (0..taps.len()).step_by(kernel) {
                let mut of_row = [0.0; BLOCK];
                for k in row..row + kernel {
                    let values = &taps[k][from..from + BLOCK];
                    for l in 0..BLOCK {
                        of_row[l] += values[l];
                    }
                }
                for l in 0..BLOCK {
                    sums[l] += of_row[l];
                }
            }
            let count = BLOCK.min(y.len() - from);
            for l in 0..count {
                y[from + l] = sums[l] * share;
            }
        }
    }
}

wide! {
    fn add_share(target: &mut [f32], values: &[f32], share: f32) {
        let values = &values[..target.len()];
        for i in 0..values.len() {
            target[i] += values[i] * share;
        }
    }
}
