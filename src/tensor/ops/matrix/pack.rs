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

/// Panels that are written side by side where lanes lie beside each other: what is read is then read in long runs.
const TOGETHER: usize = 4;

/// Packs `lanes` by `depth` values in panels of `width` lanes. If `padded`, the last panel is filled up with zeros, as the
/// right operand needs it; otherwise it has just the lanes that are left.
pub fn pack(from: Source<'_>, (lanes, depth): (usize, usize), width: usize, padded: bool, to: &mut [f32]) {
    if lanes == 0 || depth == 0 {
        return;
    }
    assert!(from.start + (lanes - 1) * from.lane + (depth - 1) * from.depth < from.values.len());
    let beside = if from.lane == 1 { lanes / width * width } else { 0 };
    match width {
        6 => copy_beside::<6>(from, beside, depth, to),
        12 => copy_beside::<12>(from, beside, depth, to),
        16 => copy_beside::<16>(from, beside, depth, to),
        32 => copy_beside::<32>(from, beside, depth, to),
        _ => {
            for d in 0..depth {
                spread(&from.values[from.start + d * from.depth..][..beside], width, d, depth, to);
            }
        }
    }
    for first in (beside..lanes).step_by(width) {
        let used = width.min(lanes - first);
        let wide = if padded { width } else { used };
        let panel = &mut to[first * depth..];
        let from = Source { start: from.start + first * from.lane, ..from };
        if from.depth == 1 && turns_fast() {
            turn(from, used, depth, wide, panel);
        } else {
            pick(from, 0..used, 0..depth, wide, panel);
        }
        if used < wide {
            panel[..wide * depth].chunks_exact_mut(wide).for_each(|group| group[used..].fill(0.0));
        }
    }
}

/// Lanes lie beside each other and fill whole panels.
fn copy_beside<const WIDE: usize>(from: Source<'_>, lanes: usize, depth: usize, to: &mut [f32]) {
    for first in (0..lanes).step_by(TOGETHER * WIDE) {
        let count = (TOGETHER * WIDE).min(lanes - first);
        let groups = to[first * depth..][..count * depth].as_chunks_mut::<WIDE>().0;
        for d in 0..depth {
            let line = from.values[from.start + first + d * from.depth..][..count].as_chunks::<WIDE>().0;
            for j in 0..line.len() {
                groups[j * depth + d] = line[j];
            }
        }
    }
}

/// Packs one depth of a right operand whose columns lie beside each other in `line`, a multiple of the kernel's columns.
pub fn spread(line: &[f32], width: usize, d: usize, depth: usize, panels: &mut [f32]) {
    match width {
        8 => spread_whole::<8>(line, d, depth, panels),
        16 => spread_whole::<16>(line, d, depth, panels),
        32 => spread_whole::<32>(line, d, depth, panels),
        _ => {
            for (j, from) in line.chunks_exact(width).enumerate() {
                panels[(j * depth + d) * width..][..width].copy_from_slice(from);
            }
        }
    }
}

#[inline]
fn spread_whole<const WIDE: usize>(line: &[f32], d: usize, depth: usize, panels: &mut [f32]) {
    let groups = panels.as_chunks_mut::<WIDE>().0;
    let mut at = d;
    for from in line.as_chunks::<WIDE>().0 {
        groups[at] = *from;
        at += depth;
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
