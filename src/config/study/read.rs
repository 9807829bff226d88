//! `[study]` read and checked: variants, axes, seeds, what is left out, the baseline.

use super::super::keys::{TOP_KEYS, unknown_at_top, unknown_key};
use super::super::overrides::{Key, split_path};
use super::super::tree::{Item, Table, Value};
use super::super::write::{canonical, inline};
use super::nested;
use super::search::Search;
use crate::diagnostic::{Diagnostic, Place, nearest};

const KEYS: [&str; 8] = ["seeds", "variants", "axes", "baseline", "exclude", "only", "launch", "search"];
const AXIS_KEYS: [&str; 3] = ["key", "values", "labels"];

/// Axis (or `variant`) and label.
pub(super) type Coordinates = Vec<(String, String)>;

#[derive(Default)]
pub(super) struct Plan {
    variants: Table,
    pub axes: Vec<Axis>,
    /// With the element that says it; without `study.seeds` the experiment's own seed.
    pub seeds: Vec<(i64, Option<Item>)>,
    baseline: Option<Coordinates>,
    exclude: Vec<Coordinates>,
    only: Option<Vec<Coordinates>>,
    pub search: Option<Search>,
    place: Option<Place>,
}

#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub name: String,
    /// Each part with its place.
    pub key: Vec<(String, Option<Place>)>,
    /// Label and value.
    pub values: Vec<(String, Item)>,
}

impl Axis {
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|(name, _)| name.as_str())
    }

    pub fn sheet(&self, index: usize) -> Item {
        nested(&self.key, &self.values[index].1, &self.name)
    }

    pub fn named(&self, index: usize) -> (String, String, Item) {
        let (label, value) = self.values[index].clone();
        (self.name.clone(), label, value)
    }
}

impl Plan {
    pub fn read(base: &Item) -> Result<Plan, Vec<Diagnostic>> {
        let mut reader = Reader { plan: Plan::default(), problems: vec![], settings: settings(base) };
        let none = Table::new();
        let study = base.get(&["study"]);
        reader.plan.place = study.and_then(Item::entry_place);
        let table = match study {
            Some(item) => reader.table(item).unwrap_or(&none),
            None => &none,
        };
        reader.unknown(table, &KEYS, "`[study]`");
        reader.variants(table);
        reader.axes(table);
        reader.seeds(table, base);
        reader.left_out(table);
        reader.search(table);
        if let Some(item) = table.get("baseline") {
            reader.plan.baseline = reader.baseline(item);
        }
        if reader.problems.is_empty() { Ok(reader.plan) } else { Err(reader.problems) }
    }

    pub fn variants(&self) -> Vec<Option<&str>> {
        let named: Vec<_> = self.variants.keys().map(|name| Some(name.as_str())).collect();
        if named.is_empty() { vec![None] } else { named }
    }

    pub fn variant_title(&self, name: &str) -> Option<&str> {
        self.variants.get(name)?.get(&["title"])?.as_text()
    }

    /// What the search drew; without one, one point that sets nothing.
    pub fn points(&self) -> Vec<Option<usize>> {
        self.search.as_ref().map_or_else(|| vec![None], |search| (0..search.points.len()).map(Some).collect())
    }

    /// One index into the values of each axis; the last axis goes fastest.
    pub fn choices(&self) -> Vec<Vec<usize>> {
        self.axes.iter().fold(vec![vec![]], |all, axis| {
            let longer = |head: &Vec<usize>| {
                let head = head.clone();
                (0..axis.values.len()).map(move |i| head.iter().copied().chain([i]).collect::<Vec<_>>())
            };
            all.iter().flat_map(longer).collect()
        })
    }

    pub fn coordinates(&self, variant: Option<&str>, choice: &[usize]) -> Coordinates {
        let axes = self.axes.iter().zip(choice).map(|(axis, i)| (axis.name.clone(), axis.values[*i].0.clone()));
        variant.map(|name| ("variant".to_string(), name.to_string())).into_iter().chain(axes).collect()
    }

