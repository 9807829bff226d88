//! The components: a folder a family, a file a component. No family imports another.
//!
//! To add one: a file that holds its doc, settings, `entry()` and `forward`, and two lines in the family's list
//! (`mod name;` and `name::entry(),`).

pub mod activation;
pub mod block;
#[cfg(test)]
mod contract;
pub mod dataset;
pub mod embedding;
pub mod encoder;
#[cfg(test)]
mod encoder_tests;
pub mod figure;
pub mod fusion;
pub mod gate;
#[cfg(test)]
pub(crate) mod harness;
pub mod head;
pub mod holes;
pub mod init;
pub mod launcher;
pub mod loss;
pub mod metric;
mod node;
pub mod norm;
pub mod operator;
pub mod optimizer;
pub mod parametric;
pub mod prepare;
pub mod raster;
pub mod regressor;
pub mod render;
mod revisions;
pub mod sample;
pub mod schedule;
pub mod skip;
pub mod tracker;
pub mod transform;
pub mod upsample;
#[cfg(test)]
mod values;

pub use node::{About, Build, Composed, Leaf, NodeEntry, composed, expanding, leaf};

use crate::registry::Catalogue;
use crate::tensor::{Backend, Cpu};

/// Every component that can be a node of a graph.
pub fn nodes<D: Backend>() -> Vec<NodeEntry<D>> {
    let families: [fn() -> Vec<NodeEntry<D>>; 14] = [
        activation::entries,
        block::entries,
        embedding::entries,
        encoder::entries,
        fusion::entries,
        gate::entries,
        head::entries,
        norm::entries,
        operator::entries,
        prepare::entries,
        regressor::entries,
        render::entries,
        skip::entries,
        upsample::entries,
    ];
    families.into_iter().flat_map(|entries| entries()).collect()
}

/// Every component, as the graph sees it.
pub fn catalogue() -> Catalogue {
    let mut entries: Vec<_> = nodes::<Cpu>().into_iter().map(|n| n.entry).collect();
    entries.extend(loss::entries::<Cpu>().into_iter().map(|l| l.entry));
    entries.extend(optimizer::entries().into_iter().map(|o| o.entry));
    entries.extend(schedule::entries().into_iter().map(|s| s.entry));
    entries.extend(init::entries().into_iter().map(|i| i.entry));
    entries.extend(dataset::entries().into_iter().map(|d| d.entry));
    entries.extend(transform::entries().into_iter().map(|t| t.entry));
    entries.extend(holes::entries().into_iter().map(|h| h.entry));
    entries.extend(figure::entries());
    entries.extend(tracker::entries());
    entries.extend(launcher::entries());
    entries.extend(metric::entries().into_iter().map(|m| m.entry));
    revisions::mark(&mut entries);
    Catalogue::new(entries)
}
