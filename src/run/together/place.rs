//! Which process of a run this is, as its environment says.
//!
//! `ABLATE_RENDEZVOUS` (`host:port` of rank 0) says that others start the processes: `ABLATE_RANK` and `ABLATE_RANKS` number
//! them, else Slurm's `SLURM_PROCID` and `SLURM_NTASKS`. `ABLATE_TOKEN` is a word that all of them know.

use super::TogetherError;
use std::time::Duration;

pub const RENDEZVOUS: &str = "ABLATE_RENDEZVOUS";
pub const RANK: &str = "ABLATE_RANK";
pub const RANKS: &str = "ABLATE_RANKS";
pub const LOCAL: &str = "ABLATE_LOCAL_RANK";
pub const TOKEN: &str = "ABLATE_TOKEN";
const TIMEOUT: &str = "ABLATE_TIMEOUT";

/// Seconds without a word after which a process counts as lost, and that the others are waited for at the start.
const PATIENCE: u64 = 120;

/// The place of this process among those of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub rank: usize,
    pub ranks: usize,
    /// Number among the processes of this machine: which GPU of those listed is its own.
    pub local: usize,
    /// Where rank 0 waits for the others.
    pub address: String,
    pub token: String,
}

impl Place {
    /// What the environment says; `None`: nothing, and this process starts others itself if there are to be any.
    ///
    /// # Errors
    /// A rank without a number of ranks, or one that is no number.
    pub fn here() -> Result<Option<Place>, TogetherError> {
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Place>, TogetherError> {
        let Some(address) = variable(RENDEZVOUS) else { return Ok(None) };
        let number = |names: [&str; 2]| -> Result<Option<usize>, TogetherError> {
            let Some((name, text)) = names.iter().find_map(|name| Some((name, variable(name)?))) else {
                return Ok(None);
            };
            let parsed = text.parse().map_err(|_| TogetherError::Environment(format!("{name} is `{text}`")))?;
            Ok(Some(parsed))
        };
        let needed = |names| {
            let missing = || TogetherError::Environment(format!("{RENDEZVOUS} is set, {} is not", names_of(names)));
            number(names)?.ok_or_else(missing)
        };
        let (rank, ranks) = (needed([RANK, "SLURM_PROCID"])?, needed([RANKS, "SLURM_NTASKS"])?);
        if rank >= ranks {
            return Err(TogetherError::Environment(format!("process {rank} of {ranks}; the first is 0")));
        }
        let local = number([LOCAL, "SLURM_LOCALID"])?.unwrap_or(rank);
        Ok(Some(Place { rank, ranks, local, address, token: variable(TOKEN).unwrap_or_default() }))
    }
}

fn names_of(names: [&str; 2]) -> String {
    names.join(" or ")
}

/// How long is waited for a word of another process.
pub fn patience() -> Duration {
    let set = std::env::var(TIMEOUT).ok().and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    Duration::from_secs(set.unwrap_or(PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Option<Place>, TogetherError> {
        Place::of(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string()))
    }

    #[test]
    fn ranks_are_ours_or_slurms_and_only_with_a_rendezvous() {
        let slurm = [("SLURM_PROCID", "3"), ("SLURM_NTASKS", "8"), ("SLURM_LOCALID", "1")];
        assert_eq!(of(&slurm).unwrap(), None, "a job of several tasks may want none of this");
        let with = [&slurm[..], &[("ABLATE_RENDEZVOUS", "node1:4000")]].concat();
        let place = of(&with).unwrap().unwrap();
        assert_eq!((place.rank, place.ranks, place.local), (3, 8, 1));
        let own = [&with[..], &[("ABLATE_RANK", "0"), ("ABLATE_RANKS", "2"), ("ABLATE_TOKEN", "t")]].concat();
        let place = of(&own).unwrap().unwrap();
        assert_eq!((place.rank, place.ranks, place.token.as_str()), (0, 2, "t"));
    }

    #[test]
    fn half_an_environment_is_refused() {
        let said = |pairs: &[(&str, &str)]| of(pairs).unwrap_err().to_string();
        let address = ("ABLATE_RENDEZVOUS", "node1:4000");
        assert!(said(&[address]).contains("ABLATE_RANK or SLURM_PROCID is not"));
        assert!(said(&[address, ("ABLATE_RANK", "x"), ("ABLATE_RANKS", "2")]).contains("ABLATE_RANK is `x`"));
        assert!(said(&[address, ("ABLATE_RANK", "2"), ("ABLATE_RANKS", "2")]).contains("process 2 of 2"));
    }
}
