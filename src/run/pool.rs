//! Past fakes shown to a discriminator: CycleGAN's rule (Zhu et al. 2017, section 4, after Shrivastava et al.). Until the
//! pool is full a fake is kept and shown; afterwards, with probability one half, a past one is shown and the new one
//! takes its place. A conditional bundle is kept whole.

use super::RunError;
use crate::random::Stream;
use crate::tensor::{Backend, Context, Var};
use std::marker::PhantomData;

/// The pool of one element of a loss.
pub struct ImagePool<D: Backend> {
    size: usize,
    stream: Stream,
    /// Draws made so far; with it the stream goes on after a resume.
    pub draws: u64,
    /// Each a bundle: values and C, H, W of each input.
    pub kept: Vec<Vec<(Vec<f32>, [usize; 3])>>,
    device: PhantomData<D>,
}

impl<D: Backend> ImagePool<D> {
    pub fn new(size: usize, seed: u64, loss: &str, element: usize) -> Self {
        let stream = Stream::new(seed, &format!("pool/{loss}")).fork(element as u64);
        ImagePool { size, stream, draws: 0, kept: Vec::new(), device: PhantomData }
    }

    /// A batch of bundles in, the batch to show out.
    pub fn exchange(&mut self, ctx: &Context<D>, fakes: Vec<Var<D>>) -> Result<Vec<Var<D>>, RunError> {
        let shapes: Vec<[usize; 4]> = fakes.iter().map(Var::shape).collect();
        let mut values: Vec<Vec<f32>> = fakes.iter().map(Var::to_vec).collect();
        let batch = shapes.first().map_or(0, |s| s[0]);
        // Every process keeps the same pool: all see all shares of the batch, and show their own.
        let (ranks, own) = match ctx.share() {
            Some(share) => {
                for values in &mut values {
                    *values = share.gather(values).map_err(RunError::lost)?.concat();
                }
                (share.group.ranks(), share.group.rank())
            }
            None => (1, 0),
        };
        for n in 0..batch * ranks {
            self.exchange_one(n, &shapes, &mut values);
        }
        for values in values.iter_mut().filter(|_| ranks > 1) {
            let len = values.len() / ranks;
            *values = values[own * len..(own + 1) * len].to_vec();
        }
        values.into_iter().zip(shapes).map(|(v, s)| Ok(ctx.constant(v, s)?)).collect()
    }

    fn exchange_one(&mut self, n: usize, shapes: &[[usize; 4]], values: &mut [Vec<f32>]) {
        let part = |i: usize| {
            let [_, c, h, w] = shapes[i];
            let len = c * h * w;
            (n * len..(n + 1) * len, [c, h, w])
        };
        let bundle = || (0..values.len()).map(|i| (values[i][part(i).0].to_vec(), part(i).1)).collect();
        if self.kept.len() < self.size {
            let new = bundle();
            self.kept.push(new);
            return;
        }
        let swap = self.stream.at(2 * self.draws) & 1 == 1;
        let place = ((u128::from(self.stream.at(2 * self.draws + 1)) * self.size as u128) >> 64) as usize;
        self.draws += 1;
        if swap {
            let new = bundle();
            let old = std::mem::replace(&mut self.kept[place], new);
            for (i, (past, _)) in old.into_iter().enumerate() {
                values[i][part(i).0].copy_from_slice(&past);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Cpu;

    #[test]
    fn fills_then_swaps_about_half() {
        let ctx = Context::inference(&Cpu::default());
        let mut pool = ImagePool::<Cpu>::new(4, 0, "global", 0);
        let mut old = 0;
        for i in 0..400 {
            let fake = ctx.constant(vec![i as f32; 2], [2, 1, 1, 1]).unwrap();
            let shown = pool.exchange(&ctx, vec![fake]).unwrap()[0].to_vec();
            old += shown.iter().filter(|v| **v != i as f32).count();
            assert!(i >= 2 || shown == [i as f32; 2], "a pool that is not full shows what is new");
        }
        assert!((300..500).contains(&old), "{old} of 800 were old");
        assert_eq!(pool.kept.len(), 4);
    }
}
