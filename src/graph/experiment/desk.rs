//! What every step of resolving an experiment has at hand: the library, and a place for what is wrong.

use crate::config::Item;
use crate::diagnostic::{Diagnostic, nearest};
use crate::graph::experiment::About;
use crate::graph::experiment::feeds::PortOf;
use crate::graph::library::{ComponentCard, Library, PortCard};
use std::cell::RefCell;
use std::sync::Arc;

/// Gathers errors and notes; all of them are wanted, not the first.
pub struct Desk<'a> {
    pub library: &'a Library<'a>,
    pub about: &'a About<'a>,
    problems: RefCell<Vec<Diagnostic>>,
    notes: RefCell<Vec<Diagnostic>>,
}

impl<'a> Desk<'a> {
    pub fn new(library: &'a Library<'a>, about: &'a About<'a>) -> Self {
        Desk { library, about, problems: RefCell::default(), notes: RefCell::default() }
    }

    /// The card of `family/name`.
    pub fn card(&self, full: &str) -> Option<Arc<ComponentCard>> {
        let (family, name) = full.split_once('/')?;
        self.library.card(family, name)
    }

    /// The inputs of `family/name`.
    pub fn inputs(&self, full: &str) -> Option<Vec<PortOf>> {
        let port = |p: &PortCard| PortOf { name: p.name.clone(), optional: p.optional };
        Some(self.card(full)?.inputs.iter().map(port).collect())
    }

    pub fn report(&self, problem: Diagnostic) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub fn report_all(&self, problems: impl IntoIterator<Item = Diagnostic>) {
        problems.into_iter().for_each(|problem| self.report(problem));
    }

    pub fn note(&self, note: Diagnostic) {
        self.notes.borrow_mut().push(note);
    }

    pub fn failed(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    pub fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Errors and notes, each sorted by place.
    pub fn close(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let (mut problems, mut notes) = (self.problems.into_inner(), self.notes.into_inner());
        sort(&mut problems);
        sort(&mut notes);
        (problems, notes)
    }

    /// Calls something that gathers problems in a list of its own.
    pub fn gather<T>(&self, call: impl FnOnce(&mut Vec<Diagnostic>) -> T) -> T {
        let mut problems = vec![];
        let result = call(&mut problems);
        self.report_all(problems);
        result
    }
}

/// By file, then by position; what has no place comes first.
pub fn sort(all: &mut [Diagnostic]) {
    all.sort_by_key(|d| d.marks.first().map(|m| (m.place.source.name.clone(), m.place.span.start)));
}

/// An error at an entry's key.
pub fn at_entry(message: impl Into<String>, item: &Item, label: impl Into<String>) -> Diagnostic {
    let problem = Diagnostic::error(message);
    match item.entry_place() {
        Some(place) => problem.at(&place, label),
        None => problem,
    }
}

/// An error at a value.
pub fn at_value(message: impl Into<String>, item: &Item, label: impl Into<String>) -> Diagnostic {
    let problem = Diagnostic::error(message);
    match item.place() {
        Some(place) => problem.at(place, label),
        None => problem,
    }
}

/// "no loss is called `l3`, did you mean `l1`"; without a near name the known ones are listed.
pub fn no_such<'n>(what: &str, name: &str, item: &Item, known: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let message = match what {
        "" => format!("nothing is called `{name}`"),
        _ => format!("no {what} is called `{name}`"),
    };
    match nearest(name, known.iter().copied()) {
        Some(near) => at_value(format!("{message}, did you mean `{near}`"), item, ""),
        None => at_value(message, item, "").with_note("known", list_or_none(&known)),
    }
}

pub fn list_or_none(names: &[&str]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// Small numbers as words: "two datasets are drawn".
pub fn count_word(n: usize) -> String {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(n).map_or_else(|| n.to_string(), |w| w.to_string())
}

/// An entry that lacks what makes it one: most often a misspelt name that was meant to change another entry.
pub fn incomplete(kind: &str, name: &str, item: &Item, key: &str, siblings: &crate::config::Table) -> Diagnostic {
    let problem = at_entry(format!("{kind} `{name}` has no `{key}`"), item, format!("expected `{key}`"));
    let whole = siblings.iter().filter(|(other, entry)| *other != name && entry.get(&[key]).is_some());
    match nearest(name, whole.map(|(other, _)| other.as_str())) {
        Some(near) => problem.with_help(format!("a {kind} with a similar name exists: `{near}`")),
        None => problem,
    }
}
