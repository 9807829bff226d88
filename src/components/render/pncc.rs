//! PNCC, the projected normalised coordinate code: where on the mean face each pixel of a fitted face lies, as a colour.
//!
//! Zhu et al., "Face Alignment Across Large Poses: A 3D Solution", CVPR 2016, section 3.2: the feature that a cascade
//! sees of what it has found so far (`Feat(I, p^k)` in na2020, equation 5). Drawn on the host by the rasterizer; no
//! gradient passes, as there. Values are -1 to 1, as images are everywhere; -1 where no face is.

use crate::components::node::{About, Leaf, NodeEntry, gives};
use crate::components::parametric::{self, PROCEDURAL};
use crate::face::tddfa::Parametric;
use crate::nn::{Inputs, Module, Outputs, Pass, only};
use crate::registry::{Declared, Entry, Inferred, InputEdges, Kind, Make, Problem, Settings, Type, settings};
use crate::tensor::{Backend, Error};
use std::sync::Arc;

settings! {
    pub struct Pncc {
        /// "procedural", or a folder with 3DDFA's parameter files.
        model: String = PROCEDURAL, kind = Kind::File;
        /// Side of the picture in pixels.
        size: usize = 120_usize, min = 8, max = 4096;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    let infer = |settings: &Settings, inputs: &InputEdges| Pncc::read(settings)?.infer(inputs);
    let build = |settings: &Settings, _: &InputEdges| -> Result<Box<dyn Module<D>>, Problem> {
        let settings = Pncc::read(settings)?;
        Ok(Box::new(Drawing { model: parametric::open(&settings.model)?, size: settings.size }))
    };
    NodeEntry { entry: Entry { card: Pncc::ABOUT.card::<Pncc>(), make: Make::Leaf(infer) }, build: Some(build) }
}

impl Leaf for Pncc {
    const ABOUT: About = About {
        family: "render",
        name: "pncc",
        doc: "PNCC, the projected normalised coordinate code: where on the mean face each pixel of a fitted face lies, as a colour.",
        paper: "Zhu et al. 2016",
        inputs: &["coefficients: coefficients"],
        outputs: &["image: image"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let coefficients = inputs.one("coefficients")?;
        parametric::check(&self.model, "coefficients", coefficients.channels())?;
        gives(coefficients.with(Type::Image, [3, self.size, self.size]))
    }
}

/// The component with its model.
struct Drawing {
    model: Arc<Parametric>,
    size: usize,
}

impl<D: Backend> Module<D> for Drawing {
    /// `coefficients`: N x P x 1 x 1, normalised. Returns N x 3 x size x size.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let coefficients = inputs.one("coefficients")?;
        let [count, length, ..] = coefficients.shape();
        let pixels = self.size * self.size;
        let mut values = vec![-1.0; count * 3 * pixels];
        // Each picture is drawn on all cores.
        for (one, planes) in coefficients.to_vec().chunks(length.max(1)).zip(values.chunks_exact_mut(3 * pixels)) {
            let picture = self.model.pncc(&self.model.parameters(one), self.size);
            for (i, pixel) in picture.data.chunks_exact(3).enumerate() {
                (0..3).for_each(|c| planes[c * pixels + i] = 2.0 * pixel[c] - 1.0);
            }
        }
        only(pass.ctx.constant(values, [count, 3, self.size, self.size])?)
    }
}
