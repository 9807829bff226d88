//! argv to one of the commands. Exit codes: 0 done; 1 a run failed; 2 the configuration is wrong, nothing was started;
//! 130 interrupted, resumable.

mod cells;
mod check;
mod compare;
mod data;
mod doctor;
mod export;
mod inspect;
mod predict;
mod processes;
mod run;
mod standing;
mod trained;

use crate::components;
use crate::config::Overrides;
use crate::diagnostic::{Diagnostic, render_all, render_all_styled};
use crate::graph::Library;
use crate::graph::composite::Composites;
use crate::registry::Catalogue;
use crate::study::{self, Checked, Papers, Prepared};
use crate::terminal::{Style, Terminal, colour};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Declarative experiments on face-synthesis GANs.
#[derive(Parser)]
#[command(name = "ablate", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train, evaluate, write the page; of a study: every missing cell, then the page
    ///
    /// A finished cell is never run again. A run that was stopped starts over, with `--resume` it goes on from its last
    /// checkpoint; cells of a study always go on. One that failed is tried again; of a study it is named and left, until
    /// `ablate retry` or a changed configuration.
    Run {
        file: PathBuf,
        /// Go on from the last checkpoint; refuse if the configuration changed meanwhile
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Run the cells of a study that are not done, then write its page
    ///
    /// Finished cells are reused, also those of other studies; unfinished ones go on from their last checkpoint, to the
    /// same bits. The failure of a cell does not stop the others; a cell that failed before is named and left, until
    /// `ablate retry` or a changed configuration. Any number of processes may work on one study: none runs a cell that
    /// another one has, and what a dead one leaves is taken up.
    ///
    /// Exit codes: 0 all cells are done; 1 some failed; 2 nothing was started; 130 interrupted, resumable.
    Study(cells::StudyArgs),
    /// How the cells of a study stand: done, running, unfinished, failed and why, missing
    Status {
        /// The experiment's file, or its folder under `runs/`
        target: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Run the failed cells of a study again, from their last checkpoints, then write its page
    ///
    /// A search goes on from there: which points it keeps depends on all of a round.
    Retry(cells::RetryArgs),
    /// One cell of a study, for the processes that `--jobs` and `--launcher` start
    #[command(hide = true)]
    Cell(cells::CellArgs),
    /// Every error of every file; who minimises what
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Read the datasets too: folders, images, masks, splits; a procedural one is rendered
        #[arg(long)]
        data: bool,
        #[command(flatten)]
        common: Common,
    },
    /// A value, its type and doc, and the chain of files and flags that set it
    Explain {
        file: PathBuf,
        /// Dotted path, such as `losses.identity.weight`
        key: String,
        #[command(flatten)]
        common: Common,
    },
    /// Shapes, parameters, MACs and activation memory of every node
    Summary {
        file: PathBuf,
        /// How many levels of nodes are opened
        #[arg(long, default_value_t = 2)]
        depth: usize,
        #[command(flatten)]
        common: Common,
    },
    /// The graph as a picture: svg, dot or mermaid, by the ending
    Graph {
        file: PathBuf,
        #[arg(short, long)]
        output: PathBuf,
        /// A node to be opened
        #[arg(long, default_value = "")]
        node: String,
        #[command(flatten)]
        common: Common,
    },
    /// The components of the registry
    List { family: Option<String> },
    /// A component's card: ports, settings, defaults, paper
    Describe {
        /// `gate/attention-gate`, or the bare name
        name: String,
    },
    /// Draw the page again, from the records alone
    Report {
        /// The experiment's file, or its folder under `runs/`
        target: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// What differs between runs: configuration, environment, metrics with their significance
    ///
    /// The first is what the others are compared with. Differences are tested as in a table: per test sample, averaged
    /// over the seeds that both have (Wilcoxon's signed-rank test, Holm's correction, paired bootstrap).
    Compare(compare::CompareArgs),
    /// Apply a trained model to a folder of images
    ///
    /// The images are read as the experiment's dataset reads them: same size, crop and channels. Which ports the model
    /// reads follows from what is written; one that is not fed is refused by name. Where the model reads an incomplete
    /// image, its holes are what is transparent, or what `--holes` or a fed folder of masks says.
    ///
    /// Exit codes: 0 done; 1 some image could not be read or written (the others are done); 2 nothing was started.
    Predict(predict::PredictArgs),
    /// Write a trained node as ONNX or safetensors
    ///
    /// ONNX: operator set 17, weights inside, f32, any batch, height and width as trained; norms take their running
    /// statistics, dropout is off. Inputs and outputs are called like the node's ports; of an inner node, like the
    /// nodes that they come from. Safetensors: the tensors under our names, or with `--layout` under another program's, as
    /// `weights = { file, layout }` reads them; what a network of theirs has besides (classifiers) is not in it.
    Export(export::ExportArgs),
    /// Photos to texture maps, and texture maps to faces
    #[command(subcommand)]
    Data(data::DataCommand),
    /// JSON Schema of experiment files, for editors
    Schema {
        /// Of what a run leaves instead: `records.jsonl`, `status.json` and the others
        #[arg(long)]
        records: bool,
    },
    /// What this machine offers: processor, memory, GPU, driver, CUDA's libraries; what is missing and how to get it
    ///
    /// Exit codes: 0 whatever is missing, as the CPU is always enough; 1 an operation differs between GPU and CPU.
    Doctor(doctor::DoctorArgs),
}

/// Flags of every command that reads a file.
#[derive(Args)]
struct Common {
    /// Set a key, with the same checks as in a file: `--set losses.identity.weight=0.02`
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// `auto`, `cpu`, `cuda[:N[,M..]]`
    #[arg(long)]
    device: Option<String>,
    /// Threads; all cores by default. Results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// Processes that share each batch; one for each GPU that `--device` lists
    #[arg(long, value_name = "N")]
    processes: Option<usize>,
    /// Sets `run.seed` and `study.seeds`
    #[arg(long)]
    seed: Option<u64>,
    /// A folder of further composites
    #[arg(long, value_name = "DIR")]
    registry: Vec<PathBuf>,
    /// Folder of the runs
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Common {
    /// The same flags again, for a process of our own.
    fn arguments(&self) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        let mut flag = |name: &str, value: OsString| all.extend([name.into(), value]);
        self.set.iter().for_each(|value| flag("--set", value.into()));
        self.device.iter().for_each(|value| flag("--device", value.into()));
        self.threads.iter().for_each(|value| flag("--threads", value.to_string().into()));
        self.processes.iter().for_each(|value| flag("--processes", value.to_string().into()));
        self.seed.iter().for_each(|value| flag("--seed", value.to_string().into()));
        self.registry.iter().for_each(|value| flag("--registry", value.into()));
        self.out.iter().for_each(|value| flag("--out", value.into()));
        all
    }

    fn overrides(&self) -> Overrides {
        let mut flags: Vec<(&str, String)> = Vec::new();
        if let Some(seed) = self.seed {
            flags.push(("--seed", format!("run.seed={seed}")));
            flags.push(("--seed", format!("study.seeds=[{seed}]")));
        }
        if let Some(device) = &self.device {
            flags.push(("--device", format!("run.device={device:?}")));
        }
        if let Some(threads) = self.threads {
            flags.push(("--threads", format!("run.threads={threads}")));
        }
        if let Some(processes) = self.processes {
            flags.push(("--processes", format!("run.processes={processes}")));
        }
        Overrides::new(&self.set).with(flags.iter().map(|(flag, setting)| (*flag, setting.as_str())))
    }
}

/// What a command ends with.
enum End {
    Done,
    /// A run failed.
    Failed,
    /// The configuration is wrong.
    Wrong,
    Interrupted,
}

impl From<End> for ExitCode {
    fn from(end: End) -> ExitCode {
        match end {
            End::Done => ExitCode::SUCCESS,
            End::Failed => ExitCode::from(1),
            End::Wrong => ExitCode::from(2),
            End::Interrupted => ExitCode::from(130),
        }
    }
}

/// The program.
pub fn main() -> ExitCode {
    let mut terminal = Terminal::new(Style::Auto);
    let end = match crate::tensor::self_test() {
        Ok(()) => dispatch(Cli::parse().command, &mut terminal),
        Err(error) => Err(error.into()),
    };
    match end {
        Ok(end) => end.into(),
        Err(error) => {
            terminal.print_error(&format!("error: {}", chain(&error)));
            End::Failed.into()
        }
    }
}

/// An error and its causes, each said once (some say their cause themselves).
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said {
        said if said.is_empty() => cause,
        said if said.contains(&cause) => said,
        said => format!("{said}: {cause}"),
    })
}

