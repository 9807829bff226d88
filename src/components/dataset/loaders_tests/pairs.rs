//! Pairs of any folder, of insightface's files and of Multi-PIE.

use super::people::PAIRS;
use super::*;
use serde_json::json;

/// Four people in two folds, two photos each.
fn two_folds(scratch: &Scratch) {
    for person in ["Ann_Bo", "Cy", "Di", "Ed"] {
        (1..=2).for_each(|i| scratch.photo(&format!("{person}/{person}_{i:04}.jpg"), 8, 8, (i, 1)));
    }
}

#[test]
fn any_list_of_pairs_is_read_and_folds_are_chosen() {
    let scratch = Scratch::new("pairs");
    two_folds(&scratch);
    scratch.text("pairs.txt", PAIRS);
    let data = scratch.open("pairs", json!({ "size": 8 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 8]);
    assert_eq!(values(&*data, Split::Test, "second-identity"), [0.0, 1.0, 1.0, 0.0, 2.0, 3.0, 3.0, 2.0]);
    assert_eq!(data.people(Split::Test).unwrap().present().len(), 4);
    assert!(data.people(Split::Train).unwrap().present().is_empty());
    // The second fold alone, counted anew; the first trains.
    let second = scratch.open("pairs", json!({ "size": 8, "folds": [2] })).unwrap();
    assert_eq!(values(&*second, Split::Test, "fold"), [0.0; 4]);
    assert_eq!(second.classes("first-identity").unwrap(), ["Di", "Ed"]);
    let first = scratch.open("pairs", json!({ "size": 8, "folds": [1], "read": "images", "classes": 2 })).unwrap();
    assert_eq!(counts(&*first), [4, 0, 0]);
    assert_eq!(values(&*first, Split::Train, "identity"), [0.0, 0.0, 1.0, 1.0]);
    let (trained, tested) = (first.people(Split::Train).unwrap(), second.people(Split::Test).unwrap());
    assert!(trained.present().is_disjoint(&tested.present()));
    assert_eq!(scratch.refused("pairs", json!({ "folds": [3] })), "`folds`: no pair is in fold 3");
    let said = scratch.refused("pairs", json!({ "read": "images", "classes": 5 }));
    assert!(said.contains("it is 5, but the folder holds 4 identities"), "{said}");
}

#[test]
fn a_table_of_pairs_has_a_head_and_names_what_is_missing() {
    let scratch = Scratch::new("pairs-csv");
    two_folds(&scratch);
    let table = "fold,file1,file2,same,else
2,Ann_Bo/Ann_Bo_0001.jpg,Ann_Bo/Ann_Bo_0002.jpg,1,x
1,Ann_Bo/Ann_Bo_0001.jpg,Cy/Cy_0002.jpg,0,y
";
    scratch.text("pairs.csv", table);
    scratch.text(
        "manifest.csv",
        "file,yaw,pitch\nAnn_Bo/Ann_Bo_0001.jpg,-3,1\nAnn_Bo/Ann_Bo_0002.jpg,10,1\nCy/Cy_0002.jpg,-40,0\n",
    );
    let settings = json!({ "size": 8, "list": "pairs.csv", "poses": "manifest.csv" });
    let data = scratch.open("pairs", settings.clone()).unwrap();
    assert_eq!(
        (values(&*data, Split::Test, "fold"), values(&*data, Split::Test, "same")),
        (vec![1.0, 0.0], vec![1.0, 0.0])
    );
    assert_eq!(values(&*data, Split::Test, "yaw"), [10.0, 40.0]);
    assert_eq!(values(&*data, Split::Test, "second-yaw"), [10.0, -40.0]);
    let white = ["first", "second"].map(|port| brightest(sample(&*data, Split::Test, 0).get(port).unwrap()));
    assert_eq!(white, [(1, 1), (2, 1)]);
    for (from, to, what) in [
        ("Cy/Cy_0002", "Cy/Cy_0003", "`Cy/Cy_0003.jpg` is missing; expected in it"),
        ("file1", "left", "it has no column `file1`, only fold, left, file2, same, else"),
        (",1,x", ",yes,x", "row 1: `same` is `yes`, expected 1 or 0"),
        ("\n2,", "\n11,", "row 1: expected a fold of 1 to 10"),
        ("Cy/Cy_0002.jpg", "../Cy_0002.jpg", "row 2: `../Cy_0002.jpg` is no path within the folder"),
        ("Cy/Cy_0002", "Cy/Cy_0001", "manifest.csv`: it says nothing of `Cy/Cy_0001.jpg`"),
    ] {
        scratch.text("pairs.csv", &table.replacen(from, to, 1));
        let said = scratch.refused("pairs", settings.clone());
        assert!(said.contains(what), "{said}");
    }
    // Without folds they are cut in their order.
    scratch.text("pairs.csv", &table.replace("fold,", "").replace("\n2,", "\n").replace("\n1,", "\n"));
    let data = scratch.open("pairs", settings).unwrap();
    assert_eq!(values(&*data, Split::Test, "fold"), [0.0, 1.0]);
}

#[test]
fn landmarks_cut_each_photo_of_a_pair_by_its_own() {
    let scratch = Scratch::new("pairs-landmarks");
    for (name, white) in [("a/1.png", (5, 5)), ("b/1.png", (20, 12))] {
        scratch.photo(name, 32, 32, white);
    }
    scratch.text("p.csv", "file1,file2,same\na/1.png,b/1.png,0\n");
    // The white pixel is in the middle of three points that are 4 apart.
    scratch.text("l.csv", "file,x0,y0,x1,y1,x2,y2\na/1.png,3,3,7,7,5,5\nb/1.png,18,10,22,14,20,12\n");
    let settings = json!({ "size": 8, "list": "p.csv", "landmarks": "l.csv", "margin": 0.5 });
    let data = scratch.open("pairs", settings).unwrap();
    let pair = sample(&*data, Split::Test, 0);
    let white = ["first", "second"].map(|port| brightest(pair.get(port).unwrap()));
    assert_eq!(white[0], white[1]);
}

#[test]
fn faces_of_any_size_come_onto_one_template_by_five_points() {
    use crate::face::align::five;
    let scratch = Scratch::new("pairs-five");
    let template = five::template(56);
    let mut table = String::from("file,x0,y0,x1,y1,x2,y2,x3,y3,x4,y4\n");
    for (name, scale, shift) in [("a/1.png", 1.0, 4.0), ("b/1.png", 3.0, 10.0), ("b/2.png", 2.0, 0.0)] {
        let at = template.map(|point| point.map(|v| v * scale + shift));
        // The white pixel is at the tip of the nose.
        scratch.photo(name, 200, 200, (at[2][0] as u32, at[2][1] as u32));
        let row: Vec<String> = at.as_flattened().iter().map(|v| (v - 0.5).to_string()).collect();
        table.push_str(&format!("{name},{}\n", row.join(",")));
    }
    scratch.text("l.csv", &table);
    scratch.text("p.csv", "file1,file2,same\na/1.png,b/1.png,0\n");
    let mut settings = json!({ "size": 56, "list": "p.csv", "landmarks": "l.csv", "align": "five" });
    let data = scratch.open("pairs", settings.clone()).unwrap();
    let pair = sample(&*data, Split::Test, 0);
    for port in ["first", "second"] {
        let (x, y) = brightest(pair.get(port).unwrap());
        let near = |found: usize, wanted: f32| (found as f32 + 0.5 - wanted).abs() <= 1.0;
        assert!(near(x, template[2][0]) && near(y, template[2][1]), "{port}: {x} {y}");
    }
    // Without a list every photo of every folder is read.
    settings["list"] = json!("");
    settings["read"] = json!("images");
    let all = scratch.open("pairs", settings.clone()).unwrap();
    assert_eq!((counts(&*all), all.classes("identity").unwrap()), ([3, 0, 0], vec!["a".to_string(), "b".into()]));
    scratch.text("l.csv", &table.replace("x4,y4", "x4,y4,x5,y5").replace(".png,", ".png,1,1,"));
    let few = scratch.open("pairs", settings).unwrap();
    let error = few.sample(Split::Train, 0, Stream::new(0, "")).err().unwrap().to_string();
    assert!(error.contains("6 landmarks in no face's places, 5, 68 or 98 are needed"), "{error}");
}

#[test]
fn pairs_are_drawn_where_no_list_says_them() {
    let scratch = Scratch::new("pairs-drawn");
    for person in 0..20 {
        (0..3).for_each(|i| scratch.small(&format!("s{person}/{i}.png")));
    }
    let data = scratch.open("pairs", json!({ "size": 8, "list": "", "drawn": 4 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 80]);
    assert_eq!(values(&*data, Split::Test, "same").iter().sum::<f32>(), 40.0);
    let some =
        scratch.open("pairs", json!({ "size": 8, "list": "", "folds": [1, 2, 3, 4, 5, 6], "read": "images" })).unwrap();
    assert_eq!(counts(&*some), [36, 0, 0]);
}

/// `pickle.dump(([first, second, first, first], [False, True]), file, protocol=4)` of two small photos.
#[test]
fn files_of_insightface_are_read() {
    let scratch = Scratch::new("insightface");
    scratch.photo("1.png", 8, 8, (1, 1));
    scratch.photo("2.png", 8, 8, (6, 3));
    let photo = |name: &str| std::fs::read(scratch.0.join(name)).unwrap();
    let mut bytes = vec![0x80, 4, b']', 0x94, b'('];
    for name in ["1.png", "2.png", "1.png", "1.png"] {
        let photo = photo(name);
        bytes.push(b'B');
        bytes.extend((photo.len() as u32).to_le_bytes());
        bytes.extend(photo);
    }
    bytes.extend([b'e', b']', 0x94, b'(', 0x89, 0x88, b'e', 0x86, 0x94, b'.']);
    scratch.bytes("pairs.bin", &bytes);
    let at = |file: &str| json!({ "root": scratch.0.join(file).display().to_string(), "size": 8, "folds": 2 });
    let opened = |file: &str| open("insightface-bin", at(file).as_object().unwrap(), &around());
    let data = opened("pairs.bin").unwrap();
    assert_eq!(counts(&*data), [0, 0, 2]);
    assert_eq!(
        (values(&*data, Split::Test, "same"), values(&*data, Split::Test, "fold")),
        (vec![0.0, 1.0], vec![0.0, 1.0])
    );
    let pair = sample(&*data, Split::Test, 0);
    assert_eq!(["first", "second"].map(|port| brightest(pair.get(port).unwrap())), [(1, 1), (6, 3)]);
    scratch.bytes("cut.bin", &bytes[..bytes.len() - 4]);
    assert!(opened("cut.bin").err().unwrap().to_string().contains("the file is truncated"));
    assert!(opened("gone.bin").err().unwrap().to_string().contains("gone.bin"));
}

#[test]
fn multi_pie_pairs_every_pose_with_the_gallery() {
    let scratch = Scratch::new("multi-pie-pairs");
    for subject in 1..=22 {
        for (camera, plain) in [("05_1", "051"), ("24_0", "240")] {
            for light in [0, 7] {
                let folder = format!("session01/multiview/{subject:03}/01/{camera}");
                scratch.small(&format!("{folder}/{subject:03}_01_01_{plain}_{light:02}.png"));
            }
        }
    }
    let settings = json!({
        "size": 8, "views": ["05_1", "24_0"], "lights": [0, 7], "subjects": 2, "read": "pairs",
        "split": { "validation": 0.0 }
    });
    let data = scratch.open("multi-pie", settings).unwrap();
    // 20 test people with three probes each and one impostor for each probe; the gallery's own photo has one impostor.
    let same = values(&*data, Split::Test, "same");
    assert_eq!((same.len(), same.iter().sum::<f32>()), (140, 60.0));
    let yaws = values(&*data, Split::Test, "yaw");
    assert!(yaws.iter().all(|yaw| [0.0, 90.0].contains(yaw)) && yaws.iter().filter(|y| **y == 90.0).count() == 80);
    let people = data.people(Split::Test).unwrap();
    assert!(people.seen.iter().zip(&same).all(|(two, same)| (two[0] == two[1]) == (*same == 1.0)));
    // Folds have no person in common.
    let folds = values(&*data, Split::Test, "fold");
    let mut fold_of = std::collections::BTreeMap::new();
    for (two, fold) in people.seen.iter().zip(folds) {
        two.iter().for_each(|person| assert_eq!(*fold_of.entry(*person).or_insert(fold), fold));
    }
}

#[test]
fn ijb_says_templates_and_what_is_compared() {
    let scratch = Scratch::new("ijb");
    (1..=3).for_each(|i| scratch.small(&format!("loose_crop/{i}.jpg")));
    scratch.text("meta/ijbc_face_tid_mid.txt", "1.jpg 1 69544\n2.jpg 1 69544\n3.jpg 11065 7\n");
    scratch.text("meta/ijbc_template_pair_label.txt", "1 11065 1\n1 1 0\n");
    let data = scratch.open("ijb", json!({ "size": 8 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 3]);
    assert_eq!(values(&*data, Split::Test, "template"), [1.0, 1.0, 11065.0]);
    assert_eq!(values(&*data, Split::Test, "medium"), [69544.0, 69544.0, 7.0]);
    assert_eq!(data.pairings(Split::Test), [(1, 11065, true), (1, 1, false)]);
    assert!(data.pairings(Split::Train).is_empty());
    scratch.text("meta/ijbc_template_pair_label.txt", "1 11065 2\n");
    assert!(scratch.refused("ijb", json!({})).contains("line 1: found `1 11065 2`, expected two templates"));
    scratch.remove("loose_crop/2.jpg");
    assert!(scratch.refused("ijb", json!({})).contains("ijbc_template_pair_label.txt`: line 1"));
    scratch.text("meta/ijbc_template_pair_label.txt", "1 11065 1\n");
    assert!(scratch.refused("ijb", json!({})).contains("`loose_crop/2.jpg` is missing"));
}
