//! Files of morphable models and of landmarks.
//!
//! Formats first ([`npy`], [`archive`], [`mat`], [`hdf5`], [`obj`]), then what projects put into them: ICT-FaceKit
//! ([`ict`]), the Surrey Face Model ([`eos`]), the Basel Face Models ([`bfm`]), 3DDFA ([`tddfa`]), FLAME ([`flame`]) and
//! photos' landmarks ([`landmarks`]). Models come out with this crate's axes, triangles counter-clockwise seen from
//! outside, v down and coefficients as their [prior](crate::face::morphable::Prior) says, however the file has them.
//!
//! Files may be cut off, damaged or made to do harm: every reader gives an error that names the file and the byte, never
//! panics, and makes room only for what the file can hold.

pub mod archive;
pub mod array;
pub mod bfm;
pub mod bytes;
pub mod eos;
pub mod error;
pub mod flame;
pub mod hdf5;
pub mod ict;
pub mod landmarks;
pub mod mat;
mod modes;
pub mod npy;
pub mod obj;
mod seams;
pub mod tddfa;

pub use error::{ReadError, Result};
pub use landmarks::Landmarks;

use super::morphable::Morphable;
use bytes::whole_file;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The families of models that [`model`] opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ICT-FaceKit: `ict_face.npz`, or the folder of OBJ files.
    Ict,
    /// The Surrey Face Model: `sfm_shape_*.bin` and its companions.
    Sfm,
    /// A Basel Face Model: `01_MorphableModel.mat`, `model20*.h5`, or 3DDFA's `bfm_noneck_*.npy`.
    Bfm,
    /// FLAME: an `.npz` file whose name has `flame` or `generic_model` in it.
    Flame,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Ict, Kind::Sfm, Kind::Bfm, Kind::Flame];
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Kind::Ict => "ict",
            Kind::Sfm => "sfm",
            Kind::Bfm => "bfm",
            Kind::Flame => "flame",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Kind, String> {
        let found = Kind::ALL.into_iter().find(|kind| kind.to_string() == name);
        found.ok_or_else(|| format!("unknown model `{name}`, known: ict, sfm, bfm, flame"))
    }
}

/// Opens a model from its folder. What the folder lacks is told by name.
pub fn model(kind: Kind, folder: &Path) -> Result<Morphable> {
    let files = Folder::new(kind, folder)?;
    match kind {
        Kind::Ict => match files.find(|name| name.starts_with("ict") && name.ends_with(".npz")) {
            Some(path) => files.read(&path, ict::npz),
            None if files.find(|name| name == ict::NEUTRAL).is_some() => ict::objects(folder),
            None => Err(files.lacks("`ict_face.npz` or `generic_neutral_mesh.obj` with its modes")),
        },
        Kind::Sfm => sfm(&files),
        Kind::Bfm => basel(&files),
        Kind::Flame => match files.find(|name| {
            let name = name.to_ascii_lowercase();
            name.ends_with(".npz") && (name.contains("flame") || name.contains("generic_model"))
        }) {
            Some(path) => files.read(&path, flame::npz),
            None => Err(files.lacks("`flame*.npz` or `generic_model*.npz`")),
        },
    }
}

/// The files of a folder, by name.
struct Folder {
    kind: Kind,
    path: PathBuf,
    names: Vec<String>,
}

impl Folder {
    fn new(kind: Kind, path: &Path) -> Result<Folder> {
        let listed = std::fs::read_dir(path);
        let broken = |e| ReadError::whole(&path.display().to_string(), format!("cannot be listed: {e}"));
        let names = listed.map_err(broken)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(Folder { kind, path: path.into(), names })
    }

    /// The first file by name for which this holds.
    fn find(&self, holds: impl Fn(&str) -> bool) -> Option<PathBuf> {
        self.names.iter().find(|name| holds(name)).map(|name| self.path.join(name))
    }

    fn read<T>(&self, path: &Path, reader: impl FnOnce(&str, &[u8]) -> Result<T>) -> Result<T> {
        reader(&path.display().to_string(), &whole_file(path)?)
    }

    fn lacks(&self, what: &str) -> ReadError {
        ReadError::whole(
            &self.path.display().to_string(),
            format!("lacks {what}, expected of a folder for `{}`", self.kind),
        )
    }
}

/// The Surrey Face Model: its expressions, landmarks and contours have to be there, since fitting needs them.
fn sfm(files: &Folder) -> Result<Morphable> {
    let need = |from: &str, end: &str, shown: &str| {
        files.find(|name| name.starts_with(from) && name.ends_with(end)).ok_or_else(|| files.lacks(shown))
    };
    let shape = need("sfm_shape_", ".bin", "`sfm_shape_3448.bin`")?;
    let mut model = files.read(&shape, eos::model)?;
    let vertices = model.mean.len();
    let blendshapes = need("expression_blendshapes_", ".bin", "`expression_blendshapes_3448.bin`")?;
    model.expression = files.read(&blendshapes, |file, data| eos::blendshapes(file, data, vertices))?.1;
    let landmarks = need("ibug_to_sfm", ".txt", "`ibug_to_sfm.txt`")?;
    model.landmarks = files.read(&landmarks, |file, data| eos::landmarks(file, data, vertices))?;
    let contours = need("sfm_model_contours", ".json", "`sfm_model_contours.json`")?;
    model.contours = files.read(&contours, |file, data| eos::contours(file, data, vertices))?;
    Ok(model)
}

/// A Basel Face Model. Texture, landmarks and contours are read where the folder has them: `BFM_UV.mat`, `*68*.anl` or
/// `ibug_to_bfm*.txt`, `bfm*_model_contours.json`.
fn basel(files: &Folder) -> Result<Morphable> {
    let mut model = if let Some(path) = files.find(|name| name == "01_MorphableModel.mat") {
        files.read(&path, bfm::of_2009)?
    } else if let Some(path) = files.find(|name| name.starts_with("model20") && name.ends_with(".h5")) {
        files.read(&path, bfm::of_2017)?
    } else if files.find(|name| name.starts_with("bfm_noneck_")).is_some() {
        return tddfa::face(&files.path);
    } else {
        return Err(
            files.lacks("`01_MorphableModel.mat`, `model2017-1_bfm_nomouth.h5` or `bfm_noneck_mean_vertices.npy`")
        );
    };
    let vertices = model.mean.len();
    if let Some(path) = files.find(|name| name == "BFM_UV.mat") {
        model.topology.uv = files.read(&path, |file, data| bfm::uv(file, data, vertices))?;
    }
    if let Some(path) = files.find(|name| name.contains("68") && name.ends_with(".anl")) {
        model.landmarks = files.read(&path, |file, data| bfm::landmarks(file, data, vertices))?;
    } else if let Some(path) = files.find(|name| name.starts_with("ibug_to_bfm") && name.ends_with(".txt")) {
        model.landmarks = files.read(&path, |file, data| eos::landmarks(file, data, vertices))?;
    }
    if let Some(path) = files.find(|name| name.starts_with("bfm") && name.ends_with("model_contours.json")) {
        model.contours = files.read(&path, |file, data| eos::contours(file, data, vertices))?;
    }
    Ok(model)
}

#[cfg(test)]
mod samples;

#[cfg(test)]
#[path = "readers/models_tests.rs"]
mod tests;
