//! Holes of a mesh closed, as far as they are small: open eyes and mouths, whose texture a photo shows too.

use super::Topology;
use std::collections::BTreeMap;

/// The most of the texture's bounding box that a hole's may take.
const SMALL: f32 = 0.06;

impl Topology {
    /// Closes every small hole by triangles between its own vertices, cut off ear by ear on the texture; a hole whose
    /// border crosses itself there stays open as far as it does.
    pub fn close(&mut self) {
        let whole = box_of(self.uv.iter());
        for border in self.borders() {
            let small = box_of(border.iter().map(|v| &self.uv[*v as usize])) < SMALL * whole;
            if small && border.len() >= 3 {
                let ears = self.ears(border);
                self.triangles.extend(ears);
            }
        }
    }

    /// Closed borders, each turned as a triangle that closes it.
    fn borders(&self) -> Vec<Vec<u32>> {
        let mut edges: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for [a, b, c] in &self.triangles {
            [(*a, *b), (*b, *c), (*c, *a)].into_iter().for_each(|edge| *edges.entry(edge).or_default() += 1);
        }
        let inside = |v: u32| (v as usize) < self.uv.len();
        let mut next: BTreeMap<u32, u32> = BTreeMap::new();
        let mut forks = Vec::new();
        for (a, b) in edges.keys().filter(|(a, b)| !edges.contains_key(&(*b, *a)) && inside(*a) && inside(*b)) {
            if next.insert(*b, *a).is_some() {
                forks.push(*b);
            }
        }
        for fork in forks {
            next.remove(&fork);
        }
        let mut borders = Vec::new();
        while let Some((start, mut at)) = next.pop_first() {
            let mut border = vec![start];
            while at != start {
                border.push(at);
                match next.remove(&at) {
                    Some(following) => at = following,
                    None => break,
                }
            }
            if at == start {
                borders.push(border);
            }
        }
        borders
    }

    /// Triangles that fill a border on the texture.
    fn ears(&self, mut border: Vec<u32>) -> Vec<[u32; 3]> {
        let place = |v: u32| self.uv[v as usize];
        let around: f32 =
            (0..border.len()).map(|i| crossed(place(border[i]), place(border[(i + 1) % border.len()]))).sum();
        let sign = around.signum();
        let mut ears = Vec::with_capacity(border.len());
        while border.len() >= 3 {
            let count = border.len();
            let corner = |i: usize| [border[(i + count - 1) % count], border[i], border[(i + 1) % count]];
            let empty = |[a, b, c]: [u32; 3]| {
                let others = border.iter().filter(|v| ![a, b, c].contains(v));
                !others.into_iter().any(|v| within(place(*v), [a, b, c].map(place), sign))
            };
            // The fattest ear first: thin ones are of the eye's and mouth's corners.
            let shape = |i: usize| {
                let [a, b, c] = corner(i).map(place);
                let area = sign * area(a, b, c);
                let longest = [(a, b), (b, c), (c, a)].map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1]));
                (area > 0.0).then(|| area / longest.into_iter().fold(f32::MIN_POSITIVE, f32::max).powi(2))
            };
            let candidates = (0..count).filter_map(|i| Some((i, shape(i)?))).filter(|(i, _)| empty(corner(*i)));
            let Some((ear, _)) = candidates.max_by(|(_, a), (_, b)| a.total_cmp(b)) else { break };
            ears.push(corner(ear));
            border.remove(ear);
        }
        ears
    }
}

/// The area of a bounding box.
fn box_of<'a>(points: impl Iterator<Item = &'a [f32; 2]>) -> f32 {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for point in points {
        for k in 0..2 {
            low[k] = low[k].min(point[k]);
            high[k] = high[k].max(point[k]);
        }
    }
    (high[0] - low[0]).max(0.0) * (high[1] - low[1]).max(0.0)
}

fn crossed(a: [f32; 2], b: [f32; 2]) -> f32 {
    a[0] * b[1] - a[1] * b[0]
}

/// Twice the area of a triangle, with its sign.
fn area(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    crossed([b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]])
}

fn within(p: [f32; 2], [a, b, c]: [[f32; 2]; 3], sign: f32) -> bool {
    [(a, b), (b, c), (c, a)].into_iter().all(|(from, to)| sign * area(from, to, p) >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_closed_and_the_outer_border_stays() {
        let mut grid = Topology::grid(17, 17);
        let whole = grid.triangles.len();
        // A bent hole of three squares.
        let gone = [[3, 3], [4, 3], [4, 4]];
        let uv = grid.uv.clone();
        let square = |t: &[u32; 3]| {
            let mean = |k: usize| t.iter().map(|v| uv[*v as usize][k]).sum::<f32>() / 3.0 * 16.0;
            [mean(0) as usize, mean(1) as usize]
        };
        grid.triangles.retain(|t| !gone.contains(&square(t)));
        assert_eq!(grid.triangles.len(), whole - 6);
        let sum = |triangles: &[[u32; 3]]| {
            let signed = triangles.iter().map(|t| {
                let [a, b, c] = t.map(|v| uv[v as usize]);
                area(a, b, c) / 2.0
            });
            signed.sum::<f32>().abs()
        };
        grid.close();
        // The same area with the same orientation, no vertex more.
        assert!((sum(&grid.triangles) - 1.0).abs() < 1e-5, "{}", sum(&grid.triangles));
        let after = grid.triangles.len();
        grid.close();
        assert_eq!((grid.triangles.len(), grid.uv.len()), (after, 289));
    }
}
