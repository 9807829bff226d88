//! Two variants by three seeds with values of single samples in groups: bands, grouped tables, bars, radar, errors, and the
//! paper of it all.

use crate::fixture::{VARIANTS, cell, runs};
use crate::samples::noise;
use ablate::record::*;
use ablate::report::{Kind, Options, PageFiles, Printed, PublishedRow, PublishedTable, write};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const SAMPLES: usize = 42;

/// Values of single samples: `shift` over what the sample has of its own, falling with the yaw; seven samples a group.
fn summary(like: &Summary, shift: f64, seed: u64, variant: u64) -> Summary {
    let scale = if like.mean > 1.0 { 1.0 } else { 0.02 };
    let value = |i: usize| {
        let own = noise(i as u64) + 0.2 * noise(1_000 * (variant + 1) + 100 * seed + i as u64) - (i / 7) as f64 * 0.4;
        like.mean + scale * (shift + own)
    };
    let values: Vec<f64> = (0..SAMPLES).map(value).collect();
    let mean = |some: &[f64]| some.iter().sum::<f64>() / some.len() as f64;
    let std = |some: &[f64]| {
        let (m, n) = (mean(some), some.len() as f64 - 1.0);
        (some.iter().map(|v| (v - m).powi(2)).sum::<f64>() / n).sqrt()
    };
    let group = |g: usize| {
        let some = &values[g * 7..g * 7 + 7];
        let (label, at) = (format!("{} to {}", g * 15, g * 15 + 15), g as f64 * 15.0 + 7.5);
        Group { label, at, mean: mean(some), std: std(some), n: 7, samples: (g * 7..g * 7 + 7).collect() }
    };
    Summary {
        mean: mean(&values),
        std: std(&values),
        n: SAMPLES as u64,
        groups: (0..6).map(group).collect(),
        values: values.into_iter().map(Some).collect(),
    }
}

fn plan(title: &str) -> ReportPlan {
    let figure = |name: &str, component: &str, settings: serde_json::Value| FigurePlan {
        name: name.into(),
        component: component.into(),
        settings: settings.as_object().unwrap().clone(),
    };
    let all = ["completion.ssim", "completion.psnr", "missing.psnr", "missing.l1"];
    let table = |name: &str, columns: &[&str], across: &str| TablePlan {
        name: name.into(),
        caption: format!("{title}, `{name}`"),
        columns: columns.iter().map(|c| c.to_string()).collect(),
        rows: "variant".into(),
        across: across.into(),
        published: vec!["na2020/table-1".into()],
    };
    ReportPlan {
        title: title.into(),
        question: format!("Is {title} better?"),
        paper: "na2020".into(),
        tables: vec![table("quality", &all, ""), table("by-yaw", &["missing.psnr"], "group")],
        figures: vec![
            figure("losses", "loss-curves", json!({})),
            figure("curves", "metric-curves", json!({ "columns": ["missing.psnr"], "spread": "interval" })),
            figure("by-yaw", "lines-by-group", json!({ "metric": "missing.psnr", "spread": "range" })),
            figure("bars", "bars", json!({ "columns": all, "across": "" })),
            figure("bars-by-yaw", "bars", json!({ "columns": ["missing.psnr"], "across": "group" })),
            figure("radar", "radar", json!({ "columns": all })),
            figure("errors", "ced", json!({ "evaluation": "missing" })),
            figure("cost", "scatter", json!({ "x": "cost.macs", "y": "missing.psnr" })),
            figure(
                "samples",
                "sample-grid",
                json!({
                    "show": ["pairs.incomplete", "pairs.complete", "generator.intermediate", "generator.completed"],
                    "pick": { "near": { "value": "pairs.yaw", "at": [0, 60] } }, "count": 4, "error": false
                }),
            ),
        ],
    }
}

fn study(name: &str, title: &str, variants: [&str; 2]) -> (PathBuf, PathBuf) {
    let runs = runs(name);
    let mut cells = vec![];
    for ((variant, _, better), called) in VARIANTS.into_iter().zip(variants) {
        for seed in 0..3u64 {
            let hash = format!("{variant}-{seed}");
            let dir = cell_dir(&runs, &hash);
            cell(&dir, variant, better);
            let text = std::fs::read_to_string(dir.join("status.json")).unwrap();
            let mut status: Status = serde_json::from_str(&text).unwrap();
            let shift = 0.4 * better + 0.05 * seed as f64;
            for (column, value) in &mut status.test {
                let way = if column.ends_with("l1") { -1.0 } else { 1.0 };
                *value = summary(value, way * shift, seed, better as u64);
            }
            write_json(&dir.join("status.json"), &Status { seed, ..status }).unwrap();
            let (variant, title, baseline) = (variant.into(), called.into(), better == 0.0);
            cells.push(CellEntry { variant, title, seed, hash, baseline, ..CellEntry::default() });
        }
    }
    let dir = runs.join("seeds");
    let cells = Cells { experiment: "seeds".into(), report: plan(title), cells, ..Cells::default() };
    write_json(&dir.join("cells.json"), &cells).unwrap();
    (dir, runs)
}

