//! The fitted faces of 300W-LP and AFLW2000-3D (Zhu et al., "Face Alignment Across Large Poses", 2016): a `.mat` file a
//! photo with its landmarks and the parameters of the Basel Face Model.
//!
//! The first pixel's centre is (1, 1).

use super::{Landmarks, Origin};
use crate::face::camera::{Pose, Rotation};
use crate::face::readers::array::Array;
use crate::face::readers::error::Result;
use crate::face::readers::mat::Mat;

/// Variables that are read; the others are passed over.
const WANTED: &[&str] = &["pt3d_68", "pt2d", "Pose_Para", "Shape_Para", "Exp_Para", "roi"];

/// What a file says of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// 68 points: of `pt3d_68` (points hidden by the face itself lie where they would be seen) or, where it lacks, of
    /// `pt2d` with 68 points.
    pub landmarks: Landmarks,
    /// The third row of `pt3d_68`, in pixels; empty where it lacks.
    pub depth: Vec<f32>,
    /// `Pose_Para` as it stands in the file: pitch, yaw and roll in radians, translation in pixels, scale.
    pub parameters: [f32; 7],
    /// 199 values; empty where the file has none.
    pub shape: Vec<f32>,
    /// 29 values; empty where the file has none.
    pub expression: Vec<f32>,
    /// The crop of the original photo: left, top, right, bottom as in the file.
    pub region: Option<[f32; 4]>,
}

impl Fitted {
    /// How the head is turned. The file's angles are the opposite of this crate's, and it turns by roll, yaw, pitch.
    pub fn rotation(&self) -> Rotation {
        let [pitch, yaw, roll, ..] = self.parameters.map(|angle| -angle.to_degrees());
        let turned = |yaw: f32, pitch: f32, roll: f32| Pose { yaw, pitch, roll }.rotation();
        turned(0.0, pitch, 0.0).after(&turned(yaw, 0.0, 0.0)).after(&turned(0.0, 0.0, roll))
    }

    /// The pose by this crate's signs and order, which gives the same [rotation](Self::rotation).
    pub fn pose(&self) -> Pose {
        let Rotation([[_, _, side], [across, upright, down], [_, _, front]]) = self.rotation();
        let angles = [side.atan2(front), -down.clamp(-1.0, 1.0).asin(), across.atan2(upright)];
        let [yaw, pitch, roll] = angles.map(f32::to_degrees);
        Pose { yaw, pitch, roll }
    }
}

/// Reads a file.
pub fn read(file: &str, data: &[u8]) -> Result<Fitted> {
    let mat = Mat::read(file, data, Some(WANTED))?;
    let (points, depth) = match (mat.get("pt3d_68")?, mat.get("pt2d")?) {
        (Some(points), _) => {
            points.expect(&[Some(3), Some(68)])?;
            let columns = points.columns()?;
            let columns = columns.as_chunks::<3>().0;
            (columns.iter().map(|p| [p[0], p[1]]).collect(), columns.iter().map(|p| p[2]).collect())
        }
        (None, Some(points)) if points.shape == [2, 68] => (points.columns()?.as_chunks::<2>().0.to_vec(), Vec::new()),
        _ => return Err(mat.wrong("has neither `pt3d_68` nor `pt2d` of 68 points")),
    };
    let points = points.into_iter().map(|point: [f32; 2]| Origin::One.area(point)).collect();
    let values = |name: &str| mat.get(name)?.map_or(Ok(Vec::new()), Array::rows);
    let pose = mat.need("Pose_Para")?;
    let parameters = pose.rows()?.try_into();
    let parameters = parameters.map_err(|_| pose.wrong(format!("has the shape {:?}, expected [1, 7]", pose.shape)))?;
    Ok(Fitted {
        landmarks: Landmarks { file: None, points },
        depth,
        parameters,
        shape: values("Shape_Para")?,
        expression: values("Exp_Para")?,
        region: values("roi")?.try_into().ok(),
    })
}
