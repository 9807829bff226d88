//! The stored values of an HDF5 array: compact, in one piece, or in chunks (section IV.A.2.i and III.A.1).

use super::kinds::{Filter, Kind};
use super::{Hdf5, NOWHERE};
use crate::face::readers::array::Values;
use crate::face::readers::bytes::{Bytes, Packing, unpack, unpack_exactly};
use crate::face::readers::error::Result;
use std::borrow::Cow;

/// An array that is stored in boxes of one size.
struct Chunks<'s> {
    shape: &'s [u64],
    /// Values along each side of a box.
    sides: Vec<u64>,
    /// Bytes of a value.
    size: usize,
}

impl<'a> Hdf5<'a> {
    /// The byte where the values start, and the values.
    pub fn stored(
        &self,
        mut layout: Bytes<'a>,
        shape: &[u64],
        bytes: u64,
        kind: &Kind,
        filters: &[Filter],
    ) -> Result<(u64, Values)> {
        let start = layout;
        let what = "a layout";
        let (version, class) = (layout.u8(what)?, layout.u8(what)?);
        if version != 3 {
            return Err(start.wrong(format!("found version {version} of a layout, expected 3")));
        }
        let values = match class {
            0 => {
                let length = layout.u16(what)?;
                layout.part(u64::from(length), what)?.part(bytes, "the array")?
            }
            1 => {
                let address = layout.u64(what)?;
                if address == NOWHERE {
                    return Err(start.wrong("the array was never written, expected values"));
                }
                self.at(address, "the array")?.part(bytes, "the array")?
            }
            2 => {
                let joined = self.chunked(layout, shape, bytes, kind, filters)?;
                return Ok((start.at(), kind.values(Bytes::new(start.file(), &joined))?));
            }
            other => return Err(start.wrong(format!("found layout {other}, expected compact, contiguous or chunked"))),
        };
        Ok((values.at(), kind.values(values)?))
    }

    /// The bytes of a chunked array, put together.
    fn chunked(
        &self,
        mut layout: Bytes,
        shape: &[u64],
        bytes: u64,
        kind: &Kind,
        filters: &[Filter],
    ) -> Result<Vec<u8>> {
        let start = layout;
        let what = "a chunked layout";
        let rank = usize::from(layout.u8(what)?);
        let tree = layout.u64(what)?;
        let sides: Vec<u64> = layout.u32s(rank as u64, what)?.into_iter().map(u64::from).collect();
        let Some((&size, sides)) = sides.split_last() else {
            return Err(start.wrong("found chunks without sides"));
        };
        if sides.len() != shape.len() || size != kind.size() as u64 || sides.contains(&0) {
            return Err(start.wrong(format!("found chunks of {sides:?} x {size} bytes for an array of {shape:?}")));
        }
        if tree == NOWHERE {
            return Err(start.wrong("the array was never written, expected values"));
        }
        let box_bytes = sides.iter().try_fold(size, |n, side| n.checked_mul(*side));
        let count = shape.iter().zip(sides).try_fold(1u64, |n, (size, side)| n.checked_mul(size.div_ceil(*side)));
        let (Some(box_bytes), Some(count)) = (box_bytes, count) else {
            return Err(start.wrong(format!("chunks of {sides:?} are too large")));
        };

        let leaves = self.leaves(tree, 1, 8 + 8 * rank as u64)?;
        if leaves.len() as u64 != count {
            return Err(start.wrong(format!("found {} chunks, expected {count}", leaves.len())));
        }
        let packed: u64 = self.bytes.left() as u64;
        // Deflate's most, as in `unpack`: what cannot be in the file is not made room for.
        if bytes > packed.saturating_mul(if filters.contains(&Filter::Deflate) { 1032 } else { 1 }) {
            return Err(start.wrong(format!("the array takes {bytes} bytes, more than the file can hold")));
        }
        let chunks = Chunks { shape, sides: sides.to_vec(), size: kind.size() };
        let mut joined = vec![0; bytes as usize];
        for (mut key, child) in leaves {
            let (length, skipped) = (key.u32(what)?, key.u32(what)?);
            let corner = key.u64s(sides.len() as u64, what)?;
            let stored = self.at(child, "a chunk")?.part(u64::from(length), "a chunk")?;
            let content = unfiltered(stored, filters, skipped, box_bytes, kind.size())?;
            if corner.iter().zip(shape).any(|(at, size)| at >= size) {
                return Err(key.wrong(format!("found a chunk at {corner:?} of an array of {shape:?}")));
            }
            chunks.place(&content, &corner, &mut joined);
        }
        Ok(joined)
    }
}

impl Chunks<'_> {
    /// Copies a box whose first value lies at `corner`; what hangs over the array's edge is left.
    fn place(&self, content: &[u8], corner: &[u64], joined: &mut [u8]) {
        let rank = self.shape.len();
        let kept: Vec<usize> = (0..rank).map(|a| self.sides[a].min(self.shape[a] - corner[a]) as usize).collect();
        let strides = |sizes: &[u64]| -> Vec<usize> {
            (0..rank).map(|axis| sizes[axis + 1..].iter().product::<u64>() as usize * self.size).collect()
        };
        let (from, to) = (strides(&self.sides), strides(self.shape));
        let run = kept.last().copied().unwrap_or(1) * self.size;
        let rows: usize = kept[..rank.saturating_sub(1)].iter().product();
        for row in 0..rows {
            let (mut rest, mut source, mut target) = (row, 0, 0);
            for axis in (0..rank.saturating_sub(1)).rev() {
                let place = rest % kept[axis];
                rest /= kept[axis];
                source += place * from[axis];
                target += (corner[axis] as usize + place) * to[axis];
            }
            target += corner.last().map_or(0, |at| *at as usize * self.size);
            joined[target..target + run].copy_from_slice(&content[source..source + run]);
        }
    }
}

/// A chunk's bytes with its filters undone, the last applied first.
fn unfiltered<'a>(
    stored: Bytes<'a>,
    filters: &[Filter],
    skipped: u32,
    size: u64,
    width: usize,
) -> Result<Cow<'a, [u8]>> {
    let mut all = stored;
    let mut content = Cow::Borrowed(all.take(stored.left(), "a chunk")?);
    for (place, filter) in filters.iter().enumerate().rev() {
        if skipped >> place.min(31) & 1 == 1 {
            continue;
        }
        content = match filter {
            Filter::Deflate if content.len() == stored.left() => Cow::Owned(unpack(stored, Packing::Zlib, size)?),
            Filter::Deflate => Cow::Owned(unpack_exactly(Bytes::new(stored.file(), &content), Packing::Zlib, size)?),
            Filter::Shuffle => {
                let values = content.len() / width;
                let mut joined = content.to_vec();
                for (place, byte) in joined[..values * width].iter_mut().enumerate() {
                    *byte = content[place % width * values + place / width];
                }
                Cow::Owned(joined)
            }
        };
    }
    if content.len() as u64 != size {
        return Err(stored.wrong(format!("found a chunk of {} bytes, expected {size}", content.len())));
    }
    Ok(content)
}
