//! A straight line from 0 to 1, then another schedule, which counts from the stage's beginning.

use super::{Clock, Schedule, ScheduleEntry, build, register, steps};
use crate::registry::{Declared, Kind, Slot, settings};

settings! {
    pub struct WarmUp {
        /// How long the rise takes.
        over: String = "500 steps", kind = Kind::Span;
        /// What follows.
        then: Slot = "constant", family = "schedule";
    }
}

pub fn entry() -> ScheduleEntry {
    register::<WarmUp>("warm-up", "A straight line from 0 to 1, then another schedule.", |s| {
        let settings = WarmUp::read(s)?;
        let then = build(settings.then.name(), &settings.then.settings())?;
        Ok(Box::new(Rising { over: settings.over, then }))
    })
}

struct Rising {
    over: String,
    then: Box<dyn Schedule>,
}

impl Schedule for Rising {
    fn factor(&self, clock: Clock) -> f64 {
        let over = steps(&self.over, clock);
        if clock.step >= over { self.then.factor(clock) } else { (clock.step + 1) as f64 / (over + 1) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_hands_over() {
        let clock = |step| Clock { step, stage_steps: 100, epoch_steps: 10 };
        let then = build("constant", &crate::registry::Settings::new()).unwrap();
        let rising = Rising { over: "9 steps".into(), then };
        assert_eq!([0, 4, 9, 50].map(|s| rising.factor(clock(s))), [0.1, 0.5, 1.0, 1.0]);
    }
}
