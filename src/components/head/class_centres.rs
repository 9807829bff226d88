//! The learnt centre of each sample's class: Wen et al., "A Discriminative Feature Learning Approach for Deep Face
//! Recognition" (2016), for the loss `centre`.
//!
//! The paper moves each centre by alpha times the sum of the distances to its samples over one plus their number (eq. 4).
//! That is this node's `balanced` gradient of the plain mean over the batch, followed by SGD with a rate of alpha: an
//! update of its own, with the loss at weight 1 and the embedding detached.

use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, weight};
use crate::nn::{Inputs, Module, Outputs, Pass, only};
use crate::registry::{Inferred, InputEdges, Kind, Problem, Type, settings};
use crate::tensor::ops::loss::class_rows;
use crate::tensor::{Backend, Error};

settings! {
    pub struct ClassCentres {
        /// Number of classes, mostly `{ like = "a label" }`.
        classes: usize, kind = Kind::Dim, min = 1;
        /// Length of a centre, mostly `{ like = "an embedding" }`.
        width: usize, kind = Kind::Dim, min = 1;
        /// Whether a centre's gradient is taken over one plus the number of its samples, instead of over the batch.
        balanced: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, ClassCentres>()
}

impl Leaf for ClassCentres {
    const ABOUT: About = About {
        family: "head",
        name: "class-centres",
        doc: "The learnt centre of each sample's class.",
        paper: "Wen et al. 2016",
        inputs: &["label: label"],
        outputs: &["centre: vector"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let label = inputs.one("label")?;
        if label.classes > self.classes {
            let message = format!("`classes` is {}, the label has {}", self.classes, label.classes);
            return Err(Problem::new(message).at_setting("classes").at_port("label", 0, label.to_string()));
        }
        let parameters = vec![weight("weight", [self.classes, self.width, 1, 1])];
        Ok(Inferred { parameters, ..gives(label.with(Type::Vector, [self.width, 1, 1]))? })
    }
}

impl<D: Backend> Module<D> for ClassCentres {
    /// `label`: N x 1 x 1 x 1. Returns N x C x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(class_rows(pass.ctx, &pass.parameter("weight")?, inputs.one("label")?, self.balanced)?)
    }
}
