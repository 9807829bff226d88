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
        let said = error.to_string();
        let message = match NOTE.take() {
            Some(note) => note,
            None if said.contains("OUT_OF_MEMORY") => {
                format!("the GPU is out of memory; lower `train.batch` or the dataset's size ({said})")
            }
            None => said,
        };
        Error::Device { op, message }
    }
}

thread_local! {
    /// What a device's error, which is dfdx's, has no room to say.
    static NOTE: std::cell::Cell<Option<String>> = const { std::cell::Cell::new(None) };
}

/// Says more of the error that this thread is about to return.
pub(super) fn note(text: String) {
    NOTE.set(Some(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_says_what_to_lower() {
        let message = Error::device("conv2d", "DriverError(CUDA_ERROR_OUT_OF_MEMORY)").to_string();
        assert!(message.contains("lower `train.batch`"), "{message}");
    }
}
