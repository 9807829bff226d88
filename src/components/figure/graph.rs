//! The network of nodes as a picture.

use super::register;
use crate::registry::{Entry, settings};

settings! {
    pub struct Graph {
        /// A node to open by one level; empty shows the nodes of the file.
        node: String = "";
    }
}

pub fn entry() -> Entry {
    register::<Graph>("graph", "The network of nodes as a picture.")
}
