//! SVG written by hand: what grids, graph pictures, bars and the frames of plots are composed with. Lengths are CSS
//! pixels; text keeps being text, in DejaVu Sans or the fonts that are drawn as wide.

use super::palette::{INK, Marker};
use super::raster::{SCALE, width_of_uri};
use plotters::style::{FontStyle, IntoFont, register_font};
use std::fmt::Write;
use std::sync::Once;

/// Verdana descends from the same design as DejaVu Sans and sets as wide, so labels fit on every system.
pub const FAMILY: &str = "DejaVu Sans, Verdana, Geneva, sans-serif";

/// What a label looks like.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub size: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    pub bold: bool,
    pub fill: &'static str,
    /// Degrees, clockwise, about the anchor.
    pub rotate: f64,
}

impl Default for Style {
    fn default() -> Self {
        Style { size: 12.0, anchor: "start", bold: false, fill: INK, rotate: 0.0 }
    }
}

impl Style {
    pub fn sized(size: f64) -> Self {
        Style { size, ..Self::default() }
    }

    pub fn middle(self) -> Self {
        Style { anchor: "middle", ..self }
    }

    pub fn end(self) -> Self {
        Style { anchor: "end", ..self }
    }

    pub fn bold(self) -> Self {
        Style { bold: true, ..self }
    }

    pub fn fill(self, fill: &'static str) -> Self {
        Style { fill, ..self }
    }
}

