//! Vectors of pictures: each picture of an evaluation goes through a network once, however many samples show it.
//!
//! Pictures are told apart by their values as the network sees them, so that this holds of what the graph computes
//! (a turned face) as of what a dataset gives.

use crate::run::{RunError, Scene};
use crate::tensor::{Backend, ops};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;

/// What one network made of the pictures so far.
#[derive(Default)]
pub struct Embedder {
    /// Two hashes of a picture's values, and its number.
    known: HashMap<[u64; 2], usize>,
    vectors: Vec<Vec<f32>>,
}

/// By network, and whether mirror images count.
pub type Embedders = HashMap<(usize, bool), Embedder>;

impl Embedder {
    /// Numbers of the pictures of a batch, N x C x H x W; those that are new go through the network.
    pub fn numbers<D: Backend>(
        &mut self,
        scene: &Scene<'_, D>,
        (network, flip): (usize, bool),
        (shape, values): ([usize; 4], &[f32]),
    ) -> Result<Vec<usize>, RunError> {
        let size: usize = shape[1..].iter().product();
        let (mut numbers, mut new) = (Vec::with_capacity(shape[0]), Vec::new());
        let mut count = 0;
        for picture in values.chunks_exact(size.max(1)) {
            let next = self.vectors.len() + count;
            numbers.push(match self.known.entry(hashes(picture)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    new.extend_from_slice(picture);
                    count += 1;
                    *place.insert(next)
                }
            });
        }
        if count > 0 {
            let [_, c, h, w] = shape;
            let pictures = scene.ctx.constant(new, [count, c, h, w])?;
            let mut made = vectors(scene, network, &pictures)?;
            if flip {
                let mirrored = ops::shape::flip_width(scene.ctx, &pictures)?;
                for (vector, other) in made.iter_mut().zip(vectors(scene, network, &mirrored)?) {
                    vector.iter_mut().zip(other).for_each(|(v, o)| *v += o);
                }
            }
            self.vectors.extend(made);
        }
        Ok(numbers)
    }

    /// The vector of a picture.
    pub fn vector(&self, number: usize) -> &[f32] {
        self.vectors.get(number).map_or(&[], Vec::as_slice)
    }
}

fn hashes(values: &[f32]) -> [u64; 2] {
    [1, 2].map(|seed| {
        let mut hasher = FixedState::with_seed(seed).build_hasher();
        values.iter().for_each(|v| std::hash::Hasher::write_u32(&mut hasher, v.to_bits()));
        std::hash::Hasher::finish(&hasher)
    })
}

/// A network's first output for each of some pictures.
fn vectors<D: Backend>(
    scene: &Scene<'_, D>,
    network: usize,
    pictures: &crate::tensor::Var<D>,
) -> Result<Vec<Vec<f32>>, RunError> {
    let outputs = scene.network(network, std::slice::from_ref(pictures), true)?;
    let output = outputs.first().ok_or_else(|| RunError::Internal("a network without outputs".into()))?;
    let size = (output.len() / output.shape()[0].max(1)).max(1);
    Ok(output.to_vec().chunks_exact(size).map(<[f32]>::to_vec).collect())
}
