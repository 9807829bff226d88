//! What an editor sees of the mistakes, and what only the program can know.

use super::{COMPOSITES, Clean, EXPERIMENTS, Tried, copy, editor, errors, experiments};
use ablate::components::catalogue;
use ablate::diagnostic::Severity;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Every file of a folder and those in it, but for the papers, which no schema describes.
fn toml_files(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (vec![], vec![PathBuf::from(folder)]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.extend(inner);
        found.extend(
            files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "toml") && !f.ends_with("papers.toml")),
        );
    }
    found.sort();
    found
}

/// Experiments that wait for components: they name what no schema knows.
static WAITING: LazyLock<BTreeSet<PathBuf>> = LazyLock::new(|| {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let waits = |file: &PathBuf| !errors(file, &library, &Clean::new(), &mut Clean::new()).is_empty();
    toml_files("experiments").into_par_iter().filter(waits).collect()
});

#[test]
fn every_file_names_the_schema_and_follows_it() {
    let mut wrong = vec![];
    let files: Vec<PathBuf> = ["experiments", "registry"].into_iter().flat_map(toml_files).collect();
    assert!(files.len() > 50, "{}", files.len());
    for file in &files {
        wrong.extend(editor::directive(file).err());
        let value = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let complaint = editor::complaint(&value).filter(|_| !WAITING.contains(file));
        wrong.extend(complaint.map(|text| format!("{}: {text}", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a schema cannot know, by how the program says it: names that the file itself gives or another file holds, ports
/// of what is found by opening the graph, shapes, and what is missing only once layers are merged.
const BEYOND: [&str; 46] = [
    "`_`: 61 coefficients, the model `_` has 62; known: `_` (61), or a folder with 3DDFA's files (62)",
    "`_` applies `_`, which is untrained in stage `_`",
    "`_` cannot concatenate 512x1x1 and 512x2x2",
    "`_` does not exist",
    "`_` gives `_` `_`, elsewhere it is given `_`, `_`",
    "`_` has no input `_`",
    "`_` has no input `_`, did you mean `_`?",
    "`_` is `_`, expected `_`, `_` or `_`",
    "`_` is missing in `_`",
    "`_` is needed, two datasets are drawn",
    "`_` is not a column",
    "`_` is not a wire",
    "`_` offers `_`, which `_` does not know",
    "cannot read `_`",
    "dataset `_` has no `_`",
    "input `_` is missing",
    "loss `_` has no `_`",
    "`_` wants a mask, `_` is a map",
    "no axis is called `_`, did you mean `_`",
    "no column is called `_`, did you mean `_`",
    "no dataset is called `_`, did you mean `_`",
    "no evaluation is called `_`, did you mean `_`",
    "no input is called `_`, did you mean `_`",
    "no input is called `_`, did you mean `_`?",
    "no label is called `_`, did you mean `_`",
    "no label of the axis `_` is called `_`, did you mean `_`",
    "no node is called `_`, did you mean `_`",
    "no paper is called `_`, did you mean `_`",
    "no port of `_` is called `_`, did you mean `_`",
    "no published table is called `_`, did you mean `_`",
    "no setting is called `_`, did you mean `_`",
    "no setting is called `_`, did you mean `_`?",
    "no split is called `_`, did you mean `_`",
    "no stage is called `_`, did you mean `_`",
    "no update is called `_`, did you mean `_`",
    "no variant is called `_`, did you mean `_`",
    "node `_` has neither `_` nor `_`",
    "node `_` is unused",
    "nothing is called `_`",
    "nothing is called `_`, did you mean `_`",
    "nothing is called `_`, did you mean `_`?",
    "setting `_` is unused",
    "several updates, no order: set `_`",
    "stage `_` is idle",
    "update `_` learns nothing",
    "what is switched off must exist: no loss `_`, did you mean `_`",
];

#[test]
fn an_editor_sees_each_misspelt_word_that_a_schema_can_know() {
    let all: Vec<&Tried> = EXPERIMENTS.iter().chain(COMPOSITES.iter()).collect();
    let unseen: Vec<&&Tried> = all.iter().filter(|tried| !tried.seen).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    unseen.iter().for_each(|tried| *kinds.entry(&tried.said).or_default() += 1);
    println!("{} of {} misspelt words are beyond the schema: {kinds:#?}", unseen.len(), all.len());
    // What an axis or a search puts elsewhere is judged where it is put.
    let elsewhere =
        |tried: &Tried| ["[study.axes.", "[study.search."].iter().any(|header| tried.place.contains(header));
    let wrong = unseen.iter().filter(|tried| !BEYOND.contains(&tried.said.as_str()) && !elsewhere(tried));
    let wrong: Vec<String> = wrong.map(|tried| format!("{} -- {}", tried.said, tried.place)).collect();
    assert!(wrong.is_empty(), "the schema does not see:\n{}", wrong.join("\n"));
    // What it cannot know is not to become the greater part.
    assert!(unseen.len() * 5 < all.len() * 2, "{} of {}", unseen.len(), all.len());
}

/// Places whose values can only be judged beside others: what a `$name` stands for, the ends of a range, a size.
const RELATIVE: [&str; 3] = ["settings.*", "study.search.space.", "datasets.*.size (image-folder)"];

#[test]
fn an_editor_sees_each_value_out_of_its_type_or_range() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations").join("values");
    copy(Path::new("experiments"), &folder);
    let mut places = BTreeSet::new();
    let (mut all, mut wrong) = (0, vec![]);
    for file in experiments() {
        let path = Path::new("experiments").join(&file);
        if WAITING.contains(&path) {
            continue;
        }
        let toml = std::fs::read_to_string(&path).unwrap();
        for slip in editor::slips(&toml) {
            if !places.insert(slip.place.clone()) {
                continue;
            }
            all += 1;
            if slip.seen {
                continue;
            }
            // The program may find nothing wrong with it either.
            std::fs::write(folder.join(&file), &slip.toml).unwrap();
            let found = errors(&folder.join(&file), &library, &Clean::new(), &mut Clean::new());
            let said = found.iter().find(|p| p.severity == Severity::Error).map(|p| editor::said(&p.message));
            let known = |said: &String| {
                RELATIVE.iter().any(|place| slip.place.starts_with(place)) || BEYOND.contains(&said.as_str())
            };
            wrong.extend(said.filter(|said| !known(said)).map(|said| format!("{file}: {}: {said}", slip.place)));
        }
        std::fs::write(folder.join(&file), &toml).unwrap();
    }
    assert!(wrong.is_empty(), "of {all} values the schema lets through:\n{}", wrong.join("\n"));
    assert!(all > 200, "{all}");
}

/// Runs an editor's own checker on every file that is right; `None`: it is not installed.
fn checker(name: &str, arguments: &[&str]) -> Option<String> {
    if Command::new(name).arg("--version").output().is_err() {
        println!("skipped: no `{name}` on the path (`pip install {name}`)");
        return None;
    }
    let files = ["experiments", "registry"].into_iter().flat_map(toml_files).filter(|file| !WAITING.contains(file));
    let run = Command::new(name).args(arguments).args(files).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    Some(said)
}

#[test]
fn taplo_finds_nothing_wrong() {
    let schema = format!("file://{}", Path::new("registry/schema.json").canonicalize().unwrap().display());
    // Named on the command line, it asks no catalogue on the network.
    checker("taplo", &["lint", "--schema", &schema]);
}

#[test]
fn tombi_finds_nothing_wrong() {
    // It warns where a table allows what the schema does not name: as good as an error here.
    let said = checker("tombi", &["lint", "--offline"]).unwrap_or_default();
    let warned: Vec<&str> = said.lines().filter(|line| line.contains("strict mode")).collect();
    assert!(warned.is_empty(), "{}", warned.join("\n"));
}
