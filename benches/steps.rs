//! Steps of the paper's four systems at its size, 256 x 256: seconds and memory. `cargo bench --bench steps`, or with
//! `-- --steps 3 --set train.batch=4 FILE..`.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use ablate::components::catalogue;
use ablate::config::Overrides;
use ablate::diagnostic::render_all;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::graph::view;
use ablate::run::rehearse;
use ablate::study::{Against, Papers, prepare};
use ablate::tensor::{Cpu, memory};
use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const SYSTEMS: [&str; 4] = [
    "experiments/uv-completion/uv-gan.toml",
    "experiments/uv-completion/res-unet-gan.toml",
    "experiments/uv-completion/res-cunet-gan.toml",
    "experiments/uv-completion/attention-res-cunet-gan.toml",
];

/// A paper-size batch would need more memory than most machines have; few people, since only steps are looked at.
const LIGHTER: [&str; 2] = ["train.batch=1", "datasets.pairs.identities=10"];

struct Arguments {
    steps: u64,
    settings: Vec<String>,
    files: Vec<String>,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { steps: 1, settings: LIGHTER.map(String::from).to_vec(), files: vec![] };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--steps" => {
                let number = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                found.steps = number.ok_or("--steps wants a number of at least 1")?;
            }
            "--set" => found.settings.push(words.next().ok_or("--set wants PATH=VALUE")?),
            // What cargo says to every bench.
            "--bench" => {}
            file => found.files.push(file.to_string()),
        }
    }
    if found.files.is_empty() {
        found.files = SYSTEMS.map(String::from).to_vec();
    }
    Ok(found)
}

fn time(file: &str, arguments: &Arguments, against: Against<'_>) -> Result<(), String> {
    let settings = arguments.settings.iter().map(|s| ("--set", s.as_str()));
    let overrides = Overrides::default().with(settings);
    let prepared = prepare(Path::new(file), &overrides, against).map_err(|e| render_all(&e))?;
    let cache = std::env::temp_dir().join("ablate-bench");
    for cell in &prepared.cells {
        let parameters = view::summary(&cell.plan).parameters as f64 / 1e6;
        for part in rehearse(&cell.plan, Cpu::default(), &cache, arguments.steps).map_err(|e| e.to_string())? {
            let mut seconds: Vec<f64> = part.steps.iter().map(|(_, seconds)| *seconds).collect();
            seconds.sort_by(f64::total_cmp);
            let (median, memory) = (seconds[seconds.len() / 2], part.peak_bytes as f64 / 1_048_576.0);
            let (title, stage) = (&cell.spec.title, &part.stage);
            println!("| {title:<24} | {stage:<11} | {parameters:>12.1} | {median:>8.2} | {memory:>12.0} |");
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let told = arguments().and_then(|arguments| {
        let catalogue = catalogue();
        let (composites, _) = Composites::embedded();
        let library = Library::new(&catalogue, composites);
        let papers = Papers::embedded().map_err(|e| e.to_string())?;
        let against = Against { library: &library, papers: &papers, out: None };
        println!("{} step(s), {}", arguments.steps, arguments.settings.join(", "));
        println!("| system                   | stage       | parameters/M | s a step | peak MiB more |");
        println!("|--------------------------|-------------|-------------:|---------:|--------------:|");
        arguments.files.iter().try_for_each(|file| time(file, &arguments, against))
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
