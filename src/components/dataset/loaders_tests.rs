//! Tests of the loaders on small trees that are made for them, and on real files where those lie beside the repository.

mod faces;
mod maps;
mod pairs;
mod people;
mod real;
mod synthetic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::components::sample::{Array, Place};
use crate::data_rig::shared;

/// A folder of its own that goes when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ablate-loader-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Scratch(folder)
    }

    fn place(&self, path: &str) -> PathBuf {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn text(&self, path: &str, text: &str) {
        std::fs::write(self.place(path), text).unwrap();
    }

    fn bytes(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.place(path), bytes).unwrap();
    }

    /// A black photo with one white pixel, as PNG whatever the file is called.
    fn photo(&self, path: &str, width: u32, height: u32, white: (u32, u32)) {
        let colour = |x, y| image::Rgb([if (x, y) == white { 255 } else { 0 }; 3]);
        let mut bytes = std::io::Cursor::new(vec![]);
        let photo = image::RgbImage::from_fn(width, height, colour);
        photo.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        self.bytes(path, bytes.get_ref());
    }

    /// A grey photo of 8 x 8.
    fn small(&self, path: &str) {
        self.photo(path, 8, 8, (9, 9));
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.0.join(path)).unwrap();
    }

    fn open(&self, name: &str, settings: serde_json::Value) -> Result<Arc<dyn Dataset>, DataError> {
        open_at(&self.0, name, settings)
    }

    /// What is said of this folder, which is called ROOT in it.
    fn refused(&self, name: &str, settings: serde_json::Value) -> String {
        let error = self.open(name, settings).err().expect("an error").to_string();
        error.replace(&self.0.display().to_string(), "ROOT")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The left half, or nothing.
struct Left(bool);

impl Holes for Left {
    fn mask(&self, place: &Place<'_>, _: &mut Stream) -> Result<Array, DataError> {
        let left = |i: usize| f32::from(u8::from(i % place.width < place.width / 2));
        let data = (0..place.height * place.width).map(left).collect();
        Ok(Array { shape: [1, place.height, place.width], data })
    }

    fn any(&self) -> bool {
        self.0
    }
}

fn around() -> Surroundings {
    Surroundings {
        cache: PathBuf::new(),
        progress: None,
        base: PathBuf::new(),
        holes: |slot, _| Ok(Arc::new(Left(slot.name() != "none"))),
        datasets: BTreeMap::new(),
    }
}

fn with_root(root: &Path, settings: serde_json::Value) -> Settings {
    let mut all = settings.as_object().unwrap().clone();
    all.insert("root".into(), root.display().to_string().into());
    all
}

fn open_at(root: &Path, name: &str, settings: serde_json::Value) -> Result<Arc<dyn Dataset>, DataError> {
    open(name, &with_root(root, settings), &around())
}

fn sample(data: &dyn Dataset, split: Split, index: usize) -> Sample {
    let sample = data.sample(split, index, Stream::new(0, "test").fork(index as u64)).unwrap();
    let shapes: Vec<(&str, [usize; 3])> =
        sample.ports.iter().map(|(name, array)| (name.as_str(), array.shape)).collect();
    let ports: Vec<(&str, [usize; 3])> = data.ports().iter().map(|(name, edge)| (name.as_str(), edge.dims)).collect();
    assert_eq!(shapes, ports, "a sample is what the ports say");
    for (name, array) in &sample.ports {
        assert_eq!(array.data.len(), array.shape.iter().product::<usize>(), "{name}");
        let edge = &data.ports().iter().find(|(port, _)| port == name).unwrap().1;
        if edge.ty == crate::registry::Type::Label {
            assert!((array.data[0] as usize) < edge.classes, "{name} {:?}", array.data);
        }
    }
    sample
}

fn counts(data: &dyn Dataset) -> [usize; 3] {
    Split::ALL.map(|split| data.len(split))
}

/// The value of a port in every sample of a split.
fn values(data: &dyn Dataset, split: Split, port: &str) -> Vec<f32> {
    (0..data.len(split)).map(|i| sample(data, split, i).get(port).unwrap().data[0]).collect()
}

/// Brightest pixel of an image: column and row.
fn brightest(image: &Array) -> (usize, usize) {
    let (_, width) = image.frame();
    let best = (0..image.plane(0).len()).max_by(|a, b| image.data[*a].total_cmp(&image.data[*b])).unwrap();
    (best % width, best / width)
}

/// What identifies a cell are the files of its datasets, lists and annotations with them.
#[test]
fn every_file_that_is_read_is_listed() {
    let scratch = Scratch::new("files");
    faces::celeba(&scratch, "", 3);
    let found = files("celeba", &with_root(&scratch.0, serde_json::json!({})), &around()).unwrap();
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "identity_CelebA.txt",
        "img_align_celeba/000001.jpg",
        "img_align_celeba/000002.jpg",
        "img_align_celeba/000003.jpg",
        "list_attr_celeba.txt",
        "list_eval_partition.txt",
        "list_landmarks_align_celeba.txt",
    ];
    assert_eq!(names, expected);
    let missing = files("celeba", &with_root(Path::new("/nowhere"), serde_json::json!({})), &around());
    assert!(matches!(missing, Err(DataError::NoFolder(_))));
}

#[test]
fn unknown_settings_are_refused() {
    let names = entries().into_iter().map(|entry| entry.entry.card.name);
    for name in names.filter(|name| !["image-folder", "synthetic-fits", "synthetic-uv", "union"].contains(name)) {
        let error = open_at(&std::env::temp_dir(), name, serde_json::json!({ "sise": 1 })).err().unwrap().to_string();
        assert!(error.contains("unknown field `sise`"), "{name}: {error}");
        let error = open_at(Path::new("/nowhere"), name, serde_json::json!({})).err().unwrap();
        // One file, and no folder.
        assert!(matches!(error, DataError::NoFolder(_)) || name == "insightface-bin", "{name}: {error}");
    }
}
