//! A study on a real Slurm of this one machine: tasks that are killed, run out of time or lose their node go back into the
//! queue and on from where they were. Skipped, saying so, where Slurm is not installed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use ablate::record::{Cells, State, Status, Worker, cell_dir, read_cells, read_status};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Steps of a cell: enough to be told to stop in the midst of them.
const STEPS: u64 = 1500;

/// A Slurm with everything it keeps, and a study beside it. Both end with the test.
struct Cluster(PathBuf);

impl Cluster {
    /// `None`, and said so, where Slurm is not installed.
    fn start(name: &str) -> Option<Cluster> {
        let there = |program: &str| {
            let found =
                Command::new("sh").args(["-c", &format!("PATH=$PATH:/usr/sbin:/sbin command -v {program}")]).output();
            found.is_ok_and(|o| o.status.success())
        };
        if !["munged", "slurmctld", "slurmd", "sbatch", "scontrol"].iter().all(|program| there(program)) {
            eprintln!("skipped: Slurm (slurm-wlm, munge) is not installed");
            return None;
        }
        // A short path: the socket's name has a limit.
        let cluster = Cluster(std::env::temp_dir().join(format!("ablate-slurm-{name}-{}", std::process::id())));
        cluster.tool("start");
        Some(cluster)
    }

    fn tool(&self, word: &str) {
        let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/slurm.sh");
        let output = Command::new(tool).arg(word).arg(self.0.join("slurm")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn write(&self, seeds: u64) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
        let text = format!(
            "format = 1\nextends = [{:?}]\nstages.completion.length = \"{STEPS} steps\"\n\
             evaluate.every = \"{STEPS} steps\"\nrun.checkpoint.every = \"10 steps\"\n[study]\nseeds = {:?}\n\
             [study.launch]\nuse = \"slurm\"\npartition = \"test\"\ncpus = 1\nmemory = \"100M\"\ntime = \"00:30:00\"\n\
             grace = 90\nlines = [\"export SAID=yes\", \"echo said=$SAID\"]\n",
            fixture.display().to_string(),
            (0..seeds).collect::<Vec<_>>()
        );
        std::fs::write(self.0.join("mine.toml"), text).unwrap();
    }

    /// One of Slurm's own programs.
    fn slurm(&self, program: &str, words: &[&str]) {
        let mut command = Command::new("sh");
        command.args(["-c", "PATH=$PATH:/usr/sbin:/sbin exec \"$0\" \"$@\"", program]).args(words);
        let output = command.env("SLURM_CONF", self.0.join("slurm/slurm.conf")).output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Ends the machine's daemon, a task and all above it at once, as a power cut does, and says that the node is lost.
    fn lose_node(&self, task: u32) {
        let daemon = std::fs::read_to_string(self.0.join("slurm/slurmd.pid")).unwrap().trim().parse().unwrap();
        let batch = parent(task);
        let step = parent(batch);
        for process in [daemon, step, batch, task] {
            assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
        }
        self.slurm("scontrol", &["update", &format!("NodeName={}", Worker::this().host), "State=DOWN", "Reason=lost"]);
    }

    fn ablate(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ablate"));
        command.current_dir(&self.0).env("SLURM_CONF", self.0.join("slurm/slurm.conf")).args(words);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }

    fn index(&self) -> Cells {
        read_cells(&self.0.join("runs/mine")).unwrap().unwrap()
    }

    fn statuses(&self) -> Vec<Option<Status>> {
        let read = |hash: &str| read_status(&cell_dir(&self.0.join("runs"), hash)).unwrap();
        self.index().cells.iter().map(|cell| read(&cell.hash)).collect()
    }

    fn trains(&self, cell: usize) -> bool {
        self.statuses()[cell].as_ref().is_some_and(|s| s.total_steps > 0 && s.worker.is_some())
    }

    fn are_done(&self) -> bool {
        self.statuses().iter().all(|s| s.as_ref().is_some_and(|s| s.state == State::Done))
    }

    /// What the tasks of a job said.
    fn log(&self, job: &str, task: usize) -> String {
        std::fs::read_to_string(self.0.join(format!("runs/mine/slurm/{job}-{task}.log"))).unwrap_or_default()
    }

    fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            let logs: Vec<String> = (0..2).map(|task| self.log("1", task)).collect();
            assert!(begun.elapsed() < Duration::from_secs(1200), "{what} does not come: {logs:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The process that started another.
fn parent(process: u32) -> u32 {
    let output = Command::new("ps").args(["-o", "ppid=", "-p", &process.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.tool("stop");
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_study_survives_killed_tasks_and_the_end_of_their_time() {
    let Some(cluster) = Cluster::start("tasks") else { return };
    cluster.write(2);
    let said = cluster.ablate(&["study", "mine.toml", "--launcher", "slurm"]);
    assert!(said.contains("job 1: 2 cells"), "{said}");
    let said = cluster.ablate(&["study", "mine.toml", "--launcher", "slurm"]);
    assert!(said.contains("nothing to submit"), "{said}");
    let script = std::fs::read_to_string(cluster.0.join("runs/mine/slurm/1.sh")).unwrap();
    assert!(
        script.contains("#SBATCH --signal=B:USR1@90\n#") && script.contains("#SBATCH --time=00:30:00\n"),
        "{script}"
    );
    let trains = |cell: usize| cluster.trains(cell);

    // The first is told that its time ends, as Slurm tells it by itself after half an hour.
    cluster.until("a checkpoint of the first cell", || trains(0));
    let shown = cluster.ablate(&["status", "mine.toml"]);
    assert!(shown.contains("running") && shown.contains("job 1_0"), "{shown}");
    cluster.slurm("scancel", &["--signal=USR1", "--batch", "1_0"]);

    cluster.until("a checkpoint of the second cell", || trains(1));
    let worker = cluster.statuses()[1].as_ref().unwrap().worker.clone().unwrap();
    assert!(Command::new("kill").args(["-9", &worker.pid.to_string()]).status().unwrap().success());

    cluster.until("the end of both cells", || cluster.are_done());
    let logs = [cluster.log("1", 0), cluster.log("1", 1)];
    assert!(logs[0].contains("out of time: saved, and back into the queue"), "{}", logs[0]);
    assert!(logs[1].contains("the cell's process died of signal 9: back into the queue"), "{}", logs[1]);
    assert!(logs.iter().all(|log| log.contains("resumed at step ") && log.contains("said=yes")), "{logs:#?}");
    cluster.until("the page", || cluster.0.join("runs/mine/index.html").exists());
    assert!(cluster.ablate(&["status", "mine.toml"]).contains("2 cells: 2 done"));
}

#[test]
fn a_cell_whose_node_is_lost_goes_on_when_there_is_one_again() {
    let Some(cluster) = Cluster::start("nodes") else { return };
    cluster.write(1);
    cluster.ablate(&["study", "mine.toml", "--launcher", "slurm"]);
    cluster.until("a checkpoint", || cluster.trains(0));
    let worker = cluster.statuses()[0].as_ref().unwrap().worker.clone().unwrap();
    cluster.lose_node(worker.pid);
    cluster.until("the cell in the queue again", || cluster.ablate(&["status", "mine.toml"]).contains("pending"));

    cluster.slurm("slurmd", &[]);
    cluster.until("the end of the cell", || cluster.are_done());
    assert!(cluster.log("1", 0).contains("resumed at step "), "{}", cluster.log("1", 0));
}
