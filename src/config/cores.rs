//! Threads for reading. They are not those of the training: how many that has is read first.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::OnceLock;

/// Runs what is shared out by rayon on all cores, on threads of its own.
pub fn on_all_cores<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    // Where not even one thread starts, training says so.
    match POOL.get_or_init(|| ThreadPoolBuilder::new().build().ok()) {
        Some(pool) => pool.install(f),
        None => f(),
    }
}
