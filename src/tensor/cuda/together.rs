//! Sums over the GPUs of several processes: by NCCL where every process has it and a GPU of its own, else by way of the host.

use super::{Buffer, Cuda};
use crate::tensor::{Collective, Error, collective};
use cuda_shim::nccl::{self, Communicator};
use cudarc::driver::{DevicePtrMut, DeviceSlice};
use dfdx::tensor::Storage;
use std::sync::{Arc, Mutex, PoisonError};

/// The communicator of the run that this process is at: a device of dfdx's has no room for it.
static OPEN: Mutex<Option<Arc<Communicator>>> = Mutex::new(None);

fn exchange(new: Option<Arc<Communicator>>) -> Option<Arc<Communicator>> {
    std::mem::replace(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner), new)
}

fn open() -> Option<Arc<Communicator>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Opens a communicator for the group; why not, if that is so.
pub fn meet(device: &Cuda, group: &Arc<dyn Collective>) -> Result<Option<String>, Error> {
    if let Some(old) = exchange(None) {
        old.close();
    }
    let near = Storage::<f32>::try_alloc_len(device, 0).map_err(|e| Error::device("NCCL", e))?.device();
    // What decides is the same for all: each says what it has and where.
    let own = match nccl::missing() {
        None => format!("{} {}", host(), near.ordinal()),
        Some(_) => String::new(),
    };
    let all = group.gather(own.as_bytes()).map_err(Error::Other)?;
    let by_host = |why: String| Ok(Some(format!("sums over the GPUs go by way of the host: {why}")));
    if let Some(rank) = all.iter().position(Vec::is_empty) {
        return by_host(format!("process {rank} finds no NCCL (libnccl.so.2)"));
    }
    let twice = (1..all.len()).find(|&rank| all[..rank].contains(&all[rank]));
    if let Some(rank) = twice {
        return by_host(format!("process {rank} shares its GPU with another"));
    }
    let made = if group.rank() == 0 { nccl::id().map_err(Error::Other)?.to_vec() } else { vec![] };
    let told = group.gather(&made).map_err(Error::Other)?;
    let id = told[0].as_slice().try_into().map_err(|_| Error::Other("process 0 has no number for NCCL".into()))?;
    near.bind_to_thread().map_err(|e| Error::device("NCCL", e))?;
    let communicator = Arc::new(Communicator::open(id, group.rank(), group.ranks()).map_err(Error::Other)?);
    let waiting = communicator.clone();
    group.when_lost(Box::new(move || waiting.abort()));
    exchange(Some(communicator));
    Ok(None)
}

/// Which machine this is: two that share a name would be taken for one, and go by way of the host.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().into()
}

/// Sums buffers over the ranks.
pub fn sum(device: &Cuda, group: &dyn Collective, buffers: &mut [&mut Buffer]) -> Result<(), Error> {
    let Some(communicator) = open() else { return collective::by_host(device, group, buffers) };
    let Some(stream) = buffers.first().map(|buffer| *buffer.device().cu_stream()) else { return Ok(()) };
    let places: Vec<(u64, usize)> = buffers.iter_mut().map(|buffer| (*buffer.device_ptr_mut(), buffer.len())).collect();
    // SAFETY: buffers on this process's GPU with their own lengths, freed in the order of the stream; every rank sums the
    // gradients of the same parameters.
    unsafe { communicator.sum(&places, stream.cast()) }.map_err(Error::Other)
}
