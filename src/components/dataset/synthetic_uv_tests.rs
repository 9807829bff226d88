//! Tests of `synthetic-uv`: what its maps hold, that they never change, and its cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A folder of its own that goes when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ablate-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Scratch(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn around(cache: &Path) -> Surroundings {
    Surroundings {
        cache: cache.into(),
        progress: None,
        base: PathBuf::new(),
        holes: |_, _| Err(DataError::setting("holes", "none here")),
        datasets: BTreeMap::new(),
    }
}

fn settings(size: usize, identities: usize) -> Settings {
    serde_json::json!({"size": size, "identities": identities}).as_object().unwrap().clone()
}

fn sample(data: &dyn Dataset, split: Split, index: usize) -> Sample {
    data.sample(split, index, Stream::new(0, "unused")).unwrap()
}

#[test]
fn samples_are_what_the_card_says() {
    let scratch = Scratch::new("card");
    let data = open(&settings(32, 10), &around(&scratch.0)).unwrap();
    assert_eq!(Split::ALL.map(|s| data.len(s)), [8 * 15, 15, 15]);
    for index in 0..15 {
        let all = sample(data.as_ref(), Split::Train, 30 + index);
        for ((name, array), (port, edge)) in all.ports.iter().zip(data.ports()) {
            assert_eq!((name, array.shape), (port, edge.dims));
        }
        let (incomplete, complete) = (all.get("incomplete").unwrap(), all.get("complete").unwrap());
        let missing = all.get("missing").unwrap();
        assert!(complete.data.iter().all(|v| (-1.0..=1.0).contains(v)));
        for (i, v) in incomplete.data.iter().enumerate() {
            let hidden = missing.data[i % 1024] == 1.0;
            assert_eq!(*v, if hidden { 0.0 } else { complete.data[i] });
        }
        assert_eq!(all.get("identity").unwrap().data, [2.0]);
        assert!((0.0..90.0).contains(&all.get("yaw").unwrap().data[0]));
    }
    assert_eq!(data.ports()[3].1.classes, 8);
    assert_eq!(sample(data.as_ref(), Split::Test, 0).get("identity").unwrap().data, [9.0]);
}

#[test]
fn a_larger_yaw_hides_more_and_the_far_side() {
    let scratch = Scratch::new("yaw");
    let data = open(&settings(48, 3), &around(&scratch.0)).unwrap();
    let share = |view: usize| {
        let missing = sample(data.as_ref(), Split::Train, view).get("missing").unwrap().clone();
        let left = (0..48 * 48).filter(|i| i % 48 < 24 && missing.data[*i] == 1.0).count();
        let right = (0..48 * 48).filter(|i| i % 48 >= 24 && missing.data[*i] == 1.0).count();
        (left as f64 / 1152.0, right as f64 / 1152.0)
    };
    // Views -90, -45, 0, 45, 90: the face turns to the image's left, and its left is hidden, to its right.
    let [a, b, c, d, e] = [0, 3, 6, 9, 12].map(share);
    assert!(a.0 > 0.75 && a.0 > b.0 && b.0 > c.0 && b.0 > 0.25, "{a:?} {b:?} {c:?}");
    assert!(e.1 > 0.75 && e.1 > d.1 && d.1 > c.1, "{c:?} {d:?} {e:?}");
    assert!(c.0 < 0.35 && c.1 < 0.35 && a.1 < 0.35 && e.0 < 0.35, "{a:?} {c:?} {e:?}");
}

#[test]
fn pictures_repeat_people_differ_and_moments_too() {
    let scratch = Scratch::new("repeat");
    let first = open(&settings(32, 4), &around(&scratch.0)).unwrap();
    let again = open(&settings(32, 4), &around(&scratch.0)).unwrap();
    assert_eq!(sample(first.as_ref(), Split::Train, 7), sample(again.as_ref(), Split::Train, 7));
    let complete = |data: &dyn Dataset, i| sample(data, Split::Train, i).get("complete").unwrap().clone();
    let distance = |a: &Array, b: &Array| {
        a.data.iter().zip(&b.data).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / a.data.len() as f64
    };
    let [a, same, other] = [0, 1, 15].map(|i| complete(first.as_ref(), i));
    assert!(distance(&a, &same) > 0.005 && distance(&a, &other) > 0.05);
    // The same person in a benchmark of another size of people.
    let more = open(&settings(32, 5), &around(&scratch.0)).unwrap();
    assert_eq!(complete(more.as_ref(), 0), a);
}

