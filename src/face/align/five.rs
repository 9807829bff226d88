//! Five points: the eyes, the tip of the nose, the corners of the mouth, from the image's left to its right.

use super::Similarity;

/// Where ArcFace has them in a picture of 112 pixels whose centres are at whole numbers (Deng et al.,
/// <https://arxiv.org/abs/1801.07698>; `arcface_dst` of insightface's `face_align.py`).
const ARCFACE: [[f32; 2]; 5] =
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];
/// Its side.
const SIDE: f32 = 112.0;

/// Numbers of a face's points: all of both eyes, nose, corners of the mouth.
type Parts = (&'static [usize], &'static [usize], usize, [usize; 2]);

/// 300-W's 68 points (iBUG), WFLW's 98: an eye is the mean of its points, or its pupil.
const OF_68: Parts = (&[36, 37, 38, 39, 40, 41], &[42, 43, 44, 45, 46, 47], 30, [48, 54]);
const OF_98: Parts = (&[96], &[97], 54, [76, 82]);

/// The template in a square of `size` pixels, in pixels as areas: the first covers 0 to 1.
pub fn template(size: usize) -> [[f32; 2]; 5] {
    ARCFACE.map(|point| point.map(|v| (v + 0.5) * size as f32 / SIDE))
}

/// Five points of 5, 68 or 98; `None` of others.
pub fn of(points: &[[f32; 2]]) -> Option<[[f32; 2]; 5]> {
    let (left, right, nose, mouth) = match points.len() {
        5 => return points.try_into().ok(),
        68 => OF_68,
        98 => OF_98,
        _ => return None,
    };
    let mean = |numbers: &[usize]| {
        let sum = |k: usize| numbers.iter().map(|i| points[*i][k]).sum::<f32>() / numbers.len() as f32;
        [sum(0), sum(1)]
    };
    Some([mean(left), mean(right), points[nose], points[mouth[0]], points[mouth[1]]])
}

/// From a photo with these points to the template in a square of `size` pixels.
pub fn align(points: &[[f32; 2]], size: usize) -> Option<Similarity> {
    Similarity::fit(&of(points)?, &template(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_own_points_stay() {
        let found = align(&template(112), 112).unwrap();
        assert!((found.a - 1.0).abs() < 1e-6 && found.b.abs() < 1e-6 && found.shift.iter().all(|v| v.abs() < 1e-4));
        let half = align(&template(112), 56).unwrap();
        assert!((half.scale() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn eyes_are_means_of_their_points() {
        let points: Vec<[f32; 2]> = (0..68).map(|i| [i as f32, 2.0 * i as f32]).collect();
        let expected = [[38.5, 77.0], [44.5, 89.0], [30.0, 60.0], [48.0, 96.0], [54.0, 108.0]];
        assert_eq!(of(&points), Some(expected));
        assert_eq!(of(&points[..5]).unwrap()[4], [4.0, 8.0]);
        assert_eq!(of(&points[..21]), None);
        let wide: Vec<[f32; 2]> = (0..98).map(|i| [i as f32, 0.0]).collect();
        assert_eq!(of(&wide).unwrap().map(|p| p[0]), [96.0, 97.0, 54.0, 76.0, 82.0]);
    }
}
