//! Cells on a cluster: an array of jobs, a task for each cell that is not done, submitted with `sbatch`.
//!
//! A task carries out its cell as `ablate cell`. Some time before its end Slurm tells the script, the cell saves itself, and
//! the script puts the task back into the queue, where it goes on from there; so it does where a process was killed, and
//! Slurm itself where a node was lost. The scripts stay beside the page (`slurm/<job>.sh`); which task is which cell is read
//! from them, and what the queue says of it from `squeue`. Neither is state: the cells' folders are.

use super::carry_out::enter;
use super::{Options, Prepared, Standing, StudyError, standings};
use crate::record::{self, RecordError};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Tasks of one array; clusters allow 1,001 unless told otherwise.
const TASKS: usize = 1000;

type Settings = serde_json::Map<String, serde_json::Value>;

/// How a task is told what to do.
pub struct Script<'a> {
    /// This program.
    pub program: PathBuf,
    /// Where paths begin.
    pub here: PathBuf,
    pub file: &'a Path,
    /// Flags of the user, for each task and for the page.
    pub flags: Vec<OsString>,
    /// Failed cells are submitted too.
    pub again: bool,
}

/// A job that was submitted.
pub struct Submitted {
    pub job: String,
    pub cells: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error(transparent)]
    Study(#[from] StudyError),
    #[error("cannot start `{program}`: {error}; is Slurm on this machine?")]
    Start { program: &'static str, error: std::io::Error },
    #[error("`sbatch` refuses the job: {0}")]
    Refused(String),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Submits a task for each cell that is not done, does not run and does not wait in the queue already; then a job that
/// draws the page when all have ended. What was submitted, and how many cells had failed before and were left.
pub fn submit(
    prepared: &Prepared,
    options: &Options<'_>,
    script: &Script<'_>,
) -> Result<(Vec<Submitted>, usize), LaunchError> {
    if prepared.search.is_some() {
        let reason = "a round of a search waits for the one before: submit a job that runs `ablate study .. --jobs N`";
        return Err(StudyError::Machine { key: "--launcher", value: "slurm".into(), reason: reason.into() }.into());
    }
    let runs = prepared.runs(options.out);
    let folder = runs.join(&prepared.experiment);
    enter(prepared, options, &folder, &runs)?;
    let queued = queue(&folder);
    let mut failed = 0;
    let mut wanted: Vec<(usize, String)> = vec![];
    for (number, cell) in standings(&prepared.index(), &runs).into_iter().enumerate() {
        let left = matches!(cell.standing, Standing::Failed(_)) && !script.again;
        failed += usize::from(left);
        let open = matches!(cell.standing, Standing::Missing | Standing::Unfinished | Standing::Failed(_));
        if open && !left && !queued.contains_key(&cell.entry.hash) {
            wanted.push((number, cell.entry.hash));
        }
    }
    let logs = std::path::absolute(folder.join("slurm")).unwrap_or_else(|_| folder.join("slurm"));
    std::fs::create_dir_all(&logs).map_err(|error| RecordError::Io {
        action: "make",
        path: logs.clone(),
        source: error,
    })?;
    let mut all: Vec<Submitted> = vec![];
    for cells in wanted.chunks(TASKS) {
        let text = array(prepared, script, cells, &logs);
        let job = sbatch(&text, &[])?;
        record::write_atomic(&logs.join(format!("{job}.sh")), text.as_bytes())?;
        all.push(Submitted { job, cells: cells.len() });
    }
    if !all.is_empty() {
        let jobs: Vec<&str> = all.iter().map(|s| s.job.as_str()).collect();
        sbatch(&page(prepared, script, &logs), &[format!("--dependency=afterany:{}", jobs.join(":"))])?;
    }
    Ok((all, failed))
}

/// The id of a job that was submitted.
fn sbatch(script: &str, options: &[String]) -> Result<String, LaunchError> {
    let start = |error| LaunchError::Start { program: "sbatch", error };
    let mut command = Command::new("sbatch");
    command.arg("--parsable").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).map_err(start)?;
    }
    let output = child.wait_with_output().map_err(start)?;
    let said = String::from_utf8_lossy(&output.stdout);
    // `id` or `id;cluster`.
    let job = said.trim().split(';').next().unwrap_or_default().to_string();
    if !output.status.success() || job.is_empty() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(LaunchError::Refused(why.trim().replace("sbatch: error: ", "")));
    }
    Ok(job)
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn words(flags: &[OsString]) -> String {
    flags.iter().map(|flag| quoted(&flag.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn text<'a>(settings: &'a Settings, key: &str) -> &'a str {
    settings.get(key).and_then(|value| value.as_str()).unwrap_or_default()
}

fn number(settings: &Settings, key: &str) -> u64 {
    settings.get(key).and_then(serde_json::Value::as_u64).unwrap_or_default()
}

fn texts<'a>(settings: &'a Settings, key: &str) -> impl Iterator<Item = &'a str> {
    settings.get(key).and_then(|value| value.as_array()).into_iter().flatten().filter_map(|value| value.as_str())
}

