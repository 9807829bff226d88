//! Loops over slices on all cores, in chunks whose borders depend on the length alone.

use rayon::prelude::*;

/// Elements a task works on: small enough to balance two cores, large enough to pay for itself.
pub const CHUNK: usize = 1 << 14;

/// Runs `f` over aligned chunks of an output and an input of equal length.
pub fn zip(output: &mut [f32], input: &[f32], f: impl Fn(&mut [f32], &[f32]) + Sync) {
    debug_assert_eq!(output.len(), input.len());
    if output.len() <= CHUNK {
        return f(output, input);
    }
    output.par_chunks_mut(CHUNK).zip(input.par_chunks(CHUNK)).for_each(|(o, i)| f(o, i));
}

/// Runs `f` over aligned chunks of an output and two inputs of equal length.
pub fn zip2(output: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(&mut [f32], &[f32], &[f32]) + Sync) {
    debug_assert!(output.len() == a.len() && a.len() == b.len());
    if output.len() <= CHUNK {
        return f(output, a, b);
    }
    output.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK)).for_each(|((o, a), b)| f(o, a, b));
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
    output.par_chunks_mut(count * len).enumerate().for_each(|(task, rows)| {
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
