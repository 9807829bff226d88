//! Messages between two processes: a kind, a number that counts them, a length, the bytes. Two ends that are out of step
//! notice it here.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// Nothing that is exchanged is longer (bytes): what a broken header might ask for.
const LONGEST: u64 = 1 << 36;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Sum = 1,
    Gather = 2,
    /// Says who is there.
    Hello = 3,
}

/// Counts the messages of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count(u32);

impl Count {
    /// The next message's number.
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(1);
        self.0
    }
}

/// Writes the head of a message of `len` bytes.
pub fn head(to: &mut impl Write, kind: Kind, number: u32, len: usize) -> Result<()> {
    let mut head = [0; 13];
    head[0] = kind as u8;
    head[1..5].copy_from_slice(&number.to_le_bytes());
    head[5..].copy_from_slice(&(len as u64).to_le_bytes());
    to.write_all(&head)
}

/// Reads the head of the message that must come now; its length.
pub fn expect(from: &mut impl Read, kind: Kind, number: u32) -> Result<usize> {
    let mut head = [0; 13];
    from.read_exact(&mut head)?;
    let found = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    let mut len = [0; 8];
    len.copy_from_slice(&head[5..]);
    let len = u64::from_le_bytes(len);
    if head[0] != kind as u8 || found != number || len > LONGEST {
        let text = format!("message {found} of kind {} where {number} of kind {} was due", head[0], kind as u8);
        return Err(Error::new(ErrorKind::InvalidData, text));
    }
    Ok(len as usize)
}

/// Writes a whole message.
pub fn send(to: &mut impl Write, kind: Kind, number: u32, bytes: &[u8]) -> Result<()> {
    head(to, kind, number, bytes.len())?;
    to.write_all(bytes)
}

/// Reads a whole message; memory grows with what comes, not with what the head promises.
pub fn receive(from: &mut impl Read, kind: Kind, number: u32) -> Result<Vec<u8>> {
    let len = expect(from, kind, number)?;
    let mut bytes = Vec::new();
    from.take(len as u64).read_to_end(&mut bytes)?;
    if bytes.len() == len { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// Values a piece is moved in.
const PIECE: usize = 16 * 1024;

/// Writes values as they are in memory, little end first.
pub fn send_values(to: &mut impl Write, number: u32, values: &[f32]) -> Result<()> {
    head(to, Kind::Sum, number, 4 * values.len())?;
    let mut bytes = Vec::with_capacity(4 * PIECE);
    for piece in values.chunks(PIECE) {
        bytes.clear();
        bytes.extend(piece.iter().flat_map(|v| v.to_le_bytes()));
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// Reads as many values and gives each with its place to `each`.
pub fn receive_values(
    from: &mut impl Read,
    number: u32,
    values: &mut [f32],
    each: impl Fn(&mut f32, f32),
) -> Result<()> {
    let len = expect(from, Kind::Sum, number)?;
    if len != 4 * values.len() {
        let text = format!("{} values where {} were due", len / 4, values.len());
        return Err(Error::new(ErrorKind::InvalidData, text));
    }
    let mut bytes = vec![0; 4 * PIECE.min(values.len())];
    for piece in values.chunks_mut(PIECE) {
        let bytes = &mut bytes[..4 * piece.len()];
        from.read_exact(bytes)?;
        for (value, b) in piece.iter_mut().zip(bytes.chunks_exact(4)) {
            each(value, f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_and_strangers_are_noticed() {
        let mut line = Vec::new();
        send(&mut line, Kind::Gather, 7, b"abc").unwrap();
        assert_eq!(receive(&mut line.as_slice(), Kind::Gather, 7).unwrap(), b"abc");
        for (kind, number) in [(Kind::Gather, 8), (Kind::Sum, 7)] {
            assert_eq!(receive(&mut line.as_slice(), kind, number).unwrap_err().kind(), ErrorKind::InvalidData);
        }
        assert!(receive(&mut &line[..line.len() - 1], Kind::Gather, 7).is_err(), "a torn one");
        let mut huge = line.clone();
        huge[5..13].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(receive(&mut huge.as_slice(), Kind::Gather, 7).is_err());
    }

    #[test]
    fn values_are_added_where_they_belong() {
        let values: Vec<f32> = (0..PIECE + 5).map(|i| i as f32 / 3.0).collect();
        let mut line = Vec::new();
        send_values(&mut line, 1, &values).unwrap();
        let mut sum = values.clone();
        receive_values(&mut line.as_slice(), 1, &mut sum, |v, new| *v += new).unwrap();
        assert!(sum.iter().zip(&values).all(|(s, v)| *s == v + v));
        assert!(receive_values(&mut line.as_slice(), 1, &mut sum[1..], |v, new| *v = new).is_err());
    }
}
