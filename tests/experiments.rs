//! Every committed experiment resolves, or fails only on components that do not exist yet.

use ablate::components::catalogue;
use ablate::config::{Overrides, load};
use ablate::graph::composite::Composites;
use ablate::graph::plan::Plan;
use ablate::graph::{About, Library, absent_everywhere, resolve, view};
use std::path::Path;

/// Errors of all cells of a file, as text, and the plans of those that resolve.
fn plans(file: &str, library: &Library) -> (Vec<Plan>, Vec<String>) {
    let path = Path::new(file);
    let study = load(path, &Overrides::default()).unwrap_or_else(|e| panic!("{file}: {}", e[0].render()));
    let mut errors: Vec<String> = study.problems.iter().map(|p| p.render()).collect();
    let mut found = vec![];
    for cell in study.cells().unwrap_or_else(|e| panic!("{file}: {}", e[0].render())) {
        let about = About {
            experiment: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            variant: cell.variant.clone().unwrap_or_default(),
            base: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            axes: cell.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: vec![],
            finished: &|_| None,
        };
        match resolve(&cell.tree, &about, library) {
            Ok((plan, _)) => found.push(plan),
            Err(problems) => errors.extend(problems.iter().map(|p| p.render())),
        }
    }
    errors.extend(absent_everywhere(&found.iter().collect::<Vec<_>>()).iter().map(|p| p.render()));
    errors.sort();
    errors.dedup();
    (found, errors)
}

#[test]
fn the_quick_start_resolves() {
    let catalogue = catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{}", problems[0].render());
    let library = Library::new(&catalogue, composites);
    let (plans, errors) = plans("experiments/quickstart.toml", &library);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert_eq!(plans.len(), 2);
    for plan in &plans {
        println!("{}", view::who_minimises(plan));
        println!("{}", view::summary_table(&view::summary(plan), 2));
    }
}

#[test]
fn probe() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    for file in std::env::var("PROBE").unwrap_or_default().split_whitespace() {
        let (plans, errors) = plans(file, &library);
        println!("=== {file}: {} plans\n{}", plans.len(), errors.join("\n"));
    }
}
