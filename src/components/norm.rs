//! Norms: the same shape in and out. With `affine`, a weight and a bias for each channel, 1 and 0 at the start.
//!
//! All but `none` have an optional input `condition`, a vector the weight and bias would be read from.

mod batch;
mod instance;
mod layer;
mod none;

use super::NodeEntry;
use super::node::{About, as_map, gives, per_channel};
use crate::nn::{Pass, Sheet};
use crate::registry::{Inferred, InputEdges, Problem};
use crate::tensor::{Backend, Var};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![batch::entry(), instance::entry(), layer::entry(), none::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str, paper: &'static str) -> About {
    let inputs = &["map: map", "condition?: vector"];
    About { family: "norm", name, doc, paper, inputs, outputs: &["map: map"] }
}

/// The same shape, and two parameters with `affine`.
fn infer(inputs: &InputEdges, affine: bool) -> Result<Inferred, Problem> {
    if inputs.has("condition") {
        return Err(Problem::new("a norm with a `condition` is not available yet").at_port("condition", 0, "not yet"));
    }
    let map = inputs.one("map")?;
    let channels = map.channels();
    let parameters = if affine {
        vec![per_channel("weight", channels, 1.0), per_channel("bias", channels, 0.0)]
    } else {
        Vec::new()
    };
    Ok(Inferred { parameters, ..gives(as_map(map))? })
}

/// Weight and bias, where the settings ask for them.
struct Affine<D: Backend>(Option<(Var<D>, Var<D>)>);

impl<D: Backend> Affine<D> {
    fn of(pass: &Pass<'_, D>) -> Self {
        Affine(pass.optional_parameter("weight").zip(pass.optional_parameter("bias")))
    }

    /// No gradient reaches the weight, so that no optimizer moves it.
    fn with_fixed_weight(self) -> Self {
        Affine(self.0.map(|(weight, bias)| (weight.detach(), bias)))
    }

    fn get(&self) -> Option<(&Var<D>, &Var<D>)> {
        self.0.as_ref().map(|(weight, bias)| (weight, bias))
    }
}

/// Weight and bias of each channel as ONNX's norms want them: always there.
fn told<D: Backend>(sheet: &mut Sheet<'_, D>, channels: usize) -> (String, String) {
    let affine = Affine::of(sheet.pass);
    let all = affine.get().map(|(weight, bias)| (weight.to_vec(), bias.to_vec()));
    let (weight, bias) = all.unwrap_or_else(|| (vec![1.0; channels], vec![0.0; channels]));
    (sheet.graph.constant("weight", &[channels], &weight), sheet.graph.constant("bias", &[channels], &bias))
}
