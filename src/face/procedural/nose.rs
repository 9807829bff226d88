//! The nose's own lines: nostrils, wings and tip.

use super::canvas::{Canvas, bell, ramp, spot, toward};
use super::person::Person;

/// `y` of the tip.
const TIP: f32 = -0.17;

/// Draws nostrils and wings.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    let wide = person.nose;
    let dark = [0.42, 0.30, 0.27];
    canvas.tint_both([0.0, 0.32, -0.36, -0.04], |s, y, _| {
        // The wing: an arc around its middle, open towards the tip.
        let (x, up) = (s - wide + 0.045, y - TIP + 0.035);
        let radius = x.hypot(up * 1.05);
        let outer = ramp(-0.3, 0.35, x / radius.max(1e-3)) * ramp(0.085, 0.05, up);
        let wing = 0.40 * bell(radius - 0.062, 0.0095) * outer;
        let beside = 0.20 * spot(s - wide - 0.045, y - TIP + 0.03, 0.022, 0.06);
        // Between tip and wing.
        let crease = 0.18 * spot(s - wide + 0.075, y - TIP - 0.01, 0.010, 0.035);
        toward(dark, (wing + beside + crease).min(1.0))
    });
    canvas.paint_both([0.0, 0.22, -0.34, -0.14], |s, y, _| {
        let (x, up) = (s - wide * 0.52, y - TIP + 0.083);
        let (along, across) = (x * 0.94 + up * 0.34, up * 0.94 - x * 0.34);
        let hole = (along / (wide * 0.30)).hypot(across / 0.021);
        ([0.13, 0.06, 0.05], 0.88 * ramp(1.25, 0.7, hole))
    });
    // Under side of the tip.
    canvas.tint([-0.12, 0.12, -0.32, -0.16], |s, y| toward(dark, 0.30 * spot(s, y - TIP + 0.09, 0.045, 0.02)));
}
