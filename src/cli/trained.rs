//! The flags with which `predict` and `export` find a run that was trained.

use super::{End, show};
use crate::config::Overrides;
use crate::registry::Catalogue;
use crate::run::Which;
use crate::study::{self, Ask, FindError, Found, Papers};
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which run, and which of its checkpoints.
#[derive(Args)]
pub struct TrainedArgs {
    /// The run: a folder `runs/cells/<hash>` or `runs/<experiment>`, or the experiment file whose finished cell is meant
    #[arg(long, value_name = "RUN")]
    pub run: PathBuf,
    /// Of a study: the variant
    #[arg(long)]
    variant: Option<String>,
    /// Of a study: the label of an axis
    #[arg(long = "axis", value_name = "AXIS=LABEL", value_parser = pair)]
    axes: Vec<(String, String)>,
    /// The seed
    #[arg(long)]
    seed: Option<u64>,
    /// The checkpoint: the one that the test numbers are of, or the last
    #[arg(long, value_enum, default_value_t = Checkpoint::Best)]
    which: Checkpoint,
    /// With an experiment file: the settings it was run with
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// A folder of further composites
    #[arg(long, value_name = "DIR")]
    registry: Vec<PathBuf>,
    /// `auto`, `cpu`, `cuda[:N[,M..]]`
    #[arg(long)]
    device: Option<String>,
    /// With an experiment file: the folder of the runs
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Checkpoint {
    Best,
    Last,
}

/// `a=b`, as clap wants it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected `NAME=VALUE`")?;
    Ok((name.to_string(), value.to_string()))
}

impl TrainedArgs {
    pub fn which(&self) -> Which {
        match self.which {
            Checkpoint::Best => Which::Best,
            Checkpoint::Last => Which::Last,
        }
    }

    /// The run, or the end of the command after it was said why there is none. `predict`: keys of `[predict]` that
    /// flags set.
    pub fn find(
        &self,
        predict: &[(String, String, String)],
        catalogue: &Catalogue,
        terminal: &Terminal,
    ) -> anyhow::Result<Result<Found, End>> {
        let papers = Papers::embedded()?;
        let library = match super::library(catalogue, &self.registry) {
            Ok(library) => library,
            Err(problems) => return Ok(Err(show(&problems, terminal))),
        };
        let against = study::Against { library: &library, papers: &papers, out: self.out.as_deref() };
        let overrides = Overrides::new(&self.set);
        let device = self.device.iter().map(|d| ("run.device".into(), format!("{d:?}"), "--device".into()));
        let keys: Vec<_> = predict.iter().cloned().chain(device).collect();
        let ask = Ask {
            run: &self.run,
            variant: self.variant.as_deref(),
            seed: self.seed,
            axes: &self.axes,
            overrides: &overrides,
            predict: &keys,
        };
        Ok(match study::find(&ask, against) {
            Ok(found) => Ok(found),
            Err(FindError::Wrong(problems)) => Err(show(&problems, terminal)),
            Err(FindError::Record(error)) => return Err(error.into()),
            Err(error) => {
                terminal.print_error(&format!("error: {error}"));
                Err(End::Wrong)
            }
        })
    }
}
