//! `data unwrap --model bfm` from files to maps. The Basel Face Models may not be passed on, so files of both layouts are
//! written here, with the geometry of the built-in head.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basel;
mod folder;

use ablate::face::camera::{Camera, Orthographic, Pose};
use ablate::face::mesh::Vec3;
use ablate::face::morphable::Morphable;
use ablate::face::procedural::model::morphable;
use ablate::face::raster::{Faces, rasterize};
use folder::Folder;
use std::path::Path;
use std::process::Command;

const SIDE: usize = 128;

/// Red grows with u and green with v; the ground is blue.
fn colour([u, v]: [f32; 2]) -> [u8; 3] {
    [60.0 + 150.0 * u, 60.0 + 150.0 * v, 40.0].map(|c| c as u8)
}

/// A photo of a shape and its landmarks.
fn write_photo(folder: &Path, model: &Morphable, shape: &[Vec3], name: &str, yaw: f32) {
    let rotation = Pose { yaw, ..Pose::default() }.rotation();
    let camera = Camera::Orthographic(Orthographic::framing(shape, rotation, (SIDE, SIDE), 0.8));
    let drawn = rasterize(&camera.project(shape), &model.topology.triangles, (SIDE, SIDE), Faces::Front);
    let uv = drawn.interpolate(&model.topology.triangles, &model.topology.uv, [f32::NAN; 2]);
    let bytes = uv.into_iter().flat_map(|uv| if uv[0].is_nan() { [0, 0, 255] } else { colour(uv) }).collect();
    image::RgbImage::from_raw(SIDE as u32, SIDE as u32, bytes)
        .unwrap()
        .save(folder.join(format!("{name}.png")))
        .unwrap();
    let mut text = String::from("version: 1\nn_points: 68\n{\n");
    for vertex in model.landmarks.iter().flatten() {
        let [x, y, _] = camera.point(shape[*vertex as usize]);
        text.push_str(&format!("{} {}\n", x + 0.5, y + 0.5));
    }
    std::fs::write(folder.join(format!("{name}.pts")), text + "}\n").unwrap();
}

/// Unwraps two photos of one shape with the model of a folder, and looks at what became of them.
fn unwraps(home: &Path, model: &Morphable, folder: &str) {
    let photos = home.join("photos");
    std::fs::create_dir_all(&photos).unwrap();
    let mut identity = vec![0.0; model.identity.len()];
    (identity[0], identity[1]) = (1.2, -0.8);
    let shape = model.shape(&identity, &vec![0.0; model.expression.len()]);
    write_photo(&photos, model, &shape, "front", 0.0);
    write_photo(&photos, model, &shape, "side", 25.0);

    let out = format!("maps-{folder}");
    let line =
        format!("data unwrap --photos photos --model bfm --model-folder {folder} --out {out} --size 64 --texture none");
    let ran =
        Command::new(env!("CARGO_BIN_EXE_ablate")).args(line.split_whitespace()).current_dir(home).output().unwrap();
    let text = [ran.stdout, ran.stderr].map(|out| String::from_utf8(out).unwrap()).concat();
    assert!(ran.status.success() && text.contains("2 photos unwrapped (0 before), 0 skipped"), "{text}");
    let quality = std::fs::read_to_string(home.join(&out).join("quality.csv")).unwrap();
    let mut table = csv::Reader::from_reader(quality.as_bytes());
    let heads = table.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (yaw, residual) = (column("yaw"), heads.iter().position(|head| head.starts_with("residual")).unwrap());
    for (row, wanted) in table.records().map(Result::unwrap).zip([0.0f32, 25.0]) {
        let found: f32 = row[yaw].parse().unwrap();
        assert!((found - wanted).abs() < 3.0, "{quality}");
        assert!(row[residual].parse::<f32>().unwrap() < 3.0, "{quality}");
    }
    // What is seen has the colours that the photo was rendered with, but for the rim, and never the blue ground.
    let map = image::open(home.join(&out).join("incomplete/front.png")).unwrap().to_rgba8();
    let (mut seen, mut off) = (0, 0);
    for (x, y, pixel) in map.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] == 255) {
        let wanted = colour([(x as f32 + 0.5) / 64.0, (y as f32 + 0.5) / 64.0]);
        seen += 1;
        off += usize::from((0..3).any(|c| pixel.0[c].abs_diff(wanted[c]) > 16));
    }
    assert!(seen > 64 * 64 / 4 && off * 50 < seen, "{off} of {seen}");
}

#[test]
fn the_model_of_2009_unwraps_photos() {
    let home = Folder::new(&[]);
    let mut model = morphable(40).unwrap();
    // It has no expressions.
    model.expression = ablate::face::morphable::Basis::new(model.expression.prior, model.mean.len(), vec![]).unwrap();
    basel::of_2009(&home.path("bfm"), &model);
    unwraps(&home.path("."), &model, "bfm");
}

#[test]
fn the_model_of_2017_unwraps_photos() {
    let home = Folder::new(&[]);
    let model = morphable(40).unwrap();
    basel::of_2017(&home.path("bfm"), &model);
    unwraps(&home.path("."), &model, "bfm");
}

#[test]
fn a_file_that_is_cut_off_is_told_by_its_name_and_byte() {
    let home = Folder::new(&[]);
    let (at, model) = (home.path("."), morphable(24).unwrap());
    basel::of_2017(&at.join("bfm"), &model);
    write_photo(&at, &model, &model.mean, "front", 0.0);
    let file = at.join("bfm").join(basel::NAME_2017);
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let line = "data unwrap --photos . --model bfm --model-folder bfm --out maps";
    let ran = Command::new(env!("CARGO_BIN_EXE_ablate")).args(line.split(' ')).current_dir(&at).output().unwrap();
    let text = String::from_utf8(ran.stderr).unwrap();
    assert!(!ran.status.success() && text.contains(&format!("{}: at byte ", basel::NAME_2017)), "{text}");
}
