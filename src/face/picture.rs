//! Pictures in memory: floats, row by row, the channels of a pixel together.
//!
//! Pixel centres lie at +0.5: pixel (0, 0) covers 0 to 1 along both axes, y down.

/// `height x width x channels` values, 0 to 1 where nothing else is said; linear light or sRGB as the owner says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    /// `height * width * channels` values.
    pub data: Vec<f32>,
}

impl Picture {
    /// All zeros.
    pub fn new(width: usize, height: usize, channels: usize) -> Picture {
        Picture { width, height, channels, data: vec![0.0; width * height * channels] }
    }

    /// One colour everywhere, with a channel for each of its values.
    pub fn filled(width: usize, height: usize, colour: &[f32]) -> Picture {
        Picture { width, height, channels: colour.len(), data: colour.repeat(width * height) }
    }

    /// The channels of a pixel inside the picture.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> &[f32] {
        let start = (y * self.width + x) * self.channels;
        &self.data[start..start + self.channels]
    }

    /// The channels of a pixel inside the picture.
    pub fn at_mut(&mut self, x: usize, y: usize) -> &mut [f32] {
        let start = (y * self.width + x) * self.channels;
        &mut self.data[start..start + self.channels]
    }

    /// The picture with left and right exchanged.
    pub fn mirrored(&self) -> Picture {
        let mut out = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                out.at_mut(x, y).copy_from_slice(self.at(self.width - 1 - x, y));
            }
        }
        out
    }

    /// The mean of every square of `factor` x `factor` pixels; what does not fill a square is cut off.
    pub fn reduced(&self, factor: usize) -> Picture {
        let mut out = Picture::new(self.width / factor, self.height / factor, self.channels);
        let share = 1.0 / (factor * factor) as f32;
        for y in 0..out.height * factor {
            for x in 0..out.width * factor {
                let from = (y * self.width + x) * self.channels;
                let to = (y / factor * out.width + x / factor) * self.channels;
                for c in 0..self.channels {
                    out.data[to + c] += share * self.data[from + c];
                }
            }
        }
        out
    }

    /// Bilinear between the four nearest pixels into `out`, a value for each channel; beyond the outermost centres the
    /// border repeats. Whether the point lies on the picture, `0 <= x <= width` and `0 <= y <= height`: where it does
    /// not, `out` is the nearest border; zeros for an empty picture and for a point that is not finite.
    #[inline]
    pub fn sample(&self, x: f32, y: f32, out: &mut [f32]) -> bool {
        if self.data.is_empty() || !(x.is_finite() && y.is_finite()) {
            out.fill(0.0);
            return false;
        }
        let ((x0, x1, across), (y0, y1, down)) = (taps(x, self.width), taps(y, self.height));
        let (a, b, d, e) = (self.at(x0, y0), self.at(x1, y0), self.at(x0, y1), self.at(x1, y1));
        for c in 0..self.channels.min(out.len()) {
            let (upper, lower) = (a[c] + (b[c] - a[c]) * across, d[c] + (e[c] - d[c]) * across);
            out[c] = upper + (lower - upper) * down;
        }
        (0.0..=self.width as f32).contains(&x) && (0.0..=self.height as f32).contains(&y)
    }
}

/// The two pixels around a place along an axis of `len`, and the share of the second.
#[inline]
fn taps(at: f32, len: usize) -> (usize, usize, f32) {
    let place = (at - 0.5).clamp(0.0, (len - 1) as f32);
    let low = place as usize;
    (low, (low + 1).min(len - 1), place - low as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_bilinear_and_the_border_repeats() {
        // The plane 10 x + 100 y of pixel numbers, which bilinear sampling reproduces between the outermost centres.
        let data = (0..12).flat_map(|i| [10.0 * (i % 4) as f32 + 100.0 * (i / 4) as f32, -1.0]).collect();
        let ramp = Picture { width: 4, height: 3, channels: 2, data };
        let at = |x: f32, y: f32| {
            let mut out = [f32::NAN; 2];
            let inside = ramp.sample(x, y, &mut out);
            assert_eq!(out[1], -1.0);
            (out[0], inside)
        };
        assert_eq!(at(0.5, 0.5), (0.0, true));
        assert_eq!(at(1.75, 2.0), (12.5 + 150.0, true));
        assert_eq!(at(0.0, 3.0), (200.0, true));
        assert_eq!(at(4.5, -9.0), (30.0, false));
    }

    #[test]
    fn nothing_is_read_of_nowhere() {
        let white = Picture::filled(2, 2, &[1.0, 0.5]);
        assert_eq!((white.channels, white.at(1, 1)), (2, &[1.0, 0.5][..]));
        for (x, y) in [(f32::NAN, 0.0), (0.0, f32::INFINITY)] {
            let mut out = [7.0; 2];
            assert!(!white.sample(x, y, &mut out));
            assert_eq!(out, [0.0; 2]);
        }
        assert!(!Picture::new(0, 5, 1).sample(0.0, 0.0, &mut [1.0]));
        assert!(!white.sample(1e30, 1e30, &mut [0.0; 2]));
    }

    #[test]
    fn a_reduced_picture_is_of_means() {
        let picture = Picture { width: 5, height: 2, channels: 1, data: (0..10).map(|i| i as f32).collect() };
        assert_eq!(picture.reduced(2), Picture { width: 2, height: 1, channels: 1, data: vec![3.0, 5.0] });
        assert_eq!(picture.reduced(1), picture);
    }
}
