//! Before and after: what the slider beneath a grid of samples may show. It names pictures that the grid has stored and
//! stores none of its own.

use super::pictures::{Pictures, first_width, ratio};
use crate::record::{CellRecord, FigurePlan, SampleRow};
use crate::report::ReportError;
use crate::report::figure::{Drawing, Scene};
use crate::report::raster::{at_width, read};
use image::RgbImage;
use serde_json::{Value, json};

/// The slider's choices as JSON: wires whose pictures have the proportions of another's, and of each row of the study and
/// each sample the names of the pictures. `None` where the grid has no two such pictures of one sample.
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
    let Some(width) = first_width(&drawing.svg) else { return Ok(None) };
    let shapes = shapes(scene, plan, &wires, width)?;
    let alike = |wire: &usize| shapes[*wire].is_some() && shapes.iter().filter(|s| **s == shapes[*wire]).count() > 1;
    let kept: Vec<usize> = (0..wires.len()).filter(alike).collect();
    let (wires, shapes): (Vec<&str>, Vec<&str>) =
        kept.iter().filter_map(|i| Some((wires[*i], shapes[*i].as_deref()?))).unzip();
    if wires.len() < 2 {
        return Ok(None);
    }
    let mut blocks = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        let mut rows = Vec::new();
        for row in record.samples.figures.get(&plan.name).map_or(&[][..], Vec::as_slice) {
            let name = |wire: &&str| Ok(picture(record, row, wire, width)?.and_then(|image| pictures.name(&image)));
            let names = wires.iter().map(name).collect::<Result<Vec<_>, ReportError>>()?;
            if names.iter().flatten().count() > 1 {
                rows.push(json!({ "label": row.label, "tiles": names }));
            }
        }
        if !rows.is_empty() {
            blocks.push(json!({ "title": group.title, "rows": rows }));
        }
    }
    let (before, after) = ends(&wires, &shapes);
    let ratio = shapes[after];
    let all = json!({ "wires": wires, "before": before, "after": after, "ratio": ratio, "blocks": blocks });
    Ok((!blocks.is_empty()).then(|| all.to_string()))
}

/// The proportions of each wire's pictures, by the first sample that is there.
fn shapes(
    scene: &Scene<'_>,
    plan: &FigurePlan,
    wires: &[&str],
    width: f64,
) -> Result<Vec<Option<String>>, ReportError> {
    let rows = scene.groups.iter().filter_map(|group| {
        let record = group.shown()?;
        Some((record, record.samples.figures.get(&plan.name)?.first()?))
    });
    let Some((record, row)) = rows.into_iter().next() else { return Ok(vec![None; wires.len()]) };
    let shape = |wire: &&str| Ok(picture(record, row, wire, width)?.map(|image| ratio(&image)));
    wires.iter().map(shape).collect()
}

fn picture(record: &CellRecord, row: &SampleRow, wire: &str, width: f64) -> Result<Option<RgbImage>, ReportError> {
    let Some(tile) = row.tiles.iter().find(|t| t.wire == wire && !t.file.is_empty()) else { return Ok(None) };
    Ok(Some(at_width(&read(&record.dir.join("samples").join(&tile.file))?, width)))
}

/// What is shown at first: the last wire that another node makes than the first (else the last), and before it the first
/// one of its proportions.
fn ends(wires: &[&str], shapes: &[&str]) -> (usize, usize) {
    let node = |wire: &str| wire.split('.').next().unwrap_or(wire).to_owned();
    let first = wires.first().map(|w| node(w)).unwrap_or_default();
    let after = wires.iter().rposition(|w| node(w) != first).unwrap_or(wires.len().saturating_sub(1));
    let alike = (0..wires.len()).find(|i| *i != after && shapes.get(*i) == shapes.get(after));
    (alike.unwrap_or(0), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_stands_against_what_was_made_of_it() {
        let wires = ["pairs.incomplete", "generator.intermediate", "generator.completed", "pairs.complete"];
        assert_eq!(ends(&wires, &["1"; 4]), (0, 2));
        assert_eq!((ends(&["pairs.a", "pairs.b", "pairs.c"], &["1"; 3]), ends(&[], &[])), ((0, 2), (0, 0)));
        let wires = ["photos.photo", "photos.mesh", "photos.incomplete", "photo-map"];
        assert_eq!(ends(&wires, &["1.2", "1.2", "1", "1"]), (2, 3));
    }
}
