//! The registry as one page: a table for each family. Kept as `registry/catalogue.md`.

use super::cards::{default_text, first_sentence, kind_text, port_type};
use crate::graph::layout::{LAYOUTS, Layout};
use crate::graph::library::{ComponentCard, Library, PortCard};
use crate::registry::Setting;

const HEAD: &str = "# Catalogue\n\n\
    Everything that `use` and the slots may name, by family, made from the components' cards: do not edit. \
    `ablate describe FAMILY/NAME` prints one card whole.\n\
    A name in *italics* is a composite, written in TOML beside this file. A setting in **bold** is required; another is \
    given with its default.\n";

/// Markdown of all families, in alphabetical order.
pub fn catalogue(library: &Library) -> String {
    let families = library.families();
    families.into_iter().fold(HEAD.to_string(), |page, family| page + &table(library, family)) + &layouts()
}

/// What `weights.layout` may name.
fn layouts() -> String {
    let head = "\n## Layouts of weights\n\nNames that tensors have in a file: `weights = { file = \"x.safetensors\", \
        layout = \"torchvision\" }`. What a file may hold besides is passed over.\n\n\
        | name | files of | passed over |\n|---|---|---|\n";
    let names = |all: &[&str]| all.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let row = |l: &Layout| format!("| `{}` | {} | {} |\n", l.name, l.doc, names(l.ignored));
    LAYOUTS.iter().map(row).fold(head.to_string(), |page, row| page + &row)
}

fn table(library: &Library, family: &str) -> String {
    let cards: Vec<ComponentCard> =
        library.members(family).into_iter().filter_map(|name| library.described(family, name)).collect();
    let head = "| name | what it is | in | out | settings | from |\n|---|---|---|---|---|---|\n";
    let rows: String = cards.iter().map(row).collect();
    format!("\n## {family}\n\n{head}{rows}")
}

fn row(card: &ComponentCard) -> String {
    let name = if card.composite { format!("*{}*", card.name) } else { format!("`{}`", card.name) };
    let networks = card.networks.iter().map(|n| format!("`{n}`: a node"));
    let inputs: Vec<String> = card.inputs.iter().map(port).chain(networks).collect();
    let outputs: Vec<String> = card.outputs.iter().map(port).collect();
    let settings: Vec<String> = card.settings.iter().map(setting).collect();
    let cells = [
        name,
        cell(&first_sentence(&card.doc)),
        inputs.join("; "),
        outputs.join("; "),
        settings.join("; "),
        cell(&card.paper),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// Text inside a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn port(port: &PortCard) -> String {
    format!("`{}`: {}", port.name, port_type(port))
}

fn setting(setting: &Setting) -> String {
    match &setting.default {
        None => format!("**`{}`** ({})", setting.name, cell(&kind_text(setting))),
        Some(serde_json::Value::Null) => format!("`{}`", setting.name),
        Some(_) => format!("`{} = {}`", setting.name, cell(&default_text(setting))),
    }
}
