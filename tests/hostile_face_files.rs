//! Readers of face files on files that are cut off or damaged: an error with the file and the byte, or a value, but no
//! panic and no room for more than the file can hold. Alone in its file: the count of memory is of the whole process.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says what it skips")]

use ablate::face::readers::{ReadError, archive, bfm, eos, flame, hdf5, ict, landmarks, mat, npy, obj};
use ablate::random::Stream;
use ablate::tensor::memory;
use std::path::PathBuf;

#[path = "../src/data_rig.rs"]
mod data_rig;
#[path = "../src/face/readers/samples.rs"]
mod samples;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

type Reader = fn(&str, &[u8]) -> Result<(), ReadError>;

/// A reader, a good file, and whether every cut is to be an error (formats whose end is known).
struct Sample {
    name: &'static str,
    reader: Reader,
    data: Vec<u8>,
    ends: bool,
}

/// How much of deflate's greatest ratio, 1032, and of copies is let pass, above a floor for what all readers hold.
const RATIO: usize = 4 * 1032;
const FLOOR: usize = 1 << 18;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces").join(name)).unwrap()
}

/// All arrays of an archive.
fn npz(file: &str, data: &[u8]) -> Result<(), ReadError> {
    let arrays = archive::Npz::new(file, data)?;
    let names: Vec<String> = arrays.names().map(str::to_string).collect();
    names.iter().try_for_each(|name| arrays.need(name).map(drop))
}

/// Some arrays of an HDF5 file.
fn h5(file: &str, data: &[u8]) -> Result<(), ReadError> {
    let read = hdf5::Hdf5::new(file, data)?;
    ["big", "short", "scalar", "two_levels", "many/n39"].iter().try_for_each(|path| read.need(path).map(drop))
}

const PTS: &str = "version: 1\nn_points: 3\n{\n1.5 2\n3 4\n5 -6\n}";
const XML: &str =
    "<dataset><images><image file='a.jpg'><box><part name='0' x='3' y='4'/></box></image></images></dataset>";
const OBJ: &str = "v 0 0 0\nv 1 0 0\nv 1 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nf 1/1 2/2 3/3\nf -1 -2 -3\n";
const CSV: &str = "file,x0,y0\na.jpg,1,2\nb.jpg,3,4\n";
const POINTS: &str = "[landmark_mappings]\n 9 = 3 # chin\n31 = 0\n";
const CONTOURS: &str = r#"{"model_contour": {"right_contour": [1, 2], "left_contour": [3]}}"#;

fn made() -> Vec<Sample> {
    let sample = |name, reader: Reader, data: Vec<u8>, ends| Sample { name, reader, data, ends };
    let numbers: Vec<u8> = (0..24).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        sample("a.npy", |f, d| npy::read(f, "a", d).map(drop), samples::npy("<f4", "(2, 3, 4)", &numbers), true),
        sample("stored.npz", npz, samples::zip(&[("a.npy", &samples::npy("<f4", "(24,)", &numbers))], false), true),
        sample("deflated.npz", npz, samples::zip(&[("a.npy", &samples::npy("<f4", "(24,)", &numbers))], true), true),
        sample("ict.npz", |f, d| ict::npz(f, d).map(drop), fixture("ict.npz"), true),
        sample("flame.npz", |f, d| flame::npz(f, d).map(drop), fixture("flame.npz"), true),
        sample("kinds.mat", |f, d| mat::Mat::read(f, d, None).map(drop), fixture("kinds.mat"), false),
        sample("packed.mat", |f, d| mat::Mat::read(f, d, None).map(drop), fixture("kinds_packed.mat"), false),
        sample("bfm2009.mat", |f, d| bfm::of_2009(f, d).map(drop), fixture("bfm2009.mat"), false),
        sample("uv.mat", |f, d| bfm::uv(f, d, 4).map(drop), fixture("BFM_UV.mat"), true),
        sample("bfm2017.h5", |f, d| bfm::of_2017(f, d).map(drop), fixture("bfm2017.h5"), false),
        sample("chunked.h5", |f, d| bfm::of_2017(f, d).map(drop), fixture("bfm2017_chunked.h5"), false),
        sample("kinds.h5", h5, fixture("kinds.h5"), false),
        sample("eos.bin", |f, d| eos::model(f, d).map(drop), samples::eos(), true),
        sample("shapes.bin", |f, d| eos::blendshapes(f, d, 4).map(drop), samples::blendshapes(), true),
        sample("points.txt", |f, d| eos::landmarks(f, d, 4).map(drop), text(POINTS), false),
        sample("contours.json", |f, d| eos::contours(f, d, 4).map(drop), text(CONTOURS), true),
        sample("q.obj", |f, d| obj::read(f, d).map(|o| drop(o.mesh())), text(OBJ), false),
        sample("p.pts", |f, d| landmarks::pts::read(f, d).map(drop), text(PTS), true),
        sample("t.csv", |f, d| landmarks::table::read(f, d).map(drop), text(CSV), false),
        sample("d.xml", |f, d| landmarks::dlib::read(f, d).map(drop), text(XML), true),
    ]
}

