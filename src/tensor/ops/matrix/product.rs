//! Products of matrices that lie in slices, on one thread.
#![allow(unsafe_code, reason = "one task has the whole target")]

use super::{Block, Left, Right, Shared, Sizes, Source, View, kernel, multiply, pack, with_scratch};

/// Depth of a block, whose panels fit the first-level cache.
const DEPTH: usize = 256;
/// Rows and columns of a block, which fit the second-level cache.
const ROWS: usize = 192;
const COLUMNS: usize = 256;

/// `target (m x n) = [target +] a (m x k) b (k x n)`; the target lies by rows of `row` values from its start.
pub fn product(
    (m, n, k): Sizes,
    (target, row): (&mut [f32], usize),
    accumulate: bool,
    (a, a_view): (&[f32], View),
    (b, b_view): (&[f32], View),
) {
    // SAFETY: one task has the whole slice.
    let target = unsafe { Shared::new(target) };
    let best = kernel();
    with_scratch(ROWS * DEPTH, |left| {
        with_scratch(Right::len(COLUMNS, DEPTH), |right| {
            for column in (0..n).step_by(COLUMNS) {
                let columns = COLUMNS.min(n - column);
                for d in (0..k).step_by(DEPTH) {
                    let depth = DEPTH.min(k - d);
                    let start = b_view.start + d * b_view.row + column * b_view.column;
                    let from = Source { values: b, start, lane: b_view.column, depth: b_view.row };
                    pack(from, (columns, depth), best.columns, true, right);
                    for first in (0..m).step_by(ROWS) {
                        let rows = ROWS.min(m - first);
                        let start = a_view.start + first * a_view.row + d * a_view.column;
                        let from = Source { values: a, start, lane: a_view.row, depth: a_view.column };
                        pack(from, (rows, depth), best.rows, false, left);
                        let accumulate = accumulate || d > 0;
                        let start = first * row + column;
                        let block = Block { slice: &target, start, row, accumulate, bias: None };
                        multiply(Left { panels: left, rows }, Right { panels: right, columns }, depth, block);
                    }
                }
            }
        });
    });
}
