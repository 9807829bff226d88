//! Vector registers, as far as products need them: the one place that names a processor's instructions.
#![allow(unsafe_code, reason = "a processor's vector instructions; who calls them has asked for the feature")]

/// A register of f32.
///
/// # Safety
/// The methods may only be called where the processor has the instructions, on pointers to `WIDTH` values.
pub unsafe trait Vector: Copy {
    const WIDTH: usize;
    unsafe fn zero() -> Self;
    unsafe fn splat(value: *const f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    /// self + a * b, rounded once where the processor can.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
}

/// Any processor: four lanes, which compilers turn into SSE or NEON.
#[derive(Clone, Copy)]
pub struct Plain([f32; 4]);

// SAFETY: reads and writes four values at the pointers, as said.
unsafe impl Vector for Plain {
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Plain([0.0; 4])
    }

    #[inline(always)]
    unsafe fn splat(value: *const f32) -> Self {
        // SAFETY: as the caller promises.
        Plain([unsafe { *value }; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as the caller promises.
        Plain(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as the caller promises.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Plain(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        Plain(std::array::from_fn(|i| self.0[i] + a.0[i] * b.0[i]))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    macro_rules! register {
        ($(#[$meta:meta])* $name:ident, $of:ty, $width:literal, $zero:ident, $splat:ident, $load:ident, $store:ident, $add:ident, $fma:ident) => {
            $(#[$meta])*
            #[derive(Clone, Copy)]
            pub struct $name($of);

            // SAFETY: each method is the instruction of its name, on as many values.
            unsafe impl Vector for $name {
                const WIDTH: usize = $width;

                #[inline(always)]
                unsafe fn zero() -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $zero() })
                }

                #[inline(always)]
                unsafe fn splat(value: *const f32) -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $splat(*value) })
                }

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: as the caller promises.
                    unsafe { $store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $add(self.0, other.0) })
                }

                #[inline(always)]
                unsafe fn add_product(self, a: Self, b: Self) -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $fma(a.0, b.0, self.0) })
                }
            }
        };
    }

    register!(
        /// AVX2 with FMA.
        Avx2, __m256, 8, _mm256_setzero_ps, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps,
        _mm256_fmadd_ps
    );
    register!(
        /// AVX-512 F.
        Avx512, __m512, 16, _mm512_setzero_ps, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps,
        _mm512_fmadd_ps
    );

    /// Turns eight rows of eight around: `to[j * step + i] = rows[i][j]`.
    ///
    /// # Safety
    /// The processor has AVX2; each row points to eight values, and `to` to `7 * step + 8`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn transpose_8x8(rows: [*const f32; 8], to: *mut f32, step: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            let r = rows.map(|row| _mm256_loadu_ps(row));
            let pairs = |a, b| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let ((a0, a1), (b0, b1)) = (pairs(r[0], r[1]), pairs(r[2], r[3]));
            let ((c0, c1), (d0, d1)) = (pairs(r[4], r[5]), pairs(r[6], r[7]));
            let fours = |a, b| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
            let ((e0, e1), (e2, e3)) = (fours(a0, b0), fours(a1, b1));
            let ((f0, f1), (f2, f3)) = (fours(c0, d0), fours(c1, d1));
            // In this order, as a row may be shorter than eight and the next one overwrites what is too much.
            let halves = [(e0, f0), (e1, f1), (e2, f2), (e3, f3)];
            for (i, (e, f)) in halves.into_iter().enumerate() {
                _mm256_storeu_ps(to.add(i * step), _mm256_permute2f128_ps::<0x20>(e, f));
            }
            for (i, (e, f)) in halves.into_iter().enumerate() {
                _mm256_storeu_ps(to.add((i + 4) * step), _mm256_permute2f128_ps::<0x31>(e, f));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512, transpose_8x8};
