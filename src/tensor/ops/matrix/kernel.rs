//! The kernel: a small block of the product, held in registers while the depth goes by. Compiled for every processor and
//! for those with AVX2 or AVX-512; which one runs is asked once.
#![allow(unsafe_code, reason = "pointers into packed panels, and code for a processor's features")]

use super::vector::Vector;
use std::sync::OnceLock;

/// The most rows and columns of any kernel.
pub const MOST_ROWS: usize = 12;
pub const MOST_COLUMNS: usize = 32;

/// What a kernel works on.
pub struct Work {
    pub depth: usize,
    /// `depth` groups of as many values as the kernel has rows.
    pub left: *const f32,
    /// `depth` groups of as many values as the kernel has columns.
    pub right: *const f32,
    pub target: *mut f32,
    /// From a row of the target to the next.
    pub row: usize,
    /// A value for each row to add, or null.
    pub bias: *const f32,
    /// Whether to add to what is there.
    pub accumulate: bool,
}

/// A kernel computes up to `rows` by `columns` values. Results may differ between kernels in the last bits, as they may
/// between processors, but not between runs on one.
#[derive(Clone, Copy)]
pub struct Kernel {
    pub rows: usize,
    pub columns: usize,
    /// For blocks of 1, 2, .. `rows` rows.
    by_rows: &'static [unsafe fn(&Work)],
}

impl Kernel {
    /// # Safety
    /// The pointers are good for `rows` (at least 1, at most the kernel's) by the kernel's columns.
    #[inline]
    pub unsafe fn run(&self, rows: usize, work: &Work) {
        // SAFETY: as the caller promises; `kernel` chose a kernel that this processor can run.
        unsafe { self.by_rows[rows - 1](work) }
    }
}

#[inline(always)]
unsafe fn block<V: Vector, const ROWS: usize>(work: &Work) {
    // SAFETY: as the caller of `run` promises.
    unsafe {
        let mut sums = [[V::zero(); 2]; ROWS];
        let (mut left, mut right) = (work.left, work.right);
        for _ in 0..work.depth {
            let (b0, b1) = (V::load(right), V::load(right.add(V::WIDTH)));
            for (i, sum) in sums.iter_mut().enumerate() {
                let a = V::splat(left.add(i));
                *sum = [sum[0].add_product(a, b0), sum[1].add_product(a, b1)];
            }
            left = left.add(ROWS);
            right = right.add(2 * V::WIDTH);
        }
        for (i, sum) in sums.iter_mut().enumerate() {
            if !work.bias.is_null() {
                let bias = V::splat(work.bias.add(i));
                *sum = [sum[0].add(bias), sum[1].add(bias)];
            }
            let target = work.target.add(i * work.row);
            if work.accumulate {
                *sum = [V::load(target).add(sum[0]), V::load(target.add(V::WIDTH)).add(sum[1])];
            }
            sum[0].store(target);
            sum[1].store(target.add(V::WIDTH));
        }
    }
}

unsafe fn plain<const ROWS: usize>(work: &Work) {
    // SAFETY: as the caller of `run` promises.
    unsafe { block::<super::vector::Plain, ROWS>(work) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const ROWS: usize>(work: &Work) {
    // SAFETY: as the caller of `run` promises.
    unsafe { block::<super::vector::Avx2, ROWS>(work) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512<const ROWS: usize>(work: &Work) {
    // SAFETY: as the caller of `run` promises.
    unsafe { block::<super::vector::Avx512, ROWS>(work) }
}

static PLAIN: [unsafe fn(&Work); 4] = [plain::<1>, plain::<2>, plain::<3>, plain::<4>];

#[cfg(target_arch = "x86_64")]
static AVX2: [unsafe fn(&Work); 6] = [avx2::<1>, avx2::<2>, avx2::<3>, avx2::<4>, avx2::<5>, avx2::<6>];

#[cfg(target_arch = "x86_64")]
#[rustfmt::skip] // two lines
static AVX512: [unsafe fn(&Work); 12] = [
    avx512::<1>, avx512::<2>, avx512::<3>, avx512::<4>, avx512::<5>, avx512::<6>,
    avx512::<7>, avx512::<8>, avx512::<9>, avx512::<10>, avx512::<11>, avx512::<12>,
];

/// Every kernel that this processor can run, the best first.
pub fn kernels() -> Vec<Kernel> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            found.push(Kernel { rows: 12, columns: 32, by_rows: &AVX512 });
        }
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            found.push(Kernel { rows: 6, columns: 16, by_rows: &AVX2 });
        }
    }
    found.push(Kernel { rows: 4, columns: 8, by_rows: &PLAIN });
    found
}

/// The kernel of this processor.
#[inline]
pub fn kernel() -> Kernel {
    static BEST: OnceLock<Kernel> = OnceLock::new();
    *BEST.get_or_init(|| kernels()[0])
}
