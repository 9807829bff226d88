//! What lies over the files: environment variables and command-line settings.

use super::merge::sheet;
use super::parse::parse_value;
use super::tree::{Item, Layer, Origin, Table, Value};
use crate::diagnostic::{Diagnostic, Place, Source};
use std::ops::Range;
use std::sync::Arc;

/// A key of a dotted path and where it stands in it.
pub(super) type Key = (String, Range<usize>);

const PREFIX: &str = "ABLATE_";

/// Variables that are no keys: where test data lies, and which process of a run in several this is.
const NO_KEYS: [&str; 7] = [
    "ABLATE_DATA",
    "ABLATE_RENDEZVOUS",
    "ABLATE_RANK",
    "ABLATE_RANKS",
    "ABLATE_LOCAL_RANK",
    "ABLATE_TOKEN",
    "ABLATE_TIMEOUT",
];

/// The two uppermost layers, as given by the caller; nothing is read from the process behind its back.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `("ABLATE_TRAIN__BATCH", "8")`: `__` goes a level down, `_` is `-`, letters become small.
    pub environment: Vec<(String, String)>,
    /// `("--set", "train.batch=8")`, `("--seed", "run.seed=3")`: the flag as it is printed, and `path=value`.
    pub command_line: Vec<(String, String)>,
}

impl Overrides {
    /// The process's `ABLATE_*` variables and `--set` arguments.
    pub fn new(settings: &[String]) -> Self {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        let environment = std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .filter(|(name, _)| name.starts_with(PREFIX) && !NO_KEYS.contains(&name.as_str()))
            .collect::<std::collections::BTreeMap<_, _>>();
        let environment = environment.into_iter().collect();
        Overrides { environment, command_line: vec![] }.with(settings.iter().map(|s| ("--set", s.as_str())))
    }

    /// Further flags, each with the `path=value` that it stands for.
    pub fn with<'a>(mut self, flags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.command_line.extend(flags.into_iter().map(|(flag, text)| (flag.to_string(), text.to_string())));
        self
    }

    /// One tree for each override, lowest first.
    pub(super) fn sheets(&self) -> Result<Vec<Item>, Vec<Diagnostic>> {
        let environment = self.environment.iter().map(|(name, value)| variable(name, value));
        let command_line = self.command_line.iter().map(|(flag, text)| setting(flag, text));
        let (good, bad): (Vec<_>, Vec<_>) = environment.chain(command_line).partition(Result::is_ok);
        if bad.is_empty() {
            Ok(good.into_iter().filter_map(Result::ok).map(sheet).collect())
        } else {
            Err(bad.into_iter().filter_map(Result::err).collect())
        }
    }
}

/// `ABLATE_TRAIN__BATCH=8` as a tree.
fn variable(name: &str, value: &str) -> Result<Item, Diagnostic> {
    let source = Arc::new(Source { name: name.to_string(), text: format!("{name}={value}") });
    let mut start = PREFIX.len();
    let mut keys = vec![];
    for part in name.get(start..).unwrap_or_default().split("__") {
        keys.push((part.to_lowercase().replace('_', "-"), start..start + part.len()));
        start += part.len() + 2;
    }
    if keys.iter().any(|(key, _)| key.is_empty()) {
        let place = Place { source: source.clone(), span: 0..name.len() };
        return Err(Diagnostic::error(format!("`{name}` names no key"))
            .at(&place, "an empty part")
            .with_help("`ABLATE_TRAIN__BATCH` sets `train.batch`"));
    }
    Ok(nested(&source, &keys, name.len() + 1, Layer::Environment))
}

/// `train.batch=8` as a tree; parts of the path may be quoted.
fn setting(flag: &str, text: &str) -> Result<Item, Diagnostic> {
    let source = Arc::new(Source { name: flag.to_string(), text: text.to_string() });
    let wrong = |span: Range<usize>, label: &str| {
        Diagnostic::error(format!("`{flag} {text}` is not `path=value`"))
            .at(&Place { source: source.clone(), span }, label)
            .with_help("for example `--set nodes.generator.gate=none`")
    };
    let equals = outside_quotes(text, '=').next().ok_or_else(|| wrong(text.len()..text.len(), "expected `=`"))?;
    let keys = split_path(&text[..equals]).map_err(|(span, label)| wrong(span, label))?;
    Ok(nested(&source, &keys, equals + 1, Layer::CommandLine))
}

/// A dotted path to its keys and where they stand. Parts may be quoted: `study.variants."v1.5".title`.
pub(super) fn split_path(path: &str) -> Result<Vec<Key>, (Range<usize>, &'static str)> {
    let ends = outside_quotes(path, '.').chain([path.len()]);
    let mut start = 0;
    ends.map(|end| {
        let part = &path[start..end];
        let trimmed = part.trim();
        let from = start + (part.len() - part.trim_start().len());
        start = end + 1;
        let span = from..from + trimmed.len();
        let quoted = ['"', '\''].iter().find_map(|q| trimmed.strip_prefix(*q)?.strip_suffix(*q));
        match quoted {
            Some(inside) => Ok((inside.to_string(), span)),
            None if trimmed.is_empty() => Err((span, "expected a key")),
            None if trimmed.contains(['"', '\'']) => Err((span, "a quote is not closed")),
            None => Ok((trimmed.to_string(), span)),
        }
    })
    .collect()
}

/// Where `wanted` stands outside quotes.
fn outside_quotes(text: &str, wanted: char) -> impl Iterator<Item = usize> + '_ {
    let mut open = None;
    text.char_indices().filter_map(move |(i, c)| match open {
        Some(quote) => {
            if c == quote {
                open = None;
            }
            None
        }
        None if c == '"' || c == '\'' => {
            open = Some(c);
            None
        }
        None => (c == wanted).then_some(i),
    })
}

/// The value that starts at `at`, inside a table for each key.
fn nested(source: &Arc<Source>, keys: &[Key], at: usize, layer: Layer) -> Item {
    let place = |span: Range<usize>| Place { source: source.clone(), span };
    let text = || Item {
        value: Value::Text(source.text[at..].to_string()),
        origin: Origin { layer: layer.clone(), place: Some(place(at..source.text.len())), key: None },
        history: Default::default(),
    };
    let value = parse_value(source, at, &layer).unwrap_or_else(text);
    let tree = keys.iter().rev().fold(value, |mut inner, (key, span)| {
        inner.origin.key = Some(place(span.clone()));
        inner.origin.place.get_or_insert_with(|| place(span.clone()));
        let origin = Origin { layer: layer.clone(), place: Some(place(span.clone())), key: None };
        Item { value: Value::Table(Table::from([(key.clone(), inner)])), origin, history: Default::default() }
    });
    Item { origin: Origin { place: Some(place(0..0)), ..tree.origin }, ..tree }
}
