//! The larger of each channel of the first half and its partner of the second: half the channels are left.
//!
//! Wu et al., "A Light CNN for Deep Face Representation with Noisy Labels", <https://arxiv.org/abs/1511.02683>, eq. 1.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::pool::max_halves;
use crate::tensor::{Backend, Error};

settings! {
    pub struct MaxFeatureMap {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, MaxFeatureMap>()
}

impl Leaf for MaxFeatureMap {
    const ABOUT: About = About {
        paper: "Wu et al. 2018",
        ..about(
            "max-feature-map",
            "The larger of each channel of the first half and its partner of the second.",
            &["map: map"],
            &["map: map"],
        )
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let [c, h, w] = map.dims;
        if !c.is_multiple_of(2) {
            let message = format!("{map} has no halves: its number of channels is odd");
            return Err(Problem::new(message).at_port("map", 0, map.to_string()));
        }
        gives(map.with(Type::Map, [c / 2, h, w]))
    }
}

impl<D: Backend> Module<D> for MaxFeatureMap {
    /// `map`: N x 2C x H x W. Returns N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(max_halves(pass.ctx, inputs.one("map")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let half = x.dims[0] / 2;
        let (first, second) = (sheet.graph.channels(&x.name, 0, half), sheet.graph.channels(&x.name, half, half));
        drawn(sheet.graph.node("Max", &[&first, &second], &[]))
    }
}
