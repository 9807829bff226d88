//! Tables of landmarks: a header `file,x0,y0,x1,y1,...` and a row a photo.
//!
//! The first pixel's centre is (0, 0), as in the video frames of YouTube Faces with key points.

use super::{Landmarks, Origin, coordinate};
use crate::face::readers::error::{ReadError, Result};

/// Reads a file of any number of points, the same in every row.
pub fn read(file: &str, data: &[u8]) -> Result<Vec<Landmarks>> {
    let mut rows = csv::ReaderBuilder::new().from_reader(data);
    let broken = |e: csv::Error| {
        let at = e.position().map_or(0, |place| place.byte());
        ReadError::at(file, at, format!("the row cannot be read: {e}"))
    };
    let header = rows.headers().map_err(broken)?.clone();
    let points = header.len().saturating_sub(1) / 2;
    let expected =
        std::iter::once("file".to_string()).chain((0..points).flat_map(|p| [format!("x{p}"), format!("y{p}")]));
    if points == 0 || header.len() != 1 + 2 * points || !header.iter().map(str::trim).eq(expected) {
        let found: Vec<&str> = header.iter().take(5).collect();
        let what = format!("found the header `{}..`, expected `file,x0,y0,x1,y1..`", found.join(","));
        return Err(ReadError::at(file, 0, what));
    }
    let mut found = Vec::new();
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(broken)? {
        let at = row.position().map_or(0, |place| place.byte());
        let numbers = row.iter().skip(1).map(|word| {
            coordinate(word)
                .ok_or_else(|| ReadError::at(file, at, format!("found `{word}` in a row, expected a number")))
        });
        let numbers: Vec<f32> = numbers.collect::<Result<_>>()?;
        let points = numbers.as_chunks::<2>().0.iter().map(|point| Origin::Zero.area(*point)).collect();
        found.push(Landmarks { file: row.get(0).map(str::to_string), points });
    }
    Ok(found)
}
