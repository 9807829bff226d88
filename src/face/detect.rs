//! MTCNN's cascade: Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
//! <https://arxiv.org/abs/1604.02878>; the steps and constants of facenet-pytorch's `detect_face.py`.
//!
//! Three networks, which the caller runs: one proposes boxes of 12 pixels all over a pyramid of the photo, one refines
//! what was proposed at 24 pixels, one decides at 48 pixels and finds five points.

pub mod boxes;

use super::picture::Picture;
use boxes::{Overlap, Scored, covered, moved, squared, survivors};

/// A face in a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// Left, top, right, bottom in pixels as areas: the first pixel covers 0 to 1.
    pub sides: [f32; 4],
    /// Probability of being a face.
    pub score: f32,
    /// Eyes, nose, corners of the mouth, from the image's left to its right.
    pub points: [[f32; 2]; 5],
}

impl Face {
    pub fn area(&self) -> f32 {
        (self.sides[2] - self.sides[0]) * (self.sides[3] - self.sides[1])
    }
}

/// How faces are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Side of the smallest face, in pixels.
    pub least: f32,
    /// From one picture of the pyramid to the next.
    pub factor: f32,
    /// Least probability of a face, by network.
    pub thresholds: [f32; 3],
}

impl Default for Settings {
    fn default() -> Self {
        Settings { least: 20.0, factor: 0.709, thresholds: [0.6, 0.7, 0.7] }
    }
}

/// What a network says of a window or a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Opinion {
    /// Logits of no face and of a face.
    pub logits: [f32; 2],
    /// By what shares of its size the box is to be moved.
    pub by: [f32; 4],
    /// x of five points, then y, as shares of the box; only of the last network.
    pub points: [f32; 10],
}

impl Opinion {
    /// Probability of a face.
    fn score(&self) -> f32 {
        1.0 / (1.0 + (self.logits[0] - self.logits[1]).exp())
    }
}

/// The three networks. Pictures have three channels of (v - 127.5) / 128 of values v from 0 to 255.
pub trait Networks {
    type Error;

    /// Of every window of 12 pixels, 2 apart: rows of windows, and how many there are in a row.
    fn propose(&mut self, picture: &Picture) -> Result<(Vec<Opinion>, usize), Self::Error>;

