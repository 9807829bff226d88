//! How messages about settings read (language.md, section 11).

use super::Scope;
use crate::config::Item;
use crate::diagnostic::{Diagnostic, nearest, one_edit, or_list};
use crate::registry::Setting;

/// "an encoder", "a gate".
pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// "encoders", "losses".
pub(super) fn plural(noun: &str) -> String {
    match noun {
        "holes" => noun.to_string(),
        n if n.ends_with('s') => format!("{n}es"),
        n => format!("{n}s"),
    }
}

/// The error at an item: where its value was decided and, if that is another text, where it is read. Values nobody
/// wrote stand where their owner is named.
pub(super) fn at(diagnostic: Diagnostic, item: &Item, label: &str, scope: &Scope<'_>) -> Diagnostic {
    let Some(place) = item.place().or(scope.at) else { return diagnostic };
    let diagnostic = diagnostic.at(place, label);
    match &item.origin.key {
        Some(key) if key.source != place.source => diagnostic.at(key, format!("read here by {}", scope.owner)),
        _ => diagnostic,
    }
}

/// What a node's table holds besides settings (language.md, section 4).
const ENTRY_KEYS: [&str; 10] =
    ["use", "apply", "in", "each", "repeat", "detach", "freeze", "weights", "init", "enabled"];

pub(super) fn unknown(name: &str, item: &Item, schema: &[Setting], scope: &Scope<'_>) -> Diagnostic {
    let mut known: Vec<&str> = schema.iter().map(|s| s.name.as_str()).collect();
    known.sort_unstable();
    let label = match known.len() {
        0 => format!("`{}` has no {}s", scope.owner, scope.word),
        1..=4 => format!("expected {}", or_list(&known)),
        _ => format!("no {} of `{}`", scope.word, scope.owner),
    };
    let mut diagnostic = Diagnostic::error(format!("unknown {} `{name}`", scope.word));
    if let Some(place) = item.key_place().or(scope.at) {
        diagnostic = diagnostic.at(place, label);
    }
    let key = ENTRY_KEYS.into_iter().find(|key| one_edit(name, key));
    match nearest(name, known.iter().copied()) {
        Some(near) if key.is_none() || one_edit(name, near) => {
            diagnostic.with_help(format!("a {} with a similar name exists: `{near}`", scope.word))
        }
        _ if key.is_some() => {
            diagnostic.with_help(format!("a key with a similar name exists: `{}`", key.unwrap_or_default()))
        }
        _ if known.len() > 4 => diagnostic.with_note("known", known.join(", ")),
        _ => diagnostic,
    }
}

pub(super) fn missing(setting: &Setting, scope: &Scope<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(format!("{} `{}` is missing", scope.word, setting.name));
    if let Some(place) = scope.at {
        diagnostic = diagnostic.at(place, format!("`{}` has no default for it", scope.owner));
    }
    if setting.doc.is_empty() {
        diagnostic
    } else {
        diagnostic.with_help(format!("`{}`: {}", setting.name, setting.doc))
    }
}

/// A text that is none of the known ones: the nearest as help, else all.
pub(super) fn suggest(diagnostic: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`")),
        None => diagnostic,
    }
}
