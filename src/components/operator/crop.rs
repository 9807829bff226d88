//! A rectangle of the map, in shares of its width and height, to the nearest pixel.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::crop;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Crop {
        /// Left, top, width, height as shares of the map.
        region: Vec<f64> = vec![0.0, 0.0, 1.0, 1.0], length = 4, min = 0.0, max = 1.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Crop>()
}

impl Crop {
    /// First pixel and number of pixels along an axis of `n`. `None`: outside, or no pixel at all.
    fn along(&self, axis: usize, n: usize) -> Option<(usize, usize)> {
        let (start, length) = (*self.region.get(axis)?, *self.region.get(axis + 2)?);
        let pixel = |share: f64| (share * n as f64).round() as usize;
        let (from, to) = (pixel(start), pixel(start + length));
        (from < to && to <= n).then_some((from, to - from))
    }
}

impl Leaf for Crop {
    const ABOUT: About = about("crop", "A rectangle of the map, in shares of its size.", &["map: T"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let [c, h, w] = map.dims;
        let Some(((_, width), (_, height))) = self.along(0, w).zip(self.along(1, h)) else {
            let message = format!("`region` {:?} has no pixel inside {map}, or leaves it", self.region);
            return Err(Problem::new(message).at_setting("region").at_port("map", 0, map.to_string()));
        };
        gives(map.with(map.ty, [c, height, width]))
    }
}

impl<D: Backend> Module<D> for Crop {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        let both = self.along(0, w).zip(self.along(1, h));
        let ((left, width), (top, height)) = both.ok_or_else(|| Error::shape("crop", "no pixel is inside"))?;
        if (height, width) == (h, w) {
            return only(x.clone());
        }
        only(crop(pass.ctx, x, top, left, height, width)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let both = self.along(0, w).zip(self.along(1, h));
        let ((left, width), (top, height)) = both.ok_or_else(|| Error::shape("crop", "no pixel is inside"))?;
        if (height, width) == (h, w) {
            return drawn(&x.name);
        }
        drawn(sheet.graph.crop(&x.name, [top, top + height, left, left + width]))
    }
}
