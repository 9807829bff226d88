//! Memory that threads keep between uses.

use crate::tensor::bridge::uninitialised;
use std::cell::RefCell;

/// Values a thread keeps; larger buffers are returned: 16 MiB.
const KEPT: usize = 1 << 22;
/// Values of a line of the cache, at whose start a buffer begins.
const LINE: usize = 16;

thread_local!(static SCRATCH: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });

/// Lends a buffer of this thread, whose values must be written before they are read. A stack, so that uses may nest.
pub fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = SCRATCH.with(|s| s.borrow_mut().pop()).unwrap_or_default();
    if buffer.len() < len + LINE {
        buffer = uninitialised(len + LINE);
    }
    let skipped = buffer.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
    let result = f(&mut buffer[skipped..skipped + len]);
    if buffer.len() <= KEPT {
        SCRATCH.with(|s| s.borrow_mut().push(buffer));
    }
    result
}
