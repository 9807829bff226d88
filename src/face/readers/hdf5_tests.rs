use super::*;
use crate::face::readers::array::Values;

/// Files of `tests/parity/face_files.py`.
const PLAIN: &[u8] = include_bytes!("../../../tests/fixtures/faces/bfm2017.h5");
const CHUNKED: &[u8] = include_bytes!("../../../tests/fixtures/faces/bfm2017_chunked.h5");
const KINDS: &[u8] = include_bytes!("../../../tests/fixtures/faces/kinds.h5");
const NEW: &[u8] = include_bytes!("../../../tests/fixtures/faces/new.h5");

#[test]
fn plain_and_packed_arrays_are_the_same() {
    for data in [PLAIN, CHUNKED] {
        let file = Hdf5::new("m.h5", data).unwrap();
        let basis = file.need("shape/model/pcaBasis").unwrap();
        assert_eq!(basis.shape, [12, 2]);
        assert_eq!(basis.values, Values::F32((0..24).map(|i| i as f32 / 8.0).collect()));
        assert_eq!(file.need("expression/model/pcaBasis").unwrap().rows().unwrap()[3], -0.25);
        let cells = file.need("shape/representer/cells").unwrap();
        assert_eq!(cells.values, Values::Whole(vec![0, 2, 1, 1, 2, 3]));
    }
}

#[test]
fn other_types_and_large_groups_are_read() {
    let file = Hdf5::new("k.h5", KINDS).unwrap();
    let mean = [0, 0, 0, 10, 0, 1, 0, 10, 1, 10, 10, 2].map(f64::from).to_vec();
    assert_eq!(file.need("big").unwrap().values, Values::F64(mean));
    assert_eq!(file.need("short").unwrap().values, Values::Whole(vec![-3, 4]));
    let scalar = file.need("scalar").unwrap();
    assert_eq!((scalar.shape.len(), scalar.values), (0, Values::F32(vec![2.5])));
    assert_eq!(file.need("two_levels").unwrap().rows().unwrap(), (0..300).map(|i| i as f32).collect::<Vec<_>>());
    for i in 0..40 {
        assert_eq!(file.need(&format!("many/n{i:02}")).unwrap().whole().unwrap(), [i]);
    }
}

#[test]
fn what_is_not_read_is_told_in_words() {
    let file = Hdf5::new("k.h5", KINDS).unwrap();
    let told = |path: &str| file.need(path).unwrap_err().to_string();
    assert!(told("text").contains("found lists, expected numbers"), "{}", told("text"));
    assert!(told("fletcher").contains("found filter 3"), "{}", told("fletcher"));
    assert!(told("empty").contains("never written"), "{}", told("empty"));
    assert!(told("many/no").contains("has no `many/no`, found n00, n01"), "{}", told("many/no"));
    assert!(told("many").contains("has no type"), "{}", told("many"));
    assert!(told("big/more").contains("no group"), "{}", told("big/more"));
    assert_eq!(file.get("no").unwrap(), None);
    let new = Hdf5::new("n.h5", NEW).unwrap_err().to_string();
    assert!(new.starts_with("n.h5: at byte 0: found superblock 3"), "{new}");
    assert!(Hdf5::new("n.h5", b"\x89HDF").is_err());
}
