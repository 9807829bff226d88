//! A learnt up-sampling: a transposed convolution of stride 2; it keeps the channels, or a `share` of them.

use super::{about, doubled};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, per_channel};
use crate::nn::{Drawn, Inputs, Kernel, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx;
use crate::registry::{Edge, Inferred, InputEdges, Padding, Parameter, Problem, Start, settings};
use crate::tensor::ops::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Transposed {
        /// Side of the square kernel, in pixels.
        kernel: usize = 4_usize, min = 1;
        /// Channels given, as a share of those taken: 0.5 halves them. It must come out an integer.
        share: f64 = 1.0, above = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Transposed>()
}

impl Leaf for Transposed {
    const ABOUT: About = about("transposed", "A transposed convolution of stride 2.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let (c, given) = (map.channels(), self.channels(map)?);
        let shape = [c, given, self.kernel, self.kernel];
        let weight = Parameter { name: "weight", shape, init: Start::Weight { transposed: true } };
        let macs = (shape.iter().product::<usize>() * map.dims[1] * map.dims[2]) as u64;
        let up = doubled(map);
        let up = up.with(up.ty, [given, up.dims[1], up.dims[2]]);
        Ok(Inferred { parameters: vec![weight, per_channel("bias", given, 0.0)], macs, ..gives(up)? })
    }
}

impl Transposed {
    /// Channels of the result.
    fn channels(&self, map: &Edge) -> Result<usize, Problem> {
        let exact = map.channels() as f64 * self.share;
        let whole = exact.round();
        if whole < 1.0 || (exact - whole).abs() > 1e-9 {
            let message =
                format!("{} of {} channels are {exact}, not an integer of at least 1", self.share, map.channels());
            return Err(Problem::new(message).at_setting("share").at_port("map", 0, map.to_string()));
        }
        Ok(whole as usize)
    }
}

impl<D: Backend> Module<D> for Transposed {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        let along = Kernel { size: self.kernel, stride: 2, dilation: 1, padding: Padding::Same };
        let both = along.transposed(h).zip(along.transposed(w));
        let (rows, columns) = both.ok_or_else(|| Error::shape("transposed", "an empty map"))?;
        let how = ConvTranspose2d {
            stride: 2,
            padding: [rows.before, rows.after, columns.before, columns.after],
            output: (2 * h, 2 * w),
        };
        let (weight, bias) = (pass.parameter("weight")?, pass.parameter("bias")?);
        only(conv_transpose2d(pass.ctx, x, &weight, Some(&bias), &how)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let along = Kernel { size: self.kernel, stride: 2, dilation: 1, padding: Padding::Same };
        let both = along.transposed(h).zip(along.transposed(w));
        let (rows, columns) = both.ok_or_else(|| Error::shape("transposed", "an empty map"))?;
        let padding = [rows.before, rows.after, columns.before, columns.after];
        let windows = onnx::Windows { kernel: [self.kernel; 2], stride: 2, dilation: 1, padding };
        let (weight, bias) = (sheet.parameter("weight")?, sheet.bias("bias"));
        drawn(sheet.graph.conv_transpose(&x.name, (&weight, bias.as_deref()), windows, (h, w), (2 * h, 2 * w)))
    }
}
