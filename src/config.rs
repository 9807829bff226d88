//! From files, environment and command line to one merged tree that remembers where everything came from
//! (language.md, sections 3 and 9).
//!
//! - [`load`] reads an experiment file with everything beneath it (`extends`) and over it ([`Overrides`]) into a
//!   [`Study`]: its merged `base`, and [`Study::cells`], one whole tree for each variant, axis value and seed.
//! - [`parse`] reads one text, such as an embedded composite, into a tree; [`check_format`] looks at its `format`.
//! - An [`Item`] is a value with its [`Origin`] (the layer and place that decided it) and the [`Step`]s before it.
//!   [`substitute`] has put the settings in for `$name` in all trees that [`load`] gives: such an item stands where the
//!   setting's value stands, and its history begins where `$name` was written.
//! - [`explain`] prints the chain of one key; [`to_toml`] and [`canonical`] write a tree for people and for hashing;
//!   [`path_of`] resolves a path against the file that wrote it.
//!
//! What a component's settings are, and their defaults, is the graph's matter.

mod cores;
mod explain;
mod files;
mod keys;
mod merge;
mod overrides;
mod parse;
mod recorded;
mod study;
mod substitute;
mod switched;
mod tree;
mod write;

pub use cores::on_all_cores;
pub use explain::explain;
pub use files::{FORMAT, check_format, path_of};
pub use keys::{TOP_KEYS, unknown_key};
pub use merge::LOSS_KEYS;
pub use overrides::Overrides;
pub use recorded::recorded;
pub use study::{CellSpec, Search, Study, load};
pub use substitute::substitute;
pub use switched::check_switches;
pub use tree::{Item, Layer, Origin, Step, Table, Value};
pub use write::{canonical, describe, inline, key, to_toml};

use crate::diagnostic::{Diagnostic, Source};
use std::sync::Arc;

/// One text to a tree of layer [`Layer::File`]; fails with its first syntax error.
pub fn parse(source: &Arc<Source>) -> Result<Item, Diagnostic> {
    parse::parse(source, &Layer::File)
}
