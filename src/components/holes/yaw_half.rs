//! The side of a face that a turned head hides, drawn without geometry.
//!
//! A UV map is taken as a cylinder over 180 degrees: at yaw y the columns past 90 - y degrees of the far side face away.
//! The border bends around the bulge of the face and is ragged, as that of a fitted mesh is.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use super::{HolesEntry, plain, range};
use crate::components::sample::{Array, DataError, Holes, Place, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `yaw-half` is told.
    pub struct YawHalf {
        /// Yaw of the head in degrees, from least to most.
        yaw: Vec<f64> = vec![30.0, 90.0], length = 2, min = 0.0, max = 90.0;
        /// Side of the map that is hidden.
        side: String = "random", of = ["random", "left", "right"];
    }
}

struct Drawn {
    yaw: (f64, f64),
    /// `None`: random.
    left: Option<bool>,
}

impl Holes for Drawn {
    fn mask(&self, place: &Place<'_>, draw: &mut Stream) -> Result<Array, DataError> {
        let (height, width) = (place.height, place.width);
        let yaw = draw.between(self.yaw.0, self.yaw.1);
        let chance = draw.uniform() < 0.5;
        let left = self.left.unwrap_or(chance);
        let bend = draw.between(0.02, 0.10);
        let waves: Vec<(f64, f64, f64)> = (0..4)
            .map(|k| (draw.between(0.004, 0.016), f64::from(2 + 3 * k) + draw.uniform(), draw.between(0.0, TAU)))
            .collect();
        let mut mask = Array::filled([1, height, width], 0.0);
        for (y, line) in mask.data.chunks_exact_mut(width).enumerate() {
            let v = (y as f64 + 0.5) / height as f64;
            let ragged: f64 = waves.iter().map(|(size, speed, phase)| size * (speed * TAU * v + phase).sin()).sum();
            // Share of the width that is hidden: 0 at yaw 0, half at 90 degrees; less where the face bulges.
            let hidden = yaw / 180.0 + (ragged - bend * (PI * v).sin() * (yaw / 90.0)) * (yaw / 15.0).min(1.0);
            for (x, value) in line.iter_mut().enumerate() {
                let u = (x as f64 + 0.5) / width as f64;
                let from_side = if left { u } else { 1.0 - u };
                *value = if from_side < hidden { 1.0 } else { 0.0 };
            }
        }
        Ok(mask)
    }
}

pub fn entry() -> HolesEntry {
    HolesEntry {
        entry: plain("yaw-half", "The side of a face that a turned head hides.", YawHalf::schema()),
        open: |settings, _| {
            let YawHalf { yaw, side } = read(settings)?;
            let left = match side.as_str() {
                "left" => Some(true),
                "right" => Some(false),
                _ => Option::None,
            };
            Ok(Arc::new(Drawn { yaw: range("yaw", &yaw)?, left }))
        },
    }
}
