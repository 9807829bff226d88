//! `each` and `repeat`: how many copies, and what each of them is given (language.md, 4.1).

use super::blame;
use super::frame::{Frame, Inputs, Val, uppermost};
use super::opener::{Opener, Prepared};
use super::outputs::OutputPort;
use crate::config::{Item, Layer, Origin, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::graph::wire::setting;
use std::sync::Arc;

/// How a node is repeated.
pub(super) struct Repetition {
    pub count: usize,
    pub repeated: bool,
    /// Settings that differ from copy to copy, an element for each.
    pub each: Vec<(String, Vec<Item>)>,
    dealt: Vec<String>,
    chained: Vec<String>,
}

/// Something that says how many copies there are.
struct Count {
    number: usize,
    /// The key that says so, in the file of the node.
    key: Option<Place>,
    /// Who decided it, and how that reads: "gives 4 skips".
    origin: Option<Origin>,
    reads: String,
    /// The component's setting that it comes from.
    setting: Option<String>,
    default: bool,
}

impl Repetition {
    /// `None` where the counts disagree or are no counts.
    pub fn of(
        opener: &Opener<'_>,
        frame: &Frame<'_>,
        prepared: &Prepared<'_, '_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Repetition> {
        let node = prepared.node;
        let repeated = !node.each.is_empty() || node.repeat.is_some();
        let both = |name: &String| prepared.card.output(name).is_some();
        let chained: Vec<String> = prepared.inputs.keys().filter(|name| repeated && both(name)).cloned().collect();
        let mut found = Repetition { count: 1, repeated, each: vec![], dealt: vec![], chained };
        if !repeated {
            return Some(found);
        }
        let before = problems.len();
        let mut counts = found.dealt_counts(prepared);
        for (name, raw) in &node.each {
            let item = frame.substitute(raw);
            match item.as_array() {
                Some(all) => {
                    counts.push(Count::of_item(all.len(), raw, &item));
                    found.each.push((name.clone(), all.iter().map(|element| keyed(element, &item)).collect()));
                }
                None => problems.push(item.expected("an array, one element for each copy")),
            }
        }
        if let Some(raw) = &node.repeat {
            let item = frame.substitute(raw);
            match item.value {
                Value::Integer(n) if (1..=1000).contains(&n) => counts.push(Count::of_item(n as usize, raw, &item)),
                _ => problems.push(item.expected("a number of copies, 1 to 1000")),
            }
        }
        if let Some(problem) = disagreement(opener, frame, prepared, &counts) {
            problems.push(problem);
        }
        found.count = counts.first()?.number;
        (problems.len() == before).then_some(found)
    }

    fn dealt_counts(&mut self, prepared: &Prepared<'_, '_>) -> Vec<Count> {
        let mut counts = vec![];
        for (name, given) in prepared.inputs.iter() {
            let takes_list = prepared.card.input(name).is_some_and(|p| p.list);
            if !given.list || takes_list || self.chained.contains(name) {
                continue;
            }
            self.dealt.push(name.clone());
            let number = given.values.len();
            let origin = uppermost(given.values.iter().flat_map(|(v, _)| &v.decided)).cloned();
            let noun = given.values.first().map_or(name.as_str(), |(v, _)| noun_of(&v.label)).to_string();
            let reads = format!("gives {number} {noun}");
            counts.push(Count { number, key: given.key.clone(), origin, reads, setting: None, default: false });
        }
        counts
    }

    /// The inputs of copy `i`; `last` is what the copy before it gives.
    pub fn inputs(&self, i: usize, prepared: &Prepared<'_, '_>, last: Option<&[OutputPort<Val>]>) -> Arc<Inputs> {
        if !self.repeated {
            return prepared.inputs.clone();
        }
        let mut inputs = Inputs::clone(&prepared.inputs);
        for (name, given) in &mut inputs {
            if self.dealt.contains(name) {
                given.list = false;
                given.values = given.values.get(i).cloned().into_iter().collect();
            } else if self.chained.contains(name)
                && let Some(port) = last.and_then(|ports| ports.iter().find(|p| p.name == *name))
            {
                let wire = given.values.first().and_then(|(_, wire)| wire.clone());
                given.values = port.values.iter().map(|v| (v.clone(), wire.clone())).collect();
            }
        }
        inputs.into()
    }
}

/// An element that remembers the key of its array, so that errors about the setting can point there.
fn keyed(element: &Item, array: &Item) -> Item {
    let origin = Origin { key: array.key_place().cloned(), ..element.origin.clone() };
    Item { origin, ..element.clone() }
}

/// `skips` of `encoder.skips[2]`.
fn noun_of(label: &str) -> &str {
    let port = label.rsplit('.').next().unwrap_or(label);
    port.split('[').next().unwrap_or(port)
}

impl Count {
    fn of_item(number: usize, raw: &Item, item: &Item) -> Count {
        Count {
            number,
            key: raw.entry_place(),
            origin: uppermost([&item.origin]).cloned(),
            reads: format!("says {number}"),
            setting: raw.as_text().and_then(setting).map(str::to_string),
            default: item.origin.layer == Layer::Default,
        }
    }
}

/// "`generator/decoder` is repeated 4 times and 7 times".
fn disagreement(
    opener: &Opener<'_>,
    frame: &Frame<'_>,
    prepared: &Prepared<'_, '_>,
    counts: &[Count],
) -> Option<Diagnostic> {
    let first = counts.first()?;
    let second = counts.iter().find(|c| c.number != first.number)?;
    let path = frame.inner(&prepared.node.name);
    let times = |n: usize| if n == 1 { "once".to_string() } else { format!("{n} times") };
    let message = format!("`{path}` is repeated {} and {}", times(first.number), times(second.number));
    let mut problem = Diagnostic::error(message);
    let decided = uppermost([first, second].into_iter().flat_map(|c| &c.origin));
    let right = [first, second].into_iter().find(|c| c.origin.as_ref() == decided && decided.is_some());
    match (decided.and_then(|o| o.place.as_ref()), right) {
        (Some(place), Some(right)) => problem = problem.at(place, &right.reads),
        _ => problem = blame::at_top(problem, opener, frame),
    }
    for count in [first, second] {
        let default = count.setting.as_ref().filter(|_| count.default).and_then(|name| {
            let place = frame.settings.get(name)?.place()?;
            Some(format!(", the default of `{name}` (line {})", place.line_column().0))
        });
        if let Some(key) = &count.key {
            problem = problem.at(key, format!("{} from here{}", count.number, default.unwrap_or_default()));
        }
    }
    let right = right.unwrap_or(first);
    let wrong = counts.iter().filter(|c| c.number != right.number).filter_map(|c| c.setting.as_deref());
    let wrong: Vec<&str> = wrong.collect();
    Some(match wrong.split_first() {
        Some((name, more)) if frame.path == opener.network => {
            let rest: String = more.iter().map(|name| format!(", and `{name}`")).collect();
            problem.with_help(format!("set `nodes.{}.{name}` to {} numbers{rest}", frame.path, right.number))
        }
        _ => problem,
    })
}
