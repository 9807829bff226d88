//! Maps side by side; one map alone is that map.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::concat_channels;
use crate::tensor::{Backend, Error, Var};

settings! {
    pub struct Concat {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Concat>()
}

impl Leaf for Concat {
    const ABOUT: About = about("concat", "Maps side by side.", &["maps: map[]"], &["map: map"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let (first, maps) = (inputs.one("maps")?, inputs.list("maps"));
        if let [one] = maps {
            return gives(one.clone());
        }
        if maps.iter().any(|m| m.dims[1..] != first.dims[1..]) {
            let all: Vec<String> = maps.iter().map(|m| m.to_string()).collect();
            let problem = Problem::new(format!("cannot concatenate {}", all.join(" and ")));
            return Err(all.into_iter().enumerate().fold(problem, |p, (i, label)| p.at_port("maps", i, label)));
        }
        let channels = maps.iter().map(|m| m.channels()).sum();
        gives(as_map(&first.with(first.ty, [channels, first.dims[1], first.dims[2]])))
    }
}

impl<D: Backend> Module<D> for Concat {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        match inputs.list("maps") {
            [one] => only(one.clone()),
            maps => only(concat_channels(pass.ctx, &maps.iter().collect::<Vec<&Var<D>>>())?),
        }
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let names: Vec<&str> = sheet.list("maps").iter().map(|w| w.name.as_str()).collect();
        drawn(sheet.graph.concat(&names, 1))
    }
}
