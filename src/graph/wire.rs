//! Strings with a grammar (language.md, section 2): wires, paths, settings' names, spans, columns.

use crate::config::Item;
use crate::diagnostic::{Diagnostic, nearest, or_list};
use crate::graph::plan::Span;

/// `node.port[all]`: what stands in `in`, `from`, `like`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// A node, a dataset, or `in` (in composites).
    pub name: String,
    pub port: Option<String>,
    pub select: Option<Select>,
}

/// What stands in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    All,
    Reversed,
    /// Counted from the end where negative.
    At(i64),
}

/// `student/trunk/block[2]`: an inner node, for `learns`, `freeze`, `rates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub parts: Vec<PathPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPart {
    pub name: String,
    pub copy: Option<i64>,
}

/// `evaluation.dataset.output` or `cost.parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Metric { evaluation: String, dataset: Option<String>, output: String },
    Cost(String),
}

/// What `cost.` may be followed by.
pub const COSTS: [&str; 4] = ["parameters", "macs", "seconds", "memory"];

/// ", did you mean `macs`", where a known word is near.
fn near(word: &str, known: &[&str]) -> String {
    nearest(word, known.iter().copied()).map(|near| format!(", did you mean `{near}`")).unwrap_or_default()
}

/// Kebab-case ASCII: small letters, digits and single hyphens between them.
pub fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && !text.contains("--")
}

/// `$name` without its sign.
pub fn setting(text: &str) -> Option<&str> {
    text.strip_prefix('$')
}

impl Wire {
    /// Reads a wire; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Wire, String> {
        let (head, brackets) = match text.split_once('[') {
            None => (text, None),
            Some((head, rest)) => (head, Some(rest.strip_suffix(']').ok_or("`[` is not closed by `]`")?)),
        };
        let select = brackets.map(Select::parse).transpose()?;
        let (name, port) = head.split_once('.').map_or((head, None), |(n, p)| (n, Some(p)));
        if !is_name(name) || port.is_some_and(|p| !is_name(p)) {
            return Err("a wire is `node`, `node.port` or `dataset.port`".to_string());
        }
        Ok(Wire { name: name.to_string(), port: port.map(str::to_string), select })
    }

    /// Reads a wire where it stands in a file.
    pub fn read(item: &Item) -> Result<Wire, Diagnostic> {
        let text = item.as_text().ok_or_else(|| wrong(item, "a wire"))?;
        Wire::parse(text).map_err(|why| not_a(item, "wire", text, &why))
    }
}

impl std::fmt::Display for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(port) = &self.port {
            write!(f, ".{port}")?;
        }
        match self.select {
            None => Ok(()),
            Some(Select::All) => write!(f, "[all]"),
            Some(Select::Reversed) => write!(f, "[reversed]"),
            Some(Select::At(i)) => write!(f, "[{i}]"),
        }
    }
}

impl Select {
    fn parse(text: &str) -> Result<Select, String> {
        match text {
            "all" => Ok(Select::All),
            "reversed" => Ok(Select::Reversed),
            other => other.parse().map(Select::At).map_err(|_| {
                let near = near(other, &["all", "reversed"]);
                format!("in brackets stands `all`, `reversed` or an integer (0 the first, -1 the last){near}")
            }),
        }
    }
}

impl Path {
    pub fn parse(text: &str) -> Result<Path, String> {
        let parts = text.split('/').map(PathPart::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Path { parts })
    }

    pub fn read(item: &Item) -> Result<Path, Diagnostic> {
        let text = item.as_text().ok_or_else(|| wrong(item, "a path"))?;
        Path::parse(text).map_err(|why| not_a(item, "path", text, &why))
    }
}

impl PathPart {
    fn parse(text: &str) -> Result<PathPart, String> {
        let wrong = || "a path is `node/inner-node[2]/..`".to_string();
        let (name, copy) = match text.split_once('[') {
            None => (text, None),
            Some((name, rest)) => {
                let copy = rest.strip_suffix(']').and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
                (name, Some(copy))
            }
        };
        if is_name(name) { Ok(PathPart { name: name.to_string(), copy }) } else { Err(wrong()) }
    }
}

/// Reads `"5 epochs"`, `"300 steps"`, `"50 %"`.
pub fn span(item: &Item) -> Result<Span, Diagnostic> {
    let what = "a length such as \"5 epochs\", \"300 steps\" or \"50 %\"";
    let text = item.as_text().ok_or_else(|| wrong(item, what))?;
    Span::parse(text).ok_or_else(|| wrong(item, what))
}

impl Column {
    pub fn parse(text: &str) -> Result<Column, String> {
        let parts: Vec<&str> = text.split('.').collect();
        if !parts.iter().all(|p| is_name(p)) {
            return Err("a column is `evaluation.output`, `evaluation.dataset.output` or `cost.parameters`".into());
        }
        match parts.as_slice() {
            ["cost", what] if COSTS.contains(what) => Ok(Column::Cost(what.to_string())),
            ["cost", cost] => Err(format!("after `cost.` stands {}{}", or_list(&COSTS), near(cost, &COSTS))),
            [evaluation, output] => {
                Ok(Column::Metric { evaluation: evaluation.to_string(), dataset: None, output: output.to_string() })
            }
            [evaluation, dataset, output] => Ok(Column::Metric {
                evaluation: evaluation.to_string(),
                dataset: Some(dataset.to_string()),
                output: output.to_string(),
            }),
            _ => Err("a column is `evaluation.output`, `evaluation.dataset.output` or `cost.parameters`".into()),
        }
    }

    pub fn read(item: &Item) -> Result<Column, Diagnostic> {
        let text = item.as_text().ok_or_else(|| wrong(item, "a column"))?;
        Column::parse(text).map_err(|why| not_a(item, "column", text, &why))
    }
}

/// "expected a wire, found an integer `3`", at the value.
fn wrong(item: &Item, what: &str) -> Diagnostic {
    item.expected(what)
}

fn not_a(item: &Item, what: &str, text: &str, why: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("`{text}` is not a {what}"));
    match item.place() {
        Some(place) => diagnostic.at(place, why),
        None => diagnostic.with_help(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wires_print_as_they_are_read() {
        for text in ["a", "pairs.yaw", "in.skip", "encoder-1.stages[-1]", "down.map[reversed]", "d.map[all]", "x[2]"] {
            assert_eq!(Wire::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_wire_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "a wire is"),
            ("A.b", "a wire is"),
            ("a.b.c", "a wire is"),
            ("a/b", "a wire is"),
            ("a.b[", "not closed"),
            ("a.b[last]", "in brackets stands"),
            ("a.b[alll]", "did you mean `all`"),
            ("$a", "a wire is"),
        ] {
            assert!(Wire::parse(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn paths_and_columns() {
        let path = Path::parse("generator/decoder-1[2]/gate").unwrap();
        assert_eq!(path.parts[1], PathPart { name: "decoder-1".into(), copy: Some(2) });
        assert!(Path::parse("a//b").is_err() && Path::parse("a[x]").is_err());
        assert_eq!(Column::parse("cost.macs").unwrap(), Column::Cost("macs".into()));
        assert!(Column::parse("cost.time").is_err() && Column::parse("psnr").is_err());
        let Column::Metric { dataset, .. } = Column::parse("verification.cplfw.accuracy").unwrap() else {
            panic!("a metric's column");
        };
        assert_eq!(dataset.as_deref(), Some("cplfw"));
    }
}
