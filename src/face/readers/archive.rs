//! Zip archives as NumPy writes them (`.npz`): stored or deflated members, and zip64.
//!
//! PKWARE's APPNOTE 6.3, sections 4.3 and 4.4. A hand of fields of the central directory is all that is needed, so no
//! crate is brought for it, and errors know their byte.

use super::array::Array;
use super::bytes::{Bytes, Packing, unpack_exactly};
use super::error::Result;
use super::npy;

/// The end record without its comment, and the longest comment.
const END: usize = 22;
const LONGEST_COMMENT: usize = 65_535;

/// One file in the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub name: String,
    method: u16,
    encrypted: bool,
    checksum: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

/// An archive's bytes and what lies in them.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: Bytes<'a>,
    pub members: Vec<Member>,
}

impl<'a> Archive<'a> {
    /// Reads the list of members.
    pub fn new(file: &'a str, data: &'a [u8]) -> Result<Archive<'a>> {
        let bytes = Bytes::new(file, data);
        let mut directory = directory(bytes, data)?;
        let mut members = Vec::new();
        while directory.left() > 0 {
            members.push(member(&mut directory)?);
        }
        Ok(Archive { bytes, members })
    }

    /// A member's content, unpacked and checked.
    pub fn content(&self, member: &Member) -> Result<Vec<u8>> {
        let mut bytes = self.bytes;
        bytes.seek(member.offset, &format!("the member `{}`", member.name))?;
        let start = bytes;
        if member.encrypted {
            return Err(start.wrong(format!("the member `{}` is encrypted", member.name)));
        }
        bytes.signature(b"PK\x03\x04", "the head of a member")?;
        bytes.take(22, "the head of a member")?;
        let (name, extra) = (bytes.u16("the name's length")?, bytes.u16("the extra field's length")?);
        bytes.take(usize::from(name) + usize::from(extra), "the head of a member")?;
        let packed = bytes.part(member.packed, &format!("the member `{}`", member.name))?;
        let content = match member.method {
            0 => packed.clone().take(packed.left(), "the member")?.to_vec(),
            8 => unpack_exactly(packed, Packing::Deflate, member.size)?,
            other => return Err(start.wrong(format!("found packing method {other}, expected 0 (none) or 8 (deflate)"))),
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(&content);
        if checksum.sum() != member.checksum {
            let (found, expected) = (checksum.sum(), member.checksum);
            return Err(
                start.wrong(format!("the checksum of `{}` is {found:08x}, expected {expected:08x}", member.name))
            );
        }
        Ok(content)
    }
}

/// The central directory's bytes.
fn directory<'a>(bytes: Bytes<'a>, data: &[u8]) -> Result<Bytes<'a>> {
    let from = data.len().saturating_sub(END + LONGEST_COMMENT);
    let place = data[from..].windows(4).rposition(|window| window == b"PK\x05\x06");
    let place = place.ok_or_else(|| bytes.wrong("found no end of a zip archive, expected a .npz file"))? + from;
    let mut end = bytes;
    end.seek(place as u64, "the end record")?;
    end.take(12, "the end record")?;
    let (mut size, mut offset) = (u64::from(end.u32("the directory's size")?), u64::from(end.u32("its place")?));
    let comment = end.u16("the comment's length")?;
    end.take(usize::from(comment), "the comment")?;
    if size == u64::from(u32::MAX) || offset == u64::from(u32::MAX) {
        let mut large = bytes;
        large.seek((place as u64).saturating_sub(20), "the zip64 locator")?;
        large.signature(b"PK\x06\x07", "the zip64 locator")?;
        large.u32("the zip64 locator")?;
        let at = large.u64("the zip64 locator")?;
        large.seek(at, "the zip64 end record")?;
        large.signature(b"PK\x06\x06", "the zip64 end record")?;
        large.take(36, "the zip64 end record")?;
        (size, offset) = (large.u64("the directory's size")?, large.u64("its place")?);
    }
    let mut found = bytes;
    found.seek(offset, "the directory")?;
    found.part(size, "the directory")
}

/// The next entry of the central directory.
fn member(directory: &mut Bytes) -> Result<Member> {
    let what = "an entry of the directory";
    directory.signature(b"PK\x01\x02", what)?;
    directory.take(4, what)?;
    let (flags, method) = (directory.u16(what)?, directory.u16(what)?);
    directory.take(4, what)?;
    let checksum = directory.u32(what)?;
    let (packed, size) = (directory.u32(what)?, directory.u32(what)?);
    let lengths = [directory.u16(what)?, directory.u16(what)?, directory.u16(what)?].map(usize::from);
    directory.take(8, what)?;
    let offset = directory.u32(what)?;
    let name = String::from_utf8_lossy(directory.take(lengths[0], what)?).into_owned();
    let mut extra = directory.part(lengths[1] as u64, what)?;
    directory.take(lengths[2], what)?;
    let [size, packed, offset] = wide([size, packed, offset], &mut extra)?;
    Ok(Member { name, method, encrypted: flags & 1 == 1, checksum, packed, size, offset })
}

/// Fields that do not fit 32 bits stand in the extra field 1, in this order.
fn wide(fields: [u32; 3], extra: &mut Bytes) -> Result<[u64; 3]> {
    let mut wide = fields.map(u64::from);
    while fields.contains(&u32::MAX) && extra.left() >= 4 {
        let (kind, length) = (extra.u16("an extra field")?, extra.u16("an extra field")?);
        let mut field = extra.part(u64::from(length), "an extra field")?;
        if kind == 1 {
            for value in wide.iter_mut().filter(|value| **value == u64::from(u32::MAX)) {
                *value = field.u64("the zip64 field")?;
            }
            break;
        }
    }
    Ok(wide)
}

/// The arrays of an `.npz` file, each unpacked when asked for.
#[derive(Debug)]
pub struct Npz<'a> {
    archive: Archive<'a>,
}

impl<'a> Npz<'a> {
    pub fn new(file: &'a str, data: &'a [u8]) -> Result<Npz<'a>> {
        Ok(Npz { archive: Archive::new(file, data)? })
    }

    /// Names of the arrays.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.archive.members.iter().map(|member| member.name.strip_suffix(".npy").unwrap_or(&member.name))
    }

    /// An array; `None` where the file has none of the name.
    pub fn get(&self, name: &str) -> Result<Option<Array>> {
        let Some(place) = self.names().position(|found| found == name) else {
            return Ok(None);
        };
        let member = &self.archive.members[place];
        let content = self.archive.content(member)?;
        npy::read(&format!("{}, member {}", self.archive.bytes.file(), member.name), name, &content).map(Some)
    }

    /// An array that has to be there.
    pub fn need(&self, name: &str) -> Result<Array> {
        self.get(name)?.ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            self.archive.bytes.wrong(format!("has no array `{name}`, found {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
