//! Photos with landmarks: 300-W, 300W-LP, AFLW2000-3D, WFLW, CelebA, FFHQ.

use super::*;
use serde_json::json;

/// The photo's white pixel, from 0.
const WHITE: (u32, u32) = (12, 9);

/// 68 points from (5, 5) to (25, 20) counted from 1; the first is on the white pixel.
fn points(count: usize) -> Vec<[f32; 2]> {
    let mut all = vec![[WHITE.0 as f32 + 1.0, WHITE.1 as f32 + 1.0], [5.0, 5.0], [25.0, 20.0]];
    all.extend((3..count).map(|i| [5.0 + (i % 20) as f32, 5.0 + (i % 15) as f32]));
    all
}

fn pts(count: usize) -> String {
    let lines: String = points(count).iter().map(|[x, y]| format!("{x} {y}\n")).collect();
    format!("version: 1\nn_points: {count}\n{{\n{lines}}}\n")
}

fn three_hundred(scratch: &Scratch) {
    let sets = [("afw", 4), ("helen/trainset", 4), ("helen/testset", 2), ("lfpw/trainset", 2), ("lfpw/testset", 1)];
    for (folder, count) in sets.into_iter().chain([("ibug", 3)]) {
        for i in 0..count {
            scratch.photo(&format!("{folder}/image {i}.png"), 40, 30, WHITE);
            scratch.text(&format!("{folder}/image {i}.pts"), &pts(68));
        }
    }
}

/// Landmark 0 is on the white pixel of the sample.
fn on_white(sample: &Sample) {
    let (image, points) = (sample.get("image").unwrap(), sample.get("landmarks").unwrap());
    let (x, y) = brightest(image);
    assert_eq!([points.data[0], points.data[1]], [x as f32, y as f32]);
    assert!(image.at(0, y, x) > 0.9, "{}", image.at(0, y, x));
}

#[test]
fn the_parts_of_300_w_are_its_folders() {
    let scratch = Scratch::new("300w");
    three_hundred(&scratch);
    // The landmarks' extent is 20 pixels; with a margin of 0.1 the square is 24, kept as it is.
    let same = json!({ "size": 24, "margin": 0.1, "validation": 0.2 });
    let data = scratch.open("300w", same).unwrap();
    assert_eq!(counts(&*data), [8, 2, 6]);
    let first = sample(&*data, Split::Test, 5);
    on_white(&first);
    let frame = first.get("box").unwrap().data.clone();
    assert_eq!((frame[2] - frame[0], frame[3] - frame[1]), (20.0, 15.0));
    for (subset, count) in [("common", 3), ("challenging", 3), ("all", 6)] {
        let data = scratch.open("300w", json!({ "subset": subset, "size": 8 })).unwrap();
        assert_eq!(data.len(Split::Test), count, "{subset}");
    }
    // The share holds for any seed.
    for seed in [0, 1] {
        let data = scratch.open("300w", json!({ "size": 8, "seed": seed, "validation": 0.4 })).unwrap();
        assert_eq!(data.len(Split::Validation), 4);
    }
    let error = scratch.open("300w", json!({ "points": 66, "size": 8 })).unwrap();
    let error = error.sample(Split::Test, 0, Stream::new(0, "")).unwrap_err().to_string();
    assert!(error.contains("helen/testset/image 0.pts") && error.contains("has 68 points, expected 66"), "{error}");
}

#[test]
fn what_300_w_lacks_is_named() {
    let scratch = Scratch::new("300w-lacks");
    three_hundred(&scratch);
    scratch.remove("ibug/image 1.pts");
    scratch.remove("afw/image 2.png");
    scratch.remove("afw/image 3.pts");
    let said = "folder `ROOT` is not laid out as `300w`: `afw/image 2.jpg` is missing and 2 others; expected in it
    afw/NAME.jpg and NAME.pts
    helen/trainset/NAME.jpg and NAME.pts
    helen/testset/NAME.jpg and NAME.pts
    lfpw/trainset/NAME.png and NAME.pts
    lfpw/testset/NAME.png and NAME.pts
    ibug/NAME.jpg and NAME.pts";
    assert_eq!(scratch.refused("300w", json!({})), said);
    let empty = Scratch::new("300w-empty");
    assert!(empty.refused("300w", json!({})).contains("`afw` is missing and 5 others;"));
}

