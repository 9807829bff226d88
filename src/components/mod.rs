//! What an experiment may name, a family a folder, a component a file.

pub mod dataset;
pub mod holes;
pub mod metric;
pub mod raster;
pub mod sample;
pub mod transform;
