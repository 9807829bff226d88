//! Event files for TensorBoard, in `runs/<experiment>/tensorboard`: scalars, sample tiles, texts, hyperparameters.
//!
//! <https://www.tensorflow.org/tensorboard>

use crate::registry::{Declared, Entry, settings};

settings! {
    pub struct TensorBoard {}
}

pub fn entry() -> Entry {
    let doc = "Event files for TensorBoard, in `runs/<experiment>/tensorboard`: scalars, sample tiles, texts, hyperparameters.";
    Entry::plain("tracker", "tensorboard", doc, "", TensorBoard::schema())
}
