//! Where tests find photos, models and weights that are not part of the repository.

use std::path::{Path, PathBuf};

/// A folder of `ABLATE_DATA`, or of `shared/data` beside the repository or above it; says so where it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("ABLATE_DATA").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).map(|above| above.join("shared/data"));
    let found = given.into_iter().chain(above).map(|data| data.join(name)).find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: no shared data (set ABLATE_DATA)");
    }
    found
}
