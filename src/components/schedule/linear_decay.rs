//! 1 until `from`, then a straight line to `to` at the end of the stage (CycleGAN's and pix2pix's rule).

use super::{Clock, Schedule, ScheduleEntry, register, steps};
use crate::registry::{Declared, Kind, settings};

settings! {
    pub struct LinearDecay {
        /// Where the fall begins.
        from: String = "0 %", kind = Kind::Span;
        /// Where it ends, as a share of the start.
        to: f64 = 0.0, min = 0.0;
    }
}

pub fn entry() -> ScheduleEntry {
    register::<LinearDecay>("linear-decay", "A straight line from 1 to `to`, beginning at `from`.", |s| {
        Ok(Box::new(LinearDecay::read(s)?))
    })
}

impl Schedule for LinearDecay {
    fn factor(&self, clock: Clock) -> f64 {
        let from = steps(&self.from, clock);
        let length = clock.stage_steps.saturating_sub(from).max(1);
        let t = (clock.step.saturating_sub(from) as f64 / length as f64).min(1.0);
        1.0 + (self.to - 1.0) * t
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_then_falls() {
        let clock = |step| Clock { step, stage_steps: 200, epoch_steps: 10 };
        let decay = LinearDecay { from: "50 %".into(), to: 0.0 };
        assert_eq!(decay.factor(clock(100)), 1.0);
        assert_eq!(decay.factor(clock(150)), 0.5);
        assert_eq!(decay.factor(clock(200)), 0.0);
    }
}
