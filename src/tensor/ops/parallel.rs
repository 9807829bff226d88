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
