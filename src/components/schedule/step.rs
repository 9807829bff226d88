//! Multiplied by `times` at each of some moments.

use super::{Clock, Schedule, ScheduleEntry, register, steps};
use crate::registry::{Declared, Kind, settings};

settings! {
    pub struct Step {
        /// When.
        at: Vec<String>, kind = Kind::Spans;
        /// By what.
        times: f64 = 0.1, above = 0.0;
    }
}

pub fn entry() -> ScheduleEntry {
    register::<Step>("step", "Multiplied by `times` at each of some moments.", |s| Ok(Box::new(Step::read(s)?)))
}

impl Schedule for Step {
    fn factor(&self, clock: Clock) -> f64 {
        let passed = self.at.iter().filter(|at| clock.step >= steps(at, clock)).count();
        self.times.powi(i32::try_from(passed).unwrap_or(i32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_at_each_moment() {
        let clock = |step| Clock { step, stage_steps: 100, epoch_steps: 10 };
        let schedule = Step { at: vec!["60 %".into(), "8 epochs".into()], times: 0.5 };
        assert_eq!([59, 60, 79, 80].map(|s| schedule.factor(clock(s))), [1.0, 0.5, 0.5, 0.25]);
    }
}
