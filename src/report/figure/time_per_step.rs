//! Where a step's time goes: loading, each player, the rest, as a bar for each row of the study and as numbers.

use super::{Drawing, Scene};
use crate::report::palette::{BASELINE, COLOURS, FAINT_INK, GRID};
use crate::report::plot::{Axis, grouped};
use crate::report::svg::{Style, Svg, fit, text_width};

/// Milliseconds a step of one row, by part; the parts add up to the step.
#[derive(Clone, Debug)]
pub struct Split {
    pub title: String,
    pub parts: Vec<(String, f64)>,
    pub peak_memory_bytes: u64,
    pub seconds: f64,
}

impl Split {
    pub fn total(&self) -> f64 {
        self.parts.iter().map(|p| p.1).sum()
    }
}

/// Means over the recorded steps; rows without any are left out.
pub fn splits(scene: &Scene<'_>) -> Vec<Split> {
    let mut all = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        let n = record.steps().count() as f64;
        if n == 0.0 {
            continue;
        }
        let mut players: Vec<&str> = record.steps().flat_map(|s| s.updates.keys()).map(String::as_str).collect();
        players.sort_unstable();
        players.dedup();
        let mean = |of: &dyn Fn(&crate::record::StepRecord) -> f64| record.steps().map(of).sum::<f64>() / n * 1e3;
        let mut parts = vec![("loading".to_owned(), mean(&|s| s.loading_seconds))];
        for player in players {
            parts.push((player.to_owned(), mean(&|s| s.updates.get(player).map_or(0.0, |u| u.seconds))));
        }
        let known: f64 = parts.iter().map(|p| p.1).sum();
        parts.push(("other".to_owned(), (mean(&|s| s.step_seconds) - known).max(0.0)));
        let (peak_memory_bytes, seconds) = record.status.as_ref().map_or((0, 0.0), |s| (s.peak_bytes(), s.seconds));
        all.push(Split { title: group.title.clone(), parts, peak_memory_bytes, seconds });
    }
    all
}

/// Names of all parts, in the order of the bars: loading first, the rest last.
pub fn parts(splits: &[Split]) -> Vec<String> {
    let mut names: Vec<String> = vec!["loading".into()];
    for (name, _) in splits.iter().flat_map(|s| &s.parts) {
        if !names.contains(name) && name != "other" {
            names.push(name.clone());
        }
    }
    names.push("other".into());
    names
}

fn colour(i: usize, n: usize) -> &'static str {
    match i {
        0 => BASELINE,
        i if i + 1 == n => "#c9ced6",
        i => COLOURS[(i - 1) % COLOURS.len()],
    }
}

/// The bars; `None` where nothing was recorded.
pub fn draw(splits: &[Split]) -> Option<Drawing> {
    const WIDTH: f64 = 860.0;
    const BAR: f64 = 24.0;
    const ROW: f64 = 40.0;
    let names = parts(splits);
    let longest = splits.iter().map(Split::total).fold(0.0, f64::max);
    if longest <= 0.0 {
        return None;
    }
    let left = splits.iter().map(|s| text_width(&s.title, 12.0)).fold(60.0, f64::max).min(260.0) + 22.0;
    let room = WIDTH - left - 90.0;
    let axis = Axis::between("milliseconds a step", 0.0, longest, 6);
    let bottom = 10.0 + ROW * splits.len() as f64;
    let mut svg = Svg::new(WIDTH, bottom + 72.0);
    let x = |v: f64| left + v / longest * room;
    for (at, label) in &axis.ticks {
        svg.line([x(*at), 6.0, x(*at), bottom], &format!(r#"stroke="{GRID}""#));
        svg.text(x(*at), bottom + 15.0, label, Style::sized(11.0).middle().fill(FAINT_INK));
    }
    for (row, split) in splits.iter().enumerate() {
        let y = 10.0 + ROW * row as f64 + (ROW - BAR) / 2.0 - 2.0;
        svg.text(left - 10.0, y + 16.0, &fit(&split.title, 12.0, left - 12.0), Style::sized(12.0).end());
        let mut from = 0.0;
        for (name, value) in &split.parts {
            let part = names.iter().position(|n| n == name).unwrap_or(0);
            let (start, width) = (x(from), value / longest * room);
            svg.rect([start, y, width, BAR], 0.0, &format!(r#"fill="{}""#, colour(part, names.len())));
            let text = milliseconds(*value);
            if text_width(&text, 11.0) + 8.0 < width {
                let light =
                    part != 0 && ["#e69f00", "#56b4e9", "#c9ced6", "#cc79a7"].contains(&colour(part, names.len()));
                let ink = if light { "#1f2328" } else { "#ffffff" };
                svg.text(start + width / 2.0, y + 16.0, &text, Style::sized(11.0).middle().fill(ink));
            }
            from += value;
        }
        svg.text(x(from) + 8.0, y + 16.0, &format!("{} ms", milliseconds(split.total())), Style::sized(11.0).bold());
    }
    svg.text(left + room / 2.0, bottom + 33.0, &axis.label, Style::sized(12.0).middle());
    let mut at = left;
    for (i, name) in names.iter().enumerate() {
        svg.rect([at, bottom + 48.0, 12.0, 12.0], 2.0, &format!(r#"fill="{}""#, colour(i, names.len())));
        svg.text(at + 18.0, bottom + 58.0, name, Style::sized(11.0));
        at += text_width(name, 11.0) + 42.0;
    }
    let caption =
        "Wall-clock time of a training step by part, means over the recorded steps. `loading` is the wait for data; \
                   `other` is what no part claims."
            .into();
    Some(Drawing { name: "time-per-step".into(), svg: svg.finish("Time per step by part"), caption })
}

/// Three significant digits or whole milliseconds.
pub fn milliseconds(value: f64) -> String {
    grouped(
        value,
        if value < 10.0 {
            2
        } else if value < 100.0 {
            1
        } else {
            0
        },
    )
}
