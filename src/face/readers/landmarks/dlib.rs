//! XML files of dlib's shape predictors: `<image file=".."><box ..><part name="00" x=".." y=".."/>`.
//!
//! The first pixel's centre is (0, 0). A box a face; boxes without parts are passed over.

use super::{Landmarks, Origin, coordinate};
use crate::face::readers::bytes::text;
use crate::face::readers::error::{ReadError, Result};
use roxmltree::{Document, Node};

/// Reads a file; parts are put in the order of their names, which are numbers from 0 without a gap.
pub fn read(file: &str, data: &[u8]) -> Result<Vec<Landmarks>> {
    let text = text(file, data)?;
    let document = Document::parse(text).map_err(|e| {
        let place = e.pos();
        let before: usize = text.split_inclusive('\n').take(place.row.saturating_sub(1) as usize).map(str::len).sum();
        ReadError::at(file, (before + place.col.saturating_sub(1) as usize) as u64, format!("is no XML: {e}"))
    })?;
    let mut found = Vec::new();
    for image in document.descendants().filter(|node| node.has_tag_name("image")) {
        let wrong = |what: &str| ReadError::at(file, image.range().start as u64, what);
        let name = image.attribute("file").ok_or_else(|| wrong("found an image without its file"))?;
        for face in image.children().filter(|node| node.has_tag_name("box")) {
            let points = points(file, face)?;
            if !points.is_empty() {
                found.push(Landmarks { file: Some(name.into()), points });
            }
        }
    }
    match found.is_empty() {
        true => Err(ReadError::at(file, 0, "found no face with parts, expected images of boxes of parts")),
        false => Ok(found),
    }
}

/// The points of a box.
fn points(file: &str, face: Node) -> Result<Vec<[f32; 2]>> {
    let mut parts: Vec<(usize, [f32; 2])> = Vec::new();
    for part in face.children().filter(|node| node.has_tag_name("part")) {
        let number = part.attribute("name").and_then(|name| name.parse().ok());
        let place = |axis: &str| part.attribute(axis).and_then(coordinate);
        let (Some(number), Some(x), Some(y)) = (number, place("x"), place("y")) else {
            let what = "found a part without its name, x and y, expected numbers";
            return Err(ReadError::at(file, part.range().start as u64, what));
        };
        parts.push((number, Origin::Zero.area([x, y])));
    }
    parts.sort_by_key(|(number, _)| *number);
    match parts.iter().enumerate().find(|(place, (number, _))| place != number) {
        Some((place, (number, _))) => {
            let what = format!("found part {number}, expected part {place}");
            Err(ReadError::at(file, face.range().start as u64, what))
        }
        None => Ok(parts.into_iter().map(|(_, point)| point).collect()),
    }
}
