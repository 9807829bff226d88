//! Where and with what a run was made: `environment.json`.

use crate::graph::plan::Plan;
use crate::record::{Environment, WeightsUsed};
use crate::tensor::Backend;
use std::collections::BTreeMap;
use std::process::Command;

/// The machine, whatever runs on it; facts that cannot be had stay empty.
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_bytes: u64,
    pub os: String,
}

impl Machine {
    pub fn here() -> Self {
        Machine {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory(),
            os: output("uname", &["-sr"]),
        }
    }
}

/// What this machine is, and how many processes share the run; facts that cannot be had stay empty.
pub fn gather<D: Backend>(
    plan: &Plan,
    (device, processes): (&D, usize),
    command: &str,
    weights: Vec<WeightsUsed>,
) -> Environment {
    let Machine { cpu, cores, memory_bytes, os } = Machine::here();
    Environment {
        version: env!("CARGO_PKG_VERSION").into(),
        commit: output("git", &["rev-parse", "--short", "HEAD"]),
        device: match processes {
            1 => device.name(),
            _ => format!("{}, {processes} processes", device.name()),
        },
        cpu,
        cores,
        threads: plan.run.threads.unwrap_or_else(rayon::current_num_threads),
        memory_bytes,
        os,
        command: command.into(),
        started: now(),
        crates: crates(),
        data: data(plan),
        weights,
    }
}

/// The digests that are in the identity of the cell.
fn data(plan: &Plan) -> String {
    let data = plan.canonical().get("data");
    let digests = data.as_ref().and_then(|data| data.as_object());
    let one = |(name, digest): (&String, &serde_json::Value)| format!("{name}={}", digest.as_str().unwrap_or_default());
    digests.into_iter().flatten().map(one).collect::<Vec<_>>().join(";")
}

/// Versions of what computes, from the lock file this was built with.
fn crates() -> BTreeMap<String, String> {
    let pairs = env!("LOCKED_CRATES").split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, version)| (name.to_string(), version.to_string())).collect()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let run = Command::new(program).args(arguments).stderr(std::process::Stdio::null()).output();
    let text = run.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string());
    text.unwrap_or_default()
}

fn field(file: &str, key: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(key)).and_then(|l| l.split_once(':'));
    line.map(|(_, value)| value.trim().to_string()).unwrap_or_default()
}

fn memory() -> u64 {
    let kib = field("/proc/meminfo", "MemTotal");
    kib.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Now, as `2026-01-31T12:00:00Z`.
fn now() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days as i64);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Days since 1970 to year, month, day in the proleptic Gregorian calendar (400 years have 146,097 days; a year is
/// counted from March, so that the leap day is its last).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_those_of_the_lock_file() {
        let crates = super::crates();
        assert_eq!(crates["dfdx"], "0.13.0", "Cargo.toml fixes it");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // `date -u -d @N +%F`: 0, 951782400, 1795219200.
        assert_eq!(super::civil(0), (1970, 1, 1));
        assert_eq!(super::civil(951_782_400 / 86_400), (2000, 2, 29));
        assert_eq!(super::civil(1_795_219_200 / 86_400), (2026, 11, 21));
    }
}
