//! The scaled orthographic camera.
//!
//! Attention ResCUNet-GAN (Luu et al.), equations 3 and 4: `v_p = f Pr (R v + t) + t_2d`, with `Pr` the first two rows
//! of the identity. The first two numbers of `t`, times `f`, add to `t_2d`; the third moves nothing on the picture.

use super::Rotation;
use crate::face::mesh::Vec3;

/// `f`, `R` and `t_2d` of the equation, to pixel coordinates (y down).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orthographic {
    /// Pixels for one unit of length of the model, above 0.
    pub scale: f32,
    pub rotation: Rotation,
    /// Where the model's origin falls, in pixels.
    pub centre: [f32; 2],
}

impl Orthographic {
    /// x and y in pixels, z in pixels towards the viewer.
    #[inline]
    pub fn point(&self, position: Vec3) -> Vec3 {
        let [x, y, z] = self.rotation.of(position);
        [self.centre[0] + self.scale * x, self.centre[1] - self.scale * y, self.scale * z]
    }

    /// The same view on a picture `factor` times as large.
    pub fn enlarged(&self, factor: f32) -> Orthographic {
        Orthographic { scale: self.scale * factor, centre: self.centre.map(|c| c * factor), ..*self }
    }

    /// The camera before which turned points fill `share` of a `width` x `height` picture's shorter way, their bounding
    /// box in the middle. What is not finite is left out; without a point the scale is 1.
    pub fn framing(positions: &[Vec3], rotation: Rotation, (width, height): (usize, usize), share: f32) -> Self {
        let mut low = [f32::INFINITY; 2];
        let mut high = [f32::NEG_INFINITY; 2];
        for p in positions.iter().map(|p| rotation.of(*p)).filter(|p| p.iter().all(|v| v.is_finite())) {
            for k in 0..2 {
                low[k] = low[k].min(p[k]);
                high[k] = high[k].max(p[k]);
            }
        }
        let size = [width as f32, height as f32];
        if low[0] > high[0] {
            return Orthographic { scale: 1.0, rotation, centre: size.map(|s| s / 2.0) };
        }
        let side = |k: usize| share * size[k] / (high[k] - low[k]).max(1e-12);
        let scale = side(0).min(side(1));
        let middle = [0, 1].map(|k| scale * (low[k] + high[k]) / 2.0);
        Orthographic { scale, rotation, centre: [size[0] / 2.0 - middle[0], size[1] / 2.0 + middle[1]] }
    }

    /// The camera that sees a turned head in the middle of a square of `side` pixels, as large as it is framed (see
    /// [`framing`](Self::framing)) before it is turned.
    pub fn portrait(positions: &[Vec3], rotation: Rotation, side: usize, share: f32) -> Self {
        let straight = Self::framing(positions, Rotation::IDENTITY, (side, side), share);
        let turned = Self::framing(positions, rotation, (side, side), share);
        let factor = straight.scale / turned.scale;
        let middle = side as f32 / 2.0;
        let centre = turned.centre.map(|c| middle + (c - middle) * factor);
        Orthographic { scale: straight.scale, rotation, centre }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::Pose;

    #[test]
    fn points_fall_where_the_equation_says() {
        let rotation = Pose { yaw: 90.0, ..Pose::default() }.rotation();
        let camera = Orthographic { scale: 10.0, rotation, centre: [32.0, 40.0] };
        // Turned to the image's right: z goes to x, x to -z; y up is y down on the picture.
        let [x, y, z] = camera.point([1.0, 2.0, 3.0]);
        assert!((x - 62.0).abs() < 1e-4 && (y - 20.0).abs() < 1e-4 && (z + 10.0).abs() < 1e-4, "{x} {y} {z}");
    }

    #[test]
    fn a_framed_mesh_fills_its_share() {
        let points = [[0.0, 0.0, 5.0], [4.0, 1.0, 0.0], [2.0, -1.0, 0.0], [f32::NAN; 3]];
        let camera = Orthographic::framing(&points, Rotation::IDENTITY, (200, 100), 0.8);
        assert_eq!(camera.scale, 40.0);
        assert_eq!(camera.point([0.0, 1.0, 0.0])[..2], [20.0, 10.0]);
        assert_eq!(camera.point([4.0, -1.0, 0.0])[..2], [180.0, 90.0]);
        assert_eq!(Orthographic::framing(&[], Rotation::IDENTITY, (8, 6), 1.0).centre, [4.0, 3.0]);
    }
}
