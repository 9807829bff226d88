//! As much of Python's pickles as lists of bytes and booleans need: data alone, nothing is called or made.
//!
//! Protocols 0 to 5 as `pickletools` documents them. Bytes stay where they are in the file. What Python 3 writes for bytes
//! under protocol 2, `_codecs.encode(text, "latin1")`, is the one call that is understood; other objects are refused.

use std::collections::HashMap;
use std::ops::Range;

/// A value of the pickle.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bytes(Range<usize>),
    Boolean(bool),
    Integer(i64),
    /// A list or a tuple.
    Sequence(Vec<Value>),
    None,
    /// A name of something that could be called.
    Global(String),
    /// Where a sequence began.
    Mark,
}

/// More values than any file of pairs holds.
const MOST: usize = 4_000_000;

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    memo: HashMap<usize, Value>,
}

/// The value of a pickle; the error says where it is broken.
pub fn load(bytes: &[u8]) -> Result<Value, String> {
    let mut machine = Machine { bytes, at: 0, stack: vec![], memo: HashMap::new() };
    loop {
        let at = machine.at;
        let code = machine.byte()?;
        if code == b'.' {
            return machine.pop();
        }
        machine.step(code).map_err(|why| format!("at byte {at} of the pickle: {why}"))?;
        if machine.stack.len() > MOST {
            return Err("the pickle holds too many values".into());
        }
    }
}

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Result<Range<usize>, String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("the file is truncated")?;
        let range = self.at..end;
        self.at = end;
        Ok(range)
    }

    fn byte(&mut self) -> Result<u8, String> {
        let range = self.take(1)?;
        Ok(self.bytes[range.start])
    }

    /// A number of so many bytes, the least first.
    fn number(&mut self, count: usize) -> Result<usize, String> {
        let range = self.take(count)?;
        let number = self.bytes[range].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| "a length is too large".into())
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| *b == b'\n').ok_or("the file is truncated")?;
        let range = self.take(length)?;
        self.at += 1;
        Ok(String::from_utf8_lossy(&self.bytes[range]).into_owned())
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack.pop().ok_or_else(|| "the pickle's stack is empty".into())
    }

    /// What lies above the last mark.
    fn marked(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.stack.iter().rposition(|v| *v == Value::Mark).ok_or("a mark is missing")?;
        let values = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(values)
    }

    fn extend(&mut self, values: Vec<Value>) -> Result<(), String> {
        match self.stack.last_mut() {
            Some(Value::Sequence(list)) => {
                list.extend(values);
                Ok(())
            }
            _ => Err("values are appended to what is no list".into()),
        }
    }

    fn remember(&mut self, place: usize) -> Result<(), String> {
        // Lists are remembered before they are filled, and nothing asks for them; copies of full ones would be dear.
        let value = match self.stack.last().ok_or("the pickle's stack is empty")? {
            Value::Sequence(_) => Value::Sequence(vec![]),
            other => other.clone(),
        };
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&mut self, place: usize) -> Result<(), String> {
        let value = self.memo.get(&place).cloned().ok_or("a value that was not remembered is asked for")?;
        self.stack.push(value);
        Ok(())
    }

    fn bytes_of(&mut self, length: usize) -> Result<(), String> {
        let range = self.take(length)?;
        self.stack.push(Value::Bytes(range));
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Result<(), String> {
        let from = self.stack.len().checked_sub(count).ok_or("the pickle's stack is empty")?;
        let values = self.stack.split_off(from);
        self.stack.push(Value::Sequence(values));
        Ok(())
    }

    fn step(&mut self, code: u8) -> Result<(), String> {
        match code {
            0x80 => {
                self.take(1)?;
            }
            0x95 => {
                self.take(8)?;
            }
            b'(' => self.stack.push(Value::Mark),
            b']' | b')' => self.stack.push(Value::Sequence(vec![])),
            b'l' | b't' => {
                let values = self.marked()?;
                self.stack.push(Value::Sequence(values));
            }
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b'a' => {
                let value = self.pop()?;
                self.extend(vec![value])?;
            }
            b'e' => {
                let values = self.marked()?;
                self.extend(values)?;
            }
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Boolean(true)),
            0x89 => self.stack.push(Value::Boolean(false)),
            b'I' => {
                let line = self.line()?;
                self.stack.push(match line.as_str() {
                    "00" => Value::Boolean(false),
                    "01" => Value::Boolean(true),
                    other => Value::Integer(other.trim().parse().map_err(|_| format!("`{other}` is no number"))?),
                });
            }
            b'K' | b'M' => {
                let number = self.number(if code == b'K' { 1 } else { 2 })?;
                self.stack.push(Value::Integer(number as i64));
            }
            b'J' => {
                let number = self.number(4)? as u32;
                self.stack.push(Value::Integer(i64::from(number.cast_signed())));
            }
            b'U' | b'C' | 0x8c => {
                let length = self.number(1)?;
                self.bytes_of(length)?;
            }
            b'T' | b'B' | b'X' => {
                let length = self.number(4)?;
                self.bytes_of(length)?;
            }
            0x8e | 0x8d | 0x96 => {
                let length = self.number(8)?;
                self.bytes_of(length)?;
            }
            b'q' => {
                let place = self.number(1)?;
                self.remember(place)?;
            }
            b'r' => {
                let place = self.number(4)?;
                self.remember(place)?;
            }
            0x94 => self.remember(self.memo.len())?,
            b'p' => {
                let place = self.line()?.parse().map_err(|_| "a place is no number")?;
                self.remember(place)?;
            }
            b'h' => {
                let place = self.number(1)?;
                self.recall(place)?;
            }
            b'j' => {
                let place = self.number(4)?;
                self.recall(place)?;
            }
            b'0' => drop(self.pop()?),
            b'c' => {
                let name = format!("{}.{}", self.line()?, self.line()?);
                self.stack.push(Value::Global(name));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let word = |value: &Value| match value {
                    Value::Bytes(range) => String::from_utf8_lossy(&self.bytes[range.clone()]).into_owned(),
                    _ => String::new(),
                };
                let name = format!("{}.{}", word(&module), word(&name));
                self.stack.push(Value::Global(name));
            }
            b'R' => return self.call(),
            other => return Err(format!("`{other:#04x}` is none of the codes that lists of photos need")),
        }
        Ok(())
    }

    /// A call: none is made.
    fn call(&mut self) -> Result<(), String> {
        let (_, callee) = (self.pop()?, self.pop()?);
        match callee {
            // Text whose letters are bytes: in the file it is UTF-8, so that the bytes do not stand there as they are.
            Value::Global(name) if name == "_codecs.encode" => Err("bytes that Python 3 wrote for protocol 2 are \
                 spread over two letters; write the file anew with `pickle.dump(.., protocol=4)`"
                .into()),
            Value::Global(name) => Err(format!("it holds an object made by `{name}`, expected bytes and booleans")),
            _ => Err("it calls what is no function".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumped(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
    }

    /// `pickle.dumps(([b"ab", b"c"], [True, False]), protocol=P).hex()` of Python 3.12, for 3, 4 and 5; and what Python
    /// 2.7 writes of it under protocol 2.
    const DUMPS: [&str; 4] = [
        "80035d7100284302616271014301637102655d7103288889658671042e",
        "80049516000000000000005d9428430261629443016394655d942888896586942e",
        "80059516000000000000005d9428430261629443016394655d942888896586942e",
        "80025d7100285502616271015501637102655d7103288889658671042e",
    ];

    #[test]
    fn lists_of_bytes_are_found_where_they_are() {
        for dump in DUMPS {
            let bytes = dumped(dump);
            let Value::Sequence(parts) = load(&bytes).unwrap() else { panic!("{dump}") };
            let Value::Sequence(photos) = &parts[0] else { panic!("{dump}") };
            let text = |value: &Value| match value {
                Value::Bytes(range) => bytes[range.clone()].to_vec(),
                other => panic!("{other:?}"),
            };
            assert_eq!(photos.iter().map(text).collect::<Vec<_>>(), [b"ab".to_vec(), b"c".to_vec()], "{dump}");
            assert_eq!(parts[1], Value::Sequence(vec![Value::Boolean(true), Value::Boolean(false)]));
        }
    }

    #[test]
    fn nothing_is_called_and_what_is_broken_is_said() {
        // pickle.dumps(os.system ..): `cos\nsystem\n(S'..'` and the like end at the call.
        let evil = b"cos\nsystem\n(K\x01tR.";
        assert!(load(evil).unwrap_err().contains("an object made by `os.system`"));
        let whole = dumped(DUMPS[1]);
        for cut in 0..whole.len() {
            assert!(load(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(load(b"\x80\x02X\xff\xff\xff\xff.").unwrap_err().contains("truncated"));
        assert!(load(b"a.").is_err() && load(b"e.").is_err() && load(b"h\x05.").is_err());
        assert!(load(b"\xfe.").unwrap_err().contains("`0xfe` is none of the codes"));
    }
}
