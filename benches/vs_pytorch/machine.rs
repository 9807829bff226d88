//! Where and when numbers were made.

use super::Arguments;
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

/// Title, date, commit, machine, versions, load.
pub fn heading(arguments: &Arguments, abouts: &[String]) -> String {
    let sides: Vec<&str> = arguments.sides.iter().map(|s| s.name()).collect();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
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
            load.join(" ")
        ),
        format!("- Versions: {}; {}", output("rustc", &["--version"]), abouts.join("; ")),
        format!("- Rounds: {}; medians; ratio: best of the others' (eager) time over ours", arguments.rounds),
        String::new(),
    ];
    lines.join("\n") + "\n"
}
