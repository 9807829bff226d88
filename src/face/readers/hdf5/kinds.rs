//! Types, shapes and filters of an HDF5 array, from the messages of its header.

use crate::face::readers::array::Values;
use crate::face::readers::bytes::Bytes;
use crate::face::readers::error::Result;

/// A number's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    float: bool,
    signed: bool,
    big_endian: bool,
    size: u32,
}

impl Kind {
    /// From the datatype message (section IV.A.2.d).
    pub fn read(mut bytes: Bytes) -> Result<Kind> {
        let start = bytes;
        let what = "a type";
        let class = bytes.u8(what)? & 15;
        let bits: [u8; 3] = bytes.array(what)?;
        let size = bytes.u32(what)?;
        let named = [
            "",
            "",
            "times",
            "texts",
            "bit fields",
            "opaque bytes",
            "records",
            "references",
            "names",
            "lists",
            "arrays",
        ];
        let (float, sizes): (bool, &[u32]) = match class {
            0 => (false, &[1, 2, 4, 8]),
            1 => (true, &[4, 8]),
            other => {
                let kind = named.get(usize::from(other)).unwrap_or(&"an unknown type");
                return Err(start.wrong(format!("found {kind}, expected numbers")));
            }
        };
        if !sizes.contains(&size) || bits[0] & 0x40 != 0 {
            return Err(start.wrong(format!("found numbers of {size} bytes, expected one of {sizes:?}")));
        }
        Ok(Kind { float, signed: bits[0] & 8 != 0, big_endian: bits[0] & 1 != 0, size })
    }

    /// Bytes of a value.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// All values that the bytes hold.
    pub fn values(&self, bytes: Bytes) -> Result<Values> {
        let mut bytes = bytes.with_big_endian(self.big_endian);
        let start = bytes;
        let (count, what) = ((bytes.left() / self.size()) as u64, "the array");
        Ok(match (self.float, self.signed, self.size) {
            (true, _, 4) => Values::F32(bytes.f32s(count, what)?),
            (true, ..) => Values::F64(bytes.f64s(count, what)?),
            (_, true, 1) => Values::Whole(bytes.i8s(count, what)?.into_iter().map(i64::from).collect()),
            (_, true, 2) => Values::Whole(bytes.i16s(count, what)?.into_iter().map(i64::from).collect()),
            (_, true, 4) => Values::Whole(bytes.i32s(count, what)?.into_iter().map(i64::from).collect()),
            (_, true, _) => Values::Whole(bytes.i64s(count, what)?),
            (_, false, 1) => Values::Whole(bytes.u8s(count, what)?.into_iter().map(i64::from).collect()),
            (_, false, 2) => Values::Whole(bytes.u16s(count, what)?.into_iter().map(i64::from).collect()),
            (_, false, 4) => Values::Whole(bytes.u32s(count, what)?.into_iter().map(i64::from).collect()),
            (_, false, _) => {
                let large =
                    |v: u64| i64::try_from(v).map_err(|_| start.wrong(format!("holds {v}, which is above 2^63")));
                Values::Whole(bytes.u64s(count, what)?.into_iter().map(large).collect::<Result<_>>()?)
            }
        })
    }
}

/// Sizes from the dataspace message (section IV.A.2.b); none for a single number.
pub fn shape(mut bytes: Bytes) -> Result<Vec<u64>> {
    let start = bytes;
    let what = "a shape";
    let (version, rank, _flags, kind) = (bytes.u8(what)?, bytes.u8(what)?, bytes.u8(what)?, bytes.u8(what)?);
    match (version, kind) {
        (1, _) => drop(bytes.take(4, what)?),
        (2, 2) => return Err(start.wrong("the array is empty, expected values")),
        (2, _) => {}
        _ => return Err(start.wrong(format!("found version {version} of a shape, expected 1 or 2"))),
    }
    bytes.u64s(u64::from(rank), what)
}

/// What was done to a chunk before it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The first bytes of all values, then the second ones, and so on.
    Shuffle,
    Deflate,
}

impl Filter {
    /// From the filter message (section IV.A.2.l), in the order in which they were applied.
    pub fn read(mut bytes: Bytes) -> Result<Vec<Filter>> {
        let start = bytes;
        let what = "a filter";
        let (version, count) = (bytes.u8(what)?, bytes.u8(what)?);
        if version != 1 && version != 2 {
            return Err(start.wrong(format!("found version {version} of filters, expected 1 or 2")));
        }
        bytes.take(if version == 1 { 6 } else { 0 }, what)?;
        let mut filters = Vec::new();
        for _ in 0..count {
            let place = bytes;
            let id = bytes.u16(what)?;
            let name = if version == 1 || id >= 256 { bytes.u16(what)? } else { 0 };
            bytes.u16(what)?;
            let values = usize::from(bytes.u16(what)?);
            let padded = if version == 1 { usize::from(name).next_multiple_of(8) } else { usize::from(name) };
            bytes.take(padded, what)?;
            let pad = usize::from(version == 1 && values % 2 == 1);
            bytes.take(4 * (values + pad), what)?;
            filters.push(match id {
                1 => Filter::Deflate,
                2 => Filter::Shuffle,
                other => return Err(place.wrong(format!("found filter {other}, expected 1 (deflate) or 2 (shuffle)"))),
            });
        }
        Ok(filters)
    }
}
