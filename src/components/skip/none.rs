//! The encoder's maps as they are.

use super::{about, give, stages};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;

settings! {
    pub struct None {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, None>()
}

impl Composed for None {
    const ABOUT: About = about("none", "The encoder's maps as they are.", "");

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let skips: Vec<String> = stages(inputs)?.into_iter().skip(1).map(|s| s.wire).collect();
        let mut body = Body::default();
        give(&mut body, &skips);
        Ok(body)
    }
}
