//! Slices that tasks write disjoint parts of.
#![allow(unsafe_code, reason = "tasks write interleaved rows of one buffer")]

use crate::tensor::ops::parallel::tasks;
use std::marker::PhantomData;

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
    #[inline]
    #[allow(clippy::mut_from_ref, reason = "that is its purpose: tasks share it and part it between them")]
    pub fn part(&self, start: usize, len: usize) -> &mut [f32] {
        assert!(start + len <= self.len);
        // SAFETY: inside the slice, as just checked; no other task has this part, as promised to `new`.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }

    /// The address of value `at`, from which `span` values lie inside the slice.
    #[inline]
    pub(super) fn address(&self, at: usize, span: usize) -> *mut f32 {
        assert!(at + span <= self.len);
        self.start.wrapping_add(at)
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
