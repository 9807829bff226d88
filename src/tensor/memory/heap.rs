//! Large blocks: the smallest free one that is large enough, cut to size; what is freed joins its free neighbours and is
//! kept for the next, so that a training step touches the pages of the step before. Regions are asked of the system in
//! pages of 2 MiB where it has them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Blocks begin at, and are multiples of, so many bytes.
pub const PAGE: usize = 4096;

/// A huge page, where a region begins.
const HUGE: usize = 2 << 20;

/// The least that is asked of the system at once.
const REGION: usize = 32 << 20;

/// Free blocks, by address and by length. No two touch.
struct Free {
    lengths: BTreeMap<usize, usize>,
    by_length: BTreeSet<(usize, usize)>,
}

static FREE: Mutex<Free> = Mutex::new(Free { lengths: BTreeMap::new(), by_length: BTreeSet::new() });

/// The lists' own nodes are small blocks, which do not come from here.
fn free() -> MutexGuard<'static, Free> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Free {
    fn insert(&mut self, start: usize, length: usize) {
        self.lengths.insert(start, length);
        self.by_length.insert((length, start));
    }

    fn remove(&mut self, start: usize, length: usize) {
        self.lengths.remove(&start);
        self.by_length.remove(&(length, start));
    }

    /// The smallest block of at least `length` bytes, without what it has too much.
    fn take(&mut self, length: usize) -> Option<usize> {
        let &(found, start) = self.by_length.range((length, 0)..).next()?;
        self.remove(start, found);
        if found > length {
            self.insert(start + length, found - length);
        }
        Some(start)
    }

    fn give(&mut self, mut start: usize, mut length: usize) {
        if let Some((&before, &its)) = self.lengths.range(..start).next_back()
            && before + its == start
        {
            self.remove(before, its);
            (start, length) = (before, its + length);
        }
        if let Some(&its) = self.lengths.get(&(start + length)) {
            self.remove(start + length, its);
            length += its;
        }
        self.insert(start, length);
    }
}

fn pages(bytes: usize) -> usize {
    bytes.next_multiple_of(PAGE)
}

/// A block of `bytes`, at a page's start; null if the system has none.
pub fn take(bytes: usize) -> *mut u8 {
    let length = pages(bytes);
    let mut free = free();
    if let Some(start) = free.take(length) {
        return std::ptr::with_exposed_provenance_mut(start);
    }
    let region = length.max(REGION).next_multiple_of(HUGE);
    let Ok(layout) = Layout::from_size_align(region, HUGE) else { return std::ptr::null_mut() };
    // SAFETY: the layout has a size.
    let block = unsafe { System.alloc(layout) };
    if block.is_null() {
        return block;
    }
    ask_for_huge_pages(block, region);
    let start = block.expose_provenance();
    if region > length {
        free.give(start + length, region - length);
    }
    block
}

/// Frees a block of [`take`].
pub fn give(block: *mut u8, bytes: usize) {
    free().give(block.expose_provenance(), pages(bytes));
}

/// A wish: where the system has no such pages nothing changes.
fn ask_for_huge_pages(block: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: the range was just allocated; advice changes no contents.
    unsafe {
        libc::madvise(block.cast(), bytes, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (block, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free_of(blocks: &[(usize, usize)]) -> Free {
        let mut free = Free { lengths: BTreeMap::new(), by_length: BTreeSet::new() };
        blocks.iter().for_each(|&(start, length)| free.give(start, length));
        free
    }

    #[test]
    fn the_smallest_block_that_fits_is_cut() {
        let mut free = free_of(&[(0, 8), (100, 3), (200, 5)]);
        assert_eq!(free.take(4), Some(200));
        assert_eq!(free.lengths, BTreeMap::from([(0, 8), (100, 3), (204, 1)]));
        assert_eq!(free.take(9), None);
    }

    #[test]
    fn neighbours_join() {
        let mut free = free_of(&[(0, 4), (8, 4)]);
        free.give(4, 4);
        assert_eq!(free.lengths, BTreeMap::from([(0, 12)]));
        assert_eq!(free.by_length, BTreeSet::from([(12, 0)]));
    }

    #[test]
    fn blocks_do_not_overlap_and_come_again() {
        let sizes = [300_000, 5_000_000, 140_000, 70_000_000];
        let blocks = sizes.map(take);
        for (i, (block, size)) in blocks.iter().zip(sizes).enumerate() {
            // SAFETY: the block is as long.
            unsafe { block.write_bytes(i as u8 + 1, size) };
        }
        for (i, (block, size)) in blocks.iter().zip(sizes).enumerate() {
            // SAFETY: as above, and it was just written.
            let bytes = unsafe { std::slice::from_raw_parts(*block, size) };
            assert!(block.addr() % PAGE == 0 && bytes.iter().all(|b| *b == i as u8 + 1));
        }
        blocks.iter().zip(sizes).for_each(|(block, size)| give(*block, size));
        let again = take(sizes[3]);
        give(again, sizes[3]);
        assert!(blocks.contains(&again));
    }
}
