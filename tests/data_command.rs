//! `data` as a user meets it: a head of the built-in generator as a model in a folder of ICT-FaceKit, photos rendered
//! from it, and what becomes of them; what cannot be read is skipped by name and reason.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components::dataset::{Surroundings, open};
use ablate::components::holes;
use ablate::components::sample::Split;
use ablate::face::camera::{Camera, Orthographic, Pose};
use ablate::face::mesh::Vec3;
use ablate::face::morphable::{Basis, Morphable, Prior};
use ablate::face::procedural::head::Head;
use ablate::face::procedural::{Expression, Person};
use ablate::face::raster::{Faces, rasterize};
use ablate::random::Stream;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SIDE: usize = 96;

/// Exit code, standard output and standard error together.
fn ablate(folder: &Path, line: &str) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_ablate")).args(line.split_whitespace()).current_dir(folder).output();
    let run = run.unwrap();
    let text = [run.stdout, run.stderr].map(|out| String::from_utf8(out).unwrap()).concat();
    (run.status.code().unwrap(), text)
}

/// A folder of its own, removed when the test ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("ablate-data-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(path.join("photos")).unwrap();
    Folder(path)
}

/// The head with 68 vertices of its front as landmarks, and one mode that does nothing.
fn model() -> Morphable {
    let head = Head::new(40);
    let mean = head.positions(&Person::new(Stream::new(4, "head")), &Expression::default());
    let farthest = |landmark: usize| {
        // Spread over the front: landmarks of the jaw in an arc, the others in a grid of 8 columns.
        let (x, y) = match landmark {
            0..17 => ((landmark as f32 - 8.0) * 0.08, 0.1 - 0.5 * (1.0 - ((landmark as f32 - 8.0) / 8.0).powi(2))),
            36 => (-0.45, 0.2),
            45 => (0.45, 0.2),
            other => (((other - 17) % 8) as f32 * 0.1 - 0.35, 0.35 - ((other - 17) / 8) as f32 * 0.1),
        };
        let off = |p: &Vec3| (p[0] - x).hypot(p[1] - y) + if p[2] < 0.0 { 9.0 } else { 0.0 };
        let nearest = (0..mean.len()).min_by(|a, b| off(&mean[*a]).total_cmp(&off(&mean[*b])));
        nearest.map(|v| v as u32)
    };
    let landmarks = (0..68).map(farthest).collect();
    let identity = Basis::new(Prior::Normal, mean.len(), vec![[0.0; 3]; mean.len()]).unwrap();
    let expression = Basis::new(Prior::Blendshape, mean.len(), vec![[0.0; 3]; mean.len()]).unwrap();
    let contours = [Vec::new(), Vec::new()];
    Morphable { name: "ict".into(), topology: head.topology.clone(), mean, identity, expression, landmarks, contours }
}

/// One array as a `.npy` file of format 1.0.
fn npy(kind: &str, shape: &str, data: Vec<u8>) -> Vec<u8> {
    let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    let padded = format!("{head:<117}\n");
    [b"\x93NUMPY\x01\0", &(padded.len() as u16).to_le_bytes()[..], padded.as_bytes(), &data].concat()
}

