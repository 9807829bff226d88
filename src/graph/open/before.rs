//! Networks that were opened before: a study's cells share most of theirs, and every cell is resolved twice.
//!
//! What opening gives depends on the node's table, its inputs and the layers they were written in. Where they were
//! written is only kept ([`Opened::decided`]), so that a network found again takes over the places of the one asked for.

use super::{Opened, Wired};
use crate::config::{Item, Origin, Value};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known so far, by all that opening depends on.
#[derive(Default)]
pub struct Before {
    known: Mutex<HashMap<String, Arc<Known>>>,
}

struct Known {
    opened: Opened,
    /// Of `opened.decided`, where it stands in [`Asked::origins`]; `None` for what nobody wrote or a composite did.
    decided: Vec<Option<usize>>,
}

/// A node and its inputs as a key, and the origins found on the way.
pub(super) struct Asked {
    key: String,
    origins: Vec<Origin>,
}

impl Asked {
    /// `None` where a value is read off an edge outside of the inputs.
    pub fn new(node: &str, item: &Item, inputs: &[Wired]) -> Option<Asked> {
        let mut asked = Asked { key: format!("{node:?}"), origins: vec![] };
        asked.item(item)?;
        for wired in inputs {
            asked.say(&(&wired.port, wired.list));
            for value in &wired.values {
                asked.say(&(&value.edge, &value.label));
                match &value.decided {
                    Some(origin) => asked.origin(origin),
                    None => asked.say(&"anywhere"),
                }
            }
            asked.say(&wired.written.is_some());
        }
        Some(asked)
    }

    fn say(&mut self, what: &dyn std::fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.key, "{what:?};");
    }

    fn origin(&mut self, origin: &Origin) {
        // Text stands for a component with its own place, a table with that of its `use`: the lengths tell them apart.
        self.say(&(&origin.layer, origin.place.as_ref().map(|p| p.span.len()), origin.key.is_some()));
        self.origins.push(origin.clone());
    }

    fn item(&mut self, item: &Item) -> Option<()> {
        self.origin(&item.origin);
        match &item.value {
            Value::Table(table) => {
                self.say(&"{");
                for (name, inner) in table {
                    self.say(name);
                    self.item(inner)?;
                }
                self.say(&"}");
                (!table.contains_key("like")).then_some(())
            }
            Value::Array(items) => {
                self.say(&"[");
                items.iter().try_for_each(|inner| self.item(inner))?;
                self.say(&"]");
                Some(())
            }
            plain => {
                self.say(plain);
                Some(())
            }
        }
    }
}

impl Before {
    /// The network as it was opened before, with the places of now.
    pub(super) fn find(&self, asked: &Asked) -> Option<Opened> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&asked.key).cloned()?;
        let mut opened = known.opened.clone();
        for (decided, index) in opened.decided.iter_mut().zip(&known.decided) {
            if let Some(origin) = index.and_then(|i| asked.origins.get(i)) {
                *decided = Some(origin.clone());
            }
        }
        Some(opened)
    }

    pub(super) fn keep(&self, asked: Asked, opened: &Opened) {
        let index = |origin: &Option<Origin>| asked.origins.iter().position(|o| Some(o) == origin.as_ref());
        let decided = opened.decided.iter().map(index).collect();
        let known = Arc::new(Known { opened: opened.clone(), decided });
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.key, known);
    }
}
