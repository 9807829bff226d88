//! What the processes of a run tell each other within an update.

use crate::record::Term;
use crate::run::RunError;
use crate::tensor::Share;

/// Puts the means over all shares of the batch in the place of a share's own terms.
pub fn mean(share: &Share, terms: &mut [(String, Term)]) -> Result<(), RunError> {
    let own: Vec<f64> = terms.iter().flat_map(|(_, term)| [term.raw, term.weighted]).collect();
    let means = share.means(&own).map_err(RunError::lost)?;
    for ((_, term), mean) in terms.iter_mut().zip(means.chunks_exact(2)) {
        (term.raw, term.weighted) = (mean[0], mean[1]);
    }
    Ok(())
}

/// The word of the first process that has one.
pub fn first_said(share: &Share, own: Option<String>) -> Result<Option<String>, RunError> {
    let all = share.group.gather(own.unwrap_or_default().as_bytes()).map_err(RunError::lost)?;
    Ok(all.iter().find(|said| !said.is_empty()).map(|said| String::from_utf8_lossy(said).into_owned()))
}
