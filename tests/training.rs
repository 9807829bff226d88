//! Training as a user meets it: runs, interruptions, resumes, refusals.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components;
use ablate::config::Overrides;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::record::{CellRecord, Event, Observer, Progress, State, cell_dir};
use ablate::run::{Checkpoint, Folder};
use ablate::study::{self, Options, Prepared, StudyError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ablate-training-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn prepare(sets: &[&str]) -> Prepared {
    let catalogue = components::catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{problems:?}");
    let library = Library::new(&catalogue, composites);
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    let papers = study::Papers::embedded().unwrap();
    let against = study::Against { library: &library, papers: &papers, out: None };
    study::prepare(&fixture("tiny-gan.toml"), &Overrides::new(&sets), against)
        .unwrap_or_else(|e| panic!("{}", ablate::diagnostic::render_all(&e)))
}

/// Keeps what it is told; interrupts after a step.
struct Watch<'a> {
    seen: Vec<Progress>,
    stop: Option<(u64, &'a AtomicBool)>,
}

impl Observer for Watch<'_> {
    fn observe(&mut self, progress: &Progress) {
        if let (Progress::Step { step, .. }, Some((at, flag))) = (progress, self.stop)
            && *step == at
        {
            flag.store(true, Ordering::SeqCst);
        }
        self.seen.push(progress.clone());
    }
}

fn carry_out(
    prepared: &Prepared,
    out: &Path,
    resume: bool,
    stop: Option<u64>,
) -> Result<Vec<(String, String)>, StudyError> {
    let interrupt = AtomicBool::new(false);
    let mut watch = Watch { seen: Vec::new(), stop: stop.map(|at| (at, &interrupt)) };
    let options = Options { resume, unchanged: resume, out: Some(out), ..Options::new(&interrupt, "test") };
    study::carry_out(prepared, &options, &mut watch).map(|f| f.failed)
}

fn last(prepared: &Prepared, out: &Path) -> Checkpoint {
    let cell = cell_dir(out, prepared.cells[0].plan.hash());
    Folder::new(&cell, 2).newest().unwrap().unwrap().0
}

/// The checkpoint without what differs between two equal runs: the seconds.
fn timeless(mut checkpoint: Checkpoint) -> Checkpoint {
    checkpoint.position.seconds = 0.0;
    checkpoint
}

#[test]
fn a_run_leaves_its_record_and_is_not_run_again() {
    let out = folder("record");
    let prepared = prepare(&[]);
    assert_eq!(carry_out(&prepared, &out, false, None).unwrap(), []);
    let record = CellRecord::read(&cell_dir(&out, prepared.cells[0].plan.hash())).unwrap();
    let status = record.status.clone().unwrap();
    assert_eq!((status.state, status.total_steps), (State::Done, 8));
    let psnr = &status.test["completion.psnr"];
    assert!(psnr.mean.is_finite() && psnr.n > 0 && psnr.values.len() as u64 >= psnr.n, "{psnr:?}");
    assert!(!psnr.groups.is_empty());
    assert_eq!(record.evaluations().filter(|e| e.split == "validation").count(), 2);
    let steps: Vec<_> = record.steps().collect();
    assert_eq!(steps.last().unwrap().total_step, 8);
    let terms = &steps[0].updates["generator"].terms;
    assert_eq!(terms.keys().collect::<Vec<_>>(), ["adversarial", "reconstruction"]);
    assert!((terms["adversarial"].weighted - 0.5 * terms["adversarial"].raw).abs() < 1e-9);
    assert!(status.peak_memory_bytes > 0);

    let interrupt = AtomicBool::new(false);
    let mut watch = Watch { seen: Vec::new(), stop: None };
    let options = Options { out: Some(&out), ..Options::new(&interrupt, "test") };
    study::carry_out(&prepared, &options, &mut watch).unwrap();
    assert!(matches!(watch.seen[..], [Progress::CellReused { .. }]), "{:?}", watch.seen);
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn an_interrupted_run_resumes_to_the_same_bits() {
    let (whole, parts) = (folder("whole"), folder("parts"));
    let prepared = prepare(&[]);
    carry_out(&prepared, &whole, false, None).unwrap();
    for stop in [1, 4, 7] {
        let stopped = carry_out(&prepared, &parts, stop > 1, Some(stop));
        assert!(matches!(stopped, Err(StudyError::Interrupted(_))), "{:?}", stopped.map(|_| ()));
    }
    assert_eq!(carry_out(&prepared, &parts, true, None).unwrap(), []);
    assert_eq!(timeless(last(&prepared, &whole)), timeless(last(&prepared, &parts)));
    let values = |out: &Path| {
        let record = CellRecord::read(&cell_dir(out, prepared.cells[0].plan.hash())).unwrap();
        let steps: Vec<_> = record
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Step(s) => Some((s.total_step, s.updates.values().map(|u| u.terms.clone()).collect::<Vec<_>>())),
                _ => None,
            })
            .collect();
        (record.status.unwrap().test["completion.psnr"].values.clone(), steps)
    };
    assert_eq!(values(&whole), values(&parts));
    std::fs::remove_dir_all(whole).unwrap();
    std::fs::remove_dir_all(parts).unwrap();
}

