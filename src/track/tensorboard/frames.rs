//! The framing of event files: TFRecords, each with a masked CRC-32C of its length and of its bytes.
//!
//! <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>

use std::io::{Result, Write};

/// One record: length (u64), its checksum, the bytes, theirs; all little-endian.
pub fn write(out: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut frame = Vec::with_capacity(bytes.len() + 16);
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&masked(&length).to_le_bytes());
    frame.extend_from_slice(bytes);
    frame.extend_from_slice(&masked(bytes).to_le_bytes());
    // In one write, so that a reader meets whole records but for a crash in the middle.
    out.write_all(&frame)
}

/// Rotated and shifted, since a checksum of data that hold their own checksum is weak.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Castagnoli's polynomial, bits reversed.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from((crc as u8) ^ byte)] ^ (crc >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_frames_are_those_of_the_tensorboard_package() {
        // tensorboard 2.21.0: `from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c`;
        // `for b in (b"", b"a", b"123456789", bytes(32)): print(hex(crc32c(b)), hex(masked_crc32c(b)))`.
        let expected: [(&[u8], u32, u32); 4] = [
            (b"", 0x0, 0xa282_ead8),
            (b"a", 0xc1d0_4330, 0x28e4_6e78),
            (b"123456789", 0xe306_9283, 0xc78a_b0e5),
            (&[0; 32], 0x8a91_36aa, 0x0fd7_fffa),
        ];
        for (bytes, plain, mask) in expected {
            assert_eq!((crc32c(bytes), masked(bytes)), (plain, mask), "{bytes:?}");
        }
        // `from tensorboard.summary.writer.record_writer import RecordWriter`;
        // `f = io.BytesIO(); RecordWriter(f).write(b"ablate"); print(f.getvalue().hex())`.
        let mut file = Vec::new();
        write(&mut file, b"ablate").unwrap();
        let hex: String = file.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "06000000000000007369d53761626c617465795bfad3");
    }
}
