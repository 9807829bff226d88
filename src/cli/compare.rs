//! `compare`: what differs between runs, in configuration, environment and metrics.

use super::{Common, End, prepared, show};
use crate::graph;
use crate::record::{CellEntry, CellRecord, StudyRecord, cell_dir};
use crate::registry::Catalogue;
use crate::report::compare::{Side, compare as compared};
use crate::terminal::{Terminal, colour_out};
use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};

/// Characters of a line.
const WIDTH: usize = 80;
/// Runs of a list before the rest is counted.
const MOST: usize = 20;

#[derive(Args)]
pub struct CompareArgs {
    /// A cell's folder or the beginning of its hash, a study's folder, or an experiment file; of several variants
    /// `FILE:VARIANT` or `FILE:VARIANT:SEED` (also of a study's folder). A study's folder alone stands for all its
    /// variants, the baseline first
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// For machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub fn compare(args: &CompareArgs, catalogue: &Catalogue, terminal: &Terminal) -> anyhow::Result<End> {
    let mut sides: Vec<Side> = Vec::new();
    for run in &args.runs {
        match sides_of(run, args, catalogue, terminal)? {
            Ok(found) => sides.extend(found),
            Err(end) => return Ok(end),
        }
    }
    if sides.len() < 2 {
        bail!("one run alone cannot be compared; name a second one, or the folder of a study with several variants");
    }
    let found = compared(&sides);
    terminal.print(&if args.json { found.json()? } else { found.text(WIDTH, colour_out()) });
    Ok(End::Done)
}

type Sides = Result<Vec<Side>, End>;

fn sides_of(run: &str, args: &CompareArgs, catalogue: &Catalogue, terminal: &Terminal) -> anyhow::Result<Sides> {
    let runs = args.common.out.clone().unwrap_or_else(|| "runs".into());
    let (path, which) = parted(run, &runs);
    if path.is_file() {
        return of_file(run, &path, &which, args, catalogue, terminal);
    }
    if path.join("cells.json").exists() {
        return Ok(Ok(of_study(run, &path, &which)?));
    }
    if path.join("status.json").exists() || path.join("config.toml").exists() {
        return Ok(Ok(vec![of_cell(run, &path)?]));
    }
    if path.is_dir() {
        bail!("{} is no run: it holds neither `status.json` (a cell) nor `cells.json` (a study)", path.display());
    }
    Ok(Ok(vec![of_cell(run, &by_hash(run, &runs)?)?]))
}

/// Variant and seed after a path.
#[derive(Default)]
struct Which {
    variant: Option<String>,
    seed: Option<u64>,
}

/// `FILE:VARIANT:SEED`: the path ends where something is there; a bare name may be that of a folder under the runs.
fn parted(run: &str, runs: &Path) -> (PathBuf, Which) {
    let there = |text: &str| {
        let own = PathBuf::from(text);
        let named = runs.join(text);
        let study = !text.is_empty() && !own.exists() && named.join("cells.json").exists();
        if study { Some(named) } else { own.exists().then_some(own) }
    };
    if let Some(path) = there(run) {
        return (path, Which::default());
    }
    let ends: Vec<usize> = run.match_indices(':').map(|(i, _)| i).collect();
    for end in ends.into_iter().rev() {
        let Some(path) = there(&run[..end]) else { continue };
        let rest = &run[end + 1..];
        let (variant, seed) = match rest.rsplit_once(':') {
            Some((variant, seed)) if seed.parse::<u64>().is_ok() => (variant, seed.parse().ok()),
            _ => (rest, None),
        };
        return (path, Which { variant: (!variant.is_empty()).then(|| variant.to_owned()), seed });
    }
    (run.into(), Which::default())
}

fn of_cell(run: &str, folder: &Path) -> anyhow::Result<Side> {
    let record = CellRecord::read(folder)?;
    let hash = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let status = record.status.as_ref();
    // A cell that was never started has its configuration alone.
    let seed = || record.config.iter().find(|v| v.key == "run.seed")?.value.parse().ok();
    let (variant, seed) = match status {
        Some(s) => (s.variant.clone(), s.seed),
        None => (String::new(), seed().unwrap_or(0)),
    };
    let entry = CellEntry { variant: variant.clone(), seed, hash, ..CellEntry::default() };
    Ok(Side { name: run.into(), title: variant, cells: vec![(entry, record)] })
}

/// The cell whose hash begins so.
fn by_hash(prefix: &str, runs: &Path) -> anyhow::Result<PathBuf> {
    let folder = runs.join("cells");
    let hex = prefix.len() >= 2 && prefix.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex {
        bail!("{prefix} is no folder, no file, and no beginning of a cell's hash; {}", help(&folder));
    }
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    all.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix.to_lowercase())));
    all.sort();
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!("no cell under {} begins with `{prefix}`; {}", folder.display(), help(&folder)),
        several => {
            let rest = several.len().saturating_sub(MOST);
            let more = if rest > 0 { format!("\n  and {rest} more") } else { String::new() };
            let list: Vec<String> = several.iter().take(MOST).map(|path| format!("\n  {}", described(path))).collect();
            bail!("`{prefix}` is the beginning of {} cells, say more of it:{}{more}", several.len(), list.concat())
        }
    }
}

