//! `bias = "auto"`: off exactly when the sole consumer of a convolution is a norm whose `affine` is on, decided when
//! slots are filled and everything is opened (language.md, section 10).

use super::opener::Opener;
use crate::graph::plan::{NetworkOutput, Op, OpSource};
use crate::registry::{Make, Problem};
use std::sync::Arc;

impl Opener<'_> {
    /// Decides every `"auto"` and infers those operations anew.
    pub(super) fn decide_biases(&self, ops: &mut [Op], outputs: &[NetworkOutput]) -> Result<(), (usize, Problem)> {
        for &number in self.undecided.borrow().iter() {
            if !norm_follows(ops, outputs, number) {
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

fn norm_follows(ops: &[Op], outputs: &[NetworkOutput], number: usize) -> bool {
    let reads = |source: &OpSource| matches!(source, OpSource::Op { op, .. } if *op == number);
    let outside = outputs.iter().filter(|o| reads(&o.from)).count();
    let uses = |op: &Op| op.inputs.iter().flat_map(|(_, sources)| sources).filter(|s| reads(s)).count();
    let consumers: Vec<(&Op, usize)> = ops.iter().map(|op| (op, uses(op))).filter(|(_, n)| *n > 0).collect();
    match consumers.as_slice() {
        [(op, 1)] if outside == 0 => {
            op.component.family == "norm" && op.component.settings.get("affine").is_some_and(|a| a == true)
        }
        _ => false,
    }
}
