//! One tape, held by the context; activations travel tapeless as [`Var`]. An operation computes its output, then records
//! how gradients go back by the slot protocol: its backward step takes the output's gradient (freeing it) and writes or
//! adds to its inputs'. No gradient is zero-filled, none outlives its use, and the same value may enter twice.

use super::{Backend, Error, Share, Tensor, Var, bridge};
use dfdx::tensor::{OwnedTape, Tape};
use std::cell::RefCell;

/// Where operations are recorded.
pub struct Context<D: Backend> {
    device: D,
    recording: RefCell<Recording<D>>,
    share: Option<Share>,
}

enum Recording<D: Backend> {
    Off,
    On(OwnedTape<f32, D>),
    /// The backward pass has begun: what is recorded now would get no gradient.
    Spent,
}

type DfdxGradients<D> = dfdx::tensor::Gradients<f32, D>;

impl<D: Backend> Context<D> {
    /// Records, for training.
    pub fn recording(device: &D) -> Self {
        Context { device: device.clone(), recording: RefCell::new(Recording::On(OwnedTape::default())), share: None }
    }

    /// Records nothing: activations are freed as they go.
    pub fn inference(device: &D) -> Self {
        Context { device: device.clone(), recording: RefCell::new(Recording::Off), share: None }
    }

    /// For a share of a batch whose other shares other processes have.
    pub fn sharing(self, share: Option<Share>) -> Self {
        Context { share, ..self }
    }

    /// The share of the batch that is computed here; `None`: all of it.
    pub fn share(&self) -> Option<&Share> {
        self.share.as_ref()
    }

    pub fn device(&self) -> &D {
        &self.device
    }

    pub fn is_recording(&self) -> bool {
        matches!(*self.recording.borrow(), Recording::On(_))
    }

    /// A constant from host values in row-major order.
    pub fn constant(&self, values: Vec<f32>, shape: [usize; 4]) -> Result<Var<D>, Error> {
        self.tensor(values, shape).map(Var::constant)
    }

    /// A tensor from host values in row-major order.
    pub fn tensor(&self, values: Vec<f32>, shape: [usize; 4]) -> Result<Tensor<D>, Error> {
        let [n, c, h, w] = shape;
        if values.len() != n * c * h * w {
            return Err(Error::shape("tensor", format!("{} values for {shape:?}", values.len())));
        }
        self.device.try_tensor_from_vec(values, (n, c, h, w)).map_err(|e| Error::device("tensor", e))
    }

