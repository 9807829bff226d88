//! Why a run stops.

use crate::registry::Problem;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("loss `{loss}` of update `{update}` is {value} at step {step}{}; checkpoints written before are kept",
            .node.as_ref().map(|n| format!(", first at `{n}`")).unwrap_or_default())]
    NotFinite { loss: String, update: String, value: f64, step: u64, node: Option<String> },
    /// Found by the search for the first bad node; never shown by itself.
    #[error("`{path}` is not finite")]
    NotFiniteAt { path: String },
    #[error("`{path}`: {error}")]
    Operation { path: String, error: crate::tensor::Error },
    #[error(transparent)]
    Tensor(#[from] crate::tensor::Error),
    #[error(transparent)]
    Record(#[from] crate::record::RecordError),
    #[error("`{place}`: {message}")]
    Component { place: String, message: String },
    #[error("cannot {what} {}: {error}", .path.display())]
    File { what: &'static str, path: PathBuf, error: std::io::Error },
    #[error("the checkpoint {} is damaged: {reason}", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the checkpoint {} does not fit: {reason}", .path.display())]
    DoesNotFit { path: PathBuf, reason: String },
    #[error("the weights {} cannot be used: {reason}", .path.display())]
    Weights { path: PathBuf, reason: String },
    #[error("dataset `{dataset}`: {message}")]
    Data { dataset: String, message: String },
    #[error("interrupted at step {step}; `--resume` goes on from there")]
    Interrupted { step: u64 },
    /// Not a failure: the run was asked to go no further.
    #[error("stopped at step {step}, as the search asks")]
    Stopped { step: u64 },
    /// Other processes of the run.
    #[error(transparent)]
    Together(#[from] super::TogetherError),
    #[error("a gap in the checks before the run: {0}")]
    Internal(String),
}

impl RunError {
    /// A component's refusal at a place, for `map_err`.
    pub fn problem(place: &str) -> impl FnOnce(Problem) -> RunError + '_ {
        move |p| RunError::Component { place: place.into(), message: p.message }
    }

    /// Of what another process was to give.
    pub fn lost(said: String) -> RunError {
        super::TogetherError::Lost(said).into()
    }

    /// Whether every process of a run meets it at the same step: they may go on to something else together.
    pub fn of_all(&self) -> bool {
        matches!(self, RunError::NotFinite { .. } | RunError::Interrupted { .. } | RunError::Stopped { .. })
    }

    pub fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> RunError {
        let path = path.to_path_buf();
        move |error| RunError::File { what, path, error }
    }
}
