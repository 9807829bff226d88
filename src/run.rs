//! Carrying out a plan: networks to tensors, steps of updates, evaluations, checkpoints. Knows no component by name.

mod cell;
mod checkpoint;
#[cfg(test)]
mod composite_parity;
mod data;
mod environment;
mod error;
mod evaluate;
pub mod loader;
mod network;
mod objective;
#[cfg(test)]
mod parity_rig;
mod pool;
mod samples;
mod state;
#[cfg(test)]
mod step_parity;
#[cfg(test)]
mod step_rig;
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod system_parity;
mod train;
mod update;
mod value;
mod weights;

pub use cell::{Options, run};
pub use checkpoint::{Checkpoint, Folder};
pub use error::RunError;

use network::{Built, Run};
use objective::Objective;
use pool::ImagePool;
use update::Updater;
use value::{Draw, Models, Roles, Scene};
