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

    /// Does something when a rank is lost, for whoever waits elsewhere than here.
    fn when_lost(&self, act: Box<dyn FnOnce() + Send>) {
        drop(act);
    }
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
pub(super) fn by_host<D: Backend>(
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

/// Threads as ranks, for tests.
#[cfg(test)]
pub(super) mod threads {
    use super::*;
    use std::sync::{Barrier, Mutex};

    struct Rank {
        rank: usize,
        all: Arc<(Mutex<Vec<Vec<u8>>>, Barrier)>,
    }

    impl Collective for Rank {
        fn rank(&self) -> usize {
            self.rank
        }

        fn ranks(&self) -> usize {
            self.all.0.lock().unwrap().len()
        }

        fn sum(&self, values: &mut [f32]) -> Result<(), String> {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            values.fill(0.0);
            for of_rank in self.gather(&bytes)? {
                for (sum, b) in values.iter_mut().zip(of_rank.chunks_exact(4)) {
                    *sum += f32::from_le_bytes(b.try_into().unwrap());
                }
            }
            Ok(())
        }

        fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
            let (all, barrier) = &*self.all;
            all.lock().unwrap()[self.rank] = bytes.to_vec();
            barrier.wait();
            let gathered = all.lock().unwrap().clone();
            barrier.wait();
            Ok(gathered)
        }
    }

    /// Runs `work` as each of so many ranks at once.
    pub fn run<T: Send>(ranks: usize, work: impl Fn(Share) -> T + Sync) -> Vec<T> {
        let all = Arc::new((Mutex::new(vec![vec![]; ranks]), Barrier::new(ranks)));
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..ranks)
                .map(|rank| {
                    let group = Arc::new(Rank { rank, all: all.clone() });
                    let work = &work;
                    scope.spawn(move || work(Share { group, whole_statistics: true }))
                })
                .collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Cpu;

    #[test]
    fn gradients_are_averaged_and_means_are_in_f64() {
        let all = threads::run(3, |share| {
            let device = Cpu::default();
            let rank = share.group.rank() as f32;
            let mut gradients = vec![Some(device.upload(vec![rank; 2]).unwrap()), None];
            share.average(&device, &mut gradients).unwrap();
            let means = share.means(&[f64::from(rank), 1.0 / 3.0]).unwrap();
            (gradients[0].as_ref().unwrap().to_vec(), gradients[1].is_none(), means)
        });
        assert_eq!(all, vec![(vec![1.0, 1.0], true, vec![1.0, 1.0 / 3.0]); 3]);
    }

    #[test]
    fn ranks_that_give_different_numbers_of_values_are_named() {
        let said = threads::run(2, |share| share.gather(&vec![0.0; 1 + share.group.rank()]).unwrap_err());
        assert!(said[0].contains("2 values of process 1, here 1"), "{said:?}");
    }
}
