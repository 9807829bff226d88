//! One misspelt word anywhere in the files of `experiments/` and `registry/` is an error that says the right word, and one
//! that editors see too where a schema can say what is right.

#![allow(clippy::unwrap_used, reason = "a test stops at what cannot be read")]
#![allow(clippy::print_stdout, reason = "a test that skips says so")]

mod editor;
mod seen;
mod words;

use ablate::components::catalogue;
use ablate::config::{self, CellSpec, Overrides, canonical, load};
use ablate::diagnostic::{Diagnostic, Severity, Source};
use ablate::graph::composite::{Composite, Composites};
use ablate::graph::open::{Wired, WiredValue};
use ablate::graph::plan::Plan;
use ablate::graph::{About, Library, absent_everywhere, check_partial, resolve};
use ablate::registry::{Edge, Type};
use ablate::study::{Papers, report_of_the_study};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use words::{Word, misspell, words};

/// Partial files, each with a child that is checked in its place once the file's own check has said nothing.
const CHILDREN: [(&str, &str); 2] =
    [("base/small-64.toml", "uv-completion/cpu/uv-gan.toml"), ("base/uv-completion.toml", "uv-completion/uv-gan.toml")];

/// Keys whose text is free.
const FREE: [&str; 6] = ["title", "question", "doc", "caption", "root", "labels"];

/// Words that may be anything: nothing else refers to them.
fn is_free(word: &Word) -> bool {
    let Word { key, header, text, .. } = word;
    // What a search puts where is known only once its points are drawn: its own tests look at that.
    if header == "study.launch" || header.starts_with("study.search.space") {
        return true;
    }
    if !word.is_key {
        // Files of a dataset's folder.
        if header.starts_with("datasets.") && ["landmarks", "list", "poses"].contains(&key.as_str()) {
            return true;
        }
        // A folder may stand in `[settings]`, too.
        return FREE.contains(&key.as_str()) || key.ends_with("-root");
    }
    // Names of the user's that something may refer to, but need not (a dataset that takes the place of an extended file's):
    // a misspelt one is a name as good.
    const OWN: [&str; 5] = ["datasets", "losses", "evaluations", "stages", "variants"];
    let of_header = header.split('.').any(|part| part == text);
    if OWN.contains(&key.as_str()) && of_header || header == "study.variants" && key.is_empty() {
        return true;
    }
    // The user's names of tables and figures, rows of baselines, axes.
    let last = header.rsplit('.').next().unwrap_or_default();
    let named = header.starts_with("report.tables.") || header.starts_with("report.figures.");
    // `baselines = { mirrored = { prediction = "mirror" }, mean-colour = { .. } }`
    (named && text == last && key != text) || word.statement == "baselines" && word.opens
}

fn chosen(toml: &str) -> Vec<Word> {
    // Where no stage lists its updates, nothing refers to their names.
    let is_listed = toml.contains("updates =");
    words(toml).into_iter().filter(|w| !is_free(w) && (is_listed || w.key != "updates")).collect()
}

