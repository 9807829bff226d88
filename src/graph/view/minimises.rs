//! Who minimises what: what `check` prints.

use crate::graph::experiment::is_penalty;
use crate::graph::plan::{Learns, Plan, Side, Span, Update};

/// For each stage its updates, with what they learn and their losses with weights.
pub fn who_minimises(plan: &Plan) -> String {
    let mut lines = vec![];
    for stage in &plan.stages {
        lines.push(format!("stage {} ({}, batch {})", stage.name, length(stage.length), stage.batch));
        for update in stage.updates.iter().map(|u| &plan.updates[*u]) {
            lines.push(format!("  update {} learns {}{}", update.name, learnt(plan, update), pace(update)));
            lines.extend(terms(plan, update));
        }
    }
    lines.join("\n") + "\n"
}

fn length(span: Span) -> String {
    let counted = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match span {
        Span::Steps(n) => counted(n, "step"),
        Span::Epochs(n) => counted(n, "epoch"),
        Span::Percent(n) => format!("{n} %"),
    }
}

fn learnt(plan: &Plan, update: &Update) -> String {
    let one = |learns: &Learns| {
        let network = &plan.networks[learns.network];
        let all = network.ops.iter().filter(|op| !op.inferred.parameters.is_empty()).count();
        match learns.ops.len() == all {
            true => network.node.clone(),
            false => format!("{} ({} of {all} layers)", network.node, learns.ops.len()),
        }
    };
    update.learns.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Optimizer and how often.
fn pace(update: &Update) -> String {
    let rate = update.optimizer.settings.get("lr").map(|lr| format!(" at {lr}")).unwrap_or_default();
    let every = if update.every > 1 { format!(", every {} steps", update.every) } else { String::new() };
    let times = if update.times > 1 { format!(", {} times a step", update.times) } else { String::new() };
    format!(" by {}{rate}{every}{times}", update.optimizer.name)
}

fn terms(plan: &Plan, update: &Update) -> Vec<String> {
    let losses = || update.terms.iter().map(|(index, side)| (&plan.losses[*index], *side));
    let name_width = losses().map(|(l, _)| l.name.len()).max().unwrap_or(0);
    let use_width = losses().map(|(l, _)| l.component.name.len()).max().unwrap_or(0);
    let line = |(loss, side): (&crate::graph::plan::Loss, Side)| {
        let (weight, player) = match side {
            Side::Plain => (loss.weight, ""),
            Side::Generator => (loss.weight, "  generator's side"),
            Side::Discriminator if is_penalty(loss) => (loss.weight, "  penalty"),
            Side::Discriminator => (loss.discriminator_weight, "  discriminator's side"),
        };
        let shares: Vec<String> = loss.elements.iter().map(|e| e.share.to_string()).collect();
        let shares = if shares.len() > 1 { format!("  shares {}", shares.join(", ")) } else { String::new() };
        let text =
            format!("    {:name_width$}  {:use_width$}  x {weight}{player}{shares}", loss.name, loss.component.name);
        text.trim_end().to_string()
    };
    losses().map(line).collect()
}