/// What both scripts ask of the cluster.
fn asked(prepared: &Prepared) -> Vec<String> {
    let settings = &prepared.slurm.settings;
    let mut asked = vec![format!("--job-name={}", quoted(&format!("ablate-{}", prepared.experiment)))];
    for key in ["partition", "account"] {
        let value = text(settings, key);
        asked.extend((!value.is_empty()).then(|| format!("--{key}={}", quoted(value))));
    }
    asked.extend(texts(settings, "options").map(str::to_string));
    asked
}

fn head(asked: &[String]) -> String {
    let lines: String = asked.iter().map(|option| format!("#SBATCH {option}\n")).collect();
    format!("#!/bin/bash\n{lines}")
}

/// What comes before the program.
fn before(prepared: &Prepared, script: &Script<'_>) -> String {
    let settings = &prepared.slurm.settings;
    let modules: Vec<String> = texts(settings, "modules").map(quoted).collect();
    let load = if modules.is_empty() { String::new() } else { format!("module load {}\n", modules.join(" ")) };
    let lines: String = texts(settings, "lines").map(|line| format!("{line}\n")).collect();
    format!("{load}{lines}cd {} || exit 1\n", quoted(&script.here.to_string_lossy()))
}

/// The script of an array.
fn array(prepared: &Prepared, script: &Script<'_>, cells: &[(usize, String)], logs: &Path) -> String {
    let settings = &prepared.slurm.settings;
    let at_once = match number(settings, "tasks") {
        0 => String::new(),
        n => format!("%{n}"),
    };
    let mut asked = asked(prepared);
    asked.extend([
        format!("--array=0-{}{at_once}", cells.len() - 1),
        format!("--output={}", quoted(&logs.join("%A-%a.log").to_string_lossy())),
        "--open-mode=append".into(),
        "--requeue".into(),
        format!("--signal=B:USR1@{}", number(settings, "grace")),
        "--nodes=1".into(),
        "--ntasks=1".into(),
        format!("--cpus-per-task={}", number(settings, "cpus")),
        format!("--mem={}", text(settings, "memory")),
    ]);
    let time = text(settings, "time");
    asked.extend((!time.is_empty()).then(|| format!("--time={time}")));
    asked.extend((number(settings, "gpus") > 0).then(|| format!("--gres=gpu:{}", number(settings, "gpus"))));
    let list: String = cells.iter().map(|(number, hash)| format!("  '{number} {hash}'\n")).collect();
    let again = if script.again { " --again" } else { "" };
    // As many threads as the task has cores, unless the user said how many.
    let told = prepared.cells.iter().any(|cell| cell.plan.run.threads.is_some());
    let threads = if told { "" } else { " --threads \"$SLURM_CPUS_PER_TASK\"" };
    format!(
        "{}\n# Number and identity of each task's cell.\ncells=(\n{list})\n{}\
         read -r number hash <<< \"${{cells[$SLURM_ARRAY_TASK_ID]}}\"\n\
         {} cell {} \"$number\" \"$hash\" --of {}{again} {}{threads} &\n{WATCH}",
        head(&asked),
        before(prepared, script),
        quoted(&script.program.to_string_lossy()),
        quoted(&script.file.to_string_lossy()),
        prepared.cells.len(),
        words(&script.flags),
    )
}

