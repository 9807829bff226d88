//! Plain lines, for logs and pipes: the first step, then every twentieth of a stage or every ten seconds.

use super::words::{duration, losses, said};
use crate::record::Progress;
use std::collections::BTreeMap;
use std::time::Duration;

const WIDTH: usize = 100;
/// Longest silence while anything moves.
const SILENCE: Duration = Duration::from_secs(10);

/// Decides what is worth a line.
#[derive(Debug, Default)]
pub struct Plain {
    /// When the last line was written, since the start of the program.
    last: Duration,
    /// When the stage began, and at which step.
    stage: (Duration, u64),
    /// Twentieth of the stage, or of a preparation, that was last told.
    told: u64,
    what: String,
    /// Cells that run side by side, by number.
    within: BTreeMap<usize, Plain>,
}

impl Plain {
    /// The lines for an event at `now`.
    pub fn lines(&mut self, progress: &Progress, now: Duration) -> Vec<String> {
        let line = match progress {
            Progress::StageStarted { stage, steps, from } => {
                self.stage = (now, *from);
                self.told = 0;
                let from = if *from > 0 { format!(" from step {from}") } else { String::new() };
                Some(format!("  {stage}: {steps} steps{from}"))
            }
            Progress::Step { stage, step, of, losses: values, .. } => {
                let first = *step == self.stage.1 + 1;
                self.due(first, *step, *of, now).then(|| self.step(stage, *step, *of, values, now))
            }
            Progress::Preparing { what, done, of } => {
                let new = self.what != *what;
                self.what.clone_from(what);
                self.due(new, *done, *of, now).then(|| format!("  {what}: {done} of {of}"))
            }
            Progress::EvaluationStarted { split, batches } => {
                self.what = format!("evaluating {split}");
                self.told = 0;
                (now.saturating_sub(self.last) >= SILENCE).then(|| format!("  {}: {batches} batches", self.what))
            }
            Progress::EvaluationBatch { done, of } => {
                (now.saturating_sub(self.last) >= SILENCE).then(|| format!("  {}: {done} of {of}", self.what))
            }
            Progress::CheckpointWritten { total_step, best: true } => {
                Some(format!("  checkpoint at step {total_step}, the best so far"))
            }
            Progress::Within { cell, cells, event } => {
                let lines = self.within.entry(*cell).or_default().lines(event, now);
                let prefixed =
                    |line: String| if line.starts_with("  ") { format!("[{cell}/{cells}]{line}") } else { line };
                return lines.into_iter().map(prefixed).collect();
            }
            other => said(other, WIDTH),
        };
        if line.is_some() {
            self.last = now;
        }
        line.into_iter().collect()
    }

    /// The first, the last, each twentieth, or after a silence.
    fn due(&mut self, first: bool, done: u64, of: u64, now: Duration) -> bool {
        let part = done * 20 / of.max(1);
        let due = first || done == of || part > self.told || now.saturating_sub(self.last) >= SILENCE;
        if due {
            self.told = part;
        }
        due
    }

    fn step(&self, stage: &str, step: u64, of: u64, values: &[(String, f64)], now: Duration) -> String {
        let done = step.saturating_sub(self.stage.1).max(1);
        let each = now.saturating_sub(self.stage.0).as_secs_f64() / done as f64;
        let left = duration(each * of.saturating_sub(step) as f64);
        let head = format!("  {stage} {step:>width$}/{of}  {left:>12} left  ", width = of.to_string().len());
        let room = WIDTH.saturating_sub(head.chars().count());
        format!("{head}{}", losses(values, room)).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: u64) -> Progress {
        let losses = vec![("generator/reconstruction".to_string(), 0.5), ("generator/global".to_string(), 1.25)];
        Progress::Step { stage: "completion".into(), step, of: 300, losses, seconds: 0.25 }
    }

    #[test]
    fn a_stage_is_told_at_its_start_and_in_twentieths() {
        let mut plain = Plain::default();
        let at = |step: u64| Duration::from_millis(250 * step);
        let start = Progress::StageStarted { stage: "completion".into(), steps: 300, from: 0 };
        assert_eq!(plain.lines(&start, at(0)), ["  completion: 300 steps"]);
        let lines: Vec<String> = (1..=300).flat_map(|s| plain.lines(&step(s), at(s))).collect();
        assert_eq!(lines.len(), 21);
        assert_eq!(
            lines[1],
            "  completion  15/300    1 min 11 s left  generator/reconstruction 0.5000, generator/global 1.250"
        );
        assert!(lines.iter().all(|l| l.chars().count() <= WIDTH));
    }

    #[test]
    fn nothing_is_silent_for_long() {
        let mut plain = Plain::default();
        plain.lines(&Progress::StageStarted { stage: "s".into(), steps: 300, from: 0 }, Duration::ZERO);
        plain.lines(&step(1), Duration::from_secs(1));
        assert!(plain.lines(&step(2), Duration::from_secs(5)).is_empty());
        assert_eq!(plain.lines(&step(3), Duration::from_secs(11)).len(), 1);
        let batch = Progress::EvaluationBatch { done: 3, of: 9 };
        assert!(plain.lines(&batch, Duration::from_secs(12)).is_empty());
        assert_eq!(plain.lines(&batch, Duration::from_secs(21)).len(), 1);
    }

    #[test]
    fn cells_side_by_side_are_told_apart() {
        let mut plain = Plain::default();
        let start = |cell, stage: &str| Progress::Within {
            cell,
            cells: 12,
            event: Box::new(Progress::StageStarted { stage: stage.into(), steps: 300, from: 0 }),
        };
        assert_eq!(plain.lines(&start(3, "completion"), Duration::ZERO), ["[3/12]  completion: 300 steps"]);
        let within = |event| Progress::Within { cell: 3, cells: 12, event: Box::new(event) };
        assert_eq!(plain.lines(&within(step(1)), Duration::from_secs(1)).len(), 1);
        assert!(plain.lines(&within(step(2)), Duration::from_secs(2)).is_empty());
        assert_eq!(plain.lines(&start(4, "other"), Duration::from_secs(2)), ["[4/12]  other: 300 steps"]);
    }

    #[test]
    fn preparing_begins_at_once_and_ends_told() {
        let mut plain = Plain::default();
        let prepare = |done| Progress::Preparing { what: "rendering faces".into(), done, of: 400 };
        let lines: Vec<String> = (1..=400).flat_map(|i| plain.lines(&prepare(i), Duration::from_millis(i))).collect();
        assert_eq!(lines[0], "  rendering faces: 1 of 400");
        assert_eq!(lines[lines.len() - 1], "  rendering faces: 400 of 400");
        assert!(lines.len() <= 21);
    }
}
