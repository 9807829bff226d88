//! Curves and points: plotters lays out the frame of a panel (axes, ticks, grid) on a canvas of four units a pixel, for
//! its coordinates are integers; the series are written over it as SVG, with dashes, markers and bars it has no words for.

mod area;
mod axis;
mod notes;
mod visible;

pub use area::Area;
pub use axis::{Axis, grouped};

use super::ReportError;
use super::palette::{FAINT_INK, GRID, INK, Look, Marker};
use super::svg::{Style, Svg, fit, num, register_fonts, text_width};
use plotters::prelude::*;
use visible::visible;

/// Canvas units a pixel.
const FINE: f64 = 4.0;
const TICK: f64 = 11.0;
const NAME: f64 = 12.0;

/// One plot of a figure.
#[derive(Clone, Debug)]
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

/// What is drawn in a panel, in values (not exponents).
#[derive(Clone, Debug)]
pub struct Series {
    pub look: Look,
    pub points: Vec<(f64, f64)>,
    /// Drawn thin and pale beneath the points' line: the raw values of a smoothed line.
    pub raw: Vec<(f64, f64)>,
    /// Bands, bars, whiskers.
    pub areas: Vec<Area>,
    /// Points are joined.
    pub line: bool,
    pub markers: bool,
    /// A point with a ring round it: the checkpoint that was chosen.
    pub ring: Option<(f64, f64)>,
    /// Written beside the last point.
    pub note: String,
}

impl Series {
    pub fn line(look: Look, points: Vec<(f64, f64)>) -> Self {
        Series { look, points, raw: vec![], areas: vec![], line: true, markers: false, ring: None, note: String::new() }
    }
}

/// Panels in rows of `columns`, with one legend beneath.
pub fn figure(
    panels: &[Panel],
    columns: usize,
    panel: (f64, f64),
    legend: &[(String, Look)],
) -> Result<Svg, ReportError> {
    let columns = columns.clamp(1, panels.len().max(1));
    let rows = panels.len().div_ceil(columns);
    let width = columns as f64 * panel.0;
    let lines = legend_lines(legend, width - 24.0);
    let mut svg = Svg::new(width, rows as f64 * panel.1 + lines.len() as f64 * 20.0 + 8.0);
    for (i, p) in panels.iter().enumerate() {
        let at = ((i % columns) as f64 * panel.0, (i / columns) as f64 * panel.1);
        draw(&mut svg, p, at, panel)?;
    }
    write_legend(&mut svg, &lines, rows as f64 * panel.1);
    Ok(svg)
}

/// Centred lines of entries beneath `top`.
pub fn write_legend(svg: &mut Svg, lines: &[Vec<(String, Look)>], top: f64) {
    for (i, line) in lines.iter().enumerate() {
        let total: f64 = line.iter().map(|(name, _)| legend_width(name)).sum();
        let mut x = (svg.width - total) / 2.0;
        for (name, look) in line {
            entry(svg, (x, top + 12.0 + i as f64 * 20.0), name, *look);
            x += legend_width(name);
        }
    }
}

fn legend_width(name: &str) -> f64 {
    text_width(name, TICK) + 50.0
}

/// Entries broken into lines of at most `width`.
pub fn legend_lines(legend: &[(String, Look)], width: f64) -> Vec<Vec<(String, Look)>> {
    let (mut lines, mut used) = (Vec::<Vec<_>>::new(), f64::INFINITY);
    for (name, look) in legend {
        let name = fit(name, TICK, width - 50.0);
        if used + legend_width(&name) > width {
            lines.push(vec![]);
            used = 0.0;
        }
        used += legend_width(&name);
        if let Some(line) = lines.last_mut() {
            line.push((name, *look));
        }
    }
    lines
}

fn entry(svg: &mut Svg, (x, y): (f64, f64), name: &str, look: Look) {
    if look.marker != Marker::Patch {
        svg.line([x, y, x + 26.0, y], &stroke(look, 2.0));
    }
    svg.marker((x + 13.0, y), look.marker, look.colour);
    svg.text(x + 32.0, y + 4.0, name, Style::sized(TICK));
}

fn stroke(look: Look, width: f64) -> String {
    let dash = if look.dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{}""#, look.dash) };
    format!(r#"stroke="{}" stroke-width="{}"{dash}"#, look.colour, num(width))
}

/// Where a panel's values lie on the picture.
struct Plot<'a> {
    panel: &'a Panel,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Plot<'_> {
    /// Position of a value; what lies outside is moved to the border.
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let share = |axis: &Axis, v: f64| ((axis.coordinate(v) - axis.low) / (axis.high - axis.low)).clamp(0.0, 1.0);
        let (sx, sy) = (share(&self.panel.x, x), share(&self.panel.y, y));
        (self.left + sx * self.width, self.top + (1.0 - sy) * self.height)
    }
}

