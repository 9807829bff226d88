//! Composites: components written in TOML, `registry/<family>/<name>.toml` (language.md, 4.2).

mod parse;
mod references;

pub use parse::{NODE_KEYS, node, wires};

use super::library::{ComponentCard, PortCard};
use crate::config::{self, Item, Table};
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::registry::{Accepts, Catalogue, Setting, Type};
use indexmap::IndexMap;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A component written in TOML.
#[derive(Clone, Debug)]
pub struct Composite {
    pub family: String,
    pub name: String,
    pub source: Arc<Source>,
    pub doc: String,
    pub paper: String,
    pub inputs: Vec<InPort>,
    pub settings: Vec<Setting>,
    /// Defaults with their places.
    pub defaults: Table,
    pub graph: Graph,
}

/// `[in.PORT]`.
#[derive(Clone, Debug)]
pub struct InPort {
    pub name: String,
    pub ty: Type,
    pub list: bool,
    pub optional: bool,
    pub doc: String,
    pub place: Option<Place>,
}

/// Nodes and what the outside sees of them: the inside of a composite or of an expanding primitive.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: IndexMap<String, Node>,
    pub outputs: Vec<OutPort>,
}

/// `[nodes.X]` of a composite.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub place: Option<Place>,
    pub component: Item,
    pub inputs: Vec<Input>,
    pub each: Table,
    pub repeat: Option<Item>,
    pub settings: Table,
}

/// What one input takes.
#[derive(Clone, Debug)]
pub struct Input {
    /// Empty: the only required one.
    pub port: String,
    pub wires: Wires,
}

/// A wire or an array of wires, flattened.
#[derive(Clone, Debug)]
pub struct Wires {
    pub array: bool,
    pub items: Vec<Item>,
    /// The key in front of them.
    pub key: Option<Place>,
}

/// `[out.PORT]`.
#[derive(Clone, Debug)]
pub struct OutPort {
    pub name: String,
    pub from: Wires,
    pub ty: Option<Type>,
    pub optional: bool,
    pub place: Option<Place>,
}

/// All composites of a run.
#[derive(Clone, Debug, Default)]
pub struct Composites {
    all: Vec<Arc<Known>>,
}

/// One of them; what the binary carries is read when it is first asked for.
#[derive(Debug)]
struct Known {
    family: String,
    name: String,
    /// `None`: it cannot be read.
    composite: LazyLock<Option<Composite>, Box<dyn FnOnce() -> Option<Composite> + Send>>,
}

impl Composites {
    pub fn get(&self, family: &str, name: &str) -> Option<&Composite> {
        self.all.iter().find(|known| known.family == family && known.name == name)?.composite.as_ref()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Composite> {
        self.all.iter().filter_map(|known| known.composite.as_ref())
    }

    /// Family and name of each.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|known| (known.family.as_str(), known.name.as_str()))
    }