    /// Of pictures of 24 x 24 pixels.
    fn refine(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, Self::Error>;

    /// Of pictures of 48 x 48 pixels.
    fn decide(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, Self::Error>;
}

/// Pixels along the first network's windows, and between them.
const WINDOW: f32 = 12.0;
const STRIDE: f32 = 2.0;
/// Largest overlaps: of proposals of one scale, of all; of decided faces.
const WITHIN: f32 = 0.5;
const AMONG: f32 = 0.7;

/// Faces of a photo of three channels of 0 to 1, the surest first.
pub fn find<N: Networks>(photo: &Picture, networks: &mut N, settings: &Settings) -> Result<Vec<Face>, N::Error> {
    let proposed = proposals(photo, networks, settings)?;
    let refined = refined(photo, networks, settings, proposed)?;
    decided(photo, networks, settings, refined)
}

/// By which factors the photo is made smaller.
fn scales(width: usize, height: usize, settings: &Settings) -> Vec<f32> {
    let mut scale = f64::from(WINDOW) / f64::from(settings.least.max(1.0));
    let mut least = width.min(height) as f64 * scale;
    let factor = f64::from(settings.factor).clamp(0.1, 0.99);
    let mut all = Vec::new();
    while least >= f64::from(WINDOW) {
        all.push(scale as f32);
        (scale, least) = (scale * factor, least * factor);
    }
    all
}

fn proposals<N: Networks>(photo: &Picture, networks: &mut N, settings: &Settings) -> Result<Vec<[f32; 4]>, N::Error> {
    let mut all: Vec<(Scored, [f32; 4])> = Vec::new();
    for scale in scales(photo.width, photo.height, settings) {
        let smaller = |len: usize| (len as f32 * scale + 1.0) as usize;
        let picture = normalised(photo, [0, 0, photo.width, photo.height], smaller(photo.width), smaller(photo.height));
        let (windows, columns) = networks.propose(&picture)?;
        let mut found: Vec<(Scored, [f32; 4])> = Vec::new();
        for (i, window) in windows.iter().enumerate().filter(|(_, w)| w.score() >= settings.thresholds[0]) {
            let at = [i % columns.max(1), i / columns.max(1)].map(|k| STRIDE * k as f32);
            let side = |v: f32| (v / scale).floor();
            let sides = [side(at[0] + 1.0), side(at[1] + 1.0), side(at[0] + WINDOW), side(at[1] + WINDOW)];
            found.push((Scored { sides, score: window.score() }, window.by));
        }
        all.extend(kept(found, WITHIN));
    }
    let square = |(one, by): (Scored, [f32; 4])| squared(moved(one.sides, by, 0.0));
    Ok(kept(all, AMONG).into_iter().map(square).collect())
}

fn refined<N: Networks>(
    photo: &Picture,
    networks: &mut N,
    settings: &Settings,
    proposed: Vec<[f32; 4]>,
) -> Result<Vec<[f32; 4]>, N::Error> {
    let (boxes, pictures) = cut(photo, proposed, 24);
    let opinions = if boxes.is_empty() { vec![] } else { networks.refine(&pictures)? };
    let sure = boxes.into_iter().zip(opinions).filter(|(_, o)| o.score() > settings.thresholds[1]);
    let found = sure.map(|(sides, o)| (Scored { sides, score: o.score() }, o.by)).collect();
    Ok(kept(found, AMONG).into_iter().map(|(one, by)| squared(moved(one.sides, by, 1.0))).collect())
}

fn decided<N: Networks>(
    photo: &Picture,
    networks: &mut N,
    settings: &Settings,
    refined: Vec<[f32; 4]>,
) -> Result<Vec<Face>, N::Error> {
    let (boxes, pictures) = cut(photo, refined, 48);
    let opinions = if boxes.is_empty() { vec![] } else { networks.decide(&pictures)? };
    let (mut found, mut points) = (Vec::new(), Vec::new());
    for (sides, o) in boxes.into_iter().zip(opinions).filter(|(_, o)| o.score() > settings.thresholds[2]) {
        let (width, height) = (sides[2] - sides[0] + 1.0, sides[3] - sides[1] + 1.0);
        // From the number of a pixel to its place as an area.
        let place = |k: usize| [width * o.points[k] + sides[0] - 0.5, height * o.points[k + 5] + sides[1] - 0.5];
        points.push(std::array::from_fn(place));
        found.push(Scored { sides: moved(sides, o.by, 1.0), score: o.score() });
    }
    let face = |i: usize| {
        let [left, top, right, bottom] = found[i].sides;
        Face { sides: [left - 1.0, top - 1.0, right, bottom], score: found[i].score, points: points[i] }
    };
    Ok(survivors(&found, AMONG, Overlap::Least).into_iter().map(face).collect())
}

/// Those that overlap no surer one too much, the surest first.
fn kept(all: Vec<(Scored, [f32; 4])>, most: f32) -> Vec<(Scored, [f32; 4])> {
    let boxes: Vec<Scored> = all.iter().map(|(one, _)| *one).collect();
    survivors(&boxes, most, Overlap::Union).into_iter().map(|i| all[i]).collect()
}

/// The boxes that lie in the photo, and what they show in squares of `size` pixels.
fn cut(photo: &Picture, boxes: Vec<[f32; 4]>, size: usize) -> (Vec<[f32; 4]>, Vec<Picture>) {
    let inside = |sides: [f32; 4]| {
        let place = covered(sides, photo.width, photo.height)?;
        Some((sides, normalised(photo, place, size, size)))
    };
    boxes.into_iter().filter_map(inside).unzip()
}

/// A part of the photo (left, top, right, bottom) at another size, each pixel the mean of those it covers (torch's
/// `interpolate` with mode `area`), as the networks take it.
fn normalised(photo: &Picture, [left, top, right, bottom]: [usize; 4], width: usize, height: usize) -> Picture {
    let range =
        |i: usize, from: usize, len: usize, out: usize| from + i * len / out..from + ((i + 1) * len).div_ceil(out);
    let mut result = Picture::new(width, height, photo.channels);
    let mut sums = vec![0.0_f64; photo.channels];
    for y in 0..height {
        let rows = range(y, top, bottom - top, height);
        for x in 0..width {
            let columns = range(x, left, right - left, width);
            sums.fill(0.0);
            for row in rows.clone() {
                for column in columns.clone() {
                    sums.iter_mut().zip(photo.at(column, row)).for_each(|(sum, v)| *sum += f64::from(*v));
                }
            }
            let count = (rows.len() * columns.len()) as f64;
            let pixel = result.at_mut(x, y).iter_mut();
            pixel.zip(&sums).for_each(|(to, sum)| *to = ((255.0 * sum / count - 127.5) / 128.0) as f32);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds what is white: the share of white is what it is sure by.
    struct White;

    impl White {
        fn of(picture: &Picture, left: usize, top: usize, side: usize) -> Opinion {
            let white = |x: usize, y: usize| f32::from(u8::from(picture.at(left + x, top + y)[0] > 0.5));
            let share = (0..side * side).map(|i| white(i % side, i / side)).sum::<f32>() / (side * side) as f32;
            let points = [0.3, 0.7, 0.5, 0.35, 0.65, 0.4, 0.4, 0.6, 0.8, 0.8];
            Opinion { logits: [0.0, 12.0 * (share - 0.8)], by: [0.0; 4], points }
        }
    }

    impl Networks for White {
        type Error = ();

        fn propose(&mut self, picture: &Picture) -> Result<(Vec<Opinion>, usize), ()> {
            let along = |len: usize| (len - 12) / 2 + 1;
            let (columns, rows) = (along(picture.width), along(picture.height));
            let of = |i: usize| White::of(picture, i % columns * 2, i / columns * 2, 12);
            Ok(((0..columns * rows).map(of).collect(), columns))
        }

        fn refine(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, ()> {
            Ok(pictures.iter().map(|p| White::of(p, 0, 0, p.width)).collect())
        }

        fn decide(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, ()> {
            self.refine(pictures)
        }
    }

    /// White squares of 40 pixels on black, 200 x 120.
    fn photo(places: &[(usize, usize)]) -> Picture {
        let mut photo = Picture::new(200, 120, 3);
        for (left, top) in places {
            for i in 0..1600 {
                photo.at_mut(left + i % 40, top + i / 40).fill(1.0);
            }
        }
        photo
    }

    #[test]
    fn squares_are_found_where_they_are() {
        let found = find(&photo(&[(30, 20), (120, 60)]), &mut White, &Settings::default()).unwrap();
        for (left, top) in [(30.0, 20.0), (120.0, 60.0)] {
            let near = |face: &&Face| (face.sides[0] - left).abs() < 12.0 && (face.sides[1] - top).abs() < 12.0;
            let face = found.iter().find(near).unwrap_or_else(|| panic!("{found:?}"));
            let nose = face.points[2];
            assert!((nose[0] - left - 20.0).abs() < 12.0 && (nose[1] - top - 24.0).abs() < 12.0, "{face:?}");
        }
        assert_eq!(find(&photo(&[]), &mut White, &Settings::default()), Ok(vec![]));
        assert_eq!(find(&Picture::new(5, 5, 3), &mut White, &Settings::default()), Ok(vec![]));
    }

    /// `torch.nn.functional.interpolate(x, (2, 3), mode="area")` of x = arange(20).view(1, 1, 4, 5).
    #[test]
    fn pixels_are_means_of_what_they_cover() {
        let picture = Picture { width: 5, height: 4, channels: 1, data: (0..20).map(|i| i as f32).collect() };
        let out = normalised(&picture, [0, 0, 5, 4], 3, 2);
        for (found, wanted) in out.data.iter().zip([3.0, 4.5, 6.0, 13.0, 14.5, 16.0]) {
            assert!(((found * 128.0 + 127.5) / 255.0 - wanted).abs() < 1e-4, "{found} {wanted}");
        }
    }
}
