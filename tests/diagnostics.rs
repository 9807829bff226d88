//! Error messages, whole: each case under `tests/diagnostics/` is a sentence, a file that extends `base.toml`, and what
//! is said of it. `ABLATE_BLESS=1 cargo test --test diagnostics` writes the texts anew; look at them then.

use ablate::components::catalogue;
use ablate::config::{Overrides, load};
use ablate::diagnostic::Diagnostic;
use ablate::graph::composite::Composites;
use ablate::graph::{About, Library, absent_everywhere, resolve};
use std::path::{Path, PathBuf};

const FOLDER: &str = "tests/diagnostics";

/// One case: where its TOML and its text stand in the Markdown.
struct Case {
    title: String,
    toml: String,
    text: std::ops::Range<usize>,
}

fn cases(markdown: &str) -> Vec<Case> {
    let mut found = vec![];
    let mut title = String::new();
    let mut toml = None;
    let mut at = 0;
    let mut open: Option<(&str, usize)> = None;
    for line in markdown.split_inclusive('\n') {
        let next = at + line.len();
        match (open, line.trim_end()) {
            (None, "```toml") => open = Some(("toml", next)),
            (None, "```text") => open = Some(("text", next)),
            (None, heading) => {
                if let Some(heading) = heading.strip_prefix("## ") {
                    title = heading.to_string();
                }
            }
            (Some(("toml", from)), "```") => {
                toml = Some(markdown[from..at].to_string());
                open = None;
            }
            (Some((_, from)), "```") => {
                let toml = toml.take().unwrap_or_else(|| panic!("`{title}` has no TOML"));
                found.push(Case { title: title.clone(), toml, text: from..at });
                open = None;
            }
            _ => {}
        }
        at = next;
    }
    found
}

/// Everything that is wrong with a file, as it is printed, paths relative to `folder`.
fn said(folder: &Path, library: &Library) -> String {
    let problems = errors(&folder.join("mine.toml"), library);
    let text = problems.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n");
    // Files are named from the current folder where they lie under it.
    let here = std::env::current_dir().unwrap_or_default();
    let near = folder.strip_prefix(&here).unwrap_or(folder);
    text.replace(&format!("{}/", folder.display()), "").replace(&format!("{}/", near.display()), "")
}

/// Files of weights that cases name: some of a network's tensors as PyTorch writes them and one it lacks; the same under
/// the names of ours; something else.
fn write_weights(folder: &Path) {
    let shapes: [(&str, &str, &[usize]); 4] = [
        ("conv.weight", "embedding/conv/weight", &[4, 3, 3, 3]),
        ("norm.weight", "embedding/norm/weight", &[8]),
        ("norm.bias", "embedding/norm/bias", &[4]),
        ("head.weight", "embedding/head/weight", &[2, 16]),
    ];
    let zeros = vec![0; 4 * 4 * 27];
    let view = |shape: &[usize]| {
        let bytes = &zeros[..4 * shape.iter().product::<usize>()];
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes).unwrap()
    };
    let theirs = shapes.map(|(theirs, _, shape)| (theirs, view(shape)));
    let ours = shapes.map(|(_, ours, shape)| (ours, view(shape)));
    safetensors::serialize_to_file(theirs, None, &folder.join("theirs.safetensors")).unwrap();
    safetensors::serialize_to_file(ours, None, &folder.join("ours.safetensors")).unwrap();
    std::fs::write(folder.join("theirs.pth"), "PK and so on").unwrap();
}

fn errors(file: &Path, library: &Library) -> Vec<Diagnostic> {
    let study = match load(file, &Overrides::default()) {
        Ok(study) => study,
        Err(problems) => return problems,
    };
    let cells = match study.cells() {
        Ok(cells) => cells,
        Err(problems) => return problems,
    };
    let mut found: Vec<Diagnostic> = vec![];
    let mut plans = vec![];
    for cell in &cells {
        found.extend(cell.problems.iter().cloned());
        let about = About {
            experiment: "mine".into(),
            variant: cell.variant.clone().unwrap_or_default(),
            base: PathBuf::new(),
            axes: cell.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: vec![],
            finished: &|_| None,
        };
        match resolve(&cell.tree, &about, library) {
            Ok((plan, notes)) => {
                found.extend(notes);
                plans.push(plan);
            }
            Err(problems) => found.extend(problems),
        }
    }
    found.extend(absent_everywhere(&plans.iter().collect::<Vec<_>>()));
    let mut once: Vec<Diagnostic> = vec![];
    found.into_iter().for_each(|problem| {
        if !once.contains(&problem) {
            once.push(problem);
        }
    });
    once
}

#[test]
fn every_case_is_told_exactly_this() {
    let catalogue = catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{}", problems[0].render());
    let library = Library::new(&catalogue, composites);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(format!("{FOLDER}/base.toml"), folder.join("base.toml")).unwrap();
    write_weights(&folder);
    let bless = std::env::var_os("ABLATE_BLESS").is_some();
    let mut files: Vec<PathBuf> = std::fs::read_dir(FOLDER).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "md"));
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = vec![];
    for file in files {
        let markdown = std::fs::read_to_string(&file).unwrap();
        let mut blessed = markdown.clone();
        for case in cases(&markdown).into_iter().rev() {
            std::fs::write(folder.join("mine.toml"), &case.toml).unwrap();
            let text = said(&folder, &library);
            if bless {
                blessed.replace_range(case.text, &text);
            } else if text != markdown[case.text.clone()] {
                let expected = &markdown[case.text];
                wrong.push(format!("{}: {}\n--- expected\n{expected}--- found\n{text}", file.display(), case.title));
            }
        }
        if bless {
            std::fs::write(&file, blessed).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
