//! Brows, beard and the hair around the face.

use super::canvas::{ALL, Canvas, Noise, bell, ramp};
use super::eyes::CENTRE;
use super::form::{MOUTH, lips};
use super::palette::{hair, mix};
use super::person::{Person, Style};

/// Draws both brows, hair by hair.
pub fn brows(canvas: &mut Canvas, person: &Person) {
    let brow = person.brow;
    let noise = Noise::new(person.texture.named("brows"));
    let colour = hair(person.hair * 0.75, person.grey * 0.6).map(|v| v * 0.72);
    let (inner, outer) = (CENTRE.0 - 0.205, CENTRE.0 + 0.215);
    canvas.paint_both([inner - 0.03, outer + 0.03, 0.22, 0.58], |s, y, side| {
        let t = (s - inner) / (outer - inner);
        let rise = brow.arch * (1.0 - ((t - 0.62) / 0.62).powi(2)) + brow.tail * ramp(0.6, 1.0, t);
        let middle = brow.height + rise + 0.01;
        let half = brow.thickness * (0.45 + 0.55 * ramp(0.0, 0.25, t)) * (1.0 - 0.72 * ramp(0.45, 1.02, t));
        let ends = ramp(-0.02, 0.10, t) * ramp(1.03, 0.93, t);
        let inside = ramp(1.25, 0.55, (y - middle).abs() / half.max(1e-3));
        if inside * ends == 0.0 {
            return (colour, 0.0);
        }
        // Hairs lean outward, more so along the tail.
        let lean = s * 55.0 - (y - middle) * (70.0 - 50.0 * t.clamp(0.0, 1.0));
        let hairs = 0.78 + 0.42 * noise.at(lean, y * 14.0 + 40.0 * side);
        (colour, inside * ends * brow.density * hairs)
    });
}

/// How much the place is where beards grow: chin, cheeks and, apart, the moustache.
fn growth(s: f32, y: f32) -> (f32, f32) {
    let side = s.abs();
    // The beard's upper edge runs from the ear down to the mouth's corner.
    let edge = -0.50 + 0.42 * ramp(0.36, 0.92, side);
    let cheek = ramp(edge + 0.10, edge - 0.08, y);
    let (width, height) = MOUTH;
    let away = (s / (width + 0.035)).hypot((y - height + 0.01) / 0.115);
    let off_lips = ramp(0.86, 1.08, away);
    let under_lip = 1.0 - 0.7 * bell(s, 0.09) * bell(y - lips(0.0)[2] + 0.05, 0.03);
    let moustache = bell((y - height - 0.125) / 0.055, 0.75)
        * ramp(width + 0.07, width - 0.04, side)
        * (1.0 - 0.45 * bell(s, 0.025))
        * off_lips
        * ramp(-0.27, -0.33, y);
    (cheek * off_lips * under_lip, moustache)
}

/// Stubble, moustache and beard.
pub fn beard(canvas: &mut Canvas, person: &Person) {
    let beard = person.beard;
    if beard.stubble + beard.moustache + beard.full == 0.0 {
        return;
    }
    let colour = hair(person.hair * 0.9, person.grey);
    let (fine, clumps) = (Noise::new(person.texture.named("stubble")), Noise::new(person.texture.named("beard")));
    let base = super::palette::skin(person.melanin, person.haemoglobin);
    let shadow = mix(base.map(|v| v * 0.68), [0.36, 0.36, 0.38], 0.28);
    canvas.paint([-1.08, 1.08, -1.02, 0.1], |s, y| {
        let (chin, moustache) = growth(s, y);
        if chin.max(moustache) == 0.0 {
            return (shadow, 0.0);
        }
        let dots = 0.66 + 0.42 * fine.grain(s * 80.0, y * 80.0);
        (shadow, 0.62 * beard.stubble * chin.max(0.9 * moustache) * dots)
    });
    canvas.paint([-1.08, 1.08, -1.02, 0.1], |s, y| {
        let (chin, moustache) = growth(s, y);
        let alpha = (beard.full * chin).max(beard.moustache.max(beard.full * 0.9) * moustache);
        if alpha == 0.0 {
            return (colour, 0.0);
        }
        let strands = 0.80 + 0.34 * clumps.at(s * 46.0 + 6.0 * y, y * 9.0) + 0.16 * fine.grain(s * 75.0, y * 40.0);
        let shade = 0.82 + 0.30 * clumps.at(s * 30.0 + 4.0 * y, y * 7.0 + 5.0);
        (colour.map(|v| (v * shade).min(1.0)), (1.25 * alpha * strands).min(0.96))
    });
}

/// Hair above the hairline and before the ears.
pub fn scalp(canvas: &mut Canvas, person: &Person) {
    if person.style == Style::Bald {
        return;
    }
    let (height, recede) = person.hairline;
    let colour = hair(person.hair, person.grey);
    let (edge, strands) = (Noise::new(person.texture.named("hairline")), Noise::new(person.texture.named("strands")));
    let sideburn = 0.12 + 0.25 * person.masculine + 0.45 * person.beard.full;
    canvas.paint(ALL, |s, y| {
        let side = s.abs();
        // Over the forehead the line rises beside the middle and falls to the temples, then down before the ears.
        let temple = recede * bell(side - 0.34, 0.12) - 0.62 * ramp(0.50, 0.93, side);
        // Lower than the line ever comes.
        if y < height + temple - 0.07 - if side > 0.85 { sideburn } else { 0.0 } {
            return (colour, 0.0);
        }
        let ragged = 0.018 * edge.at(s * 26.0, 3.0) + 0.022 * edge.at(s * 7.0, 8.0);
        let line = height + temple + ragged - sideburn * ramp(0.88, 1.06, side + 0.02 * edge.at(y * 14.0, 20.0));
        let depth = y - line;
        let grown = ramp(-0.025, 0.05, depth);
        if grown == 0.0 {
            return (colour, 0.0);
        }
        let shine = 0.80
            + 0.26 * strands.at(s * 48.0 - 7.0 * y * s.signum(), y * 5.0)
            + 0.16 * strands.at(s * 15.0, y * 2.0 + 9.0);
        let thin = 0.85 + 0.25 * strands.at(s * 60.0, y * 9.0 + 50.0);
        (colour.map(|v| (v * shine).clamp(0.0, 1.0)), grown * thin)
    });
}
