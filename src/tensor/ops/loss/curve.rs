//! What margins make of the cosine of a sample's own class.

use std::f64::consts::PI;

/// A curve through cosines from -1 to 1; all fall where the angle grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// The cosine of the angle plus `margin` radians (ArcFace, <https://arxiv.org/abs/1801.07698>, eq. 3). Beyond an angle
    /// of pi - margin it rises again, as in insightface's torch code, unless it is `monotonic`: then it goes on as
    /// c - margin sin(margin), as in TreB1eN's InsightFace_Pytorch.
    Angle { margin: f32, monotonic: bool },
    /// The cosine less `margin` (CosFace, <https://arxiv.org/abs/1801.09414>, eq. 4).
    Cosine { margin: f32 },
    /// The cosine of `times` the angle, continued downwards: psi = (-1)^k cos(times angle) - 2 k for the k'th part of pi
    /// (SphereFace, <https://arxiv.org/abs/1704.08063>, eq. 7); the mean of it and of `keep` times the cosine itself.
    Multiple { times: u32, keep: f32 },
}

impl Curve {
    /// Value and slope at a cosine, which is bounded by -1 and 1.
    pub fn at(self, cosine: f64) -> (f64, f64) {
        let c = cosine.clamp(-1.0, 1.0);
        match self {
            Curve::Angle { margin, monotonic } => {
                let (sin, cos) = f64::from(margin).sin_cos();
                if monotonic && c <= -cos {
                    return (c - f64::from(margin) * sin, 1.0);
                }
                let sine = (1.0 - c * c).sqrt();
                // The slope is unbounded at an angle of 0 or pi; the bound keeps it finite.
                (c * cos - sine * sin, cos + sin * c / sine.max(1e-6))
            }
            Curve::Cosine { margin } => (c - f64::from(margin), 1.0),
            Curve::Multiple { times, keep } => {
                let (psi, slope) = multiple(times, c);
                let keep = f64::from(keep);
                ((keep * c + psi) / (1.0 + keep), (keep + slope) / (1.0 + keep))
            }
        }
    }

    /// As a kernel is told it: which curve, and its two numbers.
    #[cfg(feature = "cuda")]
    pub fn parts(self) -> (usize, f64, f64) {
        match self {
            Curve::Angle { margin, monotonic } => (usize::from(monotonic), f64::from(margin), 0.0),
            Curve::Cosine { margin } => (2, f64::from(margin), 0.0),
            Curve::Multiple { times, keep } => (3, f64::from(times), f64::from(keep)),
        }
    }
}

/// psi and its slope by the recurrences of Chebyshev's polynomials: cos(n a) = T_n(c), its slope n U_(n-1)(c).
fn multiple(times: u32, c: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, c);
    let (mut slope_before, mut slope) = (0.0, 1.0);
    for _ in 1..times {
        (before, now) = (now, 2.0 * c * now - before);
        (slope_before, slope) = (slope, 2.0 * c * slope - slope_before);
    }
    let times = f64::from(times);
    let part = (times * c.acos() / PI).floor().min(times - 1.0);
    let sign = if part % 2.0 == 0.0 { 1.0 } else { -1.0 };
    (sign * now - 2.0 * part, sign * times * slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_finite_differences_in_f64() {
        let curves = [
            Curve::Angle { margin: 0.5, monotonic: false },
            Curve::Angle { margin: 0.5, monotonic: true },
            Curve::Cosine { margin: 0.4 },
            Curve::Multiple { times: 1, keep: 0.0 },
            Curve::Multiple { times: 3, keep: 0.0 },
            Curve::Multiple { times: 4, keep: 5.0 },
        ];
        for curve in curves {
            for i in 0..40 {
                let (c, h) = (-0.97 + 0.0487 * f64::from(i), 1e-6);
                let (value, slope) = curve.at(c);
                let found = (curve.at(c + h).0 - curve.at(c - h).0) / (2.0 * h);
                assert!((slope - found).abs() < 1e-6, "{curve:?} at {c}: {slope}, {found}");
                let plain = matches!(curve, Curve::Angle { monotonic: false, .. });
                assert!(plain || slope > 0.0, "{curve:?} falls at {c}: {value}");
            }
        }
    }

    #[test]
    fn multiples_go_down_without_a_step() {
        // psi at angles of 0, pi / 4, pi / 2, 3 pi / 4, pi for m = 4: 1, -1, -3, -5, -7.
        for (k, wanted) in (0..5).zip([1.0, -1.0, -3.0, -5.0, -7.0]) {
            let (value, _) = Curve::Multiple { times: 4, keep: 0.0 }.at((f64::from(k) * PI / 4.0).cos());
            assert!((value - wanted).abs() < 1e-7, "{k}: {value}");
        }
    }

    #[test]
    fn a_monotonic_margin_goes_on_below_its_threshold() {
        let (value, slope) = Curve::Angle { margin: 0.5, monotonic: true }.at(-0.95);
        assert!((value - (-0.95 - 0.5 * 0.5_f64.sin())).abs() < 1e-12);
        assert_eq!(slope, 1.0);
    }
}
