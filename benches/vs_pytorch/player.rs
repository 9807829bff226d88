//! A side of the comparison: a process of its own that answers requests, one at a time.

use super::protocol::{Case, Reply, Request};
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Who plays.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// This program.
    Ours,
    /// Another build of it.
    Build(PathBuf),
    /// PyTorch, eager.
    Contiguous,
    ChannelsLast,
    /// PyTorch's compiler, from contiguous tensors.
    Compiled,
}

impl Side {
    /// Head of the column.
    pub fn name(&self) -> &'static str {
        match self {
            Side::Ours => "ours",
            Side::Build(_) => "other build",
            Side::Contiguous => "contiguous",
            Side::ChannelsLast => "channels_last",
            Side::Compiled => "compile",
        }
    }

    /// Whether the ratio is to the best of these.
    pub fn is_rival(&self) -> bool {
        matches!(self, Side::Build(_) | Side::Contiguous | Side::ChannelsLast)
    }

    pub fn is_torch(&self) -> bool {
        matches!(self, Side::Contiguous | Side::ChannelsLast | Side::Compiled)
    }

    fn command(&self, threads: usize) -> anyhow::Result<Command> {
        let program = |path: &Path| {
            let mut command = Command::new(path);
            command.arg("--serve");
            command
        };
        let mut command = match self {
            Side::Ours => program(&std::env::current_exe()?),
            Side::Build(path) => program(path),
            torch => {
                let mut command = Command::new("python3");
                command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/vs_pytorch/rival.py"));
                command.args(["--layout", if *torch == Side::ChannelsLast { "channels_last" } else { "contiguous" }]);
                command.args((*torch == Side::Compiled).then_some("--compile"));
                command
            }
        };
        command.args(["--threads", &threads.to_string()]);
        Ok(command)
    }
}

/// A process that plays a side. Ends with the value.
pub struct Player {
    pub side: Side,
    /// Its versions.
    pub about: String,
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Player {
    pub fn start(side: &Side, threads: usize) -> anyhow::Result<Player> {
        let mut command = side.command(threads)?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("cannot start {command:?}"))?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().context("no output")?);
        let mut player = Player { side: side.clone(), about: String::new(), child, to, from };
        player.about = player.answer()?.about;
        Ok(player)
    }

    fn answer(&mut self) -> anyhow::Result<Reply> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            bail!("{} has stopped", self.side.name());
        }
        let reply: Reply = serde_json::from_str(&line).with_context(|| line.clone())?;
        match reply.error {
            Some(error) => bail!("{}: {error}", self.side.name()),
            None => Ok(reply),
        }
    }

    pub fn ask(&mut self, request: &Request) -> anyhow::Result<Reply> {
        let to = self.to.as_mut().context("no input")?;
        writeln!(to, "{}", serde_json::to_string(request)?)?;
        self.answer()
    }

    pub fn load(&mut self, case: &Case) -> anyhow::Result<Reply> {
        self.ask(&Request::Load { case: case.clone() })
    }

    /// Seconds of some runs.
    pub fn run(&mut self, times: usize) -> anyhow::Result<Vec<f64>> {
        Ok(self.ask(&Request::Run { times, loading: false })?.seconds)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It ends when nobody asks any more.
        self.to = None;
        let _ = self.child.wait();
    }
}
