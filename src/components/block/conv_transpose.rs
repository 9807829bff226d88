//! Transposed convolution with a square kernel.
//!
//! Size (H - 1) stride + kernel - 2 padding; `"same"` gives stride * H (language.md, section 10), for a kernel of 3 as
//! PyTorch's `padding=1, output_padding=1`.

use super::{about, sides, windows};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, per_channel};
use crate::nn::{Drawn, Inputs, Kernel, Module, Outputs, Pass, Sheet, drawn, only, spectral};
use crate::onnx;
use crate::registry::{Edge, Inferred, InputEdges, Kind, Padding, Parameter, Problem, Start, settings};
use crate::tensor::ops::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};
use crate::tensor::{Backend, Error};

settings! {
    pub struct ConvTranspose {
        /// Output channels.
        width: usize, kind = Kind::Dim, min = 1;
        /// Side of the square kernel, in pixels.
        kernel: usize = 4_usize, min = 1;
        /// 2 doubles the size.
        stride: usize = 2_usize, min = 1;
        /// "same", or pixels cut on each side.
        padding: Padding = "same";
        /// "auto": off before a norm with `affine`.
        bias: String = "auto", of = ["auto", "on", "off"];
        /// Divide the kernel by its largest singular value.
        spectral_norm: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, ConvTranspose>()
}

impl ConvTranspose {
    fn along(&self) -> Kernel {
        Kernel { size: self.kernel, stride: self.stride, dilation: 1, padding: self.padding }
    }
}

impl Leaf for ConvTranspose {
    const ABOUT: About = about("conv-transpose", "Transposed convolution with a square kernel.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let (rows, columns) = windows(map, |n| self.along().transposed(n))?;
        let shape = [map.channels(), self.width, self.kernel, self.kernel];
        let mut parameters = vec![Parameter { name: "weight", shape, init: Start::Weight { transposed: true } }];
        if self.bias != "off" {
            parameters.push(per_channel("bias", self.width, 0.0));
        }
        let macs = (shape.iter().product::<usize>() * map.dims[1] * map.dims[2]) as u64;
        let buffers = if self.spectral_norm { vec![spectral::buffer(self.width)] } else { Vec::new() };
        let output = Edge { batch: map.batch, ..Edge::map(self.width, rows.output, columns.output) };
        Ok(Inferred { parameters, buffers, macs, ..gives(output)? })
    }
}

impl<D: Backend> Module<D> for ConvTranspose {
    /// `map`: N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        let along = self.along();
        let both =
            along.transposed(h).zip(along.transposed(w)).ok_or_else(|| Error::shape("conv-transpose", "empty"))?;
        let how = ConvTranspose2d { stride: self.stride, padding: sides(both), output: (both.0.output, both.1.output) };
        let weight = spectral::weight(pass, self.spectral_norm, 1)?;
        only(conv_transpose2d(pass.ctx, x, &weight, pass.optional_parameter("bias").as_ref(), &how)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let along = self.along();
        let both = along.transposed(h).zip(along.transposed(w));
        let both = both.ok_or_else(|| Error::shape("conv-transpose", "empty"))?;
        let windows =
            onnx::Windows { kernel: [self.kernel; 2], stride: self.stride, dilation: 1, padding: sides(both) };
        let weight = spectral::weight(sheet.pass, self.spectral_norm, 1)?;
        let (weight, bias) = (sheet.tensor("weight", &weight), sheet.bias("bias"));
        let to = (both.0.output, both.1.output);
        drawn(sheet.graph.conv_transpose(&x.name, (&weight, bias.as_deref()), windows, (h, w), to))
    }
}
