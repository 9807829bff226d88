//! Settings that take a component, and the lookup of components by what a file calls them.

use super::wording::{article, at, plural, suggest};
use super::{Completed, Scope, complete};
use crate::config::{Item, Table, Value, unknown_key};
use crate::diagnostic::{Diagnostic, nearest, one_edit};
use crate::graph::library::{Component, Library};

/// The member of a family that a bare name means (losses, metrics, optimizers). "no loss is called `l3`, did you mean
/// `l1`?" where there is none.
pub fn find<'l>(
    library: &'l Library<'_>,
    family: &str,
    name: &Item,
    problems: &mut Vec<Diagnostic>,
) -> Option<Component<'l>> {
    let Some(text) = name.as_text() else {
        problems.push(name.expected(&format!("the name of {} {family}", article(family))));
        return None;
    };
    let found = library.get(family, text);
    if found.is_none() {
        problems.push(not_called(library, family, text, name));
    }
    found
}

/// The component that `family/name` means (nodes).
pub fn find_full<'l>(library: &'l Library<'_>, name: &Item, problems: &mut Vec<Diagnostic>) -> Option<Component<'l>> {
    let Some(text) = name.as_text() else {
        problems.push(name.expected("the name of a component, `family/name`"));
        return None;
    };
    let split = text.split_once('/');
    if let Some(found) = split.and_then(|(family, name)| library.get(family, name)) {
        return Some(found);
    }
    let problem = match split {
        Some((family, bare)) if library.families().contains(&family) => not_called(library, family, bare, name),
        _ => {
            let families = library.families();
            let mut problem = Diagnostic::error(format!("no component is called `{text}`"));
            let label = match split {
                Some((family, _)) => format!("no family is called `{family}`"),
                None => "expected `family/name`".to_string(),
            };
            if let Some(place) = name.place() {
                problem = problem.at(place, label);
            }
            let owner = families.iter().find(|f| library.get(f, text).is_some());
            let near = owner.map(|f| format!("{f}/{text}")).or_else(|| library.nearest(text));
            match near {
                Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                None => problem.with_note("families", families.join(", ")),
            }
        }
    };
    problems.push(problem);
    None
}

fn not_called(library: &Library<'_>, family: &str, text: &str, item: &Item) -> Diagnostic {
    let known = library.members(family);
    let mut message = format!("no {family} is called `{text}`");
    if let Some(near) = nearest(text, known.iter().copied()) {
        message += &format!(", did you mean `{near}`?");
    }
    let mut problem = Diagnostic::error(message);
    if let Some(place) = item.place() {
        problem = problem.at(place, format!("no {family} has this name"));
    }
    problem = problem.with_note("known", known.join(", "));
    match library.family_of(text, family) {
        Some(other) => problem.with_help(format!("`{text}` is {} {other}", article(other))),
        None => problem,
    }
}

/// A slot's value: a bare name, or a table with `use`. Comes out as a table with `use` and complete settings.
pub(super) fn check(
    item: &Item,
    slot: &str,
    family: &str,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Item, serde_json::Value)> {
    let (name, rest) = parts(item, family, problems)?;
    let text = name.as_text().unwrap_or_default();
    let Some(component) = scope.library.get(family, text) else {
        problems.push(stranger(&name, slot, family, scope));
        return None;
    };
    let Completed { items, settings } = complete_component(component, rest, name.place(), scope, problems)?;
    let mut json = serde_json::Map::from_iter([("use".to_string(), text.into())]);
    json.extend(settings);
    let mut table = Table::from([("use".to_string(), name.clone())]);
    table.extend(items);
    Some((Item { value: Value::Table(table), ..item.clone() }, serde_json::Value::Object(json)))
}

/// Completes a component's settings, a composite's defaults keeping their places.
pub fn complete_component(
    component: Component<'_>,
    mut given: Table,
    place: Option<&crate::diagnostic::Place>,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Completed> {
    let card = scope.library.card_of(component);
    let owner = card.full();
    if let Component::Composite(composite) = component {
        for (name, item) in &composite.defaults {
            given.entry(name.clone()).or_insert_with(|| item.clone());
        }
    }
    let at = place.or(scope.at);
    let inner = Scope { library: scope.library, owner: &owner, word: "setting", at, like: scope.like };
    complete(&given, &card.settings, &inner, problems)
}

fn parts(item: &Item, family: &str, problems: &mut Vec<Diagnostic>) -> Option<(Item, Table)> {
    match &item.value {
        Value::Text(_) => Some((item.clone(), Table::new())),
        Value::Table(table) if table.get("use").is_some_and(|u| u.as_text().is_some()) => {
            let rest = table.iter().filter(|(k, _)| *k != "use").map(|(k, v)| (k.clone(), v.clone())).collect();
            table.get("use").map(|name| (name.clone(), rest))
        }
        _ => {
            let what = format!("{} {family}: its name, or `{{ use = \"name\", .. }}`", article(family));
            let near = |key: &&String| one_edit(key, "use");
            let misspelt = item.as_table().and_then(|table| table.iter().find(|(key, _)| near(key)));
            problems.push(match misspelt {
                Some((key, value)) => unknown_key("key", key, value, &["use"]),
                None => item.expected(&what),
            });
            None
        }
    }
}

/// "`encoder` cannot be `vgg19`".
fn stranger(name: &Item, slot: &str, family: &str, scope: &Scope<'_>) -> Diagnostic {
    let text = name.as_text().unwrap_or_default();
    let problem = Diagnostic::error(format!("`{slot}` cannot be `{text}`"));
    let known = scope.library.members(family);
    let problem = at(problem, name, &format!("no {family} has this name"), scope).with_note("known", known.join(", "));
    match scope.library.family_of(text, family) {
        Some(other) => problem.with_help(format!(
            "`{text}` is {} {other}; the slot `{slot}` of `{}` takes {}",
            article(other),
            scope.owner,
            plural(family)
        )),
        None => suggest(problem, text.rsplit('/').next().unwrap_or(text), &known),
    }
}
