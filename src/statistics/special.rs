//! The few special functions that the tests need: tails of the normal and of Student's t.

use std::f64::consts::PI;

/// Upper tail of the standard normal, with a small relative error far out too.
pub fn normal_upper(z: f64) -> f64 {
    0.5 * complementary_error(z / std::f64::consts::SQRT_2)
}

/// `1 - erf(x)`: the Maclaurin series near 0, the continued fraction of Laplace beyond (Abramowitz and Stegun, 7.1.6 and
/// 7.1.14).
fn complementary_error(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - complementary_error(-x);
    }
    let scale = (-x * x).exp() / PI.sqrt();
    if x < 2.0 {
        let (mut term, mut sum, mut n) = (2.0 * x, 2.0 * x, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - scale * sum;
    }
    // erfc(x) = scale / (x + (1/2) / (x + (2/2) / (x + ..))), from the inside out; 200 levels are plenty from 2 on.
    scale / (1..=200).rev().fold(x, |inner, k| x + f64::from(k) / 2.0 / inner)
}

/// Two-sided p-value of a t statistic with `df` degrees of freedom.
pub fn student_two_sided(t: f64, df: f64) -> f64 {
    if t.is_infinite() { 0.0 } else { incomplete_beta(df / 2.0, 0.5, df / (df + t * t)) }
}

/// The t that a two-sided test of level `alpha` asks for.
pub fn student_critical(alpha: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_two_sided(high, df) > alpha {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if student_two_sided(middle, df) > alpha { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Logarithm of the gamma function for x > 0 (Lanczos, g = 7, 9 terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum = (1..9).fold(TERMS[0], |sum, i| sum + TERMS[i] / (x + i as f64));
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes, 6.4).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's evaluation of the fraction.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let whole = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / whole(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = h;
        for step in [even, odd] {
            d = 1.0 / whole(1.0 + step * d);
            c = whole(1.0 + step / c);
            h *= c * d;
        }
        if (h / before - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, parity};
    use super::*;

    fn near(ours: f64, scipys: f64, relative: f64) {
        assert!((ours - scipys).abs() <= relative * scipys.abs(), "{ours} against {scipys}");
    }

    #[test]
    fn tails_are_scipys() {
        let golden = parity();
        for row in golden["normal"].as_array().unwrap() {
            let row = numbers(row);
            near(normal_upper(row[0]), row[1], 1e-12);
        }
        for row in golden["student"].as_array().unwrap() {
            let row = numbers(row);
            near(student_two_sided(row[0], row[1]), row[2], 1e-11);
        }
        for row in golden["critical"].as_array().unwrap() {
            let row = numbers(row);
            near(student_critical(0.05, row[0]), row[1], 1e-10);
        }
    }

    #[test]
    fn logarithms_of_factorials() {
        // Gamma(n + 1) = n!, Gamma(1/2) = sqrt(pi).
        near(ln_gamma(11.0), 3_628_800f64.ln(), 1e-14);
        near(ln_gamma(0.5), PI.sqrt().ln(), 1e-14);
    }
}
