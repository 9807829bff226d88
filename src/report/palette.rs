//! Colours, dashes and markers: Okabe and Ito's palette, which readers with any colour vision can tell apart, each colour
//! with a dash and a marker of its own so that a grey print still reads. Heat is matplotlib's inferno, whose lightness
//! rises evenly.
//!
//! Okabe, Ito, "Color Universal Design", 2008; Wong, "Points of view: Color blindness", Nature Methods 8, 441 (2011).

pub const INK: &str = "#1f2328";
pub const FAINT_INK: &str = "#57606a";
pub const GRID: &str = "#e4e7eb";
pub const BASELINE: &str = "#7a7f87";

/// Okabe-Ito without yellow, which is lost on white; black comes last.
pub const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const DASHES: [&str; 4] = ["", "7 3", "2 2.5", "9 3 2 3"];
const MARKERS: [Marker; 5] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Down];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Down,
    /// Of bars: a patch of the colour.
    Patch,
}

/// How one line or point set is told from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colour: &'static str,
    /// `stroke-dasharray`; empty is solid.
    pub dash: &'static str,
    pub marker: Marker,
}

impl Look {
    /// The look of the `i`-th thing; after seven colours they repeat with other dashes.
    pub fn nth(i: usize) -> Self {
        Look { colour: COLOURS[i % COLOURS.len()], dash: DASHES[i % DASHES.len()], marker: MARKERS[i % MARKERS.len()] }
    }

    /// As bars have it: a patch, baselines told apart by how dark their grey is.
    pub fn bar(self, baseline: Option<usize>) -> Self {
        let colour = baseline.map_or(self.colour, |i| [BASELINE, "#b9bec5", "#4d5258"][i % 3]);
        Look { colour, marker: Marker::Patch, ..self }
    }

    /// The `i`-th baseline: grey, dashed.
    pub fn baseline(i: usize) -> Self {
        Look { colour: BASELINE, dash: ["5 3", "1.5 2.5", "8 2 2 2"][i % 3], marker: MARKERS[(i + 3) % MARKERS.len()] }
    }
}

/// inferno at 0, 0.1, .. 1.
const HEAT: [[u8; 3]; 11] = [
    [0x00, 0x00, 0x04],
    [0x16, 0x0b, 0x39],
    [0x42, 0x0a, 0x68],
    [0x6a, 0x17, 0x6e],
    [0x93, 0x26, 0x67],
    [0xbc, 0x37, 0x54],
    [0xdd, 0x51, 0x3a],
    [0xf3, 0x78, 0x19],
    [0xfc, 0xa5, 0x0a],
    [0xf6, 0xd7, 0x46],
    [0xfc, 0xff, 0xa4],
];

/// Colour of `value` in 0 to 1; what lies outside, or is no number, takes the nearer end (0).
pub fn heat(value: f64) -> [u8; 3] {
    let at = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) * 10.0 };
    let i = (at as usize).min(9);
    let share = at - i as f64;
    std::array::from_fn(|c| (f64::from(HEAT[i][c]) * (1.0 - share) + f64::from(HEAT[i + 1][c]) * share).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_colour_dash_and_marker() {
        for i in 0..20 {
            let (a, b) = (Look::nth(i), Look::nth(i + 1));
            assert!(a.colour != b.colour && a.dash != b.dash && a.marker != b.marker);
        }
    }

    #[test]
    fn heat_grows_lighter() {
        let lightness = |v: f64| heat(v).iter().map(|c| u32::from(*c)).sum::<u32>();
        assert!((0..10).all(|i| lightness(f64::from(i) / 10.0) < lightness(f64::from(i + 1) / 10.0)));
        assert_eq!((heat(-1.0), heat(f64::NAN), heat(2.0)), (HEAT[0], HEAT[0], HEAT[10]));
    }
}
