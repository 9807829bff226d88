//! Studies: from a file to its cells, one after the other, and the index that a page is drawn from. A run without
//! `[study]` is a study of one cell.

mod carry_out;
mod papers;
mod prepare;
mod roots;
mod tracks;
mod trained;

pub use carry_out::{Finished, Options, StudyError, carry_out};
pub use papers::{Number, Paper, Papers};
pub use prepare::{Against, Cell, Checked, Prepared, check, prepare, report_of_the_study};
pub use roots::missing_roots;
pub use trained::{Ask, FindError, Found, find};
