//! Reading at a grid on the CPU: the neighbours of each place are found once for all channels; then a plane a task. Each
//! plane's gradient is summed in the order of the places, so that threads change nothing.

use super::{GridKernel, Reading};
use crate::tensor::Backend;
use crate::tensor::ops::{Border, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

/// The pixels around a place, the upper two first, and how much each counts: 0 for those beyond the edge, which are not
/// read.
#[derive(Clone, Copy)]
struct Taps {
    pixels: [u32; 4],
    shares: [f32; 4],
}

/// A place along one axis.
#[derive(Clone, Copy)]
struct Place {
    /// The pixel before; the one behind counts `share`.
    low: isize,
    share: f32,
    /// Pixels for a step of 1 of the grid.
    slope: f32,
}

impl Reading {
    fn place(&self, at: f32, len: usize) -> Place {
        let size = len as f32;
        let (place, slope) = match self.align_corners {
            true => ((at + 1.0) / 2.0 * (size - 1.0), (size - 1.0) / 2.0),
            false => (((at + 1.0) * size - 1.0) / 2.0, size / 2.0),
        };
        match self.border {
            Border::Replicate if place <= 0.0 => Place { low: 0, share: 0.0, slope: 0.0 },
            Border::Replicate if place >= size - 1.0 => Place { low: len as isize - 1, share: 0.0, slope: 0.0 },
            _ => {
                // Farther out there are zeros as well.
                let place = place.clamp(-2.0, size + 1.0);
                Place { low: place.floor() as isize, share: place - place.floor(), slope }
            }
        }
    }

    /// Column and row of a place of the grid.
    fn places(&self, grid: &[f32], i: usize) -> (Place, Place) {
        (self.place(grid[2 * i], self.source.1), self.place(grid[2 * i + 1], self.source.0))
    }

    /// The number of a pixel in its plane.
    fn pixel(&self, x: isize, y: isize) -> Option<u32> {
        let (height, width) = (self.source.0 as isize, self.source.1 as isize);
        (x >= 0 && y >= 0 && x < width && y < height).then(|| (y * width + x) as u32)
    }

    fn taps(&self, grid: &[f32], i: usize) -> Taps {
        let (across, down) = self.places(grid, i);
        let (x, y, p, q) = (across.low, down.low, across.share, down.share);
        let mut taps = Taps { pixels: [0; 4], shares: [0.0; 4] };
        let shares = [(1.0 - p) * (1.0 - q), p * (1.0 - q), (1.0 - p) * q, p * q];
        let pixels = [self.pixel(x, y), self.pixel(x + 1, y), self.pixel(x, y + 1), self.pixel(x + 1, y + 1)];
        for k in 0..4 {
            if let Some(pixel) = pixels[k] {
                (taps.pixels[k], taps.shares[k]) = (pixel, shares[k]);
            }
        }
        taps
    }

    /// Taps of every place of the grid, of all samples.
    fn all_taps(&self, grid: &[f32]) -> Vec<Taps> {
        parallel::collect(self.samples * self.places_of_sample(), 8, |i| self.taps(grid, i))
    }

    fn places_of_sample(&self) -> usize {
        self.target.0 * self.target.1
    }

    fn pixels_of_plane(&self) -> usize {
        self.source.0 * self.source.1
    }
}

/// Taps of the sample that a plane belongs to.
fn of_plane(taps: &[Taps], reading: Reading, plane: usize) -> &[Taps] {
    let (sample, count) = (plane / reading.channels, reading.places_of_sample());
    &taps[sample * count..(sample + 1) * count]
}

fn gather(y: &mut [f32], x: &[f32], taps: &[Taps]) {
    for (y, taps) in y.iter_mut().zip(taps) {
        let mut sum = 0.0;
        for k in 0..4 {
            // 0 times infinity would be NaN.
            if taps.shares[k] != 0.0 {
                sum += taps.shares[k] * x[taps.pixels[k] as usize];
            }
        }
        *y = sum;
    }
}

fn scatter(dx: &mut [f32], dy: &[f32], taps: &[Taps]) {
    for (dy, taps) in dy.iter().zip(taps) {
        for k in 0..4 {
            dx[taps.pixels[k] as usize] += taps.shares[k] * dy;
        }
    }
}

impl GridKernel for Cpu {
    fn grid_sample(&self, reading: Reading, x: &Buffer, grid: &Buffer) -> Result<Buffer, Self::Err> {
        let (count, size) = (reading.places_of_sample(), reading.pixels_of_plane());
        let taps = reading.all_taps(grid);
        let mut y = self.allocate(reading.samples * reading.channels * count)?;
        parallel::rows(&mut y, count, |p, y| {
            gather(y, &x[p * size..(p + 1) * size], of_plane(&taps, reading, p));
        });
        Ok(y)
    }

    fn grid_sample_backward(&self, reading: Reading, grid: &Buffer, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let (count, size) = (reading.places_of_sample(), reading.pixels_of_plane());
        let taps = reading.all_taps(grid);
        let mut dx = self.allocate(reading.samples * reading.channels * size)?;
        parallel::rows(&mut dx, size, |p, dx| {
            dx.fill(0.0);
            scatter(dx, &dy[p * count..(p + 1) * count], of_plane(&taps, reading, p));
        });
        Ok(dx)
    }

    fn grid_sample_backward_grid(
        &self,
        reading: Reading,
        x: &Buffer,
        grid: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Self::Err> {
        let mut dgrid = self.allocate(grid.len())?;
        let width = reading.target.1;
        parallel::rows(&mut dgrid, 2 * width, |row, dgrid| {
            for (column, dgrid) in dgrid.chunks_exact_mut(2).enumerate() {
                dgrid.copy_from_slice(&of_place(reading, x, grid, dy, row * width + column));
            }
        });
        Ok(dgrid)
    }
}

/// The gradient of one place of the grid, over all channels.
fn of_place(reading: Reading, x: &[f32], grid: &[f32], dy: &[f32], i: usize) -> [f32; 2] {
    let (count, size) = (reading.places_of_sample(), reading.pixels_of_plane());
    let (sample, place) = (i / count, i % count);
    let (across, down) = reading.places(grid, i);
    let at = |right: isize, below: isize| reading.pixel(across.low + right, down.low + below);
    let pixels = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
    let mut sums = [0.0; 2];
    for plane in sample * reading.channels..(sample + 1) * reading.channels {
        let value = |k: usize| pixels[k].map_or(0.0, |pixel: u32| x[plane * size + pixel as usize]);
        let (a, b, c, d) = (value(0), value(1), value(2), value(3));
        let dy = dy[plane * count + place];
        sums[0] += dy * ((1.0 - down.share) * (b - a) + down.share * (d - c));
        sums[1] += dy * ((1.0 - across.share) * (c - a) + across.share * (d - b));
    }
    [sums[0] * across.slope, sums[1] * down.slope]
}
