//! Geometry of faces, without learning: meshes and morphable models and their files, cameras, light, the rasterizer and
//! what is drawn by it, fits to landmarks, texture maps read off photos and put together, and a procedural head.
//!
//! Axes everywhere: x to the image's right, y up, z towards the viewer. Texture coordinates are 0 to 1, v down.

pub mod align;
pub mod blend;
pub mod camera;
pub mod depth;
pub mod detect;
pub mod draw;
pub mod fit;
pub mod light;
pub mod mesh;
pub mod morphable;
pub mod picture;
pub mod procedural;
pub mod raster;
pub mod readers;
pub mod sampling;
pub mod tddfa;
pub mod unwrap;
pub mod visible;
