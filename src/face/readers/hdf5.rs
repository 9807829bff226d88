//! HDF5, as far as the Basel Face Model 2017 needs it: superblock 0 and 1, groups by symbol tables, arrays of numbers
//! stored compactly, in one piece or in chunks, the chunks shuffled and deflated or not.
//!
//! The HDF5 File Format Specification, version 3.0, sections II to IV. Files that were written with `libver="latest"`
//! are refused with words. Crates that read all of HDF5 compile as long as half of this program.

mod chunks;
mod kinds;

use super::array::{Array, Order};
use super::bytes::Bytes;
use super::error::Result;
use kinds::{Filter, Kind};
use std::cell::Cell;

/// An address that leads nowhere.
const NOWHERE: u64 = u64::MAX;

/// Kinds of messages in an object's header.
const DATASPACE: u16 = 1;
const DATATYPE: u16 = 3;
const LAYOUT: u16 = 8;
const FILTERS: u16 = 11;
const CONTINUED: u16 = 16;
const SYMBOL_TABLE: u16 = 17;

/// A file and where its objects start.
#[derive(Debug)]
pub struct Hdf5<'a> {
    bytes: Bytes<'a>,
    /// The header of the root group.
    root: u64,
    /// How many blocks were entered for the present question: no file has more than it has room for, so that blocks
    /// that name each other end.
    entered: Cell<usize>,
}

/// A message of an object's header.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    kind: u16,
    shared: bool,
    content: Bytes<'a>,
}

