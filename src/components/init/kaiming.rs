//! He et al., "Delving Deep into Rectifiers", eq. 10 and its uniform twin.

use super::{Fans, Init, InitEntry, normals, register, uniforms};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    pub struct Kaiming {
        /// Slope of the rectifier below zero.
        slope: f64 = 0.0, min = 0.0;
        /// Which side's number of terms is kept in balance.
        fan: String = "in", of = ["in", "out"];
        /// The distribution.
        draw: String = "normal", of = ["uniform", "normal"];
    }
}

pub fn entry() -> InitEntry {
    register::<Kaiming>("kaiming", "Keeps the variance through rectifiers.", |s| Ok(Box::new(Kaiming::read(s)?)))
}

impl Init for Kaiming {
    fn fill(&self, fans: Fans, stream: Stream) -> Vec<f32> {
        let fan = if self.fan == "in" { fans.fan_in() } else { fans.fan_out() };
        let std = (2.0 / (1.0 + self.slope * self.slope) / fan.max(1.0)).sqrt();
        if self.draw == "normal" {
            normals(fans.values(), 0.0, std, stream)
        } else {
            uniforms(fans.values(), std * 3.0_f64.sqrt(), stream)
        }
    }
}