/// A MATLAB 5 file of single-precision matrices, column-major.
fn mat(variables: &[(&str, [usize; 2], Vec<f32>)]) -> Vec<u8> {
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let element = |kind: u32, data: Vec<u8>| {
        let head = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        padded([head, data].concat())
    };
    let mut file = b"MATLAB 5.0 MAT-file".to_vec();
    file.resize(124, b' ');
    file.extend([0x00, 0x01, b'I', b'M']);
    for (name, dims, values) in variables {
        let dims = dims.iter().flat_map(|d| (*d as i32).to_le_bytes()).collect();
        let values = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let flags = [7u32.to_le_bytes(), [0; 4]].concat();
        let inner = [element(6, flags), element(5, dims), element(1, name.bytes().collect()), element(7, values)];
        file.extend(element(14, inner.concat()));
    }
    file
}

/// Yaw as the file has it, in radians: its sign is the other one.
fn fit(yaw: f32) -> Vec<u8> {
    let points = points(68).iter().flat_map(|[x, y]| [*x, *y, 0.0]).collect();
    mat(&[
        ("pt3d_68", [3, 68], points),
        ("Pose_Para", [1, 7], vec![0.0, yaw, 0.0, 0.0, 0.0, 0.0, 1e-3]),
        ("Shape_Para", [199, 1], (0..199).map(|i| i as f32).collect()),
        ("Exp_Para", [29, 1], (0..29).map(|i| i as f32 / 29.0).collect()),
    ])
}

#[test]
fn fitted_faces_bring_pose_and_coefficients() {
    let scratch = Scratch::new("aflw");
    for (i, yaw) in [-0.5f32, 0.0, 1.0].into_iter().enumerate() {
        scratch.photo(&format!("image0{i}.jpg"), 40, 30, WHITE);
        scratch.bytes(&format!("image0{i}.mat"), &fit(yaw));
    }
    let data = scratch.open("aflw2000-3d", json!({ "size": 24, "margin": 0.1 })).unwrap();
    assert_eq!(counts(&*data), [0, 0, 3]);
    let turned = sample(&*data, Split::Test, 2);
    on_white(&turned);
    let pose = &turned.get("pose").unwrap().data;
    assert!((pose[0] + 57.29578).abs() < 1e-3 && pose[1].abs() < 1e-3 && pose[2].abs() < 1e-3, "{pose:?}");
    assert!((turned.get("yaw").unwrap().data[0] - 57.29578).abs() < 1e-3);
    let coefficients = &turned.get("coefficients").unwrap().data;
    assert_eq!((coefficients[198], coefficients[199 + 28]), (198.0, 28.0 / 29.0));
    assert_eq!(data.ports()[5].1.parts, [("shape".to_string(), 199), ("expression".to_string(), 29)]);
    scratch.bytes("image01.mat", &fit(0.0)[..700]);
    let error = data.sample(Split::Test, 1, Stream::new(0, "")).unwrap_err().to_string();
    assert!(error.contains("image01.mat`: at byte"), "{error}");
    scratch.remove("image02.mat");
    assert!(scratch.refused("aflw2000-3d", json!({})).contains("`image02.mat` is missing; expected"));
    let empty = Scratch::new("aflw-empty");
    assert!(empty.refused("aflw2000-3d", json!({})).contains("`image00002.jpg` is missing; expected"));
}

