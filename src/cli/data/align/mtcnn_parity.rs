//! MTCNN with its public weights against facenet-pytorch at 787da06 on PyTorch 2.15.
//!
//! ```text
//! # PNet, RNet, ONet of models/mtcnn.py with the repository's data/{p,r,o}net.pt, detect_face of models/utils/detect_face.py;
//! # torchvision.ops.batched_nms: surest first, overlap of areas without an added pixel
//! img = np.array(Image.open(file).convert("RGB"))
//! boxes, points = detect_face(img, least, pnet, rnet, onet, [0.6, 0.7, 0.7], 0.709, "cpu")
//! # the tests' weights
//! safetensors.torch.save_file(torch.load("data/pnet.pt"), "pnet.safetensors")
//! ```
//!
//! Needs `shared/data` and the weights: `ABLATE_MTCNN` or `shared/data/mtcnn`. Numbers there count pixels from 1.

use super::mtcnn::{Mtcnn, files};
use super::settings;
use crate::cli::data::files::picture;
use crate::components::raster;
use crate::data_rig::shared;
use crate::face::detect::{self, Face};
use std::path::{Path, PathBuf};

/// The folder of the weights, where there is one.
fn weights() -> Option<PathBuf> {
    let given = std::env::var_os("ABLATE_MTCNN").map(PathBuf::from);
    let folder = given.or_else(|| shared("mtcnn"))?;
    let there = files(&folder).iter().all(|file| file.is_file());
    if !there {
        println!("skipped: no weights of MTCNN (set ABLATE_MTCNN)");
    }
    there.then_some(folder)
}

/// Left, top, right, bottom; eyes, nose, corners of the mouth.
type Expected = ([f32; 4], [[f32; 2]; 5]);

/// Largest difference in pixels.
fn difference(face: &Face, (sides, points): &Expected) -> f32 {
    let sides = [sides[0] - 1.0, sides[1] - 1.0, sides[2], sides[3]];
    let of_sides = face.sides.iter().zip(sides).map(|(a, b)| (a - b).abs());
    let of_points = face.points.as_flattened().iter().zip(points.as_flattened()).map(|(a, b)| (a - 0.5 - b).abs());
    of_sides.chain(of_points).fold(0.0, f32::max)
}

fn check(root: &Path, least: f32, cases: &[(&str, Expected)], most: f32) {
    let Some(folder) = weights() else { return };
    let mut networks = Mtcnn::open(&folder).unwrap();
    for (file, expected) in cases {
        let photo = picture(&raster::read(&root.join(file), 3).unwrap());
        let found = detect::find(&photo, &mut networks, &settings(least)).unwrap();
        assert_eq!(found.len(), 1, "{file}: {found:?}");
        let off = difference(&found[0], expected);
        assert!(off < most, "{file}: off by {off} pixels: {found:?}");
    }
}

/// Files without loss: the same numbers go in.
#[test]
fn the_cascade_is_facenet_pytorchs() {
    let Some(root) = shared("orl") else { return };
    let cases: [(&str, Expected); 4] = [
        (
            "s10/1.pgm",
            (
                [-3.37, 28.177, 73.339, 127.226],
                [[17.996, 69.474], [54.282, 70.957], [33.205, 93.198], [17.684, 102.461], [49.619, 104.45]],
            ),
        ),
        (
            "s18/9.pgm",
            (
                [13.4, 18.833, 81.486, 107.207],
                [[33.641, 53.811], [66.231, 54.447], [51.243, 70.25], [36.26, 87.238], [64.626, 87.545]],
            ),
        ),
        (
            "s28/9.pgm",
            (
                [8.258, 13.961, 90.204, 113.302],
                [[36.667, 52.551], [75.132, 53.5], [58.39, 73.145], [39.451, 89.845], [72.284, 90.736]],
            ),
        ),
        (
            "s37/9.pgm",
            (
                [6.235, 14.687, 80.168, 112.318],
                [[25.324, 50.504], [62.229, 49.088], [44.477, 68.387], [28.527, 89.216], [59.59, 88.201]],
            ),
        ),
    ];
    check(&root, 20.0, &cases, 0.01);
}

/// Photos: decoders differ by a level here and there, and so does what the first network proposes. Points lie within half a
/// pixel, sides of boxes within three.
#[test]
fn faces_of_photos_are_facenet_pytorchs() {
    let Some(root) = shared("faces68") else { return };
    let cases: [(&str, Expected); 3] = [
        (
            "afw_2339510439_1.jpg",
            (
                [82.428, 9.294, 290.59, 285.411],
                [[136.832, 114.645], [232.364, 114.831], [182.8, 164.074], [146.311, 217.033], [226.488, 217.783]],
            ),
        ),
        (
            "afw_174692320_1.jpg",
            (
                [72.843, -17.882, 296.523, 323.151],
                [[103.875, 118.545], [169.085, 120.02], [91.725, 192.809], [114.085, 259.879], [159.362, 259.476]],
            ),
        ),
        (
            "helen_train_2081258704_1.jpg",
            (
                [79.669, 43.247, 289.925, 296.983],
                [[142.482, 132.445], [238.131, 145.148], [182.75, 189.805], [141.781, 235.915], [213.117, 247.254]],
            ),
        ),
    ];
    check(&root, 40.0, &cases, 3.0);
}
