//! A file that may only be extended: its keys, components and names are checked, not that it is complete.

use super::desk::{Desk, no_such};
use super::fields::Fields;
use super::switch::entries;
use super::{About, losses, parts, stages, top, updates};
use crate::config::{Item, Value};
use crate::diagnostic::Diagnostic;
use crate::graph::library::Library;
use crate::graph::wire::Wire;

/// Everything that is wrong with a partial file, whatever a child may add to it.
pub fn check_partial(tree: &Item, about: &About, library: &Library) -> Vec<Diagnostic> {
    let desk = Desk::new(library, about);
    check(&desk, tree);
    // Which component it is may be a child's to say.
    desk.close().0.into_iter().filter(|problem| !problem.message.ends_with("has no `use`")).collect()
}

fn check<'a>(desk: &'a Desk<'a>, tree: &'a Item) {
    let top = top::check(desk, tree);
    top::check_paper(desk, &top);
    let train = top::train(desk, &top);
    train.integer("batch", 1);
    top::run(desk, &top);
    top::evaluate(desk, &top, 1);
    for item in entries(tree, "updates").values() {
        Fields::closed(desk, Some(item), &updates::KEYS);
    }
    for item in entries(tree, "stages").values() {
        Fields::closed(desk, Some(item), &stages::KEYS).length("length");
    }
    for (name, item) in entries(tree, "nodes").iter().filter(|(_, item)| whole(item)) {
        let mut found = vec![];
        desk.library.check_settings(name, item, &mut found);
        // What a component requires may be a child's to say.
        desk.report_all(found.into_iter().filter(|problem| !problem.message.ends_with("is missing")));
    }
    for (name, item) in entries(tree, "datasets").iter().filter(|(_, item)| whole(item)) {
        parts::part(desk, "dataset", item, &format!("datasets.{name}"), &["use", "transforms", "enabled"]);
    }
    for (name, item) in entries(tree, "losses").iter().filter(|(_, item)| whole(item)) {
        parts::part(desk, "loss", item, &format!("losses.{name}"), &losses::OWN);
        let fields = Fields::open(desk, Some(item));
        for key in ["weight", "discriminator-weight"] {
            fields.number(key, None);
        }
    }
    for family in ["nodes", "losses", "evaluations"] {
        for item in entries(tree, family).values() {
            item.get(&["in"]).into_iter().for_each(|input| wires(desk, tree, input));
        }
    }
}

/// Whether an entry says which component it is; one that does not changes what a child names.
fn whole(item: &Item) -> bool {
    item.get(&["use"]).is_some()
}

fn wires(desk: &Desk, tree: &Item, item: &Item) {
    match &item.value {
        Value::Table(table) => table.values().for_each(|inner| wires(desk, tree, inner)),
        Value::Array(items) => items.iter().for_each(|inner| wires(desk, tree, inner)),
        _ => match Wire::read(item) {
            Err(problem) => desk.report(problem),
            Ok(wire) => {
                let known = || entries(tree, "datasets").keys().chain(entries(tree, "nodes").keys());
                if !known().any(|name| *name == wire.name) {
                    desk.report(no_such("", &wire.name, item, known().map(String::as_str)));
                }
            }
        },
    }
}
