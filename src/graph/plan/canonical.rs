//! The canonical form of a cell: JSON with the keys of every object in order, free of what changes no number.

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The text of each section (`networks`, `losses`, `run`, ..): cells that differ in one share the others.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    sections: BTreeMap<String, Arc<String>>,
    /// The digest of all that stands before `run`, the section in which seeds differ: nearly everything.
    head: OnceLock<Sha256>,
}

/// The section that differs most often.
const RUN: &str = "run";

impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.sections == other.sections
    }
}

impl Canonical {
    /// A form that was kept as JSON; what is no object has no sections.
    pub fn of(form: &Value) -> Canonical {
        let sections = form.as_object().into_iter().flatten();
        let sections = sections.map(|(name, section)| (name.clone(), section.to_string().into())).collect();
        Canonical { sections, head: OnceLock::new() }
    }

    /// `text` is JSON with its keys in order.
    pub fn set(&mut self, section: &str, text: String) {
        if section < RUN {
            self.head.take();
        }
        self.sections.insert(section.into(), text.into());
    }

    pub fn get(&self, section: &str) -> Option<Value> {
        self.sections.get(section).and_then(|text| serde_json::from_str(text).ok())
    }

    pub fn value(&self) -> Value {
        Value::Object(self.sections.keys().filter_map(|name| Some((name.clone(), self.get(name)?))).collect())
    }

    /// 16 hexadecimal digits of the SHA-256 of the whole form's text.
    pub fn hash(&self) -> String {
        let mut all = self.sections.iter().enumerate().peekable();
        let add = |digest: &mut Sha256, (number, (name, text)): (usize, (&String, &Arc<String>))| {
            let before = if number == 0 { "{" } else { "," };
            digest.update(format!("{before}{}:", Value::from(name.as_str())));
            digest.update(text.as_bytes());
        };
        let head = std::iter::from_fn(|| all.next_if(|(_, (name, _))| name.as_str() < RUN)).collect::<Vec<_>>();
        let digest = self.head.get_or_init(|| {
            let mut digest = Sha256::new();
            head.into_iter().for_each(|section| add(&mut digest, section));
            digest
        });
        let mut digest = digest.clone();
        all.for_each(|section| add(&mut digest, section));
        digest.update(if self.sections.is_empty() { "{}" } else { "}" });
        digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Serialize for Canonical {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_is_that_of_the_whole_text() {
        let form = json!({"a": {"x": 1.0}, "b": ["é", 1e-7, null]});
        let digest = Sha256::digest(form.to_string());
        let expected: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let canonical = Canonical::of(&form);
        assert_eq!(canonical.hash(), expected);
        assert_eq!(canonical.value(), form);
        let empty = Canonical::default().hash();
        assert_eq!(empty, "44136fa355b3678a", "sha256sum of `{{}}`");
    }

    #[test]
    fn a_section_stands_where_its_name_is_in_order() {
        let mut canonical = Canonical::of(&json!({"a": 1, "c": 3}));
        canonical.set("b", "2".into());
        assert_eq!(canonical.hash(), Canonical::of(&json!({"a": 1, "b": 2, "c": 3})).hash());
        assert_eq!(canonical.get("b"), Some(json!(2)));
        // Before and behind what is remembered, after it was.
        for (section, number) in [("run", 4), ("b", 5), ("train", 6), ("run", 7)] {
            canonical.set(section, number.to_string());
            assert_eq!(canonical.hash(), Canonical::of(&canonical.value()).hash());
        }
        assert_eq!(canonical.get("d"), None);
    }
}
