//! Tests of the rasterizer against exact coverage, rays and planes in f64, and itself on other numbers of threads.

use super::*;
use crate::face::camera::{Camera, Perspective, Pose};
use crate::random::Stream;

fn flat(points: &[[f32; 2]]) -> Projected {
    Projected { points: points.iter().map(|p| [p[0], p[1], 0.0]).collect(), perspective: false }
}

fn covered(fragments: &Fragments) -> Vec<usize> {
    (0..fragments.triangle.len()).filter(|i| fragments.covers(*i)).collect()
}

#[test]
fn a_right_triangle_covers_the_centres_inside() {
    let corners = flat(&[[0.0, 0.0], [0.0, 4.0], [4.0, 0.0]]);
    let drawn = rasterize(&corners, &[[0, 1, 2]], (5, 5), Faces::Front);
    // Centres with x + y = 3 lie on the slope, a right edge.
    assert_eq!(covered(&drawn), [0, 1, 2, 5, 6, 10]);
    let lower = flat(&[[4.0, 0.0], [0.0, 4.0], [4.0, 4.0]]);
    let drawn = rasterize(&lower, &[[0, 1, 2]], (5, 5), Faces::Front);
    assert_eq!(covered(&drawn), [3, 7, 8, 11, 12, 13, 15, 16, 17, 18]);
    // A square between centres: its left and upper edges belong to it.
    let square = flat(&[[0.5, 0.5], [0.5, 2.5], [2.5, 2.5], [2.5, 0.5]]);
    let drawn = rasterize(&square, &[[0, 1, 2], [0, 2, 3]], (5, 5), Faces::Front);
    assert_eq!(covered(&drawn), [0, 1, 5, 6]);
}

/// Points on the border of a square around the picture, in order, of whole and half pixels among others.
fn border(draw: &mut Stream, size: f32) -> Vec<[f32; 2]> {
    let sides: [fn(f32, f32) -> [f32; 2]; 4] = [|t, _| [t, 0.0], |t, s| [s, t], |t, s| [s - t, s], |t, s| [0.0, s - t]];
    let mut points = Vec::new();
    for side in sides {
        let mut along: Vec<f32> = (0..draw.below(5)).map(|_| (draw.below(2 * size as usize) as f32) / 2.0).collect();
        along.push(0.0);
        along.sort_by(f32::total_cmp);
        along.dedup();
        points.extend(along.into_iter().map(|t| side(t, size)));
    }
    points
}

#[test]
fn the_triangles_of_a_fan_share_every_pixel_out() {
    for seed in 0..200 {
        let mut draw = Stream::new(seed, "fans");
        let size = 1 + draw.below(40);
        let mut points = border(&mut draw, size as f32);
        let around = points.len() as u32;
        let inner = match seed % 3 {
            0 => [draw.below(size) as f32 + 0.5, draw.below(size) as f32 + 0.5],
            1 => [draw.below(size) as f32, draw.below(size) as f32 + 0.5],
            _ => [0, 1].map(|_| draw.between(0.0, size as f64) as f32),
        };
        points.push(inner);
        let mut count = vec![0; size * size];
        for i in 0..around {
            let mut triangle = [around, i, (i + 1) % around];
            triangle.rotate_left(draw.below(3));
            if draw.below(2) == 0 {
                triangle.swap(0, 1);
            }
            let drawn = rasterize(&flat(&points), &[triangle], (size, size), Faces::Both);
            covered(&drawn).into_iter().for_each(|i| count[i] += 1);
        }
        assert!(count.iter().all(|c| *c == 1), "{seed}: {count:?}");
    }
}

