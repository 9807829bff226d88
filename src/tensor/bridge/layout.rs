//! Shape and strides of a tensor, where dfdx has no public way to either: on CUDA nothing indexes a tensor, and a tensor
//! cannot be made around a buffer. Both are four consecutive words, found once by what they must hold.

use super::{Backend, Error, Shape4, Tensor, arc_at_mut, offset, words};
use dfdx::shapes::HasShape;
use std::any::TypeId;
use std::collections::BTreeMap;
use std::mem::size_of;
use std::sync::{Arc, Mutex};

/// The first words of the shape and of the strides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    shape: usize,
    strides: usize,
}

fn layout<D: Backend>(device: &D) -> Result<Layout, Error> {
    static FOUND: Mutex<BTreeMap<TypeId, Layout>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().map_err(|_| Error::Bridge("the probe was interrupted".into()))?;
    if let Some(&layout) = found.get(&TypeId::of::<D>()) {
        return Ok(layout);
    }
    let layout = probe(device, [2, 3, 5, 7])?;
    if probe(device, [3, 2, 4, 5])? != layout {
        return Err(Error::Bridge("the shape lies elsewhere in another tensor".into()));
    }
    found.insert(TypeId::of::<D>(), layout);
    Ok(layout)
}

/// Where a tensor of this shape holds it, and its strides.
fn probe<D: Backend>(device: &D, [n, c, h, w]: [usize; 4]) -> Result<Layout, Error> {
    let values = vec![0.0; n * c * h * w];
    let tensor: Tensor<D> = device.try_tensor_from_vec(values, (n, c, h, w)).map_err(|e| Error::device("bridge", e))?;
    let words = words(&tensor);
    let only = |wanted: [usize; 4]| {
        let mut places = words.windows(4).enumerate().filter(|(_, run)| **run == wanted).map(|(i, _)| i);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            _ => Err(Error::Bridge("shape and strides are not four words in a row".into())),
        }
    };
    Ok(Layout { shape: only([n, c, h, w])?, strides: only([c * h * w, h * w, w, 1])? })
}

/// Steps between neighbours along each axis, in elements.
pub fn strides<D: Backend>(tensor: &Tensor<D>) -> Result<[usize; 4], Error> {
    let Layout { strides, .. } = layout(tensor.device())?;
    let words = words(tensor);
    Ok([0, 1, 2, 3].map(|i| words[strides + i]))
}

/// A tensor of its own id around a buffer of the right length: dfdx makes one of no elements, and its shape, strides and
/// storage are exchanged.
pub fn adopt<D: Backend>(device: &D, buffer: D::Vec, shape: Shape4) -> Result<Tensor<D>, Error> {
    let (n, c, h, w) = shape;
    let layout = layout(device)?;
    if device.len(&buffer) != n * c * h * w {
        return Err(Error::Bridge(format!("{} values for {shape:?}", device.len(&buffer))));
    }
    let mut tensor: Tensor<D> =
        device.try_tensor_from_vec(Vec::new(), (0, 1, 1, 1)).map_err(|e| Error::device("adopt", e))?;
    let base = std::ptr::from_mut(&mut tensor).cast::<usize>();
    for (first, values) in [(layout.shape, [n, c, h, w]), (layout.strides, [c * h * w, h * w, w, 1])] {
        debug_assert!((first + 4) * size_of::<usize>() <= size_of::<Tensor<D>>());
        for (i, value) in values.into_iter().enumerate() {
            // SAFETY: the probe found four words of shape and of strides there, in this very type.
            unsafe { base.add(first + i).write(value) };
        }
    }
    *arc_at_mut(&mut tensor, offset(device)?) = Arc::new(buffer);
    if *tensor.shape() != shape {
        return Err(Error::Bridge(format!("{shape:?} was written and {:?} is read", tensor.shape())));
    }
    Ok(tensor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Context, Cpu};

    #[test]
    fn a_tensor_is_made_around_a_buffer() {
        let device = Cpu::default();
        let buffer = device.upload(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let adopted = adopt(&device, buffer, (1, 3, 2, 1)).unwrap();
        assert_eq!((adopted[[0, 2, 1, 0]], adopted[[0, 0, 1, 0]]), (6.0, 2.0));
        assert_eq!(strides(&adopted).unwrap(), [6, 2, 1, 1]);
        let other = Context::inference(&device).tensor(vec![0.0; 6], [1, 3, 2, 1]).unwrap();
        assert_eq!(strides(&other).unwrap(), [6, 2, 1, 1]);
        let short = device.upload(vec![1.0]).unwrap();
        assert!(adopt(&device, short, (1, 3, 2, 1)).is_err());
    }
}
