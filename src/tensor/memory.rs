//! How much memory the program holds and has held at most. The allocator counts blocks of a page or more, which tensors
//! are; small ones are left out, so that counting costs nothing where allocation is hot.
#![allow(unsafe_code, reason = "an allocator is unsafe; this one passes everything on to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Smaller blocks are not counted, bytes.
const SMALLEST: usize = 4096;

static CURRENT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting. A program declares it as its `#[global_allocator]`; without, nothing is counted.
pub struct Counting;

fn grown(bytes: usize) {
    if bytes >= SMALLEST {
        let now = CURRENT.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(now, Relaxed);
    }
}

fn shrunk(bytes: usize) {
    if bytes >= SMALLEST {
        CURRENT.fetch_sub(bytes, Relaxed);
    }
}

// SAFETY: every call is the system allocator's own, with the caller's arguments; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            grown(layout.size());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            grown(layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) };
        shrunk(layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            shrunk(layout.size());
            grown(size);
        }
        moved
    }
}

/// Bytes held now in blocks of a page or more.
pub fn current_bytes() -> usize {
    CURRENT.load(Relaxed)
}

/// The most bytes held since the program or [`reset_peak`] began.
pub fn peak_bytes() -> usize {
    PEAK.load(Relaxed)
}

/// Begins anew from what is held now.
pub fn reset_peak() {
    PEAK.store(current_bytes(), Relaxed);
}
