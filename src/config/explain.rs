//! Why a value is what it is.

use super::overrides::split_path;
use super::tree::{Item, Layer, Step};
use super::write::{inline, key, value, written_at};
use crate::diagnostic::{Diagnostic, Place, Source, nearest};
use std::sync::Arc;

/// The value in force at a dotted path and the steps that led to it, lowest layer first; of an entry its values. `about` is what the
/// component's card says of the key (its type and doc), printed below the value.
pub fn explain(tree: &Item, path: &str, about: Option<&str>) -> Result<String, Diagnostic> {
    let item = find(tree, path)?;
    let entry = item.history.is_empty().then(|| item.as_table()).flatten();
    let mut lines = match entry {
        Some(_) => vec![path.to_string()],
        None => vec![format!("{path} = {}", inline(item))],
    };
    lines.extend(about.into_iter().flat_map(str::lines).map(|line| format!("  {line}")));
    if let Some(table) = entry {
        let mut values = vec![];
        table.iter().for_each(|(name, inner)| value(&key(name), inner, &mut values));
        lines.extend(values.into_iter().map(|line| format!("  {line}")));
        return Ok(lines.join("\n") + "\n");
    }
    let own = [item.step()];
    let steps = if item.history.is_empty() { &own[..] } else { &item.history[..] };
    let layers: Vec<String> = steps.iter().map(layer).collect();
    let places: Vec<String> = steps.iter().map(|step| written_at(&step.origin).unwrap_or_default()).collect();
    let width = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (wide, far) = (width(&layers), width(&places));
    for ((step, layer), place) in steps.iter().zip(&layers).zip(&places) {
        let said = step.dropped.as_ref().unwrap_or(&step.text);
        lines.push(format!("  {layer:wide$}  {place:far$}  {said}").trim_end().to_string());
    }
    Ok(lines.join("\n") + "\n")
}

fn find<'a>(tree: &'a Item, path: &str) -> Result<&'a Item, Diagnostic> {
    let source = Arc::new(Source { name: "key".to_string(), text: path.to_string() });
    let mark = |span| Place { source: source.clone(), span };
    let keys = split_path(path).map_err(|(span, label)| {
        Diagnostic::error(format!("`{path}` is not the path of a key")).at(&mark(span), label)
    })?;
    let mut item = tree;
    for (key, span) in keys {
        let Some(inner) = item.get(&[&key]) else {
            let known: Vec<&str> = item.as_table().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            let near = nearest(&key, known.iter().copied()).map(|near| format!(", did you mean `{near}`"));
            let problem = Diagnostic::error(format!("nothing is called `{key}`{}", near.unwrap_or_default()));
            return Err(problem.at(&mark(span), "").with_note("known", known.join(", ")));
        };
        item = inner;
    }
    Ok(item)
}

fn layer(step: &Step) -> String {
    match &step.origin.layer {
        Layer::Default => "default".to_string(),
        Layer::Extends(_) => "extends".to_string(),
        Layer::File => "file".to_string(),
        Layer::Variant(name) => format!("variant {name}"),
        Layer::Axis(name) => format!("axis {name}"),
        Layer::Environment => "environment".to_string(),
        Layer::CommandLine => "command line".to_string(),
    }
}
