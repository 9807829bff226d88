//! `[nodes.X]`: networks opened, nodes applied, each after what it reads.

use super::board::{Board, Feed};
use super::desk::{at_entry, at_value, no_such};
use super::fields::{Fields, unknown_key};
use super::weights;
use crate::config::{Item, Value};
use crate::diagnostic::{Diagnostic, nearest, one_edit, or_list};
use crate::graph::open::Wired;
use crate::graph::plan::{Application, NetworkPort};
use crate::graph::wire::Wire;
use crate::registry::Edge;

/// Resolves every node that has `in`; networks without one wait for whoever applies them.
pub fn resolve(board: &mut Board) {
    let names: Vec<String> = board.nodes.keys().cloned().collect();
    let mut walk = Walk { done: vec![], open: vec![] };
    for name in &names {
        walk.visit(board, name);
    }
}

struct Walk {
    done: Vec<String>,
    /// The nodes being visited, to find circles.
    open: Vec<String>,
}

impl Walk {
    fn visit(&mut self, board: &mut Board, name: &str) {
        if self.done.iter().any(|d| d == name) {
            return;
        }
        let nodes = board.nodes;
        let Some(item) = nodes.get(name) else { return };
        if let Some(start) = self.open.iter().position(|o| o == name) {
            let circle: Vec<&str> = self.open[start..].iter().map(String::as_str).chain([name]).collect();
            let message = format!("`{name}` feeds itself: {}", circle.join(" -> "));
            board.desk.report(at_entry(message, item, ""));
            board.failed.extend(self.open[start..].iter().cloned());
            return;
        }
        self.open.push(name.into());
        for read in reads(item) {
            self.visit(board, &read);
        }
        self.open.pop();
        self.done.push(name.into());
        if !board.failed.iter().any(|f| f == name) && node(board, name, item).is_none() {
            board.failed.push(name.into());
        }
    }
}

/// Names of what a node reads: its wires and the edges its dimensions are read off.
pub fn reads(item: &Item) -> Vec<String> {
    let mut texts = vec![];
    if let Some(input) = item.get(&["in"]) {
        all_texts(input, &mut texts);
    }
    let mut liked = vec![];
    item.as_table().into_iter().flatten().filter(|(key, _)| *key != "in").for_each(|(_, i)| likes(i, &mut liked));
    texts.extend(liked.into_iter().filter_map(Item::as_text));
    let mut names: Vec<String> = texts.iter().filter_map(|t| Some(Wire::parse(t).ok()?.name)).collect();
    names.dedup();
    names
}

fn all_texts<'i>(item: &'i Item, found: &mut Vec<&'i str>) {
    match &item.value {
        Value::Text(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|inner| all_texts(inner, found)),
        Value::Table(table) => table.values().for_each(|inner| all_texts(inner, found)),
        _ => {}
    }
}

/// The wires of every `like` in a value.
fn likes<'i>(item: &'i Item, found: &mut Vec<&'i Item>) {
    match &item.value {
        Value::Table(table) => {
            found.extend(table.get("like"));
            table.values().for_each(|inner| likes(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| likes(inner, found)),
        _ => {}
    }
}

fn node(board: &mut Board, name: &str, item: &Item) -> Option<()> {
    let fields = Fields::open(board.desk, Some(item));
    fields.boolean("enabled", true);
    item.as_table()?;
    match (item.get(&["use"]), item.get(&["apply"])) {
        (Some(_), Some(apply)) => {
            board.desk.report(at_entry(format!("node `{name}` has both `use` and `apply`"), apply, "take one away"));
            None
        }
        (None, None) => {
            board.desk.report(without_use(board, name, item));
            None
        }
        (Some(_), None) if item.get(&["in"]).is_none() => check_network(board, name, item),
        (Some(_), None) => apply(board, name, name, item),
        (None, Some(owner)) => {
            let owner_name = owner.as_text().or_else(|| {
                board.desk.report(owner.expected("the name of a node"));
                None
            })?;
            let known = ["apply", "in", "detach", "enabled"];
            for (key, value) in item.as_table()?.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
                let problem = unknown_key("key", key, value, &known);
                let help = format!("the network is `{owner_name}`'s; its settings are set there");
                board.desk.report(problem.with_help(help));
            }
            check_owner(board, owner_name, owner)?;
            apply(board, name, owner_name, item)
        }
    }
}

fn without_use(board: &Board, name: &str, item: &Item) -> Diagnostic {
    let problem = at_entry(format!("node `{name}` has neither `use` nor `apply`"), item, "expected `use` or `apply`");
    let others = board.nodes.iter().filter(|(n, i)| *n != name && i.get(&["use"]).is_some());
    match nearest(name, others.map(|(n, _)| n.as_str())) {
        Some(near) => problem.with_help(format!("a node with a similar name exists: `{near}`")),
        None => problem,
    }
}

/// The node whose network another one, a loss or a metric names.
fn check_owner(board: &Board, owner: &str, place: &Item) -> Option<()> {
    match board.nodes.get(owner) {
        Some(node) if node.get(&["use"]).is_some() => Some(()),
        Some(node) => {
            let problem = at_value(format!("`{owner}` owns no network"), place, "");
            let of = node.get(&["apply"]).and_then(Item::as_text);
            board.desk.report(of.iter().fold(problem, |p, of| p.with_help(format!("name `{of}`, which it applies"))));
            None
        }
        None if board.off.has("nodes", owner) => {
            board.desk.report(at_value(format!("`{owner}` is switched off"), place, "this needs it"));
            None
        }
        None => {
            board.desk.report(no_such("node", owner, place, board.nodes.keys().map(String::as_str)));
            None
        }
    }
}

