//! Colours of skin, eyes, hair and lips.
//!
//! Skin has two pigments, melanin (0 to 1: very fair to very dark) and haemoglobin (-1 to 1: pale to ruddy); the knots
//! were chosen by eye between photographs' skin tones.

use super::canvas::Colour;

/// Skin of even melanin steps.
const SKIN: [Colour; 6] = [
    [0.96, 0.83, 0.75],
    [0.92, 0.75, 0.64],
    [0.83, 0.63, 0.50],
    [0.68, 0.48, 0.36],
    [0.48, 0.32, 0.24],
    [0.33, 0.22, 0.17],
];

/// Skin colour.
pub fn skin(melanin: f32, haemoglobin: f32) -> Colour {
    let base = between(&SKIN, melanin);
    let red = haemoglobin * 0.05;
    [base[0] * (1.0 + 0.4 * red), base[1] * (1.0 - red), base[2] * (1.0 - 0.9 * red)].map(|v| v.clamp(0.0, 1.0))
}

/// Irises from dark brown to pale blue.
const IRIS: [Colour; 6] = [
    [0.17, 0.10, 0.07],
    [0.31, 0.18, 0.10],
    [0.44, 0.32, 0.16],
    [0.40, 0.43, 0.26],
    [0.36, 0.48, 0.52],
    [0.40, 0.55, 0.70],
];

/// Iris colour, 0 dark to 1 pale.
pub fn iris(pale: f32) -> Colour {
    between(&IRIS, pale)
}

/// Hair from black over brown and red to blond; the last is grey.
const HAIR: [Colour; 6] = [
    [0.08, 0.07, 0.07],
    [0.17, 0.11, 0.08],
    [0.30, 0.19, 0.12],
    [0.45, 0.24, 0.12],
    [0.66, 0.50, 0.30],
    [0.80, 0.68, 0.46],
];

/// Hair colour, 0 black to 1 blond, greyed by age.
pub fn hair(fair: f32, grey: f32) -> Colour {
    mix(between(&HAIR, fair), [0.70, 0.69, 0.67], grey)
}

fn between(knots: &[Colour], t: f32) -> Colour {
    let place = t.clamp(0.0, 1.0) * (knots.len() - 1) as f32;
    let i = (place as usize).min(knots.len() - 2);
    mix(knots[i], knots[i + 1], place - i as f32)
}

/// `share` of the way from `a` to `b`.
#[inline]
pub fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/// An sRGB value (0 to 1) in linear light (IEC 61966-2-1).
pub fn to_linear(v: f32) -> f32 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Linear light as an sRGB value, both 0 to 1; what is brighter than white is white.
pub fn to_srgb(v: f32) -> f32 {
    let v = v.clamp(0.0, 1.0);
    if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// [`to_srgb`] from a table over the square root, within 2e-4: it is asked three times a texel.
pub struct Encoder(Vec<f32>);

/// Steps of the table.
const STEPS: usize = 1024;

impl Default for Encoder {
    fn default() -> Self {
        Encoder((0..=STEPS + 1).map(|i| to_srgb((i as f32 / STEPS as f32).powi(2))).collect())
    }
}

impl Encoder {
    /// Linear light as an sRGB value.
    #[inline]
    pub fn of(&self, v: f32) -> f32 {
        let place = v.clamp(0.0, 1.0).sqrt() * STEPS as f32;
        let i = place as usize;
        self.0[i] + (self.0[i + 1] - self.0[i]) * (place - i as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transfer_functions_are_inverse() {
        let encoder = Encoder::default();
        for i in 0..=255 {
            let v = i as f32 / 255.0;
            assert!((to_srgb(to_linear(v)) - v).abs() < 1e-5);
            assert!((encoder.of(to_linear(v)) - v).abs() < 2e-4, "{v}: {}", encoder.of(to_linear(v)));
        }
    }

    #[test]
    fn more_melanin_is_darker() {
        let sum = |m: f32| skin(m, 0.0).iter().sum::<f32>();
        assert!((0..10).all(|i| sum(i as f32 / 10.0) > sum((i + 1) as f32 / 10.0)));
    }
}
