//! Convolution, with a square kernel unless both sides are given.
//!
//! Padding by language.md, section 10: `"same"` gives ceil(H / stride). With `spectral-norm` the kernel is divided by
//! its largest singular value (Miyato et al., <https://arxiv.org/abs/1802.05957>, algorithm 1).

use super::{about, fitting, sides};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, per_channel, weight};
use crate::nn::{Drawn, Inputs, Kernel, Module, Outputs, Pass, Sheet, Windows, drawn, only, spectral};
use crate::onnx;
use crate::registry::{Edge, Inferred, InputEdges, KernelSize, Kind, Padding, Problem, settings};
use crate::tensor::ops::Border;
use crate::tensor::ops::conv2d::{Conv2d, conv2d};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Conv {
        /// Output channels.
        width: usize, kind = Kind::Dim, min = 1;
        /// Side of the kernel in pixels, or [height, width].
        kernel: KernelSize = 3_usize, min = 1;
        /// 2 halves the size.
        stride: usize = 1_usize, min = 1;
        /// "same", or pixels on each side.
        padding: Padding = "same";
        /// What the padding holds.
        border: String = "zero", of = ["zero", "reflect", "replicate"];
        /// Distance of the kernel's taps, in pixels.
        dilation: usize = 1_usize, min = 1;
        /// Groups of channels that do not see each other.
        groups: usize = 1_usize, min = 1;
        /// "auto": off before a norm with `affine`.
        bias: String = "auto", of = ["auto", "on", "off"];
        /// Divide the kernel by its largest singular value.
        spectral_norm: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Conv>()
}

impl Conv {
    /// Windows along an axis of `n` pixels, where the kernel has `side`.
    fn along(&self, side: usize, n: usize) -> Option<Windows> {
        Kernel { size: side, stride: self.stride, dilation: self.dilation, padding: self.padding }.windows(n)
    }

    /// Rows and columns of windows on a map of height `h` and width `w`.
    fn both(&self, h: usize, w: usize) -> Option<(Windows, Windows)> {
        self.along(self.kernel.height, h).zip(self.along(self.kernel.width, w))
    }

    fn border(&self) -> Border {
        match self.border.as_str() {
            "reflect" => Border::Reflect,
            "replicate" => Border::Replicate,
            _ => Border::Zero,
        }
    }

    fn check(&self, map: &Edge, padding: [usize; 4]) -> Result<(), Problem> {
        let channels = map.channels();
        if !channels.is_multiple_of(self.groups) || !self.width.is_multiple_of(self.groups) {
            let message = format!("{} groups do not divide {channels} and {} channels", self.groups, self.width);
            return Err(Problem::new(message).at_setting("groups").at_port("map", 0, map.to_string()));
        }
        let [top, bottom, left, right] = padding;
        if self.border == "reflect" && (top.max(bottom) >= map.dims[1] || left.max(right) >= map.dims[2]) {
            let most = padding.into_iter().max().unwrap_or(0);
            let message = format!("cannot reflect {most} pixels at the border of {map}");
            return Err(Problem::new(message).at_setting("border").at_port("map", 0, map.to_string()));
        }
        Ok(())
    }
}

impl Leaf for Conv {
    const ABOUT: About = about("conv", "Convolution, with a square kernel unless both sides are given.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let [_, h, w] = map.dims;
        let (rows, columns) = fitting(map, self.both(h, w))?;
        self.check(map, sides((rows, columns)))?;
        let shape = [self.width, map.channels() / self.groups, self.kernel.height, self.kernel.width];
        let mut parameters = vec![weight("weight", shape)];
        if self.bias != "off" {
            parameters.push(per_channel("bias", self.width, 0.0));
        }
        let macs = (shape.iter().product::<usize>() * rows.output * columns.output) as u64;
        let buffers = if self.spectral_norm { vec![spectral::buffer(self.width)] } else { Vec::new() };
        let output = Edge { batch: map.batch, ..Edge::map(self.width, rows.output, columns.output) };
        Ok(Inferred { parameters, buffers, macs, ..gives(output)? })
    }
}

impl<D: Backend> Module<D> for Conv {
    /// `map`: N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        let both = self.both(h, w).ok_or_else(|| Error::shape("conv", "no window fits"))?;
        let how = Conv2d {
            stride: self.stride,
            padding: sides(both),
            border: self.border(),
            dilation: self.dilation,
            groups: self.groups,
        };
        let weight = spectral::weight(pass, self.spectral_norm, 0)?;
        only(conv2d(pass.ctx, x, &weight, pass.optional_parameter("bias").as_ref(), &how)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let both = self.both(h, w).ok_or_else(|| Error::shape("conv", "no window fits"))?;
        let windows = onnx::Windows {
            kernel: [self.kernel.height, self.kernel.width],
            stride: self.stride,
            dilation: self.dilation,
            padding: sides(both),
        };
        let border = match self.border() {
            Border::Zero => onnx::Border::Zero,
            Border::Reflect => onnx::Border::Reflect,
            Border::Replicate => onnx::Border::Replicate,
        };
        let weight = spectral::weight(sheet.pass, self.spectral_norm, 0)?;
        let (weight, bias) = (sheet.tensor("weight", &weight), sheet.bias("bias"));
        drawn(sheet.graph.conv(&x.name, (&weight, bias.as_deref()), windows, border, self.groups))
    }
}
