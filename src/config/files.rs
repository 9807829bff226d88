//! Experiment files on disk and what lies beneath them through `extends`.

use super::merge::sheet;
use super::parse::parse;
use super::tree::{Item, Layer, Value};
use crate::diagnostic::{Diagnostic, Place, Source, nearest};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The newest version of the language that this program reads.
pub const FORMAT: i64 = 1;

/// The other short keys at the top of a file or composite, which are no misspelt `format`.
const TOP: [&str; 6] = ["run", "out", "in", "doc", "paper", "train"];

/// One file, without the keys that are its own (`format`, `partial`, `extends`).
#[derive(Clone, Debug)]
pub(super) struct File {
    pub tree: Item,
    pub partial: bool,
    pub extends: Vec<Item>,
}

/// Reads every file once and gathers what is wrong with them.
#[derive(Default)]
pub(super) struct Files {
    /// `None` for a file that could not be read.
    read: HashMap<PathBuf, Option<File>>,
    pub problems: Vec<Diagnostic>,
}

/// The files of one stack, lowest first; each enters once, at its first place.
#[derive(Default)]
pub(super) struct Stack {
    pub files: Vec<PathBuf>,
    /// The files being walked, to find circles.
    pub open: Vec<PathBuf>,
}

impl Files {
    pub fn get(&self, path: &Path) -> Option<&File> {
        self.read.get(path)?.as_ref()
    }

    /// Walks the files that an `extends` array names, depth first.
    pub fn extend(&mut self, extends: &[Item], stack: &mut Stack) {
        for item in extends {
            let (Some(text), Some(place)) = (item.as_text(), item.place()) else {
                self.problems.push(wrong_extends(item));
                continue;
            };
            let path = beside(&place.source.name, text);
            if let Some(start) = stack.open.iter().position(|open| *open == path) {
                let circle = stack.open[start..].iter().chain([&path]).map(|p| p.display().to_string());
                let circle = circle.collect::<Vec<_>>().join(" -> ");
                self.report(Diagnostic::error(format!("`{}` extends itself: {circle}", path.display())).at(place, ""));
                continue;
            }
            self.enter(path, Some(place), stack);
        }
    }

    /// Adds a file, after what it extends.
    pub fn enter(&mut self, path: PathBuf, from: Option<&Place>, stack: &mut Stack) {
        if stack.files.contains(&path) {
            return;
        }
        if !self.read.contains_key(&path) {
            let file = self.open(&path, from);
            self.read.insert(path.clone(), file);
        }
        let Some(extends) = self.get(&path).map(|file| file.extends.clone()) else { return };
        stack.open.push(path.clone());
        self.extend(&extends, stack);
        stack.open.pop();
        stack.files.push(path);
    }

    fn open(&mut self, path: &Path, from: Option<&Place>) -> Option<File> {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let diagnostic = Diagnostic::error(format!("cannot read `{name}`"));
                let why = reason(&error);
                self.problems.push(match from {
                    Some(place) => {
                        let diagnostic = diagnostic.at(place, why);
                        match near_file(path) {
                            Some(near) => diagnostic.with_help(format!("did you mean `{near}`")),
                            None => diagnostic.with_help("paths are relative to the file that wrote them"),
                        }
                    }
                    None => diagnostic.with_note("note", why),
                });
                return None;
            }
        };
        let layer = if from.is_some() { Layer::Extends(name.as_str().into()) } else { Layer::File };
        let source = Arc::new(Source { name, text });
        match parse(&source, &layer) {
            Ok(tree) => Some(self.file(&source, tree)),
            Err(error) => {
                self.problems.push(error);
                None
            }
        }
    }

    /// Takes out what is the file's own.
    fn file(&mut self, source: &Arc<Source>, mut tree: Item) -> File {
        self.problems.extend(check_format(source, &tree));
        let mut file = File { partial: false, extends: vec![], tree: Item::default() };
        if let Value::Table(table) = &mut tree.value {
            table.shift_remove("format");
            if let Some(partial) = table.shift_remove("partial") {
                match partial.value {
                    Value::Boolean(value) => file.partial = value,
                    _ => self.problems.push(partial.expected("true or false")),
                }
            }
            if let Some(extends) = table.shift_remove("extends") {
                match extends.value {
                    Value::Array(items) => file.extends = items,
                    _ => self.problems.push(wrong_extends(&extends)),
                }
            }
        }
        file.tree = sheet(tree);
        file
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.problems.contains(&diagnostic) {
            self.problems.push(diagnostic);
        }
    }
}

