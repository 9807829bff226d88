use super::*;

/// Files of `tests/parity/face_files.py`.
const KINDS: &[u8] = include_bytes!("../../../tests/fixtures/faces/kinds.mat");
const PACKED: &[u8] = include_bytes!("../../../tests/fixtures/faces/kinds_packed.mat");

#[test]
fn every_type_is_read_plain_and_packed() {
    for data in [KINDS, PACKED] {
        let mat = Mat::read("k.mat", data, None).unwrap();
        for kind in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"] {
            let array = mat.need(&format!("m_{kind}")).unwrap();
            assert_eq!((array.shape.clone(), array.whole().unwrap()), (vec![2, 3], vec![1, 2, 3, 4, 5, 6]), "{kind}");
            assert_eq!(array.columns().unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        }
        assert_eq!(mat.need("truth").unwrap().whole().unwrap(), [1, 0]);
        assert_eq!(mat.need("cube").unwrap().rows().unwrap(), (0..24).map(|i| i as f32).collect::<Vec<_>>());
        assert_eq!(mat.need("nested.inner.deep").unwrap().rows().unwrap(), [7.5]);
        assert_eq!(mat.need("nested.row").unwrap().rows().unwrap(), [1.0, 2.0]);
        let text = mat.variables.iter().find(|variable| variable.name == "text").unwrap();
        assert_eq!(text.value, Value::Text("a text".into()));
    }
}

#[test]
fn what_is_no_array_of_numbers_is_refused_in_words() {
    let mat = Mat::read("k.mat", PACKED, None).unwrap();
    let told = |name: &str| mat.need(name).unwrap_err().to_string();
    assert_eq!(told("cell"), "k.mat: at byte 849: `cell` is a cell array, expected an array of numbers");
    assert!(told("complex").contains("is a complex array"));
    assert!(told("nested").contains("is a structure"));
    assert!(told("nested.name").contains("is a text"));
    assert!(told("no").starts_with("k.mat: at byte 1229: has no variable `no`, found m_i1, "));
    assert_eq!(mat.get("nested.inner.no").unwrap(), None);
    let some = Mat::read("k.mat", PACKED, Some(&["truth"])).unwrap();
    assert_eq!(some.variables.len(), 1);
}

#[test]
fn other_versions_and_byte_orders_are_told_apart() {
    let told = |data: &[u8]| Mat::read("k.mat", data, None).unwrap_err().to_string();
    let mut newer = KINDS.to_vec();
    newer[124..128].copy_from_slice(&[0, 2, b'I', b'M']);
    assert!(told(&newer).contains("at byte 124: found version 7.3"), "{}", told(&newer));
    newer[126] = b'X';
    assert!(told(&newer).contains("no mark of MAT version 5"));
    assert!(told(&KINDS[..100]).contains("at byte 0"));

    // Big-endian, by hand: a 1 x 2 double array `a` of int16 values.
    let mut data = vec![b' '; 124];
    data.extend([1, 0, b'M', b'I']);
    data.extend([0, 0, 0, 14, 0, 0, 0, 56]);
    data.extend([0, 0, 0, 6, 0, 0, 0, 8, 0, 0, 0, 6, 0, 0, 0, 0]);
    data.extend([0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2]);
    data.extend([0, 1, 0, 1, b'a', 0, 0, 0]);
    data.extend([0, 0, 0, 3, 0, 0, 0, 4, 255, 254, 1, 0, 0, 0, 0, 0]);
    let mat = Mat::read("b.mat", &data, None).unwrap();
    assert_eq!(mat.need("a").unwrap().values, Values::F64(vec![-2.0, 256.0]));
}
