//! What is asked of a study without running it: checking the largest experiment, and listing and summarising 10,000
//! finished cells. `cargo bench --bench studies`, or one of the two with `-- check`, `-- list`; each time is the median of
//! several, with everything in the page cache. A file after `check` is checked alone, for profiles.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use ablate::components::catalogue;
use ablate::config::Overrides;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::record::{
    CellEntry, Cells, Column, State, Status, Summary, cell_dir, read_cells, write_json, write_status,
};
use ablate::study::{Against, Papers, check, standings};
use ablate::tensor::memory;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// As the program's.
#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const CELLS: u64 = 10_000;
const TIMES: usize = 9;

/// Median of several, in milliseconds, after one that is not counted.
fn median(mut f: impl FnMut()) -> f64 {
    f();
    let one = |_| {
        let begun = Instant::now();
        f();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..TIMES).map(one).collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

fn experiments(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            experiments(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
}

/// The slowest of all experiments to check that is right, with its time and the number of its cells.
fn checking() {
    let catalogue = catalogue();
    let papers = Papers::embedded().unwrap();
    let mut files: Vec<PathBuf> = words().filter(|word| word.ends_with(".toml")).map(PathBuf::from).collect();
    if files.is_empty() {
        experiments(Path::new("experiments"), &mut files);
    }
    let time = |file: &PathBuf| {
        median(|| {
            let library = Library::new(&catalogue, Composites::on_demand());
            let against = Against { library: &library, papers: &papers, out: None };
            // One that waits for another's weights is refused after the same work.
            let _ = check(file, &Overrides::default(), against);
        })
    };
    let mut times: Vec<(f64, &PathBuf)> = files.iter().map(|file| (time(file), file)).collect();
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (milliseconds, file) in times.iter().take(3) {
        row(&format!("check {}", file.display()), *milliseconds);
    }
}

/// A study of so many finished cells, each with the columns of a paper's table and two baselines.
fn study(runs: &Path) -> PathBuf {
    let names: Vec<String> = (0..16).map(|i| format!("completion.metric-{i}")).collect();
    let column = |name: &String| Column { name: name.clone(), label: "PSNR".into(), decimals: 2, ..Default::default() };
    let mut cells = Cells { format: ablate::record::FORMAT, ..Default::default() };
    for seed in 0..CELLS {
        let mean = seed as f64 / 3.0;
        let summary = Summary { mean, std: 1.0 / 7.0, n: 100, values: vec![Some(mean); 100], ..Default::default() };
        let test: BTreeMap<String, Summary> = names.iter().map(|n| (n.clone(), summary.clone())).collect();
        let hash = format!("{seed:016x}");
        let status = Status {
            state: State::Done,
            seed,
            hash: hash.clone(),
            columns: names.iter().map(column).collect(),
            baselines: ["mirror", "mean"].map(|row| (row.to_string(), test.clone())).into(),
            test,
            ..Default::default()
        };
        let folder = cell_dir(runs, &hash);
        std::fs::create_dir_all(&folder).unwrap();
        write_status(&folder, &status).unwrap();
        cells.cells.push(CellEntry { variant: format!("v{}", seed % 40), seed, hash, ..Default::default() });
    }
    let folder = runs.join("study");
    write_json(&folder.join("cells.json"), &cells).unwrap();
    folder
}

fn listing() {
    let runs = std::env::temp_dir().join(format!("ablate-bench-cells-{}", std::process::id()));
    let folder = study(&runs);
    let mut rows = 0;
    let milliseconds = median(|| {
        let index = read_cells(&folder).unwrap().unwrap();
        let mut sums: BTreeMap<(&str, &str), (f64, u64)> = BTreeMap::new();
        let cells = standings(&index, &runs);
        for cell in &cells {
            for (column, summary) in &cell.status.as_ref().unwrap().test {
                let sum = sums.entry((&cell.entry.variant, column)).or_default();
                (sum.0, sum.1) = (sum.0 + summary.mean, sum.1 + 1);
            }
        }
        rows = sums.len();
    });
    assert_eq!(rows, 40 * 16);
    row(&format!("list {CELLS} cells, means of 16 columns by variant"), milliseconds);
    std::fs::remove_dir_all(runs).unwrap();
}

fn row(what: &str, milliseconds: f64) {
    println!("| {what:<52} | {milliseconds:>8.1} |");
}

fn words() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|word| word != "--bench")
}

fn main() {
    println!("| what                                                 |       ms |");
    println!("|------------------------------------------------------|---------:|");
    let wanted = |what: &str| words().next().is_none() || words().any(|word| word == what);
    if wanted("check") {
        checking();
    }
    if wanted("list") {
        listing();
    }
}