#[test]
fn renderings_of_a_photo_stay_together() {
    let scratch = Scratch::new("lp");
    for set in ["AFW", "HELEN", "IBUG", "LFPW"] {
        for photo in 0..5 {
            for turn in 0..3 {
                for folder in [set.to_string(), format!("{set}_Flip")] {
                    let stem = format!("{folder}/{set}_{photo}_{turn}");
                    scratch.photo(&format!("{stem}.jpg"), 40, 30, WHITE);
                    // The photo's number as its yaw, by which it is known again.
                    scratch.bytes(&format!("{stem}.mat"), &fit(photo as f32 / 57.29578));
                }
            }
        }
    }
    let settings = json!({ "size": 8, "validation": 0.2 });
    let data = scratch.open("300w-lp", settings).unwrap();
    assert_eq!(counts(&*data), [96, 24, 0]);
    let mut held: BTreeMap<i32, usize> = BTreeMap::new();
    values(&*data, Split::Validation, "yaw").iter().for_each(|yaw| *held.entry(yaw.round() as i32).or_default() += 1);
    assert!(held.values().all(|count| count % 6 == 0), "{held:?}");
    assert_eq!(counts(&*scratch.open("300w-lp", json!({ "mirrored": false, "size": 8 })).unwrap())[2], 0);
    std::fs::remove_dir_all(scratch.0.join("IBUG_Flip")).unwrap();
    assert!(scratch.refused("300w-lp", json!({})).contains("`300w-lp`: `IBUG_Flip` is missing; expected in it"));
    assert!(scratch.open("300w-lp", json!({ "mirrored": false })).is_ok());
}

/// A line of WFLW: points counted from 0.
fn wflw_line(photo: &str, marks: [u8; 6]) -> String {
    let points = points(98).iter().map(|[x, y]| format!("{} {}", x - 1.0, y - 1.0)).collect::<Vec<_>>().join(" ");
    let marks = marks.map(|mark| mark.to_string()).join(" ");
    format!("{points} 4 4 25 20 {marks} {photo}\n")
}

#[test]
fn wflw_is_its_lists() {
    let scratch = Scratch::new("wflw");
    let folder = "WFLW_annotations/list_98pt_rect_attr_train_test";
    let train: String = (0..10).map(|i| wflw_line(&format!("0--Parade/{i}.jpg"), [0; 6])).collect();
    let marks = [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0]];
    let test: String = (0..3).map(|i| wflw_line(&format!("1--Handshaking/{i}.jpg"), marks[i])).collect();
    scratch.text(&format!("{folder}/list_98pt_rect_attr_train.txt"), &train);
    scratch.text(&format!("{folder}/list_98pt_rect_attr_test.txt"), &test);
    (0..10).for_each(|i| scratch.photo(&format!("WFLW_images/0--Parade/{i}.jpg"), 40, 30, WHITE));
    (0..3).for_each(|i| scratch.photo(&format!("WFLW_images/1--Handshaking/{i}.jpg"), 40, 30, WHITE));
    let data = scratch.open("wflw", json!({ "size": 24, "margin": 0.1 })).unwrap();
    assert_eq!(counts(&*data), [9, 1, 3]);
    let first = sample(&*data, Split::Test, 2);
    on_white(&first);
    assert_eq!(first.get("attributes").unwrap().data, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let subset = |name: &str| scratch.open("wflw", json!({ "subset": name })).unwrap().len(Split::Test);
    assert_eq!([subset("all"), subset("pose"), subset("occlusion"), subset("blur")], [3, 2, 2, 0]);
    scratch.remove("WFLW_images/0--Parade/3.jpg");
    assert!(scratch.refused("wflw", json!({})).contains("`WFLW_images/0--Parade/3.jpg` is missing; expected in it"));
    let short = wflw_line("../../etc/passwd", [0; 6]);
    scratch.text(&format!("{folder}/list_98pt_rect_attr_test.txt"), &format!("{short}1 2 3 x.jpg\n"));
    assert!(scratch.refused("wflw", json!({})).contains("expected a path within the dataset"));
    scratch.text(&format!("{folder}/list_98pt_rect_attr_test.txt"), "1 2 3 x.jpg\n");
    let said =
        "test.txt`: line 1: found `1 2 3 x.jpg`, expected 98 points, a rectangle, 6 marks and the path of a photo";
    assert!(scratch.refused("wflw", json!({})).ends_with(said));
    scratch.remove(&format!("{folder}/list_98pt_rect_attr_train.txt"));
    assert!(scratch.refused("wflw", json!({})).contains("attr_train.txt` is missing; expected in it"));
}

