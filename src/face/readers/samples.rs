//! Small files for tests, made byte by byte.

use std::io::Write;

/// A `.npy` file of version 1, by rows.
pub fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), content].concat()
}

/// A zip archive of these members.
pub fn zip(members: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let (mut data, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut checksum = flate2::Crc::new();
        checksum.update(content);
        let mut packed = content.to_vec();
        if deflated {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(content).unwrap();
            packed = packer.finish().unwrap();
        }
        let offset = (data.len() as u32).to_le_bytes();
        let mut fields = vec![20, 0, 0, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0];
        for value in [checksum.sum(), packed.len() as u32, content.len() as u32] {
            fields.extend(value.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        data.extend([&b"PK\x03\x04"[..], &fields, name.as_bytes(), &packed].concat());
        directory.extend([&b"PK\x01\x02\x14\0"[..], &fields, &[0; 10], &offset, name.as_bytes()].concat());
    }
    let count = (members.len() as u16).to_le_bytes();
    let mut end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count].concat();
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((data.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    [data, directory, end].concat()
}

/// A model of eos: two triangles, one mode of variance 4, no colour.
pub fn eos() -> Vec<u8> {
    let mut data = 1u32.to_le_bytes().to_vec();
    let matrix = |data: &mut Vec<u8>, rows: i32, columns: i32, values: &[f32]| {
        data.extend([rows, columns].iter().flat_map(|v| v.to_le_bytes()));
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    };
    let mean: Vec<f32> = (0..12).map(|i| i as f32).collect();
    matrix(&mut data, 12, 1, &mean);
    matrix(&mut data, 12, 1, &[0.5; 12]);
    matrix(&mut data, 1, 1, &[4.0]);
    data.extend(2u64.to_le_bytes());
    data.extend([0i32, 1, 2, 2, 1, 3].iter().flat_map(|v| v.to_le_bytes()));
    [(0, 1), (0, 0), (0, 1)].iter().for_each(|(rows, columns)| matrix(&mut data, *rows, *columns, &[]));
    data.extend(0u64.to_le_bytes());
    data.extend(4u64.to_le_bytes());
    data.extend([0.0f64, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0].iter().flat_map(|v| v.to_le_bytes()));
    data
}

/// A file of one blend shape, of four vertices.
pub fn blendshapes() -> Vec<u8> {
    let mut data = [1u64.to_le_bytes(), 5u64.to_le_bytes()].concat();
    data.extend(b"anger");
    data.extend([12i32, 1].iter().flat_map(|v| v.to_le_bytes()));
    data.extend((0..12).flat_map(|i| (i as f32 / 2.0).to_le_bytes()));
    data
}
