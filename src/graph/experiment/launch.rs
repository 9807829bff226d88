//! `[study.launch]`: a component of family `launcher`, checked as any other.

use super::About;
use super::desk::Desk;
use super::parts;
use crate::config::Item;
use crate::diagnostic::Diagnostic;
use crate::graph::library::Library;
use crate::graph::plan::Component;

/// The launcher that a study names, and what is wrong with it.
pub fn launcher(tree: &Item, about: &About, library: &Library) -> (Option<Component>, Vec<Diagnostic>) {
    let desk = Desk::new(library, about);
    let written = tree.get(&["study", "launch"]);
    let component = written.and_then(|item| parts::settled(&desk, "launcher", item, "study.launch", &["use"]));
    (component, desk.close().0)
}

/// A launcher that nobody wrote, with its defaults.
pub fn default_launcher(name: &str, about: &About, library: &Library) -> Component {
    parts::default_part(&Desk::new(library, about), "launcher", name)
}
