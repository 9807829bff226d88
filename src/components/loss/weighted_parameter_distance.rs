//! Weighted parameter distance: squared differences of coefficients, each by what it does to the face.
//!
//! na2020, equation 6: `(dp + p^0 - p^g)^T diag(w*) (dp + p^0 - p^g)`, where `prediction` is `p^0 + dp` and `target` is
//! `p^g`; both are normalised coefficients, so that the difference has no units. Weights are computed for each sample of
//! each batch from prediction and target, and are held fixed in the gradient, which is `2 w (prediction - target)`.
//!
//! - `importance`: WPDC of Zhu et al., "Face Alignment Across Large Poses: A 3D Solution", CVPR 2016, section 3.3:
//!   `w_i = |V(p^i) - V(p^g)| / sum_k |V(p^k) - V(p^g)|`, with `p^i` the truth with only parameter i as predicted, and V
//!   the points after the pose.
//! - `optimised`: na2020 says no more than that `w*` is "the optimized parameter importance vector" and cites Zhu et al.,
//!   "Face Alignment in Full Pose Range: A 3D Total Solution": weights from 0 to 1 that bring `V(p + w (p^g - p))` closest
//!   to `V(p^g)` under a penalty on the step. How strong the penalty is, and how the problem is made linear, is not said
//!   in na2020; here V is its tangent at the truth, and the penalty is a share (`penalty`) of the squared error of the
//!   points at a whole step (`face::tddfa`).

use super::{About, Loss, LossBuild, LossEntry, Measure};
use crate::components::parametric::{self, PROCEDURAL};
use crate::face::tddfa::{Parametric, importance, optimised};
use crate::nn::Inputs;
use crate::registry::{Declared, InputEdges, Kind, Problem, Settings, settings};
use crate::tensor::ops::arithmetic::{affine, multiply, squared_difference};
use crate::tensor::ops::reduce::mean_samples;
use crate::tensor::{Backend, Context, Error};
use rayon::prelude::*;
use std::sync::Arc;

settings! {
    pub struct WeightedParameterDistance {
        /// "procedural", or a folder with 3DDFA's parameter files.
        model: String = PROCEDURAL, kind = Kind::File;
        /// By what each parameter alone does (WPDC), or chosen together (OWPDC).
        weights: String = "optimised", of = ["importance", "optimised"];
        /// Of "optimised": how much a whole step counts, as a share of the error it mends.
        penalty: f64 = 0.1, above = 0.0;
    }
}

const ABOUT: About = About {
    name: "weighted-parameter-distance",
    doc: "Squared differences of coefficients, each by what it does to the face.",
    paper: "na2020",
    inputs: &["prediction: coefficients", "target: coefficients"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    let build = |settings: &Settings| -> Result<Box<dyn Loss<D>>, Problem> {
        let settings = WeightedParameterDistance::read(settings)?;
        let model = parametric::open(&settings.model)?;
        Ok(Box::new(Distance { model, settings }))
    };
    LossEntry { entry: ABOUT.entry::<WeightedParameterDistance>(check), build: LossBuild::Plain(build) }
}

fn check(settings: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    super::alike(settings, inputs)?;
    let model = WeightedParameterDistance::read(settings)?.model;
    parametric::check(&model, "prediction", inputs.one("prediction")?.channels())
}

/// The loss with its model.
struct Distance {
    settings: WeightedParameterDistance,
    model: Arc<Parametric>,
}

impl<D: Backend> Loss<D> for Distance {
    /// `prediction`, `target`: N x P x 1 x 1. The sum over the parameters, for each sample.
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        let length = self.model.len();
        let (found, truth) = (prediction.to_vec(), target.to_vec());
        let weigh = |(found, truth): (&[f32], &[f32])| match self.settings.weights.as_str() {
            "importance" => importance(&self.model, found, truth),
            _ => optimised(&self.model, found, truth, self.settings.penalty),
        };
        let samples: Vec<Vec<f32>> = found.par_chunks(length).zip(truth.par_chunks(length)).map(weigh).collect();
        let weights = ctx.constant(samples.concat(), prediction.shape())?;
        let squares = squared_difference(ctx, prediction, target)?;
        let mean = mean_samples(ctx, &multiply(ctx, &weights, &squares)?)?;
        Ok(Measure::Samples(affine(ctx, &mean, length as f32, 0.0)?))
    }
}

#[cfg(test)]
#[path = "weighted_parameter_distance_tests.rs"]
mod tests;
