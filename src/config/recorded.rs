//! The tree of a cell that was run, from the lines of its `config.toml`: as it was resolved, every value standing in
//! the file that wrote it, so that paths still mean what they meant.

use super::parse::parse;
use super::tree::{Item, Layer, Table, Value};
use crate::diagnostic::{Diagnostic, Source};
use std::sync::Arc;

/// One line: dotted key, value as TOML, origin as [`describe`](super::describe) writes it. Of two lines for one key the
/// later holds; defaults are left to the components.
pub fn recorded<'a>(lines: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> Result<Item, Diagnostic> {
    let mut tree = Table::new();
    for (key, value, origin) in lines.filter(|(_, _, origin)| *origin != "default") {
        let (name, layer) = place(origin);
        let source = Arc::new(Source { name, text: format!("{key} = {value}") });
        if let Value::Table(line) = parse(&source, &layer)?.value {
            join(&mut tree, line);
        }
    }
    Ok(Item { value: Value::Table(tree), ..Item::default() })
}

/// `experiments/mine.toml:9 (variant a)` is in the file `experiments/mine.toml`; anything else is a flag or variable.
fn place(origin: &str) -> (String, Layer) {
    let bare = origin.split(" (").next().unwrap_or_default();
    match bare.rsplit_once(':') {
        Some((file, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()) => {
            (file.to_string(), Layer::File)
        }
        _ => (bare.to_string(), Layer::CommandLine),
    }
}

fn join(into: &mut Table, from: Table) {
    for (key, item) in from {
        match (into.get_mut(&key).map(|known| &mut known.value), item.value) {
            (Some(Value::Table(known)), Value::Table(new)) => join(known, new),
            (_, value) => {
                into.insert(key, Item { value, ..item });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_one_tree_and_paths_keep_their_files() {
        let lines = [
            ("datasets.photos.root", "\"../data\"", "experiments/base/photos.toml:3"),
            ("datasets.photos.size", "64", "experiments/mine.toml:9 (variant small)"),
            ("datasets.photos.crop", "\"centre\"", "default"),
            ("evaluations.e.baselines.\"mean colour\".prediction", "\"mean\"", "experiments/mine.toml:12"),
            ("predict.write", "[\"a\"]", "experiments/mine.toml:20"),
            ("predict.write", "[\"b\"]", "--write"),
        ];
        let tree = recorded(lines.into_iter()).unwrap();
        let root = tree.get(&["datasets", "photos", "root"]).unwrap();
        assert_eq!(super::super::path_of(root).unwrap(), std::path::Path::new("experiments/data"));
        assert_eq!(tree.get(&["datasets", "photos", "size"]).unwrap().value, Value::Integer(64));
        assert!(tree.get(&["datasets", "photos", "crop"]).is_none());
        assert!(tree.get(&["evaluations", "e", "baselines", "mean colour", "prediction"]).is_some());
        assert_eq!(tree.get(&["predict", "write"]).unwrap().as_array().unwrap()[0].as_text(), Some("b"));
    }
}
