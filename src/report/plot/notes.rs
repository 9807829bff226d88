//! Names beside points, where they hide neither points nor each other.

use super::{Plot, TICK};
use crate::report::svg::{Style, Svg, text_width};

/// Left, top, width, height.
type Box = [f64; 4];

fn overlap(a: &Box, b: &Box) -> f64 {
    let along = |i: usize| (a[i] + a[i + 2]).min(b[i] + b[i + 2]) - a[i].max(b[i]);
    along(0).max(0.0) * along(1).max(0.0)
}

/// Writes every series' note beside its last point: right of it, left, above or beneath, where it hides least.
pub(super) fn write(svg: &mut Svg, plot: &Plot<'_>) {
    let last = |points: &[(f64, f64)]| points.iter().rev().find(|p| p.1.is_finite()).map(|p| plot.at(*p));
    let points: Vec<(f64, f64)> = plot.panel.series.iter().filter_map(|s| last(&s.points)).collect();
    let mut taken: Vec<Box> = points.iter().map(|(x, y)| [x - 5.0, y - 5.0, 10.0, 10.0]).collect();
    let frame = [plot.left, plot.top, plot.width, plot.height];
    for series in plot.panel.series.iter().filter(|s| !s.note.is_empty()) {
        let Some((x, y)) = last(&series.points) else { continue };
        let (w, h) = (text_width(&series.note, TICK), TICK + 2.0);
        let places: [(Box, Style); 6] = [
            ([x + 9.0, y - h / 2.0, w, h], Style::sized(TICK)),
            ([x - 9.0 - w, y - h / 2.0, w, h], Style::sized(TICK).end()),
            ([x - w / 2.0, y - 8.0 - h, w, h], Style::sized(TICK).middle()),
            ([x - w / 2.0, y + 8.0, w, h], Style::sized(TICK).middle()),
            ([x + 7.0, y - 6.0 - h, w, h], Style::sized(TICK)),
            ([x + 7.0, y + 6.0, w, h], Style::sized(TICK)),
        ];
        let hidden = |b: &Box| {
            let inside = overlap(b, &frame);
            taken.iter().map(|t| overlap(b, t)).sum::<f64>() + 4.0 * (b[2] * b[3] - inside)
        };
        let best = places.into_iter().reduce(|a, b| if hidden(&b.0) < hidden(&a.0) { b } else { a });
        if let Some((place, style)) = best {
            let x = match style.anchor {
                "end" => place[0] + w,
                "middle" => place[0] + w / 2.0,
                _ => place[0],
            };
            svg.text(x, place[1] + h - 3.0, &series.note, style);
            taken.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::palette::Look;
    use crate::report::plot::{Axis, Panel, Series};

    #[test]
    fn names_of_neighbours_do_not_hide_each_other() {
        let point = |x: f64, i: usize| Series {
            note: format!("a name of some length {i}"),
            line: false,
            ..Series::line(Look::nth(i), vec![(x, 0.5)])
        };
        let (x, y) = (Axis::between("", 0.0, 1.0, 4), Axis::between("", 0.0, 1.0, 4));
        let panel = Panel { title: String::new(), x, y, series: vec![point(0.48, 0), point(0.52, 1), point(0.5, 2)] };
        let plot = Plot { panel: &panel, left: 0.0, top: 0.0, width: 600.0, height: 300.0 };
        let mut svg = Svg::new(600.0, 300.0);
        write(&mut svg, &plot);
        let text = svg.finish("");
        let attribute = |line: &str, key: &str| -> f64 {
            let rest = line.split(&format!(" {key}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let boxes: Vec<Box> = text
            .lines()
            .filter(|l| l.starts_with("<text"))
            .map(|l| {
                let (x, y, w) = (attribute(l, "x"), attribute(l, "y"), text_width("a name of some length 0", TICK));
                let left = if l.contains("\"end\"") {
                    x - w
                } else if l.contains("\"middle\"") {
                    x - w / 2.0
                } else {
                    x
                };
                [left, y - TICK, w, TICK]
            })
            .collect();
        assert_eq!(boxes.len(), 3);
        assert!((0..3).all(|i| (0..i).all(|j| overlap(&boxes[i], &boxes[j]) == 0.0)), "{boxes:?}");
    }
}
