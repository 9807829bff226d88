//! Our side: answers requests about one case after another.

use super::protocol::{Case, Reply, Request};
use super::{our_ops, our_systems};
use anyhow::Context;
use std::io::{Lines, StdinLock, Write};
use std::path::Path;

/// A case made ready.
pub trait Work {
    /// Runs once; the seconds of what counts.
    fn run(&mut self, loading: bool) -> anyhow::Result<f64>;

    /// Runs once; outputs and gradients.
    fn check(&mut self) -> anyhow::Result<Vec<Vec<f32>>>;

    /// What each update minimised in the last run.
    fn losses(&self) -> Vec<f64> {
        vec![]
    }

    /// Numbers learnt by an update.
    fn learnt(&self) -> usize;

    /// Seconds that data were waited for since last asked.
    fn take_waited(&mut self) -> f64 {
        0.0
    }
}

/// Where requests come from.
pub struct Requests(Lines<StdinLock<'static>>);

impl Requests {
    fn next(&mut self) -> anyhow::Result<Option<Request>> {
        let line = self.0.next().transpose()?;
        line.map(|line| serde_json::from_str(&line).with_context(|| line.clone())).transpose()
    }
}

/// Answers until nobody asks.
pub fn serve() -> anyhow::Result<()> {
    let mut requests = Requests(std::io::stdin().lines());
    tell(&Reply { about: format!("ablate {}", env!("CARGO_PKG_VERSION")), ..Reply::default() })?;
    while let Some(request) = requests.next()? {
        let Request::Load { case } = request else {
            fail("nothing is loaded".into())?;
            continue;
        };
        let done = match &case {
            Case::Op(case) => our_ops::load(case).and_then(|mut work| attend(&mut *work, &mut requests)),
            Case::System(case) => our_systems::with(case, |work| attend(work, &mut requests)),
        };
        if let Err(error) = done {
            fail(format!("{error:#}"))?;
        }
    }
    Ok(())
}

fn fail(error: String) -> anyhow::Result<()> {
    tell(&Reply { error: Some(error), ..Reply::default() })
}

fn tell(reply: &Reply) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(reply)?)?;
    Ok(out.flush()?)
}

/// Answers about one case until it is dropped.
fn attend(work: &mut dyn Work, requests: &mut Requests) -> anyhow::Result<()> {
    tell(&Reply { learnt: work.learnt(), ..Reply::default() })?;
    let before = resident_from_now_on()?;
    while let Some(request) = requests.next()? {
        let reply = match request {
            Request::Run { times, loading } => {
                let seconds = (0..times).map(|_| work.run(loading)).collect::<Result<_, _>>()?;
                Reply { seconds, losses: work.losses(), waited: work.take_waited(), ..Reply::default() }
            }
            Request::Check { file } => {
                let tensors = work.check()?;
                write(&file, &tensors)?;
                let sizes = tensors.iter().map(Vec::len).collect();
                Reply { sizes, losses: work.losses(), ..Reply::default() }
            }
            Request::Memory => Reply { bytes: status("VmHWM:")?.saturating_sub(before), ..Reply::default() },
            Request::Drop => return tell(&Reply::default()),
            Request::Load { .. } => anyhow::bail!("a case is loaded already"),
        };
        tell(&reply)?;
    }
    Ok(())
}

fn write(file: &Path, tensors: &[Vec<f32>]) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    for value in tensors.iter().flatten() {
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(out.flush()?)
}

/// Lets the kernel forget the peak; bytes resident now.
fn resident_from_now_on() -> anyhow::Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    status("VmRSS:")
}

/// Bytes of a line of `/proc/self/status`.
fn status(key: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(key)).context("no such line in /proc/self/status")?;
    Ok(1024 * line.trim().trim_end_matches("kB").trim().parse::<u64>()?)
}
