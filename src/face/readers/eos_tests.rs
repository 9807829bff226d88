use super::*;
use crate::data_rig::shared;
use crate::face::readers::samples;

#[test]
fn a_small_model_is_read() {
    let model = model("s.bin", &samples::eos()).unwrap();
    assert_eq!((model.mean.len(), model.mean[3]), (4, [9.0, 10.0, 11.0]));
    assert_eq!(model.topology.triangles, [[0, 1, 2], [2, 1, 3]]);
    assert_eq!(model.topology.uv[2], [0.0, 1.0]);
    assert_eq!(model.identity.mode(0), [[1.0; 3]; 4]);
    let (names, basis) = blendshapes("b.bin", &samples::blendshapes(), 4).unwrap();
    assert_eq!((names, basis.len()), (vec!["anger".to_string()], 1));
    assert_eq!(basis.mode(0)[1], [1.5, 2.0, 2.5]);
}

#[test]
fn wrong_files_are_told_with_the_place() {
    let whole = samples::eos();
    let told = |data: &[u8]| model("s.bin", data).unwrap_err().to_string();
    assert!(
        told(&whole[..whole.len() - 1]).starts_with("s.bin: at byte 200: the texture coordinates takes"),
        "{}",
        told(&whole[..whole.len() - 1])
    );
    assert!(told(&[&whole[..], &[0]].concat()).contains("1 bytes follow"));
    assert!(told(&[&[2], &whole[1..]].concat()).contains("at byte 0: found version 2"));
    let mut far = whole.clone();
    let triangle = 4 + 56 + 56 + 12 + 8;
    far[triangle] = 9;
    assert!(told(&far).contains("found the triangle [9, 1, 2] in a model of 4 vertices"));
    far[triangle] = 0;
    far[7] = 0x80;
    assert!(told(&far).contains("expected none below 0"), "{}", told(&far));
    let mut many = samples::blendshapes();
    many[7] = 255;
    assert!(blendshapes("b.bin", &many, 4).unwrap_err().what.contains("takes"));
    assert!(blendshapes("b.bin", &samples::blendshapes(), 5).unwrap_err().what.contains("expected 15 x 1"));
}

#[test]
fn landmarks_and_contours_are_checked() {
    let found = landmarks("l.txt", b"[landmark_mappings]\n 9 = 3 # chin\n31 = 0\n", 4).unwrap();
    assert_eq!((found[8], found[30], found[0]), (Some(3), Some(0), None));
    let told = |text: &str| landmarks("l.txt", text.as_bytes(), 4).unwrap_err().to_string();
    assert_eq!(told("[landmark_mappings]\n 9 = 4"), "l.txt: at byte 25: found vertex 4, expected one of 4");
    assert!(told("[landmark_mappings]\n 69 = 1").contains("found point 69"));
    assert!(told("[landmark_mappings]\n 0 = 1").contains("found point 0"));
    assert!(told("[landmark_mappings").contains("at byte "));
    let sides = contours("c.json", br#"{"model_contour": {"right_contour": [1, 2], "left_contour": [3]}}"#, 4).unwrap();
    assert_eq!(sides, [vec![1, 2], vec![3]]);
    let told = |text: &str| contours("c.json", text.as_bytes(), 4).unwrap_err().to_string();
    assert!(
        told(r#"{"model_contour": {"right_contour": [4], "left_contour": []}}"#)
            .starts_with("c.json: at byte 37: found vertex 4")
    );
    assert!(told("{\n 5").starts_with("c.json: at byte 4:"), "{}", told("{\n 5"));
}

#[test]
fn the_real_model_is_read() {
    let Some(folder) = shared("sfm") else { return };
    let model = crate::face::readers::model(crate::face::readers::Kind::Sfm, &folder).unwrap();
    assert_eq!((model.mean.len(), model.topology.triangles.len()), (3448, 6736));
    assert_eq!((model.identity.len(), model.expression.len()), (63, 6));
    // numpy: mean.sum(0)[2]; abs(basis * sqrt(ev)).sum(); abs of all blend shapes; triangles.sum(); uv.sum(0)[1]
    let sum = |values: &mut dyn Iterator<Item = f32>| -> f64 { values.map(f64::from).sum() };
    assert!((sum(&mut model.mean.iter().map(|p| p[2])) + 116_156.550_115).abs() < 0.01);
    let moved = |basis: &Basis| -> f64 {
        (0..basis.len()).map(|m| sum(&mut basis.mode(m).iter().flatten().map(|v| v.abs()))).sum()
    };
    assert!((moved(&model.identity) - 124_465.382_491).abs() < 0.01);
    assert!((moved(&model.expression) - 141_327.212_439).abs() < 0.01);
    assert_eq!(model.topology.triangles.iter().flatten().map(|v| u64::from(*v)).sum::<u64>(), 28_800_076);
    let uv = &model.topology.uv;
    assert!((sum(&mut uv.iter().map(|uv| uv[1])) - 1_856.064_278).abs() < 0.001);
    // The README: nose tip 0.5, 0.5447, chin 0.5, 0.9264; the mirror error is below 1e-7.
    let at = |point: usize| uv[model.landmarks[point].unwrap() as usize];
    assert!((at(30)[0] - 0.5).abs() < 1e-6 && (at(30)[1] - 0.5447).abs() < 1e-4);
    assert!((at(8)[0] - 0.5).abs() < 1e-6 && (at(8)[1] - 0.9264).abs() < 1e-4);
    let mirrored =
        uv.iter().filter(|[u, v]| uv.iter().any(|[a, b]| (1.0 - u - a).abs() < 3e-7 && (v - b).abs() < 3e-7));
    assert_eq!(mirrored.count(), 3448);
    assert_eq!(model.landmarks.iter().flatten().count(), 50);
    assert!(model.landmarks[60].is_none() && model.landmarks[0].is_none());
    assert_eq!((model.contours[0].len(), model.contours[0][0], model.contours[1][16]), (17, 380, 465));
    for (side, sign) in model.contours.iter().zip([-1.0, 1.0]) {
        assert!(side.iter().all(|vertex| model.mean[*vertex as usize][0] * sign > 0.0));
    }
    let nose = model.topology.normals(&model.mean)[model.landmarks[30].unwrap() as usize];
    assert!(nose[2] > 0.5, "{nose:?}");
}
