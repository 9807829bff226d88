//! Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.

use super::{Fans, Init, InitEntry, normals, register, uniforms};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    pub struct Xavier {
        /// Factor on the deviation.
        gain: f64 = 1.0, above = 0.0;
        /// The distribution.
        draw: String = "uniform", of = ["uniform", "normal"];
    }
}

pub fn entry() -> InitEntry {
    register::<Xavier>("xavier", "Keeps the variance of activations and gradients alike.", |s| {
        Ok(Box::new(Xavier::read(s)?))
    })
}

impl Init for Xavier {
    fn fill(&self, fans: Fans, stream: Stream) -> Vec<f32> {
        let std = self.gain * (2.0 / (fans.fan_in() + fans.fan_out()).max(1.0)).sqrt();
        if self.draw == "normal" {
            normals(fans.values(), 0.0, std, stream)
        } else {
            uniforms(fans.values(), std * 3.0_f64.sqrt(), stream)
        }
    }
}
