//! Photos from a folder through holes, transforms and loader: drawn pictures, damaged ones, and real ones where the shared
//! data are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use crate::components::dataset::{self, Surroundings};
use crate::components::holes;
use crate::data_rig::shared;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ablate-folder-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Scratch(folder)
    }

    /// A picture whose columns get lighter to the right.
    fn picture(&self, name: &str, width: u32, height: u32) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let shade = |x: u32| (x * 255 / width) as u8;
        image::RgbImage::from_fn(width, height, |x, _| image::Rgb([shade(x); 3])).save(path).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn around(base: &Path) -> Surroundings {
    Surroundings {
        cache: base.into(),
        progress: None,
        base: base.into(),
        holes: holes::open,
        datasets: BTreeMap::new(),
    }
}

fn folder(base: &Path, settings: serde_json::Value) -> Result<Arc<dyn Dataset>, DataError> {
    dataset::open("image-folder", settings.as_object().unwrap(), &around(base))
}

fn message(result: Result<Arc<dyn Dataset>, DataError>) -> String {
    result.err().unwrap().to_string()
}

fn first(data: &dyn Dataset) -> Result<Sample, DataError> {
    data.sample(Split::Train, 0, Stream::new(0, "test"))
}

const ALL: [(&str, f64); 3] = [("train", 1.0), ("validation", 0.0), ("test", 0.0)];

