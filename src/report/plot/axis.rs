//! Axes: their range, ticks and the ticks' labels.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// An axis in plot coordinates; a logarithmic one holds exponents of ten.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Name with unit.
    pub label: String,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<(f64, String)>,
    pub log: bool,
}

impl Axis {
    /// Covers `values`, with a little room above and below, in at most `count` round steps.
    pub fn over(label: &str, values: impl IntoIterator<Item = f64>, count: usize) -> Self {
        let (low, high) = range(values);
        let room = if low == high { low.abs().max(1.0) * 0.05 } else { (high - low) * 0.04 };
        let floor = if low >= 0.0 && low - room < 0.0 { 0.0 } else { low - room };
        Self::between(label, floor, high + room, count)
    }

    /// Exactly `low` to `high`.
    pub fn between(label: &str, low: f64, high: f64, count: usize) -> Self {
        let step = round_step((high - low) / count.max(1) as f64);
        let decimals = (0..9).find(|d| is_whole(step * 10f64.powi(*d))).unwrap_or(9) as usize;
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|i| i as f64 * step).map(|v| (v, grouped(v, decimals))).collect();
        Axis { label: label.into(), low, high, ticks, log: false }
    }

    /// Powers of ten over positive `values`.
    pub fn log(label: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = range(values.into_iter().filter(|v| *v > 0.0).map(f64::log10));
        let (low, high) = (low - 0.05, high.max(low + 0.3) + 0.05);
        let powers = (low.floor() as i32)..=(high.ceil() as i32);
        let dense = high - low < 2.5;
        let sparse = (((high - low) / 6.0).ceil() as i32).max(1);
        let ticks = powers
            .filter(|p| dense || p % sparse == 0)
            .flat_map(|p| if dense { vec![(p, 1), (p, 2), (p, 5)] } else { vec![(p, 1)] })
            .map(|(power, digit)| (f64::from(power) + f64::from(digit).log10(), power_label(power, digit)))
            .filter(|(at, _)| (low..=high).contains(at))
            .collect();
        Axis { label: label.into(), low, high, ticks, log: true }
    }

    /// Ticks at given places, such as the middles of groups.
    pub fn at(label: &str, ticks: Vec<(f64, String)>) -> Self {
        let (low, high) = range(ticks.iter().map(|(at, _)| *at));
        let room = if low == high { 1.0 } else { (high - low) * 0.06 };
        Axis { label: label.into(), low: low - room, high: high + room, ticks, log: false }
    }

    /// Plot coordinate of a value.
    pub fn coordinate(&self, value: f64) -> f64 {
        if self.log { if value > 0.0 { value.log10() } else { self.low } } else { value }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        from + (share * f64::from(to - from)).round() as i32
    }

    /// Ours, whatever the hint: they were chosen for the panel.
    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() { vec![] } else { self.ticks.iter().map(|(at, _)| *at).collect() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let nearest = self.ticks.iter().min_by(|a, b| (a.0 - value).abs().total_cmp(&(b.0 - value).abs()));
        nearest.map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// Smallest and largest finite value; 0 to 1 where there is none.
fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high { (0.0, 1.0) } else { (low, high) }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|s| s * power >= step * 0.999).unwrap_or(10.0) * power
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

fn power_label(power: i32, digit: i32) -> String {
    match power {
        0..=3 => format!("{}", digit * 10i32.pow(power as u32)),
        -4..0 => format!("{:.*}", power.unsigned_abs() as usize, f64::from(digit) * 10f64.powi(power)),
        _ => format!("{digit}e{power}"),
    }
}

/// Fixed decimals, thousands parted by a narrow space, a true minus.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.*}", decimals, value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
    let negative = value < 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0');
    let mut out = String::from(if negative { "−" } else { "" });
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push('.');
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, l)| l.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::between("step", 0.0, 300.0, 6)), ["0", "50", "100", "150", "200", "250", "300"]);
        assert_eq!(labels(&Axis::between("", 0.0, 1.0, 4)), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(labels(&Axis::between("", -0.1, 0.1, 4)), ["−0.10", "−0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(labels(&Axis::between("", 0.0, 20_000.0, 2)), ["0", "10\u{2009}000", "20\u{2009}000"]);
        assert_eq!(labels(&Axis::between("", 8.0, 14.0, 3)), ["8", "10", "12", "14"]);
        assert_eq!(labels(&Axis::between("", 7.5, 15.0, 3)), ["7.5", "10.0", "12.5", "15.0"]);
        assert_eq!(labels(&Axis::log("", [0.001, 80.0])), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&Axis::log("", [0.9, 8.0])), ["1", "2", "5"]);
    }

    #[test]
    fn no_values_and_one_value_still_make_an_axis() {
        assert!(Axis::over("", [], 4).ticks.len() > 1);
        let one = Axis::over("", [3.0, f64::NAN], 4);
        assert!(one.low < 3.0 && one.high > 3.0 && !one.ticks.is_empty());
    }
}
