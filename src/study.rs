//! Studies: from a file to its cells, who runs them, and the index that a page is drawn from. A run without `[study]` is a
//! study of one cell.
//!
//! State is the folders of the cells and nothing else: a cell is whoever's holds its lock, its status file says what came
//! of it, so that any number of processes work on any number of studies without knowing of each other.

mod carry_out;
mod changes;
mod identity;
mod one;
mod papers;
mod prepare;
mod roots;
mod search;
mod side_by_side;
mod slurm;
mod standing;
mod tracks;
mod trained;

pub use carry_out::{Failed, Finished, Options, StudyError, carry_out};
pub use changes::{Change, changes, replaced};
pub use identity::settle;
pub use one::{Desk, Met};
pub use papers::{Number, Paper, Papers};
pub use prepare::{Against, Cell, Checked, Prepared, check, prepare, prepare_one, report_of_the_study};
pub use roots::missing_roots;
pub use side_by_side::Jobs;
pub use slurm::{LaunchError, Script, Submitted, queue, submit};
pub use standing::{Standing, Stands, seconds_left, standings};
pub use trained::{Ask, FindError, Found, find};