/// Triangles of many sizes around a picture of this side: positions and triangles.
fn soup(seed: u64, count: usize, side: f64) -> (Vec<Vec3>, Vec<[u32; 3]>) {
    let mut draw = Stream::new(seed, "soup");
    let mut points = Vec::new();
    for i in 0..count {
        let (x, y) = (draw.between(-0.2 * side, 1.2 * side), draw.between(-0.2 * side, 1.2 * side));
        let reach = side * 0.7f64.powi((i % 14) as i32);
        for _ in 0..3 {
            let near = |a: f64, draw: &mut Stream| (a + draw.between(-reach, reach)) as f32;
            points.push([near(x, &mut draw), near(y, &mut draw), draw.between(-50.0, 50.0) as f32]);
        }
    }
    (points, (0..count as u32).map(|i| [3 * i, 3 * i + 1, 3 * i + 2]).collect())
}

#[test]
fn the_nearest_is_seen_where_triangles_cross() {
    const SIDE: usize = 47;
    for (seed, faces) in [(1, Faces::Both), (2, Faces::Front), (3, Faces::Both)] {
        let (points, triangles) = soup(seed, 60, SIDE as f64);
        let drawn =
            rasterize(&Projected { points: points.clone(), perspective: false }, &triangles, (SIDE, SIDE), faces);
        let mut sure = 0;
        for i in 0..SIDE * SIDE {
            let centre = [(i % SIDE) as f64 + 0.5, (i / SIDE) as f64 + 0.5];
            let mut seen: Vec<(f64, u32)> = Vec::new();
            let mut doubtful = false;
            for (number, triangle) in triangles.iter().enumerate() {
                let [a, b, c] = triangle.map(|i| points[i as usize].map(f64::from));
                let cross =
                    |o: [f64; 3], p: [f64; 3], x: f64, y: f64| (p[0] - o[0]) * (y - o[1]) - (p[1] - o[1]) * (x - o[0]);
                let area = cross(a, b, c[0], c[1]);
                let [x, y] = centre;
                let weights = [cross(b, c, x, y), cross(c, a, x, y), cross(a, b, x, y)].map(|e| e / area);
                let margin = weights.into_iter().fold(f64::INFINITY, f64::min);
                doubtful |= margin.abs() < 1e-2;
                if margin > 0.0 && (faces == Faces::Both || area < 0.0) {
                    seen.push((weights[0] * a[2] + weights[1] * b[2] + weights[2] * c[2], number as u32));
                }
            }
            seen.sort_by(|p, q| q.0.total_cmp(&p.0));
            doubtful |= seen.len() > 1 && seen[0].0 - seen[1].0 < 0.1;
            if !doubtful {
                sure += 1;
                assert_eq!(drawn.triangle[i], seen.first().map_or(NONE, |s| s.1), "{seed}: pixel {i}");
                let depth = seen.first().map_or(f64::NEG_INFINITY, |s| s.0);
                let apart = f64::from(drawn.depth[i]) - depth;
                assert!(depth == f64::from(drawn.depth[i]) || apart.abs() < 0.05, "{seed}: pixel {i}: {apart}");
            }
        }
        assert!(sure > SIDE * SIDE / 3, "{sure}");
    }
}

/// Where the ray through a pixel meets a triangle's plane, before a camera at the origin that looks along -z.
fn met(camera: &Perspective, corners: [[f64; 3]; 3], pixel: [f64; 2]) -> [f64; 3] {
    let focal = f64::from(camera.focal);
    let [px, py] = camera.principal.map(f64::from);
    let ray = [(pixel[0] - px) / focal, (py - pixel[1]) / focal, -1.0];
    let sub = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|k| a[k] - b[k]);
    let (u, v) = (sub(corners[1], corners[0]), sub(corners[2], corners[0]));
    let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let along = dot(normal, corners[0]) / dot(normal, ray);
    ray.map(|r| r * along)
}

