//! Correction for many comparisons: Holm's step-down method (Scandinavian Journal of Statistics 6, 1979).

/// Adjusted p-values, in the order of the raw ones: the chance that *any* of the true nulls of the family is rejected is
/// at most the level at which the adjusted value is compared.
pub fn holm(raw: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..raw.len()).collect();
    order.sort_by(|a, b| raw[*a].total_cmp(&raw[*b]));
    let mut adjusted = vec![1.0; raw.len()];
    let mut highest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max(raw[index] * (raw.len() - rank) as f64).min(1.0);
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, parity};
    use super::*;
    use crate::random::Stream;

    #[test]
    fn adjusted_values_are_those_of_the_definition() {
        let golden = parity();
        for case in golden["holm"].as_array().unwrap() {
            let (ours, expected) = (holm(&numbers(&case["raw"])), numbers(&case["adjusted"]));
            assert!(ours.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-15), "{ours:?} {expected:?}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn adjusted_values_keep_the_order_and_are_never_smaller() {
        let mut stream = Stream::new(5, "holm");
        for n in 1..40 {
            let raw: Vec<f64> = (0..n).map(|_| stream.uniform().powi(4)).collect();
            let adjusted = holm(&raw);
            for i in 0..n {
                assert!(adjusted[i] >= raw[i] && adjusted[i] <= 1.0);
                assert!((0..n).all(|j| raw[i] > raw[j] || adjusted[i] <= adjusted[j]), "{raw:?} {adjusted:?}");
            }
        }
    }
}