fn options() -> Options {
    let printed = |value, decimals| (Printed { value, decimals }, None);
    let row = |label: &str, psnr| PublishedRow {
        label: label.into(),
        values: BTreeMap::from([("completion.psnr".to_string(), psnr)]),
    };
    let table = PublishedTable {
        key: "na2020/table-1".into(),
        source: "Na et al. (2020). Faces & <maps> of 100 %".into(),
        place: "Table 1".into(),
        data: "Multi-PIE".into(),
        rows: vec![row("UV-GAN", printed(13.67, 2)), row("[Ours]_v2", printed(15.9, 3))],
    };
    Options { published: vec![table], paper: "Na et al. (2020). Faces & <maps> of 100 %".into() }
}

fn drawn(name: &str) -> (PageFiles, PathBuf) {
    let (dir, runs) = study(name, "Seeds", ["UV-GAN", "Attention ResCUNet-GAN"]);
    let files = write(&dir, &runs, &options()).unwrap();
    assert_eq!(files.notes, Vec::<String>::new());
    (files, dir)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn groups_stand_across_a_table_and_are_tested_as_columns() {
    let (files, dir) = drawn("groups");
    let table = files.results.iter().find(|t| t.name == "by-yaw").unwrap();
    let labels: Vec<&str> = table.heads.iter().map(|h| h.label.as_str()).collect();
    assert_eq!(labels, ["0–15", "15–30", "30–45", "45–60", "60–75", "75–90", "all"]);
    assert!(table.heads.iter().all(|h| h.above == "missing PSNR (dB) ↑, by yaw (degrees)"));
    let better = table.rows.iter().find(|r| r.label == "Attention ResCUNet-GAN").unwrap();
    let first = better.values[0].unwrap();
    let seeds: Vec<f64> = (0..3)
        .map(|seed| {
            let path = cell_dir(dir.parent().unwrap(), &format!("attention-res-cunet-{seed}")).join("status.json");
            let status: Status = serde_json::from_str(&text(&path)).unwrap();
            status.test["missing.psnr"].groups[0].mean
        })
        .collect();
    assert!((first.mean - seeds.iter().sum::<f64>() / 3.0).abs() < 1e-9 && first.n == 3);
    assert!(better.values[6].unwrap().best && better.values[6].unwrap().differs, "the whole is significantly better");
    // Exact ranks of seven samples go down to p = 1/64, which Holm's correction of seven columns does not leave below 0.05.
    assert!(!first.best && !first.differs, "seven samples of a group show nothing after the correction");
    assert!(table.rows.iter().all(|r| r.kind != Kind::Published));
    assert!(table.notes.contains(&"Table 1 of `na2020` has none of these columns.".to_string()), "{:?}", table.notes);
    let csv = text(&dir.join("tables/by-yaw.csv"));
    assert!(csv.starts_with("kind,variant,missing.psnr@0 to 15,missing.psnr@0 to 15 std"), "{csv}");
    let tex = text(&dir.join("tables/by-yaw.tex"));
    assert!(tex.contains(r"\multicolumn{7}{c}{missing PSNR (dB) $\uparrow$, by yaw (degrees)}"), "{tex}");
    assert!(text(&dir.join("tables/by-yaw-tests.csv")).contains("missing.psnr@75 to 90,Attention ResCUNet-GAN,UV-GAN"));
}

#[test]
fn published_numbers_keep_their_digits_and_their_order() {
    let (files, dir) = drawn("published");
    let rows = &files.results[0].rows;
    let published: Vec<&str> = rows.iter().filter(|r| r.kind == Kind::Published).map(|r| r.label.as_str()).collect();
    assert_eq!(published, ["UV-GAN", "[Ours]_v2"]);
    let tex = text(&dir.join("tables/quality.tex"));
    assert!(tex.contains(r"UV-GAN$^\dagger$~\cite{na2020} &"), "{tex}");
    assert!(tex.contains("& 13.67\\phantom{0}\\phantom{~\\,$\\pm$~"), "{tex}");
    assert!(tex.contains("& 15.900\\phantom{~\\,$\\pm$~"), "{tex}");
    // A row that began with a bracket would be read as the length of the row before it.
    assert!(tex.contains("    {[}Ours{]}\\_v2$^\\dagger$"), "{tex}");
}

#[test]
fn seeds_are_drawn_as_bands_that_the_captions_explain() {
    let (files, dir) = drawn("bands");
    let svg = |name: &str| text(&dir.join("figures").join(format!("{name}.svg")));
    for name in ["losses-uv-gan", "curves", "by-yaw"] {
        assert!(svg(name).contains("fill-opacity=\"0.16\""), "{name} has no band");
    }
    let page = text(&files.index);
    for said in [
        "mean of 3 seeds",
        "Bands: the 95% interval of the mean over seeds (Student&#39;s t).",
        "PSNR, missing by yaw on the test split. Means over seeds; bands and whiskers: from the smallest to the largest",
        "picked nearest to 0 and 60 by <code>pairs.yaw</code>",
        "those of all seeds together",
        "PSNR, missing against MACs, all networks on the test split",
    ] {
        assert!(page.contains(said), "the page lacks `{said}`");
    }
    // Six groups, two rows and two baselines, the rows with whiskers of three lines each.
    let bars = svg("bars-by-yaw");
    assert_eq!(bars.matches("#1f2328\" stroke-width=\"1.2\"").count(), 6 * 2 * 3);
    assert_eq!(svg("radar").matches("fill-opacity=\"0.07\"").count(), 2);
    assert!(
        svg("samples").contains(">Attention ResCUNet-GAN</text>")
            && svg("samples").matches(">incomplete<").count() == 1
    );
}

/// Everything that means something to TeX, in every name that a user gives.
#[test]
fn the_paper_compiles() {
    let nasty = "100 % of $x_1$ & {b} #2 ~ ^ \\frac \"q\" <s> | `c_d` λ ± é 中 – [z] *w* a--b";
    let (dir, runs) = study("paper", nasty, ["[UV]_GAN & 5% \\x", "*Ours* #1 ^2 ~ {z} ü"]);
    let files = write(&dir, &runs, &options()).unwrap();
    let tex = text(&files.paper);
    for said in [
        r"\title{100 \% of \$x\_1\$ \& \{b\} \#2",
        r"\input{tables/quality}",
        r"\input{tables/by-yaw}",
        r"\input{tables/quality-tests}",
        r"\bibitem{na2020} Na et al. (2020). Faces \& \textless{}maps\textgreater{} of 100 \%.",
        "{figures/bars-by-yaw}",
    ] {
        assert!(tex.contains(said), "paper.tex lacks `{said}`");
    }
    let latex = || {
        let mut command = Command::new("pdflatex");
        command.args(["-interaction=nonstopmode", "-halt-on-error", "paper.tex"]).current_dir(&dir).output()
    };
    let Ok(first) = latex() else { return eprintln!("skipped: no pdflatex here") };
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stdout));
    latex().unwrap();
    let log = String::from_utf8_lossy(&std::fs::read(dir.join("paper.log")).unwrap()).into_owned();
    assert!(!log.contains("undefined") && !log.contains("Missing character"), "{log}");
    let wide = log.lines().filter_map(|l| l.strip_prefix("Overfull \\hbox (")?.split("pt").next()?.parse::<f64>().ok());
    assert!(wide.clone().all(|points| points < 5.0), "too wide by {:?} points", wide.collect::<Vec<_>>());
    let Ok(read) = Command::new("pdftotext").args(["-layout", "paper.pdf", "-"]).current_dir(&dir).output() else {
        return eprintln!("skipped in part: no pdftotext here");
    };
    let read = String::from_utf8_lossy(&read.stdout).into_owned();
    // pdflatex sets an underscore as a rule.
    for said in ["GAN & 5% \\x", "*Ours* #1", "{z}", "Na et al. (2020)", "[U+4E2D]", "a--b"] {
        assert!(read.contains(said), "the PDF lacks `{said}`:\n{read}");
    }
}

