//! Several processes on one study: none runs a cell that another one has, whoever dies is replaced, and the numbers do not
//! depend on who computed them. Everything here starts, stops and kills real processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::record::{CellRecord, Cells, State, Status, cell_dir, read_cells, read_status, write_atomic};
use ablate::run::{Checkpoint, Folder};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const FOUR: &str =
    "[study]\nseeds = [0, 1]\n[study.variants.plain]\n[study.variants.squared]\nlosses.reconstruction.use = \"l2\"\n";

/// Two cells long enough to be met while they run.
const LONGER: &str =
    "stages.completion.length = \"24 steps\"\nevaluate.every = \"24 steps\"\n[study]\nseeds = [0, 1]\n";

/// A folder with `mine.toml`: the tiny GAN with a study. Removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, study: &str) -> Place {
        let place = Place(std::env::temp_dir().join(format!("ablate-cells-{name}-{}", std::process::id())));
        let _ = std::fs::remove_dir_all(&place.0);
        std::fs::create_dir_all(&place.0).unwrap();
        place.write("mine.toml", study);
        place
    }

    fn write(&self, name: &str, study: &str) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
        let head = format!("format = 1\nextends = [{:?}]\n", fixture.display().to_string());
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, head + study).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ablate"));
        command.current_dir(&self.0).args(words).stdin(Stdio::null());
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Standard error and output of a command that must end with this code.
    fn run(&self, words: &[&str], code: i32) -> String {
        let output = self.output(words);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn runs(&self) -> PathBuf {
        self.0.join("runs")
    }

    fn index(&self) -> Cells {
        read_cells(&self.runs().join("mine")).unwrap().unwrap()
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.index().cells.iter().map(|cell| cell_dir(&self.runs(), &cell.hash)).collect()
    }

    fn statuses(&self) -> Vec<Status> {
        self.folders().iter().map(|cell| CellRecord::read(cell).unwrap().status.unwrap()).collect()
    }

    /// What must not depend on how the cells were run: last checkpoints without their seconds, and test values.
    fn results(&self) -> Results {
        let one = |cell: &PathBuf| {
            let mut checkpoint = Folder::new(cell, 2).newest().unwrap().unwrap().0;
            checkpoint.position.seconds = 0.0;
            let status = CellRecord::read(cell).unwrap().status.unwrap();
            assert_eq!(status.state, State::Done);
            (checkpoint, status.test["completion.psnr"].values.clone())
        };
        self.folders().iter().map(one).collect()
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

/// Lines by which a process says that it begins a cell.
fn begun(text: &str) -> usize {
    let starts = |line: &&str| line.starts_with('[') && line.contains(", seed ") && line.ends_with(')');
    text.lines().filter(starts).filter(|line| !line.contains("another process")).count()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(240), "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

type Results = Vec<(Checkpoint, Vec<Option<f64>>)>;

/// A study run by one process, cell after cell.
fn alone(name: &str, study: &str) -> Results {
    let place = Place::new(name, study);
    place.run(&["study", "mine.toml"], 0);
    place.results()
}

static FOUR_ALONE: LazyLock<Results> = LazyLock::new(|| alone("four-alone", FOUR));
static LONGER_ALONE: LazyLock<Results> = LazyLock::new(|| alone("longer-alone", LONGER));

#[test]
fn processes_share_a_study_and_no_cell_is_run_twice() {
    let place = Place::new("share", FOUR);
    let workers: Vec<Child> = (0..3).map(|_| place.start(&["study", "mine.toml"])).collect();
    let outputs: Vec<Output> = workers.into_iter().map(|w| w.wait_with_output().unwrap()).collect();
    let texts: Vec<String> = outputs.iter().map(said).collect();
    assert!(outputs.iter().all(|o| o.status.success()), "{texts:#?}");
    assert_eq!(texts.iter().map(|t| begun(t)).sum::<usize>(), 4, "{texts:#?}");
    assert!(texts.iter().any(|t| t.contains("another process has it")), "{texts:#?}");
    assert!(place.results() == *FOUR_ALONE);
    // Every process wrote the index and the page; both are whole, and no half-written file is left.
    let study = place.runs().join("mine");
    assert!(std::fs::read_to_string(study.join("index.html")).unwrap().trim_end().ends_with("</html>"));
    let left: Vec<_> = std::fs::read_dir(&study).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension() != Some("part".as_ref())), "{left:?}");
    assert_eq!(begun(&place.run(&["study", "mine.toml"], 0)), 0);
}

#[test]
fn the_cell_of_a_killed_process_is_taken_up_by_another_to_the_same_bits() {
    let place = Place::new("killed", LONGER);
    let mut first = place.start(&["study", "mine.toml"]);
    until("a checkpoint", || {
        read_cells(&place.runs().join("mine")).ok().flatten().is_some()
            && place.folders().iter().any(|cell| !Folder::new(cell, 2).all().is_empty())
    });
    let second = place.start(&["study", "mine.toml"]);
    until("the second process on the second cell", || place.folders()[1].join("environment.json").exists());
    let shown = place.run(&["status", "mine.toml"], 0);
    assert!(
        shown.contains(&format!("pid {}", first.id())) && shown.contains(&format!("pid {}", second.id())),
        "{shown}"
    );
    assert!(shown.contains("2 running"), "{shown}");
    first.kill().unwrap();
    first.wait().unwrap();
    let shown = place.run(&["status", "mine.toml"], 0);
    assert!(shown.contains("unfinished  step "), "{shown}");
    let output = second.wait_with_output().unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("another process has it (") && text.contains("  resumed at step "), "{text}");
    assert!(place.results() == *LONGER_ALONE);
}