/// A network that nobody has applied yet: what can be said of it without its input.
fn check_network(board: &mut Board, name: &str, item: &Item) -> Option<()> {
    let used = item.get(&["use"])?;
    if let Some(card) = used.as_text().and_then(|text| board.desk.card(text)) {
        let known = |key: &str| card.settings.iter().any(|s| s.name == key);
        let misspelt = item.as_table()?.iter().find(|(key, _)| one_edit(key, "in") && !known(key));
        return match misspelt {
            Some((key, value)) => {
                board.desk.report(unknown_key("key", key, value, &["in"]));
                None
            }
            None => Some(()),
        };
    }
    // Opening says what is wrong with the name; nothing else can come of it.
    let desk = board.desk;
    desk.gather(|problems| desk.library.open(name, item, &[], &|_| None, problems));
    None
}

fn apply(board: &mut Board, name: &str, owner: &str, item: &Item) -> Option<()> {
    let owner_item = board.nodes.get(owner)?;
    let used = owner_item.get(&["use"])?;
    let known = used.as_text().and_then(|text| board.desk.inputs(text));
    let Some(known) = known else {
        return check_network(board, owner, owner_item);
    };
    let Some(input) = item.get(&["in"]) else {
        board.desk.report(at_entry(format!("node `{name}` has no `in`"), item, "expected `in`"));
        return None;
    };
    let feeds = board.feeds(Some(input), &known, name, item)?;
    let detached = detached(board, item, &known.iter().map(|p| p.name.as_str()).collect::<Vec<_>>());
    let application = board.apply_network(name, owner, &feeds, &detached)?;
    board.applications.push(application);
    board.application_of.insert(name.into(), board.applications.len() - 1);
    Some(())
}

/// `detach`, whose entries are input ports.
pub fn detached(board: &Board, item: &Item, ports: &[&str]) -> Vec<String> {
    let mut found = vec![];
    for (port, place) in Fields::open(board.desk, Some(item)).texts("detach") {
        if ports.contains(&port) {
            found.push(port.to_string());
        } else {
            board.desk.report(no_such("input", port, place, ports.iter().copied()));
        }
    }
    found
}

impl Board<'_> {
    /// Applies the network of `owner`, opening it if nobody has yet. Errors are reported.
    pub fn apply_network(
        &mut self,
        name: &str,
        owner: &str,
        feeds: &[Feed],
        detached: &[String],
    ) -> Option<Application> {
        let wired: Vec<Wired> = feeds.iter().map(|f| self.wired(f)).collect();
        let (network, edges, costs) = match self.network_of.get(owner) {
            Some(index) => {
                let opened = &self.networks[*index];
                let (edges, costs) = self.desk.gather(|p| self.desk.library.apply(opened, name, &wired, p))?;
                (*index, edges, costs)
            }
            None => {
                let index = self.open_network(owner, &wired)?;
                let opened = &self.networks[index];
                (index, opened.edges.clone(), opened.costs.clone())
            }
        };
        let ports = &self.networks[network].network.inputs;
        let inputs = ports.iter().map(|port| value_at(feeds, port)).collect::<Option<Vec<_>>>();
        let Some(inputs) = inputs else {
            let message = format!("`{name}` does not feed the same inputs as the first use of `{owner}`");
            let place = self.nodes.get(name).or(self.nodes.get(owner))?;
            self.desk.report(at_entry(message, place, ""));
            return None;
        };
        let detach = ports.iter().map(|p| detached.contains(&p.port)).collect();
        Some(Application { node: name.into(), network, inputs, detach, edges, costs })
    }

    /// Opens the network of a node with the edges of its first use.
    fn open_network(&mut self, owner: &str, wired: &[Wired]) -> Option<usize> {
        let item = self.nodes.get(owner)?;
        self.check_likes(item)?;
        let like = |text: &str| -> Option<Edge> { Some(self.wire_text(text)?.values.first()?.1.clone()) };
        let mut opened = self.desk.gather(|p| self.desk.library.open(owner, item, wired, &like, p))?;
        weights::settle(self, owner, item, &mut opened.network);
        self.networks.push(opened);
        let index = self.networks.len() - 1;
        self.network_of.insert(owner.into(), index);
        Some(index)
    }

    /// The wires that dimensions are read off must be there.
    fn check_likes(&self, item: &Item) -> Option<()> {
        let mut wires = vec![];
        item.as_table()?.iter().filter(|(key, _)| *key != "in").for_each(|(_, inner)| likes(inner, &mut wires));
        let missing: Vec<_> = wires.into_iter().filter_map(|wire| self.wire(wire).err()).collect();
        let there = missing.is_empty();
        self.desk.report_all(missing.into_iter().filter_map(|m| m.diagnostic()));
        there.then_some(())
    }

    /// The network that a loss or a metric names under `key`; errors are reported.
    pub fn named_network<'i>(&self, key: &str, item: &'i Item) -> Option<&'i str> {
        let written = item.get(&[key])?;
        let Some(name) = written.as_text() else {
            self.desk.report(written.expected("the name of a node"));
            return None;
        };
        check_owner(self, name, written)?;
        (!self.failed.iter().any(|f| f == name)).then_some(name)
    }
}

fn value_at(feeds: &[Feed], port: &NetworkPort) -> Option<crate::graph::plan::Value> {
    let feed = feeds.iter().find(|f| f.port == port.port)?;
    Some(feed.bundle.values.get(port.element.unwrap_or(0))?.0.clone())
}

/// "`a`, `b` or `c`" of a network's inputs, for messages.
pub fn input_names(inputs: &[super::feeds::PortOf]) -> String {
    or_list(&inputs.iter().map(|p| p.name.as_str()).collect::<Vec<_>>())
}