fn help(folder: &Path) -> String {
    match std::fs::read_dir(folder).into_iter().flatten().count() {
        0 => format!("{} holds no cell; `--out` names another folder of runs", folder.display()),
        n => format!("{} holds {n} cells, and `cells.json` of a study names its own", folder.display()),
    }
}

/// `9a804bfe2796b271  table-1-cpu, UV-GAN, seed 0`.
fn described(folder: &Path) -> String {
    let hash = folder.file_name().unwrap_or_default().to_string_lossy();
    let status = CellRecord::read(folder).ok().and_then(|r| r.status);
    let said = status.map(|s| {
        let variant = if s.variant.is_empty() { String::new() } else { format!(", {}", s.variant) };
        format!("  {}{variant}, seed {}", s.experiment, s.seed)
    });
    format!("{hash}{}", said.unwrap_or_default())
}

/// The variants of a study's folder.
fn of_study(run: &str, folder: &Path, which: &Which) -> anyhow::Result<Vec<Side>> {
    // A report that stands alone has its cells with it.
    let own = folder.join("cells").is_dir();
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let study = StudyRecord::read(folder, if own { folder } else { parent })?;
    let chosen: Vec<_> = study.records.into_iter().filter(|(entry, _)| fits(entry, which)).collect();
    if chosen.is_empty() {
        bail!("no cell of {} fits `{run}`; it has{}", folder.display(), list(&study.cells.cells));
    }
    let mut sides = grouped(run, chosen);
    // The one that the others are compared with comes first.
    sides.sort_by_key(|side| !side.cells.iter().any(|(entry, _)| entry.baseline));
    Ok(sides)
}

/// The cells of an experiment file.
fn of_file(
    run: &str,
    file: &Path,
    which: &Which,
    args: &CompareArgs,
    catalogue: &Catalogue,
    terminal: &Terminal,
) -> anyhow::Result<Sides> {
    let prepared = match prepared(file, &args.common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(Err(show(&problems, terminal))),
    };
    let out = prepared.cells.first().map(|cell| PathBuf::from(&cell.plan.run.out));
    let runs = args.common.out.clone().or(out).unwrap_or_else(|| "runs".into());
    let entries = prepared.index().cells;
    // One entry a cell, in the same order.
    let all = entries.iter().zip(&prepared.cells).filter(|(entry, _)| fits(entry, which));
    let records = all.map(|(entry, cell)| {
        let mut record = CellRecord::read(&cell_dir(&runs, &entry.hash))
            .with_context(|| format!("cannot read a cell of {}", file.display()))?;
        if record.config.is_empty() {
            // What a cell that was never started would be run with.
            record.config = graph::provenance(&cell.plan);
        }
        Ok((entry.clone(), record))
    });
    let chosen = records.collect::<anyhow::Result<Vec<_>>>()?;
    if chosen.is_empty() {
        bail!("no cell of {} fits `{run}`; it has{}", file.display(), list(&entries));
    }
    let sides = grouped(run, chosen);
    if sides.len() > 1 && which.variant.is_none() {
        bail!("{} has several variants, choose with `{}:VARIANT`; it has{}", file.display(), run, list(&entries));
    }
    Ok(Ok(sides))
}

fn fits(entry: &CellEntry, which: &Which) -> bool {
    let labels = || entry.axes.values().map(String::as_str);
    let joined =
        |first: &str| std::iter::once(first).chain(labels()).filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    let named = |wanted: &String| {
        let names = [entry.variant.clone(), entry.title.clone(), joined(&entry.variant), joined(&entry.title)];
        names.contains(wanted)
    };
    which.variant.as_ref().is_none_or(named) && which.seed.is_none_or(|seed| seed == entry.seed)
}

/// Cells that differ only in their seed, together.
fn grouped(run: &str, cells: Vec<(CellEntry, CellRecord)>) -> Vec<Side> {
    let mut all: Vec<Side> = Vec::new();
    for cell in cells {
        let place = |entry: &CellEntry| (entry.variant.clone(), entry.axes.clone());
        match all.iter_mut().find(|side| side.cells.first().is_some_and(|(first, _)| place(first) == place(&cell.0))) {
            Some(side) => side.cells.push(cell),
            None => all.push(Side { name: run.into(), title: title(&cell.0), cells: vec![cell] }),
        }
    }
    all
}

fn title(entry: &CellEntry) -> String {
    let name = if entry.title.is_empty() { &entry.variant } else { &entry.title };
    let axes = entry.axes.iter().map(|(axis, label)| format!("{axis} {label}"));
    std::iter::once(name.clone()).chain(axes).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn list(cells: &[CellEntry]) -> String {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for entry in cells {
        let name = if entry.variant.is_empty() { title(entry) } else { entry.variant.clone() };
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, seeds)) => seeds.push(entry.seed.to_string()),
            None => all.push((name, vec![entry.seed.to_string()])),
        }
    }
    let rest = all.len().saturating_sub(MOST);
    let shown = all.iter().take(MOST).map(|(name, seeds)| {
        let name = if name.is_empty() { String::new() } else { format!("`{name}`, ") };
        format!("\n  {name}seed {}", seeds.join(" "))
    });
    let more = if rest > 0 { format!("\n  and {rest} more") } else { String::new() };
    shown.collect::<String>() + &more
}
