//! Where the numbers are from: what ran them, on what, and which runs there are.

use super::{bytes, duration};
use crate::record::{Environment, StudyRecord};
use crate::report::group::Group;
use crate::report::plot::grouped;
use crate::report::table::state_text;
use minijinja::{Value, context};

/// Key and value; where not all runs have the same, each value with how many have it.
pub fn environment(study: &StudyRecord) -> Vec<(String, String)> {
    let all: Vec<&Environment> = study.records.iter().filter_map(|(_, r)| r.environment.as_ref()).collect();
    let crates = |e: &Environment| {
        let all: Vec<String> = e.crates.iter().map(|(name, version)| format!("{name} {version}")).collect();
        all.join(", ")
    };
    let weights = |e: &Environment| {
        let all: Vec<String> = e.weights.iter().map(|w| format!("{} from {}", w.node, w.file)).collect();
        all.join(", ")
    };
    type Of<'a> = &'a dyn Fn(&Environment) -> String;
    let keys: [(&str, Of<'_>); 11] = [
        ("ablate", &|e| e.version.clone()),
        ("commit", &|e| e.commit.clone()),
        ("device", &|e| e.device.clone()),
        ("processor", &|e| e.cpu.clone()),
        ("cores, threads", &|e| format!("{}, {}", e.cores, e.threads)),
        ("memory", &|e| bytes(e.memory_bytes)),
        ("system", &|e| e.os.clone()),
        ("data", &|e| e.data.clone()),
        ("crates", &crates),
        ("weights from files", &weights),
        ("started", &|e| e.started.clone()),
    ];
    keys.iter().filter_map(|(key, of)| Some((key.to_string(), told(key, &all, *of)?))).collect()
}

fn told(key: &str, all: &[&Environment], of: &dyn Fn(&Environment) -> String) -> Option<String> {
    let mut values: Vec<(String, usize)> = Vec::new();
    for value in all.iter().map(|e| of(e)).filter(|v| !v.is_empty()) {
        match values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, n)) => *n += 1,
            None => values.push((value, 1)),
        }
    }
    if key == "started" {
        values.sort();
    }
    match values.as_slice() {
        [] => None,
        [(one, _)] => Some(one.clone()),
        [(first, _), .., (last, _)] if key == "started" => Some(format!("{first} to {last}")),
        several => {
            let runs = |n: &usize| if *n == 1 { "1 run".to_owned() } else { format!("{n} runs") };
            let each: Vec<String> = several.iter().map(|(value, n)| format!("{value} ({})", runs(n))).collect();
            Some(each.join("; "))
        }
    }
}

/// The commands that made the runs, each once.
pub fn commands(study: &StudyRecord) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for command in study.records.iter().filter_map(|(_, r)| r.environment.as_ref()).map(|e| &e.command) {
        if !command.is_empty() && !all.contains(command) {
            all.push(command.clone());
        }
    }
    all
}

/// A row for each cell: what became of it.
pub fn runs(groups: &[Group<'_>]) -> Vec<Value> {
    let cells = groups.iter().flat_map(|g| g.cells.iter().map(move |cell| (g, cell)));
    cells
        .map(|(group, (entry, record))| {
            let status = record.status.as_ref();
            context! {
                title => group.title,
                seed => entry.seed,
                hash => entry.hash,
                state => state_text(status).unwrap_or_else(|| "done".into()),
                done => state_text(status).is_none(),
                steps => status.map(|s| grouped(s.total_steps as f64, 0)),
                selected => status.and_then(|s| s.selected_step).map(|s| grouped(s as f64, 0)),
                time => status.map(|s| duration(s.seconds)),
                seconds => status.map(|s| s.seconds),
                memory => status.map(|s| bytes(s.peak_bytes())),
                bytes => status.map(|s| s.peak_bytes()),
            }
        })
        .collect()
}

/// `3 variants, 3 seeds; 9 of 9 runs done; 2 h 3 min of computing`.
pub fn extent(study: &StudyRecord, groups: &[Group<'_>]) -> String {
    let all = study.records.len();
    let done = groups.iter().map(|g| g.done().count()).sum::<usize>();
    let mut seeds: Vec<u64> = study.records.iter().map(|(entry, _)| entry.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let many = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let seconds: f64 = study.records.iter().filter_map(|(_, r)| r.status.as_ref()).map(|s| s.seconds).sum();
    let runs = format!("{done} of {} done", many(all, "run"));
    let mut parts = vec![many(groups.len(), "variant"), many(seeds.len(), "seed"), runs];
    if seconds > 0.0 {
        parts.push(format!("{} of computing", duration(seconds)));
    }
    parts.join(", ")
}
