//! Skin: its colour, its soft shades where the face is hollow, blush, wrinkles, freckles and moles.

use super::canvas::{ALL, Canvas, Noise, bell, ramp, spot, toward};
use super::palette::{mix, skin};
use super::person::Person;

/// Ground colour and shades.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    let base = skin(person.melanin, person.haemoglobin);
    let pale = skin(person.melanin - 0.05, person.haemoglobin);
    let red = mix(base, [base[0], base[1] * 0.72, base[2] * 0.70], 1.0);
    let (wide, fine) = (Noise::new(person.texture.named("tone")), Noise::new(person.texture.named("pores")));
    canvas.paint(ALL, |s, y| {
        let pores = 0.6 + 0.4 * spot(s.abs() - 0.2, y + 0.1, 0.25, 0.25) + 0.6 * person.rough;
        let tone = 1.0
            + 0.045 * wide.cloud(s * 2.5, y * 2.5)
            + 0.018 * fine.grain(s * 16.0 + 3.0, y * 16.0)
            + pores * (0.020 * fine.grain(s * 34.0, y * 34.0) + 0.022 * fine.grain(s * 62.0, y * 62.0 + 9.0));
        // Forehead and chin are paler, the middle of the face ruddier.
        let colour = mix(base, pale, ramp(0.4, 0.7, y) + 0.6 * spot(s, y + 0.85, 0.2, 0.1));
        let ruddy = 0.30 * spot(s, y + 0.17, 0.13, 0.09)
            + 0.32 * person.blush * spot(s.abs() - 0.45, y + 0.08, 0.17, 0.14)
            + 0.06 * wide.at(s * 3.0 + 9.0, y * 3.0);
        (mix(colour, red, ruddy.max(0.0)).map(|v| v * tone), 1.0)
    });
    hollows(canvas, person);
    wrinkles(canvas, person);
    freckles(canvas, person);
}

/// Shade that stays wherever the light is: sockets, under nose, lip and jaw, at the sides.
fn hollows(canvas: &mut Canvas, person: &Person) {
    let warm = [0.55, 0.42, 0.38];
    let tired = 0.15 + 0.35 * person.age;
    let eye = super::eyes::CENTRE;
    canvas.tint_both([0.0, 1.08, -1.02, 0.98], |s, y, _| {
        let socket = 0.24 * spot(s - eye.0 + 0.05, y - eye.1 - 0.075, 0.15, 0.045)
            + 0.22 * spot(s - 0.16, y - 0.22, 0.035, 0.09)
            + tired * 0.5 * spot(s - eye.0 + 0.02, y - eye.1 + 0.105, 0.12, 0.028);
        let nose = 0.17 * spot(s - 0.115, y + 0.03, 0.035, 0.15) + 0.22 * spot(s, y + 0.295, 0.11, 0.024);
        let mouth = 0.28 * spot(s, y + 0.655, 0.12, 0.028) + 0.10 * spot(s, y + 0.36, 0.018, 0.05);
        let side =
            0.20 * ramp(0.72, 1.08, s) + 0.28 * ramp(-0.86, -1.02, y) + 0.10 * spot(s - 0.52, y + 0.42, 0.1, 0.2);
        toward(warm, 0.45 * (socket + nose + mouth + side).min(0.9))
    });
}

/// Folds beside the mouth, lines on the forehead and at the eyes' corners.
fn wrinkles(canvas: &mut Canvas, person: &Person) {
    let noise = Noise::new(person.texture.named("wrinkles"));
    let depth = 0.12 + 0.36 * person.age * person.age;
    let warm = [0.52, 0.38, 0.34];
    canvas.tint_both([0.12, 0.45, -0.62, -0.1], |s, y, _| {
        // From the wing of the nose to beside the mouth's corner.
        let t = ((-0.17 - y) / 0.36).clamp(0.0, 1.0);
        let line = 0.175 + 0.15 * t.powf(1.3);
        let along = ramp(-0.13, -0.22, y) * ramp(-0.60, -0.42, y);
        let shade =
            bell(s - line, 0.013 + 0.012 * t) + 0.22 * ramp(line, line - 0.012, s) * bell(s - line + 0.02, 0.03);
        toward(warm, depth * along * shade.min(1.0))
    });
    if person.age > 0.45 {
        let strength = (person.age - 0.45) * 0.55;
        canvas.tint([-0.5, 0.5, 0.5, 0.82], |s, y| {
            let wave = y - 0.012 * noise.at(s * 3.0, 1.0) + 0.03 * s * s;
            let lines: f32 = [0.56, 0.635, 0.71].iter().map(|at| bell(wave - at, 0.007)).sum();
            toward(warm, strength * lines * bell(s, 0.27) * (0.7 + 0.5 * noise.at(s * 7.0, y * 12.0)).clamp(0.0, 1.0))
        });
        canvas.tint_both([0.45, 0.70, 0.05, 0.36], |s, y, _| {
            let fan = (y - 0.205) / (s - 0.40).max(0.02);
            let lines: f32 = [-0.5, 0.0, 0.5].iter().map(|at| bell(fan - at, 0.07)).sum();
            toward(warm, strength * 0.9 * lines * bell(s - 0.58, 0.045))
        });
    }
}

fn freckles(canvas: &mut Canvas, person: &Person) {
    if person.freckles == 0.0 {
        return;
    }
    let noise = Noise::new(person.texture.named("freckles"));
    canvas.tint([-0.75, 0.75, -0.45, 0.5], |s, y| {
        let where_ = (spot(s.abs() - 0.35, y + 0.05, 0.22, 0.16) + spot(s, y, 0.12, 0.14)).min(1.0);
        if where_ == 0.0 {
            return [1.0; 3];
        }
        let dots =
            noise.dots(s * 26.0, y * 26.0, 0.75 * where_).max(0.8 * noise.dots(s * 41.0, y * 41.0, 0.6 * where_));
        toward([0.66, 0.47, 0.34], person.freckles * (0.4 + 0.6 * where_) * dots * 0.8)
    });
}

/// Moles, over everything but hair.
pub fn marks(canvas: &mut Canvas, person: &Person) {
    for &(s, y, radius) in &person.moles {
        let extent = [s - 2.0 * radius, s + 2.0 * radius, y - 2.0 * radius, y + 2.0 * radius];
        canvas.tint(extent, |a, b| toward([0.32, 0.21, 0.17], 0.85 * ramp(1.15, 0.75, (a - s).hypot(b - y) / radius)));
    }
}
