//! Boxes around faces: which of those that overlap stay, how they are moved and made square.
//!
//! Coordinates are MTCNN's: numbers of pixels, the first being 1. The formulas, with a pixel added to a side here and not
//! there, are those of facenet-pytorch's `detect_face.py`, so that the public weights see what they were trained on.

/// A box and how sure its network is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// Left, top, right, bottom.
    pub sides: [f32; 4],
    pub score: f32,
}

/// What the share of an overlap is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// The area that both cover.
    Union,
    /// The smaller of both areas; sides counted with both their pixels.
    Least,
}

/// Numbers of the boxes that stay, the surest first: none overlaps a surer one by more than `most`.
pub fn survivors(boxes: &[Scored], most: f32, overlap: Overlap) -> Vec<usize> {
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|a, b| boxes[*b].score.total_cmp(&boxes[*a].score));
    let mut kept: Vec<usize> = Vec::new();
    for candidate in order {
        if kept.iter().all(|k| shared(&boxes[*k].sides, &boxes[candidate].sides, overlap) <= most) {
            kept.push(candidate);
        }
    }
    kept
}

fn shared(a: &[f32; 4], b: &[f32; 4], overlap: Overlap) -> f32 {
    let more = if overlap == Overlap::Least { 1.0 } else { 0.0 };
    let area = |s: &[f32; 4]| (s[2] - s[0] + more) * (s[3] - s[1] + more);
    let side = |low: usize, high: usize| (a[high].min(b[high]) - a[low].max(b[low]) + more).max(0.0);
    let common = side(0, 2) * side(1, 3);
    match overlap {
        Overlap::Union => common / (area(a) + area(b) - common),
        Overlap::Least => common / area(a).min(area(b)),
    }
}

/// Sides moved by shares of the box's width and height; `pixel` is added to both.
pub fn moved(sides: [f32; 4], by: [f32; 4], pixel: f32) -> [f32; 4] {
    let (width, height) = (sides[2] - sides[0] + pixel, sides[3] - sides[1] + pixel);
    [sides[0] + by[0] * width, sides[1] + by[1] * height, sides[2] + by[2] * width, sides[3] + by[3] * height]
}

/// The square about the same middle with the longer side.
pub fn squared(sides: [f32; 4]) -> [f32; 4] {
    let (width, height) = (sides[2] - sides[0], sides[3] - sides[1]);
    let longer = width.max(height);
    let (left, top) = (sides[0] + width * 0.5 - longer * 0.5, sides[1] + height * 0.5 - longer * 0.5);
    [left, top, left + longer, top + longer]
}

/// Columns and rows of a picture that a box covers, as half-open ranges; `None` where it lies outside.
pub fn covered(sides: [f32; 4], width: usize, height: usize) -> Option<[usize; 4]> {
    let low = |v: f32| (v.trunc().max(1.0) - 1.0) as usize;
    let high = |v: f32, len: usize| v.trunc().clamp(0.0, len as f32) as usize;
    let (left, top, right, bottom) = (low(sides[0]), low(sides[1]), high(sides[2], width), high(sides[3], height));
    (left < right && top < bottom).then_some([left, top, right, bottom])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Scored> {
        let boxes = [
            ([10.0, 10.0, 50.0, 50.0], 0.9),
            ([12.0, 11.0, 52.0, 49.0], 0.95),
            ([30.0, 30.0, 40.0, 40.0], 0.8),
            ([100.0, 10.0, 150.0, 60.0], 0.7),
            ([101.0, 40.0, 151.0, 90.0], 0.6),
        ];
        boxes.map(|(sides, score)| Scored { sides, score }).to_vec()
    }

    /// Overlaps by hand: the first two share 1444 of 1676, the third lies in both (100 of 1600 and of 1520), the last two share
    /// 980 of 4020; with both pixels of a side counted, 1050 of the smaller one's 2601.
    #[test]
    fn those_that_stay_are_the_references() {
        for (most, wanted) in [(0.5, vec![1, 2, 3, 4]), (0.05, vec![1, 3]), (0.2, vec![1, 2, 3])] {
            assert_eq!(survivors(&all(), most, Overlap::Union), wanted, "{most}");
        }
        assert_eq!(survivors(&all(), 0.7, Overlap::Least), [1, 3, 4]);
        assert_eq!(survivors(&[], 0.5, Overlap::Least), [0; 0]);
    }

    #[test]
    fn boxes_are_moved_squared_and_cut() {
        assert_eq!(moved([1.0, 1.0, 10.0, 20.0], [0.1, 0.0, -0.1, 0.5], 1.0), [2.0, 1.0, 9.0, 30.0]);
        assert_eq!(squared([0.0, 0.0, 10.0, 20.0]), [-5.0, 0.0, 15.0, 20.0]);
        assert_eq!(covered([-3.2, 1.9, 7.9, 99.0], 20, 10), Some([0, 0, 7, 10]));
        assert_eq!(covered([25.0, 1.0, 30.0, 5.0], 20, 10), None);
        assert_eq!(covered([f32::NAN, 1.0, 30.0, 5.0], 20, 10), Some([0, 0, 20, 5]));
    }
}
