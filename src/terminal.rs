//! The only room that prints: progress bars on a terminal, plain lines otherwise, and the closing summary.
//!
//! Progress goes to standard error; what a command is asked for, and the summary, to standard output.

mod bars;
mod plain;
mod summary;
mod words;

use crate::record::{Observer, Progress, StudyRecord};
use bars::Bars;
use plain::Plain;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::time::Instant;
pub use words::duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Bars where standard error is a terminal.
    #[default]
    Auto,
    Plain,
    /// A line of JSON for each event, for the process that started this one.
    Events,
}

/// Whoever sits before the program.
pub struct Terminal {
    face: Face,
    started: Instant,
}

enum Face {
    Bars(Bars),
    Plain(Plain),
    Events,
}

impl Terminal {
    pub fn new(style: Style) -> Self {
        let face = match style {
            Style::Auto if stderr().is_terminal() => Face::Bars(Bars::new(colour())),
            Style::Auto | Style::Plain => Face::Plain(Plain::default()),
            Style::Events => Face::Events,
        };
        Terminal { face, started: Instant::now() }
    }

    /// To standard output, with a line end. A closed pipe (`ablate list | head`) is no mistake.
    pub fn print(&self, text: &str) {
        self.still(|| write_line(&mut stdout().lock(), text));
    }

    /// To standard error, with a line end.
    pub fn print_error(&self, text: &str) {
        self.still(|| write_line(&mut stderr().lock(), text));
    }

    /// The results of a study as a table, and where its page is.
    pub fn close(&mut self, study: &StudyRecord, page: Option<&Path>) {
        if let Face::Bars(bars) = &mut self.face {
            bars.clear();
        }
        let mut text = summary::summary(study, summary::WIDTH);
        if let Some(page) = page {
            text.push_str(&format!("\npage: {}", page.display()));
        }
        self.print(&text);
    }

    /// Runs `f` while no bar is drawn over its output.
    fn still(&self, f: impl FnOnce()) {
        match &self.face {
            Face::Bars(bars) => bars.suspend(f),
            Face::Plain(_) | Face::Events => f(),
        }
    }
}

impl Observer for Terminal {
    fn observe(&mut self, progress: &Progress) {
        match &mut self.face {
            Face::Bars(bars) => bars.observe(progress),
            Face::Plain(plain) => {
                for line in plain.lines(progress, self.started.elapsed()) {
                    write_line(&mut stderr().lock(), &line);
                }
            }
            Face::Events => {
                // What cannot be told so is left out; nothing depends on it.
                if let Ok(line) = serde_json::to_string(progress) {
                    write_line(&mut stdout().lock(), &line);
                }
            }
        }
    }
}

/// Colours are wanted on standard error: it is a terminal, `NO_COLOR` is unset or empty (no-color.org) and `TERM` is not `dumb`.
pub fn colour() -> bool {
    stderr().is_terminal() && colours_are_wanted()
}

/// The same of standard output.
pub fn colour_out() -> bool {
    stdout().is_terminal() && colours_are_wanted()
}

fn colours_are_wanted() -> bool {
    let unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
    unset("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Nobody is left to tell where a stream is closed, so a failure to write is let go.
fn write_line(out: &mut impl Write, text: &str) {
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
