//! Maps read off pictures of known surfaces.

use super::{Scene, Settings, edges, unwrap};
use crate::face::camera::{Camera, Orthographic, Perspective, Pose};
use crate::face::mesh::{Topology, Vec3};
use crate::face::picture::Picture;
use crate::face::raster::{Faces, atlas, rasterize};

/// A half cylinder of height 2 whose sheet is a square.
fn cylinder() -> (Topology, Vec<Vec3>) {
    let grid = Topology::grid(65, 9);
    let angle = |u: f32| (u - 0.5) * std::f32::consts::PI;
    let positions = grid.uv.iter().map(|[u, v]| [angle(*u).sin(), 1.0 - 2.0 * v, angle(*u).cos()]).collect();
    (grid, positions)
}

fn colour([u, v]: [f32; 2]) -> [f32; 3] {
    [0.5 + 0.4 * (6.0 * u).sin(), 0.5 + 0.4 * (5.0 * v).cos(), u * v]
}

/// The surface as a camera shows it, on a background of ones.
fn photo(topology: &Topology, positions: &[Vec3], camera: &Camera, size: usize) -> Picture {
    let drawn = rasterize(&camera.project(positions), &topology.triangles, (size, size), Faces::Front);
    let uv = drawn.interpolate(&topology.triangles, &topology.uv, [f32::NAN; 2]);
    let data = uv.iter().flat_map(|uv| if uv[0].is_nan() { [1.0; 3] } else { colour(*uv) }).collect();
    Picture { width: size, height: size, channels: 3, data }
}

#[test]
fn the_texture_comes_back_where_it_is_seen() {
    let (topology, positions) = cylinder();
    let (size, texels) = (200, 64);
    let atlas = atlas(&topology, texels);
    for yaw in [0.0, 50.0, -50.0] {
        let rotation = Pose { yaw, ..Pose::default() }.rotation();
        let flat = Orthographic { scale: 80.0, rotation, centre: [100.0, 100.0] };
        let near = Perspective::before(rotation, 12.0, 800.0, (size, size));
        for camera in [Camera::Orthographic(flat), Camera::Perspective(near)] {
            let photo = photo(&topology, &positions, &camera, size);
            let scene =
                Scene { photo: &photo, topology: &topology, positions: &positions, camera: &camera, mask: None };
            let found = unwrap(&scene, &atlas, &Settings::default()).unwrap();
            for t in 0..texels * texels {
                let uv = [(t % texels) as f32 + 0.5, (t / texels) as f32 + 0.5].map(|c| c / texels as f32);
                let angle = (uv[0] - 0.5) * 180.0 - -yaw;
                if found.sight[t] > 0.0 {
                    // The angle between normal and view, and never the background or the wrong side.
                    assert!(angle.abs() < 82.0 && (found.sight[t] - angle.to_radians().cos()).abs() < 0.1, "{yaw} {t}");
                    let (a, b) = (colour(uv), found.map.at(t % texels, t / texels));
                    let off = a.iter().zip(b).map(|(a, b)| (a - b).abs());
                    assert!(off.fold(0.0, f32::max) < 0.03, "{yaw} {t}");
                } else {
                    assert_eq!(found.map.at(t % texels, t / texels), [0.0; 3]);
                    let inside = uv[1] > 0.1 && uv[1] < 0.9 && uv[0] > 0.06 && uv[0] < 0.94;
                    assert!(!inside || angle.abs() > 60.0, "{yaw} {t}: {angle} is hidden");
                }
            }
        }
    }
}

#[test]
fn what_lies_behind_or_is_masked_is_not_read() {
    // A small square before a large one: half the sheet each.
    let grid = Topology::grid(2, 2);
    let square =
        |half: f32, z: f32| grid.uv.iter().map(move |[u, v]| [half * (2.0 * u - 1.0), half * (1.0 - 2.0 * v), z]);
    let positions: Vec<Vec3> = square(1.0, 0.0).chain(square(0.3, 1.0)).collect();
    let shifted = |from: f32| grid.uv.iter().map(move |[u, v]| [0.5 * u + from, *v]);
    let triangles = grid.triangles.iter().copied().chain(grid.triangles.iter().map(|t| t.map(|i| i + 4))).collect();
    let topology = Topology { triangles, uv: shifted(0.0).chain(shifted(0.5)).collect() };
    let rotation = Pose::default().rotation();
    let camera = Camera::Orthographic(Orthographic { scale: 40.0, rotation, centre: [50.0, 50.0] });
    let photo = Picture::filled(100, 100, &[0.5]);
    let atlas = atlas(&topology, 64);
    let scene = Scene { photo: &photo, topology: &topology, positions: &positions, camera: &camera, mask: None };
    let sharp = Settings { margin: 0.0, wear: 0, ..Settings::default() };
    let read = |scene: &Scene, settings: &Settings| {
        let found = unwrap(scene, &atlas, settings).unwrap();
        move |u: f32, v: f32| found.sight[(v * 64.0) as usize * 64 + (u * 64.0) as usize] > 0.99
    };
    let seen = read(&scene, &sharp);
    // The large one's middle, behind the small one, is hidden; its sides and the small one are seen.
    assert!(seen(0.05, 0.5) && seen(0.25, 0.05) && seen(0.75, 0.5) && seen(0.6, 0.2) && !seen(0.25, 0.5));
    assert!(seen(0.16, 0.5) && !seen(0.18, 0.5), "0.3 of 1 is hidden");
    let wide = read(&scene, &Settings { margin: 0.05, ..sharp });
    assert!(!wide(0.16, 0.5) && !wide(0.02, 0.5) && wide(0.1, 0.5) && wide(0.75, 0.5));
    let mask: Vec<bool> = (0..10_000).map(|p| p % 100 < 50).collect();
    let masked = read(&Scene { mask: Some(&mask), ..scene }, &sharp);
    assert!(masked(0.05, 0.5) && !masked(0.45, 0.5) && masked(0.6, 0.5) && !masked(0.9, 0.5));
    assert!(unwrap(&Scene { mask: Some(&mask[1..]), ..scene }, &atlas, &sharp).is_none());
    assert!(unwrap(&Scene { positions: &positions[1..], ..scene }, &atlas, &sharp).is_none());
    let broken = vec![[f32::NAN; 3]; 8];
    let nothing = unwrap(&Scene { positions: &broken, ..scene }, &atlas, &sharp).unwrap();
    assert!(nothing.seen().iter().all(|s| !s));
}

#[test]
fn masks_grow_by_squares() {
    let mut mask = vec![false; 35];
    (mask[0], mask[2 * 7 + 4]) = (true, true);
    let grown = edges::grown(&mask, 7, 1);
    let expected = [0, 1, 7, 8, 10, 11, 12, 17, 18, 19, 24, 25, 26];
    assert!((0..35).all(|p| grown[p] == expected.contains(&p)), "{grown:?}");
    assert_eq!(edges::grown(&mask, 7, 0), mask);
    assert_eq!(edges::grown(&mask, 7, usize::MAX - 9), [true; 35]);
    assert!(edges::grown(&[], 0, 3).is_empty());
    let depth = [1.0, 1.5, 9.0, 1.0, 1.2, f32::NEG_INFINITY];
    assert_eq!(edges::of_depth(&depth, 3, 1.0), [false, true, true, false, true, true]);
    let (n, d) = (f32::NEG_INFINITY, 2.0);
    let hole = [n, d, d, d, d, d, n, d, d, d, d, d];
    assert_eq!(edges::of_depth(&hole, 4, 1.0), (0..12).map(|p| [0, 1, 4].contains(&p)).collect::<Vec<bool>>());
}
