//! Geometry of faces, without learning: meshes and morphable models, cameras, light, the rasterizer and what is drawn by it,
//! and a procedural head.
//!
//! Axes everywhere: x to the image's right, y up, z towards the viewer. Texture coordinates are 0 to 1, v down.

pub mod camera;
pub mod depth;
pub mod draw;
pub mod light;
pub mod mesh;
pub mod morphable;
pub mod picture;
pub mod procedural;
pub mod raster;
pub mod sampling;
pub mod visible;
