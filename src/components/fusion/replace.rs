//! The second map in the first one's place.
//!
//! As the `links` of coupled U-Nets this is the reading of na2020's Fig. 2 in which S1..S5 *are* the second encoder's
//! stages: it computes none of its own. As a decoder's `fusion` the other decoder's map stands where the skip would.

use super::{about, maps};
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Replace {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Replace>()
}

impl Leaf for Replace {
    const ABOUT: About = about("replace", "The second map in the first one's place.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let maps = maps(inputs)?;
        gives(as_map(&maps[maps.len() - 1]))
    }
}

impl<D: Backend> Module<D> for Replace {
    fn forward(&self, _: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let first = inputs.one("maps")?;
        only(inputs.list("maps").last().unwrap_or(first).clone())
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let first = sheet.one("maps")?;
        drawn(&sheet.list("maps").last().unwrap_or(first).name)
    }
}