/// What is wrong with a file's `format`.
pub fn check_format(source: &Arc<Source>, tree: &Item) -> Option<Diagnostic> {
    let Some(format) = tree.get(&["format"]) else {
        let first = source.text.find('\n').unwrap_or(source.text.len());
        let place = Place { source: source.clone(), span: 0..first };
        let problem = Diagnostic::error("`format` is missing");
        let keys = tree.as_table().into_iter().flatten().map(|(key, item)| (key.as_str(), item.key_place()));
        let keys: Vec<_> = keys.filter(|(key, _)| !TOP.contains(key)).collect();
        let near = nearest("format", keys.iter().map(|(key, _)| *key));
        return Some(match keys.iter().find(|(key, _)| Some(*key) == near) {
            Some((key, Some(place))) => {
                problem.at(place, format!("found `{key}`")).with_help("a key with a similar name exists: `format`")
            }
            _ => problem.at(&place, "").with_help(format!("write `format = {FORMAT}` at the top of this file")),
        });
    };
    let place = format.place()?;
    match format.value {
        Value::Integer(FORMAT) => None,
        Value::Integer(newer) if newer > FORMAT => {
            Some(Diagnostic::error(format!("format {newer} is newer than this program knows ({FORMAT})")).at(place, ""))
        }
        Value::Integer(value) => {
            Some(Diagnostic::error(format!("`format` is {value}, expected at least 1")).at(place, ""))
        }
        _ => Some(format.expected("an integer")),
    }
}

fn wrong_extends(item: &Item) -> Diagnostic {
    item.expected("an array of files").with_help("extends = [\"base/uv-completion.toml\"]")
}

/// The path with its first part that does not exist replaced by what lies there under a similar name.
fn near_file(path: &Path) -> Option<String> {
    let parts: Vec<Component> = path.components().collect();
    let known = (0..parts.len()).rev().find(|n| *n == 0 || parts[..*n].iter().collect::<PathBuf>().is_dir())?;
    let folder: PathBuf = if known == 0 { PathBuf::from(".") } else { parts[..known].iter().collect() };
    let entries = std::fs::read_dir(&folder).ok()?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let near = nearest(&parts.get(known)?.as_os_str().to_string_lossy(), names.iter().map(String::as_str))?.to_string();
    let found: PathBuf = parts[..known].iter().map(Path::new).chain([Path::new(&near)]).collect();
    Some(parts[known + 1..].iter().fold(found, |all, part| all.join(part)).display().to_string())
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_string(),
        std::io::ErrorKind::InvalidData => "not UTF-8 text".to_string(),
        _ => error.to_string().to_lowercase(),
    }
}

/// `text` as a path relative to the folder of the file `name`, without `.` and `..` where they can be resolved.
pub(super) fn beside(name: &str, text: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(name).parent().unwrap_or(Path::new("")).join(text).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

/// A text as a path on this machine: relative to the folder of the file that wrote it (to the current folder from the
/// command line and the environment); a leading `~` is the home folder. `None` if the item is not text.
pub fn path_of(item: &Item) -> Option<PathBuf> {
    let text = item.as_text()?;
    if let Some(rest) = text.strip_prefix("~").filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Some(PathBuf::from(std::env::var_os("HOME")?).join(rest.trim_start_matches('/')));
    }
    let name = match (&item.origin.layer, item.place()) {
        (Layer::Environment | Layer::CommandLine, _) | (_, None) => "",
        (_, Some(place)) => &place.source.name,
    };
    Some(beside(name, text))
}
