//! Inputs of a node held against its card: ports, lists, types, batches, what is missing.

use super::blame;
use super::frame::{Frame, Given, Val};
use super::opener::{Opener, Prepared};
use crate::diagnostic::{Diagnostic, or_list};
use crate::graph::composite::Node;
use crate::graph::library::{ComponentCard, PortCard};
use crate::graph::wire::setting;
use crate::registry::{Accepts, Type};

/// What a composite lets its user choose among must be what the inner component knows, each of it.
pub(super) fn offers(frame: &Frame<'_>, node: &Node, card: &ComponentCard, problems: &mut Vec<Diagnostic>) {
    for (name, item) in &node.settings {
        let offered = item.as_text().and_then(setting).and_then(|own| frame.schema.iter().find(|s| s.name == own));
        let (Some(offered), Some(known)) = (offered, card.settings.iter().find(|s| s.name == *name)) else { continue };
        let strange = offered.of.iter().filter(|value| !known.of.is_empty() && !known.of.contains(value));
        for value in strange.filter_map(|value| value.as_str()) {
            let message = format!("`{}` offers `{value}`, which `{}` does not know", offered.name, card.full());
            let names: Vec<&str> = known.of.iter().filter_map(|value| value.as_str()).collect();
            problems.push(blame::at_item(frame, message, item, &format!("expected {}", or_list(&names))));
        }
    }
}

impl Opener<'_> {
    pub(super) fn check_inputs(&self, frame: &Frame<'_>, prepared: &Prepared<'_, '_>, problems: &mut Vec<Diagnostic>) {
        let repeated = !prepared.node.each.is_empty() || prepared.node.repeat.is_some();
        for (name, given) in prepared.inputs.iter() {
            let Some(port) = prepared.card.input(name) else {
                problems.push(blame::no_input(frame, prepared, name));
                continue;
            };
            let chained = prepared.card.output(name).is_some();
            if given.list && !port.list && (!repeated || chained) {
                problems.push(list_on_one(frame, given));
            }
            for (value, wire) in &given.values {
                if let Some(wants) = unfit(port, value) {
                    let message = format!("`in.{name}` wants {wants}, `{}` is {}", value.label, a(value.edge.ty));
                    let place = wire.as_ref().and_then(|w| w.place()).or(given.key.as_ref());
                    problems.push(blame::inner(Diagnostic::error(message), self, frame, place, ""));
                }
            }
        }
        for port in prepared.card.inputs.iter().filter(|p| !p.optional) {
            let empty = prepared.inputs.get(&port.name).is_none_or(|g| g.values.is_empty());
            if empty {
                let message = format!("input `{}` is missing", port.name);
                let label = format!("`{}` needs it", prepared.card.full());
                let place = prepared.node.place.as_ref();
                problems.push(blame::inner(Diagnostic::error(message), self, frame, place, &label));
            }
        }
        self.check_batches(frame, prepared, problems);
    }

    /// Edges of unlike batch factors do not meet in a node.
    fn check_batches(&self, frame: &Frame<'_>, prepared: &Prepared<'_, '_>, problems: &mut Vec<Diagnostic>) {
        let all: Vec<&Val> = prepared.inputs.values().flat_map(|g| &g.values).map(|(v, _)| v).collect();
        let Some(first) = all.first() else { return };
        if let Some(other) = all.iter().find(|v| v.edge.batch != first.edge.batch) {
            let path = frame.inner(&prepared.node.name);
            let message = format!(
                "`{path}` cannot join `{}` and `{}`: their batches are {} and {} times the one drawn",
                first.label, other.label, first.edge.batch, other.edge.batch
            );
            problems.push(blame::inner(Diagnostic::error(message), self, frame, prepared.node.place.as_ref(), ""));
        }
    }
}

/// "a list of 4 maps on one input".
fn list_on_one(frame: &Frame<'_>, given: &Given) -> Diagnostic {
    let noun = given.values.first().map_or("values", |(v, _)| v.edge.ty.name());
    let plural = if noun.ends_with('s') { noun.to_string() } else { format!("{noun}s") };
    let problem = Diagnostic::error(format!("a list of {} {plural} on one input", given.values.len()));
    match given.key.as_ref().or(frame.at.as_ref()) {
        Some(place) => problem.at(place, "takes one").with_help("name one of them, as in `[0]`, or repeat the node"),
        None => problem,
    }
}

/// What the port wants, if this is not it.
fn unfit(port: &PortCard, value: &Val) -> Option<String> {
    let ty = value.edge.ty;
    match port.accepts? {
        Accepts::Type(wanted) if !wanted.accepts(ty) => Some(a(wanted)),
        Accepts::Same if !Type::Map.accepts(ty) => Some("an image, a mask or a map".to_string()),
        _ => None,
    }
}

/// "an image", "a mask", "landmarks".
pub(super) fn a(ty: Type) -> String {
    match ty {
        Type::Landmarks | Type::Coefficients => ty.name().to_string(),
        Type::Image => "an image".to_string(),
        Type::Any => "anything".to_string(),
        other => format!("a {}", other.name()),
    }
}