impl<'a> Hdf5<'a> {
    pub fn new(file: &'a str, data: &'a [u8]) -> Result<Hdf5<'a>> {
        let start = Bytes::new(file, data);
        let mut bytes = start;
        bytes.signature(b"\x89HDF\r\n\x1a\n", "the signature of an HDF5 file")?;
        let what = "the superblock";
        let version = bytes.u8(what)?;
        if version > 1 {
            let found =
                format!("found superblock {version}, expected 0 or 1: save the file again with libver='earliest'");
            return Err(start.wrong(found));
        }
        bytes.take(4, what)?;
        let (offsets, lengths) = (bytes.u8(what)?, bytes.u8(what)?);
        if (offsets, lengths) != (8, 8) {
            return Err(bytes.wrong(format!("found offsets of {offsets} and lengths of {lengths} bytes, expected 8")));
        }
        bytes.take(if version == 1 { 13 } else { 9 }, what)?;
        let base = bytes.u64(what)?;
        if base != 0 {
            return Err(bytes.wrong(format!("addresses count from byte {base}, expected 0")));
        }
        bytes.take(24 + 8, what)?;
        let root = bytes.u64("the root group")?;
        Ok(Hdf5 { bytes: start, root, entered: Cell::new(0) })
    }

    /// An array by its path (`shape/model/mean`); `None` where there is none.
    pub fn get(&self, path: &str) -> Result<Option<Array>> {
        self.entered.set(0);
        let mut object = self.root;
        for name in path.split('/') {
            match self.children(object)?.into_iter().find(|(found, _)| found == name) {
                Some((_, child)) => object = child,
                None => return Ok(None),
            }
        }
        self.array(object, path).map(Some)
    }

    /// An array that has to be there.
    pub fn need(&self, path: &str) -> Result<Array> {
        self.get(path)?.ok_or_else(|| {
            let (mut found, mut object) = (String::new(), self.root);
            // As far as the path leads, then what is there.
            for name in path.split('/') {
                let children = self.children(object).unwrap_or_default();
                match children.iter().find(|(child, _)| child == name) {
                    Some((_, child)) => object = *child,
                    None => {
                        found = children.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                        break;
                    }
                }
            }
            self.bytes.wrong(format!("has no `{path}`, found {found}"))
        })
    }

    /// The bytes from an address on.
    fn at(&self, address: u64, what: &str) -> Result<Bytes<'a>> {
        self.entered.set(self.entered.get() + 1);
        let mut bytes = self.bytes;
        if self.entered.get() > 64 + bytes.left() / 8 {
            return Err(bytes.wrong("blocks of the file name each other in a circle"));
        }
        bytes.seek(address, what)?;
        Ok(bytes)
    }

    /// The messages of an object's header, version 1.
    fn messages(&self, address: u64) -> Result<Vec<Message<'a>>> {
        let what = "an object's header";
        let start = self.at(address, what)?;
        let mut bytes = start;
        let version = bytes.u8(what)?;
        if version != 1 {
            return Err(start.wrong(format!("found version {version} of an object's header, expected 1")));
        }
        bytes.take(7, what)?;
        let length = bytes.u32(what)?;
        bytes.take(4, what)?;
        let mut blocks = vec![bytes.part(u64::from(length), what)?];
        let mut messages = Vec::new();
        while let Some(mut block) = blocks.pop() {
            while block.left() >= 8 {
                let (kind, length, flags) = (block.u16(what)?, block.u16(what)?, block.u8(what)?);
                block.take(3, what)?;
                let mut content = block.part(u64::from(length), "a message")?;
                if kind == CONTINUED {
                    let (offset, length) = (content.u64(what)?, content.u64(what)?);
                    blocks.push(self.at(offset, what)?.part(length, what)?);
                } else {
                    messages.push(Message { kind, shared: flags & 2 != 0, content });
                }
            }
            if messages.len() > self.bytes.left() / 8 {
                return Err(start.wrong("the object has more messages than the file has room for"));
            }
        }
        Ok(messages)
    }

    /// Names and headers of what lies in a group.
    fn children(&self, group: u64) -> Result<Vec<(String, u64)>> {
        let messages = self.messages(group)?;
        let Some(table) = messages.iter().find(|message| message.kind == SYMBOL_TABLE) else {
            return Err(self.at(group, "a group")?.wrong("is no group with a symbol table, expected one"));
        };
        let mut content = table.content;
        let (tree, heap) = (content.u64("a group's tree")?, content.u64("a group's heap")?);
        let mut bytes = self.at(heap, "a heap")?;
        bytes.signature(b"HEAP", "a heap's mark")?;
        bytes.take(4, "a heap")?;
        let length = bytes.u64("a heap")?;
        bytes.take(8, "a heap")?;
        let names = self.at(bytes.u64("a heap")?, "a heap")?.part(length, "a heap")?;

        let mut found = Vec::new();
        let mut letters = 0;
        for (mut key, child) in self.leaves(tree, 0, 8)? {
            key.u64("a group's tree")?;
            let mut node = self.at(child, "a group's node")?;
            node.signature(b"SNOD", "the mark of a group's node")?;
            node.take(2, "a group's node")?;
            for _ in 0..node.u16("a group's node")? {
                let (name, header) = (node.u64("a name")?, node.u64("an object")?);
                node.take(24, "a group's node")?;
                let name = text(names, name)?;
                letters += name.len() + 1;
                if letters > self.bytes.left() {
                    return Err(node.wrong("the group has more names than the file has room for"));
                }
                found.push((name, header));
            }
        }
        Ok(found)
    }

    /// The keys and children of the lowest nodes of a tree (version 1) of this kind: 0 groups, 1 chunks.
    fn leaves(&self, root: u64, kind: u8, key: u64) -> Result<Vec<(Bytes<'a>, u64)>> {
        let what = "a tree's node";
        let mut open = vec![(root, None)];
        let mut leaves = Vec::new();
        while let Some((address, below)) = open.pop() {
            let start = self.at(address, what)?;
            let mut node = start;
            node.signature(b"TREE", "the mark of a tree's node")?;
            let (found, level, entries) = (node.u8(what)?, node.u8(what)?, node.u16(what)?);
            if found != kind || below.is_some_and(|above| level >= above) {
                return Err(
                    start.wrong(format!("found a node of kind {found} and level {level} in a tree of kind {kind}"))
                );
            }
            node.take(16, what)?;
            for _ in 0..entries {
                let key = node.part(key, what)?;
                let child = node.u64(what)?;
                if level == 0 {
                    leaves.push((key, child));
                } else {
                    open.push((child, Some(level)));
                }
            }
            if leaves.len() + open.len() > self.bytes.left() / 16 {
                return Err(start.wrong("the tree has more branches than the file has room for"));
            }
        }
        Ok(leaves)
    }

    /// An array, from its header.
    fn array(&self, header: u64, name: &str) -> Result<Array> {
        let messages = self.messages(header)?;
        let place = self.at(header, name)?;
        let find = |kind| messages.iter().find(|message| message.kind == kind);
        let needed = |kind, what: &str| match find(kind) {
            Some(message) if message.shared => {
                Err(place.wrong(format!("`{name}` shares its {what}, expected its own")))
            }
            Some(message) => Ok(message.content),
            None => Err(place.wrong(format!("`{name}` has no {what}, expected an array"))),
        };
        let kind = Kind::read(needed(DATATYPE, "type")?)?;
        let shape = kinds::shape(needed(DATASPACE, "shape")?)?;
        let filters = find(FILTERS).map_or(Ok(Vec::new()), |message| Filter::read(message.content))?;
        let bytes = shape.iter().try_fold(kind.size() as u64, |n, size| n.checked_mul(*size));
        let bytes = bytes.ok_or_else(|| place.wrong(format!("the shape {shape:?} is too large")))?;
        let layout = needed(LAYOUT, "layout")?;
        let (offset, values) = self.stored(layout, &shape, bytes, &kind, &filters)?;
        let shape = shape.iter().map(|n| *n as usize).collect();
        let (file, name) = (self.bytes.file().to_string(), name.to_string());
        Ok(Array { file, name, offset, shape, order: Order::Rows, values })
    }
}

/// A text that ends with a zero byte.
fn text(mut names: Bytes, offset: u64) -> Result<String> {
    names.seek(offset, "a name")?;
    let rest = names.take(names.left(), "a name")?;
    Ok(String::from_utf8_lossy(rest.split(|b| *b == 0).next().unwrap_or_default()).into_owned())
}

#[cfg(test)]
#[path = "hdf5_tests.rs"]
mod tests;