/// Real files, where they are.
fn real() -> Vec<Sample> {
    let files: [(&'static str, Reader, bool); 4] = [
        ("aflw2000_16/image00050.mat", |f, d| landmarks::fitted::read(f, d).map(drop), false),
        ("sfm/expression_blendshapes_3448.bin", |f, d| eos::blendshapes(f, d, 3448).map(drop), true),
        ("tddfa/u_base.npy", |f, d| npy::read(f, "u_base", d).map(drop), true),
        ("sfm/image_0010.pts", |f, d| landmarks::pts::read(f, d).map(drop), false),
    ];
    let found = files.into_iter().filter_map(|(path, reader, ends)| {
        let (folder, name) = path.split_once('/')?;
        let data = std::fs::read(data_rig::shared(folder)?.join(name)).unwrap();
        Some(Sample { name, reader, data, ends })
    });
    found.collect()
}

impl Sample {
    /// Reads what became of the sample; whether it is still a file.
    fn try_read(&self, data: &[u8], how: &str) -> bool {
        memory::reset_peak();
        let before = memory::current_bytes();
        let read = (self.reader)(self.name, data);
        let held = memory::peak_bytes().saturating_sub(before);
        assert!(held < FLOOR + RATIO * data.len(), "{} {how}: {held} bytes for {}", self.name, data.len());
        if let Err(error) = &read {
            assert!(error.file.starts_with(self.name), "{} {how}: {error}", self.name);
            assert!(error.offset.is_some(), "{} {how}: no byte in `{error}`", self.name);
            assert!(!error.what.is_empty());
        }
        read.is_ok()
    }

    fn cut(&self) {
        let step = self.data.len().div_ceil(400).max(1);
        for length in (0..self.data.len()).step_by(step) {
            let read = self.try_read(&self.data[..length], &format!("cut at {length}"));
            assert!(!(read && self.ends), "{} is read whole when cut at {length}", self.name);
        }
    }

    /// Changes one to four bytes, or sets four in a row to what makes a count large.
    fn damage(&self, stream: &mut Stream, times: usize) {
        for turn in 0..times {
            let mut data = self.data.clone();
            let mut how = format!("turn {turn}:");
            for _ in 0..=stream.below(4) {
                let place = stream.below(data.len());
                let length = if stream.below(4) == 0 { 4 } else { 1 };
                for at in place..(place + length).min(data.len()) {
                    data[at] =
                        if length == 4 { [0xff, 0x7f, 0, 0x80][stream.below(4)] } else { stream.below(256) as u8 };
                    how += &format!(" {at}={}", data[at]);
                }
            }
            self.try_read(&data, &how);
        }
    }
}

#[test]
fn damaged_files_are_told_and_never_harm() {
    let mut stream = Stream::new(1, "hostile files");
    for sample in made().into_iter().chain(real()) {
        assert!(sample.try_read(&sample.data, "whole"), "{} is no good file", sample.name);
        sample.cut();
        // As many as keep the whole test at some seconds: small files, where a byte matters, often.
        sample.damage(&mut stream, (8_000_000 / sample.data.len().max(1)).clamp(100, 4000));
    }
}