#[test]
fn perspective_weights_are_where_rays_meet_the_plane() {
    let mut compared = 0;
    for seed in 0..40 {
        let mut draw = Stream::new(seed, "rays");
        let rotation = Pose { yaw: draw.between(-60.0, 60.0) as f32, pitch: 20.0, roll: -10.0 }.rotation();
        let camera = Perspective::before(rotation, 4.0, 60.0, (64, 48));
        let positions: Vec<Vec3> = (0..3).map(|_| [0, 1, 2].map(|_| draw.between(-2.0, 2.0) as f32)).collect();
        let drawn = rasterize(&Camera::Perspective(camera).project(&positions), &[[0, 1, 2]], (64, 48), Faces::Both);
        let before = |p: &Vec3| {
            let turned = rotation.of(*p);
            [0, 1, 2].map(|k| f64::from(turned[k] + camera.translation[k]))
        };
        let corners = [before(&positions[0]), before(&positions[1]), before(&positions[2])];
        for i in covered(&drawn) {
            let wanted = met(&camera, corners, [(i % 64) as f64 + 0.5, (i / 64) as f64 + 0.5]);
            let weights = drawn.weights[i].map(f64::from);
            assert!(
                weights.iter().all(|w| (0.0..=1.0).contains(w)) && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-5
            );
            let found = [0, 1, 2].map(|k| (0..3).map(|c| weights[c] * corners[c][k]).sum::<f64>());
            // Corners move by 1/8192 pixel, which is much where the plane is nearly seen from the side.
            let apart = (0..3).map(|k| (found[k] - wanted[k]).abs()).fold(0.0, f64::max);
            assert!(apart < 2e-2, "{seed}: pixel {i}: {found:?} {wanted:?}");
            assert!((f64::from(drawn.depth[i]) - found[2]).abs() < 1e-4, "{seed}: pixel {i}: {}", drawn.depth[i]);
            compared += 1;
        }
    }
    assert!(compared > 5000, "{compared}");
}

#[test]
fn the_first_of_two_equals_is_seen() {
    let points = flat(&[[0.0, 0.0], [0.0, 9.0], [9.0, 0.0]]);
    let drawn = rasterize(&points, &[[0, 1, 2], [1, 2, 0]], (4, 4), Faces::Front);
    assert!(covered(&drawn).len() == 16 && drawn.triangle.iter().all(|t| *t == 0));
    // Of its two sides, only the counter-clockwise one.
    assert!(covered(&rasterize(&points, &[[0, 2, 1]], (4, 4), Faces::Front)).is_empty());
    let back = rasterize(&points, &[[0, 2, 1]], (4, 4), Faces::Both);
    let front = rasterize(&points, &[[0, 1, 2]], (4, 4), Faces::Both);
    assert_eq!(back.triangle, front.triangle);
    assert!(back.weights.iter().zip(&front.weights).all(|(b, f)| [b[0], b[2], b[1]] == *f));
}

#[test]
fn what_cannot_be_drawn_is_left_out() {
    let mut points = flat(&[[1.0, 1.0], [1.0, 7.0], [7.0, 1.0]]);
    points.points.extend([[f32::NAN, 2.0, 0.0], [3.0, 2.0, f32::NAN], [1e9, 2.0, 0.0], [4.0, 4.0, 0.0]]);
    points.points.extend([[-90.0, -80.0, 0.0], [-90.0, 200.0, 0.0], [-2.0, 50.0, 0.0], [60_000.0, -3.0, 0.0]]);
    let draw = |triangle: [u32; 3]| covered(&rasterize(&points, &[triangle], (8, 8), Faces::Both)).len();
    assert_eq!(draw([0, 1, 2]), 15);
    for nothing in [[0, 1, 3], [0, 1, 4], [0, 5, 1], [0, 0, 2], [1, 6, 2], [0, 1, 99], [u32::MAX, 1, 2], [7, 8, 9]] {
        assert_eq!(draw(nothing), 0, "{nothing:?}");
    }
    // A far corner on the way to which the whole picture lies.
    assert_eq!(draw([7, 8, 10]), 64);
    assert_eq!(rasterize(&points, &[[0, 1, 2]], (0, 8), Faces::Both).triangle.len(), 0);
    assert_eq!(rasterize(&points, &[[0, 1, 2]], (8, 0), Faces::Both).triangle.len(), 0);
    assert!(covered(&rasterize(&points, &[[0, 1, 2]], (70_000, 1), Faces::Both)).is_empty());
}

