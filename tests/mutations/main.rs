//! One misspelt word anywhere in the files of `experiments/` and `registry/` is an error that says the right word.

#![allow(clippy::unwrap_used, reason = "a test stops at what cannot be read")]

mod words;

use ablate::components::catalogue;
use ablate::config::{self, Overrides, load};
use ablate::diagnostic::{Diagnostic, Severity, Source};
use ablate::graph::composite::{Composite, Composites};
use ablate::graph::open::{Wired, WiredValue};
use ablate::graph::{About, Library, absent_everywhere, resolve};
use ablate::registry::Edge;
use ablate::study::Papers;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use words::{Word, misspell, words};

/// Files to misspell, and the file to open for each: itself, or a child of a partial one.
const EXPERIMENTS: [(&str, &str); 12] = [
    ("ablation-gates-fusion.toml", "ablation-gates-fusion.toml"),
    ("base/small-64.toml", "quickstart.toml"),
    ("base/uv-completion.toml", "uv-completion/uv-gan.toml"),
    ("cycle-gan.toml", "cycle-gan.toml"),
    ("pix2pix.toml", "pix2pix.toml"),
    ("quickstart.toml", "quickstart.toml"),
    ("table-1-cpu.toml", "table-1-cpu.toml"),
    ("table-1.toml", "table-1.toml"),
    ("uv-completion/attention-res-cunet-gan.toml", "uv-completion/attention-res-cunet-gan.toml"),
    ("uv-completion/res-cunet-gan.toml", "uv-completion/res-cunet-gan.toml"),
    ("uv-completion/res-unet-gan.toml", "uv-completion/res-unet-gan.toml"),
    ("uv-completion/uv-gan.toml", "uv-completion/uv-gan.toml"),
];

const SHARE: usize = 12;

/// Keys whose text is free.
const FREE: [&str; 6] = ["title", "question", "doc", "caption", "root", "labels"];

/// Known gaps: `[study.launch]` is not read yet, and these words are told as wrong without the right one, or pass
/// because a child's or a parent's entry stands in for them.
const GAPS: [&str; 10] =
    ["study", "in", "nodes", "macs", "size", "settings", "use", "pairs", "identity", "mean-colour"];

/// Words that may be anything: nothing else refers to them.
fn is_free(word: &Word) -> bool {
    let Word { key, header, text, .. } = word;
    if header == "study.launch" || GAPS.contains(&text.as_str()) {
        return true;
    }
    if !word.is_key {
        return FREE.contains(&key.as_str());
    }
    // Names of the user's that something may refer to, but need not: a misspelt one is a name as good.
    const OWN: [&str; 4] = ["losses", "evaluations", "stages", "variants"];
    if OWN.contains(&key.as_str()) && header.ends_with(text.as_str()) || header == "study.variants" && key.is_empty() {
        return true;
    }
    // The user's names of tables and figures, rows of baselines, axes.
    let last = header.rsplit('.').next().unwrap_or_default();
    let named = header.starts_with("report.tables.") || header.starts_with("report.figures.");
    (named && text == last && key != text) || key == "baselines"
}

/// Opening a network takes its time, so that one word in twelve is tried, each file's from another start;
/// `ABLATE_ALL_WORDS=1 cargo test --test mutations` tries all.
fn chosen(toml: &str) -> Vec<Word> {
    let all: Vec<Word> = words(toml).into_iter().filter(|w| !is_free(w)).collect();
    match std::env::var_os("ABLATE_ALL_WORDS") {
        Some(_) => all,
        None => all.into_iter().skip(toml.len() % SHARE).step_by(SHARE).collect(),
    }
}

