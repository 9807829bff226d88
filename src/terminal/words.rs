//! Numbers and progress as people read them.

use crate::record::{EvaluationRecord, Progress};

/// `3 min 12 s`.
pub fn duration(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0).round() as u64 } else { 0 };
    match whole {
        0..10 => format!("{:.1} s", seconds.max(0.0)),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `612 MiB`.
pub fn bytes(count: u64) -> String {
    let mib = count as f64 / 1024f64.powi(2);
    if mib < 1000.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// Four significant digits.
pub fn loss(value: f64) -> String {
    match value.abs() {
        v if !v.is_finite() => format!("{value}"),
        v if v >= 1000.0 || (v < 0.001 && v > 0.0) => format!("{value:.2e}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 10.0 => format!("{value:.2}"),
        v if v >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// As many losses as `width` characters hold.
pub fn losses(all: &[(String, f64)], width: usize) -> String {
    let mut out = String::new();
    for (i, (name, value)) in all.iter().enumerate() {
        let next = format!("{}{name} {}", if i == 0 { "" } else { ", " }, loss(*value));
        if out.chars().count() + next.chars().count() > width.saturating_sub(3) {
            out.push_str(if i == 0 { "" } else { ", …" });
            break;
        }
        out.push_str(&next);
    }
    out
}

/// `validation at step 50: completion.psnr 20.32, missing.psnr 17.02`.
pub fn evaluated(record: &EvaluationRecord, width: usize) -> String {
    let values: Vec<(String, f64)> = record.columns.iter().map(|(name, s)| (name.clone(), s.mean)).collect();
    let head = format!("{} at step {}: ", record.split, record.total_step);
    let rest = losses(&values, width.saturating_sub(head.chars().count()));
    format!("{head}{rest}")
}

/// Lines that both faces say alike; nothing for what moves a bar.
pub fn said(progress: &Progress, width: usize) -> Option<String> {
    Some(match progress {
        Progress::CellStarted { title, seed, hash, cell, cells } => {
            format!("[{cell}/{cells}] {title}, seed {seed} ({})", short(hash))
        }
        Progress::CellReused { title, seed, hash, cell, cells } => {
            format!("[{cell}/{cells}] {title}, seed {seed} ({}): done before, reused", short(hash))
        }
        Progress::CellBusy { title, seed, hash, cell, cells, worker } => {
            let who = worker.as_ref().map(|w| format!(" ({w})")).unwrap_or_default();
            format!("[{cell}/{cells}] {title}, seed {seed} ({}): another process has it{who}", short(hash))
        }
        Progress::CellLeft { title, seed, hash, cell, cells, .. } => {
            format!("[{cell}/{cells}] {title}, seed {seed} ({}): failed before, left", short(hash))
        }
        Progress::Evaluated(record) => format!("  {}", evaluated(record, width - 2)),
        Progress::Resumed { total_step } => format!("  resumed at step {total_step}"),
        Progress::CellFinished { seconds, peak_memory_bytes, .. } => {
            format!("  done in {}, peak memory {}", duration(*seconds), bytes(*peak_memory_bytes))
        }
        Progress::CellStopped { step, .. } => format!("  stopped at step {step}, for now"),
        Progress::CellFailed { title, error } => format!("  {title} failed: {error}"),
        Progress::Note(text) => format!("  note: {text}"),
        _ => return None,
    })
}

/// The first eight characters of a hash.
fn short(hash: &str) -> &str {
    hash.char_indices().nth(8).map_or(hash, |(end, _)| &hash[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0.04, 42.0, 192.0, 7_260.0].map(duration), ["0.0 s", "42 s", "3 min 12 s", "2 h 01 min"]);
        assert_eq!([612 << 20, 3 << 30].map(bytes), ["612 MiB", "3.0 GiB"]);
        assert_eq!(
            [0.0, 0.51234, 3.21489, 512.34, 0.00012, f64::NAN].map(loss),
            ["0.0000", "0.5123", "3.215", "512.3", "1.20e-4", "NaN"]
        );
        let all = [("a".to_string(), 1.0), ("b".to_string(), 2.0)];
        assert_eq!((losses(&all, 40).as_str(), losses(&all, 12).as_str()), ("a 1.000, b 2.000", "a 1.000, …"));
    }
}
