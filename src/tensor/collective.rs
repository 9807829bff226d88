//! Data-parallel training: several processes hold the same model, each computes on its share of every batch, and what
//! depends on the whole batch is exchanged. Who carries the numbers is behind [`Collective`].

use super::{Backend, Error};
use std::sync::Arc;

/// The processes of a run, numbered by rank. All of them make the same calls in the same order.
pub trait Collective: Send + Sync {
    /// This process's number, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn ranks(&self) -> usize;

    /// Sums over all ranks, added in the order of the ranks: the same bits on each, in every run.
    ///
    /// # Errors
    /// Which rank is lost, or that the ranks are out of step.
    fn sum(&self, values: &mut [f32]) -> Result<(), String>;

    /// What each rank gave, by rank; it may be of different lengths.
    ///
    /// # Errors
    /// As [`Collective::sum`].
    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String>;
}

/// This process's part of every batch: samples `rank * n .. (rank + 1) * n`, where each has n.
#[derive(Clone)]
pub struct Share {
    pub group: Arc<dyn Collective>,
    /// Batch norm takes its statistics from the whole batch, not from the share.
    pub whole_statistics: bool,
}

impl Share {
    /// Values of each rank, by rank.
    ///
    /// # Errors
    /// As [`Collective::gather`]; ranks that give different numbers of values.
    pub fn gather(&self, values: &[f32]) -> Result<Vec<Vec<f32>>, String> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let all = self.group.gather(&bytes)?;
        if let Some((rank, other)) = all.iter().enumerate().find(|(_, other)| other.len() != bytes.len()) {
            let (found, expected) = (other.len() / 4, values.len());
            return Err(format!("the processes are out of step: {found} values of process {rank}, here {expected}"));
        }
        let floats = |b: Vec<u8>| b.chunks_exact(4).map(|v| f32::from_le_bytes([v[0], v[1], v[2], v[3]])).collect();
        Ok(all.into_iter().map(floats).collect())
    }

    /// Means over the ranks, summed in f64 in their order.
    ///
    /// # Errors
    /// As [`Collective::gather`].
    pub fn means(&self, values: &[f64]) -> Result<Vec<f64>, String> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let all = self.group.gather(&bytes)?;
        let mut sums = vec![0.0; values.len()];
        for (rank, bytes) in all.iter().enumerate() {
            if bytes.len() != 8 * values.len() {
                let (found, expected) = (bytes.len() / 8, values.len());
                return Err(format!("the processes are out of step: {found} terms of process {rank}, here {expected}"));
            }
            for (sum, value) in sums.iter_mut().zip(bytes.chunks_exact(8)) {
                *sum += value.try_into().map_or(f64::NAN, f64::from_le_bytes);
            }
        }
        Ok(sums.into_iter().map(|sum| sum / self.group.ranks() as f64).collect())
    }

    /// Puts the mean over the ranks in the place of each gradient. Each is the mean over a share of equal size, so this is
    /// the gradient of the mean over the whole batch.
    ///
    /// # Errors
    /// As [`Collective::sum`]; the device.
    pub fn average<D: Backend>(&self, device: &D, gradients: &mut [Option<D::Vec>]) -> Result<(), Error> {
        let mut all: Vec<&mut D::Vec> = gradients.iter_mut().flatten().collect();
        device.all_reduce(self.group.as_ref(), &mut all)?;
        let share = 1.0 / self.group.ranks() as f32;
        for gradient in all {
            device.scale(gradient, share).map_err(|e| Error::device("gradient", e))?;
        }
        Ok(())
    }
}

/// Sums buffers over the ranks by way of the host: for devices and machines without a shorter way.
pub(super) fn on_host<D: Backend>(
    device: &D,
    group: &dyn Collective,
    buffers: &mut [&mut D::Vec],
) -> Result<(), Error> {
    let failed = |e: D::Err| Error::device("all-reduce", e);
    let mut flat = Vec::with_capacity(buffers.iter().map(|b| device.len(b)).sum());
    for buffer in buffers.iter() {
        flat.extend_from_slice(&device.download(buffer).map_err(failed)?);
    }
    group.sum(&mut flat).map_err(Error::Other)?;
    let mut rest = flat.as_slice();
    for buffer in buffers {
        let (own, others) = rest.split_at(device.len(buffer));
        **buffer = device.upload(own.to_vec()).map_err(failed)?;
        rest = others;
    }
    Ok(())
}
