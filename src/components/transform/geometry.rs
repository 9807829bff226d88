//! What geometric transforms share: a change of the spatial ports, and points that move with the pixels.

use crate::components::raster;
use crate::components::sample::{Array, DataError, Sample, Scope};
use crate::face::align::half::MIRRORED;
use crate::registry::Type;

/// Height and width of the first pixel port in scope.
pub fn frame(sample: &Sample, scope: &Scope<'_>) -> Option<(usize, usize)> {
    scope.select(is_pixels).find_map(|(port, _)| sample.get(port)).map(Array::frame)
}

/// Images, maps, masks.
pub fn is_pixels(ty: Type) -> bool {
    matches!(ty, Type::Image | Type::Map | Type::Mask)
}

/// Changes pixel ports by `pixels` (masks are cut at one half after it) and landmarks by `points`. Pixel centres of
/// landmarks are at whole numbers.
pub fn change(
    sample: &mut Sample,
    scope: &Scope<'_>,
    pixels: impl Fn(&Array) -> Array,
    points: impl Fn(f32, f32) -> (f32, f32),
) {
    for (port, ty) in scope.select(|ty| is_pixels(ty) || ty == Type::Landmarks) {
        let Some(array) = sample.get_mut(port) else { continue };
        if ty == Type::Landmarks {
            let dims = array.shape[1];
            for point in array.data.chunks_exact_mut(dims) {
                (point[0], point[1]) = points(point[0], point[1]);
            }
            continue;
        }
        *array = pixels(array);
        if ty == Type::Mask {
            raster::threshold(array);
        }
    }
}

/// Adds as many pixels on each side of the spatial ports, their rims going on.
pub fn widen(pixels: usize, sample: &mut Sample, scope: &Scope<'_>) {
    let wide = |array: &Array| {
        let (height, width) = array.frame();
        let at = |place: usize, length: usize| place.saturating_sub(pixels).min(length - 1);
        let columns: Vec<usize> = (0..width + 2 * pixels).map(|x| at(x, width)).collect();
        let mut data = Vec::with_capacity(array.shape[0] * (height + 2 * pixels) * columns.len());
        for channel in 0..array.shape[0] {
            let plane = array.plane(channel);
            for y in 0..height + 2 * pixels {
                let row = &plane[at(y, height) * width..][..width];
                data.extend(columns.iter().map(|x| row[*x]));
            }
        }
        Array { shape: [array.shape[0], height + 2 * pixels, width + 2 * pixels], data }
    };
    change(sample, scope, wide, |x, y| (x + pixels as f32, y + pixels as f32));
}

/// Cuts a square of `size` out of the spatial ports. `place` gives top and left from the room there is.
pub fn crop(
    name: &'static str,
    size: usize,
    sample: &mut Sample,
    scope: &Scope<'_>,
    place: impl FnOnce(usize, usize) -> (usize, usize),
) -> Result<(), DataError> {
    let Some((height, width)) = frame(sample, scope) else { return Ok(()) };
    for (port, _) in scope.select(is_pixels) {
        let Some((h, w)) = sample.get(port).map(Array::frame) else { continue };
        let why = if h < size || w < size {
            format!("it is {w} wide and {h} high, the crop {size}")
        } else if (h, w) != (height, width) {
            format!("it is {w} wide and {h} high, another port {width} and {height}")
        } else {
            continue;
        };
        return Err(DataError::Transform { transform: name, port: port.into(), why });
    }
    let (top, left) = place(height - size, width - size);
    let cut = |array: &Array| raster::crop(array, top, left, size, size);
    change(sample, scope, cut, |x, y| (x - left as f32, y - top as f32));
    Ok(())
}

/// WFLW: runs of points that lie mirrored, each from its one end with the other's: jaw, brows (upper and lower line), nose,
/// eyes (upper and lower lid), lips, pupils. They are the `swap` numbers of mmpose's `configs/_base_/datasets/wflw.py`.
fn mirrored_98() -> Vec<usize> {
    const RUNS: [(usize, usize, usize); 13] = [
        (0, 32, 16),
        (33, 46, 5),
        (38, 50, 4),
        (55, 59, 2),
        (60, 72, 5),
        (65, 75, 1),
        (66, 74, 1),
        (67, 73, 1),
        (76, 82, 3),
        (83, 87, 2),
        (88, 92, 2),
        (93, 95, 1),
        (96, 97, 1),
    ];
    let mut order: Vec<usize> = (0..98).collect();
    for (from, to, count) in RUNS {
        (0..count).for_each(|i| order.swap(from + i, to - i));
    }
    order
}

/// Point numbers after a mirror: 68 points of iBUG, 98 of WFLW, or 5 (eyes, nose, mouth corners); `None` for others.
pub fn mirrored(points: usize) -> Option<Vec<usize>> {
    let pairs: &[(usize, usize)] = match points {
        68 => &MIRRORED,
        98 => return Some(mirrored_98()),
        5 => &[(0, 1), (3, 4)],
        _ => return None,
    };
    let mut order: Vec<usize> = (0..points).collect();
    pairs.iter().for_each(|&(a, b)| order.swap(a, b));
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_of_a_mirror_is_the_face() {
        for points in [5, 68, 98] {
            let order = mirrored(points).unwrap();
            assert!((0..points).all(|i| order[order[i]] == i), "{points}");
        }
        assert_eq!(mirrored(21), None);
        // The `swap` numbers of mmpose's configs/_base_/datasets/wflw.py; jaw, brow, nose, eye, lips, pupils.
        let order = mirrored(98).unwrap();
        let known = [(0, 32), (15, 17), (33, 46), (37, 42), (38, 50), (41, 47), (55, 59), (60, 72), (64, 68), (67, 73)];
        for (a, b) in known.into_iter().chain([(65, 75), (76, 82), (78, 80), (84, 86), (89, 91), (93, 95), (96, 97)]) {
            assert_eq!((order[a], order[b]), (b, a));
        }
        assert!([16, 51, 54, 57, 79, 85, 90, 94].into_iter().all(|i| order[i] == i));
    }
}
