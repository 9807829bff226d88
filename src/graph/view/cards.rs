//! The registry for people: `list`, `describe`, and what `explain` says of a key.

use crate::config::{Item, Value};
use crate::diagnostic::nearest;
use crate::graph::library::{ComponentCard, Library, PortCard};
use crate::registry::{Accepts, Bounds, Kind, Setting};
use std::sync::Arc;

/// Names and first sentences, by family; of one family where it is named.
pub fn list(library: &Library, family: Option<&str>) -> Result<String, String> {
    let families = library.families();
    let chosen = match family {
        None => families,
        Some(name) if families.contains(&name) => vec![name],
        Some(name) => return Err(unknown("family", name, families)),
    };
    let mut lines = vec![];
    for family in chosen {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(family.to_string());
        let members = library.members(family);
        let width = members.iter().map(|m| m.len()).max().unwrap_or(0);
        for name in members {
            let doc = library.card(family, name).map(|c| first_sentence(&c.doc)).unwrap_or_default();
            lines.push(format!("  {name:width$}  {doc}").trim_end().to_string());
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// Up to the first full stop that a space follows.
pub(super) fn first_sentence(doc: &str) -> String {
    doc.split_inclusive(". ").next().unwrap_or(doc).trim().to_string()
}

fn unknown(what: &str, name: &str, known: Vec<&str>) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("no {what} is called `{name}`, did you mean `{near}`"),
        None => format!("no {what} is called `{name}`; known: {}", known.join(", ")),
    }
}

/// A component's card. `name` is `family/name`, or the bare name where one family alone has it. `cite`: a paper's citation
/// by its key.
pub fn describe(library: &Library, name: &str, cite: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let full = match name.split_once('/') {
        Some(_) => vec![name.to_string()],
        None => library.names().into_iter().filter(|n| n.rsplit('/').next() == Some(name)).collect(),
    };
    let cards: Vec<ComponentCard> = full
        .iter()
        .filter_map(|n| n.split_once('/'))
        .filter_map(|(family, name)| library.described(family, name))
        .collect();
    if cards.is_empty() && library.families().contains(&name) {
        return Err(format!("`{name}` is a family, not a component: `ablate list {name}` prints its members"));
    }
    if cards.is_empty() {
        let names = library.names();
        let bare: Vec<&str> =
            names.iter().map(|n| if name.contains('/') { n } else { n.rsplit('/').next().unwrap_or(n) }).collect();
        return Err(match nearest(name, bare) {
            Some(near) => format!("no component is called `{name}`, did you mean `{near}`"),
            None => format!("no component is called `{name}`; `ablate list` prints them all"),
        });
    }
    Ok(cards.iter().map(|card| card_text(card, cite)).collect::<Vec<_>>().join("\n"))
}

fn card_text(card: &ComponentCard, cite: &dyn Fn(&str) -> Option<String>) -> String {
    let mut lines = vec![card.full(), format!("  {}", card.doc)];
    if !card.paper.is_empty() {
        let from = cite(&card.paper).map_or_else(|| card.paper.clone(), |text| format!("{text} [{}]", card.paper));
        lines.push(format!("  From: {from}"));
    }
    if card.composite {
        lines.push(format!("  Written in registry/{}.toml", card.full()));
    }
    for (title, ports) in [("Inputs", &card.inputs), ("Outputs", &card.outputs)] {
        if !ports.is_empty() {
            lines.push(format!("\n  {title}"));
            let width = ports.iter().map(|p| p.name.len()).max().unwrap_or(0);
            lines.extend(ports.iter().map(|p| format!("    {:width$}  {}", p.name, port_type(p))));
        }
    }
    if !card.networks.is_empty() {
        lines.push(format!("\n  Applies the node named by: {}", card.networks.join(", ")));
    }
    if !card.settings.is_empty() {
        lines.push("\n  Settings".into());
        lines.extend(settings(&card.settings));
    }
    lines.join("\n") + "\n"
}

pub(super) fn port_type(port: &PortCard) -> String {
    let ty = match port.accepts {
        Some(Accepts::Type(ty)) => ty.name(),
        Some(Accepts::Same) => "image, mask or map, as given",
        Some(Accepts::Bundle) => "what the discriminator is shown",
        None => "found when it is opened",
    };
    let list = if port.list { ", a list" } else { "" };
    let optional = if port.optional { ", optional" } else { "" };
    format!("{ty}{list}{optional}")
}

fn settings(all: &[Setting]) -> Vec<String> {
    let name = all.iter().map(|s| s.name.len()).max().unwrap_or(0);
    let kinds: Vec<String> = all.iter().map(kind_text).collect();
    let kind = kinds.iter().map(String::len).max().unwrap_or(0);
    let defaults: Vec<String> = all.iter().map(default_text).collect();
    let default = defaults.iter().map(String::len).max().unwrap_or(0);
    let rows = all.iter().zip(kinds).zip(defaults);
    rows.map(|((s, k), d)| format!("    {:name$}  {k:kind$}  {d:default$}  {}", s.name, s.doc).trim_end().into())
        .collect()
}

pub(super) fn default_text(setting: &Setting) -> String {
    match &setting.default {
        None => "required".into(),
        Some(serde_json::Value::Null) => String::new(),
        Some(value) => value.to_string(),
    }
}

pub(super) fn kind_text(setting: &Setting) -> String {
    if !setting.of.is_empty() {
        return setting.of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    let kind = match &setting.kind {
        Kind::Slot(family) => return format!("a component of `{family}`"),
        Kind::Dim => "integer, or { like = WIRE, times = R }".to_string(),
        Kind::Padding => "\"same\" or an integer".to_string(),
        Kind::Kernel => "integer or [height, width]".to_string(),
        Kind::Pick => {
            "\"random\", [numbers], { best | median | worst = column } or { near = { value = WIRE, at = [numbers] } }"
                .to_string()
        }
        other => format!("{other:?}").to_lowercase(),
    };
    format!("{kind}{}", bounds(&setting.bounds))
}

fn bounds(bounds: &Bounds) -> String {
    let parts = [
        bounds.min.map(|v| format!("at least {v}")),
        bounds.above.map(|v| format!("above {v}")),
        bounds.max.map(|v| format!("at most {v}")),
        bounds.below.map(|v| format!("below {v}")),
        bounds.length.map(|n| format!("{n} of them")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// Type, range, default and doc of a setting by its path in an experiment: `nodes.generator.gate`, `losses.x.weight`.
pub fn about(tree: &Item, key: &str, library: &Library) -> Option<String> {
    let path: Vec<&str> = key.split('.').collect();
    if let ["nodes", _, "weights", "layout"] = path[..] {
        return Some(format!("{key}: {}", super::schema::layouts_text()));
    }
    // The nearest table above that names a component owns the key.
    for split in (1..path.len()).rev() {
        let Some(owner) = tree.get(&path[..split]) else { continue };
        let Some(used) = used(owner) else { continue };
        let card = card_of(library, &path[..split], used)?;
        let setting = card.settings.iter().find(|s| s.name == path[split])?;
        let default = default_text(setting);
        return Some(format!(
            "{}: {}; default {default}; of `{}`\n{}",
            key,
            kind_text(setting),
            card.full(),
            setting.doc
        ));
    }
    None
}

fn used(item: &Item) -> Option<&str> {
    match &item.value {
        Value::Text(text) => Some(text),
        Value::Table(table) => table.get("use").and_then(Item::as_text),
        _ => None,
    }
}

fn card_of(library: &Library, path: &[&str], used: &str) -> Option<Arc<ComponentCard>> {
    if let Some((family, name)) = used.split_once('/') {
        return library.card(family, name);
    }
    let family = match path {
        ["datasets", _] => "dataset",
        ["losses", _] => "loss",
        ["report", "figures", _] => "figure",
        [.., last] => last,
        [] => return None,
    };
    library.card(family, used)
}
