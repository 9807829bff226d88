//! The readers of face files alone, for the fuzz targets: `src/face` here is a link to the program's own.

/// The files of the program's `face` that its readers need.
pub mod face {
    pub mod camera;
    pub mod mesh;
    pub mod morphable;
    pub mod readers;
}
