//! Tables and histories that are shared by their copies until one of them is changed.

use super::{Item, Step};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::{IntoIter, Iter};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Keys are the user's own: no hash need be kept from an enemy.
type Entries = IndexMap<String, Item, FixedState>;

/// Entries in the order in which they were first written.
#[derive(Clone, Debug, Default)]
pub struct Table(Arc<Entries>);

impl Table {
    pub fn new() -> Self {
        Table::default()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Deref for Table {
    type Target = Entries;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Table {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl FromIterator<(String, Item)> for Table {
    fn from_iter<I: IntoIterator<Item = (String, Item)>>(entries: I) -> Self {
        Table(Arc::new(entries.into_iter().collect()))
    }
}

impl Extend<(String, Item)> for Table {
    fn extend<I: IntoIterator<Item = (String, Item)>>(&mut self, entries: I) {
        (**self).extend(entries);
    }
}

impl<const N: usize> From<[(String, Item); N]> for Table {
    fn from(entries: [(String, Item); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl IntoIterator for Table {
    type Item = (String, Item);
    type IntoIter = IntoIter<String, Item>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Table {
    type Item = (&'a String, &'a Item);
    type IntoIter = Iter<'a, String, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The steps that led to a value, lowest layer first.
#[derive(Clone, Debug, Default)]
pub struct History(Option<Arc<Vec<Step>>>);

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Deref for History {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl From<Vec<Step>> for History {
    fn from(steps: Vec<Step>) -> Self {
        History((!steps.is_empty()).then(|| Arc::new(steps)))
    }
}
