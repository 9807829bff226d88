//! Matrix products on one thread, by the f32 kernels of `gemm`, over views of slices; scratch memory; and slices that tasks write
//! disjoint parts of.
#![allow(unsafe_code, reason = "gemm takes pointers; tasks write interleaved rows of one buffer")]

use super::parallel::tasks;
use crate::tensor::bridge::uninitialised;
use std::cell::RefCell;
use std::marker::PhantomData;

/// A view of a slice as a matrix: element (r, c) is at `start + r * row + c * column`.
#[derive(Clone, Copy)]
pub struct View {
    pub start: usize,
    pub row: usize,
    pub column: usize,
}

impl View {
    /// Rows of `width` values, one after the other, from `start`.
    pub fn rows(start: usize, width: usize) -> Self {
        View { start, row: width, column: 1 }
    }

    /// The transpose of [`View::rows`].
    pub fn columns(start: usize, height: usize) -> Self {
        View { start, row: 1, column: height }
    }

    fn end(&self, rows: usize, columns: usize) -> usize {
        if rows == 0 || columns == 0 { 0 } else { self.start + (rows - 1) * self.row + (columns - 1) * self.column + 1 }
    }
}

/// Rows of `a`, columns of `b`, and what is summed over.
pub type Sizes = (usize, usize, usize);

/// `target (m x n) = [target +] a (m x k) b (k x n)`. Of the layouts, `a` and `b` by rows with `target` by rows, and `a`
/// and `target` by columns, are fast; `a` by rows and `b` by columns is three times slower.
pub fn product(sizes: Sizes, (target, at): (&mut [f32], View), accumulate: bool, a: (&[f32], View), b: (&[f32], View)) {
    // SAFETY: one task has the whole slice.
    let target = unsafe { Shared::new(target) };
    product_in(sizes, (&target, at), accumulate, a, b);
}

/// As [`product`], into a part of a slice that tasks share.
pub fn product_in(
    (m, n, k): Sizes,
    (target, at): (&Shared<'_>, View),
    accumulate: bool,
    (a, a_view): (&[f32], View),
    (b, b_view): (&[f32], View),
) {
    assert!(at.end(m, n) <= target.len && a_view.end(m, k) <= a.len() && b_view.end(k, n) <= b.len());
    // The kernels write columns: where the target lies by rows, its transpose is computed, b' a'.
    let rows = at.column < at.row;
    let ((m, n), (column, row)) = if rows { ((n, m), (at.row, at.column)) } else { ((m, n), (at.column, at.row)) };
    let left =
        if rows { (b, b_view.start, b_view.row, b_view.column) } else { (a, a_view.start, a_view.column, a_view.row) };
    let right =
        if rows { (a, a_view.start, a_view.row, a_view.column) } else { (b, b_view.start, b_view.column, b_view.row) };
    // SAFETY: all three matrices lie inside their slices, as just checked; no other task has this part of `target`.
    unsafe {
        gemm_f32::gemm::f32::get_gemm_fn()(
            m,
            n,
            k,
            target.start.add(at.start),
            column as isize,
            row as isize,
            accumulate,
            left.0.as_ptr().add(left.1),
            left.2 as isize,
            left.3 as isize,
            right.0.as_ptr().add(right.1),
            right.2 as isize,
            right.3 as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

/// A slice whose disjoint parts are written by different tasks.
pub struct Shared<'a> {
    start: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: every task touches parts of its own, as whoever makes one promises.
unsafe impl Sync for Shared<'_> {}
// SAFETY: as above.
unsafe impl Send for Shared<'_> {}

impl<'a> Shared<'a> {
    /// # Safety
    /// No two tasks may hold, or give to a product, parts that have an element in common at the same time.
    pub unsafe fn new(slice: &'a mut [f32]) -> Self {
        Shared { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// Values `start..start + len`.
    #[allow(clippy::mut_from_ref, reason = "that is its purpose: tasks share it and part it between them")]
    pub fn part(&self, start: usize, len: usize) -> &mut [f32] {
        assert!(start + len <= self.len);
        // SAFETY: inside the slice, as just checked; no other task has this part, as promised to `new`.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}

/// Runs `task` for `0..count`, on all cores if `parallel`.
pub fn for_each(count: usize, parallel: bool, task: impl Fn(usize) + Sync + Send) {
    if parallel && count > 1 {
        tasks(count, &task);
    } else {
        (0..count).for_each(task);
    }
}

/// Values a thread keeps between uses; larger buffers are returned: 16 MiB.
const KEPT: usize = 1 << 22;

thread_local!(static SCRATCH: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });

/// Lends a buffer of this thread, whose values must be written before they are read. A stack, so that uses may nest.
pub fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = SCRATCH.with(|s| s.borrow_mut().pop()).unwrap_or_default();
    if buffer.len() < len {
        buffer = uninitialised(len);
    }
    let result = f(&mut buffer[..len]);
    if buffer.len() <= KEPT {
        SCRATCH.with(|s| s.borrow_mut().push(buffer));
    }
    result
}
