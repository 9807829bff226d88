use super::*;
use crate::face::readers::samples;

#[test]
fn stored_and_deflated_members_are_read() {
    let array = samples::npy("<f4", "(2,)", &[0, 0, 128, 63, 0, 0, 0, 64]);
    for packed in [false, true] {
        let data = samples::zip(&[("a.npy", &array), ("b.npy", &samples::npy("|u1", "()", &[3]))], packed);
        let npz = Npz::new("m.npz", &data).unwrap();
        assert_eq!(npz.names().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(npz.need("a").unwrap().rows().unwrap(), [1.0, 2.0]);
        assert_eq!(npz.need("b").unwrap().whole().unwrap(), [3]);
        assert_eq!(npz.get("c").unwrap(), None);
        let missing = npz.need("c").unwrap_err().to_string();
        assert_eq!(missing, "m.npz: at byte 0: has no array `c`, found a, b");
    }
}

#[test]
fn a_comment_behind_the_archive_and_zip64_fields_are_read() {
    let array = samples::npy("|u1", "(1,)", &[9]);
    let mut data = samples::zip(&[("a.npy", &array)], false);
    data.extend(b" PK and more");
    let end = data.len();
    assert!(Npz::new("m.npz", &data[..end]).unwrap().need("a").is_ok());

    // The same entry with its sizes and its place in the extra field.
    let mut entry = Vec::new();
    entry.extend(b"PK\x01\x02");
    entry.extend([0; 16]);
    entry.extend([255; 8]);
    entry.extend([1, 0, 28, 0, 0, 0]);
    entry.extend([0; 8]);
    entry.extend([255; 4]);
    entry.extend(b"n\x01\0\x18\0");
    [70_000_000_000u64, 60_000_000_000, 50_000_000_000].iter().for_each(|v| entry.extend(v.to_le_bytes()));
    let found = member(&mut Bytes::new("m.npz", &entry)).unwrap();
    assert_eq!((found.size, found.packed, found.offset), (70_000_000_000, 60_000_000_000, 50_000_000_000));
}

#[test]
fn damage_is_told() {
    let array = samples::npy("|u1", "(1,)", &[9]);
    let data = samples::zip(&[("a.npy", &array)], false);
    let place = data.windows(array.len()).position(|w| w == array).unwrap();
    let mut flipped = data.clone();
    flipped[place + array.len() - 1] ^= 1;
    let error = Npz::new("m.npz", &flipped).unwrap().need("a").unwrap_err().to_string();
    assert!(error.starts_with("m.npz: at byte 0: the checksum of `a.npy`"), "{error}");
    assert!(Npz::new("m.npz", b"PK").unwrap_err().what.contains("no end of a zip archive"));
    let mut encrypted = data.clone();
    let entry = data.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    encrypted[entry + 8] |= 1;
    assert!(Npz::new("m.npz", &encrypted).unwrap().need("a").unwrap_err().what.contains("encrypted"));
    encrypted[entry + 8] = 0;
    encrypted[entry + 10] = 14;
    assert!(Npz::new("m.npz", &encrypted).unwrap().need("a").unwrap_err().what.contains("method 14"));
}
