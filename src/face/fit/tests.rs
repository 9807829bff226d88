//! Fits to landmarks whose face is known.

use super::linear::Normal;
use super::{Error, Fit, Fitter, LANDMARKS, Settings};
use crate::face::camera::{Orthographic, Pose};
use crate::face::mesh::{Topology, Vec3};
use crate::face::morphable::{Basis, Morphable, Prior};
use crate::random::Stream;

const ACROSS: usize = 61;
const DOWN: usize = 41;

/// Longitude and latitude in degrees on an egg with a nose.
fn head(lon: f32, lat: f32) -> Vec3 {
    let nose = 0.3 * (-(lon / 9.0).powi(2) - ((lat + 6.0) / 14.0).powi(2)).exp();
    let ((sx, cx), (sy, cy)) = (lon.to_radians().sin_cos(), lat.to_radians().sin_cos());
    [0.8 * sx * cy, 1.1 * sy, 0.95 * cx * cy + nose]
}

/// Longitudes and latitudes of the 68 landmarks.
fn landmarks() -> Vec<[f32; 2]> {
    let mut out: Vec<[f32; 2]> =
        (0..17).map(|i| (i as f32 - 8.0) / 8.0).map(|t| [84.0 * t, -48.0 + 48.0 * t * t]).collect();
    let brow = |i: usize| [48.0 - 9.0 * i as f32, 30.0 + 3.0 * (2.0 - (i as f32 - 2.0).abs())];
    out.extend((0..5).map(|i| [-brow(i)[0], brow(i)[1]]));
    out.extend((0..5).rev().map(brow));
    out.extend((0..4).map(|i| [0.0, 16.0 - 7.0 * i as f32]));
    out.extend((0..5).map(|i| [6.0 * (i as f32 - 2.0), -14.0 - (2.0 - (i as f32 - 2.0).abs())]));
    let ring = |x: f32, y: f32, a: f32, b: f32, n: usize| {
        (0..n).map(move |i| {
            let (s, c) = (std::f32::consts::PI - i as f32 * std::f32::consts::TAU / n as f32).sin_cos();
            [x + a * c, y + b * s]
        })
    };
    out.extend(ring(-27.0, 18.0, 11.0, 5.0, 6).chain(ring(27.0, 18.0, 11.0, 5.0, 6)));
    out.extend(ring(0.0, -28.0, 20.0, 7.0, 12).chain(ring(0.0, -28.0, 14.0, 3.0, 8)));
    out
}

/// Takes out of a mode what moves the head as a whole, as models of scans have it: small turns, scale and shift.
fn still(mode: &mut [Vec3], mean: &[Vec3]) {
    let moves = |p: &Vec3| {
        let [x, y, z] = p.map(f64::from);
        [[0.0, z, -y, x, 1.0, 0.0, 0.0], [-z, 0.0, x, y, 0.0, 1.0, 0.0], [y, -x, 0.0, z, 0.0, 0.0, 1.0]]
    };
    let mut normal = Normal::new(7);
    for (delta, p) in mode.iter().zip(mean) {
        (0..3).for_each(|k| normal.add(&moves(p)[k], f64::from(delta[k]), 1.0));
    }
    let whole = normal.solve().unwrap();
    for (delta, p) in mode.iter_mut().zip(mean) {
        let moved = moves(p).map(|row| row.iter().zip(&whole).map(|(a, b)| a * b).sum::<f64>());
        (0..3).for_each(|k| delta[k] -= moved[k] as f32);
    }
}

