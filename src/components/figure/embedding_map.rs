//! Vectors of the pictures of some people in two dimensions, by principal components and t-SNE.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct EmbeddingMap {
        /// A verification that is told who is on its pictures.
        evaluation: String, kind = Kind::Evaluation;
        /// How many people, those with most pictures.
        people: usize = 12_usize, min = 2, max = 35;
        /// Pictures of a person at most.
        pictures: usize = 40_usize, min = 2, max = 500;
    }
}

pub fn entry() -> Entry {
    register::<EmbeddingMap>(
        "embedding-map",
        "Vectors of the pictures of some people in two dimensions, by principal components and t-SNE.",
    )
}
