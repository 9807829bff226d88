//! Tables of what was made, and what was not.

use super::merge::Merged;
use super::unwrap::{Skipped, write_csv};
use super::work::Record;
use crate::terminal::Terminal;
use std::path::Path;

/// Photos and reasons that the terminal shows one by one.
const SHOWN: usize = 24;

/// Writes `quality.csv` and `skipped.csv`.
pub fn write(out: &Path, records: &[Record], skipped: &[Skipped]) -> anyhow::Result<()> {
    let head = "name,photo,coverage_percent,residual_percent,yaw,pitch,roll,mirrored_percent,textured_percent,\
                interpolated_percent,seconds";
    let head = vec![head.split(',').map(String::from).collect()];
    let row = |r: &Record| {
        let numbers = [
            (r.coverage, 2),
            (r.residual, 2),
            (f64::from(r.yaw), 1),
            (f64::from(r.pitch), 1),
            (f64::from(r.roll), 1),
            (r.mirrored, 2),
            (r.textured, 2),
            (r.interpolated, 2),
            (r.seconds, 3),
        ];
        let numbers = numbers.map(|(value, decimals)| format!("{value:.decimals$}"));
        [vec![r.name.clone(), r.photo.clone()], numbers.to_vec()].concat()
    };
    write_csv(&out.join("quality.csv"), head.into_iter().chain(records.iter().map(row)))?;
    write_skipped(out, skipped)
}

/// Writes `skipped.csv`.
pub fn write_skipped(out: &Path, skipped: &[Skipped]) -> anyhow::Result<()> {
    let head = vec![vec!["photo".to_string(), "reason".to_string()]];
    let rows = skipped.iter().map(|s| vec![s.photo.clone(), s.reason.clone()]);
    write_csv(&out.join("skipped.csv"), head.into_iter().chain(rows))
}

/// Writes `pairs.csv`: which incomplete map goes with which complete one, paths from the folder of the results.
pub fn write_pairs(out: &Path, records: &[Record], merged: &Merged) -> anyhow::Result<()> {
    let head = ["file", "identity", "yaw", "incomplete", "missing", "complete"].map(String::from).to_vec();
    let row = |r: &Record| {
        let name = &r.name;
        let identity = merged.identities.get(name).cloned().unwrap_or_else(|| name.clone());
        let complete = match merged.written.contains(&identity) {
            true => format!("merged/complete/{identity}.png"),
            false => format!("complete/{name}.png"),
        };
        let yaw = format!("{:.1}", r.yaw);
        vec![r.photo.clone(), identity, yaw, format!("incomplete/{name}.png"), format!("missing/{name}.png"), complete]
    };
    write_csv(&out.join("pairs.csv"), std::iter::once(head).chain(records.iter().map(row)))
}

pub fn print(records: &[Record], skipped: &[Skipped], terminal: &Terminal) {
    if !records.is_empty() {
        terminal.print(&table(records));
    }
    print_skipped(skipped, terminal);
}

pub fn print_skipped(skipped: &[Skipped], terminal: &Terminal) {
    for one in skipped.iter().take(SHOWN) {
        terminal.print_error(&format!("skipped: {}: {}", one.photo, one.reason));
    }
    if skipped.len() > SHOWN {
        terminal.print_error(&format!("skipped: {} more, see skipped.csv", skipped.len() - SHOWN));
    }
}

/// The photos one by one where they are few, then medians by yaw.
fn table(records: &[Record]) -> String {
    let width = records.iter().map(|r| r.name.chars().count()).max().unwrap_or(0).clamp(12, 40);
    let mut lines = Vec::new();
    if records.len() <= SHOWN {
        let head = ["seen %", "residual %", "yaw", "pitch", "roll", "seconds"];
        lines.push(head.iter().fold(format!("{:<width$}", "photo"), |line, head| format!("{line} {head:>10}")));
        for r in records {
            let angles = [r.yaw, r.pitch, r.roll].map(|v| format!("{v:>10.1}")).join(" ");
            let name = r.name.chars().take(width).collect::<String>();
            lines
                .push(format!("{name:<width$} {:>10.1} {:>10.2} {angles} {:>10.2}", r.coverage, r.residual, r.seconds));
        }
        lines.push(String::new());
    }
    let head = ["photos", "seen %", "residual %", "mirrored %", "seconds"];
    lines.push(head.iter().fold(format!("{:<width$}", "median"), |line, head| format!("{line} {head:>10}")));
    let bands: [(&str, f32, f32); 4] =
        [("|yaw| < 15", 0.0, 15.0), ("15 to 30", 15.0, 30.0), ("30 and more", 30.0, 181.0), ("all", 0.0, 181.0)];
    for (name, from, to) in bands {
        let of: Vec<&Record> = records.iter().filter(|r| (from..to).contains(&r.yaw.abs())).collect();
        if !of.is_empty() {
            let middle = |value: &dyn Fn(&Record) -> f64| median(of.iter().map(|r| value(r)).collect());
            lines.push(format!(
                "{name:<width$} {:>10} {:>10.1} {:>10.2} {:>10.1} {:>10.2}",
                of.len(),
                middle(&|r| r.coverage),
                middle(&|r| r.residual),
                middle(&|r| r.mirrored),
                middle(&|r| r.seconds)
            ));
        }
    }
    lines.join("\n")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
