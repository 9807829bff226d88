//! Convolution, as matrix products over tiles of gathered columns (im2col), after
//! Chellapilla et al., "High Performance Convolutional Neural Networks for Document Processing" (2006); the columns exist
//! only as the packed panels of the tile in hand.

mod columns;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod forward;
mod geometry;
mod input_gradient;
mod line;
mod phase;
mod phases;
mod weight_gradient;
mod winograd;

pub use super::border::Border;
pub use geometry::Geometry;

use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// Tasks that keep all cores of a large machine busy for some time.
const ENOUGH_TASKS: usize = 8;

/// Whether a pass is long enough to be shared out between cores: about 20 microseconds of one.
fn is_worth_sharing(g: &Geometry) -> bool {
    const FEW_PRODUCTS: usize = 1 << 20;
    g.products() > FEW_PRODUCTS
}

/// How a kernel is moved over a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv2d {
    pub stride: usize,
    /// Texels beyond the map: top, bottom, left, right.
    pub padding: [usize; 4],
    pub border: Border,
    pub dilation: usize,
    /// Parts of the channels that do not see each other.
    pub groups: usize,
}

impl Default for Conv2d {
    fn default() -> Self {
        Conv2d { stride: 1, padding: [0; 4], border: Border::Zero, dilation: 1, groups: 1 }
    }
}

impl Conv2d {
    /// Height and width of the output for a square kernel; `None` where the kernel does not fit into the padded map or
    /// the border cannot be continued that far.
    pub fn output(&self, height: usize, width: usize, kernel: usize) -> Option<(usize, usize)> {
        let [top, bottom, left, right] = self.padding;
        Some((self.extent(height, top, bottom, kernel)?, self.extent(width, left, right, kernel)?))
    }

    fn extent(&self, len: usize, before: usize, after: usize, kernel: usize) -> Option<usize> {
        let span = self.dilation * kernel.checked_sub(1)? + 1;
        let room = (len + before + after).checked_sub(span)?;
        let reaches = self.border.reaches(before.max(after), len);
        (len > 0 && self.stride > 0 && self.dilation > 0 && reaches).then(|| room / self.stride + 1)
    }

    /// The sizes of this convolution of `x` (N x C x H x W) by `weight` (O x C/groups x k x k).
    fn geometry(&self, x: [usize; 4], weight: [usize; 4]) -> Option<Geometry> {
        let ([n, c, h, w], [o, inputs, kh, kw]) = (x, weight);
        let [top, bottom, left, right] = self.padding;
        let (oh, ow) = (self.extent(h, top, bottom, kh)?, self.extent(w, left, right, kw)?);
        let divides = self.groups > 0 && c % self.groups == 0 && o % self.groups == 0 && n * o > 0;
        let (stride, dilation, groups, border) = (self.stride, self.dilation, self.groups, self.border);
        let (top, left) = (top as isize, left as isize);
        let g = Geometry { n, c, h, w, o, oh, ow, kh, kw, stride, dilation, groups, top, left, border };
        (divides && inputs > 0 && inputs == g.inputs()).then_some(g)
    }
}

/// The three passes of a convolution; `w` is O x C/groups x kh x kw.
pub trait ConvolutionKernel: Storage<f32> {
    /// y = w * x [+ bias].
    fn convolve(
        &self,
        g: &Geometry,
        x: &Self::Vec,
        w: &Self::Vec,
        bias: Option<&Self::Vec>,
    ) -> Result<Self::Vec, Self::Err>;

    /// dx = [dx +] w^T * dy.
    fn convolve_input_gradient(
        &self,
        g: &Geometry,
        dy: &Self::Vec,
        w: &Self::Vec,
        dx: &mut Self::Vec,
        accumulate: bool,
    ) -> Result<(), Self::Err>;

    /// x = w^T * y [+ bias], the pass of the input gradient on its own: a transposed convolution.
    fn convolve_transposed(
        &self,
        g: &Geometry,
        y: &Self::Vec,
        w: &Self::Vec,
        bias: Option<&Self::Vec>,
    ) -> Result<Self::Vec, Self::Err>;

    /// dw = [dw +] dy * x^T.
    fn convolve_weight_gradient(
        &self,
        g: &Geometry,
        x: &Self::Vec,
        dy: &Self::Vec,
        dw: &mut Self::Vec,
        accumulate: bool,
    ) -> Result<(), Self::Err>;

    /// db = [db +] dy summed over everything but the channels, for `size` channels and texels of a map.
    fn sum_channels(
        &self,
        dy: &Self::Vec,
        size: (usize, usize),
        db: &mut Self::Vec,
        accumulate: bool,
    ) -> Result<(), Self::Err>;
}

/// Refuses a bias that is not 1 x O x 1 x 1.
pub(super) fn check_bias<D: Backend>(op: &'static str, bias: Option<&Var<D>>, outputs: usize) -> Result<(), Error> {
    match bias.map(Var::shape) {
        Some(found) if found != [1, outputs, 1, 1] => {
            Err(Error::shape(op, format!("a bias has a value for each of {outputs} channels, found {found:?}")))
        }
        _ => Ok(()),
    }
}

/// `x`: N x C x H x W, `weight`: O x C/groups x k x k, `bias`: 1 x O x 1 x 1. Returns N x O x H' x W' with the height and
/// width of [`Conv2d::output`].
pub fn conv2d<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    weight: &Var<D>,
    bias: Option<&Var<D>>,
    how: &Conv2d,
) -> Result<Var<D>, Error> {
    let Some(g) = how.geometry(x.shape(), weight.shape()) else {
        let message = format!("{:?} by weights {:?} with {how:?}", x.shape(), weight.shape());
        return Err(Error::shape("conv2d", message));
    };
    convolution("conv2d", ctx, g, x, weight, bias)
}

/// A convolution of known sizes, recorded.
pub(super) fn convolution<D: Backend>(
    op: &'static str,
    ctx: &Context<D>,
    g: Geometry,
    x: &Var<D>,
    weight: &Var<D>,
    bias: Option<&Var<D>>,
) -> Result<Var<D>, Error> {
    check_bias(op, bias, g.o)?;
    let bias_storage = bias.map(Var::storage).transpose()?;
    let y = ctx.device().convolve(&g, x.storage()?, weight.storage()?, bias_storage);
    let y = y.map_err(|e| Error::device(op, e))?;
    let kept_x = weight.needs_grad().then(|| x.shared()).transpose()?;
    let kept_weight = x.needs_grad().then(|| weight.shared()).transpose()?;
    let has_bias = bias.is_some();
    let inputs: Vec<&Var<D>> = [x, weight].into_iter().chain(bias).collect();
    ctx.record(op, y, [g.n, g.o, g.oh, g.ow], &inputs, move |_, dy, slots| {
        if has_bias {
            let size = (g.o, g.pixels());
            slots.write(2, g.o, |device, db, accumulate| device.sum_channels(&dy, size, db, accumulate))?;
        }
        if let Some(x) = kept_x {
            slots.write(1, g.o * g.taps(), |device, dw, accumulate| {
                device.convolve_weight_gradient(&g, &x, &dy, dw, accumulate)
            })?;
        }
        if let Some(w) = kept_weight {
            slots.write(0, g.n * g.c * g.texels(), |device, dx, accumulate| {
                device.convolve_input_gradient(&g, &dy, &w, dx, accumulate)
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
