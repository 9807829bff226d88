//! A mesh over a photo.

use super::edges::edges;
use super::{OVER, Scene, colours, lay};
use crate::face::light::Light;
use crate::face::mesh::{Vec3, unit};
use crate::face::picture::Picture;

/// Half the width of a line, in pixels.
const LINE: f32 = 0.3;

/// The mesh as grey clay over the photo, lit from above the camera.
pub fn shaded(photo: &Picture, scene: &Scene<'_>, opacity: f32) -> Picture {
    let fragments = scene.fragments((photo.width, photo.height), OVER);
    let light = Light::ambient([0.28; 3]).with_lamp(unit([-0.35, 0.55, 0.75]), [0.55, 0.56, 0.58]);
    let normals = scene.camera.turned(&scene.topology.normals(scene.positions));
    let normals = fragments.directions(&scene.topology.triangles, &normals);
    let mut clay = Picture::filled(fragments.width, fragments.height, &[0.9, 0.92, 0.95]);
    light.shade(&mut clay, &normals);
    over(photo, &clay, &fragments.coverage(), opacity)
}

/// The edges of the triangles that are seen, over the photo.
pub fn wireframe(photo: &Picture, scene: &Scene<'_>, colour: Vec3, opacity: f32) -> Picture {
    let fragments = scene.fragments((photo.width, photo.height), OVER);
    let points = scene.camera.enlarged(OVER as f32).project(scene.positions).points;
    let lines = edges(&fragments, &scene.topology.triangles, &points, LINE * OVER as f32);
    over(photo, &Picture::filled(lines.width, lines.height, &colour), &lines, opacity)
}

/// Lays colours that were drawn larger over a photo where a mask of the same size is 1.
fn over(photo: &Picture, drawn: &Picture, mask: &Picture, opacity: f32) -> Picture {
    let mut masked = drawn.clone();
    for (pixel, mask) in masked.data.chunks_exact_mut(3).zip(&mask.data) {
        pixel.iter_mut().for_each(|v| *v *= mask);
    }
    let (masked, share) = (masked.reduced(OVER), mask.reduced(OVER));
    let mut out = colours(photo);
    for ((pixel, drawn), share) in out.data.chunks_exact_mut(3).zip(masked.data.chunks_exact(3)).zip(&share.data) {
        if *share > 0.0 {
            lay(pixel, [drawn[0] / share, drawn[1] / share, drawn[2] / share], opacity * share);
        }
    }
    out
}
