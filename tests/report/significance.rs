//! What is bold, marked and said of differences: five variants by three seeds whose values are made to differ, or not.

use crate::fixture::runs;
use crate::samples::noise;
use ablate::record::*;
use ablate::report::{Kind, Options, PageFiles, Row, Table, write};
use std::collections::BTreeMap;
use std::path::Path;

const SAMPLES: u64 = 30;

/// `shift` dB for each seed over what every variant has of a sample; `spread` dB of its own.
pub fn values(variant: u64, seed: u64, shift: f64, spread: f64) -> Vec<Option<f64>> {
    (0..SAMPLES)
        .map(|i| Some(15.0 + 2.0 * noise(i) + shift + spread * noise(1_000 * (variant + 1) + 100 * seed + i)))
        .collect()
}

pub fn summary(values: Vec<Option<f64>>) -> Summary {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let std = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    Summary { mean, std, n: known.len() as u64, values, groups: vec![] }
}

fn column(name: &str, label: &str, unit: &str, higher: bool) -> Column {
    let (name, label, unit) = (name.into(), label.into(), unit.into());
    Column { name, label, unit, higher_is_better: Some(higher), decimals: 2, ..Column::default() }
}

/// Title and shift of each seed.
const VARIANTS: [(&str, [f64; 3]); 5] = [
    ("Plain", [0.0, 0.1, -0.1]),
    ("Gated", [1.0, 1.1, 0.9]),
    ("Gated, fused", [1.0, 1.1, 0.95]),
    ("Same", [0.0, 0.1, -0.1]),
    // 0.5 more on the whole, by two seeds of three.
    ("Moody", [2.5, 2.5, -3.5]),
];

/// Writes the cells, each changed by `change`, and draws the page.
pub fn study(
    name: &str,
    titles: &[&str],
    seeds: std::ops::Range<u64>,
    change: impl Fn(&str, u64, &mut Status),
) -> PageFiles {
    let runs = runs(name);
    let mut cells = vec![];
    for (v, (title, shifts)) in VARIANTS.iter().enumerate().filter(|(_, v)| titles.contains(&v.0)) {
        for seed in seeds.clone() {
            let v = v as u64;
            let hash = format!("{v}-{seed}");
            let psnr = summary(values(v, seed, shifts[seed as usize], 0.3));
            let l1 = summary(values(v + 10, seed, 0.0, 0.3));
            let mirror = BTreeMap::from([("a.psnr".into(), summary(values(90, 0, -3.0, 0.1)))]);
            let mut status = Status {
                state: State::Done,
                experiment: "ablation".into(),
                variant: title.to_lowercase(),
                seed,
                hash: hash.clone(),
                error: None,
                seconds: 1.0,
                peak_memory_bytes: 1,
                total_steps: 1,
                selected_step: None,
                columns: vec![column("a.psnr", "PSNR", "dB", true), column("a.l1", "L1", "", false)],
                test: BTreeMap::from([("a.psnr".into(), psnr), ("a.l1".into(), l1)]),
                baselines: BTreeMap::from([("mirror".into(), mirror)]),
                ..Default::default()
            };
            change(title, seed, &mut status);
            write_json(&cell_dir(&runs, &hash).join("status.json"), &status).unwrap();
            let (variant, title) = (title.to_lowercase(), (*title).to_owned());
            let baseline = title == "Plain";
            cells.push(CellEntry { variant, title, seed, hash, baseline, ..CellEntry::default() });
        }
    }
    let columns = ["a.psnr", "a.l1", "cost.seconds"].map(String::from).into();
    let plan = TablePlan { name: "quality".into(), columns, ..TablePlan::default() };
    let report = ReportPlan { tables: vec![plan], ..ReportPlan::default() };
    let study = Cells { experiment: "ablation".into(), report, cells, baseline: "plain".into(), ..Default::default() };
    write_json(&runs.join("ablation").join("cells.json"), &study).unwrap();
    write(&runs.join("ablation"), &runs, &Options::default()).unwrap()
}

pub const ALL: [&str; 5] = ["Plain", "Gated", "Gated, fused", "Same", "Moody"];

pub fn as_made(_: &str, _: u64, _: &mut Status) {}

fn ours(table: &Table) -> impl Iterator<Item = &Row> {
    table.rows.iter().filter(|r| r.kind == Kind::Ours)
}

/// Labels of the rows that are bold and that are marked under a head.
fn shown(table: &Table, head: usize) -> (Vec<&str>, Vec<&str>) {
    let of = |wanted: fn(&ablate::report::Value) -> bool| {
        ours(table).filter(move |r| r.values[head].is_some_and(|v| wanted(&v))).map(|r| r.label.as_str()).collect()
    };
    (of(|v| v.best), of(|v| v.differs))
}

pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Rows of `tables/quality-tests.csv` by the name of the column.
fn tests(files: &PageFiles) -> Vec<BTreeMap<String, String>> {
    let path = files.tables.iter().find(|p| p.ends_with("quality-tests.csv")).unwrap();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    rows.map(Result::unwrap).collect()
}

#[test]
fn what_is_significant_is_bold_and_marked_and_the_rest_is_not() {
    let files = study("significant", &ALL, 0..3, as_made);
    let table = &files.results[0];
    assert_eq!(shown(table, 0), (vec!["Gated", "Gated, fused"], vec!["Gated", "Gated, fused"]));
    assert_eq!(shown(table, 1), (vec![], vec![]), "nothing differs under L1");
    assert_eq!(shown(table, 2), (vec![], vec![]), "costs are not tested");
    let notes = table.notes.join("\n");
    for said in [
        "Bold: significantly better than some other row",
        "* Differs significantly from Plain, the baseline.",
        "over the 30 test samples, each averaged over the seeds that both rows share (Holm-corrected over the 20 comparisons",
        "Over 3 seeds alone an exact test cannot give a p below 0.25",
    ] {
        assert!(notes.contains(said), "the notes lack `{said}`:\n{notes}");
    }
    let page = text(&files.index);
    assert!(page.contains("<span class=\"mark\">*</span>") && page.contains("<summary>Paired differences</summary>"));
    let tex = text(files.tables.iter().find(|p| p.ends_with("quality.tex")).unwrap());
    assert!(tex.contains("\\rlap{$^*$}") && tex.contains("\\textbf{"), "{tex}");
    let tex = text(files.tables.iter().find(|p| p.ends_with("quality-tests.tex")).unwrap());
    assert!(tex.contains("a PSNR (dB) & Same & -- & +0.0"), "{tex}");
    assert!(text(&files.markdown).contains("<details><summary>95% intervals of the means</summary>"));
}

#[test]
fn the_tests_are_told_in_numbers() {
    let files = study("numbers", &ALL, 0..3, as_made);
    let tests = tests(&files);
    assert_eq!(tests.len(), 20, "five rows make ten pairs, in two columns");
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().unwrap();
    for row in &tests {
        for key in ["p", "p holm", "p bootstrap", "p seeds t", "p seeds wilcoxon"] {
            assert!((0.0..=1.0).contains(&number(row, key)), "{key} of {row:?}");
        }
        assert!(number(row, "p holm") >= number(row, "p"), "{row:?}");
        assert!(number(row, "low") <= number(row, "difference") && number(row, "difference") <= number(row, "high"));
        assert!(number(row, "p seeds wilcoxon") >= 0.25, "3 seeds cannot do more");
        assert_eq!((row["seeds"].as_str(), row["samples"].as_str(), row["family"].as_str()), ("0 1 2", "30", "20"));
    }
    let of = |row: &str, against: &str| {
        tests.iter().find(|t| t["column"] == "a.psnr" && t["row"] == row && t["against"] == against).unwrap()
    };
    let gated = of("Gated", "Plain");
    assert_eq!((gated["found"].as_str(), gated["role"].as_str()), ("better", "baseline"));
    assert!((number(gated, "difference") - 1.0).abs() < 0.1, "{gated:?}");
    // All ranks are positive, and 30 differences are tested exactly: 2 / 2^30.
    assert!((number(gated, "p") - 2f64.powi(-29)).abs() < 1e-15 && number(gated, "rank biserial") == 1.0, "{gated:?}");
    let moody = of("Moody", "Plain");
    assert!(number(moody, "p holm") < 1e-6 && moody["found"] == "seeds disagree", "{moody:?}");
    assert_eq!(moody["seeds agreeing"], "2");
}

#[test]
fn seeds_of_one_side_are_left_out_and_named() {
    let files = study("lacking", &["Plain", "Gated"], 0..3, |title, seed, status| {
        if title == "Gated" && seed == 1 {
            status.state = State::Failed;
        }
    });
    let notes = files.results[0].notes.join("\n");
    assert!(notes.contains("are left out of their comparison: Gated lacks 1."), "{notes}");
    assert!(notes.contains("Gated, seed 1: failed"), "{notes}");
    assert!(notes.contains("Over 2 seeds alone an exact test cannot give a p below 0.5"), "{notes}");
    let test = &tests(&files)[0];
    assert_eq!((test["seeds"].as_str(), test["seeds of against only"].as_str()), ("0 2", "1"));
    assert_eq!(test["found"], "better");
}