/// What is said proposes the right word, or lists it.
fn proposes(problem: &Diagnostic, word: &str, misspelt: &str) -> bool {
    const PHRASES: [&str; 8] = [
        "expected one of",
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
    // The misspelt word holds the right one: it must be said beside it.
    let said: Vec<String> = said.map(|text| text.replace(misspelt, "")).collect();
    problem.severity == Severity::Error
        && PHRASES.iter().any(|phrase| said.iter().any(|text| text.contains(phrase)))
        && said.iter().any(|text| text.contains(word))
}

/// The cells of a file as it is, by all that they say: a word that leaves one as it was need not be looked at there.
type Clean = HashMap<String, Plan>;

/// What is wrong with a file: its own problems, then its cells' until one has some. Plans of cells that are not among
/// `clean` go to `fresh`.
fn errors(file: &Path, library: &Library, clean: &Clean, fresh: &mut Clean) -> Vec<Diagnostic> {
    // Seeds make more cells, and no other ones.
    let study = match load(file, &Overrides::default().with([("--seed", "study.seeds=[0]")])) {
        Ok(study) => study,
        Err(problems) => return problems,
    };
    let papers = Papers::embedded().unwrap();
    let about = |cell: Option<&CellSpec>| About {
        experiment: "mutated".into(),
        variant: cell.and_then(|c| c.variant.clone()).unwrap_or_default(),
        base: PathBuf::new(),
        axes: cell.into_iter().flat_map(|c| c.axes.iter().map(|(axis, ..)| axis.clone())).collect(),
        papers: papers.keys(),
        finished: &|_| None,
    };
    let mut problems = study.problems.clone();
    if study.partial {
        problems.extend(check_partial(&study.base, &about(None), library));
        return problems;
    }
    let cells = study.cells().unwrap_or_else(|found| {
        problems.extend(found);
        vec![]
    });
    let mut names = vec![];
    for mut cell in cells {
        if study.is_study() {
            report_of_the_study(&mut cell.tree, &study.base);
        }
        problems.extend(cell.problems.iter().cloned());
        if !problems.is_empty() {
            return problems;
        }
        let name = format!("{:?} {:?} {}", cell.variant, about(Some(&cell)).axes, canonical(&cell.tree));
        if !clean.contains_key(&name) {
            match resolve(&cell.tree, &about(Some(&cell)), library) {
                Ok((plan, _)) => drop(fresh.insert(name.clone(), plan)),
                Err(problems) => return problems,
            }
        }
        names.push(name);
    }
    problems.extend(absent_everywhere(&names.iter().filter_map(|n| clean.get(n).or(fresh.get(n))).collect::<Vec<_>>()));
    problems
}

/// A word that was misspelt.
struct Tried {
    /// A line about it where the right one is not proposed.
    verdict: Option<String>,
    /// The error, without its names.
    said: String,
    /// Whether the schema sees it.
    seen: bool,
    place: String,
}

impl Tried {
    fn new(
        file: &str,
        (text, right): (&str, &str),
        word: &Word,
        verdict: Option<String>,
        problems: &[Diagnostic],
    ) -> Self {
        let said = problems.iter().find(|p| p.severity == Severity::Error).map(|p| editor::said(&p.message));
        let place = format!("{file}: `{}` [{}] {}", word.text, word.header, word.key);
        Tried { verdict, said: said.unwrap_or_default(), seen: editor::sees(text, right), place }
    }
}

/// Fails with every word that is not proposed; says how many there were.
fn judge(what: &str, results: &[Tried]) {
    let wrong: Vec<&String> = results.iter().filter_map(|tried| tried.verdict.as_ref()).collect();
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

/// Every experiment file, relative to `experiments/`.
fn experiments() -> Vec<String> {
    let mut found = vec![];
    let mut folders = vec![PathBuf::from("experiments")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("toml") => found.push(path.strip_prefix("experiments").unwrap().to_string_lossy().into_owned()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// A file to misspell, the files to open for it, and their cells as they are.
struct Victim {
    file: String,
    toml: String,
    opened: Vec<(String, Clean)>,
}

/// `None` for files that wait for components: `tests/experiments.rs` lists them.
fn victim(file: String, library: &Library) -> Option<Victim> {
    let child = CHILDREN.iter().find(|(partial, _)| *partial == file).map(|(_, child)| child.to_string());
    let toml = std::fs::read_to_string(Path::new("experiments").join(&file)).unwrap();
    let opened = [file.clone()].into_iter().chain(child).map(|name| {
        let mut fresh = Clean::new();
        let found = errors(&Path::new("experiments").join(&name), library, &Clean::new(), &mut fresh);
        found.is_empty().then_some((name, fresh))
    });
    let opened = opened.collect::<Option<Vec<_>>>()?;
    Some(Victim { file, toml, opened })
}

/// Every word of the experiments, misspelt.
static EXPERIMENTS: LazyLock<Vec<Tried>> = LazyLock::new(|| {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations");
    let victims: Vec<Victim> = experiments().into_par_iter().filter_map(|file| victim(file, &library)).collect();
    assert!(victims.len() >= 13, "only {} files resolve", victims.len());
    let all = victims.par_iter().flat_map(|Victim { file, toml, opened }| {
        let words = chosen(toml);
        let folder = root.join(file.replace('/', "-"));
        let share = words.len().div_ceil(4).max(1);
        let tried = words.par_chunks(share).enumerate().flat_map_iter(|(part, words)| {
            let folder = folder.join(part.to_string());
            copy(Path::new("experiments"), &folder);
            let one = |word: &Word| {
                let (text, misspelt) = misspell(toml, word);
                std::fs::write(folder.join(file), &text).unwrap();
                let mut found = vec![];
                let looked = |(name, clean): &(String, Clean)| {
                    let problems = errors(&folder.join(name), &library, clean, &mut Clean::new());
                    let verdict = verdict(file, toml, word, &misspelt, &problems);
                    found.extend(problems);
                    verdict
                };
                let verdict = opened.iter().map(looked).reduce(Option::and).flatten();
                Tried::new(file, (&text, toml), word, verdict, &found)
            };
            words.iter().map(one).collect::<Vec<_>>()
        });
        tried.collect::<Vec<_>>()
    });
    all.collect()
});

#[test]
fn a_misspelt_word_of_an_experiment_is_told_with_the_right_one() {
    judge("experiment", &EXPERIMENTS);
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
fn needed(composite: &Composite) -> [String; 2] {
    let required = composite.settings.iter().any(|s| s.name == "width" && !composite.defaults.contains_key("width"));
    let width = if required { "width = 8\n" } else { "" };
    let more = match (composite.family.as_str(), composite.name.as_str()) {
        ("decoder", "stage" | "transposed-stage") => "gate = \"attention-gate\"",
        ("generator", "coupled-unet" | "coupled-unet-3" | "res-unet") => "encoder = \"resnet18\"",
        _ => "",
    };
    [width.to_string(), format!("{width}{more}")]
}

/// The shape of a port of a composite: maps that belong together are of one size, a decoder's coarse one of half of it.
fn edge(family: &str, port: &str, ty: &str) -> Edge {
    match ty {
        "mask" => Edge::mask(16, 16),
        // As many as the procedural model has.
        "coefficients" => Edge::new(Type::Coefficients, [61, 1, 1]),
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

/// Every word of the composites, misspelt.
static COMPOSITES: LazyLock<Vec<Tried>> = LazyLock::new(|| {
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
        let [required, more] = needed(composite);
        let clean = opened(&whole, &full, &more, &inputs);
        assert!(clean.is_empty(), "{full}: {}", clean[0].render());
        let known = papers.contains(&composite.paper) || composite.paper.is_empty();
        assert!(known, "{full}: no paper is called `{}`", composite.paper);
        // What reads a composite's outputs is another file's; its paper is looked at above.
        let mut words = chosen(&toml);
        words.retain(|w| w.key != "paper" && w.key != "out");
        let one = |word: &Word| {
            let (text, misspelt) = misspell(&toml, word);
            let source = Arc::new(Source { name: format!("registry/{path}"), text: text.clone() });
            let (mut composites, mut problems) = (others.clone(), vec![]);
            composites.add(&source, &path, &mut problems);
            if problems.is_empty() {
                let library = Library::new(&catalogue, composites);
                problems = opened(&library, &full, &more, &inputs);
                if problems.is_empty() && word.key == "default" {
                    problems = opened(&library, &full, &required, &inputs);
                }
            }
            let verdict = verdict(&path, &toml, word, &misspelt, &problems);
            Tried::new(&path, (&text, &toml), word, verdict, &problems)
        };
        words.par_iter().map(one).collect::<Vec<_>>()
    });
    results.collect()
});

#[test]
fn a_misspelt_word_of_a_composite_is_told_with_the_right_one() {
    judge("composite", &COMPOSITES);
}
