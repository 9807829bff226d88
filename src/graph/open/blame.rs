//! Where an error points: first the user's line that decided the value, then the inner node (language.md, section 11).

use super::frame::{Frame, Inputs, Val, uppermost};
use super::opener::{Opener, Prepared};
use super::outputs::NoSuch;
use crate::config::{Item, Layer, Origin};
use crate::diagnostic::{Diagnostic, Place, nearest, or_list};
use crate::graph::composite::{NODE_KEYS, Node, OutPort, Wires};
use crate::graph::library::ComponentCard;
use crate::graph::plan::OpSource;
use crate::graph::settings::Completed;
use crate::graph::wire::{Wire, setting};
use crate::registry::{Edge, Problem, Type};
use std::sync::Arc;

/// What a node with `use = "$slot"` may itself set.
const CONTRACTS: [(&str, &[&str]); 1] = [("encoder", &["stem", "join"])];

/// The error at an item, or where its component is named if nobody wrote it.
pub(super) fn at_item(frame: &Frame<'_>, message: String, item: &Item, label: &str) -> Diagnostic {
    let problem = Diagnostic::error(message);
    let place = item.place().or(item.origin.key.as_ref()).or(frame.at.as_ref());
    match place {
        Some(place) => problem.at(place, label),
        None => problem,
    }
}

/// The error where the network names its component.
pub(super) fn at_top(problem: Diagnostic, opener: &Opener<'_>, frame: &Frame<'_>) -> Diagnostic {
    match opener.at.as_ref().or(frame.at.as_ref()) {
        Some(place) => problem.at(place, ""),
        None => problem,
    }
}

/// The error at an inner place, after the place that names the network.
pub(super) fn inner(
    problem: Diagnostic,
    opener: &Opener<'_>,
    frame: &Frame<'_>,
    place: Option<&Place>,
    label: &str,
) -> Diagnostic {
    let Some(place) = place.or(frame.at.as_ref()) else { return at_top(problem, opener, frame) };
    match &opener.at {
        Some(top) if top.source != place.source => problem.at(top, "opened here").at(place, label),
        _ => problem.at(place, label),
    }
}

/// "`a` feeds itself: a -> b -> a".
pub(super) fn circle(frame: &Frame<'_>, name: &str) -> Diagnostic {
    let opening = frame.opening.borrow();
    let from = opening.iter().position(|n| n == name).unwrap_or(0);
    let round: Vec<&str> = opening[from..].iter().map(String::as_str).chain([name]).collect();
    let problem = Diagnostic::error(format!("`{name}` feeds itself: {}", round.join(" -> ")));
    match frame.graph.nodes.get(name).and_then(|n| n.place.as_ref()).or(frame.at.as_ref()) {
        Some(place) => problem.at(place, ""),
        None => problem,
    }
}

pub(super) fn name_an_input(frame: &Frame<'_>, node: &Node, card: &ComponentCard) -> Diagnostic {
    let names: Vec<&str> = card.inputs.iter().map(|p| p.name.as_str()).collect();
    let message = format!("`{}` has several inputs, name them", card.full());
    let problem = Diagnostic::error(message);
    let key = node.inputs.first().and_then(|i| i.wires.key.as_ref()).or(node.place.as_ref()).or(frame.at.as_ref());
    match key {
        Some(place) => problem.at(place, format!("expected `in.{}`", names.join("`, `in."))),
        None => problem,
    }
}

/// "optional `attention` feeds a required input".
pub(super) fn absent(frame: &Frame<'_>, wires: &Wires) -> Diagnostic {
    let first = wires.items.first();
    let wire = first.and_then(|item| Wire::read(item).ok());
    let name = wire.map(|w| w.port.unwrap_or(w.name)).unwrap_or_default();
    let problem = Diagnostic::error(format!("optional `{name}` feeds a required input"));
    let problem = match first.and_then(|i| i.place()).or(frame.at.as_ref()) {
        Some(place) => problem.at(place, "is absent here"),
        None => problem,
    };
    let slot = first.and_then(|i| Wire::read(i).ok()).and_then(|w| frame.graph.nodes.get(&w.name));
    match slot.map(|node| frame.substitute(&node.component)).as_ref().and_then(|i| i.get(&["use"]).cloned()) {
        Some(member) => {
            let label = format!("`{}` does not give it", member.as_text().unwrap_or_default());
            match member.place() {
                Some(place) => {
                    let mut problem = problem.at(place, label);
                    problem.marks.rotate_right(1);
                    problem
                }
                None => problem,
            }
        }
        None => problem,
    }
}

