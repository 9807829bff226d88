//! The files that are made from the registry's cards: `registry/schema.json` for editors, `registry/catalogue.md` for
//! people. Each is compared with what the cards say now; `ABLATE_BLESS=1 cargo test --test generated` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components::catalogue;
use ablate::graph::composite::Composites;
use ablate::graph::{Library, view};
use std::path::Path;

/// Writes the file if asked to, else holds it against `now`.
fn fresh(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("ABLATE_BLESS").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(now.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| written.lines().count().min(now.lines().count())) + 1;
    assert!(written == now, "{file} is stale from line {line}: `ABLATE_BLESS=1 cargo test --test generated` writes it");
}

fn with_library(check: impl Fn(&Library)) {
    let catalogue = catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{problems:?}");
    check(&Library::new(&catalogue, composites));
}

#[test]
fn composites_read_on_demand_are_those_that_are_read_at_once() {
    let told = |composites: &Composites| {
        let names: Vec<String> = composites.names().map(|(family, name)| format!("{family}/{name}")).collect();
        (names, composites.iter().map(|composite| format!("{composite:?}")).collect::<Vec<_>>())
    };
    let (names, all) = told(&Composites::embedded().0);
    assert!(!names.is_empty());
    assert!(told(&Composites::on_demand()) == (names, all));
}

#[test]
fn every_paper_of_a_composite_can_be_cited() {
    let papers = ablate::study::Papers::embedded().unwrap();
    with_library(|library| {
        for composite in library.composites.iter().filter(|c| !c.paper.is_empty()) {
            assert!(papers.0.contains_key(&composite.paper), "{}: `{}`", composite.source.name, composite.paper);
        }
    });
}

#[test]
fn the_schema_is_that_of_the_cards() {
    with_library(|library| {
        let text = serde_json::to_string_pretty(&view::schema(library)).unwrap() + "\n";
        fresh("registry/schema.json", &text);
    });
}

#[test]
fn the_catalogue_is_that_of_the_cards() {
    with_library(|library| fresh("registry/catalogue.md", &view::catalogue(library)));
}
