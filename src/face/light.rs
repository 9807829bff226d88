//! Light by spherical harmonics up to the second order.
//!
//! Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001: irradiance of
//! a distant light is within about 1 % of its first nine coefficients, each band weighted by pi, 2 pi / 3, pi / 4.

use std::f32::consts::PI;

use super::mesh::Vec3;
use super::picture::Picture;
use rayon::prelude::*;

/// The nine real basis functions at a direction of length 1, in the order 00, 1-1, 10, 11, 2-2, 2-1, 20, 21, 22.
#[inline]
pub fn basis([x, y, z]: Vec3) -> [f32; 9] {
    [
        0.282_095,
        0.488_603 * y,
        0.488_603 * z,
        0.488_603 * x,
        1.092_548 * x * y,
        1.092_548 * y * z,
        0.315_392 * (3.0 * z * z - 1.0),
        1.092_548 * x * z,
        0.546_274 * (x * x - y * y),
    ]
}

/// Written out: a loop over arrays may become calls, and this runs for every pixel.
#[inline]
fn product(a: &[f32; 9], b: &[f32; 9]) -> f32 {
    let first = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
    first + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] + a[7] * b[7] + a[8] * b[8]
}

const BANDS: [f32; 9] =
    [PI, 2.0 * PI / 3.0, 2.0 * PI / 3.0, 2.0 * PI / 3.0, PI / 4.0, PI / 4.0, PI / 4.0, PI / 4.0, PI / 4.0];

/// Irradiance over pi of an environment, for each colour: what a white matt surface sends back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Light {
    coefficients: [[f32; 9]; 3],
}

impl Light {
    /// From nine coefficients each of red, green and blue, in the order of [`basis`]: what a white matt surface shows is
    /// their sum with the basis at its normal.
    pub fn of(coefficients: [[f32; 9]; 3]) -> Light {
        Light { coefficients }
    }

    /// The same light from everywhere: a matt surface of albedo 1 shows `colour`.
    pub fn ambient(colour: Vec3) -> Light {
        Light { coefficients: colour.map(|c| [c / 0.282_095, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]) }
    }

    /// A lamp far away in a direction of length 1: a surface that faces it shows about `colour`.
    pub fn with_lamp(mut self, direction: Vec3, colour: Vec3) -> Light {
        let y = basis(direction);
        for (all, c) in self.coefficients.iter_mut().zip(colour) {
            for k in 0..9 {
                all[k] += c * BANDS[k] * y[k];
            }
        }
        self
    }

    /// What a white matt surface with this normal shows; never below 0.
    #[inline]
    pub fn at(&self, normal: Vec3) -> Vec3 {
        let y = basis(normal);
        let [red, green, blue] = &self.coefficients;
        [product(red, &y).max(0.0), product(green, &y).max(0.0), product(blue, &y).max(0.0)]
    }

    /// Lights the linear albedo of a picture of three channels by the normals of its pixels, in place; a pixel whose
    /// normal is zero shows nothing and stays.
    pub fn shade(&self, albedo: &mut Picture, normals: &[Vec3]) {
        const TASK: usize = 4096;
        albedo.data.par_chunks_mut(3 * TASK).zip(normals.par_chunks(TASK)).for_each(|(pixels, normals)| {
            for (pixel, &normal) in pixels.chunks_exact_mut(3).zip(normals) {
                if normal != [0.0; 3] {
                    let shade = self.at(normal);
                    for c in 0..3 {
                        pixel[c] *= shade[c];
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lamp_lights_what_faces_it_as_the_cosine() {
        let light = Light::default().with_lamp([0.0, 0.0, 1.0], [1.0; 3]);
        // Nine coefficients of max(cos, 0): within a tenth of it everywhere (Ramamoorthi and Hanrahan, figure 2).
        for degrees in [0.0f32, 30.0, 60.0, 90.0, 120.0, 180.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let found = light.at([sin, 0.0, cos])[0];
            assert!((found - cos.max(0.0)).abs() < 0.1, "{degrees}: {found}");
        }
        assert!((Light::ambient([0.3, 0.2, 0.1]).at([0.0, 1.0, 0.0])[1] - 0.2).abs() < 1e-5);
    }

    #[test]
    fn pixels_are_lit_by_their_normals() {
        let light = Light::ambient([0.5, 0.25, 1.0]).with_lamp([0.0, 1.0, 0.0], [0.5; 3]);
        let mut picture = Picture::filled(3, 1, &[0.5, 1.0, 0.1]);
        light.shade(&mut picture, &[[0.0, 1.0, 0.0], [0.0; 3], [0.0, 0.0, 1.0]]);
        assert_eq!(picture.at(1, 0), [0.5, 1.0, 0.1]);
        let up = light.at([0.0, 1.0, 0.0]);
        assert!(up[1] > 0.7 && picture.at(0, 0) == [0.5 * up[0], up[1], 0.1 * up[2]]);
        assert_eq!(picture.at(2, 0)[1], light.at([0.0, 0.0, 1.0])[1]);
    }
}
