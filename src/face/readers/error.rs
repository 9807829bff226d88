//! What is wrong with a file, and where.

use thiserror::Error;

/// A file that cannot be read. Printed as `FILE: at byte N: what was found, what was expected`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: {}{what}", at(*.offset))]
pub struct ReadError {
    /// The file; for what lies packed in another, `ARCHIVE, member NAME`, and the offset counts in the unpacked member.
    pub file: String,
    /// The byte where reading failed; `None` where no single byte is to blame (the file does not open, or is missing).
    pub offset: Option<u64>,
    /// What was found and what was expected, in words.
    pub what: String,
}

/// The printed place.
fn at(offset: Option<u64>) -> String {
    offset.map(|offset| format!("at byte {offset}: ")).unwrap_or_default()
}

/// What every reader gives.
pub type Result<T> = std::result::Result<T, ReadError>;

impl ReadError {
    /// An error that blames no single byte.
    pub fn whole(file: &str, what: impl Into<String>) -> ReadError {
        ReadError { file: file.into(), offset: None, what: what.into() }
    }

    /// An error at a byte.
    pub fn at(file: &str, offset: u64, what: impl Into<String>) -> ReadError {
        ReadError { file: file.into(), offset: Some(offset), what: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_file_and_the_byte() {
        let error = ReadError::at("a.npy", 6, "found version 9, expected 1, 2 or 3");
        assert_eq!(error.to_string(), "a.npy: at byte 6: found version 9, expected 1, 2 or 3");
        assert_eq!(ReadError::whole("a.npy", "no such file").to_string(), "a.npy: no such file");
    }
}
