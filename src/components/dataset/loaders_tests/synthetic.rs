//! `synthetic-faces` on a folder of its layout.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;
use crate::components::dataset::synthetic_faces::{COLUMNS, FILES, FORMAT};

/// Three pictures: of one training person two, one with a mask before the face.
fn folder(scratch: &Scratch) {
    let rows = [
        ("train-0/a", "train", "train-0", ""),
        ("train-0/b", "train", "train-0", "mask"),
        ("test-0/a", "test", "test-0", ""),
    ];
    let mut manifest = COLUMNS.join(",");
    for (file, split, who, worn) in rows {
        manifest.push_str(&format!("\n{file},{split},{who},3,-45/0,7,-41.5,2,0,{worn},0.4,99,0,1,d"));
        for (folder, end) in FILES.iter().filter(|(_, end)| *end == "png") {
            scratch.photo(&format!("{folder}/{file}.{end}"), 16, 16, (4, 8));
        }
        let points: String = (0..68).map(|i| format!("{}.5 8.5\n", i % 16)).collect();
        scratch.text(&format!("landmarks/{file}.pts"), &format!("version: 1\nn_points: 68\n{{\n{points}}}\n"));
        let parts = image::GrayImage::from_fn(16, 16, |x, _| image::Luma([if x < 8 { 1 } else { 4 }]));
        parts.save(scratch.place(&format!("parts/{file}.png"))).unwrap();
        let depth = image::ImageBuffer::from_fn(16, 16, |x, _| image::Luma([if x < 8 { 42768u16 } else { 0 }]));
        depth.save(scratch.place(&format!("depth/{file}.png"))).unwrap();
    }
    sealed(scratch, &manifest);
}

fn sealed(scratch: &Scratch, manifest: &str) {
    scratch.text("manifest.csv", manifest);
    let print: String = Sha256::digest(manifest).iter().map(|b| format!("{b:02x}")).collect();
    scratch.text("fingerprint.txt", &format!("{FORMAT} {print}\n"));
}

