//! An image read at the places that a grid names, bilinearly, with the conventions of torch's `grid_sample` at
//! `align_corners = false`: -1 and 1 are the outer edges.
//!
//! With the grid of a mesh before a camera this renders a texture, and is differentiable in it (`face::sampling`).

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::Border;
use crate::tensor::ops::arithmetic::multiply;
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::{Backend, Error};

settings! {
    pub struct GridSample {
        /// What is read beyond the image's edge: zeros, or the nearest pixel.
        border: String = "zero", of = ["zero", "replicate"];
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, GridSample>()
}

impl Leaf for GridSample {
    const ABOUT: About = about(
        "grid-sample",
        "An image read at the places that a grid names; 0 where `cover` is 0.",
        &["image: T", "grid: grid", "cover?: mask"],
        &["image: T"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let (image, grid) = (inputs.one("image")?, inputs.one("grid")?);
        let [height, width, _] = grid.dims;
        if let Some(cover) = inputs.list("cover").first().filter(|c| c.dims != [1, height, width]) {
            return Err(Problem::new(format!("a cover of {cover} does not fit {grid}"))
                .at_port("grid", 0, grid.to_string())
                .at_port("cover", 0, cover.to_string()));
        }
        gives(image.with(image.ty, [image.channels(), height, width]))
    }
}

impl<D: Backend> Module<D> for GridSample {
    /// `image`: N x C x H x W, `grid`: N x h x w x 2, `cover`: N x 1 x h x w. Returns N x C x h x w.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let border = if self.border == "replicate" { Border::Replicate } else { Border::Zero };
        let read = grid_sample(pass.ctx, inputs.one("image")?, inputs.one("grid")?, border, false)?;
        match inputs.list("cover").first() {
            Some(cover) => only(multiply(pass.ctx, &read, cover)?),
            None => only(read),
        }
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let (image, grid, cover) = (sheet.one("image")?, sheet.one("grid")?, sheet.list("cover").first());
        let border = if self.border == "replicate" { "border" } else { "zeros" };
        let attributes = [
            ("mode", Attribute::Text("bilinear")),
            ("padding_mode", Attribute::Text(border)),
            ("align_corners", Attribute::Integer(0)),
        ];
        let read = sheet.graph.node("GridSample", &[&image.name, &grid.name], &attributes);
        drawn(match cover {
            Some(cover) => sheet.graph.node("Mul", &[&read, &cover.name], &[]),
            None => read,
        })
    }
}
