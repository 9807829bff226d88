//! Where and when numbers were made.

use super::Arguments;
use std::fs::File;
use std::process::Command;

fn output(program: &str, arguments: &[&str]) -> String {
    let run = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    run.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()).unwrap_or_default()
}

/// A value of a line `key : value` in a file of `/proc`.
fn line(file: &str, key: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
    found.map(|(_, value)| value.trim().to_string()).unwrap_or_default()
}

/// Vector instructions that the processor has.
fn vectors() -> String {
    let flags = line("/proc/cpuinfo", "flags");
    let has = |name: &&str| flags.split(' ').any(|f| f == *name);
    ["avx2", "fma", "avx512f"].into_iter().filter(has).collect::<Vec<_>>().join(" ")
}

/// Load of the machine over one, five and fifteen minutes.
pub fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Waits until no other bench of this kind measures on the machine; until the value goes, none does.
pub fn alone() -> std::io::Result<File> {
    let lock = File::create(std::env::temp_dir().join("ablate-vs-pytorch.lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another bench to end");
        lock.lock()?;
    }
    Ok(lock)
}

/// Title, date, commit, machine, versions, load.
pub fn heading(arguments: &Arguments, abouts: &[String]) -> String {
    let sides: Vec<&str> = arguments.sides.iter().map(|s| s.name()).collect();
    let changed = if output("git", &["status", "--porcelain", "-uno"]).is_empty() { "" } else { " and changes" };
    let lines = [
        format!("# {}, {}", sides.join(" | "), output("date", &["-u", "+%F %R UTC"])),
        String::new(),
        format!("- Command: `{}`", std::env::args().skip(1).collect::<Vec<_>>().join(" ")),
        format!("- Commit: `{}`{changed}", output("git", &["rev-parse", "--short", "HEAD"])),
        format!(
            "- Machine: {} ({}), {} threads each, {}, load at the start {}",
            line("/proc/cpuinfo", "model name"),
            vectors(),
            arguments.threads,
            line("/proc/meminfo", "MemTotal"),
            load()
        ),
        format!("- Versions: {}; {}", output("rustc", &["--version"]), abouts.join("; ")),
        format!("- Rounds: {}; medians; ratio: best of the others' (eager) time over ours", arguments.rounds),
        String::new(),
    ];
    lines.join("\n") + "\n"
}
