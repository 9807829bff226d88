//! The components: a folder a family, a file a component. No family imports another.
//!
//! To add one: a file that holds its doc, settings, `entry()` and `forward`, and two lines in the family's list
//! (`mod name;` and `name::entry(),`).

pub mod figure;
pub mod init;
pub mod loss;
mod node;
pub mod optimizer;
pub mod schedule;

pub use node::{About, Build, NodeEntry, expanding, leaf};

use crate::registry::Catalogue;
use crate::tensor::{Backend, Cpu};

/// Every component that can be a node of a graph.
pub fn nodes<D: Backend>() -> Vec<NodeEntry<D>> {
    Vec::new()
}

/// Every component, as the graph sees it.
pub fn catalogue() -> Catalogue {
    let mut entries: Vec<_> = nodes::<Cpu>().into_iter().map(|n| n.entry).collect();
    entries.extend(loss::entries::<Cpu>().into_iter().map(|l| l.entry));
    entries.extend(optimizer::entries().into_iter().map(|o| o.entry));
    entries.extend(schedule::entries().into_iter().map(|s| s.entry));
    entries.extend(init::entries().into_iter().map(|i| i.entry));
    entries.extend(figure::entries());
    entries.sort_by(|a, b| (a.card.family, a.card.name).cmp(&(b.card.family, b.card.name)));
    Catalogue { entries }
}
