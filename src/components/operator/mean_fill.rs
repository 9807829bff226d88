//! Every missing pixel the mean colour of the seen ones: what learns nothing.

use super::{about, filled};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::fill::mean_fill;
use crate::tensor::{Backend, Error};

settings! {
    pub struct MeanFill {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, MeanFill>()
}

impl Leaf for MeanFill {
    const ABOUT: About = about(
        "mean-fill",
        "Every missing pixel the mean colour of the seen ones.",
        &["image: image", "missing: mask"],
        &["image: image"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        filled(inputs, "missing")
    }
}

impl<D: Backend> Module<D> for MeanFill {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(mean_fill(pass.ctx, inputs.one("image")?, inputs.one("missing")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let (image, missing) = (sheet.one("image")?, sheet.one("missing")?);
        let [kept, mean] = super::draw_means(sheet, &image.name, &missing.name);
        let filled = sheet.graph.node("Mul", &[&mean, &missing.name], &[]);
        drawn(sheet.graph.node("Add", &[&kept, &filled], &[]))
    }
}
