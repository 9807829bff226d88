//! One multigrid cycle as a preconditioner: a cheap approximate inverse of Poisson's equation on any set of texels.
//!
//! Cells of a coarser grid cover 2 x 2 cells of the finer one. Corrections are interpolated bilinearly between the
//! coarse cells that exist, residuals go the same way back, and red-black Gauss-Seidel smooths forwards before and
//! backwards after, so that the cycle is a symmetric positive operator, as conjugate gradients need.

use super::equation::{Lanes, System};

/// Smoothing sweeps before and after each correction.
const SWEEPS: usize = 2;
/// Sweeps that stand for a solve on the coarsest grid, of at most 4 x 4 cells.
const LAST_SWEEPS: usize = 8;
/// How well the centre of a coarse cell is connected to the given texels beside it: what these hold adds up over fine
/// cells, but reaches the centre only through half a cell.
const HALF_CELL: f32 = 4.0;
/// Together the pull of a part that nothing holds, so that it has an inverse; the solver takes no notice of its constant.
const ANCHOR: f32 = 0.01;

/// A grid of cells with a border of one cell.
struct Level {
    width: usize,
    height: usize,
    right: Vec<f32>,
    below: Vec<f32>,
    held: Vec<f32>,
    pull: Vec<f32>,
    /// 1 over the diagonal of the matrix; 0 where there is no cell.
    inverse: Vec<f32>,
    /// 1 over the sum of the interpolation's weights from the coarse cells that exist.
    share: Vec<f32>,
    x: Vec<Lanes>,
    side: Vec<Lanes>,
}

/// The grids, finest first.
pub(super) struct Multigrid(Vec<Level>);

impl Multigrid {
    pub fn new(system: &System) -> Multigrid {
        let empty = vec![[0.0; 4]; system.free.len()];
        let mut level = Level {
            width: system.width,
            height: system.height,
            right: system.right.clone(),
            below: system.below.clone(),
            held: system.held.clone(),
            pull: system.pull.clone(),
            inverse: Vec::new(),
            share: Vec::new(),
            x: empty.clone(),
            side: empty,
        };
        for part in &system.loose {
            part.iter().for_each(|&at| level.pull[at] = ANCHOR / part.len() as f32);
        }
        level.invert(|at| system.free[at]);
        let mut levels = Vec::new();
        while level.width > 4 || level.height > 4 {
            let coarse = level.coarser();
            level.weigh(&coarse);
            levels.push(level);
            level = coarse;
        }
        levels.push(level);
        Multigrid(levels)
    }

    /// An approximate solution for a right side.
    pub fn solve(&mut self, side: &[[f64; 4]]) -> &[Lanes] {
        let finest = &mut self.0[0];
        finest.side.iter_mut().zip(side).for_each(|(to, from)| *to = from.map(|v| v as f32));
        cycle(&mut self.0);
        &self.0[0].x
    }
}

/// A V cycle: `x` of the first level from its `side`.
fn cycle(levels: &mut [Level]) {
    let Some((level, coarser)) = levels.split_first_mut() else { return };
    level.x.fill([0.0; 4]);
    let Some(coarse) = coarser.first_mut() else {
        (0..LAST_SWEEPS).for_each(|_| level.sweep([0, 1]));
        (0..LAST_SWEEPS).for_each(|_| level.sweep([1, 0]));
        return;
    };
    (0..SWEEPS).for_each(|_| level.sweep([0, 1]));
    level.restrict(coarse);
    cycle(coarser);
    level.correct(&coarser[0]);
    (0..SWEEPS).for_each(|_| level.sweep([1, 0]));
}

impl Level {
    fn stride(&self) -> usize {
        self.width + 2
    }

    fn invert(&mut self, exists: impl Fn(usize) -> bool) {
        let stride = self.stride();
        self.inverse = vec![0.0; self.right.len()];
        for at in stride + 1..self.right.len() - stride - 1 {
            if exists(at) {
                let pairs = self.right[at] + self.right[at - 1] + self.below[at] + self.below[at - stride];
                let diagonal = pairs + self.held[at] + self.pull[at];
                self.inverse[at] = if diagonal > 0.0 { 1.0 / diagonal } else { 0.0 };
            }
        }
    }