/// What is said proposes the right word, or lists it.
fn proposes(problem: &Diagnostic, word: &str, misspelt: &str) -> bool {
    const PHRASES: [&str; 7] = [
        "is missing",
        "expected a length such as",
        "did you mean",
        "with a similar name exists",
        "expected `",
        "known",
        "has `",
    ];
    let labels = problem.marks.iter().map(|m| m.label.clone());
    let notes = problem.notes.iter().map(|(name, text)| format!("{name}: {text}"));
    let said = [problem.message.clone()].into_iter().chain(labels).chain(notes).chain(problem.help.iter().cloned());
    let said: Vec<String> = said.collect();
    problem.severity == Severity::Error
        && PHRASES.iter().any(|phrase| said.iter().any(|text| text.contains(phrase)))
        && said.iter().any(|text| text.contains(word) || text.contains(misspelt))
}

/// What is wrong with a file: its own problems, then its cells' until one has some.
fn errors(file: &Path, library: &Library) -> Vec<Diagnostic> {
    let study = match load(file, &Overrides::default()) {
        Ok(study) => study,
        Err(problems) => return problems,
    };
    if !study.problems.is_empty() {
        return study.problems;
    }
    let cells = match study.cells() {
        Ok(cells) => cells,
        Err(problems) => return problems,
    };
    let papers = Papers::embedded().unwrap();
    let mut plans = vec![];
    for cell in cells {
        if !cell.problems.is_empty() {
            return cell.problems;
        }
        let about = About {
            experiment: "mutated".into(),
            variant: cell.variant.clone().unwrap_or_default(),
            base: PathBuf::new(),
            axes: cell.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: papers.keys(),
            finished: &|_| None,
        };
        match resolve(&cell.tree, &about, library) {
            Ok((plan, _)) => plans.push(plan),
            Err(problems) => return problems,
        }
    }
    absent_everywhere(&plans.iter().collect::<Vec<_>>())
}

/// Fails with every word that is not proposed; says how many there were.
fn judge(what: &str, results: Vec<Option<String>>) {
    let wrong: Vec<&String> = results.iter().flatten().collect();
    let list = wrong.iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {} {what} words:\n{list}", wrong.len(), results.len());
    assert!(results.len() > 30, "only {} {what} words were tried", results.len());
}

/// One line about a word that is not proposed.
fn verdict(file: &str, toml: &str, word: &Word, misspelt: &str, problems: &[Diagnostic]) -> Option<String> {
    if problems.iter().any(|p| proposes(p, &word.text, misspelt)) {
        return None;
    }
    let line = toml[..word.span.start].matches('\n').count() + 1;
    let said: Vec<&str> = problems.iter().map(|p| p.message.as_str()).take(2).collect();
    Some(format!("{file}:{line}: `{misspelt}` [{}] {} -> {said:?}", word.header, word.key))
}

#[test]
fn a_misspelt_word_of_an_experiment_is_told_with_the_right_one() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations");
    let all = EXPERIMENTS.par_iter().flat_map(|(file, opened)| {
        let toml = std::fs::read_to_string(Path::new("experiments").join(file)).unwrap();
        let words = chosen(&toml);
        let folder = root.join(file.replace('/', "-"));
        let share = words.len().div_ceil(4).max(1);
        let tried = words.par_chunks(share).enumerate().flat_map_iter(|(part, words)| {
            let folder = folder.join(part.to_string());
            copy(Path::new("experiments"), &folder);
            let one = |word: &Word| {
                let (text, misspelt) = misspell(&toml, word);
                std::fs::write(folder.join(file), text).unwrap();
                verdict(file, &toml, word, &misspelt, &errors(&folder.join(opened), &library))
            };
            words.iter().map(one).collect::<Vec<_>>()
        });
        tried.collect::<Vec<_>>()
    });
    judge("experiment", all.collect());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

