//! Moving elements on the GPU.

use super::{Blocks, Remap, ShapeKernel, Side};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, Readers, kernel, readers, words};
use crate::tensor::ops::resize::cuda::gather;
use dfdx::tensor::Cuda;

impl ShapeKernel for Cuda {
    fn zero(&self, target: &mut Buffer) -> Result<(), Failure> {
        Ok(target.device().memset_zeros(&mut **target)?)
    }

    fn transfer(
        &self,
        blocks: Blocks,
        (source, from): (&Buffer, Side),
        (target, to): (&mut Buffer, Side),
        add: bool,
    ) -> Result<(), Failure> {
        let Blocks { outer, rows, len } = blocks;
        let launch = kernel(source, "moves", "transfer").counts(&[rows, len]).read(source);
        let launch = launch.counts(&[from.offset, from.outer, from.row]).write(target);
        launch.counts(&[to.offset, to.outer, to.row]).flag(add).each(outer * rows * len)
    }

    fn remap(&self, count: usize, map: &Remap, x: &Buffer) -> Result<Buffer, Failure> {
        let n = count * map.rows.len() * map.columns.len();
        let mut y = self.allocate(n)?;
        let table = words(self, map.rows.iter().chain(&map.columns).map(|&i| i as u32).collect())?;
        let launch = kernel(x, "moves", "remap").counts(&[map.height, map.width, map.rows.len(), map.columns.len()]);
        launch.read(&table).read(x).write(&mut y).each(n)?;
        Ok(y)
    }

    fn remap_backward(&self, count: usize, map: &Remap, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dx = self.allocate(count * map.height * map.width)?;
        unmap(self, count, map, dy, &mut dx, false)?;
        Ok(dx)
    }
}

/// dx [+]= each element of dy where it was read; those that were zeros go nowhere.
pub fn unmap(device: &Cuda, count: usize, map: &Remap, dy: &Buffer, dx: &mut Buffer, add: bool) -> Result<(), Failure> {
    let turned = |size: usize, places: &[usize]| -> Readers {
        let inside = places.iter().enumerate().filter(move |(_, place)| **place < size);
        readers(size, inside.map(|(reader, &place)| (reader, place, 1.0)))
    };
    let (rows, columns) = (turned(map.height, &map.rows), turned(map.width, &map.columns));
    let sizes = [map.height, map.width, map.rows.len(), map.columns.len()];
    gather(device, (count, sizes), (&rows, &columns), dy, dx, add)
}