/// A picture under construction.
#[derive(Clone, Debug)]
pub struct Svg {
    pub width: f64,
    pub height: f64,
    body: String,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Svg { width: width.ceil(), height: height.ceil(), body: String::new() }
    }

    /// Adds an element as written.
    pub fn raw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// Adds an element from format arguments.
    pub fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    pub fn rect(&mut self, [x, y, w, h]: [f64; 4], radius: f64, attributes: &str) {
        let (x, y, w, h, r) = (num(x), num(y), num(w), num(h), num(radius));
        self.put(format_args!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" {attributes}/>"#));
    }

    pub fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], attributes: &str) {
        let (x1, y1, x2, y2) = (num(x1), num(y1), num(x2), num(y2));
        self.put(format_args!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {attributes}/>"#));
    }

    /// Joined points, to tenths of a unit, each told by its distance from the one before.
    pub fn polyline(&mut self, points: &[(f64, f64)], attributes: &str) {
        let tenths: Vec<(i64, i64)> =
            points.iter().map(|(x, y)| ((x * 10.0).round() as i64, (y * 10.0).round() as i64)).collect();
        let Some(first) = tenths.first() else { return };
        let mut path = format!("M{}{}l", tenth(first.0, true), tenth(first.1, false));
        for (i, pair) in tenths.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            path.push_str(&tenth(to.0 - from.0, i == 0));
            path.push_str(&tenth(to.1 - from.1, false));
        }
        self.put(format_args!(r#"<path fill="none" stroke-linejoin="round" d="{path}" {attributes}/>"#));
    }

    /// Text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: Style) {
        let (x, y, size, fill) = (num(x), num(y), num(style.size), style.fill);
        let anchor =
            if style.anchor == "start" { String::new() } else { format!(r#" text-anchor="{}""#, style.anchor) };
        let weight = if style.bold { r#" font-weight="bold""# } else { "" };
        let turn = if style.rotate == 0.0 {
            String::new()
        } else {
            format!(r#" transform="rotate({} {x} {y})""#, style.rotate)
        };
        let text = escape(text);
        self.put(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{anchor}{weight}{turn}>{text}</text>"#
        ));
    }

    /// A picture; one with fewer pixels than it is shown with keeps them as squares.
    pub fn image(&mut self, [x, y, w, h]: [f64; 4], data_uri: &str) {
        let small = width_of_uri(data_uri).is_some_and(|pixels| f64::from(pixels) < w * f64::from(SCALE));
        let rendering = if small { r#" style="image-rendering:pixelated""# } else { "" };
        let (x, y, w, h) = (num(x), num(y), num(w), num(h));
        self.put(format_args!(
            r#"<image x="{x}" y="{y}" width="{w}" height="{h}" preserveAspectRatio="none"{rendering} href="{data_uri}"/>"#
        ));
    }

    /// A marker of about 7 pixels.
    pub fn marker(&mut self, (x, y): (f64, f64), marker: Marker, colour: &str) {
        let polygon = |offsets: &[(f64, f64)]| {
            let points: Vec<String> =
                offsets.iter().map(|(dx, dy)| format!("{},{}", num(x + dx), num(y + dy))).collect();
            format!(r#"<polygon points="{}" fill="{colour}"/>"#, points.join(" "))
        };
        let element = match marker {
            Marker::Circle => format!(r#"<circle cx="{}" cy="{}" r="3.4" fill="{colour}"/>"#, num(x), num(y)),
            Marker::Square => polygon(&[(-3.1, -3.1), (3.1, -3.1), (3.1, 3.1), (-3.1, 3.1)]),
            Marker::Triangle => polygon(&[(0.0, -4.2), (3.9, 2.9), (-3.9, 2.9)]),
            Marker::Diamond => polygon(&[(0.0, -4.5), (4.1, 0.0), (0.0, 4.5), (-4.1, 0.0)]),
            Marker::Patch => polygon(&[(-6.0, -5.0), (6.0, -5.0), (6.0, 5.0), (-6.0, 5.0)]),
            Marker::Down => polygon(&[(0.0, 4.2), (3.9, -2.9), (-3.9, -2.9)]),
        };
        self.raw(&element);
    }

    /// The document, on white, with `title` for readers who cannot see it.
    pub fn finish(&self, title: &str) -> String {
        let (w, h, title) = (num(self.width), num(self.height), escape(title));
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" "#,
                r#"font-family="{family}" role="img">"#,
                "\n<title>{title}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
            ),
            w = w,
            h = h,
            family = FAMILY,
            title = title,
            body = self.body
        )
    }
}

/// A number with at most two decimals, without trailing zeros.
pub fn num(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Tenths as a number of a path, parted from the one before it where it is not the `first`.
fn tenth(tenths: i64, first: bool) -> String {
    let sign = match (tenths < 0, first) {
        (true, _) => "-",
        (false, true) => "",
        (false, false) => " ",
    };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match (whole, rest) {
        (_, 0) => format!("{sign}{whole}"),
        (0, _) => format!("{sign}.{rest}"),
        _ => format!("{sign}{whole}.{rest}"),
    }
}

/// Text for XML and HTML, in elements and in double-quoted attributes. Control characters, which XML forbids, go.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// Gives plotters the embedded font; it asks for metrics even where it writes SVG.
pub fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A second registration under the same name replaces the first; neither can fail for a font that is embedded.
        let _ = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let _ = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
    });
}

/// Width of `text` at `size` pixels, in pixels.
pub fn text_width(text: &str, size: f64) -> f64 {
    register_fonts();
    // ab_glyph scales by the height from descent to ascent, which is 2384 of 2048 units an em in DejaVu Sans.
    let measured = ("sans-serif", 1000.0 * 2384.0 / 2048.0).into_font().box_size(text);
    measured.map_or(0.6 * size * text.chars().count() as f64, |(w, _)| f64::from(w) * size / 1000.0)
}

/// `text` cut to `width` pixels at `size`, with an ellipsis.
pub fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.into();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.len() > 1 {
        kept.pop();
        let cut: String = kept.iter().chain(&['…']).collect();
        if text_width(&cut, size) <= width {
            return cut;
        }
    }
    "…".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_in_the_embedded_font() {
        // DejaVu Sans: advance of `m` is 1995 of 2048 units, of `i` 569.
        assert!((text_width("mmmmmmmmmm", 10.0) - 97.4).abs() < 0.5, "{}", text_width("mmmmmmmmmm", 10.0));
        assert!(text_width("iiiiiiiiii", 10.0) < 30.0);
        assert!(text_width(&fit("attention-res-cunet-gan", 12.0, 80.0), 12.0) <= 80.0);
        assert_eq!(fit("uv-gan", 12.0, 80.0), "uv-gan");
    }

    #[test]
    fn a_line_is_told_in_tenths() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.polyline(&[(1.04, -2.0), (1.5, 2.26), (0.0, 2.26), (0.0, 2.0)], "");
        assert!(svg.body.contains("d=\"M1-2l.5 4.3-1.5 0 0-.3\""), "{}", svg.body);
    }

    #[test]
    fn markup_cannot_leave_a_label() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text(0.0, 0.0, "<script>\"a\" & 'b'\u{7}", Style::default());
        let text = svg.finish("</title>");
        assert!(text.contains("&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;</text>"));
        assert!(text.contains("<title>&lt;/title&gt;</title>"));
        assert_eq!((num(-0.001), num(1.5), num(2.0)), ("0".into(), "1.5".into(), "2".into()));
    }
}
