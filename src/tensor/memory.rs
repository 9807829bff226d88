//! How much memory the program holds and has held at most, and where large blocks come from. The allocator counts blocks of
//! a page or more, which tensors are; small ones are left out, so that counting costs nothing where allocation is hot.
//! Blocks as large as maps are kept when they are freed ([`heap`]): fresh pages cost as much as a pass over them.
#![allow(unsafe_code, reason = "an allocator is unsafe; this one passes small blocks on to mimalloc")]

mod heap;

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Smaller blocks are not counted, bytes.
const SMALLEST: usize = 4096;

static CURRENT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// mimalloc, counting, with a heap of its own for large blocks. A program declares it as its `#[global_allocator]`; without,
/// nothing is counted.
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

/// Whether blocks of a layout come from the heap of large ones.
fn is_large(layout: &Layout) -> bool {
    /// 128 KiB.
    const LARGE: usize = 1 << 17;
    layout.size() >= LARGE && layout.align() <= heap::PAGE
}

// SAFETY: small blocks are mimalloc's own, with the caller's arguments; large ones are the heap's, which gives
// none twice; a layout's size and alignment say which it is. Counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let block = if is_large(&layout) { heap::take(layout.size()) } else { unsafe { MiMalloc.alloc(layout) } };
        if !block.is_null() {
            grown(layout.size());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(&layout) {
            // SAFETY: as the caller promises; a block that is not null has as many bytes.
            unsafe {
                let block = self.alloc(layout);
                if !block.is_null() {
                    block.write_bytes(0, layout.size());
                }
                return block;
            }
        }
        // SAFETY: as the caller promises.
        let block = unsafe { MiMalloc.alloc_zeroed(layout) };
        if !block.is_null() {
            grown(layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(&layout) {
            heap::give(block, layout.size());
        } else {
            // SAFETY: as the caller promises.
            unsafe { MiMalloc.dealloc(block, layout) };
        }
        shrunk(layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size`, rounded up to the alignment, is no overflow.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if is_large(&layout) || is_large(&new) {
            // SAFETY: as the caller promises; both blocks have the bytes that are copied.
            unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                return moved;
            }
        }
        // SAFETY: as the caller promises.
        let moved = unsafe { MiMalloc.realloc(block, layout, size) };
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
