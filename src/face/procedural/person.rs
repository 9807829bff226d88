//! Who a face is: everything that stays the same from photo to photo, and what changes with the moment.

use super::traits::*;
use crate::random::Stream;

/// One person. Ranges are 0 to 1 and numbers without a unit, unless they say otherwise.
#[derive(Clone, Debug)]
pub struct Person {
    /// Coefficients of the head's identity modes, standard normal over people.
    pub shape: [f32; MODES],
    pub melanin: f32,
    /// -1 to 1.
    pub haemoglobin: f32,
    /// 0 feminine, 1 masculine: form of the head, thickness of brows, beard.
    pub masculine: f32,
    pub age: f32,
    /// 0 dark to 1 pale.
    pub iris: f32,
    /// 0 black to 1 blond.
    pub hair: f32,
    pub grey: f32,
    pub style: Style,
    /// Volume of the hair beside its style's, -1 to 1.
    pub volume: f32,
    pub brow: Brow,
    pub beard: Beard,
    /// Redness of the lips.
    pub lips: f32,
    /// Strength of the fold above the lid.
    pub fold: f32,
    /// Where the irises are beside the middle, on the sheet.
    pub gaze: (f32, f32),
    pub freckles: f32,
    pub blush: f32,
    pub make_up: f32,
    /// How rough the skin is.
    pub rough: f32,
    /// Places and radii.
    pub moles: Vec<(f32, f32, f32)>,
    /// `y` of the hairline above the nose, and how far it recedes beside it.
    pub hairline: (f32, f32),
    /// For noise.
    pub texture: Stream,
}

/// How the hair is worn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Bald,
    Cropped,
    Short,
    Parted,
    Curly,
    Fringe,
    Bob,
    Long,
    Tied,
}

/// Height of the inner end, rise of the arch, thickness, density.
#[derive(Clone, Copy, Debug)]
pub struct Brow {
    pub height: f32,
    pub arch: f32,
    pub tail: f32,
    pub thickness: f32,
    pub density: f32,
}

/// Density of stubble, moustache, and chin and cheek beard.
#[derive(Clone, Copy, Debug)]
pub struct Beard {
    pub stubble: f32,
    pub moustache: f32,
    pub full: f32,
}

/// What the muscles do at the moment: coefficients of the head's expression modes, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expression {
    pub moves: [f32; MOVES],
}

impl Person {
    /// The person of a stream.
    pub fn new(stream: Stream) -> Person {
        let mut draw = stream.named("person");
        let melanin = draw.uniform().powf(1.5) as f32;
        let masculine = if draw.uniform() < 0.5 { draw.between(0.0, 0.35) } else { draw.between(0.65, 1.0) } as f32;
        let age = draw.uniform() as f32;
        // Fair eyes and hair are for fair skin.
        let fair = ((0.55 - melanin) / 0.55).max(0.0);
        let iris = (draw.uniform() as f32 * 0.35).max(fair * draw.uniform() as f32 * 1.25).min(1.0);
        let hair = (draw.uniform() as f32 * 0.25).max(fair * draw.uniform() as f32 * 1.2).min(1.0);
        let hairline = hairline(&mut draw, masculine, age);
        Person {
            shape: shape(stream.named("shape"), masculine),
            melanin,
            haemoglobin: draw.between(-1.0, 1.0) as f32,
            masculine,
            age,
            iris,
            hair,
            grey: ((age - 0.6) * 2.5 * draw.uniform() as f32).clamp(0.0, 0.9),
            style: if hairline.0 > 1.2 { Style::Bald } else { Style::draw(&mut draw, masculine) },
            volume: draw.between(-1.0, 1.0) as f32,
            brow: Brow::draw(&mut draw, masculine),
            beard: Beard::draw(&mut draw, masculine),
            lips: draw.between(0.1, 0.7) as f32 * (1.0 - 0.5 * masculine),
            fold: draw.between(0.2, 1.0) as f32,
            gaze: (draw.between(-0.022, 0.022) as f32, draw.between(-0.006, 0.006) as f32),
            freckles: if melanin < 0.45 && draw.uniform() < 0.3 { draw.between(0.3, 1.0) as f32 } else { 0.0 },
            blush: draw.between(0.2, 1.0) as f32,
            make_up: if masculine < 0.5 { draw.uniform() as f32 } else { 0.0 },
            rough: draw.uniform() as f32,
            moles: moles(&mut draw),
            hairline,
            texture: stream.named("texture"),
        }
    }
}

