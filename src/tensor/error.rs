//! What can go wrong below the graph. Shapes are checked before tensors see them, so these are gaps in our checks or a
//! device that fails.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{op}: {message}")]
    Shape { op: &'static str, message: String },
    #[error("{op}: the device failed: {message}")]
    Device { op: &'static str, message: String },
    #[error("dfdx's tensors are not laid out as expected: {0}")]
    Bridge(String),
    #[error("{0}")]
    Other(String),
}

impl Error {
    pub fn shape(op: &'static str, message: impl Into<String>) -> Self {
        Error::Shape { op, message: message.into() }
    }

    pub fn device(op: &'static str, error: impl std::fmt::Display) -> Self {
        Error::Device { op, message: error.to_string() }
    }
}
