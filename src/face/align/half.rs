//! Alignment by the exposed half of a face: Yin, "Towards 3D face synthesis", thesis, chapter 3, fig. 3.3.
//!
//! The half whose landmarks have the larger bounding box is brought onto the same half of another face by the similarity
//! of least squares: turned faces keep their size there, where all points together would shrink them.

use super::Similarity;
use std::ops::RangeInclusive;

/// A half of the face, as it is seen in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// Runs of the 68 points (iBUG) of each half; those of the middle belong to both.
const LEFT: [RangeInclusive<usize>; 6] = [0..=8, 17..=21, 27..=33, 36..=41, 48..=51, 57..=62];
const LEFT_INNER: RangeInclusive<usize> = 66..=67;
const RIGHT: [RangeInclusive<usize>; 6] = [8..=16, 22..=30, 33..=35, 42..=47, 51..=57, 62..=66];

/// Points of the 68 that lie mirrored to each other.
pub const MIRRORED: [(usize, usize); 29] = [
    (0, 16),
    (1, 15),
    (2, 14),
    (3, 13),
    (4, 12),
    (5, 11),
    (6, 10),
    (7, 9),
    (17, 26),
    (18, 25),
    (19, 24),
    (20, 23),
    (21, 22),
    (31, 35),
    (32, 34),
    (36, 45),
    (37, 44),
    (38, 43),
    (39, 42),
    (40, 47),
    (41, 46),
    (48, 54),
    (49, 53),
    (50, 52),
    (55, 59),
    (56, 58),
    (60, 64),
    (61, 63),
    (65, 67),
];

impl Side {
    /// Numbers of its points.
    pub fn points(self) -> Vec<usize> {
        match self {
            Side::Left => LEFT.into_iter().flatten().chain(LEFT_INNER).collect(),
            Side::Right => RIGHT.into_iter().flatten().collect(),
        }
    }

    /// The half of 68 points with the larger bounding box; the left of two equal ones. `None` of another number of points.
    pub fn exposed(points: &[[f32; 2]]) -> Option<Side> {
        let area = |side: Side| {
            let range = |k: usize| {
                let values = side.points().into_iter().map(|i| points[i][k]);
                let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
                high - low
            };
            range(0) * range(1)
        };
        (points.len() == 68).then(|| if area(Side::Right) > area(Side::Left) { Side::Right } else { Side::Left })
    }
}

/// How a face is brought onto another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignment {
    /// Whether the photo is mirrored first.
    pub mirrored: bool,
    /// From the photo, mirrored or not, to the other.
    pub to: Similarity,
    /// The half of the photo, mirrored or not, that was used.
    pub side: Side,
}

/// Brings 68 points `from` of a photo of this width onto those of `to`, by the half that is exposed in the photo. Where the
/// other face shows its other half and `mirror` is allowed, the photo is mirrored first.
pub fn align(from: &[[f32; 2]], to: &[[f32; 2]], width: f32, mirror: bool) -> Option<Alignment> {
    let (shown, wanted) = (Side::exposed(from)?, Side::exposed(to)?);
    let mirrored = mirror && shown != wanted;
    let flipped;
    let from = if mirrored {
        flipped = flip(from, width);
        &flipped[..]
    } else {
        from
    };
    let side = if mirrored { wanted } else { shown };
    let of = |points: &[[f32; 2]]| -> Vec<[f32; 2]> { side.points().into_iter().map(|i| points[i]).collect() };
    let to = Similarity::fit(&of(from), &of(to))?;
    Some(Alignment { mirrored, to, side })
}

/// 68 points of a mirrored photo.
fn flip(points: &[[f32; 2]], width: f32) -> Vec<[f32; 2]> {
    let mut out: Vec<[f32; 2]> = points.iter().map(|[x, y]| [width - x, *y]).collect();
    MIRRORED.iter().for_each(|&(a, b)| out.swap(a, b));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flat face: the left half `left` wide, the right half `right`.
    fn face(left: f32, right: f32) -> Vec<[f32; 2]> {
        let mut points = vec![[50.0, 50.0]; 68];
        for (i, point) in points.iter_mut().enumerate() {
            let mirror = MIRRORED.iter().find(|(a, b)| *a == i || *b == i);
            let height = mirror.map_or(i, |(a, _)| *a) as f32 % 23.0;
            let across = mirror.map_or(0.0, |(a, _)| 1.0 + (*a % 5) as f32) / 5.0;
            let on_left = mirror.is_some_and(|(a, b)| if *a < 68 && *b == 67 { i == 67 } else { i == *a });
            *point = [50.0 + if on_left { -left * across } else { right * across }, 20.0 + 3.0 * height];
        }
        points
    }

    #[test]
    fn halves_are_mirror_images() {
        let mut mirrored: Vec<usize> = (0..68).collect();
        MIRRORED.iter().for_each(|&(a, b)| mirrored.swap(a, b));
        let mut other: Vec<usize> = Side::Left.points().iter().map(|i| mirrored[*i]).collect();
        other.sort_unstable();
        let mut right = Side::Right.points();
        right.sort_unstable();
        // The thesis's lists differ in the middle alone: the inner lips, the ridge and the bottom of the nose.
        let unlike: Vec<usize> = (0..68).filter(|i| other.contains(i) != right.contains(i)).collect();
        assert!(unlike.iter().all(|i| (27..=35).contains(i) || (48..68).contains(i)), "{unlike:?}");
        let all: std::collections::BTreeSet<usize> = Side::Left.points().into_iter().chain(right).collect();
        assert_eq!(all.len(), 68);
    }

    #[test]
    fn the_wider_half_is_the_exposed_one() {
        assert_eq!(Side::exposed(&face(30.0, 10.0)), Some(Side::Left));
        assert_eq!(Side::exposed(&face(10.0, 30.0)), Some(Side::Right));
        assert_eq!(Side::exposed(&face(10.0, 30.0)[..5]), None);
    }

    #[test]
    fn the_exposed_half_falls_on_the_others() {
        let (turned, frontal) = (face(30.0, 8.0), face(28.0, 28.0));
        let found = align(&turned, &frontal, 100.0, false).unwrap();
        assert_eq!((found.mirrored, found.side), (false, Side::Left));
        // The exposed half is nearly as wide as the other's; by all points the face would be enlarged to fill both.
        let whole = Similarity::fit(&turned, &frontal).unwrap();
        assert!((found.to.scale() - 1.0).abs() < 0.05 && found.to.scale() < whole.scale(), "{found:?} {whole:?}");
        let mirrored = align(&turned, &face(8.0, 30.0), 100.0, true).unwrap();
        assert_eq!((mirrored.mirrored, mirrored.side), (true, Side::Right));
        assert!((mirrored.to.scale() - 1.0).abs() < 1e-4 && mirrored.to.b.abs() < 1e-4, "{mirrored:?}");
        assert_eq!(align(&turned[..68], &[[1.0, 1.0]; 68], 100.0, false).unwrap().to.scale(), 0.0);
    }
}
