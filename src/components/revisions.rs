//! Components whose numbers changed since their first version: the one place where that is said. A cell that was computed
//! with another revision of anything it uses is another cell, and runs again.

use crate::registry::Entry;

/// `family/name`, its revision, and what changed with it.
const REVISIONS: &[(&str, u32, &str)] = &[
    (
        "dataset/synthetic-uv",
        3,
        "other faces: a head with eyeballs, lids and lips that part, 36 ways to differ and 13 to move, light with shadows",
    ),
    ("dataset/union", 2, "with `shares` every sample of a dataset has its turn; its parts' transforms are applied"),
    ("dataset/synthetic-fits", 2, "the faces of synthetic-uv's revision 3, 61 coefficients"),
    ("loss/weighted-parameter-distance", 2, "the procedural model has 61 coefficients"),
    ("render/pncc", 2, "the procedural model has 61 coefficients"),
];

/// Writes the revisions on the cards.
pub fn mark(entries: &mut [Entry]) {
    for entry in entries {
        let full = format!("{}/{}", entry.card.family, entry.card.name);
        if let Some((_, revision, _)) = REVISIONS.iter().find(|(name, ..)| *name == full) {
            entry.card.revision = *revision;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_is_of_a_component_and_says_what_changed() {
        let catalogue = crate::components::catalogue();
        for (name, revision, change) in REVISIONS {
            let known = name.split_once('/').and_then(|(family, name)| catalogue.get(family, name));
            assert!(known.is_some_and(|e| e.card.revision == *revision), "{name}");
            assert!(*revision > 1 && !change.is_empty(), "{name}");
        }
    }
}
