//! MATLAB's MAT-files, version 5 (MathWorks, "MAT-File Format", R2020): numeric arrays, texts and structures.
//!
//! Cells, objects, sparse and complex arrays are passed over, and refused with words when they are asked for.

use super::array::{Array, Order, Values};
use super::bytes::{Bytes, Packing, unpack_exactly};
use super::error::{ReadError, Result};
use std::borrow::Cow;

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// Structures in structures deeper than this are refused.
const DEEPEST: usize = 8;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Numbers(Array),
    Text(String),
    /// Fields of a 1 x 1 structure, in the order of the file.
    Structure(Vec<(String, Value)>),
    /// A kind that is not read, in words.
    Refused(String),
}

/// A variable of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub name: String,
    /// The byte where it starts.
    pub at: u64,
    pub value: Value,
}

/// The variables of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mat {
    file: String,
    end: u64,
    pub variables: Vec<Variable>,
}

impl Mat {
    /// Reads a file; with `wanted`, values of other variables are passed over.
    pub fn read(file: &str, data: &[u8], wanted: Option<&[&str]>) -> Result<Mat> {
        let mut bytes = Bytes::new(file, data);
        let head: [u8; 124] = bytes.array("the head of a MAT-file")?;
        let start = bytes;
        let marks: [u8; 4] = bytes.array("the head of a MAT-file")?;
        let newer = marks == [0, 2, b'I', b'M'] || head.starts_with(b"MATLAB 7.3");
        let big_endian = match marks {
            _ if newer => return Err(start.wrong("found version 7.3, expected version 5: save it again with -v7")),
            [0, 1, b'I', b'M'] => false,
            [1, 0, b'M', b'I'] => true,
            _ => return Err(start.wrong("found no mark of MAT version 5, expected `IM` or `MI` after the version")),
        };
        let mut bytes = bytes.with_big_endian(big_endian);
        let mut variables = Vec::new();
        while bytes.left() >= 8 {
            let at = bytes.at();
            variables.extend(variable(&mut bytes, wanted)?.map(|(name, value)| Variable { name, at, value }));
        }
        Ok(Mat { file: file.into(), end: data.len() as u64, variables })
    }

    /// An array that has to be there.
    pub fn need(&self, name: &str) -> Result<&Array> {
        self.get(name)?.ok_or_else(|| {
            let names: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
            self.wrong(format!("has no variable `{name}`, found {}", names.join(", ")))
        })
    }

    /// An error that is known at the end of the file.
    pub fn wrong(&self, what: impl Into<String>) -> ReadError {
        ReadError::at(&self.file, self.end, what)
    }

    /// An array, of a structure's field with a dot (`model.shapeMU`); `None` where nothing has the name, an error where
    /// it is none.
    pub fn get(&self, path: &str) -> Result<Option<&Array>> {
        let mut parts = path.split('.');
        let first = parts.next().unwrap_or_default();
        let Some(variable) = self.variables.iter().find(|variable| variable.name == first) else {
            return Ok(None);
        };
        let mut value = &variable.value;
        for part in parts {
            let Value::Structure(fields) = value else { return Ok(None) };
            match fields.iter().find(|(name, _)| name == part) {
                Some((_, field)) => value = field,
                None => return Ok(None),
            }
        }
        let kind = match value {
            Value::Numbers(array) => return Ok(Some(array)),
            Value::Text(_) => "a text",
            Value::Structure(_) => "a structure",
            Value::Refused(kind) => kind,
        };
        Err(ReadError::at(&self.file, variable.at, format!("`{path}` is {kind}, expected an array of numbers")))
    }
}

