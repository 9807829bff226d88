//! One run in several processes, each with its share of every batch: who they are, how they find each other, how they notice
//! that one of them is gone. Rank 0 is the process that was started; it alone writes records and checkpoints. The numbers go
//! over TCP by way of rank 0, which adds them in the order of the ranks.
//!
//! Every other rank has two connections to rank 0: one for what is exchanged, and a life line on which both ends say every
//! second that they are there. A process that dies closes both; one that is stopped, or whose machine is lost, falls silent.

mod crew;
mod group;
mod join;
mod life;
mod place;
mod wire;

pub use crew::Crew;
pub use group::{Group, Order};
pub use place::Place;

/// Why the processes of a run cannot go on together.
#[derive(Debug, thiserror::Error)]
pub enum TogetherError {
    #[error("cannot start process {rank} of {ranks}: {error}")]
    Start { rank: usize, ranks: usize, error: std::io::Error },
    #[error("cannot {what} {address}: {error}")]
    Address { what: &'static str, address: String, error: std::io::Error },
    #[error(
        "{missing} of {ranks} processes did not come to {address} within {seconds} s; ABLATE_TIMEOUT sets another limit"
    )]
    Absent { missing: usize, ranks: usize, address: String, seconds: u64 },
    #[error("the process at {address} is not of this run: {why}")]
    Stranger { address: String, why: String },
    #[error("the environment is not of a run in several processes: {0}")]
    Environment(String),
    /// Who is gone and how.
    #[error("{0}")]
    Lost(String),
}
