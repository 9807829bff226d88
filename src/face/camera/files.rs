//! Cameras as others store them: 3DDFA's 3 x 4 matrix, and `Pose_Para` of AFLW2000-3D and 300W-LP.
//!
//! Both have x to the image's right, y up and z towards the viewer as here, and a picture whose y is up and whose pixels
//! count from 1, as in MATLAB. The centre of their pixel 1 is ours 0.5, so a flipped y of a picture of height h is
//! `h + 0.5 - y`, and x becomes `x - 0.5`.

use super::{Orthographic, Rotation};

impl Orthographic {
    /// From the 12 numbers of 3DDFA, row after row of `[f R | t]` (denormalised), which place the model on a crop of
    /// `side` x `side` pixels (120), and the crop's box on the picture (x0, y0, x1, y1; see 3DDFA_V2, `utils/tddfa_util.py`,
    /// `similar_transform`). The regressed matrix is not quite a rotation: the nearest to its first two rows is taken.
    /// `None` where they give none, or the box is empty.
    pub fn from_tddfa(matrix: &[f32; 12], side: f32, [x0, y0, x1, y1]: [f32; 4]) -> Option<Orthographic> {
        let row = |k: usize| [matrix[4 * k], matrix[4 * k + 1], matrix[4 * k + 2]];
        let (scale, rotation) = Rotation::nearest([row(0), row(1)])?;
        let [across, down] = [(x1 - x0) / side, (y1 - y0) / side];
        // Pixel numbers from 0 on the crop are stretched to the box as they are, and only then put at centres.
        let centre = [(matrix[3] - 1.0) * across + x0 + 0.5, (side - matrix[7]) * down + y0 + 0.5];
        let camera = Orthographic { scale: scale * (across + down) / 2.0, rotation, centre };
        (across > 0.0 && down > 0.0 && camera.is_finite()).then_some(camera)
    }

