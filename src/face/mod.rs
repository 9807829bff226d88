//! Geometry of faces, without learning.

pub mod procedural;
