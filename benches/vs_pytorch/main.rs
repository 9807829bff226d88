//! Our CPU kernels and training steps against PyTorch's, on the same machine, in one run, in turns.
//!
//! ```text
//! cargo bench --bench vs_pytorch -- [--group ops|steps|inference|recognition|loading] [--only SUBSTRING] [--rounds N]
//!     [--threads N] [--compile] [--out FILE]
//! cargo bench --bench vs_pytorch -- --against BINARY [--bound RATIO]     another build of this bench in PyTorch's place
//! ```
//!
//! Each side is a process of its own (ours this program, `rival.py` PyTorch's) that answers lines of JSON; one is asked
//! after the other, so that they never run at the same time. A number is the median over the rounds of the medians of a
//! turn's runs. `ratio` is the better eager PyTorch's time (contiguous or channels_last) over ours: above 1 ours is faster.
//! Before a case is timed, both sides compute it from the same values, and what differs is a warning below the table.
//! Memory is the peak resident size since the case was loaded less that before, each side's in a process of that case alone.
//!
//! PyTorch's side is written for speed: its fused Adam, in-place activations, the generator's pass shared by both updates,
//! no gradients of what is not learnt, as few passes as the mathematics allows.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table")]

mod cases;
mod compare;
mod drive;
mod loading;
mod machine;
mod our_ops;
mod our_scores;
mod our_systems;
mod player;
mod protocol;
mod serve;
mod table;

use ablate::tensor::memory;
use anyhow::{Context, bail};
use cases::Measured;
use player::{Player, Side};
use protocol::Case;
use std::path::PathBuf;
use std::process::ExitCode;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const GROUPS: [&str; 5] = ["ops", "steps", "inference", "recognition", "loading"];

/// What the command line says.
pub struct Arguments {
    groups: Vec<String>,
    only: Option<String>,
    rounds: usize,
    threads: usize,
    out: Option<PathBuf>,
    /// Ours first.
    sides: Vec<Side>,
    /// No ratio may be below.
    bound: Option<f64>,
    /// Answer requests.
    serve: bool,
}

fn arguments() -> anyhow::Result<Arguments> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let sides = vec![Side::Ours, Side::Contiguous, Side::ChannelsLast];
    let mut found =
        Arguments { groups: vec![], only: None, rounds: 5, threads, out: None, sides, bound: None, serve: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} wants a value"));
        match word.as_str() {
            "--group" => found.groups.push(value()?),
            "--only" => found.only = Some(value()?),
            "--rounds" => found.rounds = value()?.parse().context("--rounds")?,
            "--threads" => found.threads = value()?.parse().context("--threads")?,
            "--out" => found.out = Some(value()?.into()),
            "--compile" => found.sides.push(Side::Compiled),
            "--against" => found.sides = vec![Side::Ours, Side::Build(value()?.into())],
            "--bound" => found.bound = Some(value()?.parse().context("--bound")?),
            "--serve" => found.serve = true,
            // What cargo says to every bench.
            "--bench" => {}
            other => bail!("`{other}` is none of --group --only --rounds --threads --out --compile --against --bound"),
        }
    }
    if let Some(group) = found.groups.iter().find(|g| !GROUPS.contains(&g.as_str())) {
        bail!("`{group}` is none of {}", GROUPS.join(" "));
    }
    Ok(found)
}

impl Arguments {
    /// Whether a group is asked for.
    fn wants(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|g| g == group)
    }

    fn chosen(&self, all: Vec<Measured>) -> Vec<Measured> {
        let named = |m: &Measured| self.only.as_ref().is_none_or(|only| m.name.contains(only.as_str()));
        all.into_iter().filter(named).collect()
    }
}

/// Plays a group and prints each row as it comes; the section.
fn group(
    title: &str,
    chosen: Vec<Measured>,
    arguments: &Arguments,
    mut play: impl FnMut(&Measured) -> anyhow::Result<drive::Row>,
) -> anyhow::Result<(String, Option<f64>)> {
    let mut rows = Vec::new();
    for measured in chosen {
        let row = play(&measured)?;
        let times: Vec<String> =
            row.seconds.iter().map(|s| s.map_or("-".into(), |s| format!("{:.3}", 1e3 * s))).collect();
        let ratio = row.ratio(&arguments.sides).map_or("-".into(), |r| format!("{r:.2}"));
        eprintln!("{:<48} {} ms, ratio {ratio} {}", row.name, times.join(" "), row.warnings.join("; "));
        rows.push(row);
    }
    let least = rows.iter().filter_map(|r| r.ratio(&arguments.sides)).min_by(f64::total_cmp);
    Ok((if rows.is_empty() { String::new() } else { table::section(title, &rows, &arguments.sides) }, least))
}

/// Plays what is asked for; whether no ratio is below the bound.
fn compare(arguments: &Arguments) -> anyhow::Result<bool> {
    let _alone = machine::alone()?;
    let mut abouts = Vec::new();
    for side in &arguments.sides {
        let started = Player::start(side, arguments.threads);
        let started = if side.is_torch() { started.context("no PyTorch: `pip install torch`") } else { started };
        abouts.push(format!("{}: {}", side.name(), started?.about));
    }
    let mut text = machine::heading(arguments, &abouts);
    let scratch = compare::Scratch::new()?;
    let mut least = f64::INFINITY;
    let mut add = |(section, ratio): (String, Option<f64>)| {
        text += &section;
        least = ratio.map_or(least, |r| least.min(r));
    };
    if arguments.wants("ops") {
        let mut players = drive::Ops::new(arguments, &scratch)?;
        add(group("Operations", arguments.chosen(cases::ops()), arguments, |m| players.play(m))?);
    }
    let system = |m: &Measured| drive::system(m, arguments, &scratch);
    if arguments.wants("steps") {
        add(group("Training steps", arguments.chosen(cases::steps()), arguments, system)?);
    }
    if arguments.wants("inference") {
        add(group("Inference", arguments.chosen(cases::inference()), arguments, system)?);
    }
    if arguments.wants("recognition") {
        let mut players = drive::Ops::new(arguments, &scratch)?;
        let play = |m: &Measured| match m.case {
            Case::Op(_) => players.play(m),
            Case::System(_) => drive::system(m, arguments, &scratch),
        };
        add(group("Recognition", arguments.chosen(cases::recognition()), arguments, play)?);
    }
    if arguments.wants("loading") {
        add((loading::section(arguments, &scratch)?, None));
    }
    text += &format!("\nLoad at the end: {}\n", machine::load());
    println!("{text}");
    if let Some(file) = &arguments.out {
        std::fs::write(file, &text).with_context(|| file.display().to_string())?;
    }
    Ok(arguments.bound.is_none_or(|bound| least >= bound))
}

fn run() -> anyhow::Result<bool> {
    let arguments = arguments()?;
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build_global()?;
    if arguments.serve {
        serve::serve()?;
        return Ok(true);
    }
    compare(&arguments)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a ratio is below the bound");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