    /// Half the width and height, rounded up. Of the pairs across a border of two coarse cells the mean counts, since
    /// the centres lie twice as far apart.
    fn coarser(&self) -> Level {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let cells = (width + 2) * (height + 2);
        let mut coarse = Level {
            width,
            height,
            right: vec![0.0; cells],
            below: vec![0.0; cells],
            held: vec![0.0; cells],
            pull: vec![0.0; cells],
            inverse: Vec::new(),
            share: Vec::new(),
            x: vec![[0.0; 4]; cells],
            side: vec![[0.0; 4]; cells],
        };
        let mut exists = vec![false; cells];
        for y in 0..self.height {
            for x in 0..self.width {
                let (at, to) = ((y + 1) * self.stride() + x + 1, (y / 2 + 1) * coarse.stride() + x / 2 + 1);
                exists[to] |= self.inverse[at] > 0.0;
                coarse.held[to] += self.held[at];
                coarse.pull[to] += self.pull[at];
                coarse.right[to] += if x % 2 == 1 { 0.5 * self.right[at] } else { 0.0 };
                coarse.below[to] += if y % 2 == 1 { 0.5 * self.below[at] } else { 0.0 };
            }
        }
        coarse.held.iter_mut().for_each(|held| *held *= HALF_CELL / (*held + HALF_CELL));
        coarse.invert(|at| exists[at]);
        coarse
    }

    /// The coarse cells that a cell is interpolated from, nearest first, and their weights.
    fn parents(&self, coarse: &Level, x: usize, y: usize) -> [(usize, f32); 4] {
        let nearest = (y / 2 + 1) * coarse.stride() + x / 2 + 1;
        let across = if x % 2 == 1 { nearest + 1 } else { nearest - 1 };
        let shift = |at: usize| if y % 2 == 1 { at + coarse.stride() } else { at - coarse.stride() };
        [(nearest, 0.5625), (across, 0.1875), (shift(nearest), 0.1875), (shift(across), 0.0625)]
    }

    fn weigh(&mut self, coarse: &Level) {
        self.share = vec![0.0; self.right.len()];
        for y in 0..self.height {
            for x in 0..self.width {
                let at = (y + 1) * self.stride() + x + 1;
                if self.inverse[at] > 0.0 {
                    let exists = |(cell, weight): (usize, f32)| if coarse.inverse[cell] > 0.0 { weight } else { 0.0 };
                    self.share[at] = 1.0 / self.parents(coarse, x, y).map(exists).iter().sum::<f32>();
                }
            }
        }
    }

    /// Solves for each cell from its neighbours, first those of one colour of the board, then of the other.
    fn sweep(&mut self, colours: [usize; 2]) {
        let stride = self.stride();
        for colour in colours {
            for y in 1..=self.height {
                let row = y * stride;
                let (before, rest) = self.x.split_at_mut(row);
                let (line, after) = rest.split_at_mut(stride);
                let (above, under) = (&before[row - stride..], &after[..stride]);
                let (side, inverse) = (&self.side[row..row + stride], &self.inverse[row..row + stride]);
                let (right, below) = (&self.right[row..row + stride], &self.below[row..row + stride]);
                let over = &self.below[row - stride..row];
                let mut x = 1 + (y + colour) % 2;
                while x <= stride - 2 {
                    let mut value = [0.0; 4];
                    for (c, value) in value.iter_mut().enumerate() {
                        let sideways = right[x] * line[x + 1][c] + right[x - 1] * line[x - 1][c];
                        let upright = below[x] * under[x][c] + over[x] * above[x][c];
                        *value = (side[x][c] + sideways + upright) * inverse[x];
                    }
                    line[x] = value;
                    x += 2;
                }
            }
        }
    }

    /// The residual of a cell of a row.
    #[inline]
    fn residual(&self, at: usize) -> Lanes {
        let stride = self.stride();
        let (weights, x) = ([self.right[at], self.right[at - 1], self.below[at], self.below[at - stride]], &self.x);
        let diagonal = weights[0] + weights[1] + weights[2] + weights[3] + self.held[at] + self.pull[at];
        let mut value = self.side[at];
        for (c, value) in value.iter_mut().enumerate() {
            let sideways = weights[0] * x[at + 1][c] + weights[1] * x[at - 1][c];
            *value += sideways + weights[2] * x[at + stride][c] + weights[3] * x[at - stride][c] - diagonal * x[at][c];
        }
        value
    }

    /// Hands the residual to the coarse grid: the transpose of [`Level::correct`].
    fn restrict(&self, coarse: &mut Level) {
        coarse.side.fill([0.0; 4]);
        for y in 0..self.height {
            for x in 0..self.width {
                let at = (y + 1) * self.stride() + x + 1;
                if self.share[at] > 0.0 {
                    let residual = self.residual(at).map(|v| v * self.share[at]);
                    for (cell, weight) in self.parents(coarse, x, y) {
                        coarse.side[cell].iter_mut().zip(residual).for_each(|(to, v)| *to += weight * v);
                    }
                }
            }
        }
    }

    /// Adds the coarse grid's correction.
    fn correct(&mut self, coarse: &Level) {
        for y in 0..self.height {
            for x in 0..self.width {
                let at = (y + 1) * self.stride() + x + 1;
                let share = self.share[at];
                if share > 0.0 {
                    for (cell, weight) in self.parents(coarse, x, y) {
                        let from = coarse.x[cell];
                        self.x[at].iter_mut().zip(from).for_each(|(to, v)| *to += share * weight * v);
                    }
                }
            }
        }
    }
}