/// Photos and lists of CelebA; with `Img` and the others as they are given out, or all in one folder.
pub fn celeba(scratch: &Scratch, given: &str, count: usize) {
    let (images, lists, parts) = match given {
        "" => ("", "", ""),
        _ => ("Img/", "Anno/", "Eval/"),
    };
    let names: Vec<String> = (1..=count).map(|i| format!("{i:06}.jpg")).collect();
    names.iter().for_each(|name| scratch.photo(&format!("{images}img_align_celeba/{name}"), 20, 30, WHITE));
    let rows = |row: &dyn Fn(usize) -> String| -> String {
        names.iter().enumerate().map(|(i, name)| format!("{name} {}\n", row(i))).collect()
    };
    scratch.text(&format!("{lists}identity_CelebA.txt"), &rows(&|i| (10 - i / 2).to_string()));
    scratch.text(&format!("{parts}list_eval_partition.txt"), &rows(&|i| (i % 3).to_string()));
    let header = |what: &str, n: usize| (0..n).map(|i| format!("{what}{i}")).collect::<Vec<_>>().join(" ");
    let marks = |i: usize| (0..40).map(|k| if k == i { " 1" } else { "-1" }).collect::<Vec<_>>().join(" ");
    let attributes = format!("{count}\n{}\n{}", header("mark", 40), rows(&marks));
    scratch.text(&format!("{lists}list_attr_celeba.txt"), &attributes);
    let places = |_: usize| format!("{} {}  4 4 6 6 8 8 9 9", WHITE.0, WHITE.1);
    let landmarks = format!("{count}\n{}\n{}", header("x", 10), rows(&places));
    scratch.text(&format!("{lists}list_landmarks_align_celeba.txt"), &landmarks);
}

#[test]
fn celeba_is_its_lists() {
    for given in ["", "given"] {
        let scratch = Scratch::new(&format!("celeba{given}"));
        celeba(&scratch, given, 6);
        let data = scratch.open("celeba", json!({ "size": 20, "classes": 10 })).unwrap();
        assert_eq!(counts(&*data), [2, 2, 2]);
        let first = sample(&*data, Split::Validation, 1);
        on_white(&first);
        assert_eq!(first.get("identity").unwrap().data, [7.0]);
        let marks = &first.get("attributes").unwrap().data;
        assert_eq!((marks[4], marks.iter().sum::<f32>()), (1.0, 1.0));
    }
    let scratch = Scratch::new("celeba-lacks");
    celeba(&scratch, "", 6);
    let said = "line 1: found `000001.jpg 10`, expected a photo and a number of 1 to 9 (`classes`)";
    assert!(scratch.refused("celeba", json!({ "classes": 9 })).ends_with(said));
    scratch.remove("img_align_celeba/000002.jpg");
    scratch.remove("img_align_celeba/000005.jpg");
    let said = scratch.refused("celeba", json!({}));
    assert!(said.contains("`img_align_celeba/000002.jpg` is missing and 1 other; expected in it\n"), "{said}");
    scratch.text("identity_CelebA.txt", "000001.jpg 1\n");
    assert!(scratch.refused("celeba", json!({})).contains("it lacks `000002.jpg`, which the partition has"));
    scratch.remove("identity_CelebA.txt");
    assert!(scratch.refused("celeba", json!({})).contains("identity_CelebA.txt` is missing"));
}

#[test]
fn ffhq_is_cut_at_six_sevenths() {
    for (name, folder) in [("nested", "images1024x1024/00000/"), ("flat", "thumbnails128x128/"), ("bare", "")] {
        let scratch = Scratch::new(&format!("ffhq-{name}"));
        (0..14).for_each(|i| scratch.photo(&format!("{folder}{i:05}.png"), 8, 8, (i % 8, i / 8)));
        let data = scratch.open("ffhq", json!({ "size": 8, "count": 14, "validation": 0.25 })).unwrap();
        assert_eq!(counts(&*data), [9, 3, 2]);
        // The last two are the test: photos 12 and 13.
        let white: Vec<_> = (0..2).map(|i| brightest(sample(&*data, Split::Test, i).get("image").unwrap())).collect();
        assert_eq!(white, [(4, 1), (5, 1)]);
        let said = scratch.refused("ffhq", json!({}));
        assert!(said.contains(&format!("`{folder}00014.png` is missing and 69985 others")), "{said}");
    }
}
