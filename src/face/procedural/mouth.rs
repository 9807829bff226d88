//! Lips.

use super::canvas::{Canvas, Noise, bell, ramp, spot, toward};
use super::palette::{mix, skin};
use super::person::Person;

/// Draws lips, their line and the shade under them.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    let mouth = person.mouth;
    let base = skin(person.melanin, person.haemoglobin);
    let natural = [base[0] * 0.86, base[1] * 0.62, base[2] * 0.62];
    let painted = mix([0.72, 0.22, 0.26], [0.60, 0.28, 0.30], person.melanin);
    let lip = mix(natural, painted, (0.35 * mouth.red + 0.55 * person.make_up * mouth.red).min(0.85));
    let noise = Noise::new(person.texture.named("lips"));
    let extent = [-mouth.width - 0.05, mouth.width + 0.05, mouth.height - 0.2, mouth.height + 0.16];
    let line =
        move |a: f32| mouth.height + mouth.corners * a * a - 0.010 * bell(a, 0.18) + 0.008 * bell(a.abs() - 0.3, 0.15);
    canvas.paint(extent, |s, y| {
        let a = s / mouth.width;
        let open = (1.0 - a * a).max(0.0);
        let bow = 1.0 - mouth.bow * bell(a, 0.16);
        let top = line(a) + mouth.upper * open.powf(0.75) * bow;
        let bottom = line(a) - mouth.lower * (1.0 - a.abs().min(1.0).powf(2.6)).powf(0.85);
        let inside = ramp(-0.006, 0.010, top - y) * ramp(-0.008, 0.014, y - bottom) * ramp(1.02, 0.94, a.abs());
        let upper = y > line(a);
        let rounding = if upper {
            0.80 + 0.14 * ((y - line(a)) / mouth.upper).clamp(0.0, 1.0)
        } else {
            0.90 + 0.22 * spot(s, y - line(a) + mouth.lower * 0.45, mouth.width * 0.45, mouth.lower * 0.26)
        };
        let folds = 1.0 + 0.05 * noise.at(s * 60.0, y * 4.0);
        (lip.map(|v| (v * rounding * folds).min(1.0)), inside * 0.92)
    });
    // The line between the lips, darkest in the middle and at the corners.
    canvas.paint(extent, |s, y| {
        let a = s / mouth.width;
        let thick = 0.0075 + 0.004 * bell(a, 0.5);
        let along = ramp(1.06, 0.93, a.abs());
        ([lip[0] * 0.30, lip[1] * 0.24, lip[2] * 0.24], 0.92 * bell(y - line(a), thick) * along)
    });
    canvas.tint_both([mouth.width - 0.06, mouth.width + 0.09, mouth.height - 0.08, mouth.height + 0.1], |s, y, _| {
        toward([0.5, 0.36, 0.33], 0.4 * spot(s - mouth.width - 0.008, y - line(1.0), 0.018, 0.022))
    });
    canvas.tint([-0.3, 0.3, mouth.height - 0.25, mouth.height], |s, y| {
        let under = mouth.height - mouth.lower - 0.022;
        toward([0.55, 0.42, 0.38], 0.35 * spot(s, y - under, mouth.width * 0.42, 0.014))
    });
}
