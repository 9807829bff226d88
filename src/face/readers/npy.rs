//! Arrays of NumPy: `.npy`, versions 1 to 3 (NumPy enhancement proposal 1, `numpy.lib.format`).

use super::array::{Array, Order, Values};
use super::bytes::Bytes;
use super::error::Result;

/// What the header says.
#[derive(Debug, PartialEq)]
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<u64>,
}

/// An array from the bytes of a `.npy` file. `name` is what it is called in errors.
pub fn read(file: &str, name: &str, data: &[u8]) -> Result<Array> {
    let mut bytes = Bytes::new(file, data);
    bytes.signature(b"\x93NUMPY", "the signature of a .npy file")?;
    let start = bytes;
    let version = bytes.u8("the version")?;
    bytes.u8("the minor version")?;
    let length = match version {
        1 => u64::from(bytes.u16("the header's length")?),
        2 | 3 => u64::from(bytes.u32("the header's length")?),
        other => return Err(start.wrong(format!("found version {other}, expected 1, 2 or 3"))),
    };
    let mut text = bytes.part(length, "the header")?;
    let header = Parser { bytes: text, text: text.take(text.left(), "the header")?, at: 0 }.header()?;
    let offset = bytes.at();
    let values = values(bytes, &header)?;
    let shape = header.shape.iter().map(|n| *n as usize).collect();
    let order = if header.fortran { Order::Columns } else { Order::Rows };
    Ok(Array { file: file.into(), name: name.into(), offset, shape, order, values })
}

/// A half-precision number (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, (bits >> 10) & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        e => (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(e) - 15),
    };
    if sign == 1 { -size } else { size }
}

fn values(bytes: Bytes, header: &Header) -> Result<Values> {
    let count = header.shape.iter().try_fold(1u64, |n, size| n.checked_mul(*size));
    let count = count.ok_or_else(|| bytes.wrong(format!("the shape {:?} is too large", header.shape)))?;
    let descr = header.descr.as_str();
    let big = match descr.as_bytes().first() {
        Some(b'<' | b'|' | b'=') => false,
        Some(b'>') => true,
        _ => return Err(bytes.wrong(format!("found the type `{descr}`, expected one such as `<f4`"))),
    };
    let mut bytes = bytes.with_big_endian(big);
    let what = "the array";
    let whole = |values: Vec<i64>| Ok(Values::Whole(values));
    match &descr[1..] {
        "f2" => Ok(Values::F32(bytes.u16s(count, what)?.into_iter().map(half).collect())),
        "f4" => Ok(Values::F32(bytes.f32s(count, what)?)),
        "f8" => Ok(Values::F64(bytes.f64s(count, what)?)),
        "b1" | "u1" => whole(bytes.u8s(count, what)?.into_iter().map(i64::from).collect()),
        "u2" => whole(bytes.u16s(count, what)?.into_iter().map(i64::from).collect()),
        "u4" => whole(bytes.u32s(count, what)?.into_iter().map(i64::from).collect()),
        "i1" => whole(bytes.i8s(count, what)?.into_iter().map(i64::from).collect()),
        "i2" => whole(bytes.i16s(count, what)?.into_iter().map(i64::from).collect()),
        "i4" => whole(bytes.i32s(count, what)?.into_iter().map(i64::from).collect()),
        "i8" => whole(bytes.i64s(count, what)?),
        "u8" => {
            let start = bytes;
            let large = |v: u64| i64::try_from(v).map_err(|_| start.wrong(format!("holds {v}, which is above 2^63")));
            whole(bytes.u64s(count, what)?.into_iter().map(large).collect::<Result<_>>()?)
        }
        "O" => Err(bytes.wrong("found Python objects, expected numbers: save the array again as float32 or int32")),
        _ => Err(bytes.wrong(format!("found the type `{descr}`, expected floats, whole numbers or truth values"))),
    }
}

/// Reads the header's Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct Parser<'a> {
    /// The header's start, for errors.
    bytes: Bytes<'a>,
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn header(&mut self) -> Result<Header> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.symbol(b'{')?;
        while !self.is(b'}') {
            let key = self.quoted()?;
            self.symbol(b':')?;
            match key {
                "descr" if self.is(b'[') => return self.wrong("found a type with fields, expected plain numbers"),
                "descr" => descr = Some(self.quoted()?.to_string()),
                "fortran_order" => fortran = Some(self.truth()?),
                "shape" => shape = Some(self.sizes()?),
                _ => return self.wrong("found an unknown key, expected descr, fortran_order and shape"),
            }
            if !self.is(b'}') {
                self.symbol(b',')?;
            }
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) if !descr.is_empty() && descr.is_ascii() => {
                Ok(Header { descr, fortran, shape })
            }
            _ => self.wrong("the header lacks one of descr, fortran_order and shape"),
        }
    }

    fn wrong<T>(&self, what: &str) -> Result<T> {
        let mut place = self.bytes;
        place.seek(self.at as u64, "the header")?;
        Err(place.wrong(what))
    }

    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn is(&mut self, symbol: u8) -> bool {
        self.skip_space();
        self.text.get(self.at) == Some(&symbol)
    }

    fn symbol(&mut self, symbol: u8) -> Result<()> {
        if !self.is(symbol) {
            return self.wrong(&format!("the header breaks off, expected `{}`", char::from(symbol)));
        }
        self.at += 1;
        Ok(())
    }

    /// Bytes that `of` holds of, as text.
    fn run(&mut self, of: impl Fn(&u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii() && of(b)).count();
        self.at += length;
        std::str::from_utf8(&rest[..length]).unwrap_or_default()
    }

    fn quoted(&mut self) -> Result<&'a str> {
        let quote = if self.is(b'"') { b'"' } else { b'\'' };
        self.symbol(quote)?;
        let found = self.run(|b| *b != quote);
        if self.text.get(self.at) != Some(&quote) {
            return self.wrong("the header breaks off within quotes");
        }
        self.at += 1;
        Ok(found)
    }

    fn truth(&mut self) -> Result<bool> {
        self.skip_space();
        match self.run(u8::is_ascii_alphabetic) {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => self.wrong("expected True or False"),
        }
    }

    fn sizes(&mut self) -> Result<Vec<u64>> {
        let mut sizes = Vec::new();
        self.symbol(b'(')?;
        while !self.is(b')') {
            // Version 1 headers of Python 2 write `3L`.
            let digits = self.run(u8::is_ascii_digit);
            self.run(|b| *b == b'L');
            match digits.parse() {
                Ok(size) => sizes.push(size),
                Err(_) => return self.wrong("expected a size"),
            }
            if sizes.len() > 32 {
                return self.wrong("the shape has more than 32 dimensions");
            }
            if !self.is(b')') {
                self.symbol(b',')?;
            }
        }
        self.at += 1;
        Ok(sizes)
    }
}

#[cfg(test)]
#[path = "npy_tests.rs"]
mod tests;