    /// Those of [`Composites::embedded`], each read when it is first asked for. What is wrong with one is not said: a test
    /// reads all.
    pub fn on_demand() -> Composites {
        let known = |(path, text): &'static (&str, &str)| {
            let (family, name) = named(path)?;
            let read = move || {
                let source = Arc::new(Source { name: format!("registry/{path}"), text: text.to_string() });
                parse::composite(&source, family, name, &mut vec![])
            };
            Some(Arc::new(Known { family: family.into(), name: name.into(), composite: LazyLock::new(Box::new(read)) }))
        };
        Composites { all: EMBEDDED.iter().filter_map(known).collect() }
    }

    /// Those that the binary carries. They are checked by a test, so that problems here mean a broken build.
    pub fn embedded() -> (Composites, Vec<Diagnostic>) {
        let mut composites = Composites::default();
        let mut problems = vec![];
        let read = |(path, text): &(&str, &str)| {
            let source = Arc::new(Source { name: format!("registry/{path}"), text: text.to_string() });
            let mut problems = vec![];
            let (family, name) = named(path)?;
            Some((parse::composite(&source, family, name, &mut problems), problems))
        };
        let all: Vec<_> = config::on_all_cores(|| EMBEDDED.par_iter().filter_map(read).collect());
        for (composite, wrong) in all {
            composites.all.extend(composite.map(|composite| Arc::new(composite.into())));
            problems.extend(wrong);
        }
        (composites, problems)
    }

    /// Adds the files `<family>/<name>.toml` of a folder. A name that is there already is an error.
    pub fn add_folder(&mut self, folder: &Path) -> Vec<Diagnostic> {
        let mut problems = vec![];
        let files = match files_of(folder) {
            Ok(files) => files,
            Err(error) => {
                return vec![Diagnostic::error(format!("cannot read registry `{}`: {error}", folder.display()))];
            }
        };
        for (relative, path) in files {
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    let source = Arc::new(Source { name: path.display().to_string(), text });
                    self.add(&source, &relative, &mut problems);
                }
                Err(error) => problems.push(Diagnostic::error(format!("cannot read `{}`: {error}", path.display()))),
            }
        }
        problems
    }

    /// Adds one text, `<family>/<name>.toml` being its path in its registry.
    pub fn add(&mut self, source: &Arc<Source>, path: &str, problems: &mut Vec<Diagnostic>) {
        let Some((family, name)) = named(path) else { return };
        if let Some(other) = self.get(family, name) {
            let message = format!("two composites are called `{family}/{name}`");
            let start = |source: &Arc<Source>| Place { source: source.clone(), span: 0..0 };
            problems.push(Diagnostic::error(message).at(&start(source), "this").at(&start(&other.source), "and this"));
            return;
        }
        if let Some(composite) = parse::composite(source, family, name, problems) {
            self.all.push(Arc::new(composite.into()));
        }
    }

    /// Names that a primitive holds too, as errors.
    pub fn clashes(&self, catalogue: &Catalogue) -> Vec<Diagnostic> {
        let clash = |c: &&Composite| catalogue.get(&c.family, &c.name).is_some();
        let told = |c: &Composite| {
            let place = Place { source: c.source.clone(), span: 0..0 };
            Diagnostic::error(format!("`{}/{}` is built in already", c.family, c.name)).at(&place, "rename this file")
        };
        self.iter().filter(clash).map(told).collect()
    }
}

/// Family and name of `<family>/<name>.toml`.
fn named(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix(".toml")?.split_once('/')
}

/// Path from the folder with `/`, and the path to read.
fn files_of(folder: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut files = vec![];
    for family in std::fs::read_dir(folder)? {
        let family = family?.path();
        if !family.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&family)? {
            let path = file?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                files.push((format!("{}/{}", name(&family), name(&path)), path));
            }
        }
    }
    files.sort();
    Ok(files)
}

impl From<Composite> for Known {
    fn from(composite: Composite) -> Self {
        let (family, name) = (composite.family.clone(), composite.name.clone());
        Known { family, name, composite: LazyLock::new(Box::new(move || Some(composite))) }
    }
}

impl Composite {
    pub fn card(&self) -> ComponentCard {
        let input = |p: &InPort| PortCard {
            name: p.name.clone(),
            accepts: Some(Accepts::Type(p.ty)),
            list: p.list,
            optional: p.optional,
        };
        let output = |p: &OutPort| PortCard {
            name: p.name.clone(),
            accepts: p.ty.map(Accepts::Type),
            list: p.from.array,
            optional: p.optional,
        };
        ComponentCard {
            family: self.family.clone(),
            name: self.name.clone(),
            doc: self.doc.clone(),
            paper: self.paper.clone(),
            inputs: self.inputs.iter().map(input).collect(),
            outputs: self.graph.outputs.iter().map(output).collect(),
            networks: vec![],
            settings: self.settings.clone(),
            composite: true,
        }
    }
}
