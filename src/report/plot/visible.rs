//! What of a curve can be seen: of the points that fall into one column of pixels the first, the lowest, the highest and
//! the last, so that no peak is lost.

/// Columns a CSS pixel: those of a screen with two pixels for one.
const COLUMNS: f64 = 2.0;

/// The points, in order, without those that others of their column hide.
pub fn visible(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |i: usize| (points[i].0 * COLUMNS).floor();
    let mut out = Vec::with_capacity(points.len().min(4096));
    let mut from = 0;
    while from < points.len() {
        let to = (from..points.len()).find(|i| column(*i) != column(from)).unwrap_or(points.len());
        let by = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
        let mut kept: Vec<usize> =
            [Some(from), (from..to).min_by(by), (from..to).max_by(by), Some(to - 1)].into_iter().flatten().collect();
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(|i| points[i]));
        from = to;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_stay_and_what_they_hide_goes() {
        let points: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i) / 100.0, f64::from(i % 7))).collect();
        let mut spiked = points.clone();
        spiked[4321].1 = 900.0;
        let thin = visible(&spiked);
        assert!(thin.len() <= 4 * 200 && thin.contains(&spiked[4321]), "{}", thin.len());
        assert_eq!((thin.first(), thin.last()), (spiked.first(), spiked.last()));
        assert!(thin.windows(2).all(|w| w[0].0 < w[1].0));
        let few: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i), 0.0)).collect();
        assert_eq!((visible(&few), visible(&[])), (few, vec![]));
    }
}
