//! Models of faces as components name them in their setting `model`: the built-in one, or files of 3DDFA.

use super::sample::{DataError, Files};
use crate::face::readers::tddfa::FILES;
use crate::face::tddfa::{Parametric, procedural};
use crate::registry::{Problem, Settings};
use std::path::Path;
use std::sync::Arc;

/// The model that needs no files.
pub const PROCEDURAL: &str = "procedural";
/// Components with a setting `model` that names one, by family and name.
pub const READERS: [(&str, &str); 2] = [("render", "pncc"), ("loss", "weighted-parameter-distance")];
/// Coefficients of 3DDFA's model.
const TDDFA: usize = 62;

/// The number of coefficients, without opening a file.
pub fn coefficients(model: &str) -> usize {
    if model == PROCEDURAL { procedural().len() } else { TDDFA }
}

/// The files that a component reads its model from, by name: none of the built-in one.
///
/// # Errors
/// [`DataError::NoFolder`] where the model's folder is not there, or lacks one of them.
pub fn files(settings: &Settings) -> Result<Files, DataError> {
    let Some(model) = settings.get("model").and_then(serde_json::Value::as_str).filter(|m| *m != PROCEDURAL) else {
        return Ok(vec![]);
    };
    let folder = Path::new(model);
    let files: Files = FILES.iter().map(|name| (name.to_string(), folder.join(name))).collect();
    match files.iter().all(|(_, path)| path.is_file()) {
        true => Ok(files),
        false => Err(DataError::NoFolder(folder.into())),
    }
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
