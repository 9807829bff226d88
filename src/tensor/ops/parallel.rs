//! Loops over slices on all cores, in chunks whose borders depend on the length alone.

use rayon::prelude::*;

/// Elements a task works on: small enough to balance two cores, large enough to pay for itself.
pub const CHUNK: usize = 1 << 14;

/// Runs `task` for `0..count` on all cores. Here and in [`chunks`] a loop is handed to the pool without its type, so that
/// the pool's code is compiled once and not once for each loop.
#[inline(never)]
pub fn tasks(count: usize, task: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().for_each(task);
}

/// Runs `f` on every chunk of `len` elements, with its number.
#[inline(never)]
pub fn chunks<T: Send>(output: &mut [T], len: usize, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
    output.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
}

/// Runs `f` over aligned chunks of an output and an input of equal length.
pub fn zip(output: &mut [f32], input: &[f32], f: impl Fn(&mut [f32], &[f32]) + Sync) {
    debug_assert_eq!(output.len(), input.len());
    if output.len() <= CHUNK {
        return f(output, input);
    }
    chunks(output, CHUNK, &|k, o| f(o, part(input, k, o.len())));
}

/// Runs `f` over aligned chunks of an output and two inputs of equal length.
pub fn zip2(output: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(&mut [f32], &[f32], &[f32]) + Sync) {
    debug_assert!(output.len() == a.len() && a.len() == b.len());
    if output.len() <= CHUNK {
        return f(output, a, b);
    }
    chunks(output, CHUNK, &|k, o| f(o, part(a, k, o.len()), part(b, k, o.len())));
}

/// Chunk `k` of `len` elements, the last of which may be shorter.
pub fn part(values: &[f32], k: usize, len: usize) -> &[f32] {
    &values[k * CHUNK..k * CHUNK + len]
}

/// How many items of `cost` elements make a task.
fn items_per_task(cost: usize) -> usize {
    (CHUNK / cost.max(1)).max(1)
}

/// Runs `f` on every row of `len` elements, with its number.
pub fn rows(output: &mut [f32], len: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if len == 0 {
        return;
    }
    if output.len() <= CHUNK {
        return output.chunks_mut(len).enumerate().for_each(|(i, row)| f(i, row));
    }
    let count = items_per_task(len);
    chunks(output, count * len, &|task, rows| {
        for (i, row) in rows.chunks_mut(len).enumerate() {
            f(task * count + i, row);
        }
    });
}

/// As [`rows`], over rows of two outputs, which may differ in length.
pub fn rows2<T: Send>(
    (a, a_len): (&mut [f32], usize),
    (b, b_len): (&mut [T], usize),
    f: impl Fn(usize, &mut [f32], &mut [T]) + Sync,
) {
    if a_len == 0 || b_len == 0 {
        return;
    }
    let count = items_per_task(a_len.max(b_len));
    let task = |(task, (a, b)): (usize, (&mut [f32], &mut [T]))| {
        for (i, (a, b)) in a.chunks_mut(a_len).zip(b.chunks_mut(b_len)).enumerate() {
            f(task * count + i, a, b);
        }
    };
    if a.len().max(b.len()) <= CHUNK {
        return task((0, (a, b)));
    }
    a.par_chunks_mut(count * a_len).zip(b.par_chunks_mut(count * b_len)).enumerate().for_each(task);
}

/// `f` of every number below `count`, each of which costs about `cost` elements.
pub fn collect<T: Send>(count: usize, cost: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    if count * cost <= CHUNK {
        return (0..count).map(f).collect();
    }
    (0..count).into_par_iter().with_min_len(items_per_task(cost)).map(f).collect()
}
