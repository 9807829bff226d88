use super::*;
use crate::data_rig::shared;

fn golden(folder: &Path, name: &str) -> Vec<f32> {
    array(folder, name).unwrap().rows().unwrap()
}

/// Steps 5 of the data's README, "Crop, preprocessing, reconstruction": parameters and a region to pixels.
fn pixels(keypoints: &Keypoints, parameters: &[f32], region: &[f32]) -> Vec<[f32; 2]> {
    let (pose, rest) = parameters.split_at(POSE);
    let points = keypoints.points(&rest[..SHAPE], &rest[SHAPE..]);
    let posed = |point: &Vec3, row: usize| {
        let row = &pose[4 * row..4 * row + 4];
        row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3]
    };
    let placed = |p: &Vec3| {
        let (x, y) = (posed(p, 0) - 1.0, 120.0 - posed(p, 1));
        [x * (region[2] - region[0]) / 120.0 + region[0], y * (region[3] - region[1]) / 120.0 + region[1]]
    };
    points.iter().map(placed).collect()
}

#[test]
fn the_golden_landmarks_come_out_of_the_golden_parameters() {
    let Some(folder) = shared("tddfa") else { return };
    let keypoints = keypoints(&folder).unwrap();
    let outputs = golden(&folder, "golden_outputs_raw.npy");
    let parameters = golden(&folder, "golden_params.npy");
    let regions = golden(&folder, "golden_roi_boxes.npy");
    let landmarks = golden(&folder, "golden_landmarks.npy");
    let mut worst = 0.0f32;
    for (face, output) in outputs.chunks_exact(62).enumerate() {
        let expected = &parameters[62 * face..62 * (face + 1)];
        for (place, value) in output.iter().enumerate() {
            let found = value * keypoints.deviation[place] + keypoints.mean[place];
            assert!((found - expected[place]).abs() <= 1e-5 * keypoints.deviation[place], "{face} {place}");
        }
        let found = pixels(&keypoints, expected, &regions[4 * face..4 * face + 4]);
        for (point, expected) in found.iter().flatten().zip(&landmarks[136 * face..]) {
            worst = worst.max((point - expected).abs());
        }
    }
    // The README demands 1e-2 pixels.
    assert!(worst < 1e-2, "{worst}");
}

#[test]
fn the_real_face_is_read() {
    let Some(folder) = shared("tddfa") else { return };
    let model = face(&folder).unwrap();
    assert_eq!((model.mean.len(), model.topology.triangles.len()), (38_365, 76_073));
    // numpy: bfm_noneck_mean_vertices.astype('f8').sum(); bfm_noneck_triangles.sum(); bfm_noneck_uv.astype('f8').sum()
    let total: f64 = model.mean.iter().flatten().map(|v| f64::from(*v)).sum();
    assert!((total - 2_657_870_538.871).abs() < 1.0, "{total}");
    assert_eq!(model.topology.triangles.iter().flatten().map(|v| u64::from(*v)).sum::<u64>(), 4_364_200_349);
    let turned: f64 = model.topology.uv.iter().map(|[u, v]| f64::from(*u) + 1.0 - f64::from(*v)).sum();
    assert!((turned - 41_520.027_481).abs() < 0.01, "{turned}");
    // Triangles are turned about: seen from outside.
    let normals = model.topology.normals(&model.mean);
    let of = |point: usize| model.landmarks[point].unwrap() as usize;
    assert!(normals[of(30)][2] > 0.5);
    // The README: chin v 0.244, nose bridge v 0.770, up.
    assert!((model.topology.uv[of(8)][1] - (1.0 - 0.244)).abs() < 0.01, "{:?}", model.topology.uv[of(8)]);
    assert!((model.topology.uv[of(27)][1] - (1.0 - 0.770)).abs() < 0.01, "{:?}", model.topology.uv[of(27)]);
    assert!(model.mean[of(36)][0] < 0.0 && model.mean[of(8)][1] < model.mean[of(27)][1]);
}

#[test]
fn every_golden_array_is_read() {
    let Some(folder) = shared("tddfa") else { return };
    // numpy: a.shape, a.dtype, a.astype('f8').sum()
    let sums = [
        ("golden_crops_bgr.npy", &[16, 120, 120, 3][..], 67_006_859.0),
        ("golden_roi_boxes.npy", &[16, 4], 16_330.785_415_649),
        ("bfm_noneck_index.npy", &[38_365], 888_104_467.0),
        ("u_base.npy", &[204], 5_284_768.591_652),
        ("w_shp_base.npy", &[204, 40], 0.386_410_006),
        ("w_exp_base.npy", &[204, 10], 109_160.370_442),
        ("param_mean.npy", &[62], -644_111.190_965),
        ("param_std.npy", &[62], 3_110_721.119_296),
    ];
    for (name, shape, sum) in sums {
        let found = array(&folder, name).unwrap();
        let total: f64 = found.rows().unwrap().iter().map(|v| f64::from(*v)).sum();
        assert_eq!(found.shape, shape, "{name}");
        assert!((total - sum).abs() < 1e-6 * sum.abs().max(1.0), "{name}: {total}");
    }
}
