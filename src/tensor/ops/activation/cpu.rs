//! Activations on the CPU.

use super::{Activation, ActivationKernel};
use crate::tensor::Backend;
use crate::tensor::ops::{fast, lanes};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ActivationKernel for Cpu {
    fn activate(&self, f: Activation, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(x.len())?;
        match f {
            // Comparisons that NaN fails, so that it passes on and the run sees it.
            Activation::Relu => lanes::par_map(&mut y, x, move |x| if x <= 0.0 { 0.0 } else { x }),
            Activation::LeakyRelu(slope) => lanes::par_map(&mut y, x, move |x| if x > 0.0 { x } else { slope * x }),
            Activation::Elu(alpha) => lanes::par_map(&mut y, x, move |x| {
                let below = alpha * fast::exp_minus_one(if x > 0.0 { 0.0 } else { x });
                if x > 0.0 { x } else { below }
            }),
            Activation::Sigmoid => lanes::par_map(&mut y, x, fast::sigmoid),
            Activation::Tanh => lanes::par_map(&mut y, x, fast::tanh),
            Activation::HardSwish => lanes::par_map(&mut y, x, move |x| x * (x + 3.0).clamp(0.0, 6.0) * (1.0 / 6.0)),
            Activation::Silu => lanes::par_map(&mut y, x, move |x| x * fast::sigmoid(x)),
            Activation::Softplus => lanes::par_map(&mut y, x, fast::softplus),
        }
        Ok(y)
    }

    fn activate_backward(&self, f: Activation, kept: &Buffer, mut dy: Buffer) -> Result<Buffer, Self::Err> {
        let d = &mut dy;
        match f {
            Activation::Relu => lanes::par_amend1(d, kept, move |dy, y| if y > 0.0 { dy } else { 0.0 }),
            Activation::LeakyRelu(slope) => {
                lanes::par_amend1(d, kept, move |dy, y| if y > 0.0 { dy } else { slope * dy })
            }
            Activation::Elu(alpha) => {
                lanes::par_amend1(d, kept, move |dy, y| if y > 0.0 { dy } else { (y + alpha) * dy })
            }
            Activation::Sigmoid => lanes::par_amend1(d, kept, move |dy, y| y * (1.0 - y) * dy),
            Activation::Tanh => lanes::par_amend1(d, kept, move |dy, y| (1.0 - y * y) * dy),
            Activation::HardSwish => lanes::par_amend1(d, kept, move |dy, x| {
                let inside = (2.0 * x + 3.0) * (1.0 / 6.0);
                dy * if x >= 3.0 {
                    1.0
                } else if x <= -3.0 {
                    0.0
                } else {
                    inside
                }
            }),
            Activation::Silu => lanes::par_amend1(d, kept, move |dy, x| {
                let s = fast::sigmoid(x);
                dy * s * (1.0 + x * (1.0 - s))
            }),
            Activation::Softplus => lanes::par_amend1(d, kept, move |dy, y| -fast::exp_minus_one(-y) * dy),
        }
        Ok(dy)
    }
}