/// The article without TeX: as many pages, the same words, the same bytes when it is drawn again.
#[cfg(feature = "pdf")]
#[test]
fn the_pdf_is_set_here() {
    let nasty = "100 % of $x_1$ & {b} #2 ~ ^ \\frac \"q\" <s> | `c_d` λ ± é – [z] *w* a--b #let x = @y";
    let (dir, runs) = study("pdf", nasty, ["[UV]_GAN & 5% \\x", "*Ours* #1 ^2 ~ {z} ü"]);
    write(&dir, &runs, &options()).unwrap();
    let bytes = std::fs::read(dir.join("report.pdf")).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.") && dir.join("figures/radar.pdf").exists());
    write(&dir, &runs, &options()).unwrap();
    assert!(bytes == std::fs::read(dir.join("report.pdf")).unwrap(), "report.pdf changed");
    let Ok(read) = Command::new("pdftotext").args(["-layout", "report.pdf", "-"]).current_dir(&dir).output() else {
        return eprintln!("skipped in part: no pdftotext here");
    };
    let read = String::from_utf8_lossy(&read.stdout).into_owned();
    let pages = read.matches('\u{c}').count();
    assert!((4..=14).contains(&pages), "{pages} pages");
    for said in [
        "[UV]_GAN & 5% \\x",
        "*Ours* #1 ^2 ~ {z} ü",
        "$x_1$ & {b} #2",
        "#let x = @y",
        "† [1]",
        "[1] Na et al. (2020). Faces & <maps> of 100 %.",
        "missing PSNR (dB) ↑, by yaw (degrees)",
        "Table 1",
        "Figure 1",
    ] {
        assert!(read.contains(said), "the PDF lacks `{said}`:\n{read}");
    }
}
