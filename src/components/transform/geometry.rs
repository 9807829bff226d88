//! What geometric transforms share: a change of the spatial ports, and points that move with the pixels.

use crate::components::raster;
use crate::components::sample::{Array, DataError, Sample, Scope};
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

/// Point numbers after a mirror: 68 points of iBUG, or 5 (eyes, nose, mouth corners); `None` for other numbers.
pub fn mirrored(points: usize) -> Option<Vec<usize>> {
    const PAIRS: [(usize, usize); 29] = [
        (0, 16),
        (1, 15),
        (2, 14),
        (3, 13),
        (4, 12),
        (5, 11),
        (6, 10),
        (7, 9),
        (17, 26),
        (18, 25),
        (19, 24),
        (20, 23),
        (21, 22),
        (31, 35),
        (32, 34),
        (36, 45),
        (37, 44),
        (38, 43),
        (39, 42),
        (40, 47),
        (41, 46),
        (48, 54),
        (49, 53),
        (50, 52),
        (55, 59),
        (56, 58),
        (60, 64),
        (61, 63),
        (65, 67),
    ];
    let pairs: &[(usize, usize)] = match points {
        68 => &PAIRS,
        5 => &[(0, 1), (3, 4)],
        _ => return None,
    };
    let mut order: Vec<usize> = (0..points).collect();
    pairs.iter().for_each(|&(a, b)| order.swap(a, b));
    Some(order)
}
