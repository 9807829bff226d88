//! Landmarks of photos: `.pts`, tables, dlib's XML, and the fitted faces of 300W-LP and AFLW2000-3D.
//!
//! Every reader gives points in pixels of the image as an area: the pixel in the top left corner covers 0 to 1, its
//! centre is (0.5, 0.5), y runs down. Files count the centre of that pixel as (1, 1) or as (0, 0); each reader says which.

pub mod dlib;
pub mod fitted;
pub mod pts;
pub mod table;

use super::bytes::whole_file;
use super::error::{ReadError, Result};
use std::path::Path;

/// The landmarks of one face.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    /// The photo as the file names it; `None` where the landmarks' file goes with one photo of its own name.
    pub file: Option<String>,
    /// x and y in pixels. 68 points are in the iBUG order.
    pub points: Vec<[f32; 2]>,
}

/// From where a file counts the centre of the first pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The first pixel's centre is (0, 0).
    Zero,
    /// The first pixel's centre is (1, 1), as in MATLAB.
    One,
}

impl Origin {
    fn area(self, point: [f32; 2]) -> [f32; 2] {
        point.map(|v| if self == Origin::Zero { v + 0.5 } else { v - 0.5 })
    }
}

/// All landmarks of a file, by the end of its name: `.pts` and `.txt` one face, `.mat` one face, `.csv` a row a face,
/// `.xml` a box a face.
pub fn of_file(path: &Path) -> Result<Vec<Landmarks>> {
    let name = path.display().to_string();
    let data = whole_file(path)?;
    match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("pts" | "txt") => Ok(vec![pts::read(&name, &data)?]),
        Some("mat") => Ok(vec![fitted::read(&name, &data)?.landmarks]),
        Some("csv") => table::read(&name, &data),
        Some("xml") => dlib::read(&name, &data),
        _ => Err(ReadError::whole(&name, "is no file of landmarks, expected .pts, .txt, .mat, .csv or .xml")),
    }
}

/// A coordinate, which has to be finite.
fn coordinate(word: &str) -> Option<f32> {
    word.trim().parse().ok().filter(|value: &f32| value.is_finite())
}

#[cfg(test)]
#[path = "landmarks_tests.rs"]
mod tests;
