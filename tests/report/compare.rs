//! `ablate compare`: what it says of runs that differ, that do not, that are not finished, and of names that fit nothing.

use crate::significance::{as_made, study};
use ablate::record::{
    CellRecord, Environment, EvaluationRecord, Event, EventLog, Provenance, State, cell_dir, write_config, write_json,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Plain and Gated, three seeds each, with configuration and environment; `0-<seed>` and `1-<seed>` are their cells.
fn runs(name: &str) -> PathBuf {
    let files = study(&format!("compare-{name}"), &["Plain", "Gated"], 0..3, as_made);
    let runs = files.index.parent().unwrap().parent().unwrap().to_owned();
    for (variant, seed) in (0..2).flat_map(|v| (0..3).map(move |s| (v, s))) {
        let dir = cell_dir(&runs, &format!("{variant}-{seed}"));
        let gate = if variant == 0 { "\"none\"" } else { "\"attention-gate\"" };
        configure(&dir, &[("nodes.generator.gate", gate), ("run.seed", &seed.to_string()), ("train.batch", "8")]);
        environment(&dir, "pairs=1");
    }
    runs
}

fn configure(dir: &Path, values: &[(&str, &str)]) {
    let value = |(key, value): &(&str, &str)| Provenance {
        key: (*key).into(),
        value: (*value).into(),
        origin: "experiments/x.toml:1".into(),
    };
    write_config(dir, &values.iter().map(value).collect::<Vec<_>>()).unwrap();
}

fn environment(dir: &Path, data: &str) {
    let environment = Environment { version: "0.1.0".into(), threads: 2, data: data.into(), ..Environment::default() };
    write_json(&dir.join("environment.json"), &environment).unwrap();
}

fn change(dir: &Path, change: impl Fn(&mut ablate::record::Status)) {
    let mut status = CellRecord::read(dir).unwrap().status.unwrap();
    change(&mut status);
    write_json(&dir.join("status.json"), &status).unwrap();
}

/// Exit code, standard output and error.
fn ablate(runs: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ablate"))
        .args(["compare", "--out"])
        .arg(runs)
        .args(arguments)
        .current_dir(runs)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn said(runs: &Path, arguments: &[&str]) -> String {
    let (code, out, error) = ablate(runs, arguments);
    assert_eq!(code, 0, "{error}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "wider than 80 columns:\n{out}");
    out
}

#[test]
fn variants_of_a_study_are_compared_over_their_seeds() {
    let runs = runs("variants");
    let text = said(&runs, &["ablation"]);
    for part in [
        "A  Plain of ablation, seeds 0 1 2 (0-0, 0-1, 0-2)\nB  Gated of ablation, seeds 0 1 2 (1-0, 1-1, 1-2)",
        "Configuration: 1 of 3 keys differs\n  nodes.generator.gate\n    A  \"none\"\n    B  \"attention-gate\"\n",
        "Environment: no difference",
        "Metrics, B less A",
        "30 samples, 3 of 3 seeds",
        "Holm-corrected over 2\n",
    ] {
        assert!(text.contains(part), "`{part}` is lacking in\n{text}");
    }
    let line = |name: &str| text.lines().find(|l| l.trim_start().starts_with(name)).unwrap();
    assert!(line("a.psnr (dB)").ends_with("better") && line("a.l1").ends_with("not significant"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours where nobody sees them");
    // The same by the variants' names, turned round.
    let text = said(&runs, &["ablation:gated", "ablation/:plain"]);
    assert!(text.starts_with("A  Gated of ablation") && text.contains("\n  a.psnr (dB)"), "{text}");
    assert!(text.lines().any(|l| l.contains("a.psnr") && l.ends_with("worse")), "{text}");
}

#[test]
fn machines_read_the_same() {
    let runs = runs("json");
    let all: Value = serde_json::from_str(&said_json(&runs, &["--json", "ablation"])).unwrap();
    assert_eq!(all["configuration"][0]["key"], "nodes.generator.gate");
    assert_eq!(all["configuration"][0]["values"], serde_json::json!(["\"none\"", "\"attention-gate\""]));
    assert_eq!((&all["identical"], &all["runs"][1]["cells"][2]["seed"]), (&false.into(), &2.into()));
    let psnr = &all["metrics"].as_array().unwrap().iter().find(|m| m["column"] == "a.psnr").unwrap()["against-a"][0];
    assert_eq!((&psnr["run"], &psnr["found"], &psnr["seeds"]), (&"B".into(), &"better".into(), &3.into()));
    let number = |key: &str| psnr[key].as_f64().unwrap();
    assert!(number("low") < number("difference") && number("difference") < number("high") && number("p-holm") < 1e-6);
}

fn said_json(runs: &Path, arguments: &[&str]) -> String {
    let (code, out, error) = ablate(runs, arguments);
    assert_eq!(code, 0, "{error}");
    out
}

#[test]
fn single_cells_are_paired_by_their_test_samples() {
    let runs = runs("cells");
    let text = said(&runs, &["cells/0-0", "cells/1-1"]);
    assert!(text.contains("  run.seed\n    A  0\n    B  1\n"), "{text}");
    assert!(text.contains("30 samples, 1 seed") && text.contains("better"), "{text}");
    assert!(text.contains("Seeds differ (A: 0; B: 1): part of the difference is that of two trainings."), "{text}");
    assert!(text.contains("One training of each: what another would give is not tested."), "{text}");
    let text = said(&runs, &["ablation:plain:0", "ablation:gated:2"]);
    assert!(text.starts_with("A  Plain of ablation, seed 0 (0-0)\nB  Gated of ablation, seed 2 (1-2)\n"), "{text}");
}

#[test]
fn identical_runs_are_called_so() {
    let runs = runs("same");
    let text = said(&runs, &["cells/0-0", "cells/0-0"]);
    assert!(text.contains("Configuration: no difference\n\nEnvironment: no difference\n"), "{text}");
    assert!(text.contains("The runs are identical: same configuration, same environment, same numbers."), "{text}");
    assert!(!said(&runs, &["ablation"]).contains("identical"));
}

#[test]
fn other_data_and_other_machines_are_told() {
    let runs = runs("data");
    environment(&cell_dir(&runs, "1-0"), "pairs=2");
    let text = said(&runs, &["cells/0-0", "cells/1-0"]);
    assert!(text.contains("Environment: one fact differs\n  data\n    A  pairs=1\n    B  pairs=2\n"), "{text}");
    assert!(text.contains("not tested: not of the same data") && !text.contains("better"), "{text}");
    assert!(text.contains("B was given other data than A: their metrics are not of the same data."), "{text}");
}

#[test]
fn an_unfinished_run_is_compared_as_far_as_it_went() {
    let runs = runs("unfinished");
    for (cell, state) in [("0-0", State::Done), ("1-0", State::Interrupted)] {
        let dir = cell_dir(&runs, cell);
        change(&dir, |status| {
            status.state = state;
            if state != State::Done {
                status.test.clear();
            }
        });
        let mut log = EventLog::open(&dir).unwrap();
        for step in [100, 200, 300].into_iter().take(if state == State::Done { 3 } else { 2 }) {
            let mut columns = CellRecord::read(&cell_dir(&runs, "0-1")).unwrap().status.unwrap().test;
            columns.values_mut().for_each(|s| s.mean = step as f64);
            log.append(&Event::Evaluation(EvaluationRecord {
                stage: "s".into(),
                step,
                total_step: step,
                split: "validation".into(),
                columns,
                baselines: Default::default(),
                seconds: 1.0,
                selected: false,
            }))
            .unwrap();
        }
    }
    let text = said(&runs, &["cells/0-0", "cells/1-0"]);
    let notes = "B is not finished (seed 0 interrupted at step 200): compared is what is there.";
    assert!(text.contains(notes), "{text}");
    assert!(text.lines().any(|l| l.contains("a.psnr (dB)") && l.ends_with(" -")), "{text}");
    assert!(text.contains("  validation, step 200:\n"), "{text}");
    assert!(text.lines().any(|l| l.contains("a.psnr (dB)") && l.contains("200.00")), "{text}");
    std::fs::remove_file(cell_dir(&runs, "1-1").join("status.json")).unwrap();
    let text = said(&runs, &["cells/0-1", "cells/1-1"]);
    assert!(text.contains("B is not finished (seed 1 not started): compared is what is there."), "{text}");
}

/// Two variants of a file that nobody ran: their configurations can be told apart all the same.
#[test]
fn files_are_compared_before_they_are_run() {
    let runs = runs("files");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.toml");
    let of = |variant: &str| format!("{}:{variant}", file.display());
    let text = said(&runs, &[&of("uv-gan"), &of("attention-res-cunet:0")]);
    assert!(text.contains("  nodes.generator.gate\n    A  unset\n    B  \"attention-gate\"\n"), "{text}");
    assert!(text.contains("Environment: not known of two runs") && text.contains("neither run has any"), "{text}");
    assert!(text.contains("A is not finished (seed 0 not started): compared is what is there."), "{text}");
    let (code, _, error) = ablate(&runs, &[&file.display().to_string(), "cells/0-0"]);
    assert!(code == 1 && error.contains("quickstart.toml:VARIANT`; it has\n  `uv-gan`, seed 0\n"), "{error}");
}

#[test]
fn without_a_shared_seed_or_values_of_samples_the_reason_is_given() {
    let runs = runs("why");
    std::fs::remove_dir_all(cell_dir(&runs, "1-0")).unwrap();
    change(&cell_dir(&runs, "0-1"), |s| s.state = State::Failed);
    change(&cell_dir(&runs, "0-2"), |s| s.state = State::Failed);
    let text = said(&runs, &["ablation"]);
    assert!(text.contains("not tested: no seed is shared"), "{text}");
    for cell in ["0-0", "1-1"] {
        change(&cell_dir(&runs, cell), |s| s.test.values_mut().for_each(|v| v.values.clear()));
    }
    let text = said(&runs, &["cells/0-0", "cells/1-1"]);
    assert!(text.contains("not tested: values of single test samples were not kept"), "{text}");
}

#[test]
fn names_that_fit_nothing_are_answered_with_help() {
    let runs = runs("names");
    for name in ["aa110000", "aa220000"] {
        let (from, to) = (cell_dir(&runs, "0-0"), cell_dir(&runs, name));
        std::fs::create_dir_all(&to).unwrap();
        std::fs::copy(from.join("status.json"), to.join("status.json")).unwrap();
    }
    for (arguments, words) in [
        (&["aa", "cells/0-0"][..], &["`aa` is the beginning of 2 cells", "aa110000  ablation, plain, seed 0"][..]),
        (&["bb", "cells/0-0"], &["no cell under ", " begins with `bb`", "holds 8 cells"]),
        (&["nothing.toml", "aa11"], &["nothing.toml is no folder, no file, and no beginning of a cell's hash"]),
        (&["ablation:gatet", "aa11"], &["no cell of ", " fits `ablation:gatet`; it has\n  `plain`, seed 0 1 2"]),
        (&["ablation:plain:7", "aa11"], &[" fits `ablation:plain:7`"]),
        (&["cells/0-0"], &["one run alone cannot be compared"]),
        (&["cells", "aa11"], &["cells is no run: it holds neither `status.json` (a cell) nor `cells.json`"]),
    ] {
        let (code, out, error) = ablate(&runs, arguments);
        assert!(code == 1 && out.is_empty(), "{arguments:?}: {code} {out}");
        assert!(words.iter().all(|w| error.contains(w)), "{arguments:?}: {error}");
    }
    let text = said(&runs, &["aa11", "AA22"]);
    assert!(text.starts_with("A  plain of ablation, seed 0 (aa110000)\nB  plain"), "{text}");
}