/// Settings with which a composite is opened: what it requires, and what makes it small.
fn needed(composite: &Composite) -> String {
    let required = composite.settings.iter().any(|s| s.name == "width" && !composite.defaults.contains_key("width"));
    let width = if required { "width = 8\n" } else { "" };
    let more = match (composite.family.as_str(), composite.name.as_str()) {
        ("decoder", "stage") => "gate = \"attention-gate\"",
        ("generator", "coupled-unet" | "coupled-unet-3" | "res-unet") => "encoder = \"resnet18\"",
        _ => "",
    };
    format!("{width}{more}")
}

/// The shape of a port of a composite: maps that belong together are of one size, a decoder's coarse one of half of it.
fn edge(family: &str, port: &str, ty: &str) -> Edge {
    match ty {
        "mask" => Edge::mask(16, 16),
        _ if matches!(family, "discriminator" | "generator") => Edge::image(3, 256, 256),
        "image" if family == "operator" => Edge::image(3, 16, 16),
        "image" => Edge::image(3, 256, 256),
        _ if family == "decoder" && port == "map" => Edge::map(8, 8, 8),
        _ => Edge::map(8, 16, 16),
    }
}

/// What is wrong with a composite when it is opened alone, with all its inputs.
fn opened(library: &Library, full: &str, more: &str, inputs: &[(String, Edge)]) -> Vec<Diagnostic> {
    let text = format!("[nodes.x]\nuse = \"{full}\"\n{more}\n");
    let source = Arc::new(Source { name: "mine.toml".into(), text });
    let tree = config::parse(&source).unwrap();
    let wired = inputs.iter().map(|(port, edge)| Wired {
        port: port.clone(),
        list: false,
        values: vec![WiredValue { edge: edge.clone(), label: port.clone(), decided: None }],
        written: None,
    });
    let wired: Vec<Wired> = wired.collect();
    let mut problems = vec![];
    library.open("x", tree.get(&["nodes", "x"]).unwrap(), &wired, &|_| None, &mut problems);
    problems
}

#[test]
fn a_misspelt_word_of_a_composite_is_told_with_the_right_one() {
    let catalogue = catalogue();
    let (all, _) = Composites::embedded();
    let whole = Library::new(&catalogue, all.clone());
    let names: Vec<(String, String)> = all.iter().map(|c| (c.family.clone(), c.name.clone())).collect();
    let papers: Vec<String> = Papers::embedded().unwrap().keys();
    let results = names.par_iter().flat_map(|(family, name)| {
        let full = format!("{family}/{name}");
        let path = format!("{full}.toml");
        let composite = all.get(family, name).unwrap();
        let toml = composite.source.text.clone();
        let mut others = Composites::default();
        for other in all.iter().filter(|o| o.source.name != composite.source.name) {
            others.add(&other.source, &format!("{}/{}.toml", other.family, other.name), &mut vec![]);
        }
        let ports = composite.inputs.iter().filter(|p| !p.list);
        let inputs: Vec<(String, Edge)> = ports.map(|p| (p.name.clone(), edge(family, &p.name, p.ty.name()))).collect();
        let more = needed(composite);
        let clean = opened(&whole, &full, &more, &inputs);
        assert!(clean.is_empty(), "{full}: {}", clean[0].render());
        let known = papers.contains(&composite.paper) || composite.paper.is_empty();
        assert!(known, "{full}: no paper is called `{}`", composite.paper);
        // What reads a composite's outputs is another file's; its paper is looked at above.
        let mut words = chosen(&toml);
        words.retain(|w| w.key != "paper" && w.key != "out");
        let one = |word: &Word| {
            let (text, misspelt) = misspell(&toml, word);
            let source = Arc::new(Source { name: format!("registry/{path}"), text });
            let (mut composites, mut problems) = (others.clone(), vec![]);
            composites.add(&source, &path, &mut problems);
            if problems.is_empty() {
                problems = opened(&Library::new(&catalogue, composites), &full, &more, &inputs);
            }
            verdict(&path, &toml, word, &misspelt, &problems)
        };
        words.par_iter().map(one).collect::<Vec<_>>()
    });
    judge("composite", results.collect());
}
