//! One run in several processes: the same training as in one, and whatever becomes of any of them. Everything here starts,
//! stops and kills real processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::record::{CellRecord, State, Status, read_status};
use ablate::run::{Checkpoint, Folder};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with runs of the tiny GAN (batch norm, dropout, an image pool, accumulated gradients, a moving copy). Removed at
/// the end.
struct Place(PathBuf);

/// Six samples a batch, so that 2 and 3 processes can share it; validated and saved on the way.
const SIX: &str = "train.batch = 6\nstages.completion.length = \"6 steps\"\nevaluate.every = \"3 steps\"\n";

/// Long enough to be met while it runs.
const LONG: &str = "train.batch = 6\nstages.completion.length = \"60 steps\"\nevaluate.every = \"60 steps\"\n";

impl Place {
    fn new(name: &str, text: &str) -> Place {
        let place = Place(std::env::temp_dir().join(format!("ablate-processes-{name}-{}", std::process::id())));
        let _ = std::fs::remove_dir_all(&place.0);
        std::fs::create_dir_all(&place.0).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
        let head = format!("format = 1\nextends = [{:?}]\n", fixture.display().to_string());
        std::fs::write(place.0.join("mine.toml"), head + text).unwrap();
        place
    }

    /// A command on the experiment, with a folder of runs of its own.
    fn command(&self, out: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ablate"));
        command.current_dir(&self.0).args(["run", "mine.toml", "--device", "cpu", "--threads", "1", "--out", out]);
        command.args(words).stdin(Stdio::null());
        command
    }

