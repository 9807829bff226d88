//! Access to the storage of dfdx's tensors, which has no public name on CUDA and only an index on the CPU.
//!
//! A tensor holds an `Arc` of its storage at an offset that is found once at start-up: a clone has the same id and the
//! same `Arc`; a clone that was written to has the same id and an `Arc` of its own; exactly one word differs. The probe
//! is checked against dfdx's public index, and [`self_test`] refuses to start where it does not hold.
#![allow(unsafe_code, reason = "dfdx keeps its storage private; this file is the one way to it")]

#[cfg(feature = "cuda")]
mod layout;

#[cfg(feature = "cuda")]
pub(super) use layout::{adopt, strides};

use super::{Backend, Error, Shape4, Tensor};
use dfdx::shapes::HasShape;
use dfdx::tensor::{Cpu, TensorFromVec};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::mem::size_of;
use std::sync::{Arc, Mutex};

/// A buffer of `len` values that nobody may read before writing them.
pub(super) fn uninitialised(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, f32 has no invalid bit pattern, and every kernel writes all of its output.
    #[allow(clippy::uninit_vec, reason = "zero-filling what will be overwritten costs as much as the operation")]
    unsafe {
        values.set_len(len);
    }
    values
}

/// The words of a tensor, as far as they are whole words.
fn words<D: Backend>(tensor: &Tensor<D>) -> Vec<usize> {
    let count = size_of::<Tensor<D>>() / size_of::<usize>();
    let base = std::ptr::from_ref(tensor).cast::<usize>();
    // SAFETY: `count` words lie inside the tensor, which is aligned to a word because it holds an Arc; the words are
    // only compared, and padding between fields does not occur in a struct of words.
    (0..count).map(|i| unsafe { std::ptr::read_volatile(base.add(i)) }).collect()
}

/// Byte offset of the `Arc` in `Tensor<D>`; the same for every tensor of a device type.
fn offset<D: Backend>(device: &D) -> Result<usize, Error> {
    static FOUND: Mutex<BTreeMap<TypeId, usize>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().map_err(|_| Error::Bridge("the probe was interrupted".into()))?;
    if let Some(&offset) = found.get(&TypeId::of::<D>()) {
        return Ok(offset);
    }
    let offset = probe(device)?;
    found.insert(TypeId::of::<D>(), offset);
    Ok(offset)
}

fn probe<D: Backend>(device: &D) -> Result<usize, Error> {
    only(&words_that_follow_the_storage(device)?).map(|word| word * size_of::<usize>())
}

/// Which words of a tensor are equal in a clone and differ in a clone that was written to.
fn words_that_follow_the_storage<D: Backend>(device: &D) -> Result<Vec<usize>, Error> {
    let shape: Shape4 = (1, 1, 2, 3);
    let original: Tensor<D> =
        device.try_tensor_from_vec(vec![1.0; 6], shape).map_err(|e| Error::device("bridge", e))?;
    let same = original.clone();
    let mut written = original.clone();
    written.copy_from(&[9.0; 6]);
    let (a, b, c) = (words(&original), words(&same), words(&written));
    Ok((0..a.len()).filter(|&i| a[i] == b[i] && a[i] != c[i]).collect())
}

fn only(candidates: &[usize]) -> Result<usize, Error> {
    match candidates {
        [word] => Ok(*word),
        _ => Err(Error::Bridge(format!("{} words could be the storage, expected one", candidates.len()))),
    }
}

fn arc_at<D: Backend>(tensor: &Tensor<D>, offset: usize) -> &Arc<D::Vec> {
    // SAFETY: the probe found the storage's Arc at this offset of this very type.
    unsafe { &*std::ptr::from_ref(tensor).cast::<u8>().add(offset).cast::<Arc<D::Vec>>() }
}

fn arc_at_mut<D: Backend>(tensor: &mut Tensor<D>, offset: usize) -> &mut Arc<D::Vec> {
    // SAFETY: as above, and the tensor is borrowed mutably.
    unsafe { &mut *std::ptr::from_mut(tensor).cast::<u8>().add(offset).cast::<Arc<D::Vec>>() }
}

