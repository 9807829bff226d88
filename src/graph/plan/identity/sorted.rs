//! JSON text with the keys of every object in order, written without a tree in between. Structs have their fields in
//! order; what has names of its own goes through [`ByName`], settings through [`Sorted`].

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Nothing that is written here can fail: keys are text.
pub fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An object; of equal keys the last holds.
pub struct ByName<K, V>(Vec<(K, V)>);

impl<K: AsRef<str>, V> FromIterator<(K, V)> for ByName<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        // The sort is stable: the later of two equals comes first once all is reversed.
        entries.reverse();
        entries.dedup_by(|(a, _), (b, _)| a.as_ref() == b.as_ref());
        entries.reverse();
        ByName(entries)
    }
}

impl<K: AsRef<str>, V: Serialize> Serialize for ByName<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(key.as_ref(), value))?;
        map.end()
    }
}

/// A value of any shape.
pub struct Sorted<'a>(pub &'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => object(map, serializer),
            Value::Array(items) => {
                let mut all = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| all.serialize_element(&Sorted(item)))?;
                all.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

/// Settings of a component.
pub fn object<S: Serializer>(map: &serde_json::Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    map.iter().map(|(key, value)| (key, Sorted(value))).collect::<ByName<_, _>>().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_in_order_at_every_depth_and_the_last_of_equals_holds() {
        let value = json!({"b": [{"d": 1, "c": -0.0}], "a": {"é": null, "z": 0.25}});
        assert_eq!(text(&Sorted(&value)), r#"{"a":{"z":0.25,"é":null},"b":[{"c":-0.0,"d":1}]}"#);
        let twice: ByName<_, _> = [("b", 1), ("a", 2), ("b", 3), ("a", 4)].into_iter().collect();
        assert_eq!(text(&twice), r#"{"a":4,"b":3}"#);
    }
}