/// A head of 12 identity and 5 expression modes.
fn model() -> Morphable {
    let topology = Topology::grid(ACROSS, DOWN);
    let place = |[u, v]: [f32; 2]| [220.0 * (u - 0.5), 130.0 * (0.5 - v)];
    let mean: Vec<Vec3> = topology.uv.iter().map(|uv| head(place(*uv)[0], place(*uv)[1])).collect();
    let mut stream = Stream::new(8, "fit/model");
    let mut identity = Vec::new();
    for k in 0..12 {
        let size = 0.08 / (1.0 + k as f32 / 4.0);
        let waves: Vec<[f32; 3]> =
            (0..3).map(|_| [0, 1, 2].map(|i| stream.between(-1.0, 1.0) as f32 * [3.0, 3.0, 3.1][i])).collect();
        identity.extend(
            mean.iter()
                .map(|p| [0, 1, 2].map(|a| size * (waves[a][0] * p[0] + waves[a][1] * p[1] + waves[a][2]).sin())),
        );
    }
    let mut expression = Vec::new();
    for (lon, lat, push) in [
        (0.0, -34.0, [0.0, -0.2, 0.0]),
        (0.0, -22.0, [0.0, 0.1, 0.05]),
        (20.0, -28.0, [0.1, 0.05, 0.0]),
        (-20.0, -28.0, [-0.1, 0.05, 0.0]),
        (0.0, 33.0, [0.0, 0.1, 0.0]),
    ] {
        let [x, y, z] = head(lon, lat);
        let near = |p: &Vec3| (-((p[0] - x).powi(2) + (p[1] - y).powi(2) + (p[2] - z).powi(2)) / 0.06).exp();
        expression.extend(mean.iter().map(|p| push.map(|v: f32| v * near(p))));
    }
    for mode in identity.chunks_exact_mut(mean.len()) {
        still(mode, &mean);
    }
    let vertex = |target: &[f32; 2]| {
        let far = |v: &usize| {
            let [lon, lat] = place(topology.uv[*v]);
            (lon - target[0]).powi(2) + (lat - target[1]).powi(2)
        };
        (0..mean.len()).min_by(|a, b| far(a).total_cmp(&far(b))).map(|v| v as u32)
    };
    let landmarks = landmarks().iter().map(vertex).collect();
    let n = mean.len();
    Morphable {
        name: "egg".into(),
        identity: Basis::new(Prior::Normal, n, identity).unwrap(),
        expression: Basis::new(Prior::Blendshape, n, expression).unwrap(),
        contours: [vec![], vec![]],
        topology,
        mean,
        landmarks,
    }
}

/// Without outlines, and trusting the landmarks.
fn trusting() -> Settings {
    Settings { noise: 0.003, outline_from: 200.0, expressiveness: 1.0, rounds: 30, ..Settings::default() }
}

/// A known face, seen.
struct Known {
    identity: Vec<f32>,
    expression: Vec<f32>,
    camera: Orthographic,
    pose: Pose,
    landmarks: Vec<[f32; 2]>,
}

fn known(model: &Morphable, yaw: f32, stream: &mut Stream, noise: f64) -> Known {
    let identity: Vec<f32> = (0..12).map(|_| stream.normal() as f32).collect();
    let expression: Vec<f32> = (0..5).map(|_| (1.6 * stream.uniform() - 0.6).max(0.0) as f32).collect();
    let mut turn = |most: f64| stream.between(-most, most) as f32;
    let pose = Pose { yaw, pitch: turn(20.0), roll: turn(25.0) };
    let camera = Orthographic { scale: 120.0, rotation: pose.rotation(), centre: [200.0 + turn(20.0), 180.0] };
    let shape = model.shape(&identity, &expression);
    let mut place = |vertex: &Option<u32>| {
        let [x, y, _] = vertex.map_or([f32::NAN; 3], |v| camera.point(shape[v as usize]));
        [x + (noise * stream.normal()) as f32, y + (noise * stream.normal()) as f32]
    };
    let landmarks = model.landmarks.iter().map(&mut place).collect();
    Known { identity, expression, camera, pose, landmarks }
}

fn turned_by(fit: &Fit, known: &Known) -> f32 {
    let (a, b) = (fit.camera.rotation.0, known.camera.rotation.0);
    let trace: f32 = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum();
    ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees()
}

#[test]
fn a_known_face_is_found_again_in_any_pose() {
    let model = model();
    let fitter = Fitter::new(&model, trusting()).unwrap();
    let mut stream = Stream::new(1, "fit/known");
    for case in 0..17 {
        let yaw = -80.0 + 10.0 * case as f32;
        let known = known(&model, yaw, &mut stream, 0.0);
        let fit = fitter.fit(&known.landmarks, &[]).unwrap();
        let turned = turned_by(&fit, &known);
        assert!(turned < 1.5 && fit.relative_residual() < 2e-3, "{yaw}: {turned} {}", fit.relative_residual());
        assert!((fit.pose.yaw - known.pose.yaw).abs() < 2.0 && (fit.camera.scale / 120.0 - 1.0).abs() < 0.03);
        // What the camera says is what the landmarks say.
        let shape = model.shape(&fit.identity, &fit.expression);
        for (landmark, residual) in fit.residuals.iter().enumerate() {
            let [x, y, _] = fit.camera.point(shape[fit.vertices[landmark].unwrap() as usize]);
            let off = (x - known.landmarks[landmark][0]).hypot(y - known.landmarks[landmark][1]);
            assert!((f64::from(off) - residual.unwrap()).abs() < 1e-2);
        }
        let far =
            |a: &[f32], b: &[f32]| (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32).sqrt();
        assert!(far(&fit.identity, &known.identity) < 0.5, "{yaw}: {:?} {:?}", fit.identity, known.identity);
        assert!(far(&fit.expression, &known.expression) < 0.15, "{yaw}: {:?} {:?}", fit.expression, known.expression);
    }
}

