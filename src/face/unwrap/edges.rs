//! Edges of depth, and masks grown by a border.

/// Pixels beside which the surface ends, or continues more than `step` nearer or farther; pixels beyond the surface. Its
/// holes (open eyes, an open mouth) are no edges: they lie in the face.
pub fn of_depth(depth: &[f32], width: usize, step: f32) -> Vec<bool> {
    let beyond = beyond(depth, width);
    let mut edges = beyond.clone();
    let mut pair = |a: usize, b: usize| {
        let hole = |at: usize| !depth[at].is_finite() && !beyond[at];
        let near = (depth[a] - depth[b]).abs() <= step;
        if !(near || hole(a) || hole(b)) {
            (edges[a], edges[b]) = (true, true);
        }
    };
    for at in 0..depth.len() {
        if (at + 1) % width != 0 {
            pair(at, at + 1);
        }
        if at + width < depth.len() {
            pair(at, at + width);
        }
    }
    edges
}

/// Pixels that show nothing, as far as they hang together with the picture's border.
fn beyond(depth: &[f32], width: usize) -> Vec<bool> {
    let mut found = vec![false; depth.len()];
    let ends_row = |at: usize| at.is_multiple_of(width) || (at + 1).is_multiple_of(width);
    let on_border = |at: usize| at < width || at + width >= depth.len() || ends_row(at);
    let mut open: Vec<usize> = (0..depth.len()).filter(|at| on_border(*at) && !depth[*at].is_finite()).collect();
    open.iter().for_each(|at| found[*at] = true);
    while let Some(at) = open.pop() {
        let sideways = [(at % width != 0).then(|| at - 1), ((at + 1) % width != 0).then_some(at + 1)];
        let upright = [at.checked_sub(width), (at + width < depth.len()).then_some(at + width)];
        for next in sideways.into_iter().chain(upright).flatten() {
            if !found[next] && !depth[next].is_finite() {
                found[next] = true;
                open.push(next);
            }
        }
    }
    found
}

/// The pixels within a square of `2 radius + 1` pixels around those of a mask.
pub fn grown(mask: &[bool], width: usize, radius: usize) -> Vec<bool> {
    let height = mask.len().checked_div(width).unwrap_or(0);
    let across = along(mask, height, width, width, 1, radius);
    along(&across, width, height, 1, width, radius)
}

/// Grows along `lines` lines that start `skip` apart, with `len` pixels `step` apart.
fn along(mask: &[bool], lines: usize, len: usize, skip: usize, step: usize, radius: usize) -> Vec<bool> {
    let mut out = vec![false; mask.len()];
    for line in 0..lines {
        let mut until = 0;
        for i in 0..len {
            if mask[line * skip + i * step] {
                let from = i.saturating_sub(radius).max(until);
                until = i.saturating_add(radius).saturating_add(1).min(len);
                (from..until).for_each(|k| out[line * skip + k * step] = true);
            }
        }
    }
    out
}
