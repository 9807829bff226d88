//! Schedules: a factor on a learning rate or a loss weight, over a stage (language.md, section 6).

mod constant;
mod cosine;
mod linear_decay;
mod step;
mod warm_up;

use crate::registry::{Declared, Entry, Problem, Settings};

/// Where a run is, in steps of the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Steps done before this one.
    pub step: u64,
    pub stage_steps: u64,
    pub epoch_steps: u64,
}

pub trait Schedule {
    /// Multiplies `lr` (or a loss's weight) at this step.
    fn factor(&self, clock: Clock) -> f64;
}

pub struct ScheduleEntry {
    pub entry: Entry,
    pub build: fn(&Settings) -> Result<Box<dyn Schedule>, Problem>,
}

pub fn entries() -> Vec<ScheduleEntry> {
    vec![constant::entry(), cosine::entry(), linear_decay::entry(), step::entry(), warm_up::entry()]
}

/// Builds a schedule by name.
pub fn build(name: &str, settings: &Settings) -> Result<Box<dyn Schedule>, Problem> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    entry.ok_or_else(|| Problem::new(format!("no schedule is called `{name}`"))).and_then(|e| (e.build)(settings))
}

fn register<S: Declared>(
    name: &'static str,
    doc: &'static str,
    build: fn(&Settings) -> Result<Box<dyn Schedule>, Problem>,
) -> ScheduleEntry {
    ScheduleEntry { entry: Entry::plain("schedule", name, doc, "", S::schema()), build }
}

/// A checked span in steps.
fn steps(text: &str, clock: Clock) -> u64 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, "steps"));
    let n: u64 = number.parse().unwrap_or(0);
    match unit {
        "epoch" | "epochs" => n * clock.epoch_steps,
        "%" => clock.stage_steps * n / 100,
        _ => n,
    }
}
