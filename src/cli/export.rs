//! `export`.

use super::End;
use super::trained::TrainedArgs;
use crate::graph::layout::{LAYOUTS, Layout, OURS};
use crate::record;
use crate::registry::Catalogue;
use crate::run::Trained;
use crate::run::export::{self, ExportError, Form};
use crate::tensor::Cpu;
use crate::terminal::Terminal;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    trained: TrainedArgs,
    /// The node, or a part of it by its path: `generator`, `generator/encoder-1`
    #[arg(long, value_name = "NODE")]
    node: String,
    /// The file; its ending decides the form: .onnx or .safetensors
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Of safetensors: whose names the tensors have; `weights = { file, layout }` reads them again
    #[arg(long, value_name = "LAYOUT", default_value = OURS, value_parser = LAYOUTS.iter().map(|l| l.name).collect::<Vec<_>>())]
    layout: String,
}

pub fn export(args: &ExportArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let wrong = |message: String| {
        terminal.print_error(&format!("error: {message}"));
        Ok(End::Wrong)
    };
    let ending = args.output.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let layout = Layout::named(&args.layout).unwrap_or(&LAYOUTS[0]);
    let Some(form) = Form::of(ending, layout) else {
        let file = args.output.display();
        return wrong(match ending {
            "onnx" => format!(
                "{file}: `--layout {}` is of tensors' names, which ONNX does not have: .safetensors",
                layout.name
            ),
            _ => format!("{file}: the ending decides the form: .onnx or .safetensors"),
        });
    };
    let found = match args.trained.find(&[], catalogue, terminal)? {
        Ok(found) => found,
        Err(end) => return Ok(end),
    };
    let trained = Trained::open(&found.plan, Cpu::default(), &found.folder, args.trained.which())?;
    let facts = BTreeMap::from([
        ("cell".to_string(), found.status.hash.clone()),
        ("experiment".to_string(), found.status.experiment.clone()),
        ("step".to_string(), trained.step.to_string()),
    ]);
    let exported = match export::export(&trained, &args.node, form, facts) {
        Ok(exported) => exported,
        Err(ExportError::Run(error)) => return Err(error.into()),
        Err(error) => return wrong(error.to_string()),
    };
    record::write_atomic(&args.output, &exported.bytes)?;
    if matches!(form, Form::Onnx) && (found.plan.evaluate.batch_norm || found.plan.evaluate.dropout) {
        terminal.print_error(
            "note: the test numbers of this run are with `evaluate.norm = \"batch\"` or `evaluate.dropout`, the model in \
             the file has running statistics and no dropout",
        );
    }
    terminal.print(&format!(
        "{}: `{}` of step {}, {} tensors, {:.1} MiB",
        args.output.display(),
        args.node,
        trained.step,
        exported.tensors,
        exported.bytes.len() as f64 / 1_048_576.0
    ));
    for (what, all) in [("in", &exported.inputs), ("out", &exported.outputs)] {
        all.iter().for_each(|port| terminal.print(&format!("  {what:<3} {port}")));
    }
    Ok(End::Done)
}
