//! What a verification accepts by the yaws of both pictures: a table of genuine pairs (all should be accepted) and one of
//! impostor pairs (none should) for each row of the study, all seeds together.

use super::roc::{seeds, title, verifications};
use super::{Figure, Scene, text};
use crate::record::{FigurePlan, PairScores};
use crate::report::ReportError;
use crate::report::palette::{FAINT_INK, GRID, INK, heat};
use crate::report::svg::{Style, Svg};

/// Side of a cell in pixels.
const CELL: f64 = 62.0;
/// Left of and above a table.
const LEFT: f64 = 86.0;
const ABOVE: f64 = 54.0;
const BELOW: f64 = 50.0;

/// Pairs of a cell that were accepted, and all of them.
type Counts = Vec<Vec<(usize, usize)>>;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let evaluation = text(plan, "evaluation");
    let edges: Vec<f64> = match plan.settings.get("edges").and_then(serde_json::Value::as_array) {
        Some(all) => all.iter().filter_map(serde_json::Value::as_f64).collect(),
        None => vec![0.0, 30.0, 60.0, 90.0],
    };
    let mut tables = vec![];
    for column in verifications(scene, evaluation) {
        for group in &scene.groups {
            let pairs: Vec<&PairScores> = seeds(group, &column).into_iter().filter(|p| !p.yaws.is_empty()).collect();
            let whose =
                if scene.groups.len() == 1 { title(&column) } else { format!("{}, {}", title(&column), group.title) };
            for (same, what) in [(true, "genuine"), (false, "impostor")].into_iter().filter(|_| !pairs.is_empty()) {
                tables.push((format!("{what} pairs accepted, {whose}"), same, counts(&pairs, same, &edges)));
            }
        }
    }
    if tables.is_empty() || edges.len() < 2 {
        return Ok(Figure::nothing(format!(
            "no yaws of `{evaluation}` were kept: it needs `in.first-yaw` and `in.second-yaw`"
        )));
    }
    let bins = edges.len() - 1;
    let (width, height) = (LEFT + CELL * bins as f64 + 24.0, ABOVE + CELL * bins as f64 + BELOW);
    let mut svg = Svg::new(2.0 * width, tables.len().div_ceil(2) as f64 * height);
    for (i, (title, same, counts)) in tables.iter().enumerate() {
        let at = ((i % 2) as f64 * width, (i / 2) as f64 * height);
        table(&mut svg, at, title, *same, counts, &edges);
    }
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let pooled = if seeds > 1 { ", all seeds together" } else { "" };
    let caption = format!(
        "Share of the test pairs that are accepted, by the larger and the smaller yaw of the two pictures without their \
         signs{pooled}; below it how many pairs. Of genuine pairs all should be, of impostors none: the darker the worse."
    );
    Ok(Figure::one(&plan.name, svg.finish("Accepted pairs by yaw"), caption))
}

/// Rows: the larger yaw of a pair; columns: the smaller.
fn counts(pairs: &[&PairScores], same: bool, edges: &[f64]) -> Counts {
    let bins = edges.len().saturating_sub(1);
    let mut all = vec![vec![(0, 0); bins]; bins];
    let bin = |yaw: f32| {
        let yaw = f64::from(yaw.abs());
        let inside = |e: &[f64]| (e[0] <= yaw && yaw < e[1]) || (yaw == e[1] && Some(&e[1]) == edges.last());
        edges.windows(2).position(inside)
    };
    for pairs in pairs {
        for (i, yaws) in pairs.yaws.iter().enumerate().filter(|(i, _)| (pairs.same.get(*i) == Some(&1)) == same) {
            let (Some(a), Some(b)) = (bin(yaws[0]), bin(yaws[1])) else { continue };
            let threshold = pairs.folds.get(i).and_then(|f| pairs.thresholds.get(usize::from(*f)));
            let accepted = threshold.zip(pairs.scores.get(i)).is_some_and(|(t, s)| f64::from(*s) > *t);
            let cell = &mut all[a.max(b)][a.min(b)];
            *cell = (cell.0 + usize::from(accepted), cell.1 + 1);
        }
    }
    all
}

fn table(svg: &mut Svg, (x, y): (f64, f64), title: &str, same: bool, counts: &Counts, edges: &[f64]) {
    let side = CELL * counts.len() as f64;
    svg.text(x + LEFT + side / 2.0, y + 20.0, title, Style::sized(13.0).middle().bold());
    let name = |i: usize| format!("{}–{}°", edges[i], edges[i + 1]);
    for (r, row) in counts.iter().enumerate() {
        let top = y + ABOVE + r as f64 * CELL;
        svg.text(x + LEFT - 8.0, top + CELL / 2.0 + 4.0, &name(r), Style::sized(11.0).end().fill(FAINT_INK));
        let middle = x + LEFT + (r as f64 + 0.5) * CELL;
        svg.text(middle, y + ABOVE + side + 16.0, &name(r), Style::sized(11.0).middle().fill(FAINT_INK));
        for (c, (accepted, of)) in row.iter().enumerate().take(r + 1) {
            let left = x + LEFT + c as f64 * CELL;
            let share = *accepted as f64 / *of as f64;
            let wrong = if same { 1.0 - share } else { share };
            let colour = if *of == 0 { "#ffffff".into() } else { shade(wrong) };
            svg.rect(
                [left + 1.0, top + 1.0, CELL - 2.0, CELL - 2.0],
                3.0,
                &format!(r#"fill="{colour}" stroke="{GRID}""#),
            );
            if *of == 0 {
                continue;
            }
            let ink = if wrong > 0.45 { "#ffffff" } else { INK };
            let percent = format!("{:.0}%", 100.0 * share);
            svg.text(left + CELL / 2.0, top + CELL / 2.0 + 1.0, &percent, Style::sized(14.0).middle().fill(ink));
            svg.text(
                left + CELL / 2.0,
                top + CELL / 2.0 + 17.0,
                &of.to_string(),
                Style::sized(10.0).middle().fill(ink),
            );
        }
    }
    svg.text(x + LEFT + side / 2.0, y + ABOVE + side + 34.0, "smaller yaw", Style::sized(12.0).middle());
    let turned = Style { rotate: -90.0, ..Style::sized(12.0).middle() };
    svg.text(x + 16.0, y + ABOVE + side / 2.0, "larger yaw", turned);
}

/// Light where little is wrong.
fn shade(wrong: f64) -> String {
    let [r, g, b] = heat(1.0 - 0.85 * wrong);
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_counts_under_its_larger_and_its_smaller_yaw() {
        let pairs = PairScores {
            scores: vec![0.9, 0.1, 0.9, 0.5],
            same: vec![1, 1, 0, 1],
            folds: vec![0, 0, 1, 1],
            thresholds: vec![0.4, 0.6],
            yaws: vec![[5.0, -50.0], [-60.0, 10.0], [0.0, 0.0], [90.0, 91.0]],
            ..PairScores::default()
        };
        let edges = [0.0, 45.0, 90.0];
        // By hand: both genuine pairs of 45 to 90 with 0 to 45, one accepted; 91 lies outside.
        assert_eq!(counts(&[&pairs], true, &edges), [[(0, 0), (0, 0)], [(1, 2), (0, 0)]]);
        assert_eq!(counts(&[&pairs], false, &edges)[0][0], (1, 1));
    }
}