    /// From `Pose_Para` (pitch, yaw, roll in radians, t_x, t_y, t_z, scale) and the picture's height in pixels. Their
    /// matrices turn the other way (300W-LP, `RotationMatrix.m`): `R = R_x(-pitch) R_y(-yaw) R_z(-roll)` in our signs.
    /// `None` where a number is not finite or the scale is not above 0.
    pub fn from_pose_para(values: &[f32; 7], height: f32) -> Option<Orthographic> {
        let [(sp, cp), (sy, cy), (sr, cr)] = [0, 1, 2].map(|k| values[k].sin_cos());
        let pitch = Rotation([[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]]);
        let yaw = Rotation([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]]);
        let roll = Rotation([[cr, sr, 0.0], [-sr, cr, 0.0], [0.0, 0.0, 1.0]]);
        let rotation = pitch.after(&yaw.after(&roll));
        let camera = Orthographic { scale: values[6], rotation, centre: [values[3] - 0.5, height + 0.5 - values[4]] };
        (values[6] > 0.0 && camera.is_finite()).then_some(camera)
    }

    fn is_finite(&self) -> bool {
        let Rotation(rows) = &self.rotation;
        self.scale.is_finite() && self.centre.iter().chain(rows.as_flattened()).all(|v| v.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::Pose;

    /// The matrix of a rotation, as 3DDFA stores it.
    fn stored(scale: f32, rotation: Rotation, t: [f32; 3]) -> [f32; 12] {
        let mut matrix = [0.0; 12];
        for k in 0..3 {
            matrix[4 * k..4 * k + 3].copy_from_slice(&rotation.0[k].map(|v| scale * v));
            matrix[4 * k + 3] = t[k];
        }
        matrix
    }

    #[test]
    fn a_point_lies_where_3ddfa_draws_it() {
        let rotation = Pose { yaw: -30.0, pitch: 8.0, roll: 3.0 }.rotation();
        let camera =
            Orthographic::from_tddfa(&stored(0.0005, rotation, [61.0, 57.0, -60.0]), 120.0, [20.0, 30.0, 320.0, 330.0])
                .unwrap();
        let vertex = [52_000.0, -31_000.0, 80_000.0];
        // The steps of the data's README: v = R X + t; x - 1, 120 - y; times the box's side / 120; plus its corner.
        let [x, y, _] = rotation.of(vertex).map(|v| 0.0005 * v);
        let wanted = [(x + 61.0 - 1.0) * 2.5 + 20.0, (120.0 - (y + 57.0)) * 2.5 + 30.0];
        let found = camera.point(vertex);
        // Numbers of pixels there, centres here.
        assert!((found[0] - 0.5 - wanted[0]).abs() < 1e-3 && (found[1] - 0.5 - wanted[1]).abs() < 1e-3, "{found:?}");
        assert!((camera.scale - 0.00125).abs() < 1e-9);
        assert!((camera.rotation.pose().yaw + 30.0).abs() < 1e-3);
        assert_eq!(Orthographic::from_tddfa(&[0.0; 12], 120.0, [0.0, 0.0, 9.0, 9.0]), None);
        assert_eq!(Orthographic::from_tddfa(&stored(1.0, rotation, [0.0; 3]), 120.0, [5.0, 0.0, 5.0, 9.0]), None);
    }

    #[test]
    fn angles_of_aflw2000_have_the_other_sign() {
        let degrees = |pitch: f32, yaw: f32, roll: f32| {
            let radians = [pitch, yaw, roll].map(f32::to_radians);
            let values = [radians[0], radians[1], radians[2], 230.0, 210.0, -110.0, 0.0015];
            Orthographic::from_pose_para(&values, 450.0).unwrap()
        };
        let single = [
            (degrees(0.0, 40.0, 0.0), Pose { yaw: -40.0, ..Pose::default() }),
            (degrees(25.0, 0.0, 0.0), Pose { pitch: -25.0, ..Pose::default() }),
            (degrees(0.0, 0.0, 12.0), Pose { roll: -12.0, ..Pose::default() }),
        ];
        for (camera, pose) in single {
            let found = camera.rotation.pose();
            let apart = [found.yaw - pose.yaw, found.pitch - pose.pitch, found.roll - pose.roll];
            assert!(apart.iter().all(|a| a.abs() < 1e-3), "{found:?} {pose:?}");
        }
        // R_x R_y R_z: the roll comes first, then the yaw, and the pitch last.
        let [x, y, z] = degrees(90.0, 90.0, 90.0).rotation.of([1.0, 2.0, 3.0]);
        assert!((x + 3.0).abs() < 1e-5 && (y - 2.0).abs() < 1e-5 && (z - 1.0).abs() < 1e-5, "{x} {y} {z}");
        // The first pixel's centre: 1 there, 0.5 here; the last row from the top is the first from below.
        assert_eq!(degrees(0.0, 0.0, 0.0).centre, [229.5, 240.5]);
        assert_eq!(Orthographic::from_pose_para(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, f32::NAN], 450.0), None);
    }

    /// The numbers of a little-endian `.npy` file of f32 or f64; none where the file is missing.
    fn npy(name: &str, bytes: usize) -> Vec<f64> {
        let folder = crate::data_rig::shared("tddfa");
        let Some(Ok(file)) = folder.map(|folder| std::fs::read(folder.join(name))) else { return Vec::new() };
        let start = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
        let number = |b: &[u8]| match *b {
            [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
            _ => f64::from_le_bytes(b.try_into().unwrap()),
        };
        file[start..].chunks_exact(bytes).map(number).collect()
    }

    /// The landmarks that 3DDFA found on 16 photos, from its parameters. Its matrix is not quite a rotation (the singular
    /// values differ by 3 %), so they are not met exactly.
    #[test]
    fn landmarks_lie_where_3ddfa_found_them() {
        let [base, shape, expression] = ["u_base.npy", "w_shp_base.npy", "w_exp_base.npy"].map(|name| npy(name, 4));
        let (all, boxes, found) =
            (npy("golden_params.npy", 4), npy("golden_roi_boxes.npy", 8), npy("golden_landmarks.npy", 4));
        if found.is_empty() {
            return;
        }
        assert_eq!((base.len(), shape.len(), all.len(), boxes.len()), (204, 204 * 40, 16 * 62, 16 * 4));
        for face in 0..16 {
            let p = &all[face * 62..][..62];
            let matrix = std::array::from_fn(|k| p[k] as f32);
            let roi = std::array::from_fn(|k| boxes[face * 4 + k] as f32);
            let camera = Orthographic::from_tddfa(&matrix, 120.0, roi).unwrap();
            let coordinate = |row: usize| {
                let of = |basis: &[f64], modes: usize, from: usize| -> f64 {
                    (0..modes).map(|k| basis[row * modes + k] * p[from + k]).sum()
                };
                (base[row] + of(&shape, 40, 12) + of(&expression, 10, 52)) as f32
            };
            let mut sum = 0.0;
            for point in 0..68 {
                let [x, y, _] = camera.point([0, 1, 2].map(|k| coordinate(3 * point + k)));
                let wanted = [found[(face * 68 + point) * 2], found[(face * 68 + point) * 2 + 1]];
                sum += (f64::from(x) - 0.5 - wanted[0]).hypot(f64::from(y) - 0.5 - wanted[1]) / 68.0;
            }
            let side = f64::from(roi[2] - roi[0]);
            println!("{face}: {sum:.2} pixels of {side:.0}");
            assert!(sum < 0.015 * side, "{face}: {sum} pixels apart of {side}");
        }
    }
}
