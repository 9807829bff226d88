//! Tests of `synthetic-fits`: that pictures and coefficients belong together and never change.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

fn opened() -> Arc<dyn Dataset> {
    let around = Surroundings {
        cache: PathBuf::new(),
        progress: None,
        base: PathBuf::new(),
        holes: |_, _| Err(DataError::setting("holes", "none here")),
        datasets: BTreeMap::new(),
    };
    open(serde_json::json!({"size": 48, "identities": 10}).as_object().unwrap(), &around).unwrap()
}

#[test]
fn pictures_show_the_faces_of_their_coefficients() {
    let data = opened();
    assert_eq!(Split::ALL.map(|s| data.len(s)), [8 * 16, 16, 16]);
    let mut yaws = Vec::new();
    for index in [0, 5, 17, 100] {
        let sample = data.sample(Split::Train, index, Stream::new(1, "a")).unwrap();
        assert_eq!(sample, data.sample(Split::Train, index, Stream::new(2, "b")).unwrap());
        for (port, edge) in data.ports() {
            assert_eq!(sample.get(port).unwrap().shape, edge.dims, "{port}");
        }
        let image = sample.get("image").unwrap();
        assert!(image.data.iter().all(|v| (-1.0..=1.0).contains(v)));
        yaws.push(sample.get("yaw").unwrap().data[0]);
        // Along a row the ground has one colour, and no pixel of the face has quite that.
        let parameters = procedural().parameters(&sample.get("coefficients").unwrap().data);
        let seen = procedural().seen(&parameters, 48);
        let apart = |i: usize, j: usize| (0..3).any(|c| (image.plane(c)[i] - image.plane(c)[j]).abs() > 1e-3);
        let (mut face, mut wrong) = (0, 0);
        for i in 0..48 * 48 {
            let row = i / 48 * 48;
            face += usize::from(seen.covers(i));
            // Pixels at the outline are both.
            let inner = |k: usize| i >= k && i + k < 48 * 48 && seen.covers(i - k) == seen.covers(i + k);
            wrong += usize::from(inner(1) && inner(48) && apart(i, row) != seen.covers(i));
        }
        assert!((300..1500).contains(&face) && wrong * 100 < face, "{index}: {wrong} of {face}");
    }
    assert!(yaws.iter().all(|y| (0.0..=71.0).contains(y)) && yaws.iter().any(|y| *y > 5.0), "{yaws:?}");
}

#[test]
fn coefficients_are_normalised() {
    let data = opened();
    let all: Vec<Vec<f32>> = (0..128)
        .map(|i| data.sample(Split::Train, i, Stream::new(0, "")).unwrap().get("coefficients").unwrap().data.clone())
        .collect();
    // The scaled sine of the yaw, and the horizontal place, of 128 draws.
    for i in [2, 3] {
        let mean: f32 = all.iter().map(|c| c[i]).sum::<f32>() / 128.0;
        let square: f32 = all.iter().map(|c| c[i] * c[i]).sum::<f32>() / 128.0;
        assert!(mean.abs() < 0.35 && (square - 1.0).abs() < 0.35, "{i}: {mean} {square}");
    }
}
