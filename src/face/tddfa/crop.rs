//! The part of a photo that a network sees.

use crate::face::picture::Picture;

/// Cuts out a region `[x0, y0, x1, y1]`, its numbers rounded to whole ones (halves to even), and brings it to `size` x
/// `size`: bilinear with antialiasing, as Pillow's `BILINEAR`. Outside the photo all is 0. Empty where the region is,
/// or wider than 16 times the photo.
pub fn crop(photo: &Picture, region: [f64; 4], size: usize) -> Picture {
    let empty = Picture::new(0, 0, photo.channels);
    let [x0, y0, x1, y1] = region.map(f64::round_ties_even);
    let most = 16.0 * photo.width.max(photo.height) as f64;
    if !(x1 - x0 >= 1.0 && y1 - y0 >= 1.0 && x1 - x0 <= most && y1 - y0 <= most && x0.abs().max(y0.abs()) <= most) {
        return empty;
    }
    let (columns, rows) = (taps((x1 - x0) as usize, size), taps((y1 - y0) as usize, size));
    let (left, top, channels) = (x0 as isize, y0 as isize, photo.channels);
    let inside = |at: isize, len: usize| usize::try_from(at).ok().filter(|at| *at < len);
    // Along the rows first, for the rows that are in the photo.
    let height = (y1 - y0) as usize;
    let mut across = vec![0.0f32; height * size * channels];
    for (y, line) in across.chunks_exact_mut((size * channels).max(1)).enumerate() {
        let Some(row) = inside(top + y as isize, photo.height) else { continue };
        for (pixel, (first, weights)) in line.chunks_exact_mut(channels).zip(&columns) {
            for (k, weight) in weights.iter().enumerate() {
                let Some(column) = inside(left + (first + k) as isize, photo.width) else { continue };
                pixel.iter_mut().zip(photo.at(column, row)).for_each(|(p, v)| *p += weight * v);
            }
        }
    }
    let mut out = Picture::new(size, size, channels);
    for (line, (first, weights)) in out.data.chunks_exact_mut((size * channels).max(1)).zip(&rows) {
        for (k, weight) in weights.iter().enumerate() {
            let from = &across[(first + k) * size * channels..][..size * channels];
            line.iter_mut().zip(from).for_each(|(p, v)| *p += weight * v);
        }
    }
    out
}

/// For each of `to` pixels the first of `from` that it is made of, and their weights, of sum 1: a triangle as wide as two
/// pixels, of the larger size.
fn taps(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to.max(1) as f64;
    let support = scale.max(1.0);
    let of = |pixel: usize| {
        let centre = (pixel as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let last = ((centre + support + 0.5) as usize).min(from);
        let weight = |k: usize| (1.0 - ((k as f64 + 0.5 - centre) / support).abs()).max(0.0);
        let total: f64 = (first..last).map(weight).sum();
        (first, (first..last).map(|k| (weight(k) / total) as f32).collect())
    };
    (0..to).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_pillows() {
        // numpy.asarray(PIL.Image.fromarray(numpy.arange(49, dtype='f4').reshape(7, 7) ** 2).crop((1, -2, 6, 4))
        //     .resize((3, 3), PIL.Image.BILINEAR)); the crop is zero outside.
        let data = (0..49).map(|i| (i * i) as f32).collect();
        let photo = Picture { width: 7, height: 7, channels: 1, data };
        let found = crop(&photo, [1.4, -1.5, 5.5, 3.6], 3);
        let wanted = [0.32653064, 1.3492063, 3.0204082, 57.375, 77.388_89, 101.375, 328.0, 385.444_46, 447.428_6];
        for (f, w) in found.data.iter().zip(wanted) {
            assert!((f - w).abs() < 2e-4 * w.max(1.0), "{:?}", found.data);
        }
    }

    #[test]
    fn a_region_of_nothing_is_empty() {
        let photo = Picture::filled(4, 4, &[1.0, 0.5, 0.0]);
        for region in [[2.0, 2.0, 2.2, 9.0], [f64::NAN; 4], [0.0, 0.0, 1e9, 1e9], [1e12, 0.0, 1e12 + 4.0, 4.0]] {
            assert!(crop(&photo, region, 8).data.is_empty(), "{region:?}");
        }
        assert!(crop(&photo, [-9.0, -9.0, -5.0, -5.0], 2).data.iter().all(|v| *v == 0.0));
    }
}
