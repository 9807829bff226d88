//! Normal with a fixed deviation: DCGAN's and pix2pix's rule.

use super::{Fans, Init, InitEntry, normals, register};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    pub struct Normal {
        /// Mean.
        mean: f64 = 0.0;
        /// Standard deviation.
        std: f64 = 0.02, above = 0.0;
    }
}

pub fn entry() -> InitEntry {
    register::<Normal>("normal", "Normal with a fixed deviation.", |s| Ok(Box::new(Normal::read(s)?)))
}

impl Init for Normal {
    fn fill(&self, fans: Fans, stream: Stream) -> Vec<f32> {
        normals(fans.values(), self.mean, self.std, stream)
    }
}