/// Coefficients: independent but for what goes with being masculine; each of deviation 1 or a little less.
fn shape(mut draw: Stream, masculine: f32) -> [f32; MODES] {
    let lean = 1.25 * (2.0 * masculine - 1.0);
    std::array::from_fn(|k| {
        let with = 0.8 * IDENTITY[k].1;
        let own = draw.normal() as f32 * (1.0 - with * with).sqrt();
        (with * lean + own).clamp(-2.5, 2.5)
    })
}

impl Style {
    fn draw(draw: &mut Stream, masculine: f32) -> Style {
        let feminine = [Style::Fringe, Style::Bob, Style::Long, Style::Long, Style::Tied, Style::Curly, Style::Parted];
        let other =
            [Style::Cropped, Style::Short, Style::Short, Style::Parted, Style::Curly, Style::Fringe, Style::Cropped];
        let number = draw.below(feminine.len());
        if masculine < 0.5 { feminine[number] } else { other[number] }
    }
}

impl Brow {
    fn draw(draw: &mut Stream, masculine: f32) -> Brow {
        let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
        Brow {
            height: between(0.355, 0.385) - 0.01 * masculine,
            arch: between(0.01, 0.06) - 0.02 * masculine,
            tail: between(-0.05, 0.02),
            thickness: between(0.022, 0.036) + 0.014 * masculine,
            density: between(0.55, 1.0),
        }
    }
}

impl Beard {
    fn draw(draw: &mut Stream, masculine: f32) -> Beard {
        let mut now_and_then = |chance: f64| {
            let (drawn, size) = (draw.uniform() < chance, draw.between(0.45, 1.0) as f32);
            if drawn && masculine > 0.5 { size } else { 0.0 }
        };
        Beard { stubble: now_and_then(0.7), moustache: now_and_then(0.25), full: now_and_then(0.25) }
    }
}

fn moles(draw: &mut Stream) -> Vec<(f32, f32, f32)> {
    let count = draw.below(7).saturating_sub(3);
    let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
    (0..count).map(|_| (between(-0.7, 0.7), between(-0.8, 0.1), between(0.010, 0.024))).collect()
}

fn hairline(draw: &mut Stream, masculine: f32, age: f32) -> (f32, f32) {
    let bald = masculine > 0.5 && draw.uniform() < 0.12 + 0.25 * f64::from(age);
    let height = if bald { 1.4 } else { draw.between(0.74, 0.90) as f32 };
    (height, draw.between(-0.02, 0.10) as f32 * masculine + 0.02)
}

impl Expression {
    /// A moment's expression: neutral now and then, mostly a mood with its muscles not quite alike on both sides.
    pub fn new(draw: &mut Stream) -> Expression {
        let mut face = Expression::default();
        let mood = draw.uniform();
        if mood < 0.25 {
            return face;
        }
        let strength = draw.between(0.25, 1.0) as f32;
        let uneven = draw.between(0.65, 1.35) as f32;
        let small = draw.uniform() as f32;
        let mut of = |parts: &[(usize, f32)]| parts.iter().for_each(|(part, size)| face.moves[*part] = size * strength);
        match mood {
            m if m < 0.50 => of(&[
                (SMILE_LEFT, uneven.min(1.0)),
                (SMILE_RIGHT, (2.0 - uneven).min(1.0)),
                (SQUINT, 0.5),
                (LIPS_APART, small),
            ]),
            m if m < 0.60 => {
                of(&[(SMILE_LEFT, 0.9), (SMILE_RIGHT, 0.9), (JAW_OPEN, 0.55 * small), (LIPS_APART, 0.8), (SQUINT, 0.7)])
            }
            m if m < 0.68 => of(&[(JAW_OPEN, 0.4 + 0.6 * small), (BROW_LEFT, 0.9), (BROW_RIGHT, 0.9)]),
            m if m < 0.76 => of(&[(FROWN, 0.9), (CORNERS_DOWN, 0.8 * small), (SQUINT, 0.4)]),
            m if m < 0.82 => of(&[(PUCKER, 0.9), (BROW_LEFT, 0.5 * small)]),
            m if m < 0.88 => of(&[(SNEER, 0.9), (FROWN, 0.6), (SQUINT, 0.5), (LIPS_APART, 0.4 * small)]),
            m if m < 0.94 => of(&[(CORNERS_DOWN, 0.9), (BROW_LEFT, 0.5), (BROW_RIGHT, 0.6), (FROWN, 0.3)]),
            _ => of(&[(BLINK_LEFT, 1.0), (BLINK_RIGHT, if small < 0.3 { 0.0 } else { 1.0 }), (SMILE_LEFT, small)]),
        }
        face
    }
}
