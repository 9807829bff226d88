//! Carrying out a plan: networks to tensors, steps of updates, evaluations, checkpoints. Knows no component by name.

mod cell;
mod checkpoint;
mod data;
#[cfg(test)]
mod embedding_parity;
#[cfg(test)]
mod encoder_parity;
mod environment;
mod error;
mod evaluate;
pub mod export;
#[cfg(test)]
mod export_tests;
pub mod loader;
mod network;
mod objective;
mod pool;
pub mod predict;
mod samples;
mod state;
#[cfg(test)]
mod step_parity;
#[cfg(test)]
mod step_rig;
#[cfg(test)]
mod step_tests;
mod train;
mod trained;
mod update;
mod value;
mod weights;

pub use cell::{Options, run};
pub use checkpoint::{Checkpoint, Folder};
pub use error::RunError;
pub use trained::{Trained, Which};

use network::{Built, Run};
use objective::Objective;
use pool::ImagePool;
use update::Updater;
use value::{Draw, Models, Roles, Scene};
