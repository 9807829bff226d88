//! No change over the stage.

use super::{Clock, Schedule, ScheduleEntry, register};
use crate::registry::{Declared, settings};

settings! {
    pub struct Constant {}
}

pub fn entry() -> ScheduleEntry {
    register::<Constant>("constant", "No change over the stage.", |s| Ok(Box::new(Constant::read(s)?)))
}

impl Schedule for Constant {
    fn factor(&self, _: Clock) -> f64 {
        1.0
    }
}
