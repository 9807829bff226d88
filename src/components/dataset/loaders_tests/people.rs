//! Photos of people: CASIA-WebFace, Multi-PIE, and the pairs of LFW, CPLFW and CFP.

use super::*;
use serde_json::json;

#[test]
fn casia_counts_its_folders() {
    let scratch = Scratch::new("casia");
    for (person, photos) in [("0000045", 3), ("0000099", 2), ("0000102", 5)] {
        (1..=photos).for_each(|i| scratch.small(&format!("{person}/{i:03}.jpg")));
    }
    let data = scratch.open("casia-webface", json!({ "size": 8, "classes": 3 })).unwrap();
    assert_eq!(counts(&*data), [10, 0, 0]);
    assert_eq!(values(&*data, Split::Train, "identity"), [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    assert_eq!(data.classes("identity").unwrap(), ["0000045", "0000099", "0000102"]);
    let split = json!({ "train": 0.5, "validation": 0.3, "test": 0.2 });
    assert_eq!(counts(&*scratch.open("casia-webface", json!({ "classes": 3, "split": split })).unwrap()), [5, 3, 2]);
    let said = scratch.refused("casia-webface", json!({}));
    assert_eq!(said, "`classes`: it is 10575, but the folder holds 3 identities; if it is whole, set `classes = 3`");
    assert!(scratch.refused("casia-webface", json!({ "classes": 2 })).contains("set `classes = 3`"));
    let folders = scratch.refused("casia-webface", json!({ "classes": 3, "split": { "folders": true } }));
    assert!(folders.contains("`folders` is for `image-folder`"), "{folders}");
    std::fs::create_dir(scratch.0.join("0000103")).unwrap();
    assert!(scratch.refused("casia-webface", json!({ "classes": 4 })).contains("`0000103/001.jpg` is missing;"));
}

fn multi_pie(scratch: &Scratch) {
    for (session, subjects) in [(1, vec![1, 2, 4]), (2, vec![2, 5])] {
        for subject in subjects {
            for recording in 1..=2 {
                for camera in ["11_0", "05_1", "24_0"] {
                    for light in [0, 7] {
                        let folder = format!("session{session:02}/multiview/{subject:03}/{recording:02}/{camera}");
                        let plain = camera.replace('_', "");
                        scratch.small(&format!(
                            "{folder}/{subject:03}_{session:02}_{recording:02}_{plain}_{light:02}.png"
                        ));
                    }
                }
            }
        }
    }
}

#[test]
fn multi_pie_is_chosen_by_session_view_and_light() {
    let scratch = Scratch::new("multi-pie");
    multi_pie(&scratch);
    let there = json!({ "size": 8, "views": ["11_0", "05_1", "24_0"], "lights": [0, 7] });
    let with = |more: serde_json::Value| {
        let mut all = there.clone();
        more.as_object().unwrap().iter().for_each(|(key, value)| all[key] = value.clone());
        all
    };
    let data = scratch.open("multi-pie", there.clone()).unwrap();
    assert_eq!(counts(&*data).iter().sum::<usize>(), 5 * 2 * 3 * 2);
    assert_eq!(data.classes("identity").unwrap(), ["001", "002", "004", "005"]);
    assert_eq!(data.classes("view").unwrap()[12], "24_0");
    // A person is in one split.
    let people: Vec<std::collections::BTreeSet<u32>> =
        Split::ALL.map(|split| values(&*data, split, "identity").into_iter().map(|v| v as u32).collect()).into();
    assert_eq!(people.iter().map(|p| p.len()).sum::<usize>(), 4);
    let one = scratch
        .open(
            "multi-pie",
            with(json!({ "sessions": [2], "recordings": [1], "views": ["24_0"], "lights": [7], "subjects": 1 })),
        )
        .unwrap();
    assert_eq!(counts(&*one), [1, 0, 1]);
    let shot = sample(&*one, Split::Test, 0);
    let read = |port: &str| shot.get(port).unwrap().data[0];
    assert_eq!([read("identity"), read("view"), read("light"), read("yaw")], [1.0, 12.0, 7.0, 90.0]);
    // Known by the photo from in front, in the first session and recording; without light 7 by the first light.
    let all: Vec<(f32, f32)> = Split::ALL
        .into_iter()
        .flat_map(|s| values(&*data, s, "gallery").into_iter().zip(values(&*data, s, "view")))
        .collect();
    assert_eq!(all.iter().filter(|(known, _)| *known == 1.0).count(), 4);
    assert!(all.iter().all(|(known, view)| *known == 0.0 || *view == 6.0));
    let said = scratch.refused("multi-pie", with(json!({ "read": "pairs", "subjects": 1 })));
    assert_eq!(said, "`read`: pairs of 10 folds want at least 20 test people, there are 3");
    // The first two people train: 001 in session 1, 002 in both.
    let first = scratch.open("multi-pie", with(json!({ "subjects": 2, "split": { "validation": 0.0 } }))).unwrap();
    assert_eq!(counts(&*first), [36, 0, 24]);
    let said = scratch.refused("multi-pie", with(json!({ "views": ["11_1"] })));
    assert!(said.starts_with("`views`: no camera is called `11_1`, known: 11_0, 12_0, "), "{said}");
    let said = scratch.refused("multi-pie", with(json!({ "sessions": [3] })));
    assert!(said.contains("`session03/multiview` is missing"), "{said}");
}

#[test]
fn what_multi_pie_lacks_is_named_and_views_are_mirrored() {
    let scratch = Scratch::new("multi-pie-lacks");
    multi_pie(&scratch);
    let some = json!({ "views": ["05_1"], "lights": [0, 7] });
    scratch.remove("session01/multiview/004/02/05_1/004_01_02_051_07.png");
    scratch.remove("session02/multiview/005/01/05_1/005_02_01_051_00.png");
    let said = scratch.refused("multi-pie", some.clone());
    let first = "`session01/multiview/004/02/05_1/004_01_02_051_07.png` is missing and 1 other; expected in it\n";
    assert!(said.starts_with(&format!("folder `ROOT` is not laid out as `multi-pie`: {first}")), "{said}");
    // All lights: 18 more of each recording.
    let said = scratch.refused("multi-pie", json!({ "views": ["05_1"], "sessions": [1] }));
    assert!(said.contains("051_01.png` is missing and 108 others"), "{said}");
    let empty = Scratch::new("multi-pie-empty");
    assert!(empty.refused("multi-pie", json!({})).contains("001_01_01_051_00.png` is missing; expected"));
    // Thirteen views, symmetric about the one in front.
    let views = super::super::multi_pie::VIEWS;
    assert!((0..13).all(|i| views[i].1 == -views[12 - i].1 && views[i].1 == 15.0 * i as f32 - 90.0));
    assert_eq!((views[6].0, views[13].1, views[14].1), ("05_1", -45.0, 45.0));
}

/// Two folds of two pairs of a kind.
pub const PAIRS: &str = "2\t2
Ann_Bo\t1\t2
Cy\t1\t2
Ann_Bo\t1\tCy\t2
Cy\t1\tAnn_Bo\t2
Di\t1\t2
Ed\t1\t2
Di\t1\tEd\t1
Ed\t2\tDi\t2
";

#[test]
fn lfw_reads_the_pairs_of_view_two() {
    for folder in ["", "lfw/"] {
        let scratch = Scratch::new(&format!("lfw{}", folder.len()));
        scratch.text("pairs.txt", PAIRS);
        for person in ["Ann_Bo", "Cy", "Di", "Ed"] {
            (1..=2).for_each(|i| scratch.photo(&format!("{folder}{person}/{person}_{i:04}.jpg"), 8, 8, (i, 1)));
        }
        let data = scratch.open("lfw", json!({ "size": 8 })).unwrap();
        assert_eq!(counts(&*data), [0, 0, 8]);
        assert_eq!(values(&*data, Split::Test, "same"), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(values(&*data, Split::Test, "fold"), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        let pair = sample(&*data, Split::Test, 2);
        let white = ["first", "second"].map(|port| brightest(pair.get(port).unwrap()));
        assert_eq!(white, [(1, 1), (2, 1)]);
        let split = json!({ "train": 0.5, "validation": 0.25, "test": 0.25 });
        let photos = json!({ "read": "images", "classes": 4, "size": 8, "split": split });
        let data = scratch.open("lfw", photos).unwrap();
        assert_eq!(counts(&*data), [4, 2, 2]);
        assert_eq!(data.classes("identity").unwrap(), ["Ann_Bo", "Cy", "Di", "Ed"]);
        let who = values(&*data, Split::Test, "identity");
        assert_eq!(who[0], who[1], "a person is in one split");
        scratch.remove(&format!("{folder}Cy/Cy_0002.jpg"));
        let said = scratch.refused("lfw", json!({}));
        assert!(
            said.contains(&format!("`{folder}Cy/Cy_0002.jpg` is missing; expected in it\n    pairs.txt")),
            "{said}"
        );
        for (from, to, what) in [
            ("Di\t1\tEd\t1", "Di\t1", "line 8: found `Di 1`, expected two people, each with the number of a photo"),
            (
                "2\t2\nAnn",
                "2\t3\nAnn",
                "line 4: found `Ann_Bo 1 Cy 2`, expected a person and the numbers of two photos",
            ),
            ("Ed\t2\tDi\t2\n", "", "it says 8 pairs and holds 7"),
            ("2\t2\nAnn", "Ann", "line 1: found `Ann_Bo 1 2`, expected the numbers of folds"),
        ] {
            scratch.text("pairs.txt", &PAIRS.replacen(from, to, 1));
            let said = scratch.refused("lfw", json!({}));
            assert!(said.contains(what), "{said}");
        }
        scratch.remove("pairs.txt");
        assert!(scratch.refused("lfw", json!({})).contains("`pairs.txt` is missing;"));
    }
}

#[test]
fn cplfw_reads_two_lines_a_pair() {
    for (base, images) in [("", "aligned images"), ("cplfw/", "images")] {
        let scratch = Scratch::new(&format!("cplfw{}", base.len()));
        let mut list = String::new();
        for i in 0..10 {
            (1..=2).for_each(|k| {
                scratch.small(
                    &format!("{base}{images}/Ann_Bo {i}_{k}.jpg")
                        .replace(' ', "-")
                        .replace("aligned-images", "aligned images"),
                )
            });
            list += &format!(
                "Ann_Bo-{i}_1.jpg 1\nAnn_Bo-{i}_2.jpg 1\nAnn_Bo-{i}_1.jpg 0\nAnn_Bo-{}_2.jpg 0\n",
                (i + 1) % 10
            );
        }
        scratch.text(&format!("{base}pairs_CPLFW.txt"), &list);
        let data = scratch.open("cplfw", json!({ "size": 8 })).unwrap();
        assert_eq!(counts(&*data), [0, 0, 20]);
        let same = values(&*data, Split::Test, "same");
        assert!(same.iter().enumerate().all(|(i, same)| *same == if i % 2 == 0 { 1.0 } else { 0.0 }), "{same:?}");
        let folds = values(&*data, Split::Test, "fold");
        assert!(folds.iter().enumerate().all(|(i, fold)| *fold == (i / 2) as f32), "{folds:?}");
        let data = scratch.open("cplfw", json!({ "read": "images", "size": 8, "classes": 10 })).unwrap();
        assert_eq!(counts(&*data), [16, 2, 2]);
        assert_eq!(data.classes("identity").unwrap()[3], "Ann_Bo-3");
        scratch.text(&format!("{base}pairs_CPLFW.txt"), &list.replacen("_2.jpg 1", "_2.jpg 0", 1));
        let said = scratch.refused("cplfw", json!({}));
        assert!(said.contains("line 2: found `Ann_Bo-0_2.jpg 0`, expected a photo and 1 (the same person"), "{said}");
        scratch.text(&format!("{base}pairs_CPLFW.txt"), &format!("{list}Gone_1.jpg 0\n"));
        assert!(scratch.refused("cplfw", json!({})).contains("line 41: found `Gone_1.jpg 0`, expected a second line"));
        scratch.text(&format!("{base}pairs_CPLFW.txt"), &list.replacen("Ann_Bo-0_1.jpg", "Gone_1.jpg", 1));
        let said = scratch.refused("cplfw", json!({}));
        assert!(said.contains(&format!("`{base}{images}/Gone_1.jpg` is missing; expected")), "{said}");
    }
}

/// Three people with two frontal photos and a profile.
fn cfp(scratch: &Scratch) {
    let (mut frontal, mut profile) = (String::new(), String::new());
    for person in 1..=3 {
        for i in 1..=2 {
            scratch.small(&format!("Data/Images/{person:03}/frontal/{i:02}.jpg"));
            frontal += &format!("{} ../Data/Images/{person:03}/frontal/{i:02}.jpg\r\n", 2 * (person - 1) + i);
        }
        scratch.small(&format!("Data/Images/{person:03}/profile/01.jpg"));
        profile += &format!("{person} ../Data/Images/{person:03}/profile/01.jpg\n");
    }
    scratch.text("Protocol/Pair_list_F.txt", &frontal);
    scratch.text("Protocol/Pair_list_P.txt", &profile);
    for fold in 1..=10 {
        scratch.text(&format!("Protocol/Split/FF/{fold:02}/same.txt"), "1,2\n3,4\n");
        scratch.text(&format!("Protocol/Split/FF/{fold:02}/diff.txt"), "1,3\n");
        scratch.text(&format!("Protocol/Split/FP/{fold:02}/same.txt"), "6,3\n");
        scratch.text(&format!("Protocol/Split/FP/{fold:02}/diff.txt"), "1,3\n2,2\n");
    }
}

#[test]
fn cfp_reads_both_protocols() {
    let scratch = Scratch::new("cfp");
    cfp(&scratch);
    let data = scratch.open("cfp", json!({ "size": 8 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 30]);
    assert_eq!(values(&*data, Split::Test, "same")[..6], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(values(&*data, Split::Test, "fold")[27..], [9.0; 3]);
    let data = scratch.open("cfp", json!({ "size": 8, "protocol": "frontal-frontal" })).unwrap();
    assert_eq!(values(&*data, Split::Test, "same")[..6], [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
    let photos =
        json!({ "size": 8, "read": "images", "classes": 3, "split": { "train": 1.0, "validation": 0.0, "test": 0.0 } });
    let data = scratch.open("cfp", photos).unwrap();
    assert_eq!(values(&*data, Split::Train, "identity"), [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!(values(&*data, Split::Train, "profile")[5..], [0.0, 1.0, 1.0, 1.0]);
    scratch.text("Protocol/Split/FP/04/diff.txt", "1,4\n");
    let said = scratch.refused("cfp", json!({}));
    assert!(
        said.ends_with("04/diff.txt`: line 1: found `1 4`, expected two numbers of photos, 1 to 6 and 1 to 3"),
        "{said}"
    );
    scratch.remove("Protocol/Split/FP/04/diff.txt");
    assert!(scratch.refused("cfp", json!({})).contains("`Protocol/Split/FP/04/diff.txt` is missing;"));
    scratch.remove("Data/Images/001/frontal/02.jpg");
    let said = scratch.refused("cfp", json!({ "protocol": "frontal-frontal" }));
    assert!(said.contains("`Data/Images/001/frontal/02.jpg` is missing; expected in it\n"), "{said}");
}
