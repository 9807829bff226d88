//! The part of a photo that becomes a sample.

use crate::components::raster;
use crate::components::sample::Array;
use crate::face::align::{Similarity, five};

/// How faces with landmarks are brought to one place: the square around the landmarks, or five points (of 5, 68 or 98) onto
/// ArcFace's template (Deng et al., <https://arxiv.org/abs/1801.07698>).
pub const ALIGN: &[&str] = &["box", "five"];

/// What is kept of a photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// The square in the middle; its side is this share of the photo's shorter one.
    Middle(f64),
    /// The square around the landmarks, wider on each side by this share of their extent.
    Face(f64),
    /// What a turn, a scale and a shift bring onto ArcFace's template, by five points of the landmarks.
    Five,
}

/// Where a photo is read for a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Square(Square),
    /// From the photo to the sample, both in pixels as areas; black outside the photo.
    Similar(Similarity),
}

impl Place {
    /// That part of a photo, `size` pixels wide.
    pub fn cut(&self, photo: &Array, size: usize) -> Array {
        match self {
            Place::Square(square) => square.cut(photo, size),
            Place::Similar(to) => raster::warped(photo, to, size),
        }
    }

    /// A point of the photo (as an area) in pixels of the sample, pixel centres at whole numbers.
    pub fn point(&self, point: [f32; 2], size: usize) -> [f32; 2] {
        match self {
            Place::Square(square) => square.point(point, size),
            Place::Similar(to) => to.of(point).map(|v| v - 0.5),
        }
    }
}

/// A square of whole pixels, which may leave the photo: there the photo's rim goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    pub left: i64,
    pub top: i64,
    pub side: usize,
}

impl Cut {
    /// The part of a photo of this height and width that a sample of `size` pixels shows. The error says what is wrong with
    /// the landmarks.
    pub fn place(&self, (height, width): (usize, usize), points: &[[f32; 2]], size: usize) -> Result<Place, String> {
        match self {
            Cut::Middle(share) => {
                let side = ((height.min(width) as f64 * share).round() as usize).max(1);
                let middle = |length: usize| (length as i64 - side as i64) / 2;
                Ok(Place::Square(Square { left: middle(width), top: middle(height), side }))
            }
            Cut::Face(margin) => face(points, *margin, height.max(width)).map(Place::Square),
            Cut::Five => match five::align(points, size).filter(|to| to.scale() > 0.0) {
                Some(to) => Ok(Place::Similar(to)),
                None => Err(format!("it has {} landmarks in no face's places, 5, 68 or 98 are needed", points.len())),
            },
        }
    }
}

