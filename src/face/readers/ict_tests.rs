use super::*;
use crate::data_rig::shared;
use crate::face::mesh::cross;

const SMALL: &[u8] = include_bytes!("../../../tests/fixtures/faces/ict.npz");

#[test]
fn a_small_model_is_read() {
    // tests/parity/face_files.py
    let model = npz("i.npz", SMALL).unwrap();
    assert_eq!(model.mean, [[0.0; 3], [10.0, 0.0, 1.0], [0.0, 10.0, 1.0], [10.0, 10.0, 2.0]]);
    assert_eq!(model.topology.uv[3], [1.0, 0.25]);
    assert_eq!((model.identity.len(), model.identity.prior), (2, Prior::Normal));
    assert_eq!((model.expression.len(), model.expression.prior), (1, Prior::Blendshape));
    assert_eq!(model.identity.mode(1)[2], [13.0, 15.0, 17.0].map(|v| v / 8.0));
    assert_eq!(model.landmarks[67], Some(3));
    assert!(narrow(&model).is_none());
    let error = npz("i.npz", include_bytes!("../../../tests/fixtures/faces/flame.npz")).unwrap_err().to_string();
    assert!(error.contains("has no array `mean`, found v_template"), "{error}");
}

/// A folder of OBJ files as upstream has it, of the same small model.
fn written(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ablate-ict-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let model = npz("i.npz", SMALL).unwrap();
    let write = |name: &str, positions: &[Vec3]| {
        let lines = positions.iter().map(|[x, y, z]| format!("v {x} {y} {z}\n"));
        let uv = model.topology.uv.iter().map(|[u, v]| format!("vt {u} {}\n", 1.0 - v));
        let text: String = lines.chain(uv).chain(["f 1/1 2/2 4/4 3/3\n".to_string()]).collect();
        std::fs::write(folder.join(name), text).unwrap();
    };
    write(NEUTRAL, &model.mean);
    write("identity000.obj", &model.shape(&[1.0], &[]));
    write("identity001.obj", &model.shape(&[0.0, 1.0], &[]));
    write("PupilDilate_L.obj", &model.mean);
    write("jawOpen.obj", &model.shape(&[], &[1.0]));
    folder
}

#[test]
fn a_folder_of_objects_is_the_same_model() {
    let folder = written("whole");
    let (found, expected) = (objects(&folder).unwrap(), npz("i.npz", SMALL).unwrap());
    assert_eq!((&found.mean, &found.identity), (&expected.mean, &expected.identity));
    assert_eq!(found.topology.uv, expected.topology.uv);
    assert_eq!(found.topology.triangles, [[0, 1, 3], [0, 3, 2]]);
    assert_eq!(found.expression.len(), 2);
    assert_eq!(found.expression.mode(0), expected.expression.mode(0));
    assert_eq!(found.expression.mode(1), [[0.0; 3]; 4]);
    std::fs::remove_file(folder.join("identity000.obj")).unwrap();
    assert!(objects(&folder).unwrap_err().what.contains("lacks `identity000.obj`, found `identity001.obj`"));
    std::fs::write(folder.join("identity000.obj"), "v 0 0 0\n").unwrap();
    assert!(objects(&folder).unwrap_err().what.contains("has 1 vertices, expected the 4"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// The sum of one coordinate in double precision.
fn sum(values: impl Iterator<Item = f32>) -> f64 {
    values.map(f64::from).sum()
}

#[test]
fn the_real_model_is_read() {
    let Some(folder) = shared("ict") else { return };
    let path = folder.join("ict_face.npz");
    let model = npz("ict_face.npz", &whole_file(&path).unwrap()).unwrap();
    assert_eq!((model.mean.len(), model.topology.triangles.len()), (9409, 18_460));
    assert_eq!((model.identity.len(), model.expression.len()), (100, 57));
    // z = numpy.load('ict_face.npz'); z['mean'].astype('f8').sum(0); abs(z['identity'].astype('f8')).sum(); the same of
    // 'expression'; z['triangles'].sum(); z['uv'].astype('f8').sum(0), whose v is up
    assert!((sum(model.mean.iter().map(|p| p[2])) - 67_081.113_6).abs() < 0.01);
    let moved =
        |basis: &Basis| -> f64 { (0..basis.len()).map(|m| sum(basis.mode(m).iter().flatten().map(|v| v.abs()))).sum() };
    assert!((moved(&model.identity) - 39_671.004_515).abs() < 0.001);
    assert!((moved(&model.expression) - 56_247.882_461).abs() < 0.001);
    assert_eq!(model.topology.triangles.iter().flatten().map(|v| u64::from(*v)).sum::<u64>(), 257_222_480);
    assert!((sum(model.topology.uv.iter().map(|uv| uv[1])) - (9409.0 - 5_424.161_566)).abs() < 0.01);
    assert_eq!(model.landmarks, LANDMARKS.map(Some).to_vec());

    // From ear to chin, the face's right side on the image's left.
    for (side, sign) in model.contours.iter().zip([-1.0, 1.0]) {
        assert!(side.iter().all(|vertex| model.mean[*vertex as usize][0] * sign > 0.0));
    }
    let low = |vertex: u32| model.mean[vertex as usize][1];
    assert!(low(model.contours[0][0]) > low(model.contours[0][16]));

    let narrow = narrow(&model).unwrap();
    assert_eq!((narrow.mean.len(), narrow.topology.triangles.len()), (6706, 13_120));
    assert_eq!(narrow.identity.mode(99)[6705], model.identity.mode(99)[6705]);
    // Symmetric about u = 0.5: the README's box is u 0.112..0.888 and, v up, 0.123..0.913.
    let uv = &narrow.topology.uv;
    let range = |axis: usize| {
        let values = uv.iter().map(|uv| uv[axis]);
        (values.clone().fold(1.0, f32::min), values.fold(0.0, f32::max))
    };
    let ((left, right), (top, bottom)) = (range(0), range(1));
    assert!((left - 0.112).abs() < 1e-3 && (left + right - 1.0).abs() < 1e-6);
    assert!((top - (1.0 - 0.913)).abs() < 1e-3 && (bottom - (1.0 - 0.123)).abs() < 1e-3);
    let mirrored =
        uv.iter().filter(|[u, v]| uv.iter().any(|[a, b]| (1.0 - u - a).abs() < 2e-6 && (v - b).abs() < 2e-6));
    assert_eq!(mirrored.count(), uv.len());
    // Counter-clockwise from outside: the nose looks at the viewer, and most of the sheet is seen from its upper side.
    let nose = model.topology.normals(&model.mean)[model.landmarks[30].unwrap() as usize];
    assert!(nose[2] > 0.5, "{nose:?}");
    let turned = |t: &&[u32; 3]| {
        let [a, b, c] = t.map(|v| [uv[v as usize][0], -uv[v as usize][1], 0.0]);
        cross(crate::face::mesh::sub(b, a), crate::face::mesh::sub(c, a))[2] > 0.0
    };
    assert_eq!(narrow.topology.triangles.iter().filter(turned).count(), 13_120);
}
