//! Trackers: their settings. What they hand on, and how, is the room `track`'s own business, which knows them by the same
//! names.

pub mod mlflow;
pub mod tensorboard;

use crate::registry::Entry;

pub fn entries() -> Vec<Entry> {
    vec![mlflow::entry(), tensorboard::entry()]
}
