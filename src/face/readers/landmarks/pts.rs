//! `.pts` files of 300-W: `version: 1`, `n_points: 68`, and a line `x y` a point between braces; or the lines alone.
//!
//! The first pixel's centre is (1, 1).

use super::{Landmarks, Origin, coordinate};
use crate::face::readers::bytes::{lines, text};
use crate::face::readers::error::{ReadError, Result};

/// Reads a file; with a header its number of points has to be right. Coordinates are parted by spaces or a comma.
pub fn read(file: &str, data: &[u8]) -> Result<Landmarks> {
    let mut expected = None;
    let mut points: Vec<[f32; 2]> = Vec::new();
    let mut inside = None;
    for (at, line) in lines(text(file, data)?) {
        let wrong = |what: String| ReadError::at(file, at, what);
        let line = line.trim();
        match (line, line.split_once(':')) {
            ("", _) => {}
            ("{", _) => inside = Some(true),
            ("}", _) if inside == Some(true) => inside = Some(false),
            (_, Some(("version", _))) if points.is_empty() => {}
            (_, Some(("n_points", count))) if points.is_empty() => {
                let count: Option<usize> = count.trim().parse().ok();
                expected = Some(count.ok_or_else(|| wrong(format!("found `{line}`, expected a number of points")))?);
            }
            _ if inside == Some(false) => return Err(wrong(format!("found `{line}` behind the points"))),
            _ => points.push(point(line).ok_or_else(|| wrong(format!("found `{line}`, expected two numbers")))?),
        }
    }
    let end = |what: String| Err(ReadError::at(file, data.len() as u64, what));
    match expected {
        _ if inside == Some(true) => end(format!("the file ends within its points, after {}", points.len())),
        Some(count) if count != points.len() => end(format!("found {} points, expected {count}", points.len())),
        _ if points.is_empty() => end("found no points, expected lines of two numbers".into()),
        _ => Ok(Landmarks { file: None, points: points.into_iter().map(|p| Origin::One.area(p)).collect() }),
    }
}

fn point(line: &str) -> Option<[f32; 2]> {
    let mut words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let point = [coordinate(words.next()?)?, coordinate(words.next()?)?];
    words.next().is_none().then_some(point)
}
