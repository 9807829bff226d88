//! Tests of what pictures show where.

use super::*;
use crate::face::camera::{Orthographic, Pose, Rotation};

/// A square of side 2 around the origin.
fn square() -> (Topology, Vec<Vec3>) {
    let topology = Topology::grid(2, 2);
    let positions = topology.uv.iter().map(|[u, v]| [2.0 * u - 1.0, 1.0 - 2.0 * v, 0.0]).collect();
    (topology, positions)
}

fn camera(scale: f32, centre: [f32; 2]) -> Camera {
    Camera::Orthographic(Orthographic { scale, rotation: Rotation::IDENTITY, centre })
}

#[test]
fn a_mesh_lies_over_its_part_of_the_photo() {
    let (topology, positions) = square();
    let camera = camera(4.0, [6.0, 5.5]);
    let scene = Scene { topology: &topology, positions: &positions, camera: &camera };
    let photo = Picture::filled(12, 10, &[0.2]);
    let clear = shaded(&photo, &scene, 0.0);
    assert_eq!((clear.channels, clear.at(6, 5)), (3, &[0.2; 3][..]));
    let half = shaded(&photo, &scene, 0.5);
    let whole = shaded(&photo, &scene, 1.0);
    assert_eq!(half.at(0, 5), [0.2; 3]);
    for c in 0..3 {
        assert!((half.at(6, 5)[c] - (0.2 + whole.at(6, 5)[c]) / 2.0).abs() < 1e-5);
    }
    // The upper edge lies at 1.5: half of that row, up to the thirds that are drawn.
    let share = (half.at(6, 1)[0] - 0.2) / (half.at(6, 5)[0] - 0.2);
    assert!((0.3..0.7).contains(&share), "{share}");
    let lines = wireframe(&photo, &scene, [1.0, 0.0, 0.0], 1.0);
    assert!(lines.at(2, 6)[0] > 0.3, "{:?}", lines.at(2, 6));
    assert_eq!(lines.at(4, 4), [0.2; 3]);
}

#[test]
fn maps_of_a_scene_are_black_around_it() {
    let (topology, positions) = square();
    let camera = camera(4.0, [6.0, 5.0]);
    let scene = Scene { topology: &topology, positions: &positions, camera: &camera };
    let size = (12, 10);
    for picture in [scene.depth(size), scene.pncc(&positions, size), scene.normals(size)] {
        assert_eq!((picture.width, picture.height, picture.channels), (12, 10, 3));
        assert_eq!(picture.at(0, 0), [0.0; 3]);
    }
    // Flat towards the viewer; x grows to the right and y up.
    assert_eq!(scene.normals(size).at(6, 5), [0.5, 0.5, 1.0]);
    let code = scene.pncc(&positions, size);
    assert!(code.at(9, 5)[0] > code.at(2, 5)[0] + 0.5 && code.at(6, 1)[1] > code.at(6, 8)[1] + 0.5);
}

#[test]
fn textures_show_triangles_and_what_is_seen() {
    let (topology, _) = square();
    let layout = layout(&topology, 9);
    // One diagonal from the lower left to the upper right.
    assert!(layout.at(4, 4)[0] < layout.at(2, 2)[0] - 0.2 && layout.at(1, 7)[0] < layout.at(2, 2)[0] - 0.2);
    let half = Topology { triangles: vec![topology.triangles[0]], ..topology };
    let atlas = crate::face::raster::atlas(&half, 4);
    let seen: Vec<bool> = (0..16).map(|i| i < 8).collect();
    let map = visibility(&atlas, &seen, None);
    assert!(map.at(0, 1)[2] > map.at(0, 1)[0] && map.at(0, 2)[0] > map.at(0, 2)[2]);
    assert_eq!(map.at(3, 3), [1.0; 3]);
    let toned = visibility(&atlas, &seen, Some(&Picture::filled(4, 4, &[0.0, 1.0, 0.0])));
    assert_eq!(toned.at(0, 1), [0.0, 1.0, 0.0]);
    assert!(toned.at(0, 2)[0] > 0.5);
}

#[test]
fn axes_point_where_the_head_is_turned() {
    let rotation = Pose { yaw: 90.0, ..Pose::default() }.rotation();
    let camera = Camera::Orthographic(Orthographic { scale: 1.0, rotation, centre: [32.0, 32.0] });
    let drawn = axes(&Picture::filled(64, 64, &[1.0]), &camera, [0.0; 3], 20.0);
    // Turned to the image's right, the nose (blue) points there; green is up.
    let (nose, up) = (drawn.at(44, 32), drawn.at(32, 20));
    assert!(nose[2] > nose[0] + 0.3 && up[1] > up[0] + 0.3, "{nose:?} {up:?}");
    assert_eq!(drawn.at(20, 32), [1.0; 3]);
    let nowhere = axes(&Picture::new(4, 4, 3), &camera, [f32::NAN; 3], 1.0);
    assert!(nowhere.data.iter().all(|v| *v == 0.0));
}

#[test]
fn a_strip_is_as_wide_as_its_pictures() {
    let joined = strip(&[Picture::filled(2, 3, &[0.0]), Picture::filled(1, 1, &[0.5; 3])], 2);
    assert_eq!((joined.width, joined.height), (5, 3));
    assert_eq!([joined.at(1, 2)[0], joined.at(2, 0)[0], joined.at(4, 0)[0], joined.at(4, 1)[0]], [0.0, 1.0, 0.5, 1.0]);
    assert!(strip(&[], 3).data.is_empty());
}
