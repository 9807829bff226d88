//! Lips.

use super::canvas::{Canvas, Noise, bell, ramp, spot, toward};
use super::form::{MOUTH, lips};
use super::palette::{mix, skin};
use super::person::Person;

/// Draws lips and their line; their form is the head's.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    let base = skin(person.melanin, person.haemoglobin);
    let natural = [base[0] * 0.86, base[1] * 0.66, base[2] * 0.66];
    let painted = mix([0.72, 0.22, 0.26], [0.60, 0.28, 0.30], person.melanin);
    let lip = mix(natural, painted, (0.35 * person.lips + 0.55 * person.make_up * person.lips).min(0.85));
    let (folds, spots) = (Noise::new(person.texture.named("lips")), Noise::new(person.texture.named("lip spots")));
    let (width, height) = MOUTH;
    let extent = [-width - 0.05, width + 0.05, height - 0.2, height + 0.16];
    canvas.paint(extent, |s, y| {
        let [top, line, bottom] = lips(s);
        let inside = ramp(-0.010, 0.012, top - y) * ramp(-0.012, 0.016, y - bottom) * ramp(1.02, 0.94, s.abs() / width);
        // Darker towards the inside; fine folds across.
        let wet = 1.0 - 0.16 * bell(y - line, 0.018);
        let across = s + 0.25 * s * (y - line);
        let fold = 1.0 + 0.07 * folds.at(across * 75.0, y * 5.0) + 0.05 * spots.cloud(s * 18.0, y * 30.0);
        (lip.map(|v| (v * wet * fold).min(1.0)), inside * 0.90)
    });
    canvas.paint(extent, |s, y| {
        let along = ramp(1.05, 0.93, s.abs() / width);
        ([lip[0] * 0.36, lip[1] * 0.27, lip[2] * 0.27], 0.80 * bell(y - lips(s)[1], 0.0065) * along)
    });
    canvas.tint_both([width - 0.06, width + 0.09, height - 0.08, height + 0.1], |s, y, _| {
        toward([0.5, 0.36, 0.33], 0.30 * spot(s - width - 0.008, y - height + 0.005, 0.018, 0.022))
    });
}
