//! What stands in `in`: wires on ports.

use super::board::{Board, Bundle, Feed, Missing};
use super::desk::{at_entry, at_value};
use crate::config::{Item, Value};

/// A port of a component, as `in` needs it.
#[derive(Clone, Debug)]
pub struct PortOf {
    pub name: String,
    pub optional: bool,
}

/// `in` as ports and what stands on each. Text means the only required input.
pub fn ports<'i>(board: &Board, input: &'i Item, known: &[PortOf], path: &str) -> Option<Vec<(String, &'i Item)>> {
    match &input.value {
        Value::Text(_) => {
            let required: Vec<&PortOf> = known.iter().filter(|p| !p.optional).collect();
            match required.as_slice() {
                [one] => Some(vec![(one.name.clone(), input)]),
                _ => {
                    let names: Vec<&str> = required.iter().map(|p| p.name.as_str()).collect();
                    let problem = at_value(format!("`{path}` has several inputs, name each"), input, "");
                    board.desk.report(problem.with_note("inputs", names.join(", ")));
                    None
                }
            }
        }
        Value::Table(table) => Some(table.iter().map(|(port, item)| (port.clone(), item)).collect()),
        _ => {
            board.desk.report(input.expected("a wire, or a table of ports and wires"));
            None
        }
    }
}

impl Board<'_> {
    /// The values on one port. `None`: nothing is there, either because an optional output is absent or because
    /// something is wrong, which is then reported; the flag tells the two apart.
    pub fn feed(&self, port: &PortOf, item: &Item) -> Result<Option<Feed>, ()> {
        let bundle = Bundle { values: vec![], list: false };
        let mut feed = Feed { port: port.name.clone(), bundle, written: vec![], item: Some(item.clone()) };
        let wrong = match &item.value {
            Value::Array(items) => {
                feed.bundle.list = true;
                items.iter().map(|inner| self.add(&mut feed, inner, true)).fold(false, |all, one| all | one)
            }
            _ => self.add(&mut feed, item, port.optional),
        };
        match (wrong, feed.bundle.values.is_empty()) {
            (true, _) => Err(()),
            (false, true) => Ok(None),
            (false, false) => Ok(Some(feed)),
        }
    }

    /// Adds what one wire names; true where something is wrong. What is absent vanishes where it may.
    fn add(&self, feed: &mut Feed, item: &Item, vanishes: bool) -> bool {
        match self.wire(item) {
            Ok(bundle) => {
                let text = item.as_text().unwrap_or_default().to_string();
                feed.bundle.list |= bundle.list;
                feed.written.extend(bundle.values.iter().map(|_| (item.place().cloned(), text.clone())));
                feed.bundle.values.extend(bundle.values);
                false
            }
            Err(Missing::Absent(_)) if vanishes => false,
            Err(Missing::Absent(_)) => {
                let name = item.as_text().unwrap_or_default();
                let output = name.rsplit('.').next().unwrap_or(name).split('[').next().unwrap_or(name);
                let message = format!("optional `{output}` feeds a required input");
                let label = format!("`{}` needs a value, and `{name}` is absent here", feed.port);
                self.desk.report(at_value(message, item, label));
                true
            }
            Err(missing) => {
                self.desk.report_all(missing.diagnostic());
                true
            }
        }
    }

    /// All ports of an `in`; errors are reported. `None` if any is wrong.
    pub fn feeds(&self, input: Option<&Item>, known: &[PortOf], path: &str, entry: &Item) -> Option<Vec<Feed>> {
        let written = match input {
            Some(input) => ports(self, input, known, path)?,
            None => vec![],
        };
        let mut feeds = vec![];
        let mut wrong = false;
        for (name, item) in written {
            let Some(port) = known.iter().find(|p| p.name == name) else {
                self.desk.report(no_input(&name, path, item, known));
                wrong = true;
                continue;
            };
            match self.feed(port, item) {
                Ok(feed) => feeds.extend(feed),
                Err(()) => wrong = true,
            }
        }
        for port in known.iter().filter(|p| !p.optional) {
            if !wrong && !feeds.iter().any(|f| f.port == port.name) {
                let problem = at_entry(format!("input `{}` is missing", port.name), entry, "");
                self.desk.report(problem.with_help(format!("write `in.{} = \"..\"` in `{path}`", port.name)));
                wrong = true;
            }
        }
        (!wrong).then_some(feeds)
    }
}

/// "`losses.x` has no input `predicton`".
pub fn no_input(name: &str, path: &str, item: &Item, known: &[PortOf]) -> crate::diagnostic::Diagnostic {
    let names: Vec<&str> = known.iter().map(|p| p.name.as_str()).collect();
    let label = format!("expected {}", crate::diagnostic::or_list(&names));
    let problem = at_entry(format!("`{path}` has no input `{name}`"), item, label);
    match crate::diagnostic::nearest(name, names.iter().copied()) {
        Some(near) => problem.with_help(format!("an input with a similar name exists: `{near}`")),
        None => problem,
    }
}
