//! Corners in whole numbers, and which triangles reach which band of rows.

use super::{Faces, ROWS};
use crate::face::mesh::Vec3;
use rayon::prelude::*;

/// Parts of a pixel.
pub const PARTS: i32 = 1 << 12;
/// Pixels either way from the picture's corner within which a corner must lie: products of two differences, and sums of
/// two of these, stay below 2^60.
const REACH: f32 = 65536.0;
/// Vertices or triangles of a task.
const TASK: usize = 2048;

/// A corner in parts of a pixel; [`NOWHERE`] for one that cannot be placed.
pub type Corner = [i32; 2];
pub const NOWHERE: Corner = [i32::MIN; 2];

/// Corners of points, rounded to the nearest part.
pub fn snapped(points: &[Vec3]) -> Vec<Corner> {
    // Above 0 before it is cut off, which is then rounding down.
    const OFFSET: i64 = 1 << 30;
    let place = |v: f32| ((f64::from(v) * f64::from(PARTS) + (OFFSET as f64 + 0.5)) as i64 - OFFSET) as i32;
    let corner = |&[x, y, near]: &Vec3| match x.abs() <= REACH && y.abs() <= REACH && near.is_finite() {
        true => [place(x), place(y)],
        false => NOWHERE,
    };
    let mut corners = vec![NOWHERE; points.len()];
    corners.par_chunks_mut(TASK).zip(points.par_chunks(TASK)).for_each(|(corners, points)| {
        corners.iter_mut().zip(points).for_each(|(c, p)| *c = corner(p));
    });
    corners
}

/// The corners of a triangle in the order in which it goes clockwise on the picture, twice its area (above 0), and
/// whether the second and third were swapped; `None` where there is nothing to draw.
#[inline]
pub fn oriented(corners: &[Corner], triangle: [u32; 3], faces: Faces) -> Option<([Corner; 3], i64, bool)> {
    let at = |k: usize| corners.get(triangle[k] as usize).copied().unwrap_or(NOWHERE);
    let (a, b, c) = (at(0), at(1), at(2));
    if a == NOWHERE || b == NOWHERE || c == NOWHERE {
        return None;
    }
    match twice_area(a, b, c) {
        0 => None,
        area if area < 0 => Some(([a, c, b], -area, true)),
        area => (faces == Faces::Both).then_some(([a, b, c], area, false)),
    }
}

/// Above 0 where `a`, `b`, `c` go clockwise on the picture.
#[inline]
fn twice_area(a: Corner, b: Corner, c: Corner) -> i64 {
    let d = |p: Corner, q: Corner, k: usize| i64::from(q[k]) - i64::from(p[k]);
    d(a, b, 0) * d(a, c, 1) - d(a, b, 1) * d(a, c, 0)
}

/// The first pixel whose centre is not before, and the first whose centre is behind the range of three places.
#[inline]
pub fn centres([a, b, c]: [i32; 3], len: usize) -> (usize, usize) {
    // Centre i lies at i PARTS + PARTS / 2: the number of centres before a place.
    let before = |place: i32| ((place + PARTS / 2 - 1) >> PARTS.trailing_zeros()).clamp(0, len as i32) as usize;
    (before(a.min(b).min(c)), before(a.max(b).max(c) + 1))
}

/// Triangles by band, in the mesh's order: each task of triangles has sorted its own.
pub struct Bins {
    tasks: Vec<Bin>,
}

/// `numbers[starts[b]..starts[b + 1]]` reach band b.
struct Bin {
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Bins {
    pub fn new(corners: &[Corner], triangles: &[[u32; 3]], size: (usize, usize), faces: Faces) -> Bins {
        let tasks = triangles.par_chunks(TASK).enumerate();
        let tasks = tasks.map(|(task, part)| Bin::new((task * TASK) as u32, corners, part, size, faces)).collect();
        Bins { tasks }
    }

    /// The triangles that reach a band, in parts.
    pub fn of(&self, band: usize) -> impl Iterator<Item = &[u32]> {
        self.tasks.iter().map(move |bin| &bin.numbers[bin.starts[band] as usize..bin.starts[band + 1] as usize])
    }
}

impl Bin {
    /// Counts, then fills. `first` is the number of the task's first triangle.
    fn new(
        first: u32,
        corners: &[Corner],
        triangles: &[[u32; 3]],
        (width, height): (usize, usize),
        faces: Faces,
    ) -> Bin {
        let bands = height.div_ceil(ROWS);
        let mut starts = vec![0u32; bands + 1];
        let mut reached: Vec<(u32, u16, u16)> = Vec::with_capacity(triangles.len());
        for (number, &triangle) in (first..).zip(triangles) {
            let Some(([a, b, c], ..)) = oriented(corners, triangle, faces) else { continue };
            let (left, right) = centres([a[0], b[0], c[0]], width);
            let (top, bottom) = centres([a[1], b[1], c[1]], height);
            if left < right && top < bottom {
                let (from, to) = (top / ROWS, (bottom - 1) / ROWS);
                starts[from..=to].iter_mut().for_each(|count| *count += 1);
                reached.push((number, from as u16, to as u16));
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        let mut numbers = vec![0; sum as usize];
        let mut next = starts.clone();
        for (number, from, to) in reached {
            for next in &mut next[usize::from(from)..=usize::from(to)] {
                numbers[*next as usize] = number;
                *next += 1;
            }
        }
        Bin { starts, numbers }
    }
}
