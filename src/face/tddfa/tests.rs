use super::*;
use crate::data_rig::shared;
use crate::face::readers::npy;
use crate::random::Stream;

/// Two people's parameters.
fn pair() -> (Vec<f32>, Vec<f32>) {
    let one = |number: u64| {
        let mut stream = Stream::new(number, "test");
        let shape = std::array::from_fn(|_| stream.normal() as f32);
        draw(&shape, &mut stream)
    };
    let model = procedural();
    (model.normalised(&one(1)), model.normalised(&one(2)))
}

/// The keypoints in the frame, where no parameter moves them in depth alone.
fn points(model: &Parametric, normalised: &[f32]) -> Vec<[f64; 3]> {
    let mut parameters = model.parameters(normalised);
    parameters[11] = 0.0;
    let placed = model.placed(&parameters, &model.keypoints, [0.0, 0.0, 120.0, 120.0]);
    placed.iter().map(|p| p.map(f64::from)).collect()
}

fn distance(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn normalising_goes_both_ways() {
    let (a, _) = pair();
    let again = procedural().normalised(&procedural().parameters(&a));
    assert!(a.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-4));
    assert_eq!(procedural().len(), 61);
    // A clamped normal's mean and deviation, and no parameter that runs away.
    let shape = 12..48;
    assert!(
        shape.clone().all(|i| procedural().mean[i].abs() < 0.08 && (procedural().deviation[i] - 0.99).abs() < 0.05)
    );
}

#[test]
fn importance_is_what_an_error_alone_moves() {
    let model = procedural();
    let (found, truth) = pair();
    let aim = points(model, &truth);
    let moved: Vec<f64> = (0..model.len())
        .map(|i| {
            let mut one = truth.clone();
            one[i] = found[i];
            distance(&points(model, &one), &aim)
        })
        .collect();
    let total: f64 = moved.iter().sum();
    let weights = importance(model, &found, &truth);
    for (i, (weight, moved)) in weights.iter().zip(&moved).enumerate() {
        assert!((f64::from(*weight) - moved / total).abs() < 1e-5, "{i}: {weight}, expected {}", moved / total);
    }
    assert!(weights[11] == 0.0 && weights[0] > 0.0);
    assert!(importance(model, &truth, &truth).iter().all(|w| *w == 0.0));
}

#[test]
fn optimised_weights_are_the_minimum_between_0_and_1() {
    let model = procedural();
    let (found, truth) = pair();
    let cost = |weights: &[f32], penalty: f64| {
        // By the tangent at the truth: small steps by finite differences of the points themselves.
        let aim = points(model, &truth);
        let mut rest = vec![[0.0; 3]; aim.len()];
        let mut whole = rest.clone();
        for i in 0..model.len() {
            let mut one = truth.clone();
            one[i] = found[i];
            for (k, (p, a)) in points(model, &one).iter().zip(&aim).enumerate() {
                for c in 0..3 {
                    rest[k][c] += (1.0 - f64::from(weights[i])) * (p[c] - a[c]);
                    whole[k][c] += p[c] - a[c];
                }
            }
        }
        let zero = vec![[0.0; 3]; aim.len()];
        let d: Vec<f64> = found.iter().zip(&truth).map(|(f, t)| f64::from(f - t)).collect();
        let all: f64 = d.iter().map(|d| d * d).sum();
        let kept: f64 = d.iter().zip(weights).map(|(d, w)| (d * f64::from(*w)).powi(2)).sum();
        distance(&rest, &zero).powi(2) + penalty * distance(&whole, &zero).powi(2) * kept / all
    };
    let weights = optimised(model, &found, &truth, 0.1);
    assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
    let best = cost(&weights, 0.1);
    assert!(best < 0.9 * cost(&[1.0; 61], 0.1) && best < 0.9 * cost(&[0.0; 61], 0.1), "{best}");
    for i in 0..model.len() {
        for step in [-0.05f32, 0.05] {
            let mut other = weights.clone();
            other[i] = (other[i] + step).clamp(0.0, 1.0);
            assert!(cost(&other, 0.1) >= best - 1e-3, "{i} {step}: {} below {best}", cost(&other, 0.1));
        }
    }
    let free = optimised(model, &found, &truth, 1e-9);
    assert!(free[0] > 0.99 && free[3] > 0.99, "{free:?}");
}

#[test]
fn pncc_shows_the_face_where_its_points_are() {
    let model = procedural();
    let mut straight = model.mean.clone();
    straight[..12].copy_from_slice(&[40.0, 0.0, 0.0, 60.0, 0.0, 40.0, 0.0, 60.0, 0.0, 0.0, 40.0, 0.0]);
    let picture = model.pncc(&straight, 60);
    let (middle, corner) = (picture.at(30, 30), picture.at(1, 1));
    assert!((middle[0] - 0.5).abs() < 0.03 && middle[2] > 0.7, "{middle:?}");
    assert_eq!(corner, [0.0; 3]);
    // x goes to the right, y up.
    assert!(picture.at(40, 30)[0] > middle[0] && picture.at(30, 20)[1] > middle[1]);
    // The half as large picture shows the same.
    let half = model.pncc(&straight, 30);
    assert!(half.at(15, 15).iter().zip(picture.at(30, 30)).all(|(a, b)| (a - b).abs() < 0.05));
    // Parameters that are no face draw nothing, and nothing breaks.
    assert!(model.pncc(&[f32::NAN; 61], 16).data.iter().all(|v| *v == 0.0));
    assert!(model.pncc(&[1e30; 5], 16).data.iter().all(|v| v.is_finite()));
}

fn golden(folder: &Path, name: &str) -> Vec<f32> {
    let path = folder.join(name);
    npy::read(name, name, &std::fs::read(path).unwrap()).unwrap().rows().unwrap()
}

/// Step 5 of the data's README on the golden parameters.
#[test]
fn the_golden_landmarks_are_found() {
    let Some(folder) = shared("tddfa") else { return };
    let model = Parametric::of_folder(&folder).unwrap();
    assert_eq!((model.len(), model.keypoints.modes.len()), (62, 50));
    let (outputs, boxes) = (golden(&folder, "golden_outputs_raw.npy"), golden(&folder, "golden_roi_boxes.npy"));
    let (expected, truth) = (golden(&folder, "golden_landmarks.npy"), golden(&folder, "golden_gt_landmarks.npy"));
    let mut worst = 0.0f32;
    for face in 0..16 {
        let points: Vec<[f32; 2]> = truth[136 * face..136 * (face + 1)].as_chunks::<2>().0.to_vec();
        let found = region(&points);
        let stored: Vec<f64> = boxes[4 * face..4 * (face + 1)].iter().map(|v| f64::from(*v)).collect();
        assert!(found.iter().zip(&stored).all(|(f, s)| (f - s).abs() < 1e-3), "{found:?} {stored:?}");
        let parameters = model.parameters(&outputs[62 * face..62 * (face + 1)]);
        for (p, e) in
            model.placed(&parameters, &model.keypoints, found).iter().zip(expected[136 * face..].as_chunks::<2>().0)
        {
            worst = worst.max((p[0] - e[0]).abs()).max((p[1] - e[1]).abs());
        }
    }
    assert!(worst < 1e-2, "{worst}");
    let picture = model.pncc(&model.parameters(&outputs[..62]), 120);
    let seen = picture.data.chunks_exact(3).filter(|p| p.iter().any(|v| *v > 0.0)).count();
    assert!(seen > 120 * 120 / 8, "{seen}");
}
