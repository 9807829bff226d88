//! Convolutions with fewer multiplications, after Winograd, "Arithmetic Complexity of Computations" (1980), and Lavin and
//! Gray, <https://arxiv.org/abs/1509.09308>: tiles of 4 x 4 outputs, F(4 x 4, 3 x 3) with 36 products where the definition
//! has 144, and F(4 x 4, 2 x 2) with 25 for 64.
//!
//! Kernels of 4 x 4 are four of 2 x 2: of stride 2, over the four phases of the input; of stride 1, over the input shifted
//! by two. So are the phases of the gradient of a strided convolution's input. In each pass the tiles are transformed, a
//! matrix product per point sums over channels (or, for the weights' gradient, over tiles), and the sums are transformed
//! back. Values differ from the definition's by some 3e-6 of their root mean square, ten times what a sum in another order
//! differs by (tests/ and benches/NOTES.md have the figures).

mod forward;
mod grid;
mod input;
mod output;
mod points;
mod weight_gradient;
mod weights;

pub use forward::{Filter, Target, convolve};
pub use grid::Grid;
pub use weight_gradient::weight_gradient;