fn whole() -> serde_json::Value {
    ALL.iter().map(|(k, v)| (k.to_string(), json!(v))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn photos_are_cropped_or_stretched_and_other_files_ignored() {
    let scratch = Scratch::new("crop");
    scratch.picture("deep/er/a.png", 40, 20);
    std::fs::write(scratch.0.join("a.pts"), "points").unwrap();
    let settings = |crop: &str| json!({"root": "", "size": 10, "crop": crop, "channels": 1, "split": whole()});
    let cropped = first(folder(&scratch.0, settings("centre")).unwrap().as_ref()).unwrap();
    let stretched = first(folder(&scratch.0, settings("none")).unwrap().as_ref()).unwrap();
    let (cropped, stretched) = (cropped.get("image").unwrap(), stretched.get("image").unwrap());
    assert_eq!((cropped.shape, stretched.shape), ([1, 10, 10], [1, 10, 10]));
    assert!(cropped.at(0, 5, 0) > -0.55 && stretched.at(0, 5, 0) < -0.8, "{cropped:?}");
}

#[test]
fn holes_cut_the_image_and_are_those_of_the_stream() {
    let scratch = Scratch::new("holes");
    scratch.picture("a.png", 32, 32);
    let data = folder(&scratch.0, json!({"root": "", "size": 32, "holes": "strokes", "split": whole()})).unwrap();
    assert_eq!(
        data.ports().iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(),
        ["image", "incomplete", "complete", "missing"]
    );
    let draw = |n| data.sample(Split::Train, 0, Stream::new(0, "t").fork(n)).unwrap();
    let (a, b) = (draw(0), draw(1));
    assert_eq!(a, draw(0));
    assert_ne!(a.get("missing"), b.get("missing"));
    let missing = a.get("missing").unwrap();
    for (i, v) in a.get("incomplete").unwrap().data.iter().enumerate() {
        let kept = a.get("complete").unwrap().data[i];
        assert_eq!(*v, if missing.data[i % 1024] == 1.0 { 0.0 } else { kept });
    }
    assert!(data.draws());
}

#[test]
fn masks_come_by_name_and_must_fit() {
    let scratch = Scratch::new("masks");
    scratch.picture("photos/a.png", 40, 20);
    scratch.picture("masks/a.pgm", 40, 20);
    let settings =
        json!({"root": "photos", "size": 10, "holes": {"use": "from-folder", "root": "masks"}, "split": whole()});
    let sample = first(folder(&scratch.0, settings.clone()).unwrap().as_ref()).unwrap();
    let missing = sample.get("missing").unwrap();
    assert_eq!((missing.at(0, 5, 0), missing.at(0, 5, 9)), (0.0, 1.0));
    std::fs::remove_file(scratch.0.join("masks/a.pgm")).unwrap();
    scratch.picture("masks/a.png", 39, 20);
    let error = first(folder(&scratch.0, settings.clone()).unwrap().as_ref()).unwrap_err().to_string();
    assert!(error.contains("a.png` is (20, 39) (height, width), its image is (20, 40)"), "{error}");
    std::fs::remove_file(scratch.0.join("masks/a.png")).unwrap();
    let error = first(folder(&scratch.0, settings).unwrap().as_ref()).unwrap_err().to_string();
    assert!(error.contains("masks/a.png`: this mask does not exist"), "{error}");
}

#[test]
fn what_is_missing_empty_or_damaged_is_named() {
    let scratch = Scratch::new("damaged");
    assert!(message(folder(&scratch.0, json!({"root": "nowhere"}))).ends_with("nowhere` does not exist"));
    assert!(message(folder(&scratch.0, json!({"root": ""}))).contains("holds no images (expected .jpg"));
    let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([(x * y) as u8; 3]));
    let path = scratch.0.join("half.jpg");
    picture.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = first(folder(&scratch.0, json!({"root": "", "split": whole()})).unwrap().as_ref()).unwrap_err();
    assert!(error.to_string().contains("half.jpg`: the JPEG is truncated"), "{error}");
}

#[test]
fn folders_are_splits_where_they_are_asked_for() {
    let scratch = Scratch::new("folders");
    for name in ["train/a.png", "train/b.png", "test/c.png"] {
        scratch.picture(name, 8, 8);
    }
    let data = folder(&scratch.0, json!({"root": "", "split": {"folders": true}})).unwrap();
    assert_eq!(Split::ALL.map(|s| data.len(s)), [2, 0, 1]);
    std::fs::remove_dir_all(scratch.0.join("train")).unwrap();
    assert!(
        message(folder(&scratch.0, json!({"root": "", "split": {"folders": true}}))).contains("train` does not exist")
    );
}

#[test]
fn a_size_of_zero_is_left_to_the_transforms() {
    let scratch = Scratch::new("zero");
    scratch.picture("a.png", 40, 20);
    let data = folder(&scratch.0, json!({"root": "", "split": whole()})).unwrap();
    assert_eq!(data.ports()[0].1.dims, [3, 0, 0]);
    let mut sample = first(data.as_ref()).unwrap();
    assert_eq!(sample.get("image").unwrap().frame(), (20, 20));
    let resize = [("resize".to_string(), json!({"size": 12}).as_object().unwrap().clone())];
    let types = [("image".to_string(), Type::Image)];
    Pipeline::open(&resize).unwrap().apply(&mut sample, &types, true, &Stream::new(0, "t")).unwrap();
    assert_eq!(sample.get("image").unwrap().frame(), (12, 12));
}

#[test]
fn a_loader_gives_the_same_photos_wherever_it_starts() {
    let scratch = Scratch::new("loader");
    for i in 0..7 {
        scratch.picture(&format!("{i}.png"), 20 + i, 20);
    }
    let settings = json!({"root": "", "size": 16, "holes": "rectangles", "split": whole()});
    let loader = || {
        let flip = [("random-flip".to_string(), serde_json::Map::new())];
        let transforms = Arc::new(Pipeline::open(&flip).unwrap());
        Loader::new(folder(&scratch.0, settings.clone()).unwrap(), transforms, Split::Train, 3, 5, "photos").unwrap()
    };
    let mut whole_run = loader();
    let all: Vec<Batch> = (0..6).map(|_| whole_run.next().unwrap().0).collect();
    let mut resumed = loader();
    resumed.seek(5);
    assert_eq!(resumed.next().unwrap().0, all[5]);
    assert_eq!(all[0].get("incomplete").unwrap().0, [3, 3, 16, 16]);
    assert_ne!(all[0], all[1]);
}

#[test]
fn real_photos_load_with_every_kind_of_holes() {
    let Some(photos) = shared("faces68") else { return };
    for (row, kind) in ["none", "yaw-half", "rectangles", "strokes"].into_iter().enumerate() {
        let settings = json!({"root": photos.to_string_lossy(), "size": 64, "holes": kind});
        let data = folder(Path::new(""), settings).unwrap();
        let counts = Split::ALL.map(|s| data.len(s));
        assert_eq!(counts, [192, 24, 24]);
        let split = if row == 0 { Split::ALL.to_vec() } else { vec![Split::Test] };
        for split in split {
            for i in 0..data.len(split) {
                let sample = data.sample(split, i, Stream::new(0, "t").fork(i as u64)).unwrap();
                assert!(sample.ports.iter().all(|(_, a)| a.frame() == (64, 64)));
                assert!(sample.ports.iter().all(|(_, a)| a.data.iter().all(|v| (-1.0..=1.0).contains(v))));
            }
        }
    }
}
