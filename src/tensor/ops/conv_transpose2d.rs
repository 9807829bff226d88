//! Transposed convolution: the input gradient of a convolution, used forward; its own gradients are that convolution's
//! other two passes.

use super::conv2d::{Border, Geometry, check_bias};
use crate::tensor::{Backend, Context, Error, Var};

/// How a kernel is stamped onto a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTranspose2d {
    pub stride: usize,
    /// Texels cut from the full map, (h - 1) * stride + k high: top, bottom, left, right.
    pub padding: [usize; 4],
    /// Height and width of the output: those of the cut map, or up to `stride - 1` more.
    pub output: (usize, usize),
}

impl ConvTranspose2d {
    /// The sizes of the convolution whose input gradient this is.
    fn geometry(&self, x: [usize; 4], weight: [usize; 4]) -> Option<Geometry> {
        let ([n, inputs, oh, ow], [o, c, kh, kw]) = (x, weight);
        let ([top, bottom, left, right], (h, w)) = (self.padding, self.output);
        let fits = |len: usize, cut: usize, kernel: usize, small: usize| {
            let room = (len + cut).checked_sub(kernel);
            kernel > 0 && len > 0 && room.is_some_and(|room| room / self.stride + 1 == small)
        };
        let agrees = self.stride > 0 && fits(h, top + bottom, kh, oh) && fits(w, left + right, kw, ow);
        let (stride, border) = (self.stride, Border::Zero);
        let (top, left) = (top as isize, left as isize);
        let g = Geometry { n, c, h, w, o, oh, ow, kh, kw, stride, dilation: 1, groups: 1, top, left, border };
        (agrees && inputs == o && n * o * c > 0).then_some(g)
    }
}

/// `x`: N x I x H x W, `weight`: I x O x k x k, `bias`: 1 x O x 1 x 1. Returns N x O x `how.output`.
pub fn conv_transpose2d<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    weight: &Var<D>,
    bias: Option<&Var<D>>,
    how: &ConvTranspose2d,
) -> Result<Var<D>, Error> {
    const OP: &str = "conv_transpose2d";
    let Some(g) = how.geometry(x.shape(), weight.shape()) else {
        return Err(Error::shape(OP, format!("{:?} by weights {:?} with {how:?}", x.shape(), weight.shape())));
    };
    check_bias(OP, bias, g.c)?;
    let bias_storage = bias.map(Var::storage).transpose()?;
    let y = ctx.device().convolve_transposed(&g, x.storage()?, weight.storage()?, bias_storage);
    let y = y.map_err(|e| Error::device(OP, e))?;
    let kept_x = weight.needs_grad().then(|| x.shared()).transpose()?;
    let kept_weight = x.needs_grad().then(|| weight.shared()).transpose()?;
    let has_bias = bias.is_some();
    let inputs: Vec<&Var<D>> = [x, weight].into_iter().chain(bias).collect();
    ctx.record(OP, y, [g.n, g.c, g.h, g.w], &inputs, move |device, dy, slots| {
        if has_bias {
            let size = (g.c, g.texels());
            slots.write(2, g.c, |device, db, accumulate| device.sum_channels(&dy, size, db, accumulate))?;
        }
        if let Some(x) = kept_x {
            slots.write(1, g.o * g.taps(), |device, dw, accumulate| {
                device.convolve_weight_gradient(&g, &dy, &x, dw, accumulate)
            })?;
        }
        match kept_weight {
            Some(w) => slots.give(0, device.convolve(&g, &dy, &w, None)?),
            None => Ok(()),
        }
    })
}