    /// Standard error and output of a run that must end with this code.
    fn run(&self, out: &str, words: &[&str], code: i32) -> String {
        let output = self.command(out, words).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    fn start(&self, out: &str, words: &[&str]) -> Child {
        self.command(out, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The only cell.
    fn cell(&self, out: &str) -> PathBuf {
        let mut cells = std::fs::read_dir(self.0.join(out).join("cells")).unwrap();
        let cell = cells.next().unwrap().unwrap().path();
        assert!(cells.next().is_none(), "more than one cell");
        cell
    }

    fn last(&self, out: &str) -> Checkpoint {
        let mut checkpoint = Folder::new(&self.cell(out), 2).newest().unwrap().unwrap().0;
        checkpoint.position.seconds = 0.0;
        checkpoint
    }

    fn status(&self, out: &str) -> Status {
        read_status(&self.cell(out)).unwrap().unwrap()
    }

    /// Losses and gradient norms of every line of the record, by what they are of.
    fn curve(&self, out: &str) -> Vec<(String, f64)> {
        let record = CellRecord::read(&self.cell(out)).unwrap();
        let mut all = Vec::new();
        for step in record.steps() {
            for (update, of) in &step.updates {
                all.push((format!("{} {update} norm", step.total_step), of.gradient_norm));
                all.extend(of.terms.iter().map(|(l, t)| (format!("{} {update} {l}", step.total_step), t.raw)));
            }
        }
        all
    }

    /// Waits until a run has a checkpoint.
    fn under_way(&self, out: &str) {
        until("a checkpoint", || {
            let cells = std::fs::read_dir(self.0.join(out).join("cells")).into_iter().flatten().flatten();
            cells.into_iter().any(|cell| !Folder::new(&cell.path(), 2).all().is_empty())
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(600), "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes that a run has started, in the order of their ranks.
fn others(run: &Child) -> Vec<u32> {
    let path = format!("/proc/{0}/task/{0}/children", run.id());
    let mut pids: Vec<u32> =
        std::fs::read_to_string(path).unwrap().split_whitespace().map(|p| p.parse().unwrap()).collect();
    pids.sort_unstable();
    pids
}

fn lives(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}

/// The largest difference of two curves, of values near 1.
fn apart(a: &[(String, f64)], b: &[(String, f64)]) -> f64 {
    assert!(a.iter().map(|(name, _)| name).eq(b.iter().map(|(name, _)| name)), "{a:?}\n{b:?}");
    a.iter().zip(b).map(|((_, a), (_, b))| (a - b).abs() / b.abs().max(0.1)).fold(0.0, f64::max)
}

#[test]
fn two_and_three_processes_train_as_one() {
    let place = Place::new("as-one", SIX);
    place.run("one", &[], 0);
    let one = place.curve("one");
    assert!(one.iter().any(|(name, _)| name == "6 generator reconstruction"), "{one:?}");
    for processes in ["2", "3"] {
        place.run(processes, &["--processes", processes], 0);
        let apart = apart(&place.curve(processes), &one);
        assert!(apart < 2e-3, "{apart} with {processes} processes");
        assert_eq!(place.cell(processes).file_name(), place.cell("one").file_name(), "it is the same cell");
        let status = place.status(processes);
        assert_eq!((status.state, status.total_steps), (State::Done, 6));
        // Steps, pools and schedules stand where one process leaves them; the networks differ by rounding.
        let (here, there) = (place.last(processes), place.last("one"));
        assert_eq!(here.position.pool_draws, there.position.pool_draws);
        assert!(here.tensors.keys().eq(there.tensors.keys()));
    }
    // The same processes give the same bits.
    place.run("again", &["--processes", "2"], 0);
    assert!(place.last("again").tensors == place.last("2").tensors);
    let environment = std::fs::read_to_string(place.cell("2").join("environment.json")).unwrap();
    assert!(environment.contains("cpu, 2 processes"), "{environment}");
}

#[test]
fn statistics_of_each_share_are_another_experiment() {
    let place = Place::new("local", SIX);
    place.run("whole", &["--processes", "2"], 0);
    place.run("each", &["--processes", "2", "--set", "run.sync-batch-norm=false"], 0);
    assert_ne!(place.cell("whole").file_name(), place.cell("each").file_name());
    assert!(apart(&place.curve("each"), &place.curve("whole")) > 1e-3);
}

#[test]
fn a_process_that_is_killed_ends_the_others_and_is_named() {
    let place = Place::new("killed", LONG);
    place.run("whole", &["--processes", "3"], 0);
    let run = place.start("parts", &["--processes", "3"]);
    place.under_way("parts");
    let pids = others(&run);
    assert_eq!(pids.len(), 2);
    let begun = Instant::now();
    signal(pids[1], "KILL");
    let output = run.wait_with_output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("process 2 of 3 died of signal 9"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(pids.iter().all(|pid| !lives(*pid)));
    assert_eq!(place.status("parts").state, State::Failed);
    // What it had saved is gone on with, to the same bits.
    place.run("parts", &["--processes", "3", "--resume"], 0);
    assert!(place.last("parts") == place.last("whole"));
}

#[test]
fn when_the_first_process_is_killed_the_others_go() {
    let place = Place::new("first", LONG);
    let mut run = place.start("runs", &["--processes", "3"]);
    place.under_way("runs");
    let pids = others(&run);
    run.kill().unwrap();
    run.wait().unwrap();
    until("the end of the others", || pids.iter().all(|pid| !lives(*pid)));
    // One process may go on where three were.
    place.run("runs", &["--resume"], 0);
    assert_eq!(place.status("runs").state, State::Done);
}

#[test]
fn a_process_that_falls_silent_counts_as_lost() {
    let place = Place::new("silent", LONG);
    let run = place
        .command("runs", &["--processes", "2"])
        .env("ABLATE_TIMEOUT", "3")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    place.under_way("runs");
    let pids = others(&run);
    signal(pids[0], "STOP");
    let output = run.wait_with_output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("process 1 of 2 gave no sign of life for 3 s"), "{text}");
    assert!(!lives(pids[0]), "it was ended");
}

#[test]
fn interrupted_processes_stop_together_and_any_number_goes_on() {
    let place = Place::new("interrupted", LONG);
    let run = place.start("runs", &["--processes", "2"]);
    place.under_way("runs");
    let pids = others(&run);
    // Not the first: whichever hears of it, all stop.
    signal(pids[0], "INT");
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(pids.iter().all(|pid| !lives(*pid)));
    let status = place.status("runs");
    assert_eq!(status.state, State::Interrupted);
    assert!(status.total_steps < 60);
    place.run("runs", &["--processes", "3", "--resume"], 0);
    assert_eq!(place.status("runs").total_steps, 60);
}

#[test]
fn a_batch_that_cannot_be_shared_is_refused() {
    let place = Place::new("refused", SIX);
    let text = place.run("runs", &["--processes", "4"], 2);
    assert!(text.contains("`run.processes` cannot be `4` here: they cannot share a batch of 6"), "{text}");
}

#[test]
fn others_may_start_the_processes() {
    let place = Place::new("slurm", SIX);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let task = |rank: &str, words: &[&str]| {
        let mut command = place.command("runs", words);
        command.env("ABLATE_RENDEZVOUS", format!("127.0.0.1:{port}")).env("ABLATE_TOKEN", "word");
        command.env("SLURM_PROCID", rank).env("SLURM_NTASKS", "2").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let two = ["--processes", "2"];
    let tasks = [task("1", &two).spawn().unwrap(), task("0", &two).spawn().unwrap()];
    for task in tasks {
        let output = task.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(place.status("runs").state, State::Done);
    let output = task("0", &["--processes", "3"]).output().unwrap();
    assert!(said(&output).contains("2 processes were started for a run in 3"), "{}", said(&output));
}

#[test]
fn a_cell_whose_loss_is_not_finite_ends_in_all_and_the_next_is_trained() {
    let study = "[study.variants.wild]\ntrain.optimizer.lr = 1e30\n[study.variants.tame]\n";
    let place = Place::new("wild", &format!("{SIX}{study}"));
    let text = place.run("runs", &["--processes", "2"], 1);
    assert!(text.contains("is NaN at step") || text.contains("is inf at step"), "{text}");
    let cells = std::fs::read_dir(place.0.join("runs/cells")).unwrap().map(|cell| cell.unwrap().path());
    let mut states: Vec<State> = cells.map(|cell| read_status(&cell).unwrap().unwrap().state).collect();
    states.sort_by_key(|state| format!("{state:?}"));
    assert_eq!(states, [State::Done, State::Failed]);
}