#[test]
fn noise_moves_the_pose_by_degrees_and_the_coefficients_stay_likely() {
    let model = model();
    let fitter = Fitter::new(&model, Settings { outline_from: 200.0, ..Settings::default() }).unwrap();
    let mut stream = Stream::new(2, "fit/noise");
    // 2 % of the distance between the eyes, which is about 110 pixels.
    for case in 0..16 {
        let known = known(&model, -75.0 + 10.0 * case as f32, &mut stream, 2.2);
        let fit = fitter.fit(&known.landmarks, &[]).unwrap();
        assert!(turned_by(&fit, &known) < 8.0, "{case}: {} degrees", turned_by(&fit, &known));
        let residual = fit.relative_residual();
        assert!((0.01..0.035).contains(&residual), "{case}: {residual}");
        assert!(fit.identity.iter().all(|v| v.abs() < 3.5) && fit.expression.iter().all(|v| (0.0..=1.0).contains(v)));
        assert_eq!(fitter.fit(&known.landmarks, &[]).unwrap(), fit);
    }
}

/// Moves the jaw's landmarks of the side that turns away to the outline, at their height.
fn outlined(model: &Morphable, known: &mut Known) {
    let shape = model.shape(&known.identity, &known.expression);
    let side = known.pose.yaw.signum();
    let seen: Vec<Vec3> = shape.iter().map(|p| known.camera.point(*p)).collect();
    for landmark in 0..17 {
        if (landmark as f32 - 8.0) * side > 0.0 {
            let [x, y, _] = seen[model.landmarks[landmark].unwrap() as usize];
            let level = seen.iter().filter(|p| (p[1] - y).abs() < 2.0 && (p[0] - x) * side < 90.0);
            let out = level.map(|p| p[0] * side).fold(x * side, f32::max) * side;
            known.landmarks[landmark] = [out, y];
        }
    }
}

#[test]
fn the_jaw_follows_the_outline_of_a_turned_head() {
    let model = model();
    let (with, without) = (
        Settings { rounds: 12, ..Settings::default() },
        Settings { outline_from: 200.0, rounds: 12, ..Settings::default() },
    );
    let fitters = [with, without].map(|settings| Fitter::new(&model, settings).unwrap());
    let mut stream = Stream::new(3, "fit/outline");
    let (mut residuals, mut turns) = ([0.0; 2], [0.0; 2]);
    let yaws = [-60.0, -45.0, -35.0, 35.0, 45.0, 60.0];
    for yaw in yaws {
        let mut known = known(&model, yaw, &mut stream, 0.5);
        outlined(&model, &mut known);
        for (k, fitter) in fitters.iter().enumerate() {
            let fit = fitter.fit(&known.landmarks, &[]).unwrap();
            residuals[k] += fit.relative_residual() / yaws.len() as f64;
            turns[k] += turned_by(&fit, &known) / yaws.len() as f32;
        }
    }
    assert!(residuals[0] < 0.8 * residuals[1] && turns[0] < 0.75 * turns[1], "{residuals:?} {turns:?}");
    assert!(turns[0] < 4.5, "{turns:?}");
}

