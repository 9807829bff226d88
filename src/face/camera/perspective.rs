//! The perspective camera.
//!
//! Deng et al., "UV-GAN: Adversarial Facial UV Map Completion for Pose-invariant Face Recognition", CVPR 2018, section
//! 3.1: a pinhole with one focal length and its principal point in the middle of the picture, before which the face is
//! turned and moved. It stands at the origin and looks along -z, so what it sees has a negative z.

use super::Rotation;
use crate::face::mesh::Vec3;

/// `v_cam = R v + t`; `x = c_x + f v_x / d`, `y = c_y - f v_y / d` with the distance `d = -v_z`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perspective {
    /// Pixels, above 0.
    pub focal: f32,
    /// The principal point in pixels.
    pub principal: [f32; 2],
    pub rotation: Rotation,
    /// Where the model's origin lies before the camera, in the model's unit: the third number is negative.
    pub translation: Vec3,
    /// Distance below which nothing is drawn, above 0. A triangle with a corner nearer than this is left out whole.
    pub near: f32,
}

impl Perspective {
    /// A camera at a distance (in the model's unit) before the model's origin, with its principal point in the middle
    /// of a `width` x `height` picture; nothing nearer than a hundredth of the distance is drawn.
    pub fn before(rotation: Rotation, distance: f32, focal: f32, (width, height): (usize, usize)) -> Perspective {
        let principal = [width as f32 / 2.0, height as f32 / 2.0];
        Perspective { focal, principal, rotation, translation: [0.0, 0.0, -distance], near: distance / 100.0 }
    }

    /// x and y in pixels and 1 / distance; NaN nearer than `near` and behind the camera.
    #[inline]
    pub fn point(&self, position: Vec3) -> Vec3 {
        let ([x, y, z], t) = (self.rotation.of(position), self.translation);
        let [x, y, z] = [x + t[0], y + t[1], z + t[2]];
        if -z < self.near {
            return [f32::NAN; 3];
        }
        let inverse = -1.0 / z;
        let factor = self.focal * inverse;
        [self.principal[0] + factor * x, self.principal[1] - factor * y, inverse]
    }

    /// The same view on a picture `factor` times as large.
    pub fn enlarged(&self, factor: f32) -> Perspective {
        Perspective { focal: self.focal * factor, principal: self.principal.map(|c| c * factor), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_twice_as_far_is_half_as_large() {
        let camera = Perspective::before(Rotation::IDENTITY, 10.0, 100.0, (64, 48));
        assert_eq!(camera.point([1.0, 2.0, 0.0]), [42.0, 4.0, 0.1]);
        assert_eq!(camera.point([1.0, 2.0, -10.0]), [37.0, 14.0, 0.05]);
        assert_eq!(camera.point([0.0, 0.0, 5.0]), [32.0, 24.0, 0.2]);
        for behind in [9.95, 10.0, 11.0, f32::NAN] {
            assert!(camera.point([0.0, 0.0, behind])[2].is_nan());
        }
        assert_eq!(camera.enlarged(2.0).point([1.0, 2.0, 0.0]), [84.0, 8.0, 0.1]);
    }
}
