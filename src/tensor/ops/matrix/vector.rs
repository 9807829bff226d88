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

    /// `to[i] = from[2 i]`.
    ///
    /// # Safety
    /// The processor has AVX2; `from` has at least `2 * to.len() - 1` values.
    #[target_feature(enable = "avx2")]
    pub unsafe fn every_second(to: &mut [f32], from: &[f32]) {
        let mut i = 0;
        while 2 * (i + 8) <= from.len() && i + 8 <= to.len() {
            // SAFETY: sixteen values from 2 i on are read, eight from i on are written: inside, as just checked.
            unsafe {
                let source = from.as_ptr().add(2 * i);
                let (a, b) = (_mm256_loadu_ps(source), _mm256_loadu_ps(source.add(8)));
                let mixed = _mm256_castps_pd(_mm256_shuffle_ps::<0x88>(a, b));
                let even = _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(mixed));
                _mm256_storeu_ps(to.as_mut_ptr().add(i), even);
            }
            i += 8;
        }
        while i < to.len() {
            to[i] = from[2 * i];
            i += 1;
        }
    }

    /// Turns eight rows of eight around: `to[j * step + i] = rows[i][j]`.
    ///
    /// # Safety
    /// The processor has AVX2; each row points to eight values, and `to` to `7 * step + 8`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn transpose_8x8(rows: [*const f32; 8], to: *mut f32, step: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
            let (a, b, c, d) = (_mm256_loadu_ps(r0), _mm256_loadu_ps(r1), _mm256_loadu_ps(r2), _mm256_loadu_ps(r3));
            let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
            let (e0, e1) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
            let (ab, cd) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
            let (e2, e3) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
            let (a, b, c, d) = (_mm256_loadu_ps(r4), _mm256_loadu_ps(r5), _mm256_loadu_ps(r6), _mm256_loadu_ps(r7));
            let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
            let (f0, f1) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
            let (ab, cd) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
            let (f2, f3) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
            // In this order, as a row may be shorter than eight and the next one overwrites what is too much.
            _mm256_storeu_ps(to, _mm256_permute2f128_ps::<0x20>(e0, f0));
            _mm256_storeu_ps(to.add(step), _mm256_permute2f128_ps::<0x20>(e1, f1));
            _mm256_storeu_ps(to.add(2 * step), _mm256_permute2f128_ps::<0x20>(e2, f2));
            _mm256_storeu_ps(to.add(3 * step), _mm256_permute2f128_ps::<0x20>(e3, f3));
            _mm256_storeu_ps(to.add(4 * step), _mm256_permute2f128_ps::<0x31>(e0, f0));
            _mm256_storeu_ps(to.add(5 * step), _mm256_permute2f128_ps::<0x31>(e1, f1));
            _mm256_storeu_ps(to.add(6 * step), _mm256_permute2f128_ps::<0x31>(e2, f2));
            _mm256_storeu_ps(to.add(7 * step), _mm256_permute2f128_ps::<0x31>(e3, f3));
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512, every_second, transpose_8x8};
