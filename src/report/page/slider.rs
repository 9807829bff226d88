//! Before and after: what the slider beneath a grid of samples may show. It names pictures that the grid has stored and
//! stores none of its own.

use super::pictures::{Pictures, first_width, ratio};
use crate::record::{CellRecord, FigurePlan, SampleRow};
use crate::report::ReportError;
use crate::report::figure::{Drawing, Scene};
use crate::report::raster::{at_width, read};
use serde_json::{Value, json};

/// The slider's choices as JSON: wires, and of each row of the study and each sample the names of the pictures. `None`
/// where the grid has no two pictures of one sample.
pub fn choices(
    scene: &Scene<'_>,
    plan: &FigurePlan,
    drawing: &Drawing,
    pictures: &Pictures,
) -> Result<Option<String>, ReportError> {
    let wires: Vec<&str> = match plan.settings.get("show") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let (Some(width), true) = (first_width(&drawing.svg), wires.len() > 1) else { return Ok(None) };
    let mut shape = String::new();
    let mut blocks = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        let mut rows = Vec::new();
        for row in record.samples.figures.get(&plan.name).map_or(&[][..], Vec::as_slice) {
            let names = wires.iter().map(|wire| named(record, row, wire, width, pictures, &mut shape));
            let names = names.collect::<Result<Vec<_>, ReportError>>()?;
            if names.iter().flatten().count() > 1 {
                rows.push(json!({ "label": row.label, "tiles": names }));
            }
        }
        if !rows.is_empty() {
            blocks.push(json!({ "title": group.title, "rows": rows }));
        }
    }
    let (before, after) = ends(&wires);
    let all = json!({ "wires": wires, "before": before, "after": after, "ratio": shape, "blocks": blocks });
    Ok((!blocks.is_empty()).then(|| all.to_string()))
}

fn named(
    record: &CellRecord,
    row: &SampleRow,
    wire: &str,
    width: f64,
    pictures: &Pictures,
    shape: &mut String,
) -> Result<Option<String>, ReportError> {
    let Some(tile) = row.tiles.iter().find(|t| t.wire == wire && !t.file.is_empty()) else { return Ok(None) };
    let image = at_width(&read(&record.dir.join("samples").join(&tile.file))?, width);
    if shape.is_empty() {
        *shape = ratio(&image);
    }
    Ok(pictures.name(&image))
}

/// What is shown at first: the first wire, and the last that another node makes (else the last).
fn ends(wires: &[&str]) -> (usize, usize) {
    let node = |wire: &str| wire.split('.').next().unwrap_or(wire).to_owned();
    let first = wires.first().map(|w| node(w)).unwrap_or_default();
    (0, wires.iter().rposition(|w| node(w) != first).unwrap_or(wires.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_stands_against_what_was_made_of_it() {
        let wires = ["pairs.incomplete", "generator.intermediate", "generator.completed", "pairs.complete"];
        assert_eq!(ends(&wires), (0, 2));
        assert_eq!((ends(&["pairs.a", "pairs.b", "pairs.c"]), ends(&[])), ((0, 2), (0, 0)));
    }
}
