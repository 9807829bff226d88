//! Matrix products in packed panels, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
//! (2008): a kernel for the registers of each processor, operands copied once into the order in which it reads them.
//! What calls it decides what a panel is packed from, so that a convolution packs straight from its maps.

mod kernel;
mod pack;
mod panels;
mod product;
mod scratch;
mod shared;
pub mod vector;

pub use kernel::{Kernel, kernel};
pub use pack::{Source, pack, spread};
pub use panels::{Block, Left, Right, depths, multiply};
pub use product::product;
pub use scratch::with_scratch;
pub use shared::{Shared, for_each};

/// A view of a slice as a matrix: element (r, c) is at `start + r * row + c * column`.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub start: usize,
    pub row: usize,
    pub column: usize,
}

impl View {
    /// Rows of `width` values, one after the other, from `start`.
    pub fn rows(start: usize, width: usize) -> Self {
        View { start, row: width, column: 1 }
    }

    /// The transpose of [`View::rows`].
    pub fn columns(start: usize, height: usize) -> Self {
        View { start, row: 1, column: height }
    }
}

/// Rows of the left factor, columns of the right one, and what is summed over.
pub type Sizes = (usize, usize, usize);

#[cfg(test)]
mod tests;