#[test]
fn a_triangle_across_the_near_plane_is_left_out() {
    let camera = Perspective::before(Pose::default().rotation(), 1.0, 8.0, (8, 8));
    let draw = |z: f32| {
        let positions = [[-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [1.0, 0.0, z]];
        covered(&rasterize(&Camera::Perspective(camera).project(&positions), &[[0, 1, 2]], (8, 8), Faces::Both)).len()
    };
    assert!(draw(0.0) > 10 && draw(0.9) > 10);
    assert_eq!(draw(0.995), 0);
    assert_eq!(draw(3.0), 0);
}

#[test]
fn every_number_of_threads_draws_the_same() {
    let (points, triangles) = soup(9, 9000, 130.0);
    for perspective in [false, true] {
        let points = points.iter().map(|&[x, y, z]| [x, y, if perspective { 1.0 / (60.0 - z) } else { z }]).collect();
        let projected = Projected { points, perspective };
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let drawn = rasterize(&projected, &triangles, (131, 77), Faces::Both);
                let picture = drawn.picture(&triangles, &projected.points, [0.0; 3]);
                let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                (drawn.triangle.clone(), bits(drawn.weights.as_flattened()), bits(&drawn.depth), bits(&picture.data))
            })
        };
        let one = run(1);
        assert!(one.0.iter().filter(|t| **t != NONE).count() > 9000);
        for threads in [2, 3, 5] {
            assert!(run(threads) == one, "{threads} threads, perspective {perspective}");
        }
    }
}

#[test]
fn an_atlas_shows_every_texel_of_a_grid_and_interpolates() {
    let grid = Topology::grid(5, 4);
    let atlas = atlas(&grid, 17);
    let values: Vec<Vec3> = grid.uv.iter().map(|[u, v]| [*u, *v, 1.0]).collect();
    for i in 0..17 * 17 {
        let [u, v, one] = atlas.at(&grid.triangles, i, &values).unwrap();
        // Corners move by up to 1/8192 texel.
        assert!((u - ((i % 17) as f32 + 0.5) / 17.0).abs() < 1e-5, "{u}");
        assert!((v - ((i / 17) as f32 + 0.5) / 17.0).abs() < 1e-5 && (one - 1.0).abs() < 1e-5);
    }
}

#[test]
fn maps_show_depth_normals_and_coordinates() {
    let positions = [[0.0, 0.0, 0.0], [0.0, 4.0, 8.0], [4.0, 0.0, 0.0]];
    let drawn =
        rasterize(&Projected { points: positions.to_vec(), perspective: false }, &[[0, 1, 2]], (4, 4), Faces::Front);
    let depth = maps::depth(&drawn, 0.2);
    // Depth is twice y: 1 in row 0, 5 in row 2.
    assert!((depth.at(0, 0)[0] - 0.2).abs() < 1e-3 && (depth.at(0, 2)[0] - 1.0).abs() < 1e-6);
    assert_eq!(depth.at(3, 3), [0.0]);
    assert_eq!(drawn.coverage().data.iter().sum::<f32>(), 6.0);
    let normals = maps::normals(&drawn, &[[0, 1, 2]], &[[0.0, 0.0, 2.0]; 3]);
    assert_eq!((normals.at(1, 1), normals.at(3, 3)), (&[0.5, 0.5, 1.0][..], &[0.0; 3][..]));
    let code = maps::pncc(&drawn, &[[0, 1, 2]], &positions);
    let wanted = [1.5 / 4.0, 0.5 / 4.0, 1.0 / 8.0];
    assert!(code.at(1, 0).iter().zip(wanted).all(|(c, w)| (c - w).abs() < 1e-3), "{:?}", code.at(1, 0));
}
