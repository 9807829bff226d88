//! Half a cosine from 1 to `to`, then `to` (Loshchilov and Hutter, "SGDR", eq. 5, without restarts).

use super::{Clock, Schedule, ScheduleEntry, register, steps};
use crate::registry::{Declared, Kind, settings};

settings! {
    pub struct Cosine {
        /// How long the fall takes.
        over: String = "100 %", kind = Kind::Span;
        /// Where it ends, as a share of the start.
        to: f64 = 0.0, min = 0.0;
    }
}

pub fn entry() -> ScheduleEntry {
    register::<Cosine>("cosine", "Half a cosine from 1 to `to`.", |s| Ok(Box::new(Cosine::read(s)?)))
}

impl Schedule for Cosine {
    fn factor(&self, clock: Clock) -> f64 {
        let over = steps(&self.over, clock).max(1);
        let t = (clock.step as f64 / over as f64).min(1.0);
        self.to + (1.0 - self.to) * 0.5 * (1.0 + (std::f64::consts::PI * t).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_in_the_middle() {
        let clock = |step| Clock { step, stage_steps: 100, epoch_steps: 10 };
        let cosine = Cosine { over: "5 epochs".into(), to: 0.2 };
        assert_eq!(cosine.factor(clock(0)), 1.0);
        assert!((cosine.factor(clock(25)) - 0.6).abs() < 1e-12);
        assert!((cosine.factor(clock(80)) - 0.2).abs() < 1e-12);
    }
}