fn dispatch(command: Command, terminal: &mut Terminal) -> anyhow::Result<End> {
    let catalogue = components::catalogue();
    match command {
        Command::Run { file, resume, common } => run::run(&file, resume, &common, &catalogue, terminal),
        Command::Study(args) => cells::study(&args, &catalogue, terminal),
        Command::Status { target, common } => cells::status(&target, &common, &catalogue, terminal),
        Command::Retry(args) => cells::retry(&args, &catalogue, terminal),
        Command::Cell(args) => cells::cell(&args, &catalogue, terminal),
        Command::Report { target, common } => run::report(&target, &common, terminal),
        Command::Check { files, data, common } => check::check(&files, data, &common, &catalogue, terminal),
        Command::Explain { file, key, common } => check::explain(&file, &key, &common, &catalogue, terminal),
        Command::Summary { file, depth, common } => inspect::summary(&file, depth, &common, &catalogue, terminal),
        Command::Graph { file, output, node, common } => {
            inspect::graph(&file, &output, &node, &common, &catalogue, terminal)
        }
        Command::List { family } => inspect::list(family.as_deref(), &catalogue, terminal),
        Command::Describe { name } => inspect::describe(&name, &catalogue, terminal),
        Command::Compare(args) => compare::compare(&args, &catalogue, terminal),
        Command::Predict(args) => predict::predict(&args, &catalogue, terminal),
        Command::Export(args) => export::export(&args, &catalogue, terminal),
        Command::Data(command) => data::data(&command, terminal),
        Command::Doctor(args) => doctor::doctor(&args, terminal),
        Command::Schema { records } => inspect::schema(records, &catalogue, terminal),
    }
}