/// What is kept on disk never changes without what a cell's identity knows.
#[test]
fn the_version_of_the_faces_is_within_the_revision_of_the_card() {
    let revision = crate::components::catalogue().get("dataset", "synthetic-uv").unwrap().card.revision;
    assert_eq!((super::VERSION, revision), ("2", 3), "a new version is a new revision");
}

#[test]
fn a_damaged_cache_is_drawn_anew() {
    let scratch = Scratch::new("damaged");
    let drawn = Arc::new(AtomicUsize::new(0));
    let count = drawn.clone();
    let mut around = around(&scratch.0);
    around.progress = Some(Arc::new(move |_, _, all| {
        count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(all, 3);
    }));
    let first = sample(open(&settings(16, 3), &around).unwrap().as_ref(), Split::Train, 0);
    assert_eq!(drawn.load(Ordering::Relaxed), 3);
    open(&settings(16, 3), &around).unwrap();
    assert_eq!(drawn.load(Ordering::Relaxed), 3, "the second time it is read");
    let files = std::fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap());
    let file = files.max_by_key(|file| file.metadata().unwrap().len()).unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let again = sample(open(&settings(16, 3), &around).unwrap().as_ref(), Split::Train, 0);
    assert_eq!(drawn.load(Ordering::Relaxed), 6);
    assert_eq!(first, again);
    let left = std::fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().path());
    let left: Vec<_> = left.filter(|path| path.extension().is_none_or(|end| end != "lock")).collect();
    assert_eq!(left, [file], "nothing is left over but the lock");
}

#[test]
fn an_unwritable_cache_is_named() {
    let scratch = Scratch::new("unwritable");
    std::fs::create_dir_all(&scratch.0).unwrap();
    let blocked = scratch.0.join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = open(&settings(16, 3), &around(&blocked)).err().unwrap().to_string();
    assert!(error.starts_with("cannot write `") && error.contains("synthetic-uv-"), "{error}");
    assert!(open(&settings(16, 2), &around(&scratch.0)).err().unwrap().to_string().contains("identities"));
}

#[test]
fn splits_hold_every_identity_once() {
    for identities in [3, 7, 10, 200, 1001] {
        let s = SyntheticUv { size: 8, identities, occluders: 0.0 };
        let all: Vec<usize> = Split::ALL.into_iter().flat_map(|split| s.range(split)).collect();
        assert_eq!(all, (0..identities).collect::<Vec<_>>());
        assert!(Split::ALL.into_iter().all(|split| !s.range(split).is_empty()));
    }
}

#[test]
fn occluders_hide_more_and_change_nothing_else() {
    let scratch = Scratch::new("occluders");
    let open = |share: f64| {
        let mut settings = settings(32, 3);
        settings.insert("occluders".into(), share.into());
        open(&settings, &around(&scratch.0)).unwrap()
    };
    let (none, all) = (open(0.0), open(1.0));
    let mut hidden = [0.0; 2];
    for view in 0..15 {
        let (a, b) = (sample(none.as_ref(), Split::Train, view), sample(all.as_ref(), Split::Train, view));
        assert_eq!(a.get("complete"), b.get("complete"));
        for (sum, sample) in hidden.iter_mut().zip([&a, &b]) {
            *sum += sample.get("missing").unwrap().data.iter().sum::<f32>() / (15.0 * 1024.0);
        }
    }
    assert!(hidden[1] > hidden[0] + 0.05, "{hidden:?}");
}

#[test]
fn the_papers_size_works() {
    let scratch = Scratch::new("large");
    let data = open(&settings(256, 3), &around(&scratch.0)).unwrap();
    let all = sample(data.as_ref(), Split::Validation, 4);
    assert_eq!(all.get("complete").unwrap().shape, [3, 256, 256]);
    let hidden: f32 = all.get("missing").unwrap().data.iter().sum();
    assert!((0.05..0.6).contains(&(hidden / 65536.0)), "{hidden}");
}