fn draw(svg: &mut Svg, panel: &Panel, origin: (f64, f64), size: (f64, f64)) -> Result<(), ReportError> {
    let (frame, [left, top, width, height]) =
        frame(panel, size).map_err(|e| ReportError::Picture(format!("{}: {e}", panel.title)))?;
    svg.put(format_args!(
        r#"<g transform="translate({} {}) scale(0.25)" stroke-width="4">"#,
        num(origin.0),
        num(origin.1)
    ));
    svg.raw(&frame);
    svg.raw("</g>");
    let plot = Plot { panel, left: origin.0 + left, top: origin.1 + top, width, height };
    let title = fit(&panel.title, 13.0, size.0 - 20.0);
    svg.text(plot.left + width / 2.0, origin.1 + 18.0, &title, Style::sized(13.0).middle().bold());
    for series in &panel.series {
        area::beneath(svg, &plot, series);
    }
    for series in &panel.series {
        draw_raw(svg, &plot, series);
    }
    for series in &panel.series {
        draw_series(svg, &plot, series);
        area::above(svg, &plot, series);
    }
    notes::write(svg, &plot);
    Ok(())
}

fn draw_raw(svg: &mut Svg, plot: &Plot<'_>, series: &Series) {
    if series.raw.len() > 1 {
        let points: Vec<_> = series.raw.iter().filter(|p| p.1.is_finite()).map(|p| plot.at(*p)).collect();
        svg.polyline(
            &visible(&points),
            &format!(r#"stroke="{}" stroke-width="1" stroke-opacity="0.28""#, series.look.colour),
        );
    }
}

fn draw_series(svg: &mut Svg, plot: &Plot<'_>, series: &Series) {
    let look = series.look;
    let finite: Vec<(f64, f64)> = series.points.iter().copied().filter(|p| p.1.is_finite()).collect();
    let points: Vec<_> = finite.iter().map(|p| plot.at(*p)).collect();
    if series.line && points.len() > 1 {
        svg.polyline(&visible(&points), &stroke(look, 1.8));
    }
    if series.markers || points.len() == 1 {
        points.iter().for_each(|p| svg.marker(*p, look.marker, look.colour));
    }
    if let Some(ring) = series.ring {
        let (x, y) = plot.at(ring);
        let circle =
            format!(r#"<circle cx="{}" cy="{}" r="7" fill="none" stroke="{INK}" stroke-width="1.4"/>"#, num(x), num(y));
        svg.raw(&circle);
    }
}

/// Axes, ticks and grid as SVG elements on the fine canvas, and the plotting area in pixels.
fn frame(panel: &Panel, (w, h): (f64, f64)) -> Result<(String, [f64; 4]), Box<dyn std::error::Error>> {
    register_fonts();
    let fine = |v: f64| (v * FINE).round() as i32;
    // plotters writes text at 1/1.24 of the size asked for.
    let font = |size: f64, colour: &str| ("sans-serif", size * FINE * 1.24).into_font().color(&rgb(colour));
    let widest = panel.y.ticks.iter().map(|(_, label)| text_width(label, TICK)).fold(0.0, f64::max);
    let last = panel.x.ticks.last().map_or(0.0, |(_, label)| text_width(label, TICK));
    let mut buffer = String::new();
    let area;
    {
        let root = SVGBackend::with_string(&mut buffer, (fine(w) as u32, fine(h) as u32)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(fine(28.0))
            .margin_right(fine((last / 2.0 + 4.0).max(14.0)))
            .margin_bottom(fine(6.0))
            .margin_left(fine(6.0))
            .x_label_area_size(fine(if panel.x.label.is_empty() && panel.x.ticks.is_empty() { 12.0 } else { 40.0 }))
            .y_label_area_size(fine(widest + 30.0))
            .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(rgb(GRID).stroke_width(FINE as u32))
            .axis_style(rgb(FAINT_INK).stroke_width(FINE as u32))
            .set_all_tick_mark_size(fine(4.0))
            .x_desc(panel.x.label.as_str())
            .y_desc(panel.y.label.as_str())
            .axis_desc_style(font(NAME, INK))
            .label_style(font(TICK, FAINT_INK))
            .draw()?;
        let (x, y) = chart.plotting_area().get_pixel_range();
        area = [x.start, y.start, x.end - x.start, y.end - y.start].map(|v| f64::from(v) / FINE);
        root.present()?;
    }
    let body = buffer.split_once("<svg").and_then(|(_, rest)| rest.split_once('>')).map_or("", |(_, body)| body);
    let body = body.trim_end().trim_end_matches("</svg>");
    // What the picture and the frame's group say once, and what is so without being said.
    let said = [" font-family=\"sans-serif\"", " opacity=\"1\"", " stroke-width=\"4\""];
    let body = said.iter().fold(body.to_owned(), |body, said| body.replace(said, ""));
    Ok((body.replace(">\n", ">").replace("\n</text>", "</text>").replace("><", ">\n<"), area))
}

/// `#rrggbb` for plotters.
fn rgb(colour: &str) -> RGBColor {
    let channel = |i: usize| colour.get(i..i + 2).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(0);
    RGBColor(channel(1), channel(3), channel(5))
}
