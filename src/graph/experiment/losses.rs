//! `[losses.X]`: elements with their shares, the networks and discriminators that losses apply.

use super::board::{Board, Feed};
use super::desk::{at_entry, at_value, incomplete};
use super::feeds::PortOf;
use super::fields::{Fields, numbers};
use super::measures::{self, Fed, element, ports_of};
use super::parts::{self, Part};
use crate::config::{Item, Table};
use crate::diagnostic::nearest;
use crate::graph::plan::{Element, ElementInputs, Loss};
use crate::registry::Entry;

pub use crate::config::LOSS_KEYS as OWN;

/// Losses that have only the discriminator's side; language.md, section 5, names them.
const PENALTIES: [&str; 3] = ["r1", "wgan-div", "wgan-gp"];

/// Losses with a value for each pixel, of which `hardest` takes the worst.
const ELEMENTWISE: [&str; 5] = ["bce", "l1", "l2", "pixel-distance", "ssim"];

/// Whether `weight` is the weight of the discriminator's side, the only one.
pub fn is_penalty(loss: &Loss) -> bool {
    PENALTIES.contains(&loss.component.name.as_str())
}

pub fn resolve(board: &mut Board, tables: &Table) -> Vec<Loss> {
    tables.iter().filter_map(|(name, item)| loss(board, name, item, tables)).collect()
}

fn loss(board: &mut Board, name: &str, item: &Item, siblings: &Table) -> Option<Loss> {
    let path = format!("losses.{name}");
    if item.as_table().is_some() && item.get(&["use"]).is_none() {
        board.desk.report(incomplete("loss", name, item, "use", siblings));
        return None;
    }
    let Part { entry, component } = parts::part(board.desk, "loss", item, &path, &OWN)?;
    let needs_inputs = entry.card.inputs.iter().any(|port| !port.optional);
    let wired = siblings.iter().filter(|(other, sibling)| *other != name && sibling.get(&["in"]).is_some());
    if needs_inputs && item.get(&["in"]).is_none() && nearest(name, wired.map(|(other, _)| other.as_str())).is_some() {
        board.desk.report(incomplete("loss", name, item, "in", siblings));
        return None;
    }
    let fields = Fields::open(board.desk, Some(item));
    fields.boolean("enabled", true);
    check_keys(board, entry, &fields, name, siblings);
    let mut loss = Loss {
        name: name.into(),
        component,
        weight: fields.number("weight", None).unwrap_or(1.0),
        ramp: parts::part_or(board.desk, item.get(&["ramp"]), "schedule", "constant", &format!("{path}.ramp")),
        hardest: hardest(&fields),
        detach: vec![],
        network: None,
        discriminator: None,
        pool: fields.integer("pool", 0).unwrap_or(0) as usize,
        discriminator_weight: fields.number("discriminator-weight", None).unwrap_or(1.0),
        elements: vec![],
    };
    let names: Vec<&str> = entry.card.inputs.iter().map(|p| p.name).collect();
    loss.detach = super::nodes::detached(board, item, &names);
    let adversarial = entry.card.networks.contains(&"discriminator");
    let inputs = if adversarial {
        shown(board, &mut loss, entry, item, &path)
    } else {
        plain(board, &mut loss, entry, item, &path)
    };
    let inputs = inputs?;
    let shares = shares(board, &fields, inputs.len());
    loss.elements = inputs.into_iter().zip(shares).map(|(inputs, share)| Element { share, inputs }).collect();
    note_weight(board, &loss, &fields);
    Some(loss)
}

/// Keys that only some losses have.
fn check_keys(board: &Board, entry: &Entry, fields: &Fields, name: &str, siblings: &Table) {
    let adversarial = entry.card.networks.contains(&"discriminator");
    let with_fake = adversarial && !PENALTIES.contains(&entry.card.name);
    let rules: [(&str, bool, &str); 5] = [
        ("pool", with_fake, "adversarial losses"),
        ("discriminator-weight", with_fake, "adversarial losses"),
        ("discriminator", adversarial, "adversarial losses and penalties"),
        ("network", entry.card.networks.contains(&"network"), "losses in feature space"),
        ("hardest", ELEMENTWISE.contains(&entry.card.name), "losses of single elements, such as `l1`"),
    ];
    for (key, fits, whose) in rules {
        if let (Some(item), false) = (fields.get(key), fits) {
            let message = format!("`{}` takes no `{key}`", entry.card.name);
            board.desk.report(at_entry(message, item, format!("this is for {whose}")));
        }
    }
    for key in &entry.card.networks {
        let similar = nearest(name, siblings.keys().map(String::as_str).filter(|other| *other != name));
        if let (None, Some(similar), Some(item)) = (fields.get(key), similar, fields.item) {
            // Rather a slip of the name than a loss without its network.
            let message = format!("`{key}` is missing in `losses.{name}`");
            let problem = at_entry(message, item, format!("expected `{key}`"));
            board.desk.report(problem.with_help(format!("a loss with a similar name exists: `{similar}`")));
            continue;
        }
        fields.required(key, &format!("losses.{name}"), &format!("{key} = \"name-of-a-node\""));
    }
}

fn hardest(fields: &Fields) -> f64 {
    let share = fields.number("hardest", None).unwrap_or(1.0);
    if let (Some(item), false) = (fields.get("hardest"), share > 0.0 && share <= 1.0) {
        let message = format!("`hardest` is {share}, expected a share above 0 and at most 1");
        fields.desk.report(at_value(message, item, ""));
        return 1.0;
    }
    share
}

