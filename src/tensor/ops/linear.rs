//! The linear map of vectors: a convolution of maps of one texel, so it has that one's kernels.

use super::conv2d::{Border, Geometry, convolution};
use crate::tensor::{Backend, Context, Error, Var};

/// `x`: N x I x 1 x 1, `weight`: O x I x 1 x 1, `bias`: 1 x O x 1 x 1. Returns N x O x 1 x 1.
pub fn linear<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    weight: &Var<D>,
    bias: Option<&Var<D>>,
) -> Result<Var<D>, Error> {
    let ([n, c, h, w], [o, inputs, kh, kw]) = (x.shape(), weight.shape());
    if [h, w, kh, kw] != [1; 4] || c != inputs || n * c * o == 0 {
        return Err(Error::shape("linear", format!("{:?} by weights {:?}", x.shape(), weight.shape())));
    }
    let (stride, dilation, groups, border) = (1, 1, 1, Border::Zero);
    let g = Geometry { n, c, h, w, o, oh: 1, ow: 1, kh, kw, stride, dilation, groups, top: 0, left: 0, border };
    convolution("linear", ctx, g, x, weight, bias)
}
