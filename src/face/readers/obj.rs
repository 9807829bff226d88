//! Wavefront OBJ: positions, texture coordinates and polygons; normals, groups and materials are passed over.
//!
//! Read here and not by a crate so that every error names its byte, and seams keep the file's numbers of vertices.

use super::bytes::{lines, text};
use super::error::{ReadError, Result};
use super::seams::{Corner, Seamed, split};
use crate::face::mesh::Vec3;

/// The most corners of a polygon.
const MOST_CORNERS: usize = 256;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    pub positions: Vec<Vec3>,
    /// In file order, v down (files have it up).
    pub uv: Vec<[f32; 2]>,
    /// Polygons, in their order.
    pub polygons: Vec<Vec<Corner>>,
}

/// A mesh: positions and how they hang together.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    pub positions: Vec<Vec3>,
    pub seamed: Seamed,
}

/// A line's words, and where it is for errors.
struct Line<'a> {
    file: &'a str,
    at: u64,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn wrong(&self, what: impl Into<String>) -> ReadError {
        ReadError::at(self.file, self.at, what)
    }

    fn numbers<const N: usize>(&self, words: &mut dyn Iterator<Item = &'a str>) -> Result<[f32; N]> {
        let mut found = [0.0; N];
        for value in &mut found {
            let word = words.next().unwrap_or("the end of the line");
            let number = word.parse().ok().filter(|number: &f32| number.is_finite());
            *value = number.ok_or_else(|| self.wrong(format!("found {word}, expected a number")))?;
        }
        Ok(found)
    }

    /// A number of `count` things, 1 the first and -1 the last so far.
    fn number(&self, word: &str, count: usize) -> Result<u32> {
        let number: Option<i64> = word.parse().ok();
        let place = number.and_then(|n| if n < 0 { (count as i64).checked_add(n) } else { n.checked_sub(1) });
        let place = place.and_then(|p| usize::try_from(p).ok()).filter(|p| *p < count);
        place
            .and_then(|p| u32::try_from(p).ok())
            .ok_or_else(|| self.wrong(format!("found {word}, expected one of {count}")))
    }

    fn corner(&self, word: &str, object: &Object) -> Result<Corner> {
        let mut parts = word.split('/');
        let vertex = self.number(parts.next().unwrap_or_default(), object.positions.len())?;
        let place = match parts.next() {
            None | Some("") => None,
            Some(place) => Some(self.number(place, object.uv.len())?),
        };
        Ok((vertex, place))
    }
}

/// Reads a file.
pub fn read(file: &str, data: &[u8]) -> Result<Object> {
    let mut object = Object::default();
    for (at, text) in lines(text(file, data)?) {
        let line = Line { file, at, text };
        let mut words = line.text.split_ascii_whitespace();
        match words.next() {
            Some("v") => object.positions.push(line.numbers(&mut words)?),
            Some("vt") => {
                let [u, v] = line.numbers(&mut words)?;
                object.uv.push([u, 1.0 - v]);
            }
            Some("f") => {
                let corners: Vec<Corner> =
                    words.take(MOST_CORNERS + 1).map(|word| line.corner(word, &object)).collect::<Result<_>>()?;
                if !(3..=MOST_CORNERS).contains(&corners.len()) {
                    return Err(line.wrong(format!("found a polygon of {} corners, expected 3 or more", corners.len())));
                }
                object.polygons.push(corners);
            }
            _ => {}
        }
    }
    if object.positions.is_empty() {
        return Err(ReadError::at(file, 0, "found no line `v x y z`, expected an OBJ file"));
    }
    Ok(object)
}

/// Only the positions of a file, for one that moves the vertices of another.
pub fn positions(file: &str, data: &[u8]) -> Result<Vec<Vec3>> {
    let mut positions = Vec::new();
    for (at, text) in lines(text(file, data)?) {
        if let Some(rest) = text.strip_prefix("v ") {
            positions.push(Line { file, at, text }.numbers(&mut rest.split_ascii_whitespace())?);
        }
    }
    Ok(positions)
}

impl Object {
    /// The polygons as triangles that share their first corner, vertices doubled at seams of the texture.
    pub fn mesh(&self) -> Mesh {
        let fan = |corners: &Vec<Corner>| -> Vec<[Corner; 3]> {
            corners[1..].windows(2).map(|pair| [corners[0], pair[0], pair[1]]).collect()
        };
        let triangles: Vec<[Corner; 3]> = self.polygons.iter().flat_map(fan).collect();
        let seamed = split(self.positions.len(), &triangles, &self.uv);
        Mesh { positions: seamed.of(&self.positions), seamed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUADS: &str = "# two quads\nmtllib a.mtl\nv 0 0 0\nv 1 0 0 0.5 0.5 0.5\r\nv 1 1 0\nv 0 1 0\n\
        vt 0 0\nvt 1 0\nvt 1 0.75\nvt 0 1\nvn 0 0 1\nusemtl m\nf 1/1/1 2/2/1 3/3/1 4/4/1\nv 2 0 0\nf -1 2//1 3\n";

    #[test]
    fn quads_are_fans_and_negative_numbers_count_from_the_end() {
        let object = read("q.obj", QUADS.as_bytes()).unwrap();
        assert_eq!(object.uv[2], [1.0, 0.25]);
        let mesh = object.mesh();
        assert_eq!(mesh.seamed.topology.triangles, [[0, 1, 2], [0, 2, 3], [4, 5, 6]]);
        assert_eq!(mesh.seamed.source, [0, 1, 2, 3, 4, 1, 2]);
        assert_eq!(mesh.positions[5], [1.0, 0.0, 0.0]);
        assert_eq!(positions("q.obj", QUADS.as_bytes()).unwrap(), object.positions);
    }

    #[test]
    fn wrong_lines_are_told_with_their_byte() {
        let told = |text: &str| read("q.obj", text.as_bytes()).unwrap_err().to_string();
        assert_eq!(told("v 0 0 0\nf 1 1 2\n"), "q.obj: at byte 8: found 2, expected one of 1");
        assert_eq!(told("v 0 0\n"), "q.obj: at byte 0: found the end of the line, expected a number");
        assert!(told("v 0 NaN 0\n").contains("found NaN"));
        assert!(told("v 0 0 0\nf 1 1\n").contains("polygon of 2 corners"));
        assert!(told("v 0 0 0\nf 0 1 1\n").contains("found 0"));
        assert!(told("v 0 0 0\nf -9223372036854775808 1 1\n").contains("expected one of 1"));
        assert!(told("hello").contains("expected an OBJ file"));
    }
}