/// What a task does beside its cell. Slurm's TERM reaches the cell by itself; a second one would end it unsaved.
const WATCH: &str = "\
cell=$!
late=
trap 'late=1; kill -TERM \"$cell\" 2>/dev/null' USR1
trap : TERM
wait \"$cell\"; code=$?
# A signal ends the first wait before the cell has saved itself.
while [ \"$code\" -gt 128 ] && kill -0 \"$cell\" 2>/dev/null; do wait \"$cell\"; code=$?; done
[ -n \"$late\" ] && { wait \"$cell\"; code=$?; }
task=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}
if [ -n \"$late\" ] && [ \"$code\" -eq 130 ]; then
  echo \"out of time: saved, and back into the queue\"
  scontrol requeue \"$task\"
elif [ \"$code\" -gt 130 ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt 3 ]; then
  echo \"the cell's process died of signal $((code - 128)): back into the queue\"
  scontrol requeue \"$task\"
fi
exit \"$code\"
";

/// The script that draws the page.
fn page(prepared: &Prepared, script: &Script<'_>, logs: &Path) -> String {
    let mut asked = asked(prepared);
    asked.extend([format!("--output={}", quoted(&logs.join("page.log").to_string_lossy())), "--time=01:00:00".into()]);
    format!(
        "{}{}exec {} report {} {}\n",
        head(&asked),
        before(prepared, script),
        quoted(&script.program.to_string_lossy()),
        quoted(&script.file.to_string_lossy()),
        words(&script.flags),
    )
}

/// What the queue says of the cells of a study: `job 4242_3 pending (Resources)`, by hash. Empty where nothing was
/// submitted, or where no `squeue` answers.
pub fn queue(folder: &Path) -> BTreeMap<String, String> {
    let tasks = tasks(&folder.join("slurm"));
    if tasks.is_empty() {
        return BTreeMap::new();
    }
    let asked = ["--me", "--array", "--noheader", "--format=%F|%K|%T|%r"];
    let output = Command::new("squeue").args(asked).stderr(Stdio::null()).output();
    let said = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    said.lines().filter_map(|line| queued(line, &tasks)).collect()
}

fn queued(line: &str, tasks: &BTreeMap<String, Vec<String>>) -> Option<(String, String)> {
    let mut fields = line.trim().split('|');
    let (job, task, state, reason) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let hash = tasks.get(job)?.get(task.parse::<usize>().ok()?)?;
    let why = if matches!(reason, "None" | "") { String::new() } else { format!(" ({reason})") };
    Some((hash.clone(), format!("job {job}_{task} {}{why}", state.to_lowercase())))
}

/// Hashes of the tasks of each job, as its script lists them.
fn tasks(scripts: &Path) -> BTreeMap<String, Vec<String>> {
    let files = std::fs::read_dir(scripts).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |path: PathBuf| {
        let job = path.file_name()?.to_str()?.strip_suffix(".sh")?.to_string();
        let text = std::fs::read_to_string(&path).ok()?;
        let list = text.split_once("cells=(\n")?.1.split_once(")\n")?.0;
        let hash = |line: &str| Some(line.trim().trim_matches('\'').split_once(' ')?.1.to_string());
        Some((job, list.lines().filter_map(hash).collect()))
    };
    files.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_quotes() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(words(&["--set".into(), "title=\"a b\"".into()]), "'--set' 'title=\"a b\"'");
    }

    #[test]
    fn tasks_are_found_in_their_scripts_and_the_queue() {
        let folder = std::env::temp_dir().join(format!("ablate-slurm-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("42.sh"), "#!/bin/bash\ncells=(\n  '0 aaaa'\n  '7 bbbb'\n)\nread\n").unwrap();
        std::fs::write(folder.join("42-0.log"), "cells=(\n'1 cccc'\n)\n").unwrap();
        let tasks = tasks(&folder);
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(tasks, BTreeMap::from([("42".to_string(), vec!["aaaa".to_string(), "bbbb".to_string()])]));
        let said = queued("42|1|PENDING|Resources", &tasks).unwrap();
        assert_eq!(said, ("bbbb".into(), "job 42_1 pending (Resources)".into()));
        assert_eq!(queued("42|0|RUNNING|None", &tasks).unwrap().1, "job 42_0 running");
        assert_eq!(queued("43|0|RUNNING|None", &tasks), None);
    }
}
