//! From the merged tree to a checked experiment.

pub mod composite;
pub mod experiment;
pub mod layout;
pub mod library;
pub mod open;
pub mod plan;
pub mod settings;
pub mod view;
pub mod wire;

pub use experiment::{
    About, Finished, absent_everywhere, check_partial, default_launcher, launcher, provenance, resolve, resolve_run,
};
pub use library::Library;
