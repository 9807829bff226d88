//! `bias = "auto"`: off exactly when the sole consumer of a convolution is a norm whose `affine` is on, decided when
//! slots are filled and everything is opened (language.md, section 10).

use super::opener::Opener;
use crate::graph::plan::{Op, OpSource};
use crate::registry::{Make, Problem};
use std::sync::Arc;

/// Who reads an operation.
#[derive(Clone, Copy)]
enum Consumer {
    Nobody,
    /// An operation, once.
    One(usize),
    Several,
}

impl Opener<'_> {
    /// Decides the `"auto"` of `undecided`, by number among `ops`, and infers those operations anew. `outside` are the values
    /// that others read.
    pub(super) fn decide_biases(
        &self,
        undecided: &[usize],
        ops: &mut [Op],
        outside: impl Iterator<Item = OpSource>,
    ) -> Result<(), (usize, Problem)> {
        let consumers = consumers(ops, outside);
        for &number in undecided {
            let Consumer::One(reader) = consumers[number] else { continue };
            let norm = &ops[reader].component;
            if norm.family != "norm" || norm.settings.get("affine").is_none_or(|affine| affine != true) {
                continue;
            }
            let op = &mut ops[number];
            Arc::make_mut(&mut op.component).settings.insert("bias".to_string(), "off".into());
            let entry = self.library.catalogue.get(&op.component.family, &op.component.name);
            if let Some(Make::Leaf(infer)) = entry.map(|e| e.make) {
                let inferred = infer(&op.component.settings, &op.input_edges).map_err(|problem| (number, problem))?;
                op.inferred = Arc::new(inferred);
            }
        }
        Ok(())
    }
}

fn consumers(ops: &[Op], outside: impl Iterator<Item = OpSource>) -> Vec<Consumer> {
    let mut consumers = vec![Consumer::Nobody; ops.len()];
    let inner = ops.iter().enumerate().flat_map(|(reader, op)| {
        op.inputs.iter().flat_map(|(_, sources)| sources).map(move |source| (*source, Consumer::One(reader)))
    });
    for (source, reader) in inner.chain(outside.map(|source| (source, Consumer::Several))) {
        if let OpSource::Op { op, .. } = source
            && let Some(known) = consumers.get_mut(op)
        {
            *known = if matches!(known, Consumer::Nobody) { reader } else { Consumer::Several };
        }
    }
    consumers
}
