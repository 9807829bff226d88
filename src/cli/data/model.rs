//! The morphable model that photos are fitted with, and its atlas.

use super::wrong;
use crate::face::fit::{Fitter, Settings};
use crate::face::morphable::{Basis, Morphable};
use crate::face::procedural::model;
use crate::face::raster::{Fragments, atlas};
use crate::face::readers::{self, Kind, ict};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A model with what all photos share.
pub struct Model {
    pub morphable: Morphable,
    pub atlas: Fragments,
    pub on_atlas: Vec<bool>,
    /// Whether a flipped texture is that of the mirrored face.
    pub symmetric: bool,
    /// Landmarks of the jaw lie on the outline, as people mark photos.
    pub outline: Fitter,
    /// Landmarks of the jaw lie on the jaw, hidden or not, as those of fitted faces do.
    pub solid: Fitter,
    /// Changes with every number of the model.
    pub digest: String,
}

/// Where a model is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The head of the synthetic faces, which needs no files.
    Procedural,
    Files(Kind),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Source::Procedural => f.write_str("procedural"),
            Source::Files(kind) => kind.fmt(f),
        }
    }
}

/// Vertices along a side of the procedural head.
const PROCEDURAL: usize = 96;

/// Opens a model; `models/NAME` where it has files and no folder is given.
pub fn open(source: Source, folder: Option<&Path>, size: usize) -> anyhow::Result<Model> {
    let folder = folder.map_or_else(|| PathBuf::from("models").join(source.to_string()), Path::to_path_buf);
    let missing = |why: &dyn std::fmt::Display| match source {
        Source::Procedural => wrong(why),
        Source::Files(kind) => wrong(format!("{why}\n{}", expected(kind, &folder))),
    };
    let whole = match source {
        Source::Procedural => model::morphable(PROCEDURAL).ok_or_else(|| missing(&"the procedural head is empty"))?,
        Source::Files(kind) => readers::model(kind, &folder).map_err(|e| missing(&e))?,
    };
    // Only the narrow face of ICT-FaceKit is symmetric on the texture, and photos show no more.
    let mut morphable = ict::narrow(&whole).unwrap_or(whole);
    morphable.topology.close();
    let fitter = |settings| Fitter::new(&morphable, settings).map_err(|e| missing(&e));
    let outline = fitter(Settings::default())?;
    let solid = fitter(Settings { outline_from: f64::INFINITY, ..Settings::default() })?;
    let atlas = atlas(&morphable.topology, size);
    let on_atlas: Vec<bool> = (0..size * size).map(|t| atlas.covers(t)).collect();
    if !on_atlas.contains(&true) {
        return Err(wrong(format!("the texture of `{source}` in {} has no triangles", folder.display())));
    }
    let symmetric = symmetric(&morphable, &atlas);
    let digest = digest(&morphable);
    Ok(Model { morphable, atlas, on_atlas, symmetric, outline, solid, digest })
}

/// Which files a folder has to hold, and where they come from.
fn expected(kind: Kind, folder: &Path) -> String {
    let (files, from) = match kind {
        Kind::Ict => (
            "`ict_face.npz`, or the OBJ files of FaceXModel (generic_neutral_mesh.obj, identity000.obj, ...)",
            "https://github.com/ICT-VGL/ICT-FaceKit (MIT)",
        ),
        Kind::Sfm => (
            "`sfm_shape_3448.bin`, `expression_blendshapes_3448.bin`, `ibug_to_sfm.txt` and `sfm_model_contours.json`",
            "https://github.com/patrikhuber/eos, folder share (the model for non-commercial use)",
        ),
        Kind::Bfm => (
            "`01_MorphableModel.mat` or `model2017-1_bfm_nomouth.h5`, with `BFM_UV.mat` and landmarks (`*68*.anl` or \
             `ibug_to_bfm*.txt`); or 3DDFA's `bfm_noneck_*.npy`",
            "https://faces.dmi.unibas.ch/bfm (a licence has to be signed)",
        ),
        Kind::Flame => ("`flame*.npz` or `generic_model*.npz`", "https://flame.is.tue.mpg.de"),
    };
    let folder = folder.display();
    format!("  expected in {folder} (`--model-folder DIR` names another): {files}\n  from: {from}")
}

/// Whether most texels have a mirror, and the mean face the mirrored point there.
fn symmetric(model: &Morphable, atlas: &Fragments) -> bool {
    let points = atlas.interpolate(&model.topology.triangles, &model.mean, [f32::NAN; 3]);
    let size = atlas.width;
    let (mut mirrored, mut apart, mut extent, mut all) = (0usize, 0.0f64, 0.0f32, 0usize);
    for (texel, [x, y, z]) in points.iter().enumerate().filter(|(_, p)| p[0].is_finite()) {
        all += 1;
        extent = extent.max(x.abs()).max(y.abs());
        let [a, b, c] = points[texel / size * size + (size - 1 - texel % size)];
        if a.is_finite() {
            mirrored += 1;
            apart += f64::from((x + a).hypot(y - b).hypot(z - c));
        }
    }
    mirrored * 100 > all * 95 && apart / (mirrored.max(1) as f64) < 0.03 * f64::from(extent)
}

fn digest(model: &Morphable) -> String {
    let mut sum = Sha256::new();
    let mut points = |points: &[[f32; 3]]| {
        let bytes: Vec<u8> = points.as_flattened().iter().flat_map(|v| v.to_le_bytes()).collect();
        sum.update(&bytes);
    };
    points(&model.mean);
    for basis in [&model.identity, &model.expression] {
        (0..Basis::len(basis)).for_each(|mode| points(basis.mode(mode)));
    }
    let topology = &model.topology;
    let numbers = topology.triangles.as_flattened().iter().flat_map(|v| v.to_le_bytes());
    let places = topology.uv.as_flattened().iter().flat_map(|v| v.to_le_bytes());
    sum.update(numbers.chain(places).collect::<Vec<u8>>());
    sum.update(format!("{:?} {:?}", model.landmarks, model.contours));
    super::files::hexadecimal(&sum.finalize())
}
