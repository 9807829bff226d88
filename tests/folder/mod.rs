//! A folder of experiment files for one test, removed when it ends.

#![allow(dead_code, reason = "each test crate uses a part")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);

pub struct Folder(PathBuf);

impl Folder {
    /// Writes the files; `format = 1` is put before those that do not speak of it.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let name = format!("ablate-config-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = folder.path(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&folder.0)).expect("a folder");
            let speaks = text.contains("no format")
                || text.lines().take_while(|line| !line.starts_with('[')).any(|line| line.starts_with("format"));
            let head = if speaks { "" } else { "format = 1\n" };
            std::fs::write(path, format!("{head}{text}")).expect("a file");
        }
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A text without the folder's own path.
    pub fn plain(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The experiments of this repository, or else those that came with the language; `None` where there are neither.
pub fn experiments() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [root.join("experiments"), root.join("../shared/examples/language/experiments")];
    places.into_iter().find(|path| path.join("quickstart.toml").exists())
}
