//! Every missing pixel its mirror image; where that is missing too, the mean colour of the seen ones.

use super::{about, filled};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::{add, affine, multiply};
use crate::tensor::ops::fill::mean_fill;
use crate::tensor::ops::shape::flip_width;
use crate::tensor::{Backend, Error};

settings! {
    pub struct MirrorFill {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, MirrorFill>()
}

impl Leaf for MirrorFill {
    const ABOUT: About = about(
        "mirror-fill",
        "Every missing pixel its mirror image, or the mean colour.",
        &["image: image", "missing: mask"],
        &["image: image"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        filled(inputs, "missing")
    }
}

impl<D: Backend> Module<D> for MirrorFill {
    /// `image`: N x C x H x W, `missing`: N x 1 x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, image, missing) = (pass.ctx, inputs.one("image")?, inputs.one("missing")?);
        let mirrored_missing = flip_width(ctx, missing)?;
        let mirrored_seen = affine(ctx, &mirrored_missing, -1.0, 1.0)?;
        let seen = affine(ctx, missing, -1.0, 1.0)?;
        let mirrored = multiply(ctx, &flip_width(ctx, image)?, &mirrored_seen)?;
        let mean = multiply(ctx, &mean_fill(ctx, image, missing)?, &mirrored_missing)?;
        let fill = multiply(ctx, &add(ctx, &mirrored, &mean)?, missing)?;
        only(add(ctx, &multiply(ctx, image, &seen)?, &fill)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let (image, missing) = (sheet.one("image")?, sheet.one("missing")?);
        let [kept, mean] = super::draw_means(sheet, &image.name, &missing.name);
        let graph = &mut *sheet.graph;
        let (mirrored, mirrored_missing) = (graph.flip(&image.name), graph.flip(&missing.name));
        let mirrored_seen = graph.affine(&mirrored_missing, -1.0, 1.0);
        let mirrored = graph.node("Mul", &[&mirrored, &mirrored_seen], &[]);
        // The mean fill where both sides are missing; where this side is seen, nothing of it is taken.
        let (fill, own) = (graph.node("Mul", &[&mean, &missing.name], &[]), kept.clone());
        let meant = graph.node("Add", &[&own, &fill], &[]);
        let meant = graph.node("Mul", &[&meant, &mirrored_missing], &[]);
        let both = graph.node("Add", &[&mirrored, &meant], &[]);
        let fill = graph.node("Mul", &[&both, &missing.name], &[]);
        drawn(graph.node("Add", &[&kept, &fill], &[]))
    }
}
