//! Bars on a terminal: one for the stage with time left and current losses, one beneath for what interrupts it.

use super::words::{losses, said};
use crate::record::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;

const WIDTH: usize = 100;

pub struct Bars {
    all: MultiProgress,
    stage: Option<ProgressBar>,
    /// Preparation or evaluation.
    aside: Option<ProgressBar>,
    /// A line for each cell that runs beside others, by number.
    cells: BTreeMap<usize, ProgressBar>,
    colour: bool,
}

impl Bars {
    pub fn new(colour: bool) -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(8), colour)
    }

    fn on(target: ProgressDrawTarget, colour: bool) -> Self {
        Bars { all: MultiProgress::with_draw_target(target), stage: None, aside: None, cells: BTreeMap::new(), colour }
    }

    pub fn observe(&mut self, progress: &Progress) {
        match progress {
            Progress::StageStarted { stage, steps, from } => {
                let bar =
                    self.all.add(ProgressBar::new(*steps).with_style(self.style(true)).with_prefix(stage.clone()));
                bar.set_position(*from);
                // Time left counts from here, not from steps that an earlier run did.
                bar.reset_eta();
                self.stage = Some(bar);
            }
            Progress::Step { step, losses: values, .. } => {
                self.drop_aside();
                if let Some(bar) = &self.stage {
                    bar.set_position(*step);
                    bar.set_message(losses(values, self.room()));
                }
            }
            Progress::Preparing { what, done, of } => self.aside(what, *done, *of),
            Progress::EvaluationStarted { split, batches } => self.aside(&format!("evaluating {split}"), 0, *batches),
            Progress::EvaluationBatch { done, of } => {
                let prefix = self.aside.as_ref().map_or_else(|| "evaluating".into(), ProgressBar::prefix);
                self.aside(&prefix, *done, *of);
            }
            Progress::CheckpointWritten { .. } => {}
            Progress::Within { cell, cells, event } => self.within(*cell, *cells, event),
            other => {
                if matches!(other, Progress::CellFinished { .. } | Progress::CellFailed { .. }) {
                    self.clear();
                } else if matches!(other, Progress::Evaluated(_)) {
                    self.drop_aside();
                }
                if let Some(line) = said(other, WIDTH) {
                    // A terminal that went away takes the line with it.
                    let _ = self.all.println(line);
                }
            }
        }
    }

    /// What one of several cells says: its line moves, and only what it came to stays.
    fn within(&mut self, cell: usize, cells: usize, event: &Progress) {
        match event {
            Progress::StageStarted { stage, steps, from } => {
                self.drop_cell(cell);
                let prefix = format!("[{cell}/{cells}] {stage}");
                let bar = self.all.add(ProgressBar::new(*steps).with_style(self.style(true)).with_prefix(prefix));
                bar.set_position(*from);
                bar.reset_eta();
                self.cells.insert(cell, bar);
            }
            Progress::Step { step, losses: values, .. } => {
                if let Some(bar) = self.cells.get(&cell) {
                    bar.set_position(*step);
                    bar.set_message(losses(values, WIDTH.saturating_sub(50 + bar.prefix().chars().count())));
                }
            }
            Progress::EvaluationStarted { split, .. } => {
                if let Some(bar) = self.cells.get(&cell) {
                    bar.set_message(format!("evaluating {split}"));
                }
            }
            Progress::CellFinished { .. }
            | Progress::CellFailed { .. }
            | Progress::CellStarted { .. }
            | Progress::Note(_) => {
                if matches!(event, Progress::CellFinished { .. } | Progress::CellFailed { .. }) {
                    self.drop_cell(cell);
                }
                if let Some(line) = said(event, WIDTH) {
                    let line = if line.starts_with("  ") { format!("[{cell}/{cells}]{line}") } else { line };
                    // A terminal that went away takes the line with it.
                    let _ = self.all.println(line);
                }
            }
            _ => {}
        }
    }

    fn drop_cell(&mut self, cell: usize) {
        if let Some(bar) = self.cells.remove(&cell) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// Removes the bars.
    pub fn clear(&mut self) {
        self.drop_aside();
        let cells: Vec<usize> = self.cells.keys().copied().collect();
        cells.into_iter().for_each(|cell| self.drop_cell(cell));
        if let Some(bar) = self.stage.take() {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    pub fn suspend(&self, f: impl FnOnce()) {
        self.all.suspend(f);
    }

    fn aside(&mut self, prefix: &str, done: u64, of: u64) {
        if self.aside.as_ref().is_some_and(|bar| bar.prefix() != prefix) {
            self.drop_aside();
        }
        let style = self.style(false);
        let bar = self
            .aside
            .get_or_insert_with(|| self.all.add(ProgressBar::new(of).with_style(style).with_prefix(prefix.to_owned())));
        bar.set_length(of);
        bar.set_position(done);
        if done >= of {
            self.drop_aside();
        }
    }

    fn drop_aside(&mut self) {
        if let Some(bar) = self.aside.take() {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// Characters left for losses beside bar, count and time.
    fn room(&self) -> usize {
        self.stage.as_ref().map_or(40, |bar| WIDTH.saturating_sub(50 + bar.prefix().chars().count()))
    }

    fn style(&self, stage: bool) -> ProgressStyle {
        let tint = if self.colour { ".cyan/dim" } else { "" };
        let template = if stage {
            format!("  {{prefix}} [{{bar:20{tint}}}] {{pos}}/{{len}} {{eta}} left  {{msg}}")
        } else {
            format!("  {{prefix}} [{{bar:12{tint}}}] {{pos}}/{{len}}")
        };
        // The templates above are constant but for the tint; a test draws them.
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    /// A terminal that keeps all that was written to it.
    #[derive(Clone, Debug, Default)]
    struct Seen(Arc<Mutex<String>>);

    impl Seen {
        fn add(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        /// What was written since the last look.
        fn take(&self) -> String {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl TermLike for Seen {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> Result<()> {
            self.add(text)?;
            self.add("\n")
        }
        fn write_str(&self, text: &str) -> Result<()> {
            self.add(text)
        }
        fn clear_line(&self) -> Result<()> {
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_run_is_drawn_and_notes_stay() {
        let seen = Seen::default();
        let mut bars = Bars::on(ProgressDrawTarget::term_like(Box::new(seen.clone())), false);
        bars.observe(&Progress::StageStarted { stage: "completion".into(), steps: 300, from: 0 });
        let losses = vec![("generator/reconstruction".to_string(), 0.5)];
        bars.observe(&Progress::Step { stage: "completion".into(), step: 150, of: 300, losses, seconds: 0.2 });
        bars.stage.as_ref().unwrap().tick();
        let text = seen.take();
        assert!(text.contains("completion [=====") && text.contains("150/300"), "{text}");
        assert!(text.contains("left  generator/reconstruction 0.5000"), "{text}");
        bars.observe(&Progress::EvaluationStarted { split: "validation".into(), batches: 4 });
        bars.observe(&Progress::EvaluationBatch { done: 2, of: 4 });
        bars.aside.as_ref().unwrap().tick();
        let text = seen.take();
        assert!(text.contains("evaluating validation [===") && text.contains("2/4"), "{text}");
        let within = |event| Progress::Within { cell: 2, cells: 4, event: Box::new(event) };
        bars.observe(&within(Progress::StageStarted { stage: "other".into(), steps: 10, from: 5 }));
        bars.cells[&2].tick();
        let text = seen.take();
        assert!(text.contains("[2/4] other [==") && text.contains("5/10"), "{text}");
        bars.observe(&within(Progress::CellFailed { title: "UV-GAN".into(), error: "why".into() }));
        assert!(seen.take().contains("[2/4]  UV-GAN failed: why") && bars.cells.is_empty());
        bars.observe(&Progress::Note("weight is 0".into()));
        assert!(seen.take().contains("note: weight is 0"));
        bars.clear();
        assert!(bars.stage.is_none() && bars.aside.is_none());
    }
}