fn note_weight(board: &Board, loss: &Loss, fields: &Fields) {
    if let (Some(item), true) = (fields.get("weight"), loss.weight == 0.0) {
        let mut note =
            at_value(format!("`losses.{}` has weight 0: computed and logged, without gradient", loss.name), item, "");
        note.severity = crate::diagnostic::Severity::Note;
        board.desk.note(note.with_help("`enabled = false` switches it off"));
    }
}

/// How many elements the lists among the feeds say; `None` where they disagree.
fn count(board: &Board, feeds: &[&Feed], path: &str, item: &Item) -> Option<usize> {
    let lists: Vec<&&Feed> = feeds.iter().filter(|f| f.bundle.list).collect();
    let counts: Vec<usize> = lists.iter().map(|f| f.bundle.values.len()).collect();
    match (counts.first(), counts.iter().max()) {
        (Some(n), Some(most)) if counts.iter().any(|c| c != n) => {
            let said: Vec<String> =
                lists.iter().map(|f| format!("`in.{}` has {}", f.port, f.bundle.values.len())).collect();
            let message = format!("`{path}` is given lists of unlike lengths: {}", said.join(", "));
            board.desk.report(at_entry(message, item.get(&["in"]).unwrap_or(item), format!("the longest has {most}")));
            None
        }
        (Some(n), _) => Some(*n),
        (None, _) => Some(1),
    }
}

fn plain(board: &mut Board, loss: &mut Loss, entry: &Entry, item: &Item, path: &str) -> Option<Vec<ElementInputs>> {
    let feeds = board.feeds(item.get(&["in"]), &ports_of(&entry.card.inputs), path, item)?;
    let n = count(board, &feeds.iter().collect::<Vec<_>>(), path, item)?;
    let elements: Vec<Vec<Fed>> = (0..n).map(|i| feeds.iter().filter_map(|f| element(f, i)).collect()).collect();
    let well = elements.iter().all(|fed| measures::check(board, entry, &loss.component.settings, item, fed));
    if entry.card.networks.contains(&"network") && well {
        let all: Vec<Fed> = elements.iter().flatten().cloned().collect();
        loss.network = Some(measures::apply_network(board, entry, item, path, &all)?);
    }
    let values = |fed: Vec<Fed>| ElementInputs::Plain(fed.into_iter().map(|f| (f.port, f.value)).collect());
    Some(elements.into_iter().map(values).collect())
}

/// What an adversarial loss or a penalty shows its discriminator.
fn shown(board: &mut Board, loss: &mut Loss, entry: &Entry, item: &Item, path: &str) -> Option<Vec<ElementInputs>> {
    let owner = board.named_network("discriminator", item)?.to_string();
    let used = board.nodes.get(&owner)?.get(&["use"])?.as_text()?;
    let inputs = board.desk.inputs(used)?;
    let input = item.get(&["in"]);
    let known = ports_of(&entry.card.inputs);
    // The bundles' names are checked as ports; what stands on them is the discriminator's.
    for (port, place) in input.and_then(Item::as_table).into_iter().flatten() {
        if !known.iter().any(|p| p.name == *port) {
            board.desk.report(super::feeds::no_input(port, path, place, &known));
        }
    }
    let mut sides: Vec<Vec<Feed>> = vec![];
    for port in &known {
        let Some(bundle) = input.and_then(|i| i.get(&[&port.name])) else {
            let problem = at_entry(format!("input `{}` is missing", port.name), item, "");
            board.desk.report(problem.with_help(format!("write `in.{} = \"..\"` in `{path}`", port.name)));
            return None;
        };
        sides.push(side(board, bundle, &inputs, &format!("{path}.in.{}", port.name))?);
    }
    let n = count(board, &sides.iter().flatten().collect::<Vec<_>>(), path, item)?;
    let mut elements = vec![];
    for i in 0..n {
        let mut values = vec![];
        for feeds in &sides {
            let one: Vec<Feed> = feeds.iter().filter_map(|f| single(f, i)).collect();
            values.push(board.apply_network(path, &owner, &one, &[])?.inputs);
        }
        let mut values = values.into_iter();
        elements.push(ElementInputs::Shown {
            real: values.next().unwrap_or_default(),
            fake: values.next().unwrap_or_default(),
        });
    }
    loss.discriminator = board.network_of.get(&owner).copied();
    Some(elements)
}

/// A bundle: a wire for the only required input, or a table of the discriminator's inputs. An array sums.
fn side(board: &Board, bundle: &Item, inputs: &[PortOf], path: &str) -> Option<Vec<Feed>> {
    if bundle.as_table().is_some() {
        return board.feeds(Some(bundle), inputs, path, bundle);
    }
    let required: Vec<&PortOf> = inputs.iter().filter(|p| !p.optional).collect();
    let [port] = required.as_slice() else {
        let message = format!("`{path}` names one wire for several inputs");
        let names = super::nodes::input_names(inputs);
        board.desk.report(at_value(message, bundle, format!("the discriminator has {names}")));
        return None;
    };
    Some(board.feed(port, bundle).ok()??).map(|feed| vec![feed])
}

fn single(feed: &Feed, i: usize) -> Option<Feed> {
    let fed = element(feed, i)?;
    let bundle = super::board::Bundle { values: vec![(fed.value, fed.edge)], list: false };
    Some(Feed { port: fed.port, bundle, written: vec![(fed.place, fed.text)], item: feed.item.clone() })
}

fn shares(board: &Board, fields: &Fields, elements: usize) -> Vec<f64> {
    let shares = numbers(board.desk, fields.array("shares"));
    if let (Some(item), false) = (fields.get("shares"), shares.is_empty() || shares.len() == elements) {
        let message = format!("`shares` has {} for {}", shares.len(), super::datasets::plural(elements, "element"));
        board.desk.report(at_value(message, item, "expected one for each wire of the array"));
    }
    if shares.len() == elements { shares } else { vec![1.0; elements] }
}