pub(super) fn nothing_called(frame: &Frame<'_>, wire: &Wire, item: &Item) -> Diagnostic {
    let known: Vec<&str> = frame.graph.nodes.keys().map(String::as_str).collect();
    let mut message = format!("nothing is called `{}`", wire.name);
    if let Some(near) = nearest(&wire.name, known) {
        message += &format!(", did you mean `{near}`?");
    }
    at_item(frame, message, item, "")
}

pub(super) fn no_such(frame: &Frame<'_>, none: NoSuch, item: &Item) -> Diagnostic {
    at_item(frame, none.message, item, &none.label)
}

pub(super) fn no_input(frame: &Frame<'_>, prepared: &Prepared<'_, '_>, name: &str) -> Diagnostic {
    let names: Vec<&str> = prepared.card.inputs.iter().map(|p| p.name.as_str()).collect();
    let mut message = format!("`{}` has no input `{name}`", prepared.card.full());
    if let Some(near) = nearest(name, names.iter().copied()) {
        message += &format!(", did you mean `{near}`?");
    }
    let problem = Diagnostic::error(message);
    let given = prepared.inputs.get(name);
    match given.and_then(|g| g.key.as_ref()).or(prepared.node.place.as_ref()).or(frame.at.as_ref()) {
        Some(place) => problem.at(place, format!("expected {}", or_list(&names))),
        None => problem,
    }
}

/// Holds a slot's member against what its node asks of it: a member that lacks something is refused by name.
pub(super) fn contract<'a, 'l>(
    frame: &Frame<'_>,
    mut prepared: Prepared<'a, 'l>,
    problems: &mut Vec<Diagnostic>,
) -> Prepared<'a, 'l> {
    let Some(slot) = prepared.node.component.as_text().and_then(setting) else { return prepared };
    let family = prepared.card.family.clone();
    let may = CONTRACTS.iter().find(|(f, _)| *f == family).map_or(&[][..], |(_, may)| may);
    for (name, item) in &prepared.node.settings {
        if !may.contains(&name.as_str()) {
            let message = format!("`{name}` cannot be set beside `use = \"${slot}\"`");
            let problem = match item.key_place() {
                Some(place) => Diagnostic::error(message).at(place, ""),
                None => Diagnostic::error(message),
            };
            let keys = may.iter().copied().chain(NODE_KEYS);
            problems.push(match nearest(name, keys) {
                Some(near) => problem.with_help(format!("a key with a similar name exists: `{near}`")),
                None => problem.with_help("a slot's settings are set where the slot is filled"),
            });
            prepared.settings.shift_remove(name);
        }
    }
    let card = &prepared.card;
    let has = |name: &str| card.settings.iter().any(|s| s.name == name);
    let settings = prepared.node.settings.keys().filter(|n| may.contains(&n.as_str()) && !has(n)).cloned();
    let ports = prepared.inputs.keys().filter(|n| card.input(n).is_none()).cloned();
    let lacks: Vec<String> = ports.chain(settings).collect();
    if !lacks.is_empty() {
        let near = |name: &&String| nearest(name, card.inputs.iter().map(|p| p.name.as_str())).is_some();
        problems.push(match lacks.iter().find(near) {
            Some(misspelt) => no_input(frame, &prepared, misspelt),
            None => refused_member(frame, &prepared, slot, &lacks),
        });
        Arc::make_mut(&mut prepared.inputs).retain(|name, _| !lacks.contains(name));
        prepared.settings.retain(|name, _| !lacks.contains(name));
    }
    prepared
}

fn refused_member(frame: &Frame<'_>, prepared: &Prepared<'_, '_>, slot: &str, lacks: &[String]) -> Diagnostic {
    let name = &prepared.card.name;
    let problem = Diagnostic::error(format!("`{slot}` cannot be `{name}`"));
    let label = format!("has no {}", or_list(lacks));
    let problem = match prepared.name.place().or(frame.at.as_ref()) {
        Some(place) => problem.at(place, label),
        None => problem,
    };
    match &prepared.node.place {
        Some(place) => problem.at(place, "needs it"),
        None => problem,
    }
}

/// A declared type that the edge cannot have.
pub(super) fn declared(frame: &Frame<'_>, out: &OutPort, ty: Type, edge: &Edge) -> Option<Diagnostic> {
    let fits = match ty {
        Type::Image => Type::Map.accepts(edge.ty) && matches!(edge.channels(), 1 | 3),
        Type::Mask => Type::Map.accepts(edge.ty) && edge.channels() == 1,
        other => other.accepts(edge.ty),
    };
    if fits {
        return None;
    }
    let message =
        format!("`out.{}` is declared {}, but is {} of {edge}", out.name, super::check::a(ty), edge.ty.name());
    let problem = Diagnostic::error(message);
    Some(match frame.at.as_ref() {
        Some(at) => match &out.place {
            Some(place) if place.source != at.source => problem.at(at, "").at(place, "declared here"),
            _ => problem.at(at, ""),
        },
        None => problem,
    })
}

