//! Meshes whose texture has numbers of its own: a vertex that lies at several places of the texture is doubled there.

use super::error::Result;
use crate::face::mesh::{Topology, Vec3};
use std::collections::HashMap;

/// A corner of a triangle: its vertex, and its place on the texture where it has one.
pub type Corner = (u32, Option<u32>);

/// A mesh with one texture coordinate for each vertex.
#[derive(Clone, Debug, PartialEq)]
pub struct Seamed {
    pub topology: Topology,
    /// For each vertex the one of the file that it was: the file's own vertices first, under their own numbers, then
    /// the doubles.
    pub source: Vec<u32>,
}

impl Seamed {
    /// What the file says of its vertices, for the vertices of the mesh.
    pub fn of<T: Copy>(&self, file: &[T]) -> Vec<T> {
        self.source.iter().map(|vertex| file[*vertex as usize]).collect()
    }
}

/// For each texture place the first of the same coordinates: files repeat places where nothing parts.
fn distinct(uv: &[[f32; 2]]) -> Vec<u32> {
    let mut first: HashMap<[u32; 2], u32> = HashMap::new();
    (0u32..).zip(uv).map(|(place, uv)| *first.entry(uv.map(f32::to_bits)).or_insert(place)).collect()
}

/// Splits `vertices` vertices along the seams. `uv` is in file order, v down; without any, the mesh has none. Corners
/// without a texture place lie at (0, 0). Numbers are within bounds.
pub fn split(vertices: usize, triangles: &[[Corner; 3]], uv: &[[f32; 2]]) -> Seamed {
    let mut source: Vec<u32> = (0..vertices as u32).collect();
    if uv.is_empty() {
        let triangles = triangles.iter().map(|triangle| triangle.map(|(vertex, _)| vertex)).collect();
        return Seamed { topology: Topology { triangles, uv: Vec::new() }, source };
    }
    // The place that the vertex of the file's own number stands for; the doubles by vertex and place.
    let mut first: Vec<Option<Option<u32>>> = vec![None; vertices];
    let mut doubles: HashMap<Corner, u32> = HashMap::new();
    let mut places = vec![[0.0; 2]; vertices];
    let coordinate = |place: Option<u32>| place.map_or([0.0; 2], |place| uv[place as usize]);
    let distinct = distinct(uv);
    let mut numbered = |(vertex, place): Corner| {
        let corner = (vertex, place.map(|place| distinct[place as usize]));
        let place = corner.1;
        let own = first[vertex as usize].get_or_insert(place);
        if *own == place {
            places[vertex as usize] = coordinate(place);
            return vertex;
        }
        *doubles.entry(corner).or_insert_with(|| {
            source.push(vertex);
            places.push(coordinate(place));
            source.len() as u32 - 1
        })
    };
    let triangles = triangles.iter().map(|triangle| triangle.map(&mut numbered)).collect();
    Seamed { topology: Topology { triangles, uv: places }, source }
}

/// A texture for a model that comes without one: the face unrolled from a cylinder around the upright axis through the
/// middle of its width, the viewer's side in the middle (section 3.1 of UV-GAN, Deng et al., unrolls its faces so). The
/// axis stands behind the face by a third of its height. u and v reach from 0 to 1.
pub fn cylinder(positions: &[Vec3]) -> Vec<[f32; 2]> {
    let reach = |axis: usize| {
        let values = positions.iter().map(|position| position[axis]);
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let [(left, right), (low, high), (_, front)] = [0, 1, 2].map(reach);
    let (middle, behind) = ((left + right) / 2.0, front - (high - low) / 3.0);
    let angle = |p: &Vec3| (p[0] - middle).atan2(p[2] - behind);
    let widest = positions.iter().map(|p| angle(p).abs()).fold(1e-6, f32::max);
    let height = (high - low).max(f32::MIN_POSITIVE);
    positions.iter().map(|p| [0.5 + angle(p) / (2.0 * widest), (high - p[1]) / height]).collect()
}

/// v up, as most files have it, turned to v down.
pub fn v_down(uv: Vec<[f32; 2]>) -> Vec<[f32; 2]> {
    uv.into_iter().map(|[u, v]| [u, 1.0 - v]).collect()
}

/// Pairs of numbers.
pub fn pairs(array: &super::array::Array) -> Result<Vec<[f32; 2]>> {
    array.expect(&[None, Some(2)])?;
    Ok(array.rows()?.as_chunks::<2>().0.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertex_with_two_places_is_doubled() {
        let uv = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.5]];
        let corner = |vertex, place| (vertex, Some(place));
        let left = [corner(0, 0), corner(1, 1), corner(2, 2)];
        let right = [corner(2, 2), corner(1, 4), corner(3, 3)];
        let mesh = split(4, &[left, right, right], &uv);
        assert_eq!(mesh.source, [0, 1, 2, 3, 1]);
        assert_eq!(mesh.topology.triangles, [[0, 1, 2], [2, 4, 3], [2, 4, 3]]);
        assert_eq!(mesh.topology.uv, uv);
        assert_eq!(mesh.of(&[10, 11, 12, 13]), [10, 11, 12, 13, 11]);
        let same = split(4, &[left, [right[0], corner(1, 4), right[2]]], &[uv[0], uv[1], uv[2], uv[3], uv[1]]);
        assert_eq!(same.source.len(), 4);
        let bare = split(4, &[left.map(|(v, _)| (v, None))], &[]);
        assert_eq!((bare.topology.uv.len(), bare.source.len()), (0, 4));
    }

    #[test]
    fn a_cylinder_keeps_left_and_right_and_up_and_down() {
        let uv = cylinder(&[[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, -2.0, 1.0]]);
        assert_eq!((uv[0][0], uv[1][0]), (0.0, 1.0));
        assert_eq!((uv[2], uv[3]), ([0.5, 0.0], [0.5, 1.0]));
        assert_eq!(cylinder(&[]), Vec::<[f32; 2]>::new());
        assert!(cylinder(&[[1.0; 3]]).iter().flatten().all(|v| v.is_finite()));
    }
}