    pub fn leaves_out(&self, cell: &Coordinates) -> bool {
        let within = |rule: &Coordinates| rule.iter().all(|pair| cell.contains(pair));
        self.exclude.iter().any(within) || self.only.as_ref().is_some_and(|rules| !rules.iter().any(within))
    }

    pub fn is_baseline(&self, cell: &Coordinates) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| baseline.iter().all(|pair| cell.contains(pair)))
    }

    pub fn nothing_left(&self) -> Diagnostic {
        let problem =
            Diagnostic::error("no cell is left").with_help("look at `exclude`, `only` and `seeds` of `[study]`");
        self.place.iter().fold(problem, |problem, place| problem.at(place, ""))
    }

    /// Where the variant or the axis values of a cell are written.
    pub fn places(&self, variant: Option<&str>, axes: &[(String, String, Item)]) -> Vec<Place> {
        let variant = variant.and_then(|name| self.variants.get(name)?.entry_place());
        let axes = axes.iter().filter_map(|(_, _, value)| value.place().cloned());
        variant.into_iter().chain(axes).collect()
    }
}

pub(super) struct Reader {
    pub plan: Plan,
    pub problems: Vec<Diagnostic>,
    /// Names of the file's settings; `None` where a variant may bring more.
    settings: Option<Vec<String>>,
}

impl Reader {
    pub(super) fn error(&mut self, message: String, item: &Item) {
        let problem = Diagnostic::error(message);
        self.problems.push(item.place().into_iter().fold(problem, |problem, place| problem.at(place, "")));
    }

