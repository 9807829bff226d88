//! The folder of a dataset: what lies in it, which lists were read, and what should be there and is not.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::lists::List;
use crate::components::raster;
use crate::components::sample::{DataError, Files};

/// A folder that is checked against its layout. Paths are relative to the root.
pub struct Tree {
    pub root: PathBuf,
    dataset: &'static str,
    layout: &'static str,
    /// Names in each folder that was looked into; `None` where there is no such folder.
    listed: HashMap<PathBuf, Option<HashSet<OsString>>>,
    lists: Vec<PathBuf>,
    missing: BTreeSet<PathBuf>,
    first: Option<PathBuf>,
}

impl Tree {
    /// A folder; it has to exist.
    pub fn new(dataset: &'static str, layout: &'static str, root: PathBuf) -> Result<Tree, DataError> {
        if !root.is_dir() {
            return Err(DataError::NoFolder(root));
        }
        let (listed, lists, missing) = (HashMap::new(), vec![], BTreeSet::new());
        Ok(Tree { root, dataset, layout, listed, lists, missing, first: None })
    }

    /// Names in a folder, of which each is listed once.
    fn names(&mut self, folder: &Path) -> Option<&HashSet<OsString>> {
        let root = &self.root;
        let names = self.listed.entry(folder.into()).or_insert_with(|| {
            let entries = std::fs::read_dir(root.join(folder)).ok()?;
            Some(entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect())
        });
        names.as_ref()
    }

    /// Whether a file or folder is there.
    pub fn has(&mut self, path: &Path) -> bool {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.names(folder).is_some_and(|names| names.contains(name)),
            _ => true,
        }
    }

    /// A path that has to be there; the first that is not and their number are told in the end.
    pub fn need(&mut self, path: PathBuf) -> PathBuf {
        if !self.has(&path) && self.missing.insert(path.clone()) {
            self.first.get_or_insert(path.clone());
        }
        path
    }

    /// The first of these that is there; the last of them where none is, as what is missing.
    pub fn first_of(&mut self, paths: &[&str]) -> PathBuf {
        let there = paths.iter().find(|path| self.has(Path::new(path)));
        there.map(PathBuf::from).unwrap_or_else(|| self.need(paths.last().map(PathBuf::from).unwrap_or_default()))
    }

    /// Folders in a folder, in their order.
    pub fn folders(&mut self, folder: &Path) -> Vec<PathBuf> {
        let root = self.root.clone();
        let inner = |name: &OsString| Some(folder.join(name)).filter(|path| root.join(path).is_dir());
        let mut found: Vec<PathBuf> = self.names(folder).into_iter().flatten().filter_map(inner).collect();
        found.sort();
        found
    }

    /// Images in a folder that has to be there, in their order; not those in folders within it.
    pub fn images(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.need(folder.into());
        let inner = |name: &OsString| Some(folder.join(name)).filter(|path| raster::is_image(path));
        let mut found: Vec<PathBuf> = self.names(folder).into_iter().flatten().filter_map(inner).collect();
        found.sort();
        found
    }

    /// Images of a folder that each go with a file of the same name and this ending: neither may lack.
    pub fn annotated(&mut self, folder: &Path, ending: &str) -> Vec<(PathBuf, PathBuf)> {
        let images = self.images(folder);
        let known: HashSet<PathBuf> = images.iter().map(|image| image.with_extension(ending)).collect();
        let inner = |name: &OsString| {
            let path = folder.join(name);
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case(ending)).then_some(path)
        };
        let mut alone: Vec<PathBuf> = self.names(folder).into_iter().flatten().filter_map(inner).collect();
        alone.retain(|path| !known.contains(path));
        alone.sort();
        for path in alone {
            self.need(path.with_extension("jpg"));
        }
        let pair = |image: PathBuf| (image.clone(), self.need(image.with_extension(ending)));
        images.into_iter().map(pair).collect()
    }

    /// A text that has to be there for anything else to be known.
    pub fn list(&mut self, path: PathBuf) -> Result<List, DataError> {
        let path = self.need(path);
        self.check()?;
        let list = List::read(&self.root.join(&path))?;
        self.lists.push(path);
        Ok(list)
    }

    /// The lists that were read.
    pub fn lists(&self) -> &[PathBuf] {
        &self.lists
    }

    /// Whether all that was needed is there.
    pub fn check(&self) -> Result<(), DataError> {
        let Some(first) = &self.first else { return Ok(()) };
        Err(DataError::Layout {
            root: self.root.clone(),
            dataset: self.dataset,
            missing: first.clone(),
            others: self.missing.len() - 1,
            layout: self.layout,
        })
    }

    /// That nothing was found, by what should have been.
    pub fn nothing(&self, path: impl Into<PathBuf>) -> DataError {
        let (root, dataset, layout) = (self.root.clone(), self.dataset, self.layout);
        DataError::Layout { root, dataset, missing: path.into(), others: 0, layout }
    }

    /// Paths by names that do not depend on where the root lies.
    pub fn files(&self, paths: Vec<PathBuf>) -> Files {
        let unique: BTreeSet<PathBuf> = paths.into_iter().collect();
        unique.into_iter().map(|path| (name(&path), self.root.join(&path))).collect()
    }
}

/// A path as it is written everywhere.
pub fn name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