/// The storage of a tensor that is not a view: it has as many values as the tensor has elements, in row-major order.
pub(super) fn storage<D: Backend>(tensor: &Tensor<D>) -> Result<&D::Vec, Error> {
    let arc = arc_at(tensor, offset(tensor.device())?);
    let (n, c, h, w) = *tensor.shape();
    let (have, want) = (tensor.device().len(arc), n * c * h * w);
    if have != want {
        return Err(Error::Bridge(format!("a view: {have} values stored for {want} elements")));
    }
    if want > 0 && !D::is_row_major(tensor) {
        return Err(Error::Bridge(format!("a view: {n} x {c} x {h} x {w} elements in another order")));
    }
    Ok(arc)
}

/// The storage, kept alive: what an operation saves for its backward step.
pub(super) fn shared<D: Backend>(tensor: &Tensor<D>) -> Result<Arc<D::Vec>, Error> {
    storage(tensor)?;
    Ok(arc_at(tensor, offset(tensor.device())?).clone())
}

/// The storage, for writing in place. `None` while a tape or another tensor shares it: writing then would change what a
/// backward step still reads.
pub(super) fn storage_mut<D: Backend>(tensor: &mut Tensor<D>) -> Result<Option<&mut D::Vec>, Error> {
    let offset = offset(tensor.device())?;
    Ok(Arc::get_mut(arc_at_mut(tensor, offset)))
}

/// A tensor with `tensor`'s id and empty storage: it names a gradient slot, holds no data alive and makes dfdx allocate
/// nothing.
pub(super) fn key<D: Backend>(tensor: &Tensor<D>) -> Result<Tensor<D>, Error> {
    let offset = offset(tensor.device())?;
    let empty = tensor.device().try_alloc_len(0).map_err(|e| Error::device("bridge", e))?;
    let mut key = tensor.clone();
    *arc_at_mut(&mut key, offset) = Arc::new(empty);
    Ok(key)
}

/// Checks the bridge on the CPU against dfdx's public index. Called once when the program starts.
pub fn self_test() -> Result<(), Error> {
    let device = Cpu::default();
    check(&device, offset(&device)?)
}

/// Whether the storage is at this offset. Nothing is followed there unless the word behaves as the storage does.
fn check(device: &Cpu, offset: usize) -> Result<(), Error> {
    if only(&words_that_follow_the_storage(device)?)? * size_of::<usize>() != offset {
        return Err(Error::Bridge(format!("the word at {offset} does not follow the storage")));
    }
    let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0];
    let mut tensor: Tensor<Cpu> =
        device.try_tensor_from_vec(values.to_vec(), (1, 2, 1, 3)).map_err(|e| Error::device("bridge", e))?;
    let found = arc_at(&tensor, offset);
    if found[..] != values || !std::ptr::eq(&found[0], &tensor[[0, 0, 0, 0]]) {
        return Err(Error::Bridge("the storage found is not the one dfdx indexes".into()));
    }
    let shared = tensor.clone();
    if storage_mut(&mut tensor)?.is_some() {
        return Err(Error::Bridge("shared storage was given for writing".into()));
    }
    drop(shared);
    if storage_mut(&mut tensor)?.is_none() || storage(&key(&tensor)?).is_ok() {
        return Err(Error::Bridge("the probe does not see who shares a storage".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_holds() {
        self_test().unwrap();
    }

    #[test]
    fn another_offset_is_refused() {
        let device = Cpu::default();
        let right = offset(&device).unwrap();
        let others = (0..size_of::<Tensor<Cpu>>()).step_by(size_of::<usize>()).filter(|&o| o != right);
        for other in others {
            assert!(check(&device, other).is_err(), "offset {other} was taken for the storage at {right}");
        }
        assert!(check(&device, right).is_ok());
    }

    #[test]
    fn a_layout_without_exactly_one_such_word_is_refused() {
        assert!(only(&[]).is_err() && only(&[2, 5]).is_err());
        assert_eq!(only(&[5]).unwrap(), 5);
    }
}
