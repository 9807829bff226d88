//! A face drawn from numbers: a parametric head with a texture sheet, and skin, eyes, brows, lips and hair painted on it.
//!
//! Our own construction; it has no licence but this repository's. The head is a form over a sheet ([`form`]), linear in
//! what makes people differ and in what a face does ([`traits`]). On the sheet a feature is placed by `s` (along the
//! circumference, left of the image negative) and `y` (up), in half face heights: the eyes lie at y = 0.2, the mouth at
//! -0.5, of everybody. Everything of a person follows from a random stream.

mod bust;
mod canvas;
mod eyes;
pub mod form;
mod hair;
pub mod head;
mod landmarks;
pub mod model;
pub mod moment;
mod mouth;
mod nose;
mod paint;
mod palette;
mod person;
pub mod shot;
mod skin;
pub mod solid;
pub mod studio;
pub mod traits;
mod tresses;
pub mod worn;

pub use canvas::Noise;
pub use palette::{Encoder, to_linear};
pub use person::{Expression, Person, Style};
pub use traits::{EXPRESSIONS, IDENTITY, MODES, MOVES};

use canvas::Canvas;

/// Half the width of the sheet: 1.5 radians either way.
pub const HALF_WIDTH: f32 = 1.08;
/// `y` of the sheet's upper and lower edge.
pub const TOP: f32 = 0.98;
pub const BOTTOM: f32 = -1.02;
/// `s` of one radian.
pub const RADIAN: f32 = HALF_WIDTH / 1.5;

/// The albedo sheet of a person, `size` x `size` in sRGB 0 to 1, row by row. Drawn larger and averaged, so edges are
/// smooth.
pub fn albedo(person: &Person, size: usize) -> Vec<[f32; 3]> {
    let over = 256usize.div_ceil(size).clamp(2, 4);
    let mut canvas = Canvas::new(size * over);
    skin::paint(&mut canvas, person);
    hair::beard(&mut canvas, person);
    nose::paint(&mut canvas);
    mouth::paint(&mut canvas, person);
    eyes::paint(&mut canvas, person);
    hair::brows(&mut canvas, person);
    skin::marks(&mut canvas, person);
    hair::scalp(&mut canvas, person);
    canvas.reduced(over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Mean colour of a sheet of 64 within 0.04 of a place.
    fn around(sheet: &[[f32; 3]], s: f32, y: f32) -> [f32; 3] {
        let mut sum = [0.0; 3];
        let mut count = 0.0;
        for (i, pixel) in sheet.iter().enumerate() {
            let here = (((i % 64) as f32 + 0.5) / 64.0 * 2.0 - 1.0) * HALF_WIDTH;
            let up = TOP - ((i / 64) as f32 + 0.5) / 64.0 * (TOP - BOTTOM);
            if (here - s).hypot(up - y) < 0.04 {
                sum.iter_mut().zip(pixel).for_each(|(a, p)| *a += p);
                count += 1.0;
            }
        }
        sum.map(|v| v / count)
    }

    #[test]
    fn features_lie_where_they_should() {
        for number in 0..12 {
            let person = Person::new(Stream::new(number, "features"));
            let sheet = albedo(&person, 64);
            let light = |c: [f32; 3]| c.iter().sum::<f32>();
            let cheek = around(&sheet, 0.35, 0.0);
            let iris = around(&sheet, eyes::CENTRE.0, eyes::CENTRE.1);
            let mirrored = around(&sheet, -eyes::CENTRE.0, eyes::CENTRE.1);
            assert!(light(iris) < 0.85 * light(cheek), "{number}: eye {iris:?}, cheek {cheek:?}");
            assert!((light(iris) - light(mirrored)).abs() < 0.25, "{number}: {iris:?} {mirrored:?}");
            let lips = around(&sheet, 0.0, form::MOUTH.1 - 0.03);
            assert!(lips[0] / lips[1] > cheek[0] / cheek[1], "{number}: lips {lips:?}, cheek {cheek:?}");
        }
    }

    #[test]
    fn a_sheet_looks_alike_at_every_size() {
        let person = Person::new(Stream::new(3, "sizes"));
        let (small, large) = (albedo(&person, 32), albedo(&person, 128));
        let mean = |x: usize, y: usize, c: usize| {
            (0..16).map(|k| large[(y * 4 + k / 4) * 128 + x * 4 + k % 4][c]).sum::<f32>() / 16.0
        };
        let apart: f32 = (0..32 * 32 * 3).map(|i| (small[i / 3][i % 3] - mean(i / 3 % 32, i / 96, i % 3)).abs()).sum();
        assert!(apart / 3072.0 < 0.01, "{}", apart / 3072.0);
    }
}
