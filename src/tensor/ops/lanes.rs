//! Element loops and sums, compiled twice: for every x86-64 and for AVX2, chosen when run. Both give the same bits, as
//! neither fuses multiplications with additions. Work is cut by lengths alone, so results do not depend on threads.
#![allow(unsafe_code, reason = "code for a processor feature may only be called where the feature is there")]

use super::parallel::{CHUNK, chunks, part};

/// Sums are kept in so many parts, which fill the registers, and added in a fixed order at the end.
const PARTS: usize = 16;

/// A function compiled twice, as the loops below.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $code:block) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "code for a processor feature may only be called where the feature is there")]
        #[allow(clippy::needless_range_loop, reason = "zipped iterators are calls that are not always inlined")]
        $vis fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($argument: $type),*) $(-> $result)? $code
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide($($argument: $type),*) $(-> $result)? {
                    body($($argument),*)
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has the feature.
                    return unsafe { wide($($argument),*) };
                }
            }
            body($($argument),*)
        }
    };
}

pub(crate) use wide;

macro_rules! element_loop {
    ($(#[$meta:meta])* $name:ident, $parallel:ident, ($($input:ident),*), |$f:ident, $o:ident, $i:ident| $value:expr,
     ($($argument:ty),*)) => {
        $(#[$meta])*
        #[inline]
        pub fn $name(out: &mut [f32], $($input: &[f32],)* f: impl Fn($($argument),*) -> f32 + Copy) {
            #[inline(always)]
            fn body(out: &mut [f32], $($input: &[f32],)* $f: impl Fn($($argument),*) -> f32) {
                $(let $input = &$input[..out.len()];)*
                #[allow(unused_variables, reason = "loops without inputs need no index")]
                for ($i, $o) in out.iter_mut().enumerate() {
                    *$o = $value;
                }
            }
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide(out: &mut [f32], $($input: &[f32],)* f: impl Fn($($argument),*) -> f32) {
                    body(out, $($input,)* f);
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has the feature.
                    return unsafe { wide(out, $($input,)* f) };
                }
            }
            body(out, $($input,)* f);
        }

        /// The same, on all cores.
        #[inline]
        pub fn $parallel(out: &mut [f32], $($input: &[f32],)* f: impl Fn($($argument),*) -> f32 + Copy + Sync) {
            if out.len() <= CHUNK {
                return $name(out, $($input,)* f);
            }
            // By value: what calls a function behind a reference is compiled in another unit and not inlined, and what a
            // branch alone reads behind one is not read ahead, so that the branch stays.
            chunks(out, CHUNK, &move |_k, out| {
                $(let $input = part($input, _k, out.len());)*
                $name(out, $($input,)* f);
            });
        }
    };
}

element_loop!(
    /// out = f(a).
    map, par_map, (a), |f, o, i| f(a[i]), (f32)
);
element_loop!(
    /// out = f(a, b).
    map2, par_map2, (a, b), |f, o, i| f(a[i], b[i]), (f32, f32)
);
element_loop!(
    /// out = f(a, b, c).
    map3, par_map3, (a, b, c), |f, o, i| f(a[i], b[i], c[i]), (f32, f32, f32)
);
element_loop!(
    /// out = f(out).
    amend, par_amend, (), |f, o, i| f(*o), (f32)
);
element_loop!(
    /// out = f(out, a).
    amend1, par_amend1, (a), |f, o, i| f(*o, a[i]), (f32, f32)
);
element_loop!(
    /// out = f(out, a, b).
    amend2, par_amend2, (a, b), |f, o, i| f(*o, a[i], b[i]), (f32, f32, f32)
);

wide! {
    /// Adds values to sums in f64, element by element.
    pub fn add_wide(sums: &mut [f64], values: &[f32]) {
        let values = &values[..sums.len()];
        for i in 0..values.len() {
            sums[i] += f64::from(values[i]);
        }
    }
}

/// K sums over the elements of three slices of one length (repeat a slice where fewer are read).
#[inline]
pub fn fold<const K: usize>(a: &[f32], b: &[f32], c: &[f32], f: impl Fn(f32, f32, f32) -> [f64; K] + Copy) -> [f64; K] {
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "one index for several arrays")]
    fn body<const K: usize>(a: &[f32], b: &[f32], c: &[f32], f: impl Fn(f32, f32, f32) -> [f64; K]) -> [f64; K] {
        let (b, c) = (&b[..a.len()], &c[..a.len()]);
        let mut parts = [[0.0; PARTS]; K];
        let whole = a.len() - a.len() % PARTS;
        // Counted loops over arrays: iterators over arrays are calls, which keep the sums out of the registers.
        let mut from = 0;
        while from < whole {
            let (a, b, c) = (&a[from..from + PARTS], &b[from..from + PARTS], &c[from..from + PARTS]);
            let mut values = [[0.0; PARTS]; K];
            for l in 0..PARTS {
                let found = f(a[l], b[l], c[l]);
                for k in 0..K {
                    values[k][l] = found[k];
                }
            }
            for k in 0..K {
                for l in 0..PARTS {
                    parts[k][l] += values[k][l];
                }
            }
            from += PARTS;
        }
        let mut sums = parts.map(total);
        for i in whole..a.len() {
            for (sum, value) in sums.iter_mut().zip(f(a[i], b[i], c[i])) {
                *sum += value;
            }
        }
        sums
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide<const K: usize>(a: &[f32], b: &[f32], c: &[f32], f: impl Fn(f32, f32, f32) -> [f64; K]) -> [f64; K] {
            body(a, b, c, f)
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { wide(a, b, c, f) };
        }
    }
    body(a, b, c, f)
}

/// The parts of a sum, halves first.
#[inline(always)]
fn total(mut parts: [f64; PARTS]) -> f64 {
    let mut len = PARTS / 2;
    while len > 0 {
        for i in 0..len {
            parts[i] += parts[i + len];
        }
        len /= 2;
    }
    parts[0]
}

/// The same, on all cores: chunks are summed one by one and their sums added in order.
#[inline]
pub fn par_fold<const K: usize>(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    f: impl Fn(f32, f32, f32) -> [f64; K] + Copy + Sync,
) -> [f64; K] {
    if a.len() <= CHUNK {
        return fold(a, b, c, f);
    }
    let mut partial = vec![[0.0; K]; a.len().div_ceil(CHUNK)];
    chunks(&mut partial, 1, &move |k, sums| {
        let len = CHUNK.min(a.len() - k * CHUNK);
        sums[0] = fold(part(a, k, len), part(b, k, len), part(c, k, len), f);
    });
    let mut sums = [0.0; K];
    for values in partial {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    sums
}
