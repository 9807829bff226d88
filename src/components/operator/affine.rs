//! gain * x + shift.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Affine {
        /// Factor.
        gain: f64 = 1.0;
        /// Added after it.
        shift: f64 = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Affine>()
}

impl Affine {
    /// By the interval that the values are mapped to: a mask into 0 to 1 is a mask; a mask or image into -1 to 1 an
    /// image.
    fn type_of(&self, ty: Type) -> Type {
        let (low, high) = match ty {
            Type::Mask => (0.0, 1.0),
            Type::Image => (-1.0, 1.0),
            _ => return Type::Map,
        };
        let ends = [self.gain * low + self.shift, self.gain * high + self.shift];
        let within = |low: f64| ends.iter().all(|&e| e >= low && e <= 1.0);
        match ty {
            Type::Mask if within(0.0) => Type::Mask,
            _ if within(-1.0) => Type::Image,
            _ => Type::Map,
        }
    }
}

impl Leaf for Affine {
    const ABOUT: About = about("affine", "gain * x + shift.", &["map: T"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        gives(map.with(self.type_of(map.ty), map.dims))
    }
}

impl<D: Backend> Module<D> for Affine {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(affine(pass.ctx, inputs.one("map")?, self.gain as f32, self.shift as f32)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.affine(&x.name, self.gain as f32, self.shift as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_the_interval() {
        let of = |gain, shift, ty| Affine { gain, shift }.type_of(ty);
        assert_eq!(of(-1.0, 1.0, Type::Mask), Type::Mask);
        assert_eq!(of(2.0, -1.0, Type::Mask), Type::Image);
        assert_eq!(of(2.0, 0.0, Type::Mask), Type::Map);
        assert_eq!(of(0.5, 0.5, Type::Image), Type::Image);
        assert_eq!(of(2.0, 0.0, Type::Image), Type::Map);
        assert_eq!(of(0.5, 0.0, Type::Map), Type::Map);
    }
}