#[test]
fn a_fill_that_learns_nothing_and_is_better_leaves_nothing_bold() {
    let files = study("beaten", &ALL, 0..3, |_, _, status| {
        let mirror = status.baselines.get_mut("mirror").unwrap();
        mirror.insert("a.psnr".into(), summary(values(90, 0, 9.0, 0.1)));
    });
    let table = &files.results[0];
    assert_eq!(shown(table, 0), (vec![], vec!["Gated", "Gated, fused"]));
    assert!(table.notes.join("\n").contains("Nothing is bold under a PSNR (dB): mirror, which learns nothing"));
}

#[test]
fn records_without_values_of_samples_are_not_tested() {
    let files = study("bare", &ALL, 0..3, |_, _, status| {
        status.test.values_mut().for_each(|s| s.values.clear());
    });
    let table = &files.results[0];
    assert!((0..3).all(|h| shown(table, h) == (vec![], vec![])));
    assert!(table.notes.join("\n").contains("the values of single test samples were not kept"), "{:?}", table.notes);
    let tests = tests(&files);
    assert!(tests.iter().all(|t| t["found"] == "not tested" && t["p"].is_empty() && !t["p seeds t"].is_empty()));
}

/// Two variants at two sizes; the baseline is a variant, so each size has its own.
#[test]
fn every_row_is_compared_with_the_baseline_at_its_own_axes() {
    let files = study("axes", &ALL[..4], 0..3, as_made);
    let dir = files.index.parent().unwrap().to_owned();
    let mut cells: Cells = serde_json::from_str(&text(&dir.join("cells.json"))).unwrap();
    // Plain and Gated are the small ones; "Gated, fused" stands for a large plain one, Same for a large gated one.
    cells.axes = vec!["size".into()];
    for entry in &mut cells.cells {
        let (variant, size) = match entry.title.as_str() {
            "Plain" => ("plain", "32"),
            "Gated" => ("gated", "32"),
            "Gated, fused" => ("plain", "64"),
            _ => ("gated", "64"),
        };
        (entry.variant, entry.title, entry.baseline) = (variant.into(), variant.into(), variant == "plain");
        entry.axes.insert("size".into(), size.into());
    }
    cells.report.tables[0].across = "size".into();
    write_json(&dir.join("cells.json"), &cells).unwrap();
    let draw = || write(&dir, dir.parent().unwrap(), &Options::default()).unwrap();
    let files = draw();
    let table = &files.results[0];
    // PSNR at 32: gated is better; at 64 (the fourth head) it is worse than its own plain one.
    assert_eq!(shown(table, 0), (vec!["gated"], vec!["gated"]));
    assert_eq!(shown(table, 3), (vec!["plain"], vec!["gated"]));
    assert!(table.notes.join("\n").contains("* Differs significantly from the baseline with the same labels"));
    let tests = tests(&files);
    let against: Vec<(&str, &str)> = tests.iter().map(|t| (t["row"].as_str(), t["against"].as_str())).collect();
    let pairs = [("gated, size 32", "plain, size 32"), ("gated, size 64", "plain, size 64")];
    assert_eq!(against, [pairs[0], pairs[1], pairs[0], pairs[1]]);
    // Records of before baselines were marked name the one that all are compared with.
    cells.cells.iter_mut().for_each(|entry| entry.baseline = false);
    cells.baseline = "plain, 32".into();
    write_json(&dir.join("cells.json"), &cells).unwrap();
    let notes = draw().results[0].notes.join("\n");
    assert!(notes.contains("* Differs significantly from plain, size 32, the baseline."), "{notes}");
}

#[test]
fn one_seed_one_variant_and_no_baseline_make_sense() {
    let one_seed = study("one-seed", &ALL, 0..1, as_made);
    let notes = one_seed.results[0].notes.join("\n");
    assert!(notes.contains("One seed a row: what another training would give is not tested."), "{notes}");
    assert_eq!(shown(&one_seed.results[0], 0).0, ["Moody"], "in this one seed it is the best");
    let alone = study("alone", &["Gated"], 0..3, as_made);
    let table = &alone.results[0];
    assert_eq!(table.notes, ["Mean ± standard deviation over n seeds (baselines: over n test samples)."]);
    assert_eq!(shown(table, 0), (vec![], vec![]));
    assert!(table.details.tests.is_none() && table.details.intervals.is_some());
    let no_baseline = study("no-baseline", &["Gated", "Same"], 0..3, as_made);
    let table = &no_baseline.results[0];
    assert_eq!(shown(table, 0), (vec!["Gated"], vec![]));
    assert!(!table.notes.join("\n").contains("Differs"), "{:?}", table.notes);
}
