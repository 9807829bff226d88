//! Names of people as numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::components::sample::DataError;

/// The number of each name among all of them in their order, and the names. More than `classes`, which the setting of this
/// name says, are refused.
pub fn number(setting: &str, names: &[String], classes: usize) -> Result<(Vec<usize>, Vec<String>), DataError> {
    let sorted: BTreeSet<&String> = names.iter().collect();
    if sorted.len() > classes {
        let count = sorted.len();
        let why = format!("it is {classes}, but the folder holds {count} identities; set `{setting} = {count}`");
        return Err(DataError::setting(setting, why));
    }
    let numbers: BTreeMap<&String, usize> = sorted.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let found = names.iter().map(|name| numbers[name]).collect();
    Ok((found, sorted.into_iter().cloned().collect()))
}

/// [`number`], and fewer are refused too: where the number is known, less is a copy that was cut off.
pub fn exactly(names: &[String], classes: usize) -> Result<(Vec<usize>, Vec<String>), DataError> {
    let found = number("classes", names, classes)?;
    let count = found.1.len();
    if count < classes {
        let why = format!(
            "it is {classes}, but the folder holds {count} identities; if it is whole, set `classes = {count}`"
        );
        return Err(DataError::setting("classes", why));
    }
    Ok(found)
}
