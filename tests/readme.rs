//! The README's example is an experiment that runs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components;
use ablate::config::Overrides;
use ablate::diagnostic::render_all;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::study::{self, Against, Papers};
use std::path::Path;

#[test]
fn the_example_checks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    // Beside the README, as its paths are written.
    let example = example.replace("\"experiments/", &format!("\"{}/experiments/", root.display()));
    let file = std::env::temp_dir().join(format!("ablate-readme-{}.toml", std::process::id()));
    std::fs::write(&file, example).unwrap();
    let catalogue = components::catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let papers = Papers::embedded().unwrap();
    let against = Against { library: &library, papers: &papers, out: None };
    let prepared =
        study::prepare(&file, &Overrides::default(), against).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert_eq!(prepared.cells.len(), 6);
    assert_eq!(prepared.baseline, "gated");
    std::fs::remove_file(file).unwrap();
}
