//! Carrying out a plan: networks to tensors, steps of updates, evaluations, checkpoints. Knows no component by name.

mod alone;
mod cell;
mod checkpoint;
#[cfg(test)]
mod composite_parity;
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
mod follow;
mod lines;
pub mod loader;
mod network;
mod objective;
#[cfg(test)]
mod parity_rig;
mod pool;
pub mod predict;
#[cfg(test)]
mod regressor_parity;
mod rehearsal;
mod samples;
mod start;
mod state;
#[cfg(test)]
mod step_parity;
#[cfg(test)]
mod step_rig;
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod system_parity;
mod together;
mod train;
mod trained;
mod update;
mod value;
mod weights;

pub use alone::Alone;
pub use cell::{Options, Stop, run, run_where};
pub use checkpoint::{Checkpoint, Folder};
pub use data::{Contents, Counts, check as check_data, contents, made_by, models};
pub use environment::Machine;
pub use error::RunError;
pub use evaluate::validated;
pub use follow::follow;
pub use rehearsal::{Held, Practice, Rehearsal, practise, rehearse};
pub use together::{Crew, Group, Place, TogetherError};
pub use trained::{Trained, Which};
pub use weights::check as check_weights;

use network::{Built, Run};
use objective::Objective;
use pool::ImagePool;
use update::Updater;
use value::{Draw, Models, Roles, Scene};
