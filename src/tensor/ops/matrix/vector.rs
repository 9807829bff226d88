//! Vector registers, as far as products need them: the one place that names a processor's instructions.
#![allow(unsafe_code, reason = "a processor's vector instructions; who calls them has asked for the feature")]

/// A register of f32.
///
/// # Safety
/// The methods may only be called where the processor has the instructions, on pointers to `WIDTH` values.
#[allow(clippy::missing_safety_doc, reason = "said once, above")]
pub unsafe trait Vector: Copy {
    const WIDTH: usize;
    unsafe fn zero() -> Self;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    /// self + a * b, rounded once where the processor can.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
}

/// Registers of eight values, which a block of eight by eight fills.
///
/// # Safety
/// As for [`Vector`].
#[allow(clippy::missing_safety_doc, reason = "said once, above")]
pub unsafe trait Eight: Vector {
    /// Turns eight rows around into eight columns.
    unsafe fn turn(rows: [Self; 8]) -> [Self; 8];
}

/// Any processor: eight lanes, which compilers turn into SSE or NEON.
#[derive(Clone, Copy)]
pub struct Plain([f32; 8]);

// SAFETY: reads and writes eight values at the pointers, as said.
unsafe impl Vector for Plain {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Plain([0.0; 8])
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Plain([value; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as the caller promises.
        Plain(unsafe { from.cast::<[f32; 8]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as the caller promises.
        unsafe { to.cast::<[f32; 8]>().write_unaligned(self.0) }
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

// SAFETY: touches no memory.
unsafe impl Eight for Plain {
    #[inline(always)]
    unsafe fn turn(rows: [Self; 8]) -> [Self; 8] {
        std::array::from_fn(|i| Plain(std::array::from_fn(|j| rows[j].0[i])))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Eight, Vector};
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
                unsafe fn splat(value: f32) -> Self {
                    // SAFETY: as the caller promises.
                    $name(unsafe { $splat(value) })
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

    // SAFETY: touches no memory.
    unsafe impl Eight for Avx2 {
        #[inline(always)]
        unsafe fn turn([a, b, c, d, e, f, g, h]: [Self; 8]) -> [Self; 8] {
            // SAFETY: as the caller promises.
            unsafe {
                let (ab, cd) = (_mm256_unpacklo_ps(a.0, b.0), _mm256_unpacklo_ps(c.0, d.0));
                let (p0, p1) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
                let (ab, cd) = (_mm256_unpackhi_ps(a.0, b.0), _mm256_unpackhi_ps(c.0, d.0));
                let (p2, p3) = (_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
                let (ef, gh) = (_mm256_unpacklo_ps(e.0, f.0), _mm256_unpacklo_ps(g.0, h.0));
                let (q0, q1) = (_mm256_shuffle_ps::<0x44>(ef, gh), _mm256_shuffle_ps::<0xee>(ef, gh));
                let (ef, gh) = (_mm256_unpackhi_ps(e.0, f.0), _mm256_unpackhi_ps(g.0, h.0));
                let (q2, q3) = (_mm256_shuffle_ps::<0x44>(ef, gh), _mm256_shuffle_ps::<0xee>(ef, gh));
                [
                    Avx2(_mm256_permute2f128_ps::<0x20>(p0, q0)),
                    Avx2(_mm256_permute2f128_ps::<0x20>(p1, q1)),
                    Avx2(_mm256_permute2f128_ps::<0x20>(p2, q2)),
                    Avx2(_mm256_permute2f128_ps::<0x20>(p3, q3)),
                    Avx2(_mm256_permute2f128_ps::<0x31>(p0, q0)),
                    Avx2(_mm256_permute2f128_ps::<0x31>(p1, q1)),
                    Avx2(_mm256_permute2f128_ps::<0x31>(p2, q2)),
                    Avx2(_mm256_permute2f128_ps::<0x31>(p3, q3)),
                ]
            }
        }
    }

    /// Turns eight rows of eight around: `to[j * step + i] = rows[i][j]`, in the order of j, as a row may be shorter than
    /// eight and the next one overwrites what is too much.
    ///
    /// # Safety
    /// The processor has AVX2; each row points to eight values, and `to` to `7 * step + 8`.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn transpose_8x8(rows: [*const f32; 8], to: *mut f32, step: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            let mut read = [Avx2::zero(); 8];
            for i in 0..8 {
                read[i] = Avx2::load(rows[i]);
            }
            let turned = Avx2::turn(read);
            for (i, row) in turned.into_iter().enumerate() {
                row.store(to.add(i * step));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512, transpose_8x8};
