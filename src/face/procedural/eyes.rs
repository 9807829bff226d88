//! Eyes: white, iris, pupil, lids and lashes.

use super::canvas::{Canvas, Colour, Extent, bell, ramp, spot, toward};
use super::palette::{iris, mix};
use super::person::{Eye, Person};

/// Where a point lies in an eye: along from the inner (-1) to the outer corner (1), up from the middle, and how far
/// below the upper lid and above the lower one.
struct Place {
    along: f32,
    up: f32,
    below_upper: f32,
    above_lower: f32,
}

impl Eye {
    fn place(&self, s: f32, y: f32) -> Place {
        let along = (s - self.centre.0) / self.width;
        let up = y - self.centre.1 - self.tilt * (s - self.centre.0);
        let a = along.clamp(-1.0, 1.0);
        // Highest a little inside the middle, lowest a little outside.
        let upper = self.upper * (1.0 - a * a).powf(0.72) * (1.0 - 0.18 * a);
        let lower = -self.lower * (1.0 - a * a).powf(0.80) * (1.0 + 0.22 * a);
        Place { along, up, below_upper: upper - up, above_lower: up - lower }
    }

    fn extent(&self, margin: f32) -> Extent {
        let ((x, y), rise) = (self.centre, self.tilt.abs() * self.width + margin);
        [x - self.width - margin, x + self.width + margin, y - self.lower - rise, y + self.upper + rise]
    }
}

/// Draws both eyes.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    lid_shade(canvas, person);
    ball(canvas, person);
    lashes(canvas, person);
}

/// Fold and colour of the lids.
fn lid_shade(canvas: &mut Canvas, person: &Person) {
    let eye = person.eye;
    let shadow = mix([0.62, 0.46, 0.42], [0.45, 0.36, 0.46], person.make_up * 0.6);
    canvas.tint_both(eye.extent(0.12), |s, y, _| {
        let p = eye.place(s, y);
        let within = ramp(1.25, 0.8, p.along.abs());
        let fold = 0.62 * eye.fold * bell(p.below_upper + 0.036, 0.008) * within;
        let lid = (0.18 + 0.35 * person.make_up) * bell(p.below_upper + 0.018, 0.02) * within;
        let lower = 0.30 * bell(p.above_lower + 0.008, 0.009) * within;
        let corner = 0.35 * spot(p.along + 1.05, p.up, 0.10, 0.018);
        toward(shadow, (fold + lid + lower + corner).min(0.9))
    });
}

fn ball(canvas: &mut Canvas, person: &Person) {
    let eye = person.eye;
    let colour = iris(person.iris);
    let radius = 0.073;
    canvas.paint_both(eye.extent(0.03), |s, y, side| {
        let p = eye.place(s, y);
        let edge = p.below_upper.min(p.above_lower);
        let inside = ramp(-0.004, 0.007, edge) * ramp(1.0, 0.96, p.along.abs());
        // Catchlights are on the same side of both eyes.
        let glint = (s - eye.centre.0 + side * 0.024).hypot(p.up - 0.034);
        let distance = (s - eye.centre.0 + 0.004).hypot(p.up - 0.012);
        let ball = eyeball(colour, distance / radius, p.along);
        let lid = 1.0 - 0.48 * ramp(0.036, 0.0, p.below_upper);
        let lit = mix(ball.map(|v| v * lid), [1.0, 1.0, 1.0], ramp(0.018, 0.010, glint) * 0.9);
        (lit, inside)
    });
}

/// Colour at a distance from the pupil's middle, in radii of the iris.
fn eyeball(colour: Colour, distance: f32, along: f32) -> Colour {
    let corner = 1.0 - 0.22 * ramp(0.35, 1.0, along.abs());
    let white = mix([0.93 * corner, 0.90 * corner, 0.88 * corner], [0.80, 0.50, 0.46], ramp(-0.82, -0.97, along) * 0.8);
    let ring = mix(colour, colour.map(|v| v * 0.35), ramp(0.72, 0.98, distance));
    let inner = mix(ring.map(|v| (v * 1.25).min(1.0)), ring, ramp(0.40, 0.75, distance));
    let iris = mix([0.03, 0.03, 0.03], inner, ramp(0.36, 0.46, distance));
    mix(iris, white, ramp(0.94, 1.06, distance))
}

/// The dark rims: thick above, thin below.
fn lashes(canvas: &mut Canvas, person: &Person) {
    let eye = person.eye;
    let strength = 0.80 + 0.2 * (1.0 - person.masculine);
    let thick = 0.0085 + 0.006 * person.make_up + 0.003 * (1.0 - person.masculine);
    canvas.paint_both(eye.extent(0.06), |s, y, _| {
        let p = eye.place(s, y);
        let out = ramp(-1.0, 0.6, p.along);
        let reach = ramp(1.0 + 0.10 * (1.0 - person.masculine), 0.93, p.along) * ramp(-1.03, -0.9, p.along);
        // Past the outer corner the lashes go on a little, upward.
        let wing = if p.along > 0.95 { p.up - 0.10 * (p.along - 0.95) } else { -p.below_upper };
        let upper = strength * bell(wing - 0.004, thick * (0.7 + 0.6 * out)) * reach;
        ([0.09, 0.06, 0.055], upper)
    });
    canvas.tint_both(eye.extent(0.06), |s, y, _| {
        let p = eye.place(s, y);
        let reach = ramp(1.0, 0.9, p.along.abs());
        let amount = (0.40 + 0.35 * person.make_up) * ramp(-0.9, 0.4, p.along);
        toward([0.32, 0.24, 0.22], amount * bell(p.above_lower, 0.0065) * reach)
    });
}