#[test]
fn cells_side_by_side_come_to_the_same_bits_and_the_death_of_one_takes_no_other() {
    let place = Place::new("jobs", FOUR);
    let text = place.run(&["study", "mine.toml", "--jobs", "3"], 0);
    assert_eq!(begun(&text), 4, "{text}");
    assert!(text.contains("[4/4]  done in ") && text.contains("[1/4]  completion: 8 steps"), "{text}");
    assert!(place.results() == *FOUR_ALONE);
    let threads = |cell: &PathBuf| CellRecord::read(cell).unwrap().environment.unwrap().threads;
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(place.folders().iter().all(|cell| threads(cell) == (cores / 3).max(1)));

    let place = Place::new("one-dies", LONGER);
    let parent = place.start(&["study", "mine.toml", "--jobs", "2"]);
    let pid = || read_status(&place.folders()[0]).unwrap().unwrap().worker.map(|w| w.pid);
    until("a first checkpoint", || {
        let ready = |cell: &PathBuf| !Folder::new(cell, 2).all().is_empty();
        read_cells(&place.runs().join("mine")).ok().flatten().is_some() && ready(&place.folders()[0])
    });
    let killed = Command::new("kill").args(["-9", &pid().unwrap().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = parent.wait_with_output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("its process died of signal 9"), "{text}");
    assert_eq!(place.statuses().iter().map(|s| s.state).collect::<Vec<_>>(), [State::Running, State::Done]);
    assert!(place.run(&["study", "mine.toml"], 0).contains("  resumed at step "));
    assert!(place.results() == *LONGER_ALONE);
}

#[test]
fn an_interruption_reaches_every_process_and_what_they_did_is_kept() {
    let place = Place::new("interrupted", LONGER);
    let parent = place.start(&["study", "mine.toml", "--jobs", "2"]);
    until("both cells", || {
        let began = |cell: &PathBuf| cell.join("checkpoints").exists();
        read_cells(&place.runs().join("mine")).ok().flatten().is_some() && place.folders().iter().all(began)
    });
    // To the parent alone, as a batch system does it: the children hear of it from the parent.
    assert!(Command::new("kill").args(["-TERM", &parent.id().to_string()]).status().unwrap().success());
    let output = parent.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(place.statuses().iter().all(|s| s.state == State::Interrupted && s.total_steps > 0));
    let shown = place.run(&["status", "mine.toml"], 0);
    assert!(shown.contains("2 cells: 2 unfinished") && shown.contains(" of 24"), "{shown}");
    place.run(&["study", "mine.toml", "--jobs", "2"], 0);
    assert!(place.results() == *LONGER_ALONE);

    // A parent that is killed leaves no process behind.
    let place = Place::new("orphans", LONGER);
    let mut parent = place.start(&["study", "mine.toml", "--jobs", "2"]);
    until("a first checkpoint", || {
        let began = |cell: &PathBuf| cell.join("checkpoints").exists();
        read_cells(&place.runs().join("mine")).ok().flatten().is_some() && place.folders().iter().any(began)
    });
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("the end of the children", || !place.run(&["status", "mine.toml"], 0).contains("running"));
}

const BURST: &str =
    "[study.variants.burst]\ntrain.optimizer.lr = 1e30\ntrain.schedule = \"constant\"\n[study.variants.plain]\n";

#[test]
fn a_failure_stops_no_other_cell_and_is_tried_again_when_asked() {
    let place = Place::new("failure", BURST);
    let text = place.run(&["study", "mine.toml"], 1);
    assert_eq!(begun(&text), 2, "{text}");
    assert!(text.contains("error: burst: loss `") && text.contains("`ablate retry mine.toml` tries"), "{text}");
    let shown = place.run(&["status", "mine.toml"], 0);
    assert!(shown.contains("\n    loss `") && shown.contains("2 cells: 1 done, 1 failed"), "{shown}");
    let again = place.run(&["run", "mine.toml"], 1);
    assert!(begun(&again) == 0 && again.contains("failed before, left"), "{again}");
    let retried = place.run(&["retry", "mine.toml", "--jobs", "2"], 1);
    assert!(begun(&retried) == 1 && !retried.contains("reused"), "{retried}");
    // As if what made it fail were gone.
    let cured = "[study.variants.burst]\ntrain.batch = 3\n[study.variants.plain]\n";
    place.write("mine.toml", cured);
    let preview = place.run(&["study", "mine.toml", "--dry-run"], 0);
    for change in ["(1) `train.optimizer.lr`: 1000", "`train.batch`: 2 -> 3", "burst     0  missing     changed (1)"] {
        assert!(preview.contains(change), "{preview}");
    }
    assert_eq!(begun(&place.run(&["study", "mine.toml"], 0)), 1);

    let place = Place::new("fail-fast", BURST);
    let text = place.run(&["study", "mine.toml", "--fail-fast"], 1);
    assert!(begun(&text) == 1 && text.contains("1 cell was not begun after the failure"), "{text}");
}

#[test]
fn a_cell_of_a_newer_program_is_refused_and_kept() {
    let place = Place::new("newer", FOUR);
    place.run(&["study", "mine.toml", "--dry-run"], 0);
    assert!(!place.runs().join("cells").exists(), "a look began something");
    place.run(&["study", "mine.toml"], 0);
    let cell = place.folders()[1].clone();
    let newer = "{\"format\": 77, \"state\": \"elsewhere\"}";
    write_atomic(&cell.join("status.json"), newer.as_bytes()).unwrap();
    let before = std::fs::read_dir(&cell).unwrap().count();
    let output = place.output(&["study", "mine.toml"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("status.json is of format 77, which is newer than this program"), "{text}");
    assert!(place.run(&["status", "mine.toml"], 0).contains("4 cells: 3 done, 1 unreadable"));
    assert_eq!(std::fs::read_to_string(cell.join("status.json")).unwrap(), newer);
    assert_eq!(std::fs::read_dir(&cell).unwrap().count(), before);

    let index = place.runs().join("mine/cells.json");
    write_atomic(&index, b"{\"format\": 77}").unwrap();
    assert!(place.run(&["study", "mine.toml"], 2).contains("cells.json is of format 77"));
    assert_eq!(std::fs::read_to_string(index).unwrap(), "{\"format\": 77}");
}

#[test]
fn two_studies_of_one_name_do_not_share_a_folder_and_do_share_cells() {
    let place = Place::new("two", "[study]\nseeds = [0, 1]\n");
    place.write("other/mine.toml", "[study]\nseeds = [1, 2]\n");
    place.write("third.toml", "[study]\nseeds = [1, 0]\n");
    place.run(&["study", "mine.toml"], 0);
    let index = std::fs::read(place.runs().join("mine/cells.json")).unwrap();
    let text = place.run(&["study", "other/mine.toml"], 2);
    assert!(text.contains("mine holds the study of ") && text.contains("other/mine.toml: rename the file"), "{text}");
    assert_eq!(std::fs::read(place.runs().join("mine/cells.json")).unwrap(), index);
    let shared = place.run(&["study", "third.toml"], 0);
    assert!(begun(&shared) == 0 && shared.matches("done before, reused").count() == 2, "{shared}");
    // A study that was moved is the same one.
    std::fs::rename(place.0.join("mine.toml"), place.0.join("other/moved.toml")).unwrap();
    std::fs::remove_dir_all(place.runs().join("cells")).unwrap();
    place.run(&["study", "other/mine.toml"], 0);
}

/// Nothing asks a clock which of two things came first: files from the future and from long ago change nothing.
#[test]
fn a_clock_that_went_back_harms_nothing() {
    let place = Place::new("clock", LONGER);
    let mut first = place.start(&["study", "mine.toml"]);
    until("two checkpoints", || {
        let two = |cell: &PathBuf| Folder::new(cell, 2).all().len() == 2;
        read_cells(&place.runs().join("mine")).ok().flatten().is_some() && two(&place.folders()[0])
    });
    first.kill().unwrap();
    first.wait().unwrap();
    let newest = Folder::new(&place.folders()[0], 2).all();
    let set = |path: &Path, seconds: u64| {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    };
    // The newer checkpoint looks older than the one before it, the status like from the year 2100.
    set(&newest[0], 1_000_000);
    set(&newest[1], 4_102_444_800);
    set(&place.folders()[0].join("status.json"), 4_102_444_800);
    let step = newest[0].file_stem().unwrap().to_string_lossy().trim_start_matches("step-").parse::<u64>().unwrap();
    let text = place.run(&["study", "mine.toml"], 0);
    assert!(text.contains(&format!("  resumed at step {step}\n")), "{text}");
    assert!(place.results() == *LONGER_ALONE);
}

#[test]
fn what_is_wrong_with_a_launcher_is_told_at_its_place() {
    let wrong = "[study]\nseeds = [0, 1]\n[study.launch]\nuse = \"slurm\"\npartion = \"gpu\"\ncpus = 0\n";
    let place = Place::new("launch", wrong);
    let text = place.run(&["check", "mine.toml"], 2);
    for part in ["unknown setting `partion`", "a setting with a similar name exists: `partition`", "mine.toml:7:1"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.contains("`cpus` is 0, expected at least 1"), "{text}");
    // Slurm would end such a task before it trains, and queue it again for ever.
    place.write("mine.toml", "[study]\nseeds = [0, 1]\n[study.launch]\nuse = \"slurm\"\ntime = \"3\"\n");
    let text = place.run(&["check", "mine.toml"], 2);
    assert!(text.contains("`grace` of 120 s leaves a task of 180 s no time to train"), "{text}");
    assert!(text.contains("`time` must be more than 180 s"), "{text}");
    place.write("mine.toml", "[study]\nseeds = [0, 1]\n[study.launch]\nuse = \"slrum\"\n");
    assert!(
        place
            .run(&["study", "mine.toml", "--dry-run"], 2)
            .contains("no launcher is called `slrum`, did you mean `slurm`")
    );
}

/// `[study.launch]` of the file says how many cells run at once where no flag does.
#[test]
fn a_file_may_say_how_many_cells_run_at_once() {
    let place = Place::new("local", "[study]\nseeds = [0, 1]\n[study.launch]\nuse = \"local\"\njobs = 2\n");
    let text = place.run(&["study", "mine.toml"], 0);
    assert!(text.contains("[2/2]  completion: 8 steps"), "{text}");
}
