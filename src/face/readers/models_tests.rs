use super::*;
use crate::data_rig::shared;

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ablate-readers-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn told(kind: Kind, folder: &Path) -> String {
    model(kind, folder).unwrap_err().to_string().replace(&folder.display().to_string(), "F")
}

#[test]
fn what_a_folder_lacks_is_told_by_name() {
    let path = folder("empty");
    assert_eq!(
        told(Kind::Ict, &path),
        "F: lacks `ict_face.npz` or `generic_neutral_mesh.obj` with its modes, expected of a folder for `ict`"
    );
    assert!(told(Kind::Sfm, &path).contains("lacks `sfm_shape_3448.bin`"));
    assert!(told(Kind::Bfm, &path).contains("`01_MorphableModel.mat`, `model2017-1_bfm_nomouth.h5`"));
    assert!(told(Kind::Flame, &path).contains("lacks `flame*.npz`"));
    std::fs::write(path.join("sfm_shape_3448.bin"), samples::eos()).unwrap();
    assert!(told(Kind::Sfm, &path).contains("lacks `expression_blendshapes_3448.bin`"));
    std::fs::write(path.join("expression_blendshapes_3448.bin"), samples::blendshapes()).unwrap();
    std::fs::write(path.join("ibug_to_sfm.txt"), "[landmark_mappings]\n9 = 2\n").unwrap();
    assert!(told(Kind::Sfm, &path).contains("lacks `sfm_model_contours.json`"));
    let contours = r#"{"model_contour": {"right_contour": [0], "left_contour": [1, 3]}}"#;
    std::fs::write(path.join("sfm_model_contours.json"), contours).unwrap();
    let found = model(Kind::Sfm, &path).unwrap();
    assert_eq!((found.landmarks[8], found.contours), (Some(2), [vec![0], vec![1, 3]]));
    std::fs::remove_dir_all(&path).unwrap();
    assert!(told(Kind::Ict, &path).starts_with("F: cannot be listed"));
}

#[test]
fn basel_models_take_what_lies_beside_them() {
    let path = folder("basel");
    std::fs::write(path.join("bfm_noneck_uv.npy"), "").unwrap();
    assert!(told(Kind::Bfm, &path).starts_with("F/bfm_noneck_mean_vertices.npy: cannot be read"));
    std::fs::write(path.join("model2017-1_bfm_nomouth.h5"), include_bytes!("../../../tests/fixtures/faces/bfm2017.h5"))
        .unwrap();
    assert_eq!(model(Kind::Bfm, &path).unwrap().expression.len(), 1);
    std::fs::write(path.join("01_MorphableModel.mat"), include_bytes!("../../../tests/fixtures/faces/bfm2009.mat"))
        .unwrap();
    assert_eq!(model(Kind::Bfm, &path).unwrap().expression.len(), 0);
    std::fs::write(path.join("BFM_UV.mat"), include_bytes!("../../../tests/fixtures/faces/BFM_UV.mat")).unwrap();
    std::fs::write(path.join("ibug_to_bfm.txt"), "[landmark_mappings]\n31 = 3\n").unwrap();
    std::fs::write(
        path.join("bfm2009_model_contours.json"),
        r#"{"model_contour": {"right_contour": [0], "left_contour": []}}"#,
    )
    .unwrap();
    let found = model(Kind::Bfm, &path).unwrap();
    assert_eq!(found.topology.uv, [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]);
    assert_eq!((found.landmarks[30], found.contours[0].as_slice()), (Some(3), &[0][..]));
    std::fs::write(path.join("Landmarks68_BFM.anl"), "1\n".repeat(68)).unwrap();
    assert_eq!(model(Kind::Bfm, &path).unwrap().landmarks, vec![Some(1); 68]);
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn other_models_are_found_by_their_file() {
    let path = folder("others");
    std::fs::write(path.join("FLAME_2020.npz"), include_bytes!("../../../tests/fixtures/faces/flame.npz")).unwrap();
    assert_eq!(model(Kind::Flame, &path).unwrap().name, "flame");
    std::fs::write(path.join("ict_small.npz"), include_bytes!("../../../tests/fixtures/faces/ict.npz")).unwrap();
    assert_eq!(model(Kind::Ict, &path).unwrap().name, "ict");
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!("sfm".parse(), Ok(Kind::Sfm));
    assert_eq!("smf".parse::<Kind>().unwrap_err(), "unknown model `smf`, known: ict, sfm, bfm, flame");
}

#[test]
fn the_real_folders_open() {
    for (kind, name, vertices) in [(Kind::Ict, "ict", 9409), (Kind::Sfm, "sfm", 3448), (Kind::Bfm, "tddfa", 38_365)] {
        let Some(folder) = shared(name) else { return };
        let found = model(kind, &folder).unwrap();
        assert_eq!((found.mean.len(), found.topology.uv.len(), found.landmarks.len()), (vertices, vertices, 68));
        assert!(found.topology.uv.iter().flatten().all(|v| (0.0..=1.0).contains(v)));
    }
}