/// A stored (not packed) archive.
fn npz(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut data, mut directory) = (Vec::new(), Vec::new());
    for (name, member) in members {
        let mut sum = flate2::Crc::new();
        sum.update(member);
        let name = format!("{name}.npy");
        let sizes = [sum.sum(), member.len() as u32, member.len() as u32].map(u32::to_le_bytes).concat();
        let common =
            [&[20u8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat();
        let offset = (data.len() as u32).to_le_bytes();
        data.extend([b"PK\x03\x04", &common[..], name.as_bytes(), member].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let count = (members.len() as u16).to_le_bytes();
    let sizes = [directory.len() as u32, data.len() as u32].map(u32::to_le_bytes).concat();
    [data, directory, [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &sizes, &[0, 0]].concat()].concat()
}

fn write_model(folder: &Path, model: &Morphable) {
    let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let whole = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let count = model.mean.len();
    let uv: Vec<f32> = model.topology.uv.iter().flat_map(|[u, v]| [*u, 1.0 - v]).collect();
    let landmarks: Vec<u32> = model.landmarks.iter().map(|l| l.unwrap()).collect();
    let zeros = || floats(&vec![0.0; 3 * count]);
    let triangles = model.topology.triangles.as_flattened();
    let members = [
        ("mean", npy("<f4", &format!("{count}, 3"), floats(model.mean.as_flattened()))),
        ("identity", npy("<f4", &format!("1, {count}, 3"), zeros())),
        ("expression", npy("<f4", &format!("1, {count}, 3"), zeros())),
        ("triangles", npy("<i4", &format!("{}, 3", triangles.len() / 3), whole(triangles))),
        ("uv", npy("<f4", &format!("{count}, 2"), floats(&uv))),
        ("landmarks68", npy("<i4", "68,", whole(&landmarks))),
    ];
    std::fs::create_dir_all(folder.join("models/ict")).unwrap();
    std::fs::write(folder.join("models/ict/ict_face.npz"), npz(&members)).unwrap();
}

/// Red grows with u and green with v; the ground is blue.
fn colour([u, v]: [f32; 2]) -> [u8; 3] {
    [60.0 + 150.0 * u, 60.0 + 150.0 * v, 40.0].map(|c| c as u8)
}

/// A photo of the head and its landmarks.
fn write_photo(folder: &Path, model: &Morphable, name: &str, yaw: f32) {
    let rotation = Pose { yaw, ..Pose::default() }.rotation();
    let camera = Camera::Orthographic(Orthographic::framing(&model.mean, rotation, (SIDE, SIDE), 0.8));
    let drawn = rasterize(&camera.project(&model.mean), &model.topology.triangles, (SIDE, SIDE), Faces::Front);
    let uv = drawn.interpolate(&model.topology.triangles, &model.topology.uv, [f32::NAN; 2]);
    let bytes = uv.into_iter().flat_map(|uv| if uv[0].is_nan() { [0, 0, 255] } else { colour(uv) }).collect();
    let picture = image::RgbImage::from_raw(SIDE as u32, SIDE as u32, bytes).unwrap();
    let file = folder.join(format!("photos/{name}.png"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    picture.save(file).unwrap();
    let mut text = String::from("version: 1\nn_points: 68\n{\n");
    for vertex in model.landmarks.iter().flatten() {
        let [x, y, _] = camera.point(model.mean[*vertex as usize]);
        text.push_str(&format!("{} {}\n", x + 0.5, y + 0.5));
    }
    std::fs::write(folder.join(format!("photos/{name}.pts")), text + "}\n").unwrap();
}

const UNWRAP: &str = "data unwrap --photos photos --model ict --out maps --size 64 --texture none";

#[test]
fn photos_become_maps_and_only_what_is_left_is_done_again() {
    let home = folder("unwrap");
    let (at, model) = (&home.0, model());
    write_model(at, &model);
    for (name, yaw) in [("ann_1", 0.0), ("ann_2", -30.0), ("ann_3", 30.0), ("bob_1", 5.0)] {
        write_photo(at, &model, name, yaw);
    }
    let (code, text) = ablate(at, &format!("{UNWRAP} --identity-from stem-prefix"));
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("4 photos unwrapped (0 before), 0 skipped") && text.contains("1 identities merged"),
        "{text}"
    );
    // What is seen has the colours that the photo was rendered with, and never the blue ground.
    let incomplete = image::open(at.join("maps/incomplete/ann_1.png")).unwrap().to_rgba8();
    let missing = image::open(at.join("maps/missing/ann_1.png")).unwrap().to_luma8();
    let mut seen = 0;
    for (x, y, pixel) in incomplete.enumerate_pixels().filter(|(_, _, p)| p.0[3] == 255) {
        let wanted = colour([(x as f32 + 0.5) / 64.0, (y as f32 + 0.5) / 64.0]);
        let off = (0..3).map(|c| pixel.0[c].abs_diff(wanted[c])).max().unwrap();
        assert!(off < 16, "{x} {y}: {pixel:?} {wanted:?}");
        assert_eq!(missing.get_pixel(x, y).0, [0]);
        seen += 1;
    }
    assert!(seen > 64 * 64 / 5, "{seen}");
    for file in ["contact-sheet.png", "quality.csv", "skipped.csv", "pairs.csv", "merged/complete/ann.png"] {
        assert!(at.join("maps").join(file).is_file(), "{file}");
    }
    let quality = std::fs::read_to_string(at.join("maps/quality.csv")).unwrap();
    let yaw: f32 =
        quality.lines().find(|l| l.starts_with("ann_3,")).unwrap().split(',').nth(4).unwrap().parse().unwrap();
    assert!((yaw - 30.0).abs() < 2.0, "{quality}");
    let pairs = std::fs::read_to_string(at.join("maps/pairs.csv")).unwrap();
    assert!(
        pairs.contains("missing/ann_2.png,merged/complete/ann.png") && pairs.contains("complete/bob_1.png"),
        "{pairs}"
    );
    reads_as_pairs(&at.join("maps"), 4);

    // As after a kill: one record is not there yet, a part of a file is.
    let record = at.join("maps/fit/ann_2.json");
    let complete = std::fs::read(at.join("maps/complete/ann_2.png")).unwrap();
    std::fs::remove_file(&record).unwrap();
    std::fs::write(at.join("maps/fit/ann_2.json.0.part"), "{").unwrap();
    let (code, text) = ablate(at, UNWRAP);
    assert!(code == 0 && text.contains("3 photos were done before, 1 are left"), "{text}");
    assert!(record.is_file() && !at.join("maps/fit/ann_2.json.0.part").exists());
    assert_eq!(std::fs::read(at.join("maps/complete/ann_2.png")).unwrap(), complete);
    // Another photo under an old name is done again.
    write_photo(at, &model, "bob_1", -20.0);
    let (_, text) = ablate(at, UNWRAP);
    assert!(text.contains("3 photos were done before, 1 are left"), "{text}");

    let line = "data render --maps maps --out faces --yaw -40..40:40 --light 2 --size 48 --seed 3 --background white";
    let (code, text) = ablate(at, line);
    assert!(code == 0 && text.contains("24 pictures of 4 faces"), "{text}");
    let list = std::fs::read_to_string(at.join("faces/manifest.csv")).unwrap();
    assert!(list.contains("ann_1/ann_1_y-40_p0_l1.png,ann_1,-40,0,1"), "{list}");
    let first = std::fs::read(at.join("faces/ann_1/ann_1_y-40_p0_l1.png")).unwrap();
    ablate(at, &format!("{line} --threads 1"));
    assert_eq!(std::fs::read(at.join("faces/ann_1/ann_1_y-40_p0_l1.png")).unwrap(), first);
    assert_ne!(std::fs::read(at.join("faces/ann_1/ann_1_y-40_p0_l0.png")).unwrap(), first);
}

/// What was written is a data set as it stands: what is seen is the photo's, what is not is missing, on the face alone.
fn reads_as_pairs(maps: &Path, count: usize) {
    let data = opened("uv-pairs", serde_json::json!({"root": maps.display().to_string(), "size": 64}));
    assert_eq!(Split::ALL.map(|split| data.len(split)).iter().sum::<usize>(), count);
    let split = Split::ALL.into_iter().find(|split| data.len(*split) > 0).unwrap();
    let sample = data.sample(split, 0, Stream::new(0, "pairs")).unwrap();
    let [incomplete, complete, missing] =
        ["incomplete", "complete", "missing"].map(|port| sample.get(port).unwrap().data.clone());
    let share = missing.iter().sum::<f32>() / missing.len() as f32;
    assert!(share > 0.05 && share < 0.9, "{share}");
    let seen = |i: &usize| missing[*i] == 0.0;
    assert!((0..missing.len()).filter(seen).all(|i| (incomplete[i] - complete[i]).abs() < 0.05));
}

/// A dataset of a folder, opened.
fn opened(name: &str, settings: serde_json::Value) -> std::sync::Arc<dyn ablate::components::dataset::Dataset> {
    let around = Surroundings {
        cache: PathBuf::new(),
        progress: None,
        base: PathBuf::new(),
        holes: holes::open,
        datasets: Default::default(),
    };
    open(name, settings.as_object().unwrap(), &around).unwrap()
}

#[test]
fn turned_faces_lie_with_their_person_and_have_landmarks() {
    let home = folder("turned");
    let (at, model) = (&home.0, model());
    write_model(at, &model);
    for (name, yaw) in [("ann/1", 0.0), ("ann/2", 20.0), ("bob/1", -10.0)] {
        write_photo(at, &model, name, yaw);
    }
    let (code, text) = ablate(at, UNWRAP);
    assert_eq!(code, 0, "{text}");
    let line = "data render --maps maps --out faces --yaw -40..40:40 --size 96";
    let (code, text) = ablate(at, line);
    assert!(code == 0 && text.contains("9 pictures of 3 faces (0 faces before)"), "{text}");
    let manifest = std::fs::read_to_string(at.join("faces/manifest.csv")).unwrap();
    assert!(manifest.starts_with("file,identity,yaw,pitch,light\nann/1_y-40_p0_l0.png,ann,-40,0,0\n"), "{manifest}");
    // They are where a fit finds the yaw again.
    let again =
        "data unwrap --photos faces --landmarks faces/landmarks.csv --model ict --out again --size 64 --texture none";
    let (code, text) = ablate(at, again);
    assert_eq!(code, 0, "{text}");
    let quality = std::fs::read_to_string(at.join("again/quality.csv")).unwrap();
    for (name, wanted) in [("ann/2_y-40_p0_l0,", -40.0), ("bob/1_y40_p0_l0,", 40.0), ("ann/1_y0_p0_l0,", 0.0)] {
        let row = quality.lines().find(|l| l.starts_with(name)).unwrap();
        let (yaw, residual): (f32, f32) =
            (row.split(',').nth(4).unwrap().parse().unwrap(), row.split(',').nth(3).unwrap().parse().unwrap());
        // The jaw's points are the jaw's, not the outline's that a fit looks for.
        assert!((yaw - wanted).abs() < 6.0 && residual < 6.0, "{row}");
    }
    // A data set as they stand.
    let settings = |align: &str| {
        serde_json::json!({"root": at.join("faces").display().to_string(), "list": "", "read": "images", "size": 32,
            "landmarks": "landmarks.csv", "align": align, "poses": "manifest.csv", "classes": 2})
    };
    let data = opened("pairs", settings("five"));
    assert_eq!((data.len(Split::Train), data.classes("identity").unwrap()), (9, vec!["ann".to_string(), "bob".into()]));
    let yaw = |i| data.sample(Split::Train, i, Stream::new(0, "")).unwrap().get("yaw").unwrap().data[0];
    assert_eq!([0, 1, 2].map(yaw), [40.0, 0.0, 40.0]);
    // Five where the model has no jaw; a face is rendered anew for them.
    let vertices = std::fs::read_to_string(at.join("maps/mesh/vertices.csv")).unwrap();
    std::fs::write(at.join("maps/mesh/vertices.csv"), vertices.replacen("\n0,", "\n1,", 1)).unwrap();
    let (_, text) = ablate(at, line);
    assert!(text.contains("(0 faces before)"), "{text}");
    let five = std::fs::read_to_string(at.join("faces/landmarks.csv")).unwrap();
    assert!(five.starts_with("file,x0,y0,x1,y1,x2,y2,x3,y3,x4,y4\nann/1_y-40"), "{five}");
    let same = |i| {
        let read = |data: &dyn ablate::components::dataset::Dataset| {
            data.sample(Split::Train, i, Stream::new(0, "")).unwrap().get("image").unwrap().data.clone()
        };
        let (all, few) = (read(&*data), read(&*opened("pairs", settings("five"))));
        all.iter().zip(&few).all(|(a, b)| (a - b).abs() < 0.02)
    };
    assert!((0..9).all(same));
    std::fs::remove_file(at.join("maps/mesh/vertices.csv")).unwrap();
    let (code, text) = ablate(at, line);
    assert!(code == 0 && text.contains("no landmarks: the meshes' folder has no `vertices.csv`"), "{text}");
}

/// All files under a folder with their contents.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => drop(found.insert(path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

/// The same by paths from the folder.
fn under(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    tree(folder).into_iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap().into(), bytes)).collect()
}

#[test]
fn rendering_goes_on_after_a_kill() {
    let home = folder("kill");
    let (at, model) = (&home.0, model());
    write_model(at, &model);
    for i in 0..6 {
        write_photo(at, &model, &format!("face_{i}"), i as f32);
    }
    let (code, text) = ablate(at, UNWRAP);
    assert_eq!(code, 0, "{text}");
    let line =
        |out: &str| format!("data render --maps maps --out {out} --yaw -60..60:4 --light 2 --size 64 --threads 1");
    let (code, text) = ablate(at, &line("whole"));
    assert!(code == 0 && text.contains("372 pictures of 6 faces (0 faces before)"), "{text}");
    let whole = under(&at.join("whole"));

    let command = line("killed");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ablate"))
        .args(command.split_whitespace())
        .current_dir(at)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = at.join("killed/face_0/face_0.json");
    let started = Instant::now();
    while !first.is_file() && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = under(&at.join("killed"));
    assert!(first.is_file() && left.len() < whole.len(), "{} of {}", left.len(), whole.len());
    // What a kill within a write leaves.
    std::fs::write(at.join("killed/face_5.0.part"), "half").unwrap();
    let times = |name: &str| std::fs::metadata(at.join("killed").join(name)).unwrap().modified().unwrap();
    let before = times("face_0/face_0.json");
    let (code, text) = ablate(at, &command);
    assert!(code == 0 && !text.contains("(0 faces before)") && !text.contains("(6 faces before)"), "{text}");
    assert_eq!(times("face_0/face_0.json"), before);
    let again = under(&at.join("killed"));
    assert_eq!(again.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (path, bytes) in &whole {
        assert_eq!(again.get(path), Some(bytes), "{}", path.display());
    }
    // Other settings, or a picture that is gone, are rendered anew.
    std::fs::remove_file(at.join("killed/face_3/face_3_y0_p0_l1.png")).unwrap();
    let (_, text) = ablate(at, &command);
    assert!(text.contains("(5 faces before)"), "{text}");
    assert_eq!(under(&at.join("killed")), whole);
    let (_, text) = ablate(at, &format!("{command} --seed 1"));
    assert!(text.contains("(0 faces before)"), "{text}");
}

#[test]
fn bad_photos_are_skipped_by_name_and_reason() {
    let home = folder("skip");
    let (at, model) = (&home.0, model());
    write_model(at, &model);
    for name in ["good", "broken", "few", "cut", "none", "far", "line"] {
        write_photo(at, &model, name, 0.0);
    }
    let pts = |name: &str, text: String| std::fs::write(at.join(format!("photos/{name}.pts")), text).unwrap();
    std::fs::write(at.join("photos/broken.png"), b"no picture").unwrap();
    pts("few", "1 1\n2 2\n".into());
    pts("cut", "version: 1\nn_points: 68\n{\n1 2\n".into());
    pts("line", "5 5\n".repeat(68));
    std::fs::remove_file(at.join("photos/none.pts")).unwrap();
    let good = std::fs::read_to_string(at.join("photos/good.pts")).unwrap();
    let moved = good.lines().skip(3).filter_map(|line| {
        let (x, y) = line.split_once(' ')?;
        Some(format!("{} {}\n", x.parse::<f32>().unwrap() + 5000.0, y))
    });
    pts("far", moved.collect());
    let (code, text) = ablate(at, UNWRAP);
    assert_eq!(code, 1, "{text}");
    let skipped = std::fs::read_to_string(at.join("maps/skipped.csv")).unwrap();
    for (photo, reason) in [
        ("broken.png", "cannot be read"),
        ("few.png", "has 2 landmarks, 68 are needed"),
        ("cut.png", "the file ends within its points"),
        ("none.png", "has no landmarks"),
        ("far.png", "outside the photo"),
        ("line.png", "one point or line"),
    ] {
        let line = skipped.lines().find(|line| line.starts_with(photo)).unwrap_or_else(|| panic!("{photo}: {skipped}"));
        assert!(line.contains(reason), "{line}");
    }
    assert!(skipped.lines().count() == 7 && text.contains("1 photos unwrapped"), "{text}");
    std::fs::remove_file(at.join("photos/good.png")).unwrap();
    let (code, text) = ablate(at, &UNWRAP.replace("maps", "nothing"));
    assert!(code == 1 && text.contains("no photo could be unwrapped: 6 were skipped"), "{text}");
}

#[test]
fn what_keeps_it_from_starting_is_said() {
    let home = folder("start");
    let at = &home.0;
    let (code, text) = ablate(at, UNWRAP);
    assert!(code == 2 && text.contains("holds no images"), "{text}");
    write_photo(at, &model(), "good", 0.0);
    let (code, text) = ablate(at, UNWRAP);
    assert!(code == 2 && text.contains("models/ict") && text.contains("ict_face.npz"), "{text}");
    assert!(text.contains("--model-folder") && text.contains("github.com/ICT-VGL"), "{text}");
    let (code, text) = ablate(at, &format!("{UNWRAP} --landmarks photos/good.pts"));
    assert!(code == 2 && text.contains("is of one photo"), "{text}");
    let (code, text) = ablate(at, "data render --maps photos --out faces");
    assert!(code == 2 && text.contains("no map with a mesh"), "{text}");
    let (code, text) = ablate(at, "data render --maps photos --out faces --yaw 10..0:5");
    assert!(code == 2 && text.contains("FROM up to TO"), "{text}");
}

/// A photo with five points at twice the template's size, turned by a quarter; a broken one; one without points.
#[test]
fn faces_are_aligned_and_only_what_is_left_is_done_again() {
    let home = folder("align");
    let at = &home.0;
    // Where ArcFace has the left and right eye, nose and corners of the mouth in 112 pixels.
    let template = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];
    let points = template.map(|[x, y]: [f32; 2]| [2.0 * y, 240.0 - 2.0 * x]);
    let row = |name: &str| {
        format!("{name},{}\n", points.as_flattened().iter().map(f32::to_string).collect::<Vec<_>>().join(","))
    };
    let head = "file,x0,y0,x1,y1,x2,y2,x3,y3,x4,y4\n";
    std::fs::write(at.join("points.csv"), [head.to_string(), row("one.png"), row("broken.png")].concat()).unwrap();
    let mut photo = image::RgbImage::from_pixel(240, 240, image::Rgb([20, 30, 40]));
    let [x, y] = points[2].map(|v| v.round() as u32);
    (0..25).for_each(|i| photo.put_pixel(x + i % 5 - 2, y + i / 5 - 2, image::Rgb([250, 0, 0])));
    photo.save(at.join("photos/one.png")).unwrap();
    photo.save(at.join("photos/none.png")).unwrap();
    std::fs::write(at.join("photos/broken.png"), b"no picture").unwrap();
    let line = "data align --photos photos --landmarks points.csv --out faces";
    let (code, text) = ablate(at, line);
    assert!(code == 1 && text.contains("1 photos aligned (0 before), 2 skipped"), "{text}");
    let aligned = image::open(at.join("faces/images/one.png")).unwrap().to_rgb8();
    assert_eq!(aligned.dimensions(), (112, 112));
    // The nose's mark is where the template has the nose.
    let red = aligned.get_pixel(56, 72).0;
    assert!(red[0] > 120 && red[1] < 30, "{red:?}");
    assert_eq!(aligned.get_pixel(80, 30).0, [20, 30, 40]);
    let written = std::fs::read_to_string(at.join("faces/points.csv")).unwrap();
    assert!(written.contains("images/one.png,38.29") && written.contains(",92.20"), "{written}");
    let skipped = std::fs::read_to_string(at.join("faces/skipped.csv")).unwrap();
    assert!(
        skipped.contains("broken.png,cannot be read") && skipped.contains("none.png,has no landmarks"),
        "{skipped}"
    );
    assert!(at.join("faces/contact-sheet.png").is_file());
    let (_, text) = ablate(at, line);
    assert!(text.contains("1 photos were done before, 1 are left"), "{text}");
    let (_, text) = ablate(at, &format!("{line} --size 64"));
    assert!(text.contains("1 photos aligned (0 before)"), "{text}");
    let (code, text) = ablate(at, "data align --photos photos --detector mtcnn --detector-folder nowhere --out found");
    assert!(code == 2 && text.contains("the detector needs pnet.safetensors"), "{text}");
    let (code, text) = ablate(at, "data align --photos photos --detector mtcnn --by half --out found");
    assert!(code == 2 && text.contains("needs 68 landmarks, the detector finds five"), "{text}");
}
