//! A face drawn from numbers: a parametric head with a texture sheet, and skin, eyes, brows, lips and hair painted on it.
//!
//! Our own construction; it has no licence but this repository's. The head is a tapering cylinder with smooth bumps
//! whose sizes are the shape of a person; the sheet unrolls it. On the sheet a feature is placed by `s` (along the
//! circumference, left of the image negative) and `y` (up), in half face heights: the eyes lie at y = 0.2, the mouth at
//! -0.5. Everything of a person follows from a random stream.

mod canvas;
mod eyes;
mod hair;
pub mod head;
mod mouth;
mod nose;
mod palette;
mod person;
mod skin;

pub use canvas::Noise;
pub use palette::{to_linear, to_srgb};
pub use person::{Expression, Person};

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
    nose::paint(&mut canvas, person);
    mouth::paint(&mut canvas, person);
    eyes::paint(&mut canvas, person);
    hair::brows(&mut canvas, person);
    skin::marks(&mut canvas, person);
    hair::scalp(&mut canvas, person);
    canvas.reduced(over)
}
