//! The processes of a run once they have found each other, and what they exchange.

use super::TogetherError;
use super::life::{Gone, Watch};
use super::wire::{self, Count, Kind};
use crate::tensor::Collective;
use serde::{Deserialize, Serialize};
use std::io::Error;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The connections of one process: rank 0 has one to each other rank, in their order, the others have one to rank 0.
pub struct Group {
    rank: usize,
    ranks: usize,
    watch: Arc<Watch>,
    data: Mutex<Connections>,
}

struct Connections {
    streams: Vec<TcpStream>,
    count: Count,
}

/// What rank 0 tells the others to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// To train the cell of this hash.
    Cell(String),
    /// To go home.
    End,
}

impl Group {
    /// `pairs`: data and life line to each other process, in the order of their ranks. `how` says what became of one.
    pub(super) fn new(
        (rank, ranks): (usize, usize),
        pairs: Vec<(TcpStream, TcpStream)>,
        silent: Duration,
        how: impl Fn(usize, Gone) -> String + Clone + Send + 'static,
    ) -> std::io::Result<Group> {
        let watch = Arc::new(Watch::default());
        let mut streams = Vec::with_capacity(pairs.len());
        for (number, (data, line)) in pairs.into_iter().enumerate() {
            data.set_nodelay(true)?;
            data.set_read_timeout(None)?;
            let (how, other) = (how.clone(), if rank == 0 { number + 1 } else { 0 });
            watch.add((data.try_clone()?, line), silent, move |gone| how(other, gone))?;
            streams.push(data);
        }
        watch.beat()?;
        Ok(Group { rank, ranks, watch, data: Mutex::new(Connections { streams, count: Count::default() }) })
    }

    /// Who was lost, and how; this group is of no use then.
    pub fn lost(&self) -> Option<String> {
        self.watch.lost()
    }

    /// Tells the others that this process cannot go on, and why.
    pub fn fail(&self, error: &str) {
        self.watch.fail(format!("process {} of {}: {error}", self.rank, self.ranks));
    }

    /// Tells the others what to do next.
    pub fn order(&self, order: &Order) -> Result<(), TogetherError> {
        let bytes = serde_json::to_vec(order).map_err(|e| TogetherError::Lost(e.to_string()))?;
        self.gather(&bytes).map(drop).map_err(TogetherError::Lost)
    }

    /// Waits for what rank 0 wants done next.
    pub fn hear(&self) -> Result<Order, TogetherError> {
        let all = self.gather(&[]).map_err(TogetherError::Lost)?;
        let said = all.first().map_or(&[][..], Vec::as_slice);
        serde_json::from_slice(said).map_err(|e| TogetherError::Lost(format!("process 0 said what is no order: {e}")))
    }

    /// Goes, all being well.
    pub fn end(&self) {
        if self.rank == 0 && self.lost().is_none() {
            // Whoever is lost now is lost to no harm.
            let _ = self.order(&Order::End);
        }
        self.watch.end();
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said of a connection that failed, to the others too.
    fn failed(&self, other: usize, error: &Error) -> String {
        if error.kind() != std::io::ErrorKind::InvalidData
            && let Some(lost) = self.watch.soon()
        {
            return lost;
        }
        self.watch.fail(format!("processes {} and {other} are out of step: {error}", self.rank));
        self.lost().unwrap_or_else(|| error.to_string())
    }

    fn sum_first(&self, values: &mut [f32]) -> Result<(), (usize, Error)> {
        let Connections { streams, count } = &mut *self.connections();
        let number = count.next();
        for (i, stream) in streams.iter_mut().enumerate() {
            wire::receive_values(stream, number, values, |sum, value| *sum += value).map_err(|e| (i + 1, e))?;
        }
        for (i, stream) in streams.iter_mut().enumerate() {
            wire::send_values(stream, number, values).map_err(|e| (i + 1, e))?;
        }
        Ok(())
    }

    fn sum_other(&self, values: &mut [f32]) -> Result<(), (usize, Error)> {
        let Connections { streams, count } = &mut *self.connections();
        let number = count.next();
        for stream in streams {
            wire::send_values(stream, number, values).map_err(|e| (0, e))?;
            wire::receive_values(stream, number, values, |sum, value| *sum = value).map_err(|e| (0, e))?;
        }
        Ok(())
    }

    fn gather_first(&self, own: &[u8]) -> Result<Vec<Vec<u8>>, (usize, Error)> {
        let Connections { streams, count } = &mut *self.connections();
        let number = count.next();
        let mut all = vec![own.to_vec()];
        for (i, stream) in streams.iter_mut().enumerate() {
            all.push(wire::receive(stream, Kind::Gather, number).map_err(|e| (i + 1, e))?);
        }
        let packed = pack(&all);
        for (i, stream) in streams.iter_mut().enumerate() {
            wire::send(stream, Kind::Gather, number, &packed).map_err(|e| (i + 1, e))?;
        }
        Ok(all)
    }

    fn gather_other(&self, own: &[u8]) -> Result<Vec<Vec<u8>>, (usize, Error)> {
        let Connections { streams, count } = &mut *self.connections();
        let number = count.next();
        let mut all = Vec::new();
        for stream in streams {
            wire::send(stream, Kind::Gather, number, own).map_err(|e| (0, e))?;
            all = unpack(&wire::receive(stream, Kind::Gather, number).map_err(|e| (0, e))?);
        }
        Ok(all)
    }
}

impl Collective for Group {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.ranks
    }

