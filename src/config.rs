//! From files, environment and command line to one merged tree that remembers where everything came from.

mod tree;

pub use tree::{Item, Layer, Origin, Step, Table, Value};