#[test]
fn threads_change_no_bit() {
    let prepared = prepare(&[]);
    let run = |threads: usize| {
        let out = folder(&format!("threads-{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| carry_out(&prepared, &out, false, None).unwrap());
        let end = timeless(last(&prepared, &out));
        std::fs::remove_dir_all(out).unwrap();
        end
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}

#[test]
fn a_changed_configuration_is_not_resumed() {
    let out = folder("changed");
    assert!(carry_out(&prepare(&[]), &out, false, Some(2)).is_err());
    let changed = prepare(&["train.batch=3", "losses.adversarial.weight=0.25"]);
    match carry_out(&changed, &out, true, None) {
        Err(StudyError::Changed { changes, .. }) => {
            let said: Vec<String> = changes.iter().map(ToString::to_string).collect();
            assert_eq!(said, ["`losses.adversarial.weight`: 0.5 -> 0.25", "`train.batch`: 2 -> 3"]);
        }
        other => panic!("{other:?}", other = other.map(|_| ())),
    }
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_loss_that_is_not_finite_stops_and_names_loss_and_node() {
    let out = folder("nan");
    let prepared = prepare(&["train.optimizer.lr=1e30", "train.schedule=constant"]);
    let failed = carry_out(&prepared, &out, false, None).unwrap();
    let [(_, error)] = &failed[..] else { panic!("{failed:?}") };
    assert!(error.starts_with("loss `"), "{error}");
    assert!(error.contains("first at `"), "{error}");
    let record = CellRecord::read(&cell_dir(&out, prepared.cells[0].plan.hash())).unwrap();
    assert_eq!(record.status.unwrap().state, State::Failed);
    std::fs::remove_dir_all(out).unwrap();
}

/// A frozen node whose values come from a finished run's checkpoint leaves the new run's as they came.
#[test]
fn weights_come_from_another_run() {
    let (first, second) = (folder("giver"), folder("taker"));
    let giver = prepare(&[]);
    carry_out(&giver, &first, false, None).unwrap();
    let best = Folder::new(&cell_dir(&first, giver.cells[0].plan.hash()), 2).best();
    let weights = format!("nodes.discriminator.weights={{ file = {:?} }}", best.display().to_string());
    let taker = prepare(&[
        &weights,
        "nodes.discriminator.freeze=true",
        "updates.discriminator.enabled=false",
        "stages.completion.updates=[\"generator\"]",
    ]);
    assert_ne!(giver.cells[0].plan.hash(), taker.cells[0].plan.hash());
    assert_eq!(carry_out(&taker, &second, false, None).unwrap(), []);
    let (given, end) = (Checkpoint::read(&best).unwrap(), last(&taker, &second));
    let of = |c: &Checkpoint, node: &str| {
        c.tensors.clone().into_iter().filter(|(k, _)| k.starts_with(node)).collect::<Vec<_>>()
    };
    assert!(!of(&given, "discriminator/").is_empty());
    assert_eq!(of(&given, "discriminator/"), of(&end, "discriminator/"));
    assert_ne!(of(&given, "generator/"), of(&end, "generator/"));
    std::fs::remove_dir_all(first).unwrap();
    std::fs::remove_dir_all(second).unwrap();
}

#[test]
fn averaged_weights_are_evaluated_and_change_no_bit_of_the_training() {
    let (live, averaged) = (folder("live"), folder("averaged"));
    let run = |out: &Path, sets: &[&str]| {
        let prepared = prepare(sets);
        assert_eq!(carry_out(&prepared, out, false, None).unwrap(), []);
        let record = CellRecord::read(&cell_dir(out, prepared.cells[0].plan.hash())).unwrap();
        let psnr = record.status.unwrap().test["completion.psnr"].mean;
        (last(&prepared, out).tensors, psnr)
    };
    let (weights, psnr) = run(&live, &[]);
    let (same_weights, other_psnr) = run(&averaged, &["evaluate.weights=average"]);
    assert!(weights == same_weights);
    assert_ne!(psnr, other_psnr);
    std::fs::remove_dir_all(live).unwrap();
    std::fs::remove_dir_all(averaged).unwrap();
}

/// Really kills the process, as often as it takes to finish.
#[test]
fn a_killed_run_resumes_to_the_same_bits() {
    let (whole, killed) = (folder("unkilled"), folder("killed"));
    let sets = ["stages.completion.length=30 steps", "run.checkpoint.every=3 steps"];
    let prepared = prepare(&sets);
    carry_out(&prepared, &whole, false, None).unwrap();
    let start = |resume: bool| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ablate"));
        command.arg("run").arg(fixture("tiny-gan.toml")).arg("--out").arg(&killed);
        sets.iter().for_each(|s| {
            command.arg("--set").arg(s);
        });
        if resume {
            command.arg("--resume");
        }
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let cell = cell_dir(&killed, prepared.cells[0].plan.hash());
    let mut kills = 0;
    for attempt in 0.. {
        let mut child = start(attempt > 0);
        let before = Folder::new(&cell, 2).all();
        let finished = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.success();
            }
            if kills < 3 && Folder::new(&cell, 2).all() != before {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                break false;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        if finished {
            break;
        }
        assert!(attempt < 10, "it never finishes");
    }
    assert!(kills > 0, "it was never killed");
    assert_eq!(timeless(last(&prepared, &whole)), timeless(last(&prepared, &killed)));
    std::fs::remove_dir_all(whole).unwrap();
    std::fs::remove_dir_all(killed).unwrap();
}
