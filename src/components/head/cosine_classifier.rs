//! Cosines of the angles between an embedding and one learnt direction for each class.
//!
//! Wang et al., "NormFace", <https://arxiv.org/abs/1704.06369>; as ArcFace uses it (Deng et al.,
//! <https://arxiv.org/abs/1801.07698>): both sides are normalised, there is no bias.

use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, weight};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Kind, Problem, Type, settings};
use crate::tensor::ops::l2_normalise::l2_normalise;
use crate::tensor::ops::linear::linear;
use crate::tensor::{Backend, Error};

settings! {
    pub struct CosineClassifier {
        /// Number of classes, mostly `{ like = "a label" }`.
        classes: usize, kind = Kind::Dim, min = 1;
    }
}

/// Least length a vector is divided by, as PyTorch's `normalize`.
const EPSILON: f32 = 1e-12;

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, CosineClassifier>()
}

impl Leaf for CosineClassifier {
    const ABOUT: About = About {
        family: "head",
        name: "cosine-classifier",
        doc: "Cosines of the angles between an embedding and one learnt direction for each class.",
        paper: "",
        inputs: &["embedding: vector"],
        outputs: &["cosines: vector"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let embedding = inputs.one("embedding")?;
        let length = embedding.channels();
        let parameters = vec![weight("weight", [self.classes, length, 1, 1])];
        let output = embedding.with(Type::Vector, [self.classes, 1, 1]);
        Ok(Inferred { parameters, macs: (self.classes * length) as u64, ..gives(output)? })
    }
}

impl<D: Backend> Module<D> for CosineClassifier {
    /// `embedding`: N x C x 1 x 1. Returns N x K x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let directions = l2_normalise(pass.ctx, &pass.parameter("weight")?, EPSILON)?; // K x C x 1 x 1
        let embedding = l2_normalise(pass.ctx, inputs.one("embedding")?, EPSILON)?;
        only(linear(pass.ctx, &embedding, &directions, None)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("embedding")?;
        let directions = l2_normalise(sheet.pass.ctx, &sheet.pass.parameter("weight")?, EPSILON)?;
        let directions = sheet.tensor("directions", &directions);
        let embedding = sheet.graph.l2_normalise(&x.name, EPSILON);
        drawn(sheet.graph.linear(&embedding, &directions, None))
    }
}