fn face(points: &[[f32; 2]], margin: f64, longest: usize) -> Result<Square, String> {
    let range = |axis: usize| {
        let values = points.iter().map(|point| f64::from(point[axis]));
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((left, right), (top, bottom)) = (range(0), range(1));
    let extent = (right - left).max(bottom - top);
    let centre = [(left + right) / 2.0, (top + bottom) / 2.0];
    let reach = 4.0 * longest as f64;
    if !(extent > 0.0 && extent <= reach) || centre.iter().any(|value| value.abs() > reach) {
        return Err(format!("its landmarks reach from ({left}, {top}) to ({right}, {bottom}), which is no face in it"));
    }
    let side = (extent * (1.0 + 2.0 * margin)).round().max(1.0);
    let start = centre.map(|value| (value - side / 2.0).round() as i64);
    Ok(Square { left: start[0], top: start[1], side: side as usize })
}

impl Square {
    /// The square of a photo, `size` pixels wide.
    pub fn cut(&self, photo: &Array, size: usize) -> Array {
        let (height, width) = photo.frame();
        if (self.left, self.top) == (0, 0) && (height, width) == (self.side, self.side) {
            return raster::resize(photo, size, size);
        }
        let inside = |at: i64, length: usize| at.clamp(0, length as i64 - 1) as usize;
        let columns: Vec<usize> = (0..self.side as i64).map(|x| inside(self.left + x, width)).collect();
        let mut data = Vec::with_capacity(photo.shape[0] * self.side * self.side);
        for channel in 0..photo.shape[0] {
            let plane = photo.plane(channel);
            for y in 0..self.side as i64 {
                let row = &plane[inside(self.top + y, height) * width..][..width];
                data.extend(columns.iter().map(|x| row[*x]));
            }
        }
        raster::resize(&Array { shape: [photo.shape[0], self.side, self.side], data }, size, size)
    }

    /// A point of the photo (as an area) in pixels of the sample, pixel centres at whole numbers.
    pub fn point(&self, point: [f32; 2], size: usize) -> [f32; 2] {
        let scale = size as f64 / self.side as f64;
        let moved = |value: f32, start: i64| ((f64::from(value) - start as f64) * scale - 0.5) as f32;
        [moved(point[0], self.left), moved(point[1], self.top)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A photo that is its own column; pixel 5 of row 3 is marked.
    fn photo() -> Array {
        let data = (0..12 * 20).map(|i| if i == 3 * 20 + 5 { 1.0 } else { 0.0 }).collect();
        Array { shape: [1, 12, 20], data }
    }

    #[test]
    fn points_stay_on_what_they_mark() {
        // The marked pixel covers 5 to 6 and 3 to 4; its centre as an area is (5.5, 3.5).
        for square in [Square { left: 4, top: 0, side: 8 }, Square { left: -2, top: -3, side: 16 }] {
            let cut = square.cut(&photo(), square.side);
            let [x, y] = square.point([5.5, 3.5], square.side);
            assert_eq!(cut.at(0, y as usize, x as usize), 1.0, "{square:?} {x} {y}");
            assert_eq!([x.fract(), y.fract()], [0.0; 2]);
            assert_eq!(cut.data.iter().filter(|v| **v == 1.0).count(), 1);
        }
        // Half as large: the pixel's centre lies between two.
        assert_eq!(Square { left: 4, top: 0, side: 8 }.point([6.0, 4.0], 4), [0.5, 1.5]);
    }

    #[test]
    fn the_rim_goes_on_outside() {
        let ramp = Array { shape: [1, 4, 4], data: (0..16).map(|i| (i % 4) as f32).collect() };
        let wide = Square { left: -2, top: -2, side: 8 }.cut(&ramp, 8);
        assert_eq!(wide.data[..8], [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
    }

    #[test]
    fn squares_are_where_the_face_is() {
        let square = |left, top, side| Ok(Place::Square(Square { left, top, side }));
        assert_eq!(Cut::Middle(1.0).place((12, 20), &[], 8), square(4, 0, 12));
        assert_eq!(Cut::Middle(0.5).place((12, 20), &[], 8), square(7, 3, 6));
        let points = [[10.0, 10.0], [30.0, 14.0]];
        assert_eq!(Cut::Face(0.25).place((100, 100), &points, 8), square(5, -3, 30));
        for wrong in [&[[1e9, 0.0], [2e9, 5.0]][..], &[[3.0, 3.0]], &[]] {
            for cut in [Cut::Face(0.25), Cut::Five] {
                assert!(cut.place((100, 100), wrong, 8).unwrap_err().contains("no face"), "{wrong:?}");
            }
        }
    }

    #[test]
    fn five_points_lie_on_the_template_wherever_they_were() {
        // ArcFace's template at half its size, in a photo four times as large, shifted.
        let template = five::template(56);
        let points = template.map(|[x, y]| [4.0 * x + 7.0, 4.0 * y - 3.0]);
        let place = Cut::Five.place((230, 230), &points, 56).unwrap();
        for (point, wanted) in points.iter().zip(template) {
            let found = place.point(*point, 56);
            assert!((0..2).all(|k| (found[k] + 0.5 - wanted[k]).abs() < 1e-3), "{found:?} {wanted:?}");
        }
        // Above the photo is black, and the pixel at (7 + 4 x, 4 y - 3) comes to lie at (x, y).
        let ramp = Array { shape: [1, 230, 230], data: (0..230 * 230).map(|i| (i % 230) as f32 / 230.0).collect() };
        let cut = place.cut(&ramp, 56);
        assert_eq!(cut.shape, [1, 56, 56]);
        assert!((cut.at(0, 20, 10) - (7.0 + 4.0 * 10.5 - 0.5) / 230.0).abs() < 1e-3, "{}", cut.at(0, 20, 10));
        assert!(cut.at(0, 0, 10) < 0.0);
    }
}
