//! Fusions: how two maps become one (language.md, 4.3). One map alone passes.
//!
//! Those that want equal channels have `project`: where the channels differ, a 1x1 convolution (bias on, no norm, no
//! activation) takes the first map (or the second) to the other's; with `"both"` each has one, to the second's.

mod concat;
mod fast_normalized;
mod none;
mod replace;
mod softmax_weighted;
mod sum;

use super::NodeEntry;
use super::node::{About, as_map, gives, per_channel, weight};
use crate::nn::{Drawn, Inputs, Pass, Sheet, drawn};
use crate::registry::{Edge, Inferred, InputEdges, Parameter, Problem, Start};
use crate::tensor::ops::Border;
use crate::tensor::ops::conv2d::{Conv2d, conv2d};
use crate::tensor::ops::fusion::{Weighting, weighted_sum};
use crate::tensor::{Backend, Error, Var};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![
        concat::entry(),
        fast_normalized::entry(),
        none::entry(),
        replace::entry(),
        softmax_weighted::entry(),
        sum::entry(),
    ]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About { family: "fusion", name, doc, paper: "", inputs: &["maps: map[]"], outputs: &["map: map"] }
}

/// The maps, checked: one or two, of one size.
fn maps(inputs: &InputEdges) -> Result<&[Edge], Problem> {
    let maps = inputs.list("maps");
    match maps {
        [] => Err(Problem::new("input `maps` is missing")),
        [_] => Ok(maps),
        [a, b] if a.dims[1..] == b.dims[1..] => Ok(maps),
        [a, b] => Err(Problem::new(format!("cannot fuse {a} and {b}")).at_port("maps", 0, a.to_string()).at_port(
            "maps",
            1,
            b.to_string(),
        )),
        more => Err(Problem::new(format!("a fusion takes one map or two, found {}", more.len()))),
    }
}

/// Names of a projection's parameters.
const PROJECTIONS: [[&str; 2]; 2] =
    [["project-first-weight", "project-first-bias"], ["project-second-weight", "project-second-bias"]];

/// A fusion of equal channels: output, projections, and with `weights` a scalar for each map, 1 at the start.
fn weighing(inputs: &InputEdges, project: &str, weights: bool) -> Result<Inferred, Problem> {
    let maps = maps(inputs)?;
    let [first, second] = maps else {
        return gives(as_map(&maps[0]));
    };
    let differ = first.channels() != second.channels();
    let width = if project == "second" { first.channels() } else { second.channels() };
    let projected =
        [project == "both" || (differ && project == "first"), project == "both" || (differ && project == "second")];
    let [_, h, w] = first.dims;
    let mut all = gives(as_map(&first.with(first.ty, [width, h, w])))?;
    for (i, map) in maps.iter().enumerate().filter(|(i, _)| projected[*i]) {
        let [weight_name, bias_name] = PROJECTIONS[i];
        all.parameters.push(weight(weight_name, [width, map.channels(), 1, 1]));
        all.parameters.push(per_channel(bias_name, width, 0.0));
        all.macs += (width * map.channels() * h * w) as u64;
    }
    if weights {
        all.parameters.push(Parameter { name: "weights", shape: [1, 2, 1, 1], init: Start::Constant(1.0) });
    }
    Ok(all)
}

/// The maps, each through its projection if it has one.
fn projected<D: Backend>(pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Vec<Var<D>>, Error> {
    let how = Conv2d { stride: 1, padding: [0; 4], border: Border::Zero, dilation: 1, groups: 1 };
    let maps = inputs.list("maps").iter().zip(PROJECTIONS);
    maps.map(|(map, [weight, bias])| match (pass.optional_parameter(weight), pass.optional_parameter(bias)) {
        (Some(weight), bias) => conv2d(pass.ctx, map, &weight, bias.as_ref(), &how),
        _ => Ok(map.clone()),
    })
    .collect()
}

/// Weighs two maps by the learnt scalars; one map alone passes.
fn weighed<D: Backend>(pass: &Pass<'_, D>, inputs: &Inputs<D>, weighting: Weighting) -> Result<Var<D>, Error> {
    let maps = projected(pass, inputs)?;
    match &maps[..] {
        [first, second] => weighted_sum(pass.ctx, &[first, second], &pass.parameter("weights")?, weighting),
        _ => inputs.one("maps").cloned(),
    }
}

/// [`projected`] as ONNX.
fn draw_projected<D: Backend>(sheet: &mut Sheet<'_, D>) -> Result<Vec<String>, Error> {
    let mut maps = Vec::new();
    for (map, [weight, bias]) in sheet.list("maps").iter().zip(PROJECTIONS) {
        maps.push(match sheet.pass.optional_parameter(weight) {
            Some(_) => {
                let (weight, bias) = (sheet.parameter(weight)?, sheet.bias(bias));
                sheet.graph.linear(&map.name, &weight, bias.as_deref())
            }
            None => map.name.clone(),
        });
    }
    Ok(maps)
}

/// [`weighed`] as ONNX: the scalars are constant, and so are their shares.
fn draw_weighed<D: Backend>(sheet: &mut Sheet<'_, D>, weighting: Weighting) -> Drawn {
    let maps = draw_projected(sheet)?;
    if maps.len() == 1 {
        return drawn(&sheet.one("maps")?.name);
    }
    let shares = weighting.shares(&sheet.pass.parameter("weights")?.to_vec());
    let parts: Vec<String> =
        maps.iter().zip(shares).map(|(map, share)| sheet.graph.affine(map, share as f32, 0.0)).collect();
    let names: Vec<&str> = parts.iter().map(String::as_str).collect();
    drawn(sheet.graph.chain("Add", &names))
}
