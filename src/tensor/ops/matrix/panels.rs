//! The product of packed operands.
#![allow(unsafe_code, reason = "the kernel works on pointers")]

use super::kernel::{MOST_COLUMNS, MOST_ROWS, Work};
use super::{Shared, kernel};

/// A packed left operand, `rows` by `depth`: panels of the kernel's rows, the last with what is left.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    pub panels: &'a [f32],
    pub rows: usize,
}

/// A packed right operand, `depth` by `columns`: panels of the kernel's columns, the last filled up.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    pub panels: &'a [f32],
    pub columns: usize,
}

impl Right<'_> {
    /// Values of the panels of so many columns.
    pub fn len(columns: usize, depth: usize) -> usize {
        columns.next_multiple_of(kernel().columns) * depth
    }
}

/// Where a product goes: row r at `start + r * row` of a slice.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    pub slice: &'a Shared<'a>,
    pub start: usize,
    pub row: usize,
    /// Whether to add to what is there.
    pub accumulate: bool,
    /// A value to add to each row.
    pub bias: Option<&'a [f32]>,
}

/// Values of the right operand that stay in the first-level cache while the left one goes by.
const NEAR: usize = 1 << 12;

/// `target = [target +] [bias +] left right`.
pub fn multiply(left: Left<'_>, right: Right<'_>, depth: usize, target: Block<'_>) {
    let (rows, columns) = (left.rows, right.columns);
    if rows == 0 || columns == 0 {
        return;
    }
    let best = kernel();
    assert!(left.panels.len() >= rows * depth && right.panels.len() >= Right::len(columns, depth));
    assert!(target.bias.is_none_or(|bias| bias.len() >= rows));
    let (tall, wide) = (rows.div_ceil(best.rows), columns.div_ceil(best.columns));
    let one = |i: usize, j: usize| block(left, right, depth, target, (i * best.rows, j * best.columns));
    // The operand of the inner loop is read again and again.
    if wide * best.columns * depth <= NEAR {
        (0..tall).for_each(|i| (0..wide).for_each(|j| one(i, j)));
    } else {
        (0..wide).for_each(|j| (0..tall).for_each(|i| one(i, j)));
    }
}

/// The block of the target that begins at a row and a column.
fn block(left: Left<'_>, right: Right<'_>, depth: usize, target: Block<'_>, (row, column): (usize, usize)) {
    let best = kernel();
    let (rows, columns) = (best.rows.min(left.rows - row), best.columns.min(right.columns - column));
    let at = target.start + row * target.row + column;
    let address = target.slice.address(at, (rows - 1) * target.row + columns);
    let work = Work {
        depth,
        left: left.panels[row * depth..][..rows * depth].as_ptr(),
        right: right.panels[column * depth..][..best.columns * depth].as_ptr(),
        target: address,
        row: target.row,
        bias: target.bias.map_or(std::ptr::null(), |bias| bias[row..].as_ptr()),
        accumulate: target.accumulate,
    };
    if columns == best.columns {
        // SAFETY: panels, bias and target were just sliced to what the kernel reads and writes.
        return unsafe { best.run(rows, &work) };
    }
    let mut whole = [0.0; MOST_ROWS * MOST_COLUMNS];
    let aside = Work { target: whole.as_mut_ptr(), row: best.columns, accumulate: false, ..work };
    // SAFETY: as above, into a buffer as large as any kernel's block.
    unsafe { best.run(rows, &aside) };
    for (i, from) in whole.chunks_exact(best.columns).take(rows).enumerate() {
        let to = target.slice.part(at + i * target.row, columns);
        for (to, from) in to.iter_mut().zip(from) {
            *to = if target.accumulate { *to + from } else { *from };
        }
    }
}
