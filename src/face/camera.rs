//! A head turned before an orthographic camera.

use super::mesh::Vec3;

/// Yaw (positive: the face turns to the image's right), pitch (positive: it looks down) and roll, in degrees; applied in
/// the order roll, pitch, yaw.
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
    /// This rotation of a point or direction.
    pub fn of(&self, v: Vec3) -> Vec3 {
        self.0.map(|row| super::mesh::dot(row, v))
    }

    /// First `other`, then this one.
    pub fn after(&self, other: &Rotation) -> Rotation {
        let column = |c: usize| [other.0[0][c], other.0[1][c], other.0[2][c]];
        Rotation(self.0.map(|row| [0, 1, 2].map(|c| super::mesh::dot(row, column(c)))))
    }
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
}
