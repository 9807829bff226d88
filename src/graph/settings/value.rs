//! One value held against one setting.

use super::wording::{at, suggest};
use super::{Scope, json_of, slot};
use crate::config::{Item, Table, Value, path_of};
use crate::diagnostic::{Diagnostic, or_list};
use crate::graph::wire::{self, Column, Wire};
use crate::registry::{Bounds, Kind, Setting};
use serde_json::Value as Json;

type Checked = Option<(Item, Json)>;

/// The value as it is in force and as components read it.
pub(super) fn check(item: &Item, setting: &Setting, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Checked {
    let mut one = Check { setting, scope, problems };
    let (item, json) = one.kind(item)?;
    one.choice(&item, &json)?;
    Some((item, json))
}

struct Check<'a, 'l> {
    setting: &'a Setting,
    scope: &'a Scope<'l>,
    problems: &'a mut Vec<Diagnostic>,
}

/// No integer setting is larger: sizes and channels beyond it are slips, and their products would overflow.
const LARGEST: f64 = 1e6;

impl Check<'_, '_> {
    fn kind(&mut self, item: &Item) -> Checked {
        let Setting { name, kind, .. } = self.setting;
        match kind {
            Kind::Integer => self.number(item, name, true),
            Kind::Number => self.number(item, name, false),
            Kind::Boolean if matches!(item.value, Value::Boolean(_)) => plain(item),
            Kind::Boolean => self.expected(item, "a boolean"),
            Kind::Text | Kind::Choice | Kind::Evaluation => self.text(item),
            Kind::File => self.file(item),
            Kind::Dim => self.dim(item, name),
            Kind::Padding => self.padding(item, name),
            Kind::Kernel => self.kernel(item, name),
            Kind::Integers => self.array(item, "an array of integers", |c, i, n| c.number(i, n, true)),
            Kind::Numbers => self.array(item, "an array of numbers", |c, i, n| c.number(i, n, false)),
            Kind::Texts => self.array(item, "an array of texts", |c, i, _| c.text(i)),
            Kind::Table => self.table(item),
            Kind::Span => self.grammar(item, |i| wire::span(i).map(|_| ())),
            Kind::Spans => {
                self.array(item, "an array of lengths", |c, i, _| c.grammar(i, |i| wire::span(i).map(|_| ())))
            }
            Kind::Wire => self.grammar(item, |i| Wire::read(i).map(|_| ())),
            Kind::Wires => self.array(item, "an array of wires", |c, i, _| c.grammar(i, |i| Wire::read(i).map(|_| ()))),
            Kind::Column => self.grammar(item, |i| Column::read(i).map(|_| ())),
            Kind::Columns => {
                self.array(item, "an array of columns", |c, i, _| c.grammar(i, |i| Column::read(i).map(|_| ())))
            }
            Kind::Pick => self.pick(item),
            Kind::Slot(family) => slot::check(item, name, family, self.scope, self.problems),
        }
    }

    fn fail(&mut self, problem: Diagnostic) -> Checked {
        self.problems.push(problem);
        None
    }

    /// "expected a number, found text `"0.5"`".
    fn expected(&mut self, item: &Item, what: &str) -> Checked {
        let problem = Diagnostic { marks: vec![], ..item.expected(what) };
        let problem = at(problem, item, &format!("expected {what}"), self.scope);
        self.fail(problem)
    }

    fn text(&mut self, item: &Item) -> Checked {
        if item.as_text().is_some() { plain(item) } else { self.expected(item, "text") }
    }

    /// Components read where the file lies on this machine; what the card gives by itself is a word, and stays.
    fn file(&mut self, item: &Item) -> Checked {
        let word = self.setting.default.as_ref().and_then(Json::as_str);
        match (item.as_text(), path_of(item)) {
            (Some(text), _) if word == Some(text) => plain(item),
            (_, Some(path)) => Some((item.clone(), Json::from(path.to_string_lossy()))),
            _ => self.expected(item, "the path of a file or folder"),
        }
    }

    fn grammar(&mut self, item: &Item, read: impl Fn(&Item) -> Result<(), Diagnostic>) -> Checked {
        match read(item) {
            Ok(()) => plain(item),
            Err(problem) => self.fail(problem),
        }
    }

    fn number(&mut self, item: &Item, name: &str, integer: bool) -> Checked {
        let (value, json) = match item.value {
            Value::Integer(i) if integer => (i as f64, Json::from(i)),
            Value::Integer(i) => (i as f64, Json::from(i as f64)),
            Value::Float(x) if !integer && x.is_finite() => (x, Json::from(x)),
            _ => return self.expected(item, if integer { "an integer" } else { "a number" }),
        };
        let end = if value < 0.0 { format!("at least -{LARGEST}") } else { format!("at most {LARGEST}") };
        let too_large = (integer && value.abs() > LARGEST).then_some(end);
        match outside(value, &self.setting.bounds).or(too_large) {
            Some(bound) => {
                let problem = Diagnostic::error(format!("`{name}` is {json}, expected {bound}"));
                let problem = at(problem, item, &format!("expected {bound}"), self.scope);
                self.fail(problem)
            }
            None => Some((item.clone(), json)),
        }
    }

    fn padding(&mut self, item: &Item, name: &str) -> Checked {
        match &item.value {
            Value::Text(s) if s == "same" => plain(item),
            Value::Integer(i) if *i >= 0 => self.number(item, name, true),
            _ => self.expected(item, "`\"same\"` or pixels on each side"),
        }
    }

    /// A side, or two of them.
    fn kernel(&mut self, item: &Item, name: &str) -> Checked {
        let what = "a side in pixels or `[height, width]`";
        match &item.value {
            Value::Integer(_) => self.number(item, name, true),
            Value::Array(sides) if sides.len() == 2 => self.array(item, what, |c, i, n| c.number(i, n, true)),
            _ => self.expected(item, what),
        }
    }

    fn array(&mut self, item: &Item, what: &str, each: impl Fn(&mut Self, &Item, &str) -> Checked) -> Checked {
        let Some(all) = item.as_array() else { return self.expected(item, what) };
        let name = self.setting.name.clone();
        if let Some(length) = self.setting.bounds.length.filter(|l| *l != all.len()) {
            let found = all.len();
            let problem = Diagnostic::error(format!("`{name}` has {found} elements, expected {length}"));
            let problem = at(problem, item, &format!("expected {length} elements"), self.scope);
            return self.fail(problem);
        }
        let checked: Vec<Checked> =
            all.iter().enumerate().map(|(i, x)| each(self, x, &format!("{name}[{i}]"))).collect();
        let (items, json): (Vec<_>, Vec<_>) = checked.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some((Item { value: Value::Array(items), ..item.clone() }, Json::Array(json)))
    }

    /// A table lies over its default, whose keys, if it has any, are all there are.
    fn table(&mut self, item: &Item) -> Checked {
        let Some(given) = item.as_table() else { return self.expected(item, "a table") };
        let default = self.setting.default.as_ref().and_then(Json::as_object).cloned().unwrap_or_default();
        let schema: Vec<Setting> = default.iter().map(|(k, v)| super::default(k, kind_of(v), v.clone())).collect();
        if schema.is_empty() {
            return plain(item);
        }
        let owner = self.setting.name.clone();
        let scope = Scope { owner: &owner, word: "key", at: item.place().or(self.scope.at), ..*self.scope };
        let done = super::complete(given, &schema, &scope, self.problems)?;
        Some((Item { value: Value::Table(done.items), ..item.clone() }, Json::Object(done.settings)))
    }

    fn pick(&mut self, item: &Item) -> Checked {
        let what = "`\"random\"`, an array of indices, `{ best | median | worst = column }`, or `{ near = .. }`";
        match &item.value {
            Value::Text(s) if s == "random" => plain(item),
            Value::Array(_) => self.array(item, what, |c, i, n| match i.value {
                Value::Integer(index) if index >= 0 => c.number(i, n, true),
                _ => c.expected(i, "an index, 0 or more"),
            }),
            Value::Table(table) => match table.first() {
                Some((by, column)) if table.len() == 1 && ["best", "median", "worst"].contains(&by.as_str()) => {
                    self.grammar(column, |i| Column::read(i).map(|_| ()))?;
                    plain(item)
                }
                Some((by, near)) if table.len() == 1 && by == "near" => self.near(item, near),
                _ => self.expected(item, what),
            },
            _ => self.expected(item, what),
        }
    }

    /// `near = { value = WIRE, at = [..] }`.
    fn near(&mut self, item: &Item, near: &Item) -> Checked {
        let Some(table) = near.as_table() else {
            return self.expected(near, "`{ value = \"pairs.yaw\", at = [0, 60] }`");
        };
        let schema = [super::required("value", Kind::Wire), super::required("at", Kind::Numbers)];
        let scope = Scope { owner: "near", word: "key", at: near.place().or(self.scope.at), ..*self.scope };
        let done = super::complete(table, &schema, &scope, self.problems)?;
        let at = done.items.get("at")?;
        if at.as_array().is_some_and(<[Item]>::is_empty) {
            return self.expected(at, "at least one number");
        }
        plain(item)
    }

    fn dim(&mut self, item: &Item, name: &str) -> Checked {
        match &item.value {
            Value::Integer(_) => {
                let (item, json) = self.number(item, name, true)?;
                if json.as_i64().is_some_and(|i| i < 1) {
                    let problem = Diagnostic::error(format!("`{name}` is {json}, expected at least 1"));
                    let problem = at(problem, &item, "expected at least 1", self.scope);
                    return self.fail(problem);
                }
                Some((item, json))
            }
            Value::Table(table) => {
                let read = self.like(item, table, name)?;
                self.number(&read, name, true)
            }
            _ => self.expected(item, "an integer or `{ like = \"node.port\", times = 0.5 }`"),
        }
    }

    /// `{ like = WIRE, times = R }` as an integer that stands where the table stands.
    fn like(&mut self, item: &Item, table: &Table, name: &str) -> Option<Item> {
        let schema = [super::required("like", Kind::Wire), super::default("times", Kind::Number, 1.0)];
        let scope = Scope { owner: name, word: "key", at: item.place().or(self.scope.at), ..*self.scope };
        let done = super::complete(table, &schema, &scope, self.problems)?;
        let wire = done.items.get("like")?;
        let edge = (self.scope.like)(wire, self.problems)?;
        let times = done.settings.get("times").and_then(Json::as_f64).unwrap_or(1.0);
        let result = edge.like() as f64 * times;
        if result < 1.0 || (result - result.round()).abs() > 1e-9 {
            let text = format!("`{name}` comes out as {result}, expected an integer of at least 1");
            let blamed = done.items.get("times").filter(|t| t.place().is_some()).unwrap_or(item);
            let label = format!("`{}` has {}", wire.as_text().unwrap_or_default(), edge.like());
            let problem = at(Diagnostic::error(text), blamed, &label, self.scope);
            self.fail(problem);
            return None;
        }
        Some(Item { value: Value::Integer(result.round() as i64), ..item.clone() })
    }

    /// The value is one of those allowed.
    fn choice(&mut self, item: &Item, json: &Json) -> Option<()> {
        let of = &self.setting.of;
        if of.is_empty() || of.iter().any(|allowed| same(allowed, json)) {
            return Some(());
        }
        let plain = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_string);
        let known: Vec<String> = of.iter().map(plain).collect();
        let found = plain(json);
        let expected = format!("expected {}", or_list(&known));
        let problem = Diagnostic::error(format!("`{}` is `{found}`, {expected}", self.setting.name));
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let problem = suggest(at(problem, item, &expected, self.scope), &found, &known);
        self.fail(problem);
        None
    }
}

fn plain(item: &Item) -> Checked {
    Some((item.clone(), json_of(item)))
}

fn same(a: &Json, b: &Json) -> bool {
    a == b || a.as_f64().is_some_and(|x| Some(x) == b.as_f64())
}

/// What a value in a table's default says of the values that may replace it.
pub fn kind_of(json: &Json) -> Kind {
    match json {
        Json::Bool(_) => Kind::Boolean,
        Json::Number(n) if n.is_f64() => Kind::Number,
        Json::Number(_) => Kind::Integer,
        Json::Array(_) => Kind::Numbers,
        Json::Object(_) => Kind::Table,
        _ => Kind::Text,
    }
}

/// The bound that a number breaks, as "at least 1".
fn outside(value: f64, bounds: &Bounds) -> Option<String> {
    let checks = [
        (bounds.min.filter(|b| value < *b), "at least"),
        (bounds.max.filter(|b| value > *b), "at most"),
        (bounds.above.filter(|b| value <= *b), "above"),
        (bounds.below.filter(|b| value >= *b), "below"),
    ];
    checks.into_iter().find_map(|(bound, word)| bound.map(|b| format!("{word} {b}")))
}
