//! The table in Markdown.

use super::drive::Row;
use super::player::Side;
use std::fmt::Write;

const MIB: f64 = 1_048_576.0;

/// A group of cases as a section.
pub fn section(title: &str, rows: &[Row], sides: &[Side]) -> String {
    let flops = rows.iter().any(|r| r.flops.is_some());
    let counted = rows.iter().any(|r| r.count.is_some());
    let memory = rows.iter().any(|r| r.bytes.iter().any(Option::is_some));
    let mut heads: Vec<String> = sides.iter().map(|s| format!("{} ms", s.name())).collect();
    heads.push("ratio".into());
    heads.extend(flops.then(|| "GFLOP/s".into()));
    heads.extend(counted.then(|| sides.iter().map(|s| format!("{} a second", s.name()))).into_iter().flatten());
    heads.extend(memory.then(|| sides.iter().map(|s| format!("{} MiB", s.name()))).into_iter().flatten());
    let mut text = format!("## {title}\n\n| | {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len()));
    for row in rows {
        let mut cells: Vec<String> = row.seconds.iter().map(|s| s.map_or("-".into(), milliseconds)).collect();
        cells.push(row.ratio(sides).map_or("-".into(), |r| format!("{r:.2}")));
        if flops {
            let rate = row.flops.zip(row.seconds[0]).map(|(flops, seconds)| flops / seconds / 1e9);
            cells.push(rate.map_or(String::new(), |r| format!("{r:.0}")));
        }
        if counted {
            let rate = |s: &Option<f64>| row.count.zip(*s).map_or("-".into(), |(n, s)| format!("{:.1}", n as f64 / s));
            cells.extend(row.seconds.iter().map(rate));
        }
        if memory {
            cells.extend(row.bytes.iter().map(|b| b.map_or("-".into(), |b| format!("{:.0}", b as f64 / MIB))));
        }
        let _ = writeln!(text, "| {} | {} |", row.name, cells.join(" | "));
    }
    text.push('\n');
    for row in rows.iter().filter(|r| !r.warnings.is_empty()) {
        let _ = writeln!(text, "- **Warning**, {}: {}", row.name, row.warnings.join("; "));
    }
    text + &summary(rows, sides)
}

fn milliseconds(seconds: f64) -> String {
    let ms = 1e3 * seconds;
    if ms < 10.0 { format!("{ms:.3}") } else { format!("{ms:.1}") }
}

/// Geometric mean and least of the ratios.
fn summary(rows: &[Row], sides: &[Side]) -> String {
    let ratios: Vec<(f64, &str)> = rows.iter().filter_map(|r| Some((r.ratio(sides)?, r.name.as_str()))).collect();
    let Some((least, name)) = ratios.iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { return String::new() };
    let mean = (ratios.iter().map(|(r, _)| r.ln()).sum::<f64>() / ratios.len() as f64).exp();
    format!("- Ratios: geometric mean {mean:.3}, least {least:.2} ({name}), of {}\n", ratios.len())
}
