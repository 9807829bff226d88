//! `predict`.

use super::trained::{TrainedArgs, pair};
use super::{End, chain};
use crate::registry::Catalogue;
use crate::run::Trained;
use crate::run::predict::{self, Marked, PredictError, Request};
use crate::study::Found;
#[cfg(feature = "cuda")]
use crate::tensor;
use crate::tensor::device::{self, Device};
use crate::tensor::{Backend, Cpu};
use crate::terminal::Terminal;
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args)]
pub struct PredictArgs {
    #[command(flatten)]
    trained: TrainedArgs,
    /// Folder of the images that take the place of `predict.feed`; JPEG, PNG, PGM and PPM of any size, in folders too
    #[arg(long, value_name = "DIR", required_unless_present = "feed")]
    input: Option<PathBuf>,
    /// Folder of the results: PNG files under the names of the images
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// A folder for a further port that the model reads, files by the same names: `--feed pairs.missing=masks`
    #[arg(long, value_name = "PORT=DIR", value_parser = pair)]
    feed: Vec<(String, String)>,
    /// What is written, in the place of `predict.write`: `--write generator.completed`
    #[arg(long, value_name = "WIRE")]
    write: Vec<String>,
    /// How holes are marked in the images, where the model asks for them and no folder of masks is fed
    #[arg(long, value_enum)]
    holes: Option<Holes>,
    /// Images at once; `evaluate.batch` by default
    #[arg(long)]
    batch: Option<usize>,
    /// Threads; all cores by default
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Holes {
    /// Alpha below one half
    Transparent,
    /// Exactly 0 in every channel
    Black,
    /// Exactly 127 or 128 in every channel, as in our own pictures
    Grey,
}

impl PredictArgs {
    /// Keys of `[predict]`: a port and wires that flags name.
    fn keys(&self) -> Vec<(String, String, String)> {
        let text = |t: &str| toml::Value::from(t).to_string();
        let mut keys = Vec::new();
        if self.input.is_none()
            && let Some((port, _)) = self.feed.first()
        {
            keys.push(("predict.feed".into(), text(port), "--feed".into()));
        }
        if !self.write.is_empty() {
            let all: Vec<String> = self.write.iter().map(|w| text(w)).collect();
            keys.push(("predict.write".into(), format!("[{}]", all.join(", ")), "--write".into()));
        }
        keys
    }
}

pub fn predict(args: &PredictArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    let found = match args.trained.find(&args.keys(), catalogue, terminal)? {
        Ok(found) => found,
        Err(end) => return Ok(end),
    };
    let choice = match device::choose(&found.plan.run.device, 0) {
        Ok(choice) => choice,
        Err(reason) => {
            terminal.print_error(&format!("error: `run.device` cannot be `{}`: {reason}", found.plan.run.device));
            return Ok(End::Wrong);
        }
    };
    if let Some(note) = choice.note {
        terminal.print_error(&format!("note: {note}"));
    }
    match choice.device {
        Device::Cpu => predict_on(Cpu::default(), args, &found, terminal),
        #[cfg(feature = "cuda")]
        Device::Cuda(number) => {
            let precision = tensor::cuda::Precision::of(&found.plan.run.precision);
            predict_on(tensor::cuda::open(number, precision)?, args, &found, terminal)
        }
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(number) => Err(anyhow::anyhow!("this program cannot compute on GPU {number}")),
    }
}

/// The same on a device.
fn predict_on<D: Backend>(
    device: D,
    args: &PredictArgs,
    found: &Found,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let trained = Trained::open(&found.plan, device, &found.folder, args.trained.which())?;
    let feeds: Vec<(String, PathBuf)> = args.feed.iter().map(|(port, dir)| (port.clone(), dir.into())).collect();
    let holes = args.holes.map(|h| match h {
        Holes::Transparent => Marked::Transparent,
        Holes::Black => Marked::Black,
        Holes::Grey => Marked::Grey,
    });
    let request =
        Request { input: args.input.as_deref(), feeds: &feeds, output: &args.output, holes, batch: args.batch };
    let done = match predict::predict(&trained, &request, terminal) {
        Ok(done) => done,
        Err(error @ (PredictError::Refused(_) | PredictError::Data(_))) => {
            terminal.print_error(&format!("error: {}", chain(&error.into())));
            return Ok(End::Wrong);
        }
        Err(error) => return Err(error.into()),
    };
    for note in &done.notes {
        terminal.print_error(&format!("note: {note}"));
    }
    for failure in &done.failed {
        terminal.print_error(&format!("error: {failure}"));
    }
    let of = if done.failed.is_empty() { String::new() } else { format!("; {} failed", done.failed.len()) };
    terminal.print(&format!(
        "{} images, {} files in {} (step {} of {}){of}",
        done.images,
        done.files,
        args.output.display(),
        trained.step,
        found.folder.display()
    ));
    Ok(if done.failed.is_empty() { End::Done } else { End::Failed })
}
