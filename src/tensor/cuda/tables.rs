//! Small tables of numbers that kernels read (axes, taps, maps of indices): copied to the device once, then kept. What a
//! table holds is its name, so the same sizes find the same copy.

use super::{Buffer, Failure};
use crate::tensor::Backend;
use dfdx::tensor::{Cuda, Storage};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// By device and contents.
type Kept = HashMap<(usize, Vec<u32>), Arc<Buffer>>;

static TABLES: Mutex<Option<Kept>> = Mutex::new(None);

/// A table on the device; 32-bit words, whatever a kernel takes them for.
pub fn words(device: &Cuda, contents: Vec<u32>) -> Result<Arc<Buffer>, Failure> {
    let number = Storage::<f32>::try_alloc_len(device, 0)?.device().ordinal();
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = tables.get_or_insert_with(HashMap::new);
    let name = (number, contents);
    if let Some(found) = kept.get(&name) {
        return Ok(found.clone());
    }
    let values = name.1.iter().map(|&word| f32::from_bits(word)).collect();
    let table = Arc::new(device.upload(values)?);
    kept.insert(name, table.clone());
    Ok(table)
}

/// For each of `source` positions, who reads it: `starts` (source + 1 entries) into the readers and what each counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Readers {
    pub starts: Vec<u32>,
    pub readers: Vec<u32>,
    pub shares: Vec<f32>,
}

impl Readers {
    /// One table: starts, then readers, then shares.
    pub fn words(&self) -> Vec<u32> {
        let shares = self.shares.iter().map(|share| share.to_bits());
        self.starts.iter().copied().chain(self.readers.iter().copied()).chain(shares).collect()
    }
}

/// Turns "position i reads these sources by these shares" around; readers come in rising order.
pub fn readers(source: usize, reads: impl Iterator<Item = (usize, usize, f32)>) -> Readers {
    let mut of_source = vec![Vec::new(); source];
    for (reader, at, share) in reads {
        if share != 0.0 {
            of_source[at].push((reader as u32, share));
        }
    }
    let mut found = Readers { starts: vec![0], readers: Vec::new(), shares: Vec::new() };
    for mut all in of_source {
        all.sort_by_key(|(reader, _)| *reader);
        found.readers.extend(all.iter().map(|(reader, _)| reader));
        found.shares.extend(all.iter().map(|(_, share)| share));
        found.starts.push(found.readers.len() as u32);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_turned_around() {
        let reads = [(0, 1, 0.5), (0, 2, 0.5), (1, 1, 1.0), (2, 0, 0.0)];
        let found = readers(3, reads.into_iter());
        assert_eq!(found.starts, [0, 0, 2, 3]);
        assert_eq!(found.readers, [0, 1, 0]);
        assert_eq!(found.shares, [0.5, 1.0, 0.5]);
    }
}
