use super::*;

/// A file of this version, type, order, shape and content.
pub fn file(version: u8, descr: &str, fortran: bool, shape: &str, content: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut data = [&b"\x93NUMPY"[..], &[version, 0]].concat();
    match version {
        1 => data.extend((header.len() as u16).to_le_bytes()),
        _ => data.extend((header.len() as u32).to_le_bytes()),
    }
    data.extend(header.as_bytes());
    data.extend(content);
    data
}

fn read_values(descr: &str, count: usize, content: &[u8]) -> Values {
    read("a.npy", "a", &file(1, descr, false, &format!("({count},)"), content)).unwrap().values
}

#[test]
fn every_type_and_byte_order_is_read() {
    assert_eq!(read_values("<f4", 1, &1.5f32.to_le_bytes()), Values::F32(vec![1.5]));
    assert_eq!(read_values(">f4", 1, &1.5f32.to_be_bytes()), Values::F32(vec![1.5]));
    assert_eq!(read_values("<f8", 1, &(-2.5f64).to_le_bytes()), Values::F64(vec![-2.5]));
    assert_eq!(read_values(">f8", 1, &(-2.5f64).to_be_bytes()), Values::F64(vec![-2.5]));
    // numpy: array([1, -2, 65504, 5.9604645e-08, 6.104e-05, 0.1], '<f2').view('u2')
    let halves: Vec<u8> = [15360u16, 49152, 31743, 1, 1024, 11878].iter().flat_map(|v| v.to_le_bytes()).collect();
    let expected = vec![1.0, -2.0, 65504.0, 5.960_464_5e-8, 6.103_515_6e-5, 0.099_975_586];
    assert_eq!(read_values("<f2", 6, &halves), Values::F32(expected));
    assert_eq!(read_values("|b1", 2, &[1, 0]), Values::Whole(vec![1, 0]));
    assert_eq!(read_values("|u1", 1, &[255]), Values::Whole(vec![255]));
    assert_eq!(read_values("|i1", 1, &[255]), Values::Whole(vec![-1]));
    assert_eq!(read_values("<u2", 1, &[255, 255]), Values::Whole(vec![65535]));
    assert_eq!(read_values(">i2", 1, &[255, 254]), Values::Whole(vec![-2]));
    assert_eq!(read_values("<u4", 1, &u32::MAX.to_le_bytes()), Values::Whole(vec![4_294_967_295]));
    assert_eq!(read_values(">i4", 1, &(-7i32).to_be_bytes()), Values::Whole(vec![-7]));
    assert_eq!(read_values("<i8", 1, &i64::MIN.to_le_bytes()), Values::Whole(vec![i64::MIN]));
    assert_eq!(read_values("<u8", 1, &9u64.to_le_bytes()), Values::Whole(vec![9]));
}

#[test]
fn all_versions_orders_and_shapes_are_read() {
    let content: Vec<u8> = (0..6).collect();
    for version in 1..=3 {
        let array = read("a.npy", "a", &file(version, "|u1", true, "(2, 3)", &content)).unwrap();
        assert_eq!((array.shape.clone(), array.whole().unwrap()), (vec![2, 3], vec![0, 2, 4, 1, 3, 5]));
    }
    let single = read("a.npy", "a", &file(1, "|u1", false, "()", &[7])).unwrap();
    assert_eq!((single.shape.len(), single.whole().unwrap()), (0, vec![7]));
    assert!(read("a.npy", "a", &file(1, "|u1", false, "(0, 3L)", &[])).unwrap().values.is_empty());
}

#[test]
fn what_is_no_array_of_numbers_is_refused_with_the_place() {
    let told = |data: &[u8]| read("a.npy", "a", data).unwrap_err().to_string();
    assert_eq!(
        told(b"\x93NUMPX\x01\0"),
        "a.npy: at byte 0: found `\\x93NUMPX`, expected the signature of a .npy file `\\x93NUMPY`"
    );
    assert!(told(&file(4, "<f4", false, "(1,)", &[0; 4])).starts_with("a.npy: at byte 6: found version 4"));
    assert!(told(&file(1, "|O", false, "(1,)", &[0; 8])).contains("Python objects"));
    assert!(told(&file(1, "<U4", false, "(1,)", &[0; 16])).contains("`<U4`"));
    assert!(told(&file(1, "x", false, "(1,)", &[0; 16])).contains("found the type `x`"));
    assert!(told(&file(1, "<f4", false, "(2,)", &[0; 7])).contains("takes 2 x 4 bytes, 7 are left"));
    assert!(told(&file(1, "<f4", false, "(99999999999999999999,)", &[])).contains("expected a size"));
    assert!(told(&file(1, "<f4", false, "(4294967296, 4294967296)", &[])).contains("too large"));
    let fields = file(1, "<f4", false, "(1,)", &[0; 4]);
    let fields = String::from_utf8_lossy(&fields[10..]).replace("'<f4'", "[('a', '<f4')]");
    let fields = [&b"\x93NUMPY\x01\0"[..], &(fields.len() as u16).to_le_bytes(), fields.as_bytes()].concat();
    assert!(told(&fields).contains("fields"));
}
