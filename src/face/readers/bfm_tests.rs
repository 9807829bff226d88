use super::*;
use crate::face::morphable::Prior;

// Files of `tests/parity/face_files.py`.
const OLD: &[u8] = include_bytes!("../../../tests/fixtures/faces/bfm2009.mat");
const UV: &[u8] = include_bytes!("../../../tests/fixtures/faces/BFM_UV.mat");
const PLAIN: &[u8] = include_bytes!("../../../tests/fixtures/faces/bfm2017.h5");
const CHUNKED: &[u8] = include_bytes!("../../../tests/fixtures/faces/bfm2017_chunked.h5");

const MEAN: [Vec3; 4] = [[0.0, 0.0, 0.0], [10.0, 0.0, 1.0], [0.0, 10.0, 1.0], [10.0, 10.0, 2.0]];

/// Mode `k` of the made-up basis at a vertex, times its deviation: `(2 row + k) / 8`.
fn delta(mode: usize, vertex: usize, deviation: f32) -> Vec3 {
    [0, 1, 2].map(|axis| (2 * (3 * vertex + axis) + mode) as f32 / 8.0 * deviation)
}

#[test]
fn the_model_of_2009_is_scaled_by_its_deviations_and_turned() {
    let model = of_2009("01_MorphableModel.mat", OLD).unwrap();
    assert_eq!(model.mean, MEAN);
    assert_eq!(model.topology.triangles, [[0, 1, 2], [2, 1, 3]]);
    assert_eq!((model.identity.len(), model.expression.len()), (2, 0));
    for (mode, deviation) in [(0, 2.0), (1, 3.0)] {
        (0..4).for_each(|vertex| assert_eq!(model.identity.mode(mode)[vertex], delta(mode, vertex, deviation)));
    }
    assert_eq!(uv("BFM_UV.mat", UV, 4).unwrap(), [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]);
    assert!(uv("BFM_UV.mat", UV, 5).unwrap_err().what.contains("[4, 2], expected [5, 2]"));
    assert!(of_2009("BFM_UV.mat", UV).unwrap_err().what.contains("has no variable `shapeMU`"));
}

#[test]
fn the_model_of_2017_is_scaled_by_its_variances_and_holds_both_means() {
    for data in [PLAIN, CHUNKED] {
        let model = of_2017("model2017-1_bfm_nomouth.h5", data).unwrap();
        assert_eq!(model.mean, MEAN.map(|point| point.map(|v| v + 0.5)));
        assert_eq!(model.topology.triangles, [[0, 1, 2], [2, 1, 3]]);
        assert_eq!(model.identity.mode(1)[3], delta(1, 3, 3.0));
        assert_eq!((model.expression.len(), model.expression.prior), (1, Prior::Normal));
        // Rows i / 4 - 1, variance 4.
        assert_eq!(model.expression.mode(0)[2], [6.0, 7.0, 8.0].map(|i| (i / 4.0 - 1.0) * 2.0));
        assert_eq!(model.topology.uv.len(), 4);
    }
}

#[test]
fn landmarks_are_counted_and_checked() {
    let lines = |last: &str| format!("{}{last}\n", "2\n".repeat(67));
    assert_eq!(landmarks("l.anl", lines("3").as_bytes(), 4).unwrap()[67], Some(3));
    let error = landmarks("l.anl", lines("4").as_bytes(), 4).unwrap_err().to_string();
    assert_eq!(error, "l.anl: at byte 134: found `4`, expected one of 4 vertices");
    assert!(landmarks("l.anl", b"1\n2\n", 4).unwrap_err().what.contains("found 2 landmarks"));
}
