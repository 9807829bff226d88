//! A cursor over a file's bytes that never reads beyond its end, and unpacking that never outgrows what was packed.
//!
//! Every count that a file states is held against the bytes that are left before anything is allocated for it.

use super::error::{ReadError, Result};
use std::io::Read;
use std::path::Path;

/// The most that deflate can unpack from one byte (RFC 1951: 258 bytes from two bits, less the block's head).
const MOST_UNPACKED: u64 = 1032;

/// The most that any one packed piece may unpack to, in bytes: four times the largest array of a known face model.
const LARGEST_PIECE: u64 = 1 << 29;

/// A whole file; a folder, or a file that does not open, is told by name.
pub fn whole_file(path: &Path) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let broken = |e: std::io::Error| ReadError::whole(&name, format!("cannot be read: {e}"));
    if !std::fs::metadata(path).map_err(broken)?.is_file() {
        return Err(ReadError::whole(&name, "is no file"));
    }
    std::fs::read(path).map_err(broken)
}

/// A place in the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    file: &'a str,
    data: &'a [u8],
    at: usize,
    /// Where `data` starts in the file.
    base: u64,
    big_endian: bool,
}

/// One fixed-size number of the cursor's byte order.
macro_rules! number {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("The next `", stringify!($type), "`; `what` names it where the file ends before.")]
        pub fn $name(&mut self, what: &str) -> Result<$type> {
            let raw = self.array(what)?;
            Ok(if self.big_endian { <$type>::from_be_bytes(raw) } else { <$type>::from_le_bytes(raw) })
        }
    )*};
}

/// A run of numbers of the cursor's byte order.
macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("The next `count` values of `", stringify!($type), "`.")]
        pub fn $name(&mut self, count: u64, what: &str) -> Result<Vec<$type>> {
            const SIZE: usize = std::mem::size_of::<$type>();
            let count = self.room(count, SIZE, what)?;
            let (raw, _) = self.take(count * SIZE, what)?.as_chunks::<SIZE>();
            let read = if self.big_endian { <$type>::from_be_bytes } else { <$type>::from_le_bytes };
            Ok(raw.iter().map(|value| read(*value)).collect())
        }
    )*};
}

impl<'a> Bytes<'a> {
    /// From the start of `data`, little-endian. `file` is named in errors.
    pub fn new(file: &'a str, data: &'a [u8]) -> Bytes<'a> {
        Bytes { file, data, at: 0, base: 0, big_endian: false }
    }

    /// The same place, read in the other byte order or not.
    pub fn with_big_endian(self, big_endian: bool) -> Bytes<'a> {
        Bytes { big_endian, ..self }
    }

    pub fn is_big_endian(&self) -> bool {
        self.big_endian
    }

    pub fn file(&self) -> &'a str {
        self.file
    }

    /// The byte of the file that comes next.
    pub fn at(&self) -> u64 {
        self.base + self.at as u64
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.data.len() - self.at
    }

    /// An error at the next byte.
    pub fn wrong(&self, what: impl Into<String>) -> ReadError {
        ReadError::at(self.file, self.at(), what)
    }

    /// Goes to a byte of `data`, counted from its start.
    pub fn seek(&mut self, to: u64, what: &str) -> Result<()> {
        match usize::try_from(to).ok().filter(|to| *to <= self.data.len()) {
            Some(to) => self.at = to,
            None => return Err(self.wrong(format!("{what} is said to be at byte {to} of {}", self.data.len()))),
        }
        Ok(())
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8]> {
        if count > self.left() {
            return Err(self.wrong(format!("{what} takes {count} bytes, {} are left", self.left())));
        }
        self.at += count;
        Ok(&self.data[self.at - count..self.at])
    }

    /// The next `count` bytes with a cursor of their own, which ends where they end.
    pub fn part(&mut self, count: u64, what: &str) -> Result<Bytes<'a>> {
        let (count, base) = (self.room(count, 1, what)?, self.at());
        Ok(Bytes { data: self.take(count, what)?, at: 0, base, ..*self })
    }

    /// `count` as a number of items of `size` bytes, once it is sure that so many are left.
    pub fn room(&self, count: u64, size: usize, what: &str) -> Result<usize> {
        let fits = count.checked_mul(size as u64).is_some_and(|bytes| bytes <= self.left() as u64);
        if !fits {
            let needed = format!("{what} takes {count} x {size} bytes, {} are left", self.left());
            return Err(self.wrong(needed));
        }
        Ok(count as usize)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut raw = [0; N];
        raw.copy_from_slice(self.take(N, what)?);
        Ok(raw)
    }

    /// Takes `expected`, or says what stands there.
    pub fn signature(&mut self, expected: &[u8], what: &str) -> Result<()> {
        let start = *self;
        let found = self.take(expected.len(), what)?;
        if found == expected {
            return Ok(());
        }
        let [found, expected] = [found, expected].map(|bytes| bytes.escape_ascii().to_string());
        Err(start.wrong(format!("found `{found}`, expected {what} `{expected}`")))
    }

    number!(u8: u8, u16: u16, u32: u32, u64: u64, i32: i32);
    numbers!(u8s: u8, i8s: i8, u16s: u16, i16s: i16, u32s: u32, i32s: i32, u64s: u64, i64s: i64, f32s: f32, f64s: f64);
}

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Deflate as it stands in zip files.
    Deflate,
    /// Deflate within the frame of zlib, as in MAT and HDF5 files.
    Zlib,
}

