//! `[study.search]`: what is drawn, what is wrong with a search, and searches that are really carried out and killed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;

use ablate::config::{CellSpec, Overrides, canonical, load};
use ablate::diagnostic::{Diagnostic, render_all};
use ablate::record::{SearchRecord, Status, cell_dir, read_cells, read_status};
use folder::Folder;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SEARCH: &str = "[study.search]\nmethod = \"successive-halving\"\ntrials = 4\nfactor = 2\n\
    [study.search.space.rate]\nkey = \"train.optimizer.lr\"\nfrom = 1e-4\nto = 1e-1\nscale = \"log\"\n\
    [study.search.space.loss]\nkey = \"losses.reconstruction.use\"\nvalues = [\"l1\", \"l2\"]\n";

fn cells_of(text: &str) -> Result<Vec<CellSpec>, String> {
    let folder = Folder::new(&[("mine.toml", text)]);
    let said = |problems: Vec<Diagnostic>| folder.plain(&render_all(&problems));
    load(&folder.path("mine.toml"), &Overrides::default()).and_then(|study| study.cells()).map_err(said)
}

fn drawn(text: &str, path: &[&str]) -> Vec<serde_json::Value> {
    let cells = cells_of(text).unwrap_or_else(|e| panic!("{e}"));
    cells.iter().map(|cell| canonical(cell.tree.get(path).unwrap())).collect()
}

#[test]
fn points_are_drawn_from_the_seed_alone_and_more_of_them_begin_alike() {
    let rates = drawn(SEARCH, &["train", "optimizer", "lr"]);
    assert_eq!(rates.len(), 4);
    assert!(rates.iter().all(|r| (1e-4..=1e-1).contains(&r.as_f64().unwrap())), "{rates:?}");
    assert_eq!(rates, drawn(SEARCH, &["train", "optimizer", "lr"]));
    let more = drawn(&SEARCH.replace("trials = 4", "trials = 64"), &["train", "optimizer", "lr"]);
    assert_eq!(more[..4], rates);
    // Evenly over the decades: about a third of the points in each.
    let in_the_lowest = more.iter().filter(|r| r.as_f64().unwrap() < 1e-3).count();
    assert!((11..=32).contains(&in_the_lowest), "{in_the_lowest} of 64");
    assert_ne!(drawn(&SEARCH.replace("factor = 2", "seed = 1"), &["train", "optimizer", "lr"]), rates);
    let whole = SEARCH.replace("from = 1e-4\nto = 1e-1\nscale = \"log\"", "from = 2\nto = 3");
    let mut values = drawn(&whole, &["train", "optimizer", "lr"]);
    values.sort_by_key(|v| v.as_i64());
    assert_eq!(values, [2, 2, 3, 3]);
    let cells = cells_of(SEARCH).unwrap();
    assert!(cells[0].title.starts_with("rate=") && cells[0].title.contains(", loss=l"), "{}", cells[0].title);
    assert_eq!(cells[0].searched, 2);
}