/// A component's refusal, with the line that decided the value and the wires that brought the shapes.
pub(super) fn refused(
    opener: &Opener<'_>,
    frame: &Frame<'_>,
    prepared: &Prepared<'_, '_>,
    path: &str,
    done: &Completed,
    inputs: &Inputs,
    problem: Problem,
) -> Diagnostic {
    let joint = if problem.message.starts_with("cannot ") { "" } else { ":" };
    let mut told = Diagnostic::error(format!("`{path}`{joint} {}", problem.message));
    let marked: Vec<&Val> = match problem.ports.is_empty() {
        true => inputs.values().flat_map(|g| &g.values).map(|(v, _)| v).collect(),
        false => problem.ports.iter().filter_map(|(p, i, _)| Some(&inputs.get(p)?.values.get(*i)?.0)).collect(),
    };
    let set = problem.setting.as_ref().and_then(|name| done.items.get(name));
    let (first, label, help) = culprit(opener, &marked, set, prepared);
    told = match first.or_else(|| opener.at.clone()).or_else(|| frame.at.clone()) {
        Some(place) => told.at(&place, label),
        None => told,
    };
    let mut inner = false;
    for (port, element, text) in &problem.ports {
        let Some((value, wire)) = inputs.get(port).and_then(|g| g.values.get(*element)) else { continue };
        let Some(place) = wire.as_ref().and_then(|w| w.place()) else { continue };
        let from = opener.entry_label(frame, value);
        told = told.at(place, from.map_or(text.clone(), |label| format!("{text}, from `{label}`")));
        inner = true;
    }
    let key = set.and_then(|i| i.origin.key.as_ref()).or(prepared.node.component.key_place());
    if let Some(key) = key.filter(|k| !inner && told.marks.iter().all(|m| m.place != **k)) {
        told = told.at(key, "");
    }
    told.help.extend(problem.help.into_iter().chain(help));
    told
}

/// The place that decided what failed, what to say there, and help.
fn culprit(
    opener: &Opener<'_>,
    marked: &[&Val],
    set: Option<&Item>,
    prepared: &Prepared<'_, '_>,
) -> (Option<Place>, String, Option<String>) {
    if let Some(place) = set.and_then(|i| if i.origin.layer > Layer::Default { i.place() } else { None }) {
        return (Some(place.clone()), String::new(), None);
    }
    let spatial = marked.windows(2).any(|pair| pair[0].edge.dims[1..] != pair[1].edge.dims[1..]);
    let size = marked.iter().find_map(|v| v.size.as_ref()).and_then(|o| o.place.clone());
    if let Some(place) = size.clone().filter(|_| spatial) {
        let (label, help) = opener.multiples().unwrap_or_default();
        return (Some(place), label, Some(help).filter(|h| !h.is_empty()));
    }
    let own: Vec<&Origin> = vec![&prepared.name.origin];
    let decided = uppermost(own.into_iter().chain(marked.iter().flat_map(|v| &v.decided)));
    (decided.and_then(|o| o.place.clone()).or(size), String::new(), None)
}

impl Opener<'_> {
    /// "not a multiple of 32", "`resnet50` halves the size 5 times; use 224, 256, 288, ..".
    fn multiples(&self) -> Option<(String, String)> {
        let halvings = self.halvings.borrow();
        let (name, times) = halvings.iter().rev().max_by_key(|(_, times)| *times)?;
        let multiple = 2usize.checked_pow(*times)?;
        let size = *self.sizes.iter().find(|s| **s % multiple != 0)?;
        let below = size / multiple * multiple;
        let first = if below == 0 { multiple } else { below };
        let [a, b, c] = [first, first + multiple, first + 2 * multiple];
        let help = format!("`{name}` halves the size {times} times; use {a}, {b}, {c}, ..");
        Some((format!("not a multiple of {multiple}"), help))
    }

    /// The label under which a value's size came into this component: back through operations of the component.
    fn entry_label(&self, frame: &Frame<'_>, value: &Val) -> Option<String> {
        let ops = self.ops.borrow();
        let prefix = format!("{}/", frame.path);
        let mut source = value.source;
        loop {
            let entry = frame.inputs.values().flat_map(|g| &g.values).find(|(v, _)| v.source == source);
            if let Some((entry, _)) = entry {
                return Some(entry.label.clone());
            }
            source = match source {
                OpSource::Op { op, .. } if ops.get(op)?.path.starts_with(&prefix) => {
                    *ops[op].inputs.first()?.1.first()?
                }
                _ => return Some(value.label.clone()).filter(|l| !l.is_empty()),
            };
        }
    }
}
