//! Changes brightness, contrast, saturation and hue at random, all images of a sample alike.
//!
//! As torchvision's `ColorJitter` with its steps in this order; factors uniform in 1 - x to 1 + x, hue in turns.

use super::{TransformEntry, plain};
use crate::components::sample::{Array, DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, Type, settings};

settings! {
    /// What `colour-jitter` is told.
    pub struct ColourJitter {
        /// Largest change of the factor on all values.
        brightness: f64 = 0.2, min = 0.0, max = 1.0;
        /// Largest change of the factor on the distance from the mean luma.
        contrast: f64 = 0.2, min = 0.0, max = 1.0;
        /// Largest change of the factor on the distance from a pixel's own luma.
        saturation: f64 = 0.2, min = 0.0, max = 1.0;
        /// Largest turn of the hue, in turns.
        hue: f64 = 0.0, min = 0.0, max = 0.5;
    }
}

/// What was drawn for one sample.
struct Drawn {
    brightness: f32,
    contrast: f32,
    saturation: f32,
    hue: f32,
}

impl Transform for ColourJitter {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        if !scope.training {
            return Ok(());
        }
        let mut factor = |size: f64| draw.between(1.0 - size, 1.0 + size) as f32;
        let (brightness, contrast, saturation) =
            (factor(self.brightness), factor(self.contrast), factor(self.saturation));
        let drawn = Drawn { brightness, contrast, saturation, hue: draw.between(-self.hue, self.hue) as f32 };
        // One mean for all images of the sample, or an incomplete map would change otherwise than its complete one.
        let ports: Vec<&str> = scope.select(|ty| ty == Type::Image).map(|(port, _)| port).collect();
        let reference = ["complete", "image"].into_iter().find(|p| ports.contains(p)).or(ports.first().copied());
        let Some(mean) = reference.and_then(|p| sample.get(p)).map(|a| drawn.brightness * mean_luma(a)) else {
            return Ok(());
        };
        for port in ports {
            if let Some(array) = sample.get_mut(port) {
                drawn.apply(array, mean);
            }
        }
        Ok(())
    }
}

const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Mean luma in 0 to 1.
fn mean_luma(array: &Array) -> f32 {
    let size = array.shape[1] * array.shape[2];
    let sum: f64 = (0..size).map(|i| f64::from(luma(&pixel(array, i)))).sum();
    (sum / size as f64) as f32
}

/// A pixel in 0 to 1; grey in three equal channels.
fn pixel(array: &Array, i: usize) -> [f32; 3] {
    let size = array.shape[1] * array.shape[2];
    [0, 1, 2].map(|c: usize| (array.data[c.min(array.shape[0] - 1) * size + i] + 1.0) / 2.0)
}

fn luma(rgb: &[f32; 3]) -> f32 {
    LUMA.iter().zip(rgb).map(|(w, v)| w * v).sum()
}

impl Drawn {
    fn apply(&self, array: &mut Array, mean: f32) {
        let size = array.shape[1] * array.shape[2];
        for i in 0..size {
            let bright = pixel(array, i).map(|v| (v * self.brightness).clamp(0.0, 1.0));
            let contrasted = bright.map(|v| (mean + (v - mean) * self.contrast).clamp(0.0, 1.0));
            let grey = luma(&contrasted);
            let saturated = contrasted.map(|v| (grey + (v - grey) * self.saturation).clamp(0.0, 1.0));
            let turned = turn_hue(saturated, self.hue);
            for (c, value) in turned.into_iter().take(array.shape[0]).enumerate() {
                array.data[c * size + i] = value * 2.0 - 1.0;
            }
        }
    }
}

/// Turns the hue of the HSV model; value and saturation stay.
fn turn_hue(rgb: [f32; 3], turn: f32) -> [f32; 3] {
    let (high, low) = (rgb[0].max(rgb[1]).max(rgb[2]), rgb[0].min(rgb[1]).min(rgb[2]));
    let chroma = high - low;
    if turn == 0.0 || chroma <= 0.0 {
        return rgb;
    }
    let [r, g, b] = rgb;
    let sixth = match high {
        h if h == r => (g - b) / chroma,
        h if h == g => 2.0 + (b - r) / chroma,
        _ => 4.0 + (r - g) / chroma,
    };
    let hue = sixth + turn * 6.0;
    [5.0f32, 3.0, 1.0].map(|n| {
        let k = (n + hue).rem_euclid(6.0);
        high - chroma * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain(
            "colour-jitter",
            "Changes brightness, contrast, saturation and hue at random.",
            ColourJitter::schema(),
        ),
        open: |settings| Ok(Box::new(read::<ColourJitter>(settings)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_a_turn_makes_red_green() {
        let turned = turn_hue([0.8, 0.2, 0.2], 1.0 / 3.0);
        assert!(turned.iter().zip([0.2, 0.8, 0.2]).all(|(a, b)| (a - b).abs() < 1e-6), "{turned:?}");
        assert_eq!(turn_hue([0.1, 0.5, 0.3], 0.0), [0.1, 0.5, 0.3]);
    }
}
