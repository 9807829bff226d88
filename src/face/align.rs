//! Faces brought to one place and size by similarity transforms: by five points to a template, or by the exposed half of
//! a face to another face's.

pub mod five;
pub mod half;
pub mod similarity;

pub use similarity::Similarity;

use super::picture::Picture;

/// The square of `size` pixels that a similarity from the photo to it shows; `outside` where the photo has nothing.
///
/// Bilinear, as the warps of the public recognition code; where the photo is finer than the square, each pixel is the
/// mean of as many places along each axis as the photo has pixels there.
pub fn warp(photo: &Picture, to: &Similarity, size: usize, outside: f32) -> Option<Picture> {
    let back = to.inverse()?;
    let places = (1.0 / to.scale()).round().clamp(1.0, 64.0) as usize;
    let mut out = Picture::new(size, size, photo.channels);
    let mut value = vec![0.0; photo.channels];
    let share = 1.0 / (places * places) as f32;
    for y in 0..size {
        for x in 0..size {
            let pixel = out.at_mut(x, y);
            for (i, j) in (0..places * places).map(|k| (k % places, k / places)) {
                let within = |at: usize, k: usize| at as f32 + (k as f32 + 0.5) / places as f32;
                let [u, v] = back.of([within(x, i), within(y, j)]);
                if !photo.sample(u, v, &mut value) {
                    value.fill(outside);
                }
                pixel.iter_mut().zip(&value).for_each(|(to, from)| *to += share * from);
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 12 x 10 pixels of 10 x + 100 y of pixel numbers.
    fn ramp() -> Picture {
        let data = (0..120).map(|i| 10.0 * (i % 12) as f32 + 100.0 * (i / 12) as f32).collect();
        Picture { width: 12, height: 10, channels: 1, data }
    }

    #[test]
    fn a_shift_reads_the_pixels_beside() {
        let to = Similarity { a: 1.0, b: 0.0, shift: [-3.0, -2.0] };
        let out = warp(&ramp(), &to, 4, -1.0).unwrap();
        assert_eq!(out.at(0, 0), [230.0]);
        assert_eq!(out.at(3, 3), [560.0]);
        let beyond = warp(&ramp(), &Similarity { shift: [2.0, 0.0], ..to }, 4, -1.0).unwrap();
        assert_eq!((beyond.at(1, 0), beyond.at(2, 0)), (&[-1.0][..], &[0.0][..]));
    }

    #[test]
    fn a_smaller_square_is_of_means() {
        // Half the size: each pixel the mean of four places, of which a ramp's middle is the mean.
        let out = warp(&ramp(), &Similarity { a: 0.5, b: 0.0, shift: [0.0; 2] }, 4, 0.0).unwrap();
        assert!((out.at(1, 1)[0] - (25.0 + 250.0)).abs() < 1e-3, "{:?}", out.at(1, 1));
        assert!(warp(&ramp(), &Similarity { a: 0.0, b: 0.0, shift: [0.0; 2] }, 4, 0.0).is_none());
        assert_eq!(ramp().mirrored().at(0, 1), [210.0]);
    }
}
