//! Convolutions on the CPU.

use super::forward::forward;
use super::input_gradient::{Start, input_gradient};
use super::weight_gradient::{bias_gradient, weight_gradient};
use super::{ConvolutionKernel, Geometry};
use crate::tensor::Backend;
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ConvolutionKernel for Cpu {
    fn convolve(&self, g: &Geometry, x: &Buffer, w: &Buffer, bias: Option<&Buffer>) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(g.n * g.o * g.pixels())?;
        forward(g, x, w, bias.map(|b| &b[..]), &mut y);
        Ok(y)
    }

    fn convolve_input_gradient(
        &self,
        g: &Geometry,
        dy: &Buffer,
        w: &Buffer,
        dx: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Self::Err> {
        let start = if accumulate { Start::Present } else { Start::Zero };
        input_gradient(g, dy, w, start, dx);
        Ok(())
    }

    fn convolve_transposed(
        &self,
        g: &Geometry,
        y: &Buffer,
        w: &Buffer,
        bias: Option<&Buffer>,
    ) -> Result<Buffer, Self::Err> {
        let mut x = self.allocate(g.n * g.c * g.texels())?;
        input_gradient(g, y, w, bias.map_or(Start::Zero, |b| Start::Channels(b)), &mut x);
        Ok(x)
    }

    fn convolve_weight_gradient(
        &self,
        g: &Geometry,
        x: &Buffer,
        dy: &Buffer,
        dw: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Self::Err> {
        weight_gradient(g, x, dy, dw, accumulate);
        Ok(())
    }

    fn sum_channels(
        &self,
        dy: &Buffer,
        (_, texels): (usize, usize),
        db: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Self::Err> {
        bias_gradient(dy, texels, db, accumulate);
        Ok(())
    }
}