    fn sum(&self, values: &mut [f32]) -> Result<(), String> {
        let summed = if self.rank == 0 { self.sum_first(values) } else { self.sum_other(values) };
        summed.map_err(|(other, error)| self.failed(other, &error))
    }

    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let all = if self.rank == 0 { self.gather_first(bytes) } else { self.gather_other(bytes) };
        let all = all.map_err(|(other, error)| self.failed(other, &error))?;
        if all.len() == self.ranks { Ok(all) } else { Err(format!("{} of {} ranks were heard", all.len(), self.ranks)) }
    }

    fn when_lost(&self, act: Box<dyn FnOnce() + Send>) {
        self.watch.when_lost(act);
    }
}

/// Each with its length before it.
fn pack(all: &[Vec<u8>]) -> Vec<u8> {
    all.iter().flat_map(|bytes| (bytes.len() as u64).to_le_bytes().into_iter().chain(bytes.iter().copied())).collect()
}

fn unpack(mut packed: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((len, rest)) = packed.split_first_chunk::<8>() {
        let Some((bytes, rest)) = rest.split_at_checked(u64::from_le_bytes(*len) as usize) else { break };
        all.push(bytes.to_vec());
        packed = rest;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (one, listener.accept().unwrap().0)
    }

    /// So many groups of this process, as if they were processes.
    fn groups(ranks: usize) -> Vec<Group> {
        let silent = Duration::from_secs(5);
        let how = |rank, gone| format!("process {rank}: {gone:?}");
        let (mut first, mut others) = (Vec::new(), Vec::new());
        for rank in 1..ranks {
            let ((a, b), (c, d)) = (pair(), pair());
            first.push((a, c));
            others.push(Group::new((rank, ranks), vec![(b, d)], silent, how).unwrap());
        }
        others.insert(0, Group::new((0, ranks), first, silent, how).unwrap());
        others
    }

    fn on_each<T: Send>(groups: &[Group], work: impl Fn(&Group) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = groups.iter().map(|group| scope.spawn(|| work(group))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    #[test]
    fn sums_are_in_the_order_of_the_ranks_and_the_same_for_all() {
        let groups = groups(3);
        // 1e8 + 1 - 1e8 is 0 in f32, in another order 1.
        let own = |rank: usize| [[1e8_f32, 1.0], [1.0, 2.0], [-1e8, 3.0]][rank];
        let sums = on_each(&groups, |group| {
            let mut values = own(group.rank());
            group.sum(&mut values).unwrap();
            values
        });
        assert_eq!(sums, [[0.0, 6.0]; 3]);
        let gathered = on_each(&groups, |group| group.gather(&vec![7; group.rank()]).unwrap());
        assert_eq!(gathered, vec![vec![vec![], vec![7], vec![7, 7]]; 3]);
    }

    #[test]
    fn a_rank_that_goes_ends_what_the_others_wait_for() {
        let mut groups = groups(3);
        groups.pop().unwrap().fail("its disk is full");
        for said in on_each(&groups, |group| group.sum(&mut [1.0]).unwrap_err()) {
            assert!(said.contains("process 2 of 3: its disk is full"), "{said}");
        }
        assert!(groups.iter().all(|group| group.lost().is_some()));
    }

    #[test]
    fn ranks_that_are_out_of_step_are_told_so() {
        let groups = groups(2);
        for said in on_each(&groups, |group| group.sum(&mut vec![1.0; 3 + group.rank()]).unwrap_err()) {
            assert!(said.contains("out of step"), "{said}");
        }
    }
}
