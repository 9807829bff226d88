//! The nose's own lines: nostrils and wings.

use super::canvas::{Canvas, bell, ramp, spot, toward};

/// Draws nostrils and the grooves of the wings.
pub fn paint(canvas: &mut Canvas) {
    let dark = [0.50, 0.36, 0.32];
    canvas.tint_both([0.0, 0.32, -0.36, -0.04], |s, y, _| {
        let (x, up) = (s - 0.137, y + 0.205);
        let around = x.hypot(0.9 * up);
        let wing = 0.20 * bell(around - 0.082, 0.011) * ramp(-0.02, 0.04, x) * ramp(0.08, 0.0, up);
        let crease = 0.08 * spot(s - 0.088, y + 0.21, 0.012, 0.030);
        toward(dark, (wing + crease).min(1.0))
    });
    canvas.paint_both([0.0, 0.22, -0.34, -0.18], |s, y, _| {
        let (x, up) = (s - 0.072, y + 0.268);
        let (along, across) = (x * 0.94 + up * 0.34, up * 0.94 - x * 0.34);
        let hole = (along / 0.033).hypot(across / 0.016);
        ([0.10, 0.045, 0.04], 0.88 * ramp(1.35, 0.5, hole))
    });
}
