//! What has an extent in a panel: bands round lines, bars on the axis, whiskers through points.

use super::{Plot, Series};
use crate::report::palette::INK;
use crate::report::svg::{Svg, num};

/// In values of the axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// Place, lower and upper end, along a line.
    Band(Vec<(f64, f64, f64)>),
    /// From the axis to a value, between two places.
    Bar { from: f64, to: f64, value: f64 },
    /// At a place, from one end to the other.
    Whisker { at: f64, low: f64, high: f64 },
}

impl Area {
    /// Lowest and highest value.
    pub fn ends(&self) -> Vec<f64> {
        match self {
            Area::Band(points) => points.iter().flat_map(|p| [p.1, p.2]).collect(),
            Area::Bar { value, .. } => vec![*value],
            Area::Whisker { low, high, .. } => vec![*low, *high],
        }
    }
}

/// Bands and bars, beneath all lines.
pub(super) fn beneath(svg: &mut Svg, plot: &Plot<'_>, series: &Series) {
    let colour = series.look.colour;
    for area in &series.areas {
        match area {
            Area::Band(points) => {
                let known = || points.iter().filter(|p| p.1.is_finite() && p.2.is_finite());
                let there = known().map(|p| plot.at((p.0, p.2)));
                let back = known().rev().map(|p| plot.at((p.0, p.1)));
                let all: Vec<String> = there.chain(back).map(|(x, y)| format!("{},{}", num(x), num(y))).collect();
                let all = all.join(" ");
                svg.put(format_args!(r#"<polygon points="{all}" fill="{colour}" fill-opacity="0.16"/>"#));
            }
            Area::Bar { from, to, value } if value.is_finite() => {
                let ground = if plot.panel.y.low > 0.0 { plot.panel.y.low } else { 0.0 };
                let ((left, top), (right, bottom)) = (plot.at((*from, *value)), plot.at((*to, ground)));
                let (top, bottom) = (top.min(bottom), top.max(bottom));
                svg.rect([left, top, right - left, bottom - top], 0.0, &format!(r#"fill="{colour}""#));
            }
            Area::Bar { .. } | Area::Whisker { .. } => {}
        }
    }
}

/// Whiskers, over the bars that they belong to.
pub(super) fn above(svg: &mut Svg, plot: &Plot<'_>, series: &Series) {
    let bars = series.areas.iter().any(|a| matches!(a, Area::Bar { .. }));
    let attributes = format!(r#"stroke="{}" stroke-width="1.2""#, if bars { INK } else { series.look.colour });
    for area in &series.areas {
        let Area::Whisker { at, low, high } = area else { continue };
        if low.is_finite() && high.is_finite() {
            let ((x, top), (_, bottom)) = (plot.at((*at, *high)), plot.at((*at, *low)));
            svg.line([x, top, x, bottom], &attributes);
            svg.line([x - 3.5, top, x + 3.5, top], &attributes);
            svg.line([x - 3.5, bottom, x + 3.5, bottom], &attributes);
        }
    }
}
