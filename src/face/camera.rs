//! Cameras: how a head is turned and where its points fall on the picture.
//!
//! Pixel coordinates have their origin at the upper left corner, x to the right, y down, pixel centres at +0.5.

mod files;
mod orthographic;
mod perspective;

use super::mesh::{Vec3, cross, dot};
use rayon::prelude::*;

pub use orthographic::Orthographic;
pub use perspective::Perspective;

/// Yaw (positive: the face turns to the image's right), pitch (positive: it looks down) and roll (positive:
/// counter-clockwise, the head's top goes to the image's left), in degrees; applied in the order roll, pitch, yaw:
/// `R = R_y(yaw) R_x(pitch) R_z(roll)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    pub yaw: f32,
    pub pitch: f32,
    pub roll: f32,
}

/// A rotation: rows of its matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation(pub [Vec3; 3]);

impl Pose {
    /// The rotation that turns the head so.
    pub fn rotation(&self) -> Rotation {
        let [(sy, cy), (sp, cp), (sr, cr)] = [self.yaw, self.pitch, self.roll].map(|d| d.to_radians().sin_cos());
        let yaw = Rotation([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]]);
        let pitch = Rotation([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]]);
        let roll = Rotation([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]]);
        yaw.after(&pitch.after(&roll))
    }
}

impl Rotation {
    /// Nothing turned.
    pub const IDENTITY: Rotation = Rotation([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// The pose that turns so: pitch from -90 to 90, yaw and roll from -180 to 180. Where the face looks straight up or
    /// down, yaw and roll turn about the same axis: there all of it counts as yaw, and roll is 0.
    pub fn pose(&self) -> Pose {
        let m = &self.0;
        let level = m[0][2].hypot(m[2][2]);
        let pitch = (-m[1][2]).atan2(level);
        let (yaw, roll) = match level {
            level if level < 1e-6 => ((-m[2][0]).atan2(m[0][0]), 0.0),
            _ => (m[0][2].atan2(m[2][2]), m[1][0].atan2(m[1][1])),
        };
        Pose { yaw: yaw.to_degrees(), pitch: pitch.to_degrees(), roll: roll.to_degrees() }
    }

    /// The rotation whose first two rows, times one factor, come closest to two given rows (least squares), and that
    /// factor. `None` where the rows are parallel, zero or not finite.
    ///
    /// The rows are `M` of 2 x 3: its polar factor is `(M M^T)^(-1/2) M`, and the square root of a 2 x 2 matrix of trace
    /// t and determinant d^2 is `(A + d I) / sqrt(t + 2 d)`; the factor is half the sum of the singular values.
    pub fn nearest(rows: [Vec3; 2]) -> Option<(f32, Rotation)> {
        let [a, b] = rows.map(|row| row.map(f64::from));
        let product = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let (aa, ab, bb) = (product(a, a), product(a, b), product(b, b));
        let singular = (aa * bb - ab * ab).max(0.0).sqrt();
        let sum = (aa + bb + 2.0 * singular).sqrt();
        if !(singular > 1e-12 * (aa + bb) && singular.is_finite()) {
            return None;
        }
        // The inverse of the root, by the adjugate: its determinant is `singular`.
        let root = [[(aa + singular) / sum, ab / sum], [ab / sum, (bb + singular) / sum]];
        let row = |p: f64, q: f64| [0, 1, 2].map(|k| ((p * a[k] + q * b[k]) / singular) as f32);
        let (first, second) = (row(root[1][1], -root[0][1]), row(-root[0][1], root[0][0]));
        Some(((sum / 2.0) as f32, Rotation([first, second, cross(first, second)])))
    }

    /// This rotation of a point or direction.
    #[inline]
    pub fn of(&self, v: Vec3) -> Vec3 {
        // Without closures over arrays, which are calls where crates are not optimised across their units.
        [dot(self.0[0], v), dot(self.0[1], v), dot(self.0[2], v)]
    }

    /// First `other`, then this one.
    pub fn after(&self, other: &Rotation) -> Rotation {
        let column = |c: usize| [other.0[0][c], other.0[1][c], other.0[2][c]];
        Rotation(self.0.map(|row| [0, 1, 2].map(|c| dot(row, column(c)))))
    }
}

/// Points on the picture, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projected {
    /// x and y in pixels; then what is linear over the picture and greater the nearer a point is: z (in pixels) of an
    /// orthographic camera, 1 / distance of a perspective one. NaN for a point that cannot be seen.
    pub points: Vec<Vec3>,
    pub perspective: bool,
}

/// Either camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Camera {
    Orthographic(Orthographic),
    Perspective(Perspective),
}

impl Camera {
    /// How the head is turned before this camera.
    pub fn rotation(&self) -> &Rotation {
        match self {
            Camera::Orthographic(camera) => &camera.rotation,
            Camera::Perspective(camera) => &camera.rotation,
        }
    }