#[test]
fn contours_hold_the_jaw_that_is_turned_to_the_viewer_or_has_no_vertices() {
    let mut model = model();
    let column = |share: f32| (0..DOWN as u32).map(move |row| row * ACROSS as u32 + (share * 60.0) as u32).collect();
    model.contours = [column(0.1), column(0.9)];
    let own = model.landmarks.clone();
    let mut stream = Stream::new(6, "fit/contours");
    let mut known = known(&model, 40.0, &mut stream, 0.0);
    outlined(&model, &mut known);
    let fit = Fitter::new(&model, Settings::default()).unwrap().fit(&known.landmarks, &[]).unwrap();
    let jaw = |landmark: usize| {
        model.contours[0].contains(&fit.vertices[landmark].unwrap()) || own[..8].contains(&fit.vertices[landmark])
    };
    assert!((0..8).all(jaw) && fit.vertices[8] == own[8] && fit.vertices[9..17] != own[9..17], "{:?}", fit.vertices);

    // Without vertices of its own the jaw is matched with the contours, and with the outline found from them.
    model.contours = [own[..8].to_vec(), own[9..17].to_vec()].map(|side| side.into_iter().flatten().collect());
    model.landmarks[..8].fill(None);
    model.landmarks[9..17].fill(None);
    let fit = Fitter::new(&model, Settings::default()).unwrap().fit(&known.landmarks, &[]).unwrap();
    assert!((0..8).all(|l| model.contours[0].contains(&fit.vertices[l].unwrap())), "{:?}", fit.vertices);
    assert!((9..17).all(|l| fit.residuals[l].is_some_and(|r| r < 12.0)), "{:?}", fit.residuals);
    assert!(turned_by(&fit, &known) < 6.0, "{}", turned_by(&fit, &known));
}

#[test]
fn missing_landmarks_are_left_out() {
    let mut model = model();
    let mut stream = Stream::new(4, "fit/missing");
    let known = known(&model, 20.0, &mut stream, 0.0);
    for landmark in [0, 7, 33, 60] {
        model.landmarks[landmark] = None;
    }
    let fitter = Fitter::new(&model, trusting()).unwrap();
    let mut landmarks = known.landmarks.clone();
    (landmarks[20], landmarks[40], landmarks[50]) = ([f32::NAN, 3.0], [f32::INFINITY; 2], [1e6, -1e6]);
    let mut weights = vec![1.0; LANDMARKS];
    (weights[50], weights[51], weights[52]) = (0.0, f32::NAN, -1.0);
    let fit = fitter.fit(&landmarks, &weights).unwrap();
    let gone = [0, 7, 20, 33, 40, 50, 51, 52, 60];
    assert!((0..LANDMARKS).all(|l| fit.residuals[l].is_none() == gone.contains(&l)));
    assert!(turned_by(&fit, &known) < 1.5 && fit.relative_residual() < 2e-3);
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    let model = model();
    let fitter = Fitter::new(&model, Settings::default()).unwrap();
    let error = |landmarks: &[[f32; 2]]| fitter.fit(landmarks, &[]).unwrap_err();
    assert_eq!(error(&[[0.0; 2]; 5]), Error::Count { what: "landmarks", found: 5, expected: 68 });
    assert_eq!(error(&[[f32::NAN; 2]; 68]), Error::TooFew(0));
    for place in [0.0, 37.25, -1e30] {
        assert_eq!(error(&[[place; 2]; 68]), Error::Degenerate);
    }
    let line: Vec<[f32; 2]> = (0..68).map(|i| [i as f32, 3.0 * i as f32]).collect();
    assert_eq!(error(&line), Error::Degenerate);
    let mut few = vec![[f32::NAN; 2]; 68];
    (0..5).for_each(|i| few[30 + i] = [i as f32, (i * i) as f32]);
    assert_eq!(error(&few), Error::TooFew(5));
    // Any numbers at all: an answer or an error.
    let mut stream = Stream::new(5, "fit/hostile");
    for _ in 0..40 {
        let size = 10f64.powf(stream.between(-37.0, 37.0));
        let any: Vec<[f32; 2]> = (0..68).map(|_| [0, 1].map(|_| (size * stream.normal()) as f32)).collect();
        let weights: Vec<f32> = (0..68).map(|_| 10f64.powf(stream.between(-30.0, 30.0)) as f32).collect();
        for weights in [&[][..], &weights] {
            if let Ok(fit) = fitter.fit(&any, weights) {
                assert!(fit.residual().is_finite() && fit.identity.iter().all(|v| v.is_finite()));
            }
        }
    }
    assert!(matches!(fitter.fit(&line, &[1.0; 3]), Err(Error::Count { what: "weights", .. })));
    let with = |change: &dyn Fn(&mut Morphable)| {
        let mut broken = model.clone();
        change(&mut broken);
        Fitter::new(&broken, Settings::default()).err()
    };
    assert_eq!(with(&|m| m.landmarks[3] = Some(1 << 30)), Some(Error::Vertex(3)));
    assert_eq!(with(&|m| m.landmarks[2..].fill(None)), Some(Error::Model(2)));
    assert!(matches!(with(&|m| m.landmarks.truncate(9)), Some(Error::Count { found: 9, .. })));
}
