//! What the files of a cell are, by their contents: a digest for each dataset that reads files, for each file of weights
//! and for each model of a face. A file is read once; while its size, times and place on the disk stay, a second look only asks for those.

use super::surroundings;
use crate::components::sample::{DataError, Files};
use crate::components::{dataset, parametric};
use crate::config::on_all_cores;
use crate::graph::plan::{Component, Plan, Weights};
use crate::record::write_atomic;
use crate::run::RunError;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Files are changed again within the same tick of the file system's clock: what is so young is read again next time.
const YOUNG: Duration = Duration::from_secs(2);

/// Digests by dataset, by node for files of weights (`weights of generator`), by operation or loss for models of faces
/// (`model of cascade/code`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub digests: BTreeMap<String, String>,
    /// Datasets and models whose folder, and nodes whose file, is not there.
    pub missing: Vec<String>,
}

/// Looks at the files that a plan reads; what was read before is remembered under `cache`.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn contents(plan: &Plan, cache: &Path) -> Result<Contents, RunError> {
    let mut found = Contents::default();
    let mut known = Known::read(cache);
    for part in &plan.datasets {
        let mut around = surroundings(cache, None);
        around.base = part.base.clone();
        let failed = |e: DataError| RunError::Data { dataset: part.name.clone(), message: e.to_string() };
        match dataset::files(&part.component.name, &part.component.settings, &around) {
            Err(DataError::NoFolder(_)) => found.missing.push(part.name.clone()),
            Err(error) => return Err(failed(error)),
            Ok(files) if files.is_empty() => {}
            Ok(files) => drop(found.digests.insert(part.name.clone(), known.digest(files)?)),
        }
    }
    for network in &plan.networks {
        let Weights::File { path, .. } = &network.weights else { continue };
        let name = format!("weights of {}", network.node);
        if path.is_file() {
            let digest = known.digest(vec![(String::new(), path.clone())])?;
            found.digests.insert(name, digest);
        } else {
            found.missing.push(name);
        }
    }
    for (owner, component) in models(plan) {
        let name = format!("model of {owner}");
        match parametric::files(&component.settings) {
            Ok(files) => drop(found.digests.insert(name, known.digest(files)?)),
            Err(_) => found.missing.push(name),
        }
    }
    known.write(cache);
    Ok(found)
}

/// The operations and losses that read a model of a face from files, by their names.
pub fn models(plan: &Plan) -> Vec<(&str, &Component)> {
    let operations = plan.networks.iter().flat_map(|n| n.ops.iter()).map(|op| (&*op.path, &*op.component));
    let losses = plan.losses.iter().map(|loss| (loss.name.as_str(), &loss.component));
    let reads = |component: &Component| {
        parametric::READERS.contains(&(&*component.family, &*component.name))
            && component.settings.get("model").is_some_and(|model| *model != parametric::PROCEDURAL)
    };
    operations.chain(losses).filter(|(_, component)| reads(component)).collect()
}

/// Digests of files by path, each with what the file looked like.
#[derive(Default)]
struct Known {
    files: BTreeMap<PathBuf, (String, String)>,
    changed: bool,
}

impl Known {
    fn file(cache: &Path) -> PathBuf {
        cache.join("contents.txt")
    }

    /// A line a file: digest, looks, path. What cannot be read is not known.
    fn read(cache: &Path) -> Known {
        let text = std::fs::read_to_string(Self::file(cache)).unwrap_or_default();
        let line = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let (digest, looks, path) = (parts.next()?, parts.next()?, parts.next()?);
            Some((PathBuf::from(path), (digest.to_string(), looks.to_string())))
        };
        Known { files: text.lines().filter_map(line).collect(), changed: false }
    }

    /// What could not be kept is read again next time; another process may have written meanwhile, which is as good.
    fn write(&self, cache: &Path) {
        let line = |(path, (digest, looks)): (&PathBuf, &(String, String))| {
            path.to_str().filter(|p| !p.contains('\n')).map(|path| format!("{digest} {looks} {path}\n"))
        };
        if self.changed {
            let text: String = self.files.iter().filter_map(line).collect();
            let _ = write_atomic(&Self::file(cache), text.as_bytes());
        }
    }

    /// One digest of the names, sizes and contents of files, in the order of their names.
    fn digest(&mut self, mut files: Files) -> Result<String, RunError> {
        files.sort();
        // Before the run: on threads of its own, since how many the run has is not yet said.
        let all: Vec<(String, Option<(PathBuf, String)>)> =
            on_all_cores(|| files.par_iter().map(|(_, path)| self.of(path)).collect::<Result<_, _>>())?;
        let mut hasher = Sha256::new();
        for ((name, _), (digest, new)) in files.iter().zip(all) {
            hasher.update(format!("{name}\0{digest}\n").as_bytes());
            if let Some((path, looks)) = new {
                self.files.insert(path, (digest, looks));
                self.changed = true;
            }
        }
        Ok(hex(&hasher.finalize()[..16]))
    }

    /// The digest of a file; with its path and looks where they are worth keeping.
    fn of(&self, path: &Path) -> Result<(String, Option<(PathBuf, String)>), RunError> {
        let failed = || RunError::file("read", path);
        let path = std::path::absolute(path).map_err(failed())?;
        let facts = std::fs::metadata(&path).map_err(failed())?;
        let looks = looks(&facts);
        if let Some((digest, _)) = self.files.get(&path).filter(|(_, before)| *before == looks) {
            return Ok((digest.clone(), None));
        }
        let digest = digest_of(&path).map_err(failed())?;
        let age = facts.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        Ok((digest, age.is_some_and(|age| age > YOUNG).then_some((path, looks))))
    }
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hasher, mut piece) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            n => hasher.update(&piece[..n]),
        }
    }
}

/// Size, times to the nanosecond and number of a file: what no edit leaves as it was.
fn looks(facts: &Metadata) -> String {
    #[cfg(unix)]
    let more = {
        use std::os::unix::fs::MetadataExt;
        format!("{}.{}-{}.{}-{}", facts.mtime(), facts.mtime_nsec(), facts.ctime(), facts.ctime_nsec(), facts.ino())
    };
    #[cfg(not(unix))]
    let more = format!("{:?}", facts.modified().ok()).replace(' ', "");
    format!("{}-{more}", facts.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
