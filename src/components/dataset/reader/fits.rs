//! What `ablate data unwrap` writes of a photo besides its maps: the fit, the photo, the fitted mesh before it, the mesh.

use std::path::{Path, PathBuf};

use super::tree::Tree;
use crate::components::raster;
use crate::components::sample::{Array, DataError};
use crate::face::camera::{Camera, Orthographic, Pose};
use crate::face::mesh::{Topology, Vec3};
use crate::face::readers::{bytes::whole_file, obj};
use crate::face::sampling::Sampling;

/// Share of a view's side that a face fills before it is turned.
const SHARE: f32 = 0.86;

/// Which of it are read.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub fit: bool,
    pub pictures: bool,
    pub mesh: bool,
}

/// The files of one photo, by paths relative to the root; `None` where they are not read.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    pub fit: Option<PathBuf>,
    /// The photo, and the mesh before it.
    pub pictures: Option<[PathBuf; 2]>,
    pub mesh: Option<PathBuf>,
}

impl Fit {
    /// The files of a photo; those that lack are said to the tree. `stem`: its path without an ending.
    pub fn find(tree: &mut Tree, stem: &Path, wanted: &Wanted) -> Fit {
        let mut file = |folder: &str, ending: &str| {
            let path = PathBuf::from(format!("{folder}/{}.{ending}", stem.display()));
            tree.need(path)
        };
        Fit {
            fit: wanted.fit.then(|| file("fit", "json")),
            pictures: wanted.pictures.then(|| [file("photo", "jpg"), file("overlay", "jpg")]),
            mesh: wanted.mesh.then(|| file("mesh", "obj")),
        }
    }

    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.fit.iter().chain(self.pictures.iter().flatten()).chain(&self.mesh).cloned()
    }
}

/// The yaw that a photo was fitted with, in degrees, positive to the image's right.
pub fn yaw(file: &Path) -> Result<f32, DataError> {
    #[derive(serde::Deserialize)]
    struct Fitted {
        yaw: f32,
    }
    let bytes = std::fs::read(file).map_err(|e| DataError::file(file, e))?;
    let fitted: Fitted = serde_json::from_slice(&bytes).map_err(|e| DataError::file(file, e))?;
    if fitted.yaw.is_finite() { Ok(fitted.yaw) } else { Err(DataError::file(file, "its yaw is no number")) }
}

/// A picture in a square of `size`.
pub fn picture(file: &Path, size: usize) -> Result<Array, DataError> {
    Ok(raster::resize(&raster::centre_square(&raster::read(file, 3)?), size, size))
}

/// Where the pixels of a face, turned to each yaw, read its map: the views side by side, `size` high. Gives the grid
/// (size x (views * size) x 2) and where the face is (1 x size x (views * size)).
pub fn views(mesh: &Path, yaws: &[f64], size: usize) -> Result<[Array; 2], DataError> {
    let broken = super::broken(mesh);
    let object = obj::read(&mesh.display().to_string(), &whole_file(mesh).map_err(&broken)?).map_err(&broken)?;
    if object.uv.is_empty() {
        return Err(DataError::file(mesh, "it has no texture coordinates"));
    }
    let mesh = object.mesh();
    Ok(turned(&mesh.seamed.topology, &mesh.positions, yaws, size))
}

/// [`views`] of a mesh that is at hand.
pub fn turned(topology: &Topology, positions: &[Vec3], yaws: &[f64], size: usize) -> [Array; 2] {
    let mut sampling = Sampling::empty(size, size);
    for yaw in yaws {
        let rotation = Pose { yaw: *yaw as f32, ..Pose::default() }.rotation();
        let camera = Orthographic::portrait(positions, rotation, size, SHARE);
        sampling.view(topology, positions, &Camera::Orthographic(camera));
    }
    let rows = |y: usize| (0..yaws.len()).map(move |view| (view * size + y) * size);
    let grid = (0..size).flat_map(rows).flat_map(|from| sampling.grid[from..from + size].as_flattened().to_vec());
    let cover = (0..size).flat_map(rows).flat_map(|from| sampling.coverage[from..from + size].to_vec());
    let width = yaws.len() * size;
    [Array { shape: [size, width, 2], data: grid.collect() }, Array { shape: [1, size, width], data: cover.collect() }]
}