    /// "no axis is called `gat`, did you mean `gate`".
    pub(super) fn no_such<'a>(
        &mut self,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
        place: Option<Place>,
    ) {
        let known: Vec<&str> = known.collect();
        let near = nearest(name, known.iter().copied()).map(|near| format!(", did you mean `{near}`"));
        let problem = Diagnostic::error(format!("no {kind} is called `{name}`{}", near.unwrap_or_default()));
        let problem = place.iter().fold(problem, |problem, place| problem.at(place, ""));
        self.problems.push(problem.with_note("known", known.join(", ")));
    }

    pub(super) fn table<'a>(&mut self, item: &'a Item) -> Option<&'a Table> {
        let table = item.as_table();
        if table.is_none() {
            self.problems.push(item.expected("a table"));
        }
        table
    }

    pub(super) fn array<'a>(&mut self, item: &'a Item, of: &str) -> &'a [Item] {
        let array = item.as_array();
        if array.is_none() {
            self.problems.push(item.expected(&format!("an array of {of}")));
        }
        array.unwrap_or_default()
    }

    pub(super) fn unknown(&mut self, table: &Table, known: &[&str], of: &str) {
        for (key, item) in table.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let mut problem = Diagnostic::error(format!("unknown key `{key}`"));
            if let Some(place) = item.key_place() {
                problem = problem.at(place, format!("not a key of {of}"));
            }
            problem = problem.with_note("known", known.join(", "));
            if let Some(near) = nearest(key, known.iter().copied()) {
                problem = problem.with_help(format!("a key with a similar name exists: `{near}`"));
            }
            self.problems.push(problem);
        }
    }

    fn variants(&mut self, study: &Table) {
        let Some(variants) = study.get("variants").and_then(|item| self.table(item)) else { return };
        for item in variants.values() {
            let Some(keys) = self.table(item) else { continue };
            self.problems.extend(unknown_at_top(keys));
            for own in ["format", "partial", "study"].iter().filter_map(|key| keys.get(*key)) {
                let problem = Diagnostic::error("a variant has no `format`, `partial` or `study`");
                self.problems.push(own.key_place().into_iter().fold(problem, |p, place| p.at(place, "")));
            }
            if let Some(extends) = keys.get("extends").filter(|extends| extends.as_array().is_none()) {
                self.problems.push(extends.expected("an array of files"));
            }
            if let Some(title) = keys.get("title").filter(|title| title.as_text().is_none()) {
                self.problems.push(title.expected("text"));
            }
        }
        self.plan.variants = variants.clone();
    }

    fn axes(&mut self, study: &Table) {
        let Some(axes) = study.get("axes").and_then(|item| self.table(item)) else { return };
        for (name, item) in axes {
            if let Some(axis) = self.axis(name, item) {
                if let Some(other) = self.plan.axes.iter().find(|other| other.path().eq(axis.path())) {
                    let message = format!("axes `{}` and `{name}` set the same key", other.name);
                    self.error(message, item.get(&["key"]).unwrap_or(item));
                }
                self.plan.axes.push(axis);
            }
        }
    }

    fn axis(&mut self, name: &str, item: &Item) -> Option<Axis> {
        let table = self.table(item)?;
        self.unknown(table, &AXIS_KEYS, "an axis");
        for required in ["key", "values"].iter().filter(|key| !table.contains_key(**key)) {
            self.error(format!("axis `{name}` has no `{required}`"), item);
        }
        let (key, values) = (table.get("key")?, table.get("values")?);
        let path = self.path(key)?;
        let values = self.array(values, "values");
        let labels = table.get("labels").map(|labels| self.labels(labels, values.len()));
        for (i, value) in values.iter().enumerate() {
            let same = |other: &&Item| canonical(other) == canonical(value);
            if let Some(first) = values[..i].iter().position(|other| same(&other)) {
                self.error(format!("axis value {} repeats value {}", i + 1, first + 1), value);
            }
        }
        let label = |(i, value): (usize, &Item)| match labels.as_ref().and_then(|labels| labels.get(i)) {
            Some(label) => (label.clone(), value.clone()),
            None => (text_of(value), value.clone()),
        };
        let values = values.iter().enumerate().map(label).collect();
        Some(Axis { name: name.to_string(), key: path, values })
    }

    /// The parts of a path that a text holds, each with its place.
    pub(super) fn path(&mut self, key: &Item) -> Option<Vec<(String, Option<Place>)>> {
        let Some(Ok(path)) = key.as_text().map(split_path) else {
            self.problems.push(key.expected("the path of one key, such as `\"nodes.generator.gate\"`"));
            return None;
        };
        let path: Vec<_> = path.into_iter().map(|part| placed(part, key)).collect();
        self.top_key(&path, key);
        let named = path.get(1).filter(|_| path[0].0 == "settings").cloned();
        if let (Some((name, place)), Some(known)) = (named, self.settings.clone())
            && !known.contains(&name)
        {
            self.no_such("setting", &name, known.iter().map(String::as_str), place.or(key.place().cloned()));
        }
        Some(path)
    }

    /// The path of an axis begins with a key of the experiment's top.
    fn top_key(&mut self, path: &[(String, Option<Place>)], key: &Item) {
        if let Some((first, place)) = path.first().filter(|(first, _)| !TOP_KEYS.contains(&first.as_str())) {
            let mut first_part = key.clone();
            first_part.origin.key = place.clone().or(key.place().cloned());
            self.problems.push(unknown_key("key", first, &first_part, &TOP_KEYS));
        }
    }

    fn labels(&mut self, item: &Item, expected: usize) -> Vec<String> {
        let labels = self.array(item, "text");
        if item.as_array().is_some() && labels.len() != expected {
            self.error(format!("{} labels for {expected} values", labels.len()), item);
        }
        for (i, label) in labels.iter().enumerate() {
            if labels[..i].iter().any(|other| text_of(other) == text_of(label)) {
                self.error(format!("label `{}` is given twice", text_of(label)), label);
            }
        }
        labels.iter().map(text_of).collect()
    }

    fn seeds(&mut self, study: &Table, base: &Item) {
        let own = match base.get(&["run", "seed"]).map(|item| &item.value) {
            Some(Value::Integer(seed)) => *seed,
            _ => 0,
        };
        let Some(item) = study.get("seeds") else {
            self.plan.seeds = vec![(own, None)];
            return;
        };
        for seed in self.array(item, "integers") {
            match seed.value {
                Value::Integer(value) if self.plan.seeds.iter().any(|(other, _)| *other == value) => {
                    self.error(format!("seed {value} is given twice"), seed);
                }
                Value::Integer(value) if value >= 0 => self.plan.seeds.push((value, Some(seed.clone()))),
                Value::Integer(value) => self.error(format!("a seed is {value}, expected at least 0"), seed),
                _ => self.problems.push(seed.expected("an integer")),
            }
        }
    }

    fn left_out(&mut self, study: &Table) {
        self.plan.exclude = study.get("exclude").map(|item| self.rules(item)).unwrap_or_default();
        self.plan.only = study.get("only").map(|item| self.rules(item));
    }

    fn rules(&mut self, item: &Item) -> Vec<Coordinates> {
        let items = self.array(item, "tables, such as `{ gate = \"cbam\" }`");
        items.iter().filter_map(|item| self.table(item).map(|table| self.pairs(table))).collect()
    }

    /// A variant's name, or a label of each axis.
    fn baseline(&mut self, item: &Item) -> Option<Coordinates> {
        if let Some(name) = item.as_text() {
            if !self.plan.variants.contains_key(name) {
                let variants = self.plan.variants.clone();
                self.no_such("variant", name, variants.keys().map(String::as_str), item.place().cloned());
            }
            return Some(vec![("variant".to_string(), name.to_string())]);
        }
        let pairs = self.table(item).map(|table| self.pairs(table))?;
        let named = |axis: &&Axis| pairs.iter().any(|(name, _)| *name == axis.name);
        let missing: Vec<_> = self.plan.axes.iter().filter(|axis| !named(axis)).map(|a| a.name.clone()).collect();
        for axis in missing {
            self.error(format!("`baseline` says no label of the axis `{axis}`"), item);
        }
        Some(pairs)
    }

    fn pairs(&mut self, table: &Table) -> Coordinates {
        table.iter().map(|(axis, label)| (axis.clone(), self.label(axis, label))).collect()
    }

    fn label(&mut self, name: &str, item: &Item) -> String {
        let label = text_of(item);
        let known: Option<Vec<String>> = match self.plan.axes.iter().find(|axis| axis.name == name) {
            Some(axis) => Some(axis.values.iter().map(|(label, _)| label.clone()).collect()),
            None => (name == "variant").then(|| self.plan.variants.keys().cloned().collect()),
        };
        match known {
            Some(known) if known.contains(&label) => {}
            Some(known) => {
                let kind =
                    if name == "variant" { "variant".to_string() } else { format!("label of the axis `{name}`") };
                self.no_such(&kind, &label, known.iter().map(String::as_str), item.place().cloned());
            }
            None => {
                let known: Vec<String> = self.plan.axes.iter().map(|axis| axis.name.clone()).collect();
                self.no_such("axis", name, known.iter().map(String::as_str), item.key_place().cloned());
            }
        }
        label
    }
}

fn settings(base: &Item) -> Option<Vec<String>> {
    let variants = base.get(&["study", "variants"]).and_then(Item::as_table);
    let brings = |variant: &Item| ["extends", "settings"].iter().any(|key| variant.get(&[key]).is_some());
    if variants.is_some_and(|variants| variants.values().any(brings)) {
        return None;
    }
    let written = base.get(&["settings"]).and_then(Item::as_table);
    Some(written.into_iter().flatten().map(|(name, _)| name.clone()).collect())
}

/// A part of the path that a text holds, where it stands inside the quotes.
fn placed((name, span): Key, text: &Item) -> (String, Option<Place>) {
    let within = |place: &Place| {
        let start = place.span.start + 1;
        let span = start + span.start..start + span.end;
        let plain = place.source.text.get(span.clone()).is_some_and(|part| part.trim_matches(['"', '\'']) == name);
        plain.then(|| Place { source: place.source.clone(), span })
    };
    let place = text.place().and_then(within);
    (name, place)
}

/// A value as a label.
fn text_of(item: &Item) -> String {
    item.as_text().map_or_else(|| inline(item), str::to_string)
}