/// Unpacks the bytes under the cursor; an error where they unpack to more than `size` or than they can hold.
pub fn unpack(packed: Bytes, packing: Packing, size: u64) -> Result<Vec<u8>> {
    let most = (packed.left() as u64).saturating_mul(MOST_UNPACKED).min(LARGEST_PIECE);
    let limit = size.min(most);
    let mut unpacked = Vec::new();
    let source = &packed.data[packed.at..];
    let read = match packing {
        Packing::Deflate => flate2::read::DeflateDecoder::new(source).take(limit + 1).read_to_end(&mut unpacked),
        Packing::Zlib => flate2::read::ZlibDecoder::new(source).take(limit + 1).read_to_end(&mut unpacked),
    };
    read.map_err(|e| packed.wrong(format!("{} packed bytes do not unpack: {e}", source.len())))?;
    if unpacked.len() as u64 > limit {
        return Err(packed.wrong(format!("{} packed bytes unpack to more than {limit}", source.len())));
    }
    Ok(unpacked)
}

/// [`unpack`] to exactly `size` bytes.
pub fn unpack_exactly(packed: Bytes, packing: Packing, size: u64) -> Result<Vec<u8>> {
    let unpacked = unpack(packed, packing, size)?;
    if unpacked.len() as u64 != size {
        return Err(packed.wrong(format!("unpacks to {} bytes, expected {size}", unpacked.len())));
    }
    Ok(unpacked)
}

/// The text of a file, or where it is none.
pub fn text<'a>(file: &str, data: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(data)
        .map(|text| text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|e| ReadError::at(file, e.valid_up_to() as u64, "found bytes that are no UTF-8, expected text"))
}

/// The lines of a text, each with the byte where it starts.
pub fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len() as u64;
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn counts_are_held_against_the_bytes_left() {
        let data = [1, 0, 0, 0, 0, 0, 128, 63];
        let mut bytes = Bytes::new("f", &data);
        assert_eq!(bytes.u32("a").unwrap(), 1);
        assert_eq!(bytes.f32s(1, "b").unwrap(), [1.0]);
        assert_eq!(bytes.u8("c").unwrap_err().to_string(), "f: at byte 8: c takes 1 bytes, 0 are left");
        let mut bytes = Bytes::new("f", &data).with_big_endian(true);
        assert_eq!(bytes.u32("a").unwrap(), 1 << 24);
        assert!(bytes.f64s(u64::MAX, "b").unwrap_err().to_string().contains("at byte 4"));
        assert!(bytes.seek(9, "c").is_err());
        let mut part = bytes.part(2, "d").unwrap();
        assert_eq!((part.at(), part.left(), bytes.at()), (4, 2, 6));
        part.u16("e").unwrap();
        assert_eq!(part.u8("e").unwrap_err().offset, Some(6));
    }

    #[test]
    fn nothing_unpacks_beyond_its_size() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![7; 100_000]).unwrap();
        let packed = packer.finish().unwrap();
        let bytes = Bytes::new("f", &packed);
        assert_eq!(unpack_exactly(bytes, Packing::Zlib, 100_000).unwrap(), vec![7; 100_000]);
        assert!(unpack(bytes, Packing::Zlib, 99_999).unwrap_err().what.contains("more than 99999"));
        assert!(unpack_exactly(bytes, Packing::Zlib, u64::MAX).unwrap_err().what.contains("unpacks to 100000"));
        assert!(unpack(bytes, Packing::Deflate, 100_000).is_err());
    }

    #[test]
    fn lines_know_where_they_start() {
        let found: Vec<(u64, &str)> = lines("a\r\n\nbc").collect();
        assert_eq!(found, [(0, "a"), (3, ""), (4, "bc")]);
        assert_eq!(text("f", b"ab\xff").unwrap_err().offset, Some(2));
    }
}