/// The registry: embedded composites and the folders of `--registry`.
fn library<'a>(catalogue: &'a Catalogue, folders: &[PathBuf]) -> Result<Library<'a>, Vec<Diagnostic>> {
    let (mut composites, mut problems) = (Composites::on_demand(), vec![]);
    for folder in folders {
        problems.extend(composites.add_folder(folder));
    }
    if problems.is_empty() { Ok(Library::new(catalogue, composites)) } else { Err(problems) }
}

/// A file's cells; its errors, or the end of the command after they were shown.
fn prepared(file: &Path, common: &Common, catalogue: &Catalogue) -> anyhow::Result<Result<Prepared, Vec<Diagnostic>>> {
    prepared_some(file, None, common, catalogue)
}

/// The cell of that number alone, or all.
fn prepared_some(
    file: &Path,
    only: Option<usize>,
    common: &Common,
    catalogue: &Catalogue,
) -> anyhow::Result<Result<Prepared, Vec<Diagnostic>>> {
    let papers = Papers::embedded()?;
    let library = match library(catalogue, &common.registry) {
        Ok(library) => library,
        Err(problems) => return Ok(Err(problems)),
    };
    let against = study::Against { library: &library, papers: &papers, out: common.out.as_deref() };
    Ok(match only {
        Some(number) => study::prepare_one(file, &common.overrides(), against, number),
        None => study::prepare(file, &common.overrides(), against),
    })
}

fn checked(file: &Path, common: &Common, catalogue: &Catalogue) -> anyhow::Result<Result<Checked, Vec<Diagnostic>>> {
    let papers = Papers::embedded()?;
    let library = match library(catalogue, &common.registry) {
        Ok(library) => library,
        Err(problems) => return Ok(Err(problems)),
    };
    let against = study::Against { library: &library, papers: &papers, out: common.out.as_deref() };
    Ok(study::check(file, &common.overrides(), against))
}

/// Prints diagnostics.
fn show(problems: &[Diagnostic], terminal: &Terminal) -> End {
    if !problems.is_empty() {
        let text = if colour() { render_all_styled(problems) } else { render_all(problems) };
        terminal.print_error(text.trim_end());
    }
    End::Wrong
}
