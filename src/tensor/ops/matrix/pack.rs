//! Copies of an operand in the order in which the kernel reads it: panels of some lanes (rows of the left operand, columns
//! of the right one), in each the lanes of depth 0, then those of depth 1, and so on.
#![allow(unsafe_code, reason = "transposes eight by eight in vector registers")]

/// An operand: the value of lane l at depth d is at `start + l * lane + d * depth`.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub values: &'a [f32],
    pub start: usize,
    pub lane: usize,
    pub depth: usize,
}

/// Packs `lanes` by `depth` values in panels of `width` lanes. If `padded`, the last panel is filled up with zeros, as the
/// right operand needs it; otherwise it has just the lanes that are left.
pub fn pack(from: Source<'_>, (lanes, depth): (usize, usize), width: usize, padded: bool, to: &mut [f32]) {
    if lanes == 0 || depth == 0 {
        return;
    }
    assert!(from.start + (lanes - 1) * from.lane + (depth - 1) * from.depth < from.values.len());
    for first in (0..lanes).step_by(width) {
        let used = width.min(lanes - first);
        let wide = if padded { width } else { used };
        let panel = &mut to[first * depth..];
        let from = Source { start: from.start + first * from.lane, ..from };
        if from.lane == 1 {
            copy_runs(from, used, depth, wide, panel);
        } else if from.depth == 1 && turns_fast() {
            turn(from, used, depth, wide, panel);
        } else {
            pick(from, 0..used, 0..depth, wide, panel);
        }
        if used < wide {
            panel[..wide * depth].chunks_exact_mut(wide).for_each(|group| group[used..].fill(0.0));
        }
    }
}

/// Lanes lie beside each other.
fn copy_runs(from: Source<'_>, used: usize, depth: usize, wide: usize, panel: &mut [f32]) {
    for (d, group) in panel[..wide * depth].chunks_exact_mut(wide).enumerate() {
        let start = from.start + d * from.depth;
        copy_short(&mut group[..used], &from.values[start..start + used]);
    }
}

/// Copies a few values faster than a call for any number of them does.
#[inline]
pub fn copy_short(to: &mut [f32], from: &[f32]) {
    let ((to, to_rest), (from, from_rest)) = (to.as_chunks_mut::<8>(), from.as_chunks::<8>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

fn pick(
    from: Source<'_>,
    lanes: std::ops::Range<usize>,
    depths: std::ops::Range<usize>,
    wide: usize,
    panel: &mut [f32],
) {
    for d in depths {
        for l in lanes.clone() {
            panel[d * wide + l] = from.values[from.start + l * from.lane + d * from.depth];
        }
    }
}

fn turns_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Depths lie beside each other: blocks of eight by eight are turned around in registers. A block writes eight lanes even
/// where fewer are used; what it writes too much is overwritten by what comes later, so the order of the loops matters.
fn turn(from: Source<'_>, used: usize, depth: usize, wide: usize, panel: &mut [f32]) {
    const SIDE: usize = 8;
    for lane in (0..used).step_by(SIDE).rev() {
        let lanes = lane..used.min(lane + SIDE);
        let mut d = 0;
        while d + SIDE <= depth && (d + SIDE - 1) * wide + lane + SIDE <= panel.len() {
            turn_block(from, lanes.clone(), d, wide, panel);
            d += SIDE;
        }
        pick(from, lanes, d..depth, wide, panel);
    }
}

#[cfg(target_arch = "x86_64")]
fn turn_block(from: Source<'_>, lanes: std::ops::Range<usize>, d: usize, wide: usize, panel: &mut [f32]) {
    let row = |i: usize| {
        let lane = (lanes.start + i).min(lanes.end - 1);
        from.values[from.start + lane * from.lane + d..][..8].as_ptr()
    };
    let rows = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
    let to = &mut panel[d * wide + lanes.start..][..7 * wide + 8];
    // SAFETY: AVX2 is there, as `turns_fast` said; the rows and the target were just sliced to these lengths.
    unsafe { super::vector::transpose_8x8(rows, to.as_mut_ptr(), wide) }
}

#[cfg(not(target_arch = "x86_64"))]
fn turn_block(from: Source<'_>, lanes: std::ops::Range<usize>, d: usize, wide: usize, panel: &mut [f32]) {
    pick(from, lanes, d..d + 8, wide, panel);
}
