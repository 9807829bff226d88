//! Element-wise activations. Where it can be said from the output alone, the backward step keeps the output, not the
//! input: the output is kept by the next operation anyway.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// An element-wise function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Relu,
    /// Slope below zero; positive.
    LeakyRelu(f32),
    /// alpha (e^x - 1) below zero; alpha positive.
    Elu(f32),
    Sigmoid,
    Tanh,
    /// x clamp(x + 3, 0, 6) / 6.
    HardSwish,
    /// x / (1 + e^-x).
    Silu,
    /// ln(1 + e^x).
    Softplus,
}

impl Activation {
    /// Whether the slope must be said from the input: the output does not tell it.
    pub fn keeps_input(self) -> bool {
        matches!(self, Activation::HardSwish | Activation::Silu)
    }
}

pub trait ActivationKernel: Storage<f32> {
    /// y = f(x).
    fn activate(&self, f: Activation, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// dx = f'(x) dy, in place; `kept` is the input where [`Activation::keeps_input`], else the output.
    fn activate_backward(&self, f: Activation, kept: &Self::Vec, dy: Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// `x`: any shape. Returns the same shape.
pub fn activate<D: Backend>(ctx: &Context<D>, x: &Var<D>, f: Activation) -> Result<Var<D>, Error> {
    let buffer = ctx.device().activate(f, x.storage()?).map_err(|e| Error::device("activation", e))?;
    if f.keeps_input() {
        let kept = x.shared()?;
        return ctx.record("activation", buffer, x.shape(), &[x], move |device, dy, slots| {
            slots.give(0, device.activate_backward(f, &kept, dy)?)
        });
    }
    ctx.record_with_output("activation", buffer, x.shape(), &[x], move |device, y, dy, slots| {
        slots.give(0, device.activate_backward(f, y, dy)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Cpu;

    #[test]
    fn gradients_go_back_through_a_chain() {
        let device = Cpu::default();
        let ctx = Context::recording(&device);
        let x = Var::leaf(ctx.tensor(vec![0.5], [1, 1, 1, 1]).unwrap());
        let y = activate(&ctx, &activate(&ctx, &x, Activation::Tanh).unwrap(), Activation::Sigmoid).unwrap();
        let mut gradients = ctx.backward(&y).unwrap();
        let dx = gradients.take(x.tensor()).unwrap().unwrap();
        let t = 0.5_f32.tanh();
        let s = 1.0 / (1.0 + (-t).exp());
        assert!((dx[0] - s * (1.0 - s) * (1.0 - t * t)).abs() < 1e-6);
    }
}
