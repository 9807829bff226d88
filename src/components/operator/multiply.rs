//! The product of maps, element by element; a mask multiplies every channel.

use super::{about, broadcast, listed};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Edge, Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::arithmetic::multiply;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Multiply {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Multiply>()
}

/// Masks only give a mask, one image and masks an image, everything else a map.
fn type_of(maps: &[Edge], shape: [usize; 3]) -> Type {
    let images = maps.iter().filter(|m| m.ty == Type::Image).count();
    let masks = maps.iter().filter(|m| m.ty == Type::Mask).count();
    match (images, masks) {
        _ if maps.len() == 1 => maps[0].ty,
        (0, n) if n == maps.len() => Type::Mask,
        (1, n) if n + 1 == maps.len() && matches!(shape[0], 1 | 3) => Type::Image,
        _ => Type::Map,
    }
}

impl Leaf for Multiply {
    const ABOUT: About = about("multiply", "The product of maps, element by element.", &["maps: T[]"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let (first, maps) = (inputs.one("maps")?, inputs.list("maps"));
        let shape = broadcast(&listed(inputs)?, "multiply")?;
        gives(first.with(type_of(maps, shape), shape))
    }
}

impl<D: Backend> Module<D> for Multiply {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let mut product = inputs.one("maps")?.clone();
        for map in &inputs.list("maps")[1..] {
            product = multiply(pass.ctx, &product, map)?;
        }
        only(product)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let names: Vec<&str> = sheet.list("maps").iter().map(|w| w.name.as_str()).collect();
        drawn(sheet.graph.chain("Mul", &names))
    }
}
