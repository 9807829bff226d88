//! Models of faces as components name them: the built-in one, or files of 3DDFA.

use crate::face::tddfa::{Parametric, procedural};
use crate::registry::Problem;
use std::path::Path;
use std::sync::Arc;

/// The model that needs no files.
pub const PROCEDURAL: &str = "procedural";
/// Coefficients of 3DDFA's model.
const TDDFA: usize = 62;

/// The number of coefficients, without opening a file.
pub fn coefficients(model: &str) -> usize {
    if model == PROCEDURAL { procedural().len() } else { TDDFA }
}

/// Opens a model: "procedural", or the folder of 3DDFA's files.
pub fn open(model: &str) -> Result<Arc<Parametric>, Problem> {
    if model == PROCEDURAL {
        return Ok(Arc::new(procedural().clone()));
    }
    let opened =
        Parametric::of_folder(Path::new(model)).map_err(|e| Problem::new(e.to_string()).at_setting("model"))?;
    Ok(Arc::new(opened))
}

/// Refuses another number of coefficients than the model has.
pub fn check(model: &str, port: &str, found: usize) -> Result<(), Problem> {
    let wanted = coefficients(model);
    if found == wanted {
        return Ok(());
    }
    let own = procedural().len();
    let message = format!(
        "{found} coefficients, the model `{model}` has {wanted}; known: `{PROCEDURAL}` ({own}), or a folder with 3DDFA's files ({TDDFA})"
    );
    Err(Problem::new(message).at_port(port, 0, found.to_string()).at_setting("model"))
}