/// An element's kind and content.
fn element<'a>(bytes: &mut Bytes<'a>) -> Result<(u32, Bytes<'a>)> {
    let what = "an element";
    let tag = bytes.u32(what)?;
    if tag >> 16 != 0 {
        // Up to four bytes stand in the tag itself.
        let mut four = bytes.part(4, what)?;
        return Ok((tag & 0xffff, four.part(u64::from(tag >> 16), what)?));
    }
    let length = bytes.u32(what)?;
    let content = bytes.part(u64::from(length), what)?;
    // Elements start at multiples of eight, but the last padding may lack, and packed elements have none.
    if tag != COMPRESSED {
        let padding = (8 - length as usize % 8) % 8;
        bytes.take(padding.min(bytes.left()), what)?;
    }
    Ok((tag, content))
}

/// The next variable of the file; `None` for what is no array.
fn variable(bytes: &mut Bytes, wanted: Option<&[&str]>) -> Result<Option<(String, Value)>> {
    let (kind, content) = element(bytes)?;
    match kind {
        MATRIX => matrix(content, wanted, 0),
        COMPRESSED => {
            let head = head(content)?;
            let unpacked = unpack_exactly(content, Packing::Zlib, head)?;
            let file = format!("{}, packed variable at byte {}", content.file(), content.at());
            let mut inner = Bytes::new(&file, &unpacked).with_big_endian(content.is_big_endian());
            match element(&mut inner)? {
                (MATRIX, matrix_bytes) => matrix(matrix_bytes, wanted, 0),
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// How many bytes a packed element says that it unpacks to, from its first eight.
fn head(packed: Bytes) -> Result<u64> {
    use std::io::Read;
    let mut start = packed;
    let mut tag = [0; 8];
    let source = start.take(packed.left(), "a packed variable")?;
    flate2::read::ZlibDecoder::new(source)
        .read_exact(&mut tag)
        .map_err(|e| packed.wrong(format!("the packed variable does not unpack: {e}")))?;
    let length = Bytes::new(packed.file(), &tag[4..]).with_big_endian(packed.is_big_endian()).u32("a length")?;
    Ok(u64::from(length) + 8)
}

/// An array of any class: flags, sizes, name, then what the class says.
fn matrix(mut bytes: Bytes, wanted: Option<&[&str]>, depth: usize) -> Result<Option<(String, Value)>> {
    let start = bytes;
    if bytes.left() == 0 {
        // An empty field of a structure.
        return Ok(Some((String::new(), Value::Refused("an empty array".into()))));
    }
    let (_, mut flags) = element(&mut bytes)?;
    let flags = flags.u32("the array's flags")?;
    let (class, complex) = (flags & 0xff, flags & 0x800 != 0);
    let (_, mut sizes) = element(&mut bytes)?;
    let sizes = sizes.i32s(sizes.left() as u64 / 4, "the array's sizes")?;
    let shape = sizes.iter().map(|n| usize::try_from(*n)).collect::<std::result::Result<Vec<usize>, _>>();
    let shape = shape.map_err(|_| start.wrong(format!("the sizes {sizes:?} are no sizes")))?;
    let (_, mut name) = element(&mut bytes)?;
    let name = String::from_utf8_lossy(name.take(name.left(), "the name")?).into_owned();
    if depth == 0 && wanted.is_some_and(|wanted| !wanted.contains(&name.as_str())) {
        return Ok(None);
    }
    let refused = |kind: &str| Ok(Value::Refused(kind.into()));
    let value = match class {
        1 => refused("a cell array"),
        2 if depth >= DEEPEST => refused("a structure too deep"),
        2 => structure(bytes, &shape, depth),
        3 | 17 => refused("an object"),
        4 => Ok(Value::Text(letters(bytes)?)),
        5 => refused("a sparse array"),
        6..=15 if complex => refused("a complex array"),
        6..=15 => numbers(bytes, class, shape, &name).map(Value::Numbers),
        16 => refused("a function"),
        other => refused(&format!("of the unknown class {other}")),
    };
    Ok(Some((name, value?)))
}

fn numbers(mut bytes: Bytes, class: u32, shape: Vec<usize>, name: &str) -> Result<Array> {
    let count = shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
    let count = count.ok_or_else(|| bytes.wrong(format!("the shape {shape:?} is too large")))?;
    let start = bytes;
    let (storage, content) = element(&mut bytes)?;
    let held = stored(storage, content)?;
    if held.len() != count {
        return Err(start.wrong(format!("`{name}` holds {} values, expected {count} for {shape:?}", held.len())));
    }
    // Values may be stored in a smaller type than the array's class.
    let values = match (class, held) {
        (6, Values::Whole(v)) => Values::F64(v.into_iter().map(|v| v as f64).collect()),
        (7, Values::Whole(v)) => Values::F32(v.into_iter().map(|v| v as f32).collect()),
        (_, held) => held,
    };
    let (file, name) = (content.file().to_string(), name.to_string());
    Ok(Array { file, name, offset: content.at(), shape, order: Order::Columns, values })
}

/// The values of an element of one of the numeric kinds.
fn stored(kind: u32, mut bytes: Bytes) -> Result<Values> {
    let (left, what) = (bytes.left() as u64, "the array");
    let start = bytes;
    Ok(match kind {
        1 => Values::Whole(bytes.i8s(left, what)?.into_iter().map(i64::from).collect()),
        2 => Values::Whole(bytes.u8s(left, what)?.into_iter().map(i64::from).collect()),
        3 => Values::Whole(bytes.i16s(left / 2, what)?.into_iter().map(i64::from).collect()),
        4 => Values::Whole(bytes.u16s(left / 2, what)?.into_iter().map(i64::from).collect()),
        5 => Values::Whole(bytes.i32s(left / 4, what)?.into_iter().map(i64::from).collect()),
        6 => Values::Whole(bytes.u32s(left / 4, what)?.into_iter().map(i64::from).collect()),
        7 => Values::F32(bytes.f32s(left / 4, what)?),
        9 => Values::F64(bytes.f64s(left / 8, what)?),
        12 => Values::Whole(bytes.i64s(left / 8, what)?),
        13 => {
            let large = |v: u64| i64::try_from(v).map_err(|_| start.wrong(format!("holds {v}, which is above 2^63")));
            Values::Whole(bytes.u64s(left / 8, what)?.into_iter().map(large).collect::<Result<_>>()?)
        }
        other => return Err(start.wrong(format!("found values of the kind {other}, expected numbers"))),
    })
}

/// A text, from one of the kinds for characters.
fn letters(mut bytes: Bytes) -> Result<String> {
    let (kind, mut content) = element(&mut bytes)?;
    let left = content.left();
    Ok(match kind {
        4 | 17 => String::from_utf16_lossy(&content.u16s(left as u64 / 2, "a text")?),
        _ => String::from_utf8_lossy(content.take(left, "a text")?).into_owned(),
    })
}

fn structure(mut bytes: Bytes, shape: &[usize], depth: usize) -> Result<Value> {
    if shape.iter().any(|size| *size != 1) {
        return Ok(Value::Refused("an array of structures".into()));
    }
    let (_, mut length) = element(&mut bytes)?;
    let start = bytes;
    let length = usize::try_from(length.i32("the length of field names")?).ok().filter(|length| *length > 0);
    let length = length.ok_or_else(|| start.wrong("field names have no length"))?;
    let (_, mut names) = element(&mut bytes)?;
    let mut fields = Vec::new();
    while names.left() >= length {
        let raw = names.take(length, "a field's name")?;
        let name: Cow<str> = String::from_utf8_lossy(raw.split(|b| *b == 0).next().unwrap_or_default());
        let (_, content) = element(&mut bytes)?;
        if let Some((_, value)) = matrix(content, None, depth + 1)? {
            fields.push((name.into_owned(), value));
        }
    }
    Ok(Value::Structure(fields))
}

#[cfg(test)]
#[path = "mat_tests.rs"]
mod tests;
