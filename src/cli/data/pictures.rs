//! `data unwrap --pictures`: a fit as pictures of each kind, `pictures/KIND/NAME.jpg`.

use super::model::Model;
use super::sheet::{self, PAPER};
use super::work::Framed;
use crate::face::camera::{Camera, Orthographic, Pose};
use crate::face::draw::{self, Scene};
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;

/// Pixels along the longer side of what is drawn over the photo.
pub const SIDE: usize = 640;
/// In the order of [`draw`].
pub const KINDS: [&str; 8] = ["mesh", "wireframe", "axes", "normals", "depth", "pncc", "visibility", "rotation"];
const YAWS: [f32; 7] = [-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0];
const LINES: Vec3 = [0.1, 0.85, 1.0];

/// A photo's pictures, one of each kind. `framed` is as large as they become.
pub fn draw(model: &Model, framed: &Framed, mask: &[bool], complete: &Picture) -> [Picture; 8] {
    let Framed { photo, positions, camera } = framed;
    let topology = &model.morphable.topology;
    let scene = Scene { topology, positions, camera };
    let size = (photo.width, photo.height);
    [
        draw::shaded(photo, &scene, 0.6),
        draw::wireframe(photo, &scene, LINES, 0.7),
        axes(photo, positions, camera),
        scene.normals(size),
        scene.depth(size),
        scene.pncc(&model.morphable.mean, size),
        sheet::enlarged(&draw::visibility(&model.atlas, mask, None), SIDE.div_ceil(model.atlas.width)),
        draw::strip(&turned(model, positions, complete, &YAWS, 256), 0),
    ]
}

/// The head's axes from the middle of the fitted face, a third behind its tip: within the photo's face at any yaw.
fn axes(photo: &Picture, positions: &[Vec3], camera: &Camera) -> Picture {
    let range = |k: usize| {
        let of = || positions.iter().map(|p| p[k]);
        (of().fold(f32::MAX, f32::min), of().fold(f32::MIN, f32::max))
    };
    let [x, y, z] = [range(0), range(1), range(2)];
    let middle = |(low, high): (f32, f32)| (low + high) / 2.0;
    draw::axes(photo, camera, [middle(x), middle(y), z.1 - (z.1 - z.0) / 3.0], 0.45 * (x.1 - x.0))
}

/// A textured face turned to each yaw, `side` pixels high, on paper.
pub fn turned(model: &Model, positions: &[Vec3], complete: &Picture, yaws: &[f32], side: usize) -> Vec<Picture> {
    let topology = &model.morphable.topology;
    let texture = super::files::padded(complete, &model.on_atlas, 4);
    let one = |yaw: &f32| {
        let rotation = Pose { yaw: *yaw, ..Pose::default() }.rotation();
        let camera = Camera::Orthographic(Orthographic::portrait(positions, rotation, side, 0.86));
        let (face, share) = sheet::face(topology, positions, &camera, &texture, side, None);
        sheet::over(&face, &share, &Picture::filled(side, side, &PAPER))
    };
    yaws.iter().map(one).collect()
}
