//! Drawing the page of a study of 24 cells: 8 variants by 3 seeds, 1000 recorded steps, 20 evaluations and 300 test samples
//! each, figures of all kinds. Records are made up here; reading them is part of what is timed.
//!
//! `cargo bench --bench report`: seconds of each of three drawings. The limit is 5 s.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and fails by panicking")]

#[path = "../tests/report/fixture.rs"]
#[allow(dead_code, reason = "the bench needs a part of the fixture")]
mod fixture;
#[path = "../tests/report/samples.rs"]
mod samples;

use ablate::record::{CellEntry, CellRecord, Event, EventLog, Status, cell_dir, write_json};
use ablate::report::{Options, write};
use samples::noise;
use std::path::Path;
use std::time::Instant;

const VARIANTS: u64 = 8;
const SEEDS: u64 = 3;
const SAMPLES: u64 = 300;

fn main() {
    let runs = fixture::runs("bench");
    let mut cells = Vec::new();
    for (variant, seed) in (0..VARIANTS).flat_map(|v| (0..SEEDS).map(move |s| (v, s))) {
        let (name, hash) = (format!("variant-{variant}"), format!("{variant}-{seed}"));
        let dir = cell_dir(&runs, &hash);
        fixture::cell(&dir, &name, f64::from(u8::from(variant % 2 == 1)));
        lengthen(&dir);
        measure(&dir, variant, seed);
        let title = format!("Variant {variant}");
        cells.push(CellEntry { variant: name, title, seed, hash, baseline: variant == 0, ..CellEntry::default() });
    }
    let study = fixture::write_study(&runs, cells);
    for _ in 0..3 {
        let started = Instant::now();
        let files = write(&study, &runs, &Options::default()).unwrap();
        let size = std::fs::metadata(&files.index).unwrap().len();
        println!("24 cells: {:.2} s, page of {} KiB", started.elapsed().as_secs_f64(), size / 1024);
    }
}

/// To a thousand steps and twenty evaluations, by repeating what is there.
fn lengthen(dir: &Path) {
    let record = CellRecord::read(dir).unwrap();
    let steps: Vec<_> = record.steps().cloned().collect();
    let evaluations: Vec<_> = record.evaluations().cloned().collect();
    let mut log = EventLog::open(dir).unwrap();
    for k in steps.len()..1000 {
        let mut step = steps[k % steps.len()].clone();
        step.total_step = 2 * (k as u64 + 1);
        log.append(&Event::Step(step)).unwrap();
    }
    for k in evaluations.len()..20 {
        let mut evaluation = evaluations[k % evaluations.len()].clone();
        evaluation.total_step = 100 * (k as u64 + 1);
        log.append(&Event::Evaluation(evaluation)).unwrap();
    }
    log.sync().unwrap();
}

/// Gives every column values of single samples, so that everything is tested.
fn measure(dir: &Path, variant: u64, seed: u64) {
    let path = dir.join("status.json");
    let mut status: Status = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    status.seed = seed;
    for (column, summary) in status.test.values_mut().enumerate() {
        let key = (variant * 100 + seed * 10 + column as u64) * SAMPLES;
        summary.values = (0..SAMPLES).map(|i| Some(summary.mean + summary.std * noise(key + i))).collect();
        summary.n = SAMPLES;
    }
    write_json(&path, &status).unwrap();
}
