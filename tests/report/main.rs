//! Pages from records: what is on them, what is said where something is missing, that drawing twice gives the same bytes.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, which clippy.toml cannot see outside `#[test]`")]
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod answer;
mod browser;
mod compare;
mod fixture;
mod samples;
mod seeds;
mod significance;

use ablate::record::{CellEntry, State, Status, cell_dir, write_atomic, write_json};
use ablate::report::{Options, Printed, PublishedRow, PublishedTable, write};
use std::collections::BTreeMap;
use std::path::Path;

pub fn options() -> Options {
    let printed = |value: f64| {
        let decimals = value.to_string().split_once('.').map_or(0, |(_, rest)| rest.len());
        Printed { value, decimals }
    };
    let row = |label: &str, ssim: f64, psnr: f64| PublishedRow {
        label: label.into(),
        values: BTreeMap::from([
            ("completion.ssim".into(), (printed(ssim), None)),
            ("completion.psnr".into(), (printed(psnr), None)),
        ]),
    };
    let table = PublishedTable {
        key: "na2020/table-1".into(),
        source: "Na et al., 2020".into(),
        place: "Table 1".into(),
        data: "Multi-PIE, test subjects".into(),
        rows: vec![row("UV-GAN", 0.61, 13.67), row("Attention ResCUNet-GAN", 0.685, 15.974)],
    };
    Options {
        published: vec![table],
        paper: "Na et al., “Facial UV map completion for pose-invariant face recognition”, 2020.".into(),
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_study_of_two_variants_fills_the_page() {
    let runs = fixture::runs("whole");
    let files = write(&fixture::study(&runs), &runs, &options()).unwrap();
    assert_eq!(files.notes, Vec::<String>::new());
    let page = text(&files.index);
    for said in [
        "Quick start: two generators on synthetic faces",
        "Do coupled, gated U-Nets",
        "Attention ResCUNet-GAN",
        "mean colour",
        "† Published, not measured here: Na et al., 2020, Table 1, on Multi-PIE, test subjects.",
        "ablate run experiments/quickstart.toml",
        "experiments/base/small-64.toml:4",
        "picked the worst by <code>missing.psnr</code>",
    ] {
        assert!(page.contains(said), "the page lacks `{said}`");
    }
    assert!(!page.contains("src=\"http") && !page.contains("<link"), "the page needs nothing from elsewhere");
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    let figures: Vec<String> = files.figures.iter().map(|p| name(p)).filter(|n| n.ends_with(".svg")).collect();
    assert_eq!(
        figures,
        [
            "losses-uv-gan.svg",
            "losses-attention-rescunet-gan.svg",
            "quality.svg",
            "by-yaw.svg",
            "samples.svg",
            "worst.svg",
            "attention.svg",
            "cost.svg",
            "opened-uv-gan.svg",
            "opened-attention-rescunet-gan.svg",
            "graph-uv-gan.svg",
            "graph-attention-rescunet-gan.svg",
            "time-per-step.svg",
        ]
    );
    assert!(files.tables.iter().chain(&files.figures).all(|p| p.exists()));
    assert_eq!(files.results.len(), 1);
}

#[test]
fn drawing_again_gives_the_same_bytes() {
    let runs = fixture::runs("again");
    let dir = fixture::study(&runs);
    let bytes = || {
        let files = write(&dir, &runs, &options()).unwrap();
        let all = files.tables.iter().chain(&files.figures).chain([&files.index, &files.markdown]);
        all.map(|p| (p.clone(), std::fs::read(p).unwrap())).collect::<Vec<_>>()
    };
    let (first, second) = (bytes(), bytes());
    assert_eq!(first.len(), second.len());
    for (a, b) in first.iter().zip(&second) {
        assert!(a == b, "{} changed", a.0.display());
    }
}

#[test]
fn what_is_missing_is_said() {
    let runs = fixture::runs("missing");
    let entry = |variant: &str, title: &str| CellEntry {
        variant: variant.into(),
        title: title.into(),
        hash: format!("{variant}-0"),
        ..CellEntry::default()
    };
    let cells = vec![
        entry("uv-gan", "UV-GAN"),
        entry("stopped", "Stopped"),
        entry("broken", "Broken"),
        entry("never", "Never started"),
    ];
    fixture::cell(&cell_dir(&runs, "uv-gan-0"), "uv-gan", 0.0);
    std::fs::remove_dir_all(cell_dir(&runs, "uv-gan-0").join("samples")).unwrap();
    for (variant, state, error) in [
        ("stopped", State::Interrupted, None),
        ("broken", State::Failed, Some("`losses.global` is NaN at step 12, first in `generator/head`".to_string())),
    ] {
        let dir = cell_dir(&runs, &format!("{variant}-0"));
        fixture::cell(&dir, variant, 0.0);
        let read: Status = serde_json::from_str(&text(&dir.join("status.json"))).unwrap();
        write_json(&dir.join("status.json"), &Status { state, error, ..read }).unwrap();
        std::fs::remove_dir_all(dir.join("samples")).unwrap();
    }
    let files = write(&fixture::write_study(&runs, cells), &runs, &Options::default()).unwrap();
    let page = text(&files.index);
    for said in [
        "Stopped, seed 0: interrupted, can be resumed.",
        "Broken, seed 0: failed (`losses.global` is NaN at step 12, first in `generator/head`).",
        "Never started, seed 0: not started.",
        "Not shown: no samples were written.",
        "The published numbers `na2020/table-1` were not at hand.",
    ] {
        assert!(page.contains(said), "the page lacks `{said}`");
    }
    assert!(files.notes.iter().any(|n| n.contains("`samples`")), "{:?}", files.notes);
    let table = &files.results[0];
    let row = |label: &str| table.rows.iter().find(|r| r.label == label).unwrap();
    assert!(row("UV-GAN").values[0].is_some());
    assert!(row("Broken").values.iter().all(Option::is_none), "a failed cell gives no numbers");
}

#[test]
fn markup_in_a_title_stays_text() {
    let runs = fixture::runs("markup");
    let dir = fixture::study(&runs);
    let cells = text(&dir.join("cells.json"))
        .replace("Quick start", "<script>alert(1)</script> & 5 % _x_")
        .replace("\"UV-GAN\"", "\"UV<b>GAN_1 & co\"");
    write_atomic(&dir.join("cells.json"), cells.as_bytes()).unwrap();
    let files = write(&dir, &runs, &options()).unwrap();
    let page = text(&files.index);
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert") && !page.contains("<b>GAN"));
    assert!(text(&files.markdown).contains("# &lt;script&gt;alert(1)&lt;/script&gt; & 5 % \\_x\\_"));
    let tex = text(files.tables.iter().find(|p| p.extension().is_some_and(|e| e == "tex")).unwrap());
    assert!(tex.contains("UV\\textless{}b\\textgreater{}GAN\\_1 \\& co"), "{tex}");
}

#[test]
fn an_empty_study_and_a_run_without_a_plan_have_a_page() {
    let runs = fixture::runs("empty");
    let files = write(&fixture::write_study(&runs, vec![]), &runs, &Options::default()).unwrap();
    assert!(text(&files.index).contains("no cell was written"));
    let dir = runs.join("single");
    let entry = CellEntry { hash: "uv-gan-0".into(), ..CellEntry::default() };
    fixture::cell(&cell_dir(&runs, "uv-gan-0"), "uv-gan", 0.0);
    let cells = ablate::record::Cells { experiment: "single".into(), cells: vec![entry], ..Default::default() };
    write_json(&dir.join("cells.json"), &cells).unwrap();
    let files = write(&dir, &runs, &Options::default()).unwrap();
    assert_eq!(files.results[0].heads.len(), 4, "all measured columns");
    assert!(text(&files.index).contains("<h1>single</h1>"));
}

#[test]
fn the_figures_that_may_be_named_are_those_that_are_drawn() {
    let catalogue = ablate::components::catalogue();
    let named: Vec<&str> = catalogue.family("figure").map(|e| e.card.name).collect();
    assert_eq!(named, ablate::report::figure_kinds());
}

#[test]
fn the_graph_has_three_languages() {
    let runs = fixture::runs("graph");
    fixture::study(&runs);
    let cell = ablate::record::CellRecord::read(&cell_dir(&runs, "uv-gan-0")).unwrap();
    let summary = cell.summary.unwrap();
    let dot = ablate::report::graph_dot(&summary, "");
    assert!(dot.contains("n0 [label = \"generator\\n3x64x64\\n897.8 k parameters\\n43.51 M MACs\"];"), "{dot}");
    assert!(dot.contains("n0 -> n1;") && dot.starts_with("digraph ablate {"), "{dot}");
    let mermaid = ablate::report::graph_mermaid(&summary, "generator");
    assert!(mermaid.contains("([\"pairs\"])") && mermaid.contains("[\"encoder-1<br>128x4x4"), "{mermaid}");
    assert!(ablate::report::graph_svg(&summary, "", "Graph").contains(">generator</text>"));
    let mut named = summary.clone();
    named.components.insert("generator".into(), "generator/uv-gan".into());
    assert!(ablate::report::graph_svg(&named, "", "Graph").contains(">generator/uv-gan</text>"));
}

/// Two gates by two fusions by three seeds: means over seeds, a column for each fusion.
#[test]
fn axes_make_a_grid_of_means_over_seeds() {
    let runs = fixture::runs("grid");
    fixture::cell(&cell_dir(&runs, "model"), "uv-gan", 0.0);
    let status: Status = serde_json::from_str(&text(&cell_dir(&runs, "model").join("status.json"))).unwrap();
    let mut cells = vec![];
    for (g, gate) in ["none", "attention"].into_iter().enumerate() {
        for (f, fusion) in ["concat", "sum"].into_iter().enumerate() {
            for seed in 0..3 {
                let hash = format!("{gate}-{fusion}-{seed}");
                let axes = BTreeMap::from([
                    ("gate".to_string(), gate.to_string()),
                    ("fusion".to_string(), fusion.to_string()),
                ]);
                cells.push(CellEntry { axes, seed, hash: hash.clone(), ..CellEntry::default() });
                let mut status = Status { seed, ..status.clone() };
                let psnr = status.test.get_mut("missing.psnr").unwrap();
                psnr.mean = 10.0 * (g + 1) as f64 + f as f64 + seed as f64;
                write_json(&cell_dir(&runs, &hash).join("status.json"), &status).unwrap();
            }
        }
    }
    let plan = |rows: &str, across: &str| ablate::record::TablePlan {
        name: format!("by-{rows}"),
        columns: vec!["missing.psnr".into()],
        rows: rows.into(),
        across: across.into(),
        ..Default::default()
    };
    let dir = runs.join("ablation");
    let report =
        ablate::record::ReportPlan { tables: vec![plan("gate", "fusion"), plan("", "")], ..Default::default() };
    let axes = vec!["gate".into(), "fusion".into()];
    let study = ablate::record::Cells { experiment: "ablation".into(), report, axes, cells, ..Default::default() };
    write_json(&dir.join("cells.json"), &study).unwrap();
    let files = write(&dir, &runs, &Options::default()).unwrap();
    let grid = &files.results[0];
    let heads: Vec<&str> = grid.heads.iter().map(|h| h.above.as_str()).collect();
    type Cell = (f64, Option<f64>, u64);
    let ours: Vec<(&str, Vec<Cell>)> = grid
        .rows
        .iter()
        .filter(|r| r.kind == ablate::report::Kind::Ours)
        .map(|r| (r.label.as_str(), r.values.iter().flatten().map(|v| (v.mean, v.std, v.n)).collect()))
        .collect();
    assert_eq!(heads, ["concat", "sum"]);
    // Seeds 0, 1, 2 add as much: the mean is one above, the deviation (n - 1) is 1.
    let at = |mean| (mean, Some(1.0), 3);
    assert_eq!(ours, [("none", vec![at(11.0), at(12.0)]), ("attention", vec![at(21.0), at(22.0)])]);
    let flat: Vec<&str> = files.results[1].rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(flat[..2], ["gate none, fusion concat", "gate none, fusion sum"]);
    assert!(files.results[1].notes[0].contains("over n seeds"), "{:?}", files.results[1].notes);
}
