//! The loaders on real files, skipped where there are none.

use super::*;
use serde_json::json;

#[test]
fn samples_of_aflw2000_3d() {
    let Some(folder) = shared("aflw2000_16") else { return };
    let data = open_at(&folder, "aflw2000-3d", json!({ "size": 128 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 16]);
    let mut far = 0.0f32;
    for i in 0..16 {
        let all = sample(&*data, Split::Test, i);
        let (points, frame) = (all.get("landmarks").unwrap(), all.get("box").unwrap());
        // The square is half as wide again as the landmarks' extent, and they are in its middle.
        let extent = (frame.data[2] - frame.data[0]).max(frame.data[3] - frame.data[1]);
        assert!((extent - 128.0 / 1.5).abs() < 1.5, "{i}: {extent}");
        assert!(points.data.iter().all(|v| (19.0..108.0).contains(v)), "{i}");
        far = far.max(all.get("yaw").unwrap().data[0]);
        let yaw = all.get("pose").unwrap().data[0];
        // A face that is turned to the image's right shows its nose right of the middle of its jaw.
        let middle = (points.data[0] + points.data[2 * 16]) / 2.0;
        assert!(yaw.abs() < 20.0 || (points.data[2 * 30] > middle) == (yaw > 0.0), "{i}: {yaw}");
    }
    // The data's readme: yaw -54.7 to 70.9.
    assert!((far - 70.9).abs() < 0.5, "{far}");
}

#[test]
fn pairs_and_people_in_the_layout_of_lfw() {
    let Some(folder) = shared("identities") else { return };
    let data = open_at(&folder, "lfw", json!({ "size": 32 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 1200]);
    for i in [0, 59, 60, 1199] {
        let all = sample(&*data, Split::Test, i);
        let read = |port: &str| all.get(port).unwrap().data[0];
        assert_eq!((read("same"), read("fold")), (if i % 120 < 60 { 1.0 } else { 0.0 }, (i / 120) as f32));
        assert_ne!(all.get("first"), all.get("second"));
    }
    let data = open_at(&folder, "lfw", json!({ "size": 32, "read": "images", "classes": 100 })).unwrap();
    assert_eq!(counts(&*data), [640, 80, 80]);
    assert_eq!(data.classes("identity").unwrap().len(), 100);
    sample(&*data, Split::Validation, 79);
}

#[test]
fn a_folder_a_person_as_in_orl() {
    let Some(folder) = shared("orl") else { return };
    let split = json!({ "train": 0.8, "validation": 0.1, "test": 0.1 });
    let data = open_at(&folder, "casia-webface", json!({ "size": 32, "classes": 39, "split": split })).unwrap();
    assert_eq!(counts(&*data), [312, 39, 39]);
    sample(&*data, Split::Train, 311);
}

/// The photos of CFP are not there: empty files stand in, since nothing is read on opening.
#[test]
fn the_protocol_of_cfp() {
    let Some(folder) = shared("cfp") else { return };
    let scratch = Scratch::new("cfp-real");
    let archive = folder.join("cfp_protocol.tar.gz");
    let unpacked = std::process::Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&scratch.0).status();
    if !unpacked.is_ok_and(|status| status.success()) {
        println!("skipped: tar cannot unpack {}", archive.display());
        return;
    }
    let photos = "cfp-dataset/Data/Images";
    let said = scratch.refused("cfp", json!({}));
    assert!(said.contains(&format!("`{photos}/001/frontal/05.jpg` is missing and ")), "{said}");
    for person in 1..=500 {
        (1..=10).for_each(|i| scratch.bytes(&format!("{photos}/{person:03}/frontal/{i:02}.jpg"), b""));
        (1..=4).for_each(|i| scratch.bytes(&format!("{photos}/{person:03}/profile/{i:02}.jpg"), b""));
    }
    for protocol in ["frontal-frontal", "frontal-profile"] {
        let data = scratch.open("cfp", json!({ "protocol": protocol })).unwrap();
        assert_eq!(counts(&*data), [0, 0, 7000], "{protocol}");
    }
    let data = scratch.open("cfp", json!({ "read": "images" })).unwrap();
    assert_eq!(counts(&*data), [5600, 700, 700]);
}

#[test]
fn lists_of_pairs_with_landmarks_and_yaws() {
    let Some(folder) = shared("identities") else { return };
    let settings = |list: &str| json!({ "size": 32, "list": list, "folds": [7, 8, 9, 10], "landmarks": "landmarks.csv", "poses": "manifest.csv" });
    let data = open_at(&folder, "pairs", settings("pairs.txt")).unwrap();
    assert_eq!(counts(&*data), [0, 0, 480]);
    assert_eq!(data.classes("first-identity").unwrap().len(), 40);
    sample(&*data, Split::Test, 479);
    let posed = open_at(&folder, "pairs", settings("pairs_frontal_profile.csv")).unwrap();
    // The list's own rule: one picture within 12 degrees, the other beyond 25.
    let yaws = values(&*posed, Split::Test, "yaw");
    assert!(yaws.len() > 400 && yaws.iter().all(|yaw| *yaw > 25.0));
    let some = json!({
        "size": 32, "folds": [1, 2, 3, 4, 5, 6], "read": "images", "classes": 60, "landmarks": "landmarks.csv"
    });
    let train = open_at(&folder, "pairs", some).unwrap();
    assert_eq!(counts(&*train), [480, 0, 0]);
    let (trained, tested) = (train.people(Split::Train).unwrap(), data.people(Split::Test).unwrap());
    assert!(trained.present().is_disjoint(&tested.present()));
}

#[test]
fn pairs_of_orl_are_drawn() {
    let Some(folder) = shared("orl") else { return };
    let data = open_at(&folder, "pairs", json!({ "size": 32, "list": "", "drawn": 20 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 400]);
    sample(&*data, Split::Test, 399);
}
