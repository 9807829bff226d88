//! Coloured meshes of what is not on the face's sheet.

use crate::face::mesh::{Topology, Vec3};

/// What a pixel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    Ground = 0,
    /// What the sheet covers.
    Face = 1,
    /// Neck, ears and scalp.
    Skin = 2,
    /// Teeth and what is behind the lips.
    Mouth = 3,
    Hair = 4,
    Cloth = 5,
    Glasses = 6,
    Mask = 7,
    Hand = 8,
}

/// Names in the order of their numbers.
pub const PARTS: [&str; 9] = ["ground", "face", "skin", "mouth", "hair", "cloth", "glasses", "mask", "hand"];

/// A point of a patch.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub position: Vec3,
    /// Linear albedo.
    pub colour: Vec3,
}

/// Patches of vertices.
#[derive(Clone, Debug, Default)]
pub struct Solid {
    pub topology: Topology,
    pub positions: Vec<Vec3>,
    pub colours: Vec<Vec3>,
    /// Of each triangle.
    pub parts: Vec<Part>,
    /// Of each triangle: whether it is seen from behind too.
    pub open: Vec<bool>,
}

impl Solid {
    /// Adds `across` x `down` vertices of a closed surface, of which the outside is seen, placed by `u` and `v` from 0 to
    /// 1. The texture coordinates are `u`, `v`; seen from outside `u` goes to the right and `v` down.
    pub fn patch(&mut self, part: Part, across: usize, down: usize, point: impl Fn(f32, f32) -> Point) {
        let grid = Topology::grid(across, down);
        let first = self.positions.len() as u32;
        for [u, v] in &grid.uv {
            let point = point(*u, *v);
            self.positions.push(point.position);
            self.colours.push(point.colour);
        }
        self.parts.extend(vec![part; grid.triangles.len()]);
        self.open.resize(self.parts.len(), false);
        self.topology.triangles.extend(grid.triangles.iter().map(|t| t.map(|v| v + first)));
        self.topology.uv.extend(grid.uv);
    }

    /// [`Solid::patch`] of a surface whose inside is seen too.
    pub fn leaf(&mut self, part: Part, across: usize, down: usize, point: impl Fn(f32, f32) -> Point) {
        self.patch(part, across, down, point);
        let first = self.open.len() - 2 * (across - 1) * (down - 1);
        self.open[first..].fill(true);
    }

    /// A tube around a line of points, thick as said at each.
    pub fn tube(&mut self, part: Part, line: &[(Vec3, f32)], colour: Vec3) {
        const AROUND: usize = 9;
        let last = line.len().saturating_sub(1).max(1);
        self.patch(part, AROUND, line.len(), |u, v| {
            let i = ((v * last as f32).round() as usize).min(line.len() - 1);
            let (middle, radius) = line[i];
            let (a, b) = (line[i.saturating_sub(1)].0, line[(i + 1).min(line.len() - 1)].0);
            let along = crate::face::mesh::unit(crate::face::mesh::sub(b, a));
            let aside = if along[1].abs() < 0.8 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
            let first = crate::face::mesh::unit(crate::face::mesh::cross(along, aside));
            let second = crate::face::mesh::cross(along, first);
            let (sin, cos) = (-u * std::f32::consts::TAU).sin_cos();
            let position = [0, 1, 2].map(|k| middle[k] + radius * (cos * first[k] + sin * second[k]));
            Point { position, colour }
        });
    }

    /// Adds another's patches.
    pub fn append(&mut self, other: &Solid) {
        let first = self.positions.len() as u32;
        self.topology.triangles.extend(other.topology.triangles.iter().map(|t| t.map(|v| v + first)));
        self.topology.uv.extend(&other.topology.uv);
        self.positions.extend(&other.positions);
        self.colours.extend(&other.colours);
        self.parts.extend(&other.parts);
        self.open.extend(&other.open);
    }
}
