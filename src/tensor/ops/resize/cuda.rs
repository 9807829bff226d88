//! Resizing on the GPU; on the way back each element gathers what its readers count it.

use super::{ResizeKernel, Taps};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, Readers, kernel, readers, words};
use dfdx::tensor::Cuda;

impl Taps {
    /// Low, high and share of each position.
    fn words(&self) -> impl Iterator<Item = u32> {
        let places = self.low.iter().chain(&self.high).map(|&place| place as u32);
        places.chain(self.share.iter().map(|share| share.to_bits()))
    }

    fn readers(&self) -> Readers {
        let both = |i: usize| [(i, self.low[i], 1.0 - self.share[i]), (i, self.high[i], self.share[i])];
        readers(self.source, (0..self.target()).flat_map(both))
    }
}

impl ResizeKernel for Cuda {
    fn resize(&self, count: usize, rows: &Taps, columns: &Taps, x: &Buffer) -> Result<Buffer, Failure> {
        let n = count * rows.target() * columns.target();
        let mut y = self.allocate(n)?;
        let table = words(self, rows.words().chain(columns.words()).collect())?;
        let launch = kernel(x, "moves", "resize");
        let launch = launch.counts(&[rows.source, columns.source, rows.target(), columns.target()]).read(&table);
        launch.read(x).write(&mut y).each(n)?;
        Ok(y)
    }

    fn resize_backward(&self, count: usize, rows: &Taps, columns: &Taps, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dx = self.allocate(count * rows.source * columns.source)?;
        let sizes = [rows.source, columns.source, rows.target(), columns.target()];
        gather(self, (count, sizes), (&rows.readers(), &columns.readers()), dy, &mut dx, false)?;
        Ok(dx)
    }
}

/// dx [+]= what readers of rows and columns count of dy; `sizes` are height and width of dx, then of dy.
pub fn gather(
    device: &Cuda,
    (count, sizes): (usize, [usize; 4]),
    (rows, columns): (&Readers, &Readers),
    dy: &Buffer,
    dx: &mut Buffer,
    add: bool,
) -> Result<(), Failure> {
    let (row_table, column_table) = (words(device, rows.words())?, words(device, columns.words())?);
    let launch = kernel(dy, "moves", "gather").counts(&sizes).read(&row_table).count(rows.readers.len());
    let launch = launch.read(&column_table).count(columns.readers.len()).read(dy).write(dx).flag(add);
    launch.each(count * sizes[0] * sizes[1])
}
