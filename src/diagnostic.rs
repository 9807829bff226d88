//! What is wrong, where, and what would be right: the one form in which every room reports a mistake of the user.
//!
//! Wording (style.md, rule 14): a lowercase phrase that a beginner understands, what was found, what was expected, and
//! one `help` line. The text itself is drawn by [`Diagnostic::render`], in the look of language.md, section 11.

mod render;

pub use render::{render_all, render_all_styled};

use std::ops::Range;
use std::sync::Arc;

/// A text that positions refer to: a TOML file, an embedded composite, an environment variable, a `--set` argument.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As it is printed: a path relative to the current folder, `registry/..` for an embedded file, `--set`, `ABLATE_..`.
    pub name: String,
    pub text: String,
}

/// A stretch of a source, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
}

impl Place {
    /// One-based line and column of the first byte.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.span.start).unwrap_or(&self.source.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// A place and what is said of it (may be empty).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub place: Place,
    pub label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    /// Never stops anything.
    Note,
}

/// One message. The first mark is the user's line that decided the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    pub marks: Vec<Mark>,
    /// Further lines `= name: text`, such as `known: ..`; an empty name prints as `note`.
    pub notes: Vec<(String, String)>,
    /// Lines `= help: text`.
    pub help: Vec<String>,
}

impl Diagnostic {
    pub fn error(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Error, message: message.into(), marks: vec![], notes: vec![], help: vec![] }
    }

    pub fn note(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Note, ..Self::error(message) }
    }

    pub fn at(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.marks.push(Mark { place: place.clone(), label: label.into() });
        self
    }

    pub fn with_note(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.notes.push((name.into(), text.into()));
        self
    }

    pub fn with_help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// "`a`, `b` or `c`".
pub fn or_list<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "or")
}

/// "`a`, `b` and `c`".
pub fn and_list<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "and")
}

fn joined<S: AsRef<str>>(names: &[S], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match quoted.as_slice() {
        [] => "nothing".into(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

/// Whether a word is another with one letter too many, missing, changed, or two swapped.
pub fn one_edit(word: &str, meant: &str) -> bool {
    strsim::damerau_levenshtein(word, meant) == 1
}

/// The known name nearest to `name`, if it is at most three edits away and not wholly different.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, k)| *distance <= 3 && 2 * *distance <= k.len().max(name.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}
