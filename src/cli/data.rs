//! `data`: photos to texture maps, photos to aligned faces, texture maps to faces, and faces that do not exist.

mod align;
mod complete;
mod files;
mod lights;
mod merge;
mod model;
mod photos;
mod pictures;
mod points;
mod quality;
mod render;
mod sheet;
mod synth;
mod unwrap;
mod work;

use super::End;
use crate::record::{Observer, Progress};
use crate::terminal::Terminal;
use anyhow::Context;
use clap::Subcommand;
use rayon::prelude::*;
use std::sync::mpsc::channel;

#[derive(Subcommand)]
pub enum DataCommand {
    /// Photos with landmarks to texture maps: incomplete, completed, masks, meshes, fits, pictures, a table
    ///
    /// Every photo is fitted by a morphable model, its texture read off where the photo shows it, and what is hidden
    /// filled from the mirrored side and then from a mean texture. Files of OUT, by the photo's name:
    /// `incomplete/` (alpha: what is seen), `missing/` (white: what is not), `sight/` (how squarely it is seen),
    /// `complete/` (alpha: the face), `origin/` (where each texel is from), `mesh/` (OBJ; which vertices are
    /// landmarks), `fit/` (JSON), `photo/`,
    /// `overlay/` (the mesh before the photo), `strips/`; `contact-sheet.png`, `quality.csv`, `skipped.csv`, `pairs.csv`.
    /// The dataset `uv-pairs` reads OUT.
    ///
    /// A photo whose photo file, landmarks, model and settings are as before is not done again: a command that was
    /// stopped goes on where it was.
    ///
    /// Exit codes: 0 done; 1 some photos were skipped (named, with the reason, in `skipped.csv`; the others are done);
    /// 2 nothing was started.
    Unwrap(unwrap::UnwrapArgs),
    /// Photos of faces brought to one place and size, by their landmarks or by what MTCNN finds
    ///
    /// Five points (the eyes, the nose, the corners of the mouth; of 68 or 98 landmarks they are taken) come to lie on
    /// ArcFace's template by a turn, a scale and a shift; with `--by half` the exposed half of a face comes to lie on that of
    /// a frontal one or of `--target`. Writes OUT/images/NAME.png, which datasets read, OUT/points.csv (the five points in
    /// the aligned pictures), OUT/record/NAME.json, `contact-sheet.png` and `skipped.csv`.
    ///
    /// A photo whose file, landmarks, detector and settings are as before is not done again: a command that was stopped goes
    /// on where it was.
    ///
    /// Exit codes: 0 done; 1 some photos were skipped (named, with the reason, in `skipped.csv`; the others are done);
    /// 2 nothing was started.
    Align(align::AlignArgs),
    /// Faces of any pose and light from completed maps and their meshes
    ///
    /// Writes OUT/NAME/NAME_yYAW_pPITCH_lLIGHT.png, or OUT/PERSON/NAME_y.. where the maps lie in a folder a person;
    /// OUT/manifest.csv (file, identity, yaw, pitch, light), and OUT/landmarks.csv (file,x0,y0..; 68 points, or five where the
    /// model has no others) where `mesh/vertices.csv` says which vertices they are, so that real and turned faces can be
    /// aligned alike: the dataset `pairs` and `data align` read it. Yaw is positive to the image's right, pitch downwards. The
    /// maps' own light stays in them: light 0 is the photo's, further ones are laid over it.
    ///
    /// A face whose map, mesh and settings are as before (a .json beside its pictures says so) is not done again: a command
    /// that was stopped goes on where it was.
    ///
    /// Exit codes: 0 done; 1 some map or mesh could not be read (the others are done); 2 nothing was started.
    Render(render::RenderArgs),
    /// The synthetic benchmark: pictures of procedural people with complete and incomplete maps, masks, parts, depth,
    /// landmarks
    ///
    /// Each person is seen from Multi-PIE's 15 views, under lights of its 19, with hair, expressions and occluders. Writes
    /// `image`, `complete`, `incomplete`, `mask`, `parts`, `depth` (PNG) and `landmarks` (.pts) by person and picture,
    /// `albedo`, `manifest.csv`, `contact-sheet.png`, a data card (README.md) and `fingerprint.txt`. The dataset
    /// `synthetic-faces` reads it; `uv-pairs` reads its maps.
    ///
    /// A person whose files are there is not drawn again: a command that was stopped goes on where it was.
    ///
    /// Exit codes: 0 done; 1 something could not be written; 2 nothing was started.
    Synth(synth::SynthArgs),
}

pub fn data(command: &DataCommand, terminal: &mut Terminal) -> anyhow::Result<End> {
    let threads = match command {
        DataCommand::Unwrap(args) => args.threads,
        DataCommand::Align(args) => args.threads,
        DataCommand::Render(args) => args.threads,
        DataCommand::Synth(args) => args.threads,
    };
    if let Some(threads) = threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    let end = match command {
        DataCommand::Unwrap(args) => unwrap::unwrap(args, terminal),
        DataCommand::Align(args) => align::align(args, terminal),
        DataCommand::Render(args) => render::render(args, terminal),
        DataCommand::Synth(args) => synth::synth(args, terminal),
    };
    match end {
        Err(error) if error.is::<Wrong>() => {
            terminal.print_error(&format!("error: {}", super::chain(&error)));
            Ok(End::Wrong)
        }
        other => other,
    }
}

/// What keeps the command from starting.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Wrong(String);

fn wrong(message: impl ToString) -> anyhow::Error {
    Wrong(message.to_string()).into()
}

/// `work` of every item on all cores, in their order; the terminal is told how far it is.
fn on_all_cores<'a, T: Sync, R: Send>(
    what: &str,
    items: &'a [T],
    terminal: &mut Terminal,
    work: impl Fn(&'a T) -> R + Sync,
) -> Vec<R> {
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        let all = scope.spawn(|| {
            let one = |tell: &mut std::sync::mpsc::Sender<()>, item: &'a T| {
                let result = work(item);
                // Nobody listens any more only where the command is over.
                let _ = tell.send(());
                result
            };
            items.par_iter().map_with(tell, one).collect::<Vec<R>>()
        });
        for (done, ()) in told.iter().enumerate() {
            let (done, of) = (done as u64 + 1, items.len() as u64);
            terminal.observe(&Progress::Preparing { what: what.into(), done, of });
        }
        match all.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
