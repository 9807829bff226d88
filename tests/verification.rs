//! A recogniser that is trained and verified: what its record and page hold, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;

use ablate::record::{StudyRecord, read_cells};
use folder::Folder;
use std::process::{Command, Output};

const EXPERIMENT: &str = r#"
format = 1
[datasets.faces]
use     = "pairs"
root    = "photos"
list    = ""
read    = "images"
folds   = [1, 2, 3, 4, 5, 6]
classes = 12
size    = 16
[datasets.pairs]
use   = "pairs"
root  = "photos"
list  = ""
drawn = 3
folds = [7, 8, 9, 10]
poses = "yaws.csv"
size  = 16
[nodes.network]
use   = "embedding/small-resnet"
in    = "faces.image"
width = 2
[nodes.cosines]
use     = "head/cosine-classifier"
in      = "network"
classes = { like = "faces.identity" }
[losses.arcface]
use       = "arcface"
in.logits = "cosines"
in.label  = "faces.identity"
[train]
batch     = 6
optimizer = { use = "sgd", lr = 0.01 }
[updates.recognition]
learns = ["network", "cosines"]
[stages.recognition]
length = "3 steps"
[evaluations.verification]
in.first           = "pairs.first"
in.second          = "pairs.second"
in.same            = "pairs.same"
in.fold            = "pairs.fold"
in.first-identity  = "pairs.first-identity"
in.second-identity = "pairs.second-identity"
in.first-yaw       = "pairs.first-yaw"
in.second-yaw      = "pairs.second-yaw"
splits             = ["test"]
metrics            = [{ use = "verification", network = "network", folds = 4, flip = true }]
group-by           = { value = "pairs.yaw", edges = [0, 45, 90] }
[report.tables.results]
columns = ["verification.accuracy", "verification.auc", "verification.tar-1e-1", "verification.tar-1e-6"]
[report.figures.roc]
use        = "roc"
evaluation = "verification"
[report.figures.det]
use        = "det"
evaluation = "verification"
[report.figures.scores]
use        = "score-histogram"
evaluation = "verification"
[report.figures.hardest]
use        = "hardest-pairs"
evaluation = "verification"
count      = 2
[report.figures.map]
use        = "embedding-map"
evaluation = "verification"
[report.figures.confusion]
use        = "confusion-by-yaw"
evaluation = "verification"
edges      = [0, 45, 90]
"#;

/// Twenty people with three photos each, every one of its own grey and stripes.
fn photos(folder: &Folder) {
    let mut yaws = String::from("file,yaw\n");
    for person in 0..20u32 {
        let of = folder.path(&format!("photos/p{person:02}"));
        std::fs::create_dir_all(&of).unwrap();
        for number in 0..3u32 {
            let value = |x: u32, y: u32| ((x * (person + 1) + y * 3 * number + 11 * person) % 256) as u8;
            let photo = image::GrayImage::from_fn(16, 16, |x, y| image::Luma([value(x, y)]));
            photo.save(of.join(format!("{number}.png"))).unwrap();
            yaws.push_str(&format!("p{person:02}/{number}.png,{}\n", 30 * number));
        }
    }
    std::fs::write(folder.path("photos/yaws.csv"), yaws).unwrap();
}

fn run(folder: &Folder) -> Output {
    let arguments = ["run", "mine.toml", "--device", "cpu"];
    Command::new(env!("CARGO_BIN_EXE_ablate")).args(arguments).current_dir(folder.path("")).output().unwrap()
}

#[test]
fn pairs_are_kept_and_the_page_shows_them() {
    let folder = Folder::new(&[("mine.toml", EXPERIMENT)]);
    photos(&folder);
    let ran = run(&folder);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let study = folder.path("runs/mine");
    assert!(read_cells(&study).unwrap().is_some());
    let record = StudyRecord::read(&study, &folder.path("runs")).unwrap();
    let cell = &record.records[0].1;
    let pairs = &cell.pairs.verifications["verification.accuracy"];
    // Three of a kind in each of four folds.
    assert_eq!((pairs.scores.len(), pairs.same.iter().map(|s| usize::from(*s)).sum::<usize>()), (24, 12));
    assert_eq!((pairs.thresholds.len(), pairs.yaws.len(), pairs.groups.len()), (4, 24, 24));
    let status = cell.status.as_ref().unwrap();
    let accuracy = &status.test["verification.accuracy"];
    assert_eq!((accuracy.n, accuracy.values.len(), accuracy.groups.len()), (4, 24, 2));
    // What the record says of each pair is what its score and threshold say.
    for (i, right) in accuracy.values.iter().enumerate() {
        let accepted = f64::from(pairs.scores[i]) > pairs.thresholds[usize::from(pairs.folds[i])];
        assert_eq!(right.unwrap() == 100.0, accepted == (pairs.same[i] == 1), "pair {i}");
    }
    let wrong = accuracy.values.iter().filter(|v| **v == Some(0.0)).count();
    assert_eq!(pairs.hardest.len().min(1), wrong.min(1));
    assert!(pairs.hardest.iter().all(|h| cell.dir.join("samples").join(&h.second).is_file()));
    // Eight people of the test, at most three pictures each.
    let people: std::collections::BTreeSet<&str> = pairs.map.iter().map(|p| p.person.as_str()).collect();
    assert_eq!((people.len(), people.iter().all(|p| p.starts_with('p'))), (8, true));
    // Twelve impostors can tell a FAR of 0.1 and no smaller one.
    assert!(status.test["verification.tar-1e-1"].mean.is_finite());
    assert_eq!(status.test["verification.tar-1e-6"].n, 0);
    for figure in ["roc", "det", "scores", "map", "confusion"] {
        let drawn = std::fs::read_to_string(study.join("figures").join(format!("{figure}.svg"))).unwrap();
        assert!(drawn.contains("<svg"), "{figure}");
    }
}

#[test]
fn people_of_the_training_are_refused_unless_allowed() {
    let shared = EXPERIMENT.replace("folds = [7, 8, 9, 10]", "folds = [6, 7, 8, 9]");
    let folder = Folder::new(&[("mine.toml", &shared)]);
    photos(&folder);
    let ran = run(&folder);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("2 of its 8 people are in the training data `faces` too (p"), "{said}");
    let allowed = shared.replace("flip = true", "flip = true, allow-shared-identities = true");
    std::fs::write(folder.path("mine.toml"), allowed).unwrap();
    assert!(run(&folder).status.success());
}

#[test]
fn a_photo_that_is_missing_or_broken_is_named() {
    let listed = EXPERIMENT.replacen("list  = \"\"\ndrawn = 3\nfolds = [7, 8, 9, 10]\n", "list  = \"some.csv\"\n", 1);
    let folder = Folder::new(&[("mine.toml", &listed)]);
    photos(&folder);
    let list = "file1,file2,same\np01/0.png,p01/1.png,1\np01/0.png,p99/1.png,0\n";
    std::fs::write(folder.path("photos/some.csv"), list).unwrap();
    let said = String::from_utf8_lossy(&run(&folder).stderr).into_owned();
    assert!(said.contains("`p99/1.png` is missing"), "{said}");
}
