//! Who a face is: everything that stays the same from photo to photo, and what changes with the moment.

use super::head::MODES;
use crate::random::Stream;

/// One person. Ranges are 0 to 1 and numbers without a unit, unless they say otherwise.
#[derive(Clone, Debug)]
pub struct Person {
    /// Sizes of the head's bumps, standard normal.
    pub shape: [f32; MODES],
    pub melanin: f32,
    /// -1 to 1.
    pub haemoglobin: f32,
    /// 0 feminine, 1 masculine: thickness of brows and lips, beard.
    pub masculine: f32,
    pub age: f32,
    /// 0 dark to 1 pale.
    pub iris: f32,
    /// 0 black to 1 blond.
    pub hair: f32,
    pub grey: f32,
    pub eye: Eye,
    pub brow: Brow,
    pub mouth: Mouth,
    /// Half width of the wings, about 0.15.
    pub nose: f32,
    pub beard: Beard,
    pub freckles: f32,
    pub blush: f32,
    pub make_up: f32,
    /// Places and radii.
    pub moles: Vec<(f32, f32, f32)>,
    /// `y` of the hairline above the nose, and how far it recedes beside it.
    pub hairline: (f32, f32),
    /// For noise.
    pub texture: Stream,
}

/// Half width, height of the upper and lower lid, rise of the outer corner, and the centre.
#[derive(Clone, Copy, Debug)]
pub struct Eye {
    pub width: f32,
    pub upper: f32,
    pub lower: f32,
    pub tilt: f32,
    pub centre: (f32, f32),
    /// Strength of the fold above the lid.
    pub fold: f32,
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

/// Half width, heights of the lips, rise of the corners, `y`, redness.
#[derive(Clone, Copy, Debug)]
pub struct Mouth {
    pub width: f32,
    pub upper: f32,
    pub lower: f32,
    pub corners: f32,
    pub height: f32,
    pub red: f32,
    pub bow: f32,
}

/// Density of stubble, moustache, and chin and cheek beard.
#[derive(Clone, Copy, Debug)]
pub struct Beard {
    pub stubble: f32,
    pub moustache: f32,
    pub full: f32,
}

/// What the muscles do at the moment, 0 to 1 (brows -1 to 1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expression {
    pub smile: f32,
    pub brows: f32,
    pub jaw: f32,
}

impl Person {
    /// The person of a stream.
    pub fn new(stream: Stream) -> Person {
        let mut draw = stream.named("person");
        let mut shape = [0.0; MODES];
        let mut bumps = stream.named("shape");
        shape.iter_mut().for_each(|a| *a = bumps.normal().clamp(-2.5, 2.5) as f32);
        let melanin = draw.uniform().powf(1.5) as f32;
        let masculine = if draw.uniform() < 0.5 { draw.between(0.0, 0.35) } else { draw.between(0.65, 1.0) } as f32;
        let age = draw.uniform() as f32;
        // Fair eyes and hair are for fair skin.
        let fair = ((0.55 - melanin) / 0.55).max(0.0);
        let iris = (draw.uniform() as f32 * 0.35).max(fair * draw.uniform() as f32 * 1.25).min(1.0);
        let hair = (draw.uniform() as f32 * 0.25).max(fair * draw.uniform() as f32 * 1.2).min(1.0);
        Person {
            shape,
            melanin,
            haemoglobin: draw.between(-1.0, 1.0) as f32,
            masculine,
            age,
            iris,
            hair,
            grey: ((age - 0.6) * 2.5 * draw.uniform() as f32).clamp(0.0, 0.9),
            eye: Eye::draw(&mut draw),
            brow: Brow::draw(&mut draw, masculine),
            mouth: Mouth::draw(&mut draw, masculine),
            nose: draw.between(0.13, 0.19) as f32,
            beard: Beard::draw(&mut draw, masculine),
            freckles: if melanin < 0.45 && draw.uniform() < 0.3 { draw.between(0.3, 1.0) as f32 } else { 0.0 },
            blush: draw.between(0.2, 1.0) as f32,
            make_up: if masculine < 0.5 { draw.uniform() as f32 } else { 0.0 },
            moles: moles(&mut draw),
            hairline: hairline(&mut draw, masculine, age),
            texture: stream.named("texture"),
        }
    }
}

impl Eye {
    fn draw(draw: &mut Stream) -> Eye {
        let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
        Eye {
            width: between(0.160, 0.195),
            upper: between(0.060, 0.090),
            lower: between(0.042, 0.064),
            tilt: between(-0.02, 0.16),
            centre: (between(0.325, 0.36), between(0.195, 0.225)),
            fold: between(0.2, 1.0),
        }
    }
}

impl Brow {
    fn draw(draw: &mut Stream, masculine: f32) -> Brow {
        let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
        Brow {
            height: between(0.345, 0.40) - 0.03 * masculine,
            arch: between(0.01, 0.075) - 0.02 * masculine,
            tail: between(-0.05, 0.03),
            thickness: between(0.026, 0.042) + 0.016 * masculine,
            density: between(0.55, 1.0),
        }
    }
}

impl Mouth {
    fn draw(draw: &mut Stream, masculine: f32) -> Mouth {
        let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
        Mouth {
            width: between(0.245, 0.33),
            upper: between(0.045, 0.085) - 0.012 * masculine,
            lower: between(0.065, 0.115) - 0.012 * masculine,
            corners: between(-0.012, 0.055),
            height: between(-0.53, -0.49),
            red: between(0.1, 0.7) * (1.0 - 0.5 * masculine),
            bow: between(0.1, 0.5),
        }
    }
}

impl Beard {
    fn draw(draw: &mut Stream, masculine: f32) -> Beard {
        let mut now_and_then = |chance: f64| {
            let (drawn, size) = (draw.uniform() < chance, draw.between(0.45, 1.0) as f32);
            if drawn && masculine > 0.5 { size } else { 0.0 }
        };
        Beard { stubble: now_and_then(0.7), moustache: now_and_then(0.3), full: now_and_then(0.25) }
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
    /// A moment's expression: neutral now and then.
    pub fn new(draw: &mut Stream) -> Expression {
        if draw.uniform() < 0.35 {
            return Expression::default();
        }
        Expression {
            smile: draw.uniform() as f32,
            brows: draw.between(-1.0, 1.0) as f32,
            jaw: draw.uniform().powi(2) as f32,
        }
    }
}