    /// The output of an operation and its way back. `backward` is given the output's gradient and the slots of
    /// `inputs`, in this order; it is dropped unless something is recorded and an input needs a gradient.
    pub fn record(
        &self,
        op: &'static str,
        buffer: D::Vec,
        shape: [usize; 4],
        inputs: &[&Var<D>],
        backward: impl FnOnce(&D, D::Vec, &mut Slots<'_, D>) -> Result<(), D::Err> + 'static,
    ) -> Result<Var<D>, Error> {
        self.record_tensor(op, self.adopt(buffer, shape)?, inputs, backward)
    }

    fn record_tensor(
        &self,
        op: &'static str,
        output: Tensor<D>,
        inputs: &[&Var<D>],
        backward: impl FnOnce(&D, D::Vec, &mut Slots<'_, D>) -> Result<(), D::Err> + 'static,
    ) -> Result<Var<D>, Error> {
        let needs_grad = inputs.iter().any(|v| v.needs_grad());
        let mut recording = self.recording.borrow_mut();
        let tape = match &mut *recording {
            Recording::On(tape) if needs_grad => tape,
            Recording::Spent if needs_grad => {
                return Err(Error::shape(op, "its gradient is wanted, but the backward pass has begun"));
            }
            _ => return Ok(Var::new(output, false)),
        };
        let output_key = bridge::key(&output)?;
        let keys: Vec<Option<Tensor<D>>> = inputs
            .iter()
            .map(|v| v.needs_grad().then(|| bridge::key(v.tensor())).transpose())
            .collect::<Result<_, _>>()?;
        let device = self.device.clone();
        tape.add_backward_op(move |gradients| {
            let taken = take(&device, gradients, &output_key)?;
            if device.len(&taken) == 0 {
                return Ok(());
            }
            backward(&device, taken, &mut Slots { device: &device, gradients, keys: &keys })
        });
        Ok(Var::new(output, true))
    }

    /// As [`Context::record`], for operations whose way back is said from the output: it is handed to `backward`.
    pub fn record_with_output(
        &self,
        op: &'static str,
        buffer: D::Vec,
        shape: [usize; 4],
        inputs: &[&Var<D>],
        backward: impl FnOnce(&D, &D::Vec, D::Vec, &mut Slots<'_, D>) -> Result<(), D::Err> + 'static,
    ) -> Result<Var<D>, Error> {
        let output = self.adopt(buffer, shape)?;
        let y = bridge::shared(&output)?;
        self.record_tensor(op, output, inputs, move |device, dy, slots| backward(device, &y, dy, slots))
    }

    fn adopt(&self, buffer: D::Vec, shape: [usize; 4]) -> Result<Tensor<D>, Error> {
        let [n, c, h, w] = shape;
        self.device.adopt(buffer, (n, c, h, w))
    }

    /// Gradients of a 1 x 1 x 1 x 1 loss. Ends the recording: operations on constants still run, those whose gradient is
    /// wanted fail.
    pub fn backward(&self, loss: &Var<D>) -> Result<Gradients<D>, Error> {
        if loss.len() != 1 {
            return Err(Error::shape("backward", format!("a loss has one element, found {:?}", loss.shape())));
        }
        if !self.is_recording() {
            return Err(Error::Other("nothing was recorded".into()));
        }
        let Recording::On(mut tape) = self.recording.replace(Recording::Spent) else { unreachable!() };
        if loss.needs_grad() {
            let key = bridge::key(loss.tensor())?;
            let device = self.device.clone();
            tape.add_backward_op(move |gradients| {
                *gradients.get_or_alloc_mut(&key)? = device.upload(vec![1.0])?;
                Ok(())
            });
        }
        let inner = self.device.run_backward(tape).map_err(|e| Error::device("backward", e))?;
        Ok(Gradients { inner })
    }
}

/// Takes a slot's contents; empty if nobody wrote to it.
fn take<D: Backend>(device: &D, gradients: &mut DfdxGradients<D>, key: &Tensor<D>) -> Result<D::Vec, D::Err> {
    let empty = device.try_alloc_len(0)?;
    Ok(std::mem::replace(gradients.get_or_alloc_mut(key)?, empty))
}

/// The gradients of an operation's inputs, while its backward step runs.
pub struct Slots<'a, D: Backend> {
    device: &'a D,
    gradients: &'a mut DfdxGradients<D>,
    keys: &'a [Option<Tensor<D>>],
}

impl<D: Backend> Slots<'_, D> {
    /// Whether input `i` needs a gradient; if not, do not compute it.
    pub fn wants(&self, i: usize) -> bool {
        self.keys[i].is_some()
    }

    /// Hands over a whole gradient: moved if it is the first, added otherwise.
    pub fn give(&mut self, i: usize, gradient: D::Vec) -> Result<(), D::Err> {
        let Some(key) = &self.keys[i] else { return Ok(()) };
        let slot = self.gradients.get_or_alloc_mut(key)?;
        if self.device.len(slot) == 0 {
            *slot = gradient;
            Ok(())
        } else {
            self.device.accumulate(slot, &gradient)
        }
    }

    /// Lets a kernel write (`accumulate` false, every element must be written) or add to a gradient of `len` elements.
    pub fn write(
        &mut self,
        i: usize,
        len: usize,
        kernel: impl FnOnce(&D, &mut D::Vec, bool) -> Result<(), D::Err>,
    ) -> Result<(), D::Err> {
        let Some(key) = &self.keys[i] else { return Ok(()) };
        let slot = self.gradients.get_or_alloc_mut(key)?;
        let accumulate = self.device.len(slot) != 0;
        if !accumulate {
            *slot = self.device.allocate(len)?;
        }
        kernel(self.device, slot, accumulate)
    }
}

/// What a backward pass left: the gradients of leaves.
pub struct Gradients<D: Backend> {
    inner: DfdxGradients<D>,
}

impl<D: Backend> Gradients<D> {
    /// The gradient of a leaf, once; `None` if nothing reached it.
    pub fn take(&mut self, leaf: &Tensor<D>) -> Result<Option<D::Vec>, Error> {
        let key = bridge::key(leaf)?;
        let taken = take(leaf.device(), &mut self.inner, &key).map_err(|e| Error::device("gradient", e))?;
        Ok((leaf.device().len(&taken) != 0).then_some(taken))
    }
}
