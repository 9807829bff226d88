//! Operators: arithmetic and geometry on maps, images and masks; nothing to learn. What type the result has is said in
//! language.md, section 10.

mod affine;
mod coefficients;
mod concat;
mod crop;
mod erode;
mod flatten;
mod flip;
mod grey;
mod grid_sample;
mod halves;
mod l2_normalise;
mod max_feature_map;
mod mean_fill;
mod mirror_fill;
mod multiply;
mod noise_fill;
mod pixel;
mod resize;
mod reverse_channels;
mod squared_difference;
mod sum;

use super::NodeEntry;
use super::node::{About, gives};
use crate::nn::Sheet;
use crate::registry::{Edge, Inferred, InputEdges, Problem, Type};
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![
        affine::entry(),
        coefficients::entry(),
        concat::entry(),
        crop::entry(),
        erode::entry(),
        flatten::entry(),
        flip::entry(),
        grey::entry(),
        grid_sample::entry(),
        halves::entry(),
        l2_normalise::entry(),
        max_feature_map::entry(),
        mean_fill::entry(),
        mirror_fill::entry(),
        multiply::entry(),
        noise_fill::entry(),
        pixel::entry(),
        resize::entry(),
        reverse_channels::entry(),
        squared_difference::entry(),
        sum::entry(),
    ]
}

/// What the cards of this family share.
const fn about(
    name: &'static str,
    doc: &'static str,
    inputs: &'static [&'static str],
    outputs: &'static [&'static str],
) -> About {
    About { family: "operator", name, doc, paper: "", inputs, outputs }
}

/// The shape of maps that meet element by element: a dimension is repeated only where one side has 1. `edges` come with
/// their ports; `verb`: what could not be done.
fn broadcast(edges: &[(&str, usize, &Edge)], verb: &str) -> Result<[usize; 3], Problem> {
    let mut shape = [1; 3];
    for (_, _, edge) in edges {
        for (all, &d) in shape.iter_mut().zip(&edge.dims) {
            *all = (*all).max(d);
        }
    }
    let fits = |e: &Edge| e.dims.iter().zip(&shape).all(|(&d, &all)| d == 1 || d == all);
    if edges.iter().all(|(_, _, e)| fits(e)) {
        return Ok(shape);
    }
    let all: Vec<String> = edges.iter().map(|(_, _, e)| e.to_string()).collect();
    let problem = Problem::new(format!("cannot {verb} {}", all.join(" and ")));
    Err(edges.iter().fold(problem, |p, (port, i, e)| p.at_port(*port, *i, e.to_string())))
}

/// A list port's edges, as [`broadcast`] wants them; at least one.
fn listed(inputs: &InputEdges) -> Result<Vec<(&'static str, usize, &Edge)>, Problem> {
    inputs.one("maps")?;
    Ok(inputs.list("maps").iter().enumerate().map(|(i, e)| ("maps", i, e)).collect())
}

/// An image with a mask of its size: what the `*-fill` take. The result is an image.
fn filled(inputs: &InputEdges, mask: &'static str) -> Result<Inferred, Problem> {
    let (image, missing) = (inputs.one("image")?, inputs.one(mask)?);
    if image.dims[1..] != missing.dims[1..] {
        return Err(Problem::new(format!("cannot fill {image} where {missing} says"))
            .at_port("image", 0, image.to_string())
            .at_port(mask, 0, missing.to_string()));
    }
    gives(image.with(Type::Image, image.dims))
}

/// As ONNX: the image where it is seen, 0 elsewhere, and the mean colour of the seen (0 where nothing is).
fn draw_means<D: Backend>(sheet: &mut Sheet<'_, D>, image: &str, missing: &str) -> [String; 2] {
    let graph = &mut *sheet.graph;
    let seen = graph.affine(missing, -1.0, 1.0);
    let kept = graph.node("Mul", &[image, &seen], &[]);
    // Means over all texels, so that the shares of both cancel.
    let (sum, share) = (graph.node("GlobalAveragePool", &[&kept], &[]), graph.node("GlobalAveragePool", &[&seen], &[]));
    let least = graph.scalar("least", 1e-12);
    let share = graph.node("Max", &[&share, &least], &[]);
    let mean = graph.node("Div", &[&sum, &share], &[]);
    [kept, mean]
}