#[test]
fn synthetic_faces_are_their_manifest() {
    let scratch = Scratch::new("synthetic");
    folder(&scratch);
    let data = scratch.open("synthetic-faces", json!({ "size": 8, "maps": true })).unwrap();
    assert_eq!(counts(data.as_ref()), [2, 0, 1]);
    let one = sample(data.as_ref(), Split::Train, 0);
    assert_eq!(
        (one.get("yaw").unwrap().data[0], one.get("pose").unwrap().data.as_slice()),
        (41.5, &[-41.5, 2.0, 0.0][..])
    );
    assert_eq!(one.get("mask").unwrap().data[..8], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(one.get("depth").unwrap().data[..8], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    // The third point, 3.5 in the file, is the edge between pixels 2 and 3 of 16, and so 1.0 of 8.
    assert_eq!(one.get("landmarks").unwrap().data[6..8], [1.0, 3.5]);
    assert_eq!(one.get("box").unwrap().data, [-0.5, 3.5, 7.0, 3.5]);
    let plain = scratch.open("synthetic-faces", json!({ "size": 8 })).unwrap();
    let ports: Vec<&str> = plain.ports().iter().map(|(port, _)| port.as_str()).collect();
    assert_eq!(ports, ["image", "landmarks", "box"]);
    sample(plain.as_ref(), Split::Train, 1);
    let bare = scratch.open("synthetic-faces", json!({ "bare": true, "identities": 1 })).unwrap();
    assert_eq!(counts(bare.as_ref()), [1, 0, 1]);
    assert_eq!(bare.classes("identity").unwrap(), ["train-0"]);
    assert_eq!(bare.sample(Split::Test, 0, Stream::new(0, "")).unwrap().get("identity").unwrap().data, [1.0]);
    let listed = files("synthetic-faces", &with_root(&scratch.0, json!({})), &around()).unwrap();
    assert_eq!(listed.len(), 3 * 7 + 2);
}

/// Pictures of twenty test people: two from in front, one of the side, one from above.
#[test]
fn synthetic_faces_meet_a_frontal_one_with_the_maps_of_both() {
    let scratch = Scratch::new("synthetic-frontal");
    let mut manifest = COLUMNS.join(",");
    for who in 0..20 {
        for (name, camera, yaw) in
            [("a", "0/0", "2"), ("b", "0/0", "-4"), ("c", "-45/0", "-41.5"), ("d", "45/25", "44")]
        {
            let file = format!("test-{who}/{name}");
            manifest.push_str(&format!("\n{file},test,test-{who},3,{camera},7,{yaw},2,0,,0.4,99,0,1,d"));
            for (folder, end) in FILES.iter().filter(|(_, end)| *end == "png") {
                scratch.photo(&format!("{folder}/{file}.{end}"), 16, 16, (4, 8));
            }
            scratch.text(&format!("landmarks/{file}.pts"), "");
        }
    }
    sealed(&scratch, &manifest);
    let told = json!({ "size": 8, "read": "pairs", "against": "frontal", "maps": true, "views": [0, 30] });
    let data = scratch.open("synthetic-faces", told).unwrap();
    // Of each person `b` and `c` against the own `a`, and `a`, `b` and `c` against another's.
    assert_eq!(counts(data.as_ref()), [0, 0, 20 * 5]);
    let same = values(&*data, Split::Test, "same");
    assert_eq!(same.iter().sum::<f32>(), 40.0);
    let mut yaws = values(&*data, Split::Test, "yaw");
    assert!(values(&*data, Split::Test, "first-yaw").iter().all(|yaw| *yaw == 2.0));
    yaws.sort_by(f32::total_cmp);
    yaws.dedup();
    assert_eq!(yaws, [2.0, 4.0, 41.5], "of the second, and none from above");
    let one = sample(&*data, Split::Test, 0);
    assert_eq!(one.get("second-incomplete").unwrap().shape, [3, 8, 8]);
    assert_eq!(one.get("first-missing").unwrap().shape, [1, 8, 8]);
    let (grid, cover) = (one.get("grid").unwrap(), one.get("cover").unwrap());
    assert_eq!((grid.shape, cover.shape), ([8, 16, 2], [1, 8, 16]));
    // From in front the middle of the head reads the middle of the sheet; where no head is, nothing is read.
    let middle = &grid.data[2 * (4 * 16 + 4)..][..2];
    assert!(middle[0].abs() < 0.3 && cover.data[4 * 16 + 4] == 1.0 && cover.data[0] == 0.0, "{middle:?}");
}

#[test]
fn faces_are_brought_onto_the_template_with_their_landmarks_and_far_turns_are_left_out() {
    let scratch = Scratch::new("synthetic-five");
    folder(&scratch);
    let data = scratch.open("synthetic-faces", json!({ "size": 128, "align": "five" })).unwrap();
    let one = sample(&*data, Split::Train, 0);
    let points = &one.get("landmarks").unwrap().data;
    // Points 4 and 5 are the edges of the white pixel, whose upper edge their line is.
    let [a, b] = [[points[8], points[9]], [points[10], points[11]]];
    let along = [b[0] - a[0], b[1] - a[1]];
    let centre = [(a[0] + b[0] - along[1]) / 2.0, (a[1] + b[1] + along[0]) / 2.0];
    let (x, y) = brightest(one.get("image").unwrap());
    let off = (x as f32 - centre[0]).hypot(y as f32 - centre[1]);
    assert!(along[0] > 0.5 && off < 0.7 * along[0] + 0.7, "{x} {y} {centre:?} {along:?}");
    let said = scratch.refused("synthetic-faces", json!({ "size": 8, "align": "five", "maps": true }));
    assert_eq!(said, "`align`: with `maps` a picture is shown whole");
    let manifest = std::fs::read_to_string(scratch.0.join("manifest.csv")).unwrap();
    sealed(&scratch, &manifest.replacen("-41.5", "-20", 1));
    let front = scratch.open("synthetic-faces", json!({ "size": 8, "most-yaw": 41 })).unwrap();
    assert_eq!(counts(&*front), [1, 0, 0]);
}

#[test]
fn what_is_wrong_with_a_folder_of_synthetic_faces_is_said() {
    let scratch = Scratch::new("synthetic-wrong");
    folder(&scratch);
    let said = |scratch: &Scratch| scratch.refused("synthetic-faces", json!({ "size": 8 }));
    scratch.remove("depth/test-0/a.png");
    assert!(said(&scratch).contains("`depth/test-0/a.png` is missing; expected in it"), "{}", said(&scratch));
    folder(&scratch);
    let manifest = std::fs::read_to_string(scratch.0.join("manifest.csv")).unwrap();
    scratch.text("manifest.csv", &manifest.replace("mask", ""));
    assert!(said(&scratch).contains("does not fit `manifest.csv`"), "{}", said(&scratch));
    scratch.text("fingerprint.txt", "synthetic-faces 0 abc");
    assert!(said(&scratch).contains("not of the format `synthetic-faces 1`"), "{}", said(&scratch));
    for (bad, why) in [
        (manifest.replace("test-0/a,test", "../../etc/passwd,test"), "row 3: `../../etc/passwd` is not ID/NAME"),
        (manifest.replace("test-0/a,test", "test-0/a,rest"), "row 3: `rest` is no split"),
        (manifest.replacen("-41.5", "NaN", 1), "row 1: yaw, pitch and roll are no numbers"),
        (manifest.replacen("file,", "files,", 1), "its columns are not file,split"),
        (COLUMNS.join(","), "it has no picture"),
    ] {
        sealed(&scratch, &bad);
        assert!(said(&scratch).contains(why), "{}", said(&scratch));
    }
    scratch.remove("fingerprint.txt");
    assert!(said(&scratch).contains("`fingerprint.txt` is missing"), "{}", said(&scratch));
    folder(&scratch);
    scratch.bytes("image/train-0/a.png", b"no picture");
    let data = scratch.open("synthetic-faces", json!({ "size": 8 })).unwrap();
    let error = data.sample(Split::Train, 0, Stream::new(0, "")).err().unwrap().to_string();
    assert!(error.contains("image/train-0/a.png"), "{error}");
}
