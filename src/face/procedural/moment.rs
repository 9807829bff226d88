//! Moments of the benchmark: Multi-PIE's views and lights, and what is drawn about them.

use super::person::Expression;
use super::shot::Moment;
use super::studio::Lighting;
use super::worn::Worn;
use crate::face::camera::Pose;
use crate::random::Stream;

/// Multi-PIE's cameras: yaw -90 to 90 in steps of 15, and two from above at yaw -45 and 45.
pub const VIEWS: usize = 15;

/// Yaw and pitch of a view before it is moved, in degrees.
pub fn view(number: usize) -> (f32, f32) {
    match number {
        13 => (-45.0, 25.0),
        14 => (45.0, 25.0),
        n => (15.0 * n as f32 - 90.0, 0.0),
    }
}

impl Moment {
    /// A moment of a view: turned a few degrees from it, under one of the lights, with an expression. A share
    /// `occluders` of the moments has hair and something worn before the face; hair is on all pictures where `hair`.
    pub fn draw(mut draw: Stream, number: usize, occluders: f64, hair: bool) -> Moment {
        let (yaw, pitch) = view(number);
        let pose = Pose {
            yaw: (yaw + draw.between(-7.5, 7.5) as f32).clamp(-89.9, 89.9),
            pitch: pitch + draw.between(-5.0, 5.0) as f32,
            roll: 0.0,
        };
        let light = draw.below(Lighting::COUNT);
        let (bright, warm) = (draw.between(0.88, 1.08) as f32, draw.between(-0.05, 0.05) as f32);
        let tint = [bright * (1.0 + warm), bright, bright * (1.0 - warm)];
        let expression = Expression::new(&mut draw.named("expression"));
        let hidden = draw.named("occluders").uniform() < occluders;
        let mut around = draw.named("around");
        let mut colour = |dark: f64, bright: f64| {
            let tone = around.between(dark, bright);
            [0, 1, 2].map(|_| (tone * around.between(0.78, 1.22)) as f32)
        };
        let (cloth, ground) = (colour(0.02, 0.5), [colour(0.05, 0.6), colour(0.02, 0.4)]);
        let mut frame = draw.named("frame");
        Moment {
            pose: Pose { roll: frame.normal().clamp(-2.0, 2.0) as f32 * 3.0, ..pose },
            offset: [frame.between(-0.03, 0.03) as f32, frame.between(-0.03, 0.03) as f32],
            zoom: frame.between(0.95, 1.12) as f32,
            number: light,
            tint,
            light: Lighting::of(light).tinted(tint),
            expression,
            worn: if hidden { Worn::draw(draw.named("worn")) } else { Worn::default() },
            hair: hidden || hair,
            cloth,
            ground,
            noise: draw.named("noise"),
        }
    }

    /// The same moment under another of the lights.
    pub fn relight(&mut self, number: usize) {
        self.number = number;
        self.light = Lighting::of(number).tinted(self.tint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_moments_hides_something() {
        let of = |share: f64| {
            (0..400).filter(|i| !Moment::draw(Stream::new(*i, "m"), 6, share, false).worn.is_empty()).count()
        };
        assert_eq!((of(0.0), of(1.0)), (0, 400));
        assert!((80..160).contains(&of(0.3)), "{}", of(0.3));
    }
}
