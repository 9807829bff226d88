//! Lights that are laid over a map's own.

use super::wrong;
use crate::face::light::Light;
use crate::face::mesh::{Vec3, unit};
use crate::random::Stream;

/// A light of the command, for a face before its camera; `None` leaves the map as it is.
pub type Lit = Option<Light>;

/// `N`: the map's own light and N - 1 lamps from all sides of the front, drawn with the seed; or files of 27 numbers
/// (nine coefficients of red, then green, then blue, in the order 00, 1-1, 10, 11, 2-2, 2-1, 20, 21, 22), parted by commas.
pub fn read(text: &str, seed: u64) -> anyhow::Result<Vec<Lit>> {
    if let Ok(count) = text.parse::<usize>() {
        if !(1..=1000).contains(&count) {
            return Err(wrong(format!("--light {count}: expected 1 to 1000 lights, or files")));
        }
        return Ok((0..count).map(|i| (i > 0).then(|| lamp(Stream::new(seed, "light").fork(i as u64)))).collect());
    }
    text.split(',').map(|file| coefficients(file.trim()).map(Some)).collect()
}

/// A lamp in front, above the horizon more often than below, over an even light; together about as bright as the map.
fn lamp(mut draw: Stream) -> Light {
    let across = draw.between(-1.3, 1.3) as f32;
    let up = draw.between(-0.35, 0.9) as f32;
    let strength = draw.between(0.5, 1.1) as f32;
    let warmth = draw.between(-0.08, 0.08) as f32;
    let direction: Vec3 = unit([across.sin() * up.cos(), up.sin(), across.cos() * up.cos()]);
    let even = 1.0 - 0.55 * strength;
    Light::ambient([even; 3]).with_lamp(direction, [1.0 + warmth, 1.0, 1.0 - warmth].map(|c| c * strength))
}

fn coefficients(file: &str) -> anyhow::Result<Light> {
    let text = std::fs::read_to_string(file).map_err(|e| wrong(format!("light `{file}`: {e}")))?;
    let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let numbers: Option<Vec<f32>> = words.map(|word| word.parse().ok().filter(|v: &f32| v.is_finite())).collect();
    let numbers = numbers.ok_or_else(|| wrong(format!("light `{file}`: expected 27 numbers, found a word")))?;
    let (rows, rest) = numbers.as_chunks::<9>();
    match (rows, rest) {
        ([red, green, blue], []) => Ok(Light::of([*red, *green, *blue])),
        _ => Err(wrong(format!("light `{file}`: expected 27 numbers, found {}", numbers.len()))),
    }
}

/// sRGB to linear light.
pub fn linear(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear light to sRGB, cut at 1.
pub fn srgb(value: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_light_is_the_map_s_own_and_seeds_differ() {
        let lights = read("3", 1).unwrap();
        assert!(lights.len() == 3 && lights[0].is_none() && lights[1] != lights[2]);
        assert_eq!(read("3", 1).unwrap(), lights);
        assert_ne!(read("3", 2).unwrap()[1], lights[1]);
        assert!(read("0", 1).is_err() && read("nowhere.txt", 1).unwrap_err().to_string().contains("nowhere.txt"));
    }

    #[test]
    fn colours_survive_linear_light() {
        for value in [0.0, 0.02, 0.3, 1.0] {
            assert!((srgb(linear(value)) - value).abs() < 1e-5);
        }
        // sRGB's middle grey: 0.5 is 0.2140 of the light (IEC 61966-2-1).
        assert!((linear(0.5) - 0.2140).abs() < 1e-4);
    }
}