    /// One point: see [`Projected::points`].
    #[inline]
    pub fn point(&self, position: Vec3) -> Vec3 {
        match self {
            Camera::Orthographic(camera) => camera.point(position),
            Camera::Perspective(camera) => camera.point(position),
        }
    }

    /// Many points, on all cores.
    pub fn project(&self, positions: &[Vec3]) -> Projected {
        let mut points = vec![[0.0; 3]; positions.len()];
        each(&mut points, positions, |p| self.point(p));
        Projected { points, perspective: matches!(self, Camera::Perspective(_)) }
    }

    /// Directions (normals) as the camera sees them: x to the image's right, y up, z towards the viewer.
    pub fn turned(&self, directions: &[Vec3]) -> Vec<Vec3> {
        let mut out = vec![[0.0; 3]; directions.len()];
        each(&mut out, directions, |d| self.rotation().of(d));
        out
    }

    /// The same view on a picture `factor` times as large.
    pub fn enlarged(&self, factor: f32) -> Camera {
        match self {
            Camera::Orthographic(camera) => Camera::Orthographic(camera.enlarged(factor)),
            Camera::Perspective(camera) => Camera::Perspective(camera.enlarged(factor)),
        }
    }
}

/// `out[i] = f(of[i])`, in parts large enough for a task.
fn each(out: &mut [Vec3], of: &[Vec3], f: impl Fn(Vec3) -> Vec3 + Sync) {
    const PART: usize = 4096;
    out.par_chunks_mut(PART).zip(of.par_chunks(PART)).for_each(|(out, of)| {
        out.iter_mut().zip(of).for_each(|(out, of)| *out = f(*of));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_positive_yaw_turns_to_the_right_and_a_positive_pitch_down() {
        let nose = [0.0, 0.0, 1.0];
        let right = Pose { yaw: 90.0, ..Pose::default() }.rotation().of(nose);
        assert!((right[0] - 1.0).abs() < 1e-6, "{right:?}");
        let down = Pose { pitch: 90.0, ..Pose::default() }.rotation().of(nose);
        assert!((down[1] + 1.0).abs() < 1e-6, "{down:?}");
    }

    #[test]
    fn a_rotation_keeps_lengths() {
        let turned = Pose { yaw: 33.0, pitch: -12.0, roll: 5.0 }.rotation().of([0.3, -0.5, 0.8]);
        assert!((super::super::mesh::dot(turned, turned) - 0.98).abs() < 1e-5);
    }

    fn apart(a: &Rotation, b: &Rotation) -> f32 {
        a.0.iter().flatten().zip(b.0.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_pose_survives_its_rotation() {
        for yaw in [-170.0, -90.0, -33.0, 0.0, 12.5, 80.0, 135.0] {
            for pitch in [-89.0, -30.0, 0.0, 4.0, 60.0, 89.0] {
                for roll in [-120.0, -5.0, 0.0, 45.0, 179.0] {
                    let found = Pose { yaw, pitch, roll }.rotation().pose();
                    let apart = [found.yaw - yaw, found.pitch - pitch, found.roll - roll];
                    assert!(apart.iter().all(|a| a.abs() < 1e-2), "{yaw} {pitch} {roll}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn straight_up_and_down_all_turning_is_yaw() {
        for pitch in [-90.0, 90.0] {
            let rotation = Pose { yaw: 20.0, pitch, roll: 35.0 }.rotation();
            let found = rotation.pose();
            assert_eq!(found.roll, 0.0);
            assert!((found.pitch - pitch).abs() < 1e-3 && apart(&found.rotation(), &rotation) < 1e-5, "{found:?}");
        }
    }

    #[test]
    fn the_nearest_rotation_is_that_of_the_polar_decomposition() {
        let turned = Pose { yaw: -40.0, pitch: 10.0, roll: 25.0 }.rotation();
        let rows = [turned.0[0].map(|v| 3.5 * v), turned.0[1].map(|v| 3.5 * v)];
        let (scale, found) = Rotation::nearest(rows).unwrap();
        assert!((scale - 3.5).abs() < 1e-5 && apart(&found, &turned) < 1e-6);
        // u, s, v = numpy.linalg.svd([[2, .3, -.1], [.4, 1.5, .2]], full_matrices=False); u @ v; s.mean()
        let (scale, found) = Rotation::nearest([[2.0, 0.3, -0.1], [0.4, 1.5, 0.2]]).unwrap();
        let wanted = [[0.9968366, -0.0227287, -0.0761584], [0.0338819, 0.9883282, 0.148524]];
        assert!((scale - 1.7601102).abs() < 1e-6, "{scale}");
        for (found, wanted) in found.0[..2].iter().flatten().zip(wanted.as_flattened()) {
            assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
        }
        for bad in [[[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]], [[0.0; 3]; 2], [[f32::NAN; 3], [1.0; 3]]] {
            assert_eq!(Rotation::nearest(bad), None);
        }
    }
}
