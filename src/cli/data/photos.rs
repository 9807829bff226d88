//! The photos of a folder and their landmarks.

use super::wrong;
use crate::components::dataset::images;
use crate::face::readers::landmarks;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Endings of files that go with one photo of the same name.
const BESIDE: [&str; 3] = ["pts", "mat", "txt"];

/// A photo to be unwrapped.
pub struct Photo {
    /// Its path in the folder without the ending, parts joined by `/`.
    pub name: String,
    /// Its path in the folder.
    pub file: String,
    pub path: PathBuf,
    /// Or why there are none.
    pub landmarks: Result<Points, String>,
}

/// The landmarks of a face.
#[derive(Clone)]
pub struct Points {
    pub points: Vec<[f32; 2]>,
    /// They are of a fitted face: the jaw is the jaw, not the outline.
    pub solid: bool,
}

/// Photos in and under a folder with what is known of their landmarks, by name; `counts`: how many a face may have.
pub fn find(folder: &Path, landmarks: &Path, counts: &'static [usize]) -> anyhow::Result<Vec<Photo>> {
    let source = Source::open(landmarks, counts)?;
    list(folder, |file| source.of(file))
}

/// Photos in and under a folder, by name.
pub fn list(folder: &Path, landmarks: impl Fn(&Path) -> Result<Points, String>) -> anyhow::Result<Vec<Photo>> {
    let files = images(folder).map_err(wrong)?;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut all = Vec::new();
    for file in files {
        let (shown, name) = (slashed(&file), slashed(&file.with_extension("")));
        let taken = names.get(&name).cloned();
        let (name, landmarks) = match taken {
            Some(other) => (shown.clone(), Err(format!("has the name of `{other}`, whose results it would replace"))),
            None => {
                names.insert(name.clone(), shown.clone());
                (name, landmarks(&file))
            }
        };
        all.push(Photo { name, path: folder.join(&file), file: shown, landmarks });
    }
    Ok(all)
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// Where landmarks are looked for.
struct Source {
    counts: &'static [usize],
    folder: Option<PathBuf>,
    /// Faces of tables, by the photo as the table names it.
    table: BTreeMap<String, Vec<Vec<[f32; 2]>>>,
    /// The table's name of a photo by its last part; `None` where several have it.
    short: BTreeMap<String, Option<String>>,
}

impl Source {
    fn open(path: &Path, counts: &'static [usize]) -> anyhow::Result<Source> {
        let mut source = Source { counts, folder: None, table: BTreeMap::new(), short: BTreeMap::new() };
        if path.is_dir() {
            source.folder = Some(path.into());
            let listed = std::fs::read_dir(path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
            let mut tables: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
            tables.sort();
            for table in tables.iter().filter(|t| holds_landmarks(t)) {
                source.add(table)?;
            }
        } else if path.is_file() {
            let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
            if !matches!(kind.as_str(), "csv" | "xml") {
                let shown = path.display();
                let message = "is of one photo: `--landmarks` takes its folder, or a .csv or .xml file of all photos";
                return Err(wrong(format!("{shown}: {message}")));
            }
            source.add(path)?;
        } else {
            return Err(wrong(format!("landmarks `{}` do not exist", path.display())));
        }
        Ok(source)
    }

    fn add(&mut self, file: &Path) -> anyhow::Result<()> {
        for face in landmarks::of_file(file).map_err(wrong)? {
            let Some(photo) = face.file else { continue };
            let photo = photo.trim_start_matches("./").replace('\\', "/");
            let last = photo.rsplit('/').next().unwrap_or_default().to_string();
            let short = self.short.entry(last).or_insert_with(|| Some(photo.clone()));
            if short.as_ref().is_some_and(|known| *known != photo) {
                *short = None;
            }
            self.table.entry(photo).or_default().push(face.points);
        }
        Ok(())
    }

    /// Of a photo by its path in its folder.
    fn of(&self, photo: &Path) -> Result<Points, String> {
        if let Some(folder) = &self.folder {
            let beside = [Some(photo), photo.file_name().map(Path::new)];
            for stem in beside.into_iter().flatten() {
                for ending in BESIDE {
                    let file = folder.join(stem.with_extension(ending));
                    if file.is_file() {
                        let faces = landmarks::of_file(&file).map_err(|e| e.to_string())?;
                        let faces = faces.into_iter().map(|face| face.points).collect();
                        return self.checked(faces, ending == "mat");
                    }
                }
            }
        }
        let last = photo.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let short = || self.table.get(self.short.get(&last)?.as_ref()?);
        match self.table.get(&slashed(photo)).or_else(short) {
            Some(faces) => self.checked(faces.clone(), false),
            None => Err("has no landmarks".into()),
        }
    }

    /// The largest of a photo's faces.
    fn checked(&self, faces: Vec<Vec<[f32; 2]>>, solid: bool) -> Result<Points, String> {
        let area = |points: &Vec<[f32; 2]>| {
            let side = |k: usize| {
                let of = || points.iter().map(|p| p[k]);
                of().fold(f32::MIN, f32::max) - of().fold(f32::MAX, f32::min)
            };
            side(0) * side(1)
        };
        let largest = faces.into_iter().max_by(|a, b| area(a).total_cmp(&area(b)));
        let points = largest.ok_or("has no landmarks")?;
        if self.counts.contains(&points.len()) {
            return Ok(Points { points, solid });
        }
        let needed = self.counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        Err(format!("has {} landmarks, {needed} are needed (iBUG order)", points.len()))
    }
}

/// Whether a file of a folder is a table of landmarks: other tables lie there too.
fn holds_landmarks(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 256];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
    let start = String::from_utf8_lossy(&start[..read]);
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => start.starts_with("file,x0,y0"),
        Some("xml") => start.contains("<dataset") || start.contains("<images") || start.contains("imglab"),
        _ => false,
    }
}