#[test]
fn a_search_is_checked() {
    let wrong = |from: &str, to: &str| cells_of(&SEARCH.replace(from, to)).err().unwrap_or_default();
    let text = wrong("\"successive-halving\"", "\"succesive-halving\"");
    let expected = "error: no method of search is called `succesive-halving`, did you mean `successive-halving`
  --> mine.toml:3:10
";
    assert!(text.starts_with(expected), "{text}");
    for (from, to, expected) in [
        ("trials = 4\n", "", "the search has neither `trials` nor `budget`"),
        ("trials = 4", "trials = 4\nbudget = 2", "`trials` and `budget` say the same"),
        ("trials = 4", "trials = 0", "`trials` is 0, expected at least 1"),
        ("trials = 4", "budget = 0.1", "a budget of 0.1 whole trainings pays for no point"),
        ("trials = 4", "trails = 4", "a key with a similar name exists: `trials`"),
        ("factor = 2", "factor = 1", "`factor` is 1, expected at least 2"),
        ("to = 1e-1", "to = 1e-5", "`to` is 0.00001, expected more than `from`, 0.0001"),
        ("from = 1e-4", "from = 0", "`from` is 0, expected above 0 on a logarithmic scale"),
        ("from = 1e-4\n", "", "`rate` has neither `values` nor `from` and `to`"),
        ("\"log\"", "\"logarithmic\"", "expected `\"linear\"` or `\"log\"`"),
        ("train.optimizer.lr", "trian.optimizer.lr", "unknown key `trian`"),
        ("train.optimizer.lr", "settings.rat", "no setting is called `rat`"),
        ("train.optimizer.lr", "losses.reconstruction.use", "`rate` and `loss` set the same key"),
        ("[\"l1\", \"l2\"]", "[\"l1\", \"l1\"]", "value \"l1\" is given twice"),
        ("factor = 2", "metric = 3", "expected a column of the validation split"),
        ("scale = \"log\"", "values = [1]", "a searched key has `values`, or `from` and `to`"),
    ] {
        let text = wrong(from, to);
        assert!(text.contains(expected), "{from} -> {to}: {text}");
    }
    let few = SEARCH.replace("from = 1e-4\nto = 1e-1\nscale = \"log\"", "values = [0.1]");
    let text = cells_of(&few).expect_err("too few");
    assert!(text.contains("the search asks for 4 points, its space has 2"), "{text}");
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A folder with `mine.toml`: the tiny GAN, twice as long, with a search. Removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let place = Place(std::env::temp_dir().join(format!("ablate-search-{name}-{}", std::process::id())));
        let _ = std::fs::remove_dir_all(&place.0);
        std::fs::create_dir_all(&place.0).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
        let head = format!("format = 1\nextends = [{:?}]\n", fixture.display().to_string());
        let longer = "[stages.completion]\nlength = \"16 steps\"\n[evaluate]\nevery = \"2 steps\"\n";
        std::fs::write(place.0.join("alone.toml"), head.clone() + longer).unwrap();
        std::fs::write(place.0.join("mine.toml"), head + longer + SEARCH).unwrap();
        place
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ablate"));
        command.current_dir(&self.0).args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str], code: i32) -> String {
        let output = self.command(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    fn search(&self, out: &str) -> SearchRecord {
        let text = std::fs::read_to_string(self.0.join(out).join("mine/search.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn halving_keeps_the_better_half_and_the_winner_is_as_if_run_alone() {
    let place = Place::new("halving");
    let said = place.run(&["study", "mine.toml"], 0);
    let search = place.search("runs");
    let rounds = &search.groups[0].rounds;
    assert_eq!(rounds.iter().map(|r| (r.share, r.points.len())).collect::<Vec<_>>(), [(0.25, 4), (0.5, 2), (1.0, 1)]);
    let values: Vec<f64> = rounds[0].points.iter().map(|p| p.value.unwrap()).collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
    assert_eq!(rounds[0].points.iter().map(|p| p.kept).collect::<Vec<_>>(), [true, true, false, false]);
    let went_on = |round: usize| {
        let kept = rounds[round].points.iter().filter(|p| p.kept).map(|p| p.label.clone());
        kept.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(went_on(0), rounds[1].points.iter().map(|p| p.label.clone()).collect());
    let winner = &rounds[2].points[0];
    assert!(said.contains("round 2 of 3: to 50 % of the training"), "{said}");
    assert!(said.contains(&format!("best of 4 points on validation: {}", winner.label)), "{said}");
    let said = place.run(&["status", "mine.toml"], 0);
    assert!(said.contains("4 cells: 1 done, 3 stopped"), "{said}");

    let cells = read_cells(&place.0.join("runs/mine")).unwrap().unwrap();
    let label = |cell: &ablate::record::CellEntry| cells.axes.iter().map(|a| cell.axes[a].clone()).collect::<Vec<_>>();
    let best = cells.cells.iter().find(|cell| label(cell).join(", ") == winner.label).unwrap();
    let sets: Vec<String> = best
        .axes
        .iter()
        .map(|(axis, label)| {
            let key = if axis == "rate" { "train.optimizer.lr" } else { "losses.reconstruction.use" };
            format!("{key}={}", label.split_once('=').unwrap().1)
        })
        .collect();
    place.run(&["run", "alone.toml", "--out", "alone", "--set", &sets[0], "--set", &sets[1]], 0);
    let status = |runs: &str| -> Status { read_status(&cell_dir(&place.0.join(runs), &best.hash)).unwrap().unwrap() };
    assert_eq!(status("alone").test["completion.psnr"], status("runs").test["completion.psnr"]);
}

#[test]
fn a_killed_search_ends_as_one_that_was_not() {
    let place = Place::new("killed");
    place.run(&["study", "mine.toml", "--out", "whole"], 0);
    let mut child = place.command(&["study", "mine.toml", "--out", "parts"]).spawn().unwrap();
    let begun = Instant::now();
    let stopped = || {
        let cells = std::fs::read_dir(place.0.join("parts/cells")).into_iter().flatten().flatten();
        let texts = cells.filter_map(|cell| std::fs::read_to_string(cell.path().join("status.json")).ok());
        texts.filter(|text| text.contains("\"stopped\"")).count()
    };
    while stopped() < 2 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.0.join("parts/mine/search.json").exists());
    // One that was stopped failed since: the search is not decided without it, nor without those that it had not come to.
    let cells = std::fs::read_dir(place.0.join("parts/cells")).unwrap().map(|cell| cell.unwrap().path());
    let stopped = cells.map(|cell| cell.join("status.json")).find(|s| read(s).contains("\"stopped\"")).unwrap();
    std::fs::write(&stopped, read(&stopped).replace("\"stopped\"", "\"failed\"")).unwrap();
    place.run(&["retry", "mine.toml", "--out", "parts", "--jobs", "2"], 0);
    assert_eq!(place.search("parts"), place.search("whole"));
    // Nothing is left to do.
    let said = place.run(&["study", "mine.toml", "--out", "parts"], 0);
    assert!(!said.contains("seed 0 (") || said.contains("reused"), "{said}");
}

#[test]
fn a_metric_must_be_validated() {
    let place = Place::new("metric");
    let text = std::fs::read_to_string(place.0.join("mine.toml")).unwrap();
    std::fs::write(place.0.join("mine.toml"), text.replace("factor = 2", "metric = \"completion.ssim\"")).unwrap();
    let said = place.run(&["check", "mine.toml"], 2);
    assert!(said.contains("error: `completion.ssim` is no column of the validation split"), "{said}");
    assert!(said.contains("= on the validation split: completion.l1, completion.psnr"), "{said}");
}
