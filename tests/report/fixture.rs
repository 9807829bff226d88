//! A study that was never run: two variants with curves, evaluations by yaw and samples drawn by formula.

use super::samples::{noise, samples};
use ablate::record::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Fresh `runs` folder for one test.
pub fn runs(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

pub const VARIANTS: [(&str, &str, f64); 2] =
    [("uv-gan", "UV-GAN", 0.0), ("attention-res-cunet", "Attention ResCUNet-GAN", 1.0)];
const STEPS: u64 = 300;

/// The whole study: both variants done. Gives the folder of the study.
pub fn study(runs: &Path) -> PathBuf {
    let cells = VARIANTS.map(|(variant, title, _)| CellEntry {
        variant: variant.into(),
        title: title.into(),
        axes: BTreeMap::new(),
        seed: 0,
        hash: format!("{variant}-0"),
        baseline: variant == "uv-gan",
    });
    for (variant, _, better) in VARIANTS {
        cell(&cell_dir(runs, &format!("{variant}-0")), variant, better);
    }
    write_study(runs, cells.to_vec())
}

pub fn write_study(runs: &Path, cells: Vec<CellEntry>) -> PathBuf {
    let dir = runs.join("quickstart");
    let cells = Cells {
        experiment: "quickstart".into(),
        report: plan(),
        baseline: "uv-gan".into(),
        cells,
        ..Default::default()
    };
    write_json(&dir.join("cells.json"), &cells).unwrap();
    dir
}

fn plan() -> ReportPlan {
    let figure = |name: &str, component: &str, settings: serde_json::Value| FigurePlan {
        name: name.into(),
        component: component.into(),
        settings: settings.as_object().unwrap().clone(),
    };
    let show = ["pairs.incomplete", "generator.intermediate", "generator.completed", "pairs.complete"];
    ReportPlan {
        title: "Quick start: two generators on synthetic faces".into(),
        question: "Do coupled, gated U-Nets complete a face better than a plain one, after a few minutes on a CPU?"
            .into(),
        paper: "na2020".into(),
        tables: vec![TablePlan {
            name: "quality".into(),
            caption: "UV completion on the test identities.".into(),
            columns: ["completion.ssim", "completion.psnr", "missing.psnr", "missing.l1", "cost.parameters"]
                .map(String::from)
                .into(),
            rows: "variant".into(),
            across: String::new(),
            published: vec!["na2020/table-1".into()],
        }],
        figures: vec![
            figure("losses", "loss-curves", json!({})),
            figure("quality", "metric-curves", json!({ "columns": ["missing.psnr", "completion.ssim"] })),
            figure("by-yaw", "lines-by-group", json!({ "metric": "missing.psnr" })),
            figure("samples", "sample-grid", json!({ "show": show, "pick": "random", "count": 4, "error": false })),
            figure(
                "worst",
                "sample-grid",
                json!({ "show": [show[0], show[2], show[3]], "pick": { "worst": "missing.psnr" }, "count": 3, "error": true }),
            ),
            figure(
                "attention",
                "attention-overlay",
                json!({ "image": "pairs.incomplete", "map": "generator.attention[-1]", "pick": "random", "count": 3 }),
            ),
            figure("cost", "scatter", json!({ "x": "cost.macs", "y": "missing.psnr" })),
            figure("opened", "graph", json!({ "node": "generator" })),
        ],
    }
}

fn columns() -> Vec<Column> {
    let column = |name: &str, label: &str, unit: &str, higher, decimals| Column {
        name: name.into(),
        label: label.into(),
        unit: unit.into(),
        higher_is_better: Some(higher),
        decimals,
        group: "yaw (degrees)".into(),
    };
    vec![
        column("completion.ssim", "SSIM", "", true, 3),
        column("completion.psnr", "PSNR", "dB", true, 2),
        column("missing.psnr", "PSNR", "dB", true, 2),
        column("missing.l1", "L1", "", false, 4),
    ]
}

fn summaries(level: f64, seed: u64) -> BTreeMap<String, Summary> {
    let start = [
        ("completion.ssim", 0.55, 0.06, 0.04),
        ("completion.psnr", 17.0, 1.6, 1.4),
        ("missing.psnr", 14.0, 1.4, 1.8),
        ("missing.l1", 0.21, -0.03, 0.02),
    ];
    let mut all = BTreeMap::new();
    for (i, (name, base, slope, std)) in start.into_iter().enumerate() {
        let mean = base + slope * level + std * 0.06 * noise(seed * 31 + i as u64);
        let group = |g: usize| Group {
            label: format!("{} to {}", g * 15, g * 15 + 15),
            at: g as f64 * 15.0 + 7.5,
            mean: mean + slope * (1.2 - g as f64 * (0.55 - 0.06 * level)) + std * 0.1 * noise(seed + g as u64),
            std: std * (0.7 + 0.08 * g as f64),
            n: 7,
            samples: vec![],
        };
        let summary =
            Summary { mean, std, n: if i > 1 { 38 } else { 40 }, values: vec![], groups: (0..6).map(group).collect() };
        all.insert(name.to_string(), summary);
    }
    all
}

/// One finished cell.
pub fn cell(dir: &Path, variant: &str, better: f64) {
    let title = VARIANTS.iter().find(|v| v.0 == variant).map_or(variant, |v| v.1);
    let seed = if better > 0.5 { 7_000 } else { 100 };
    let mut log = EventLog::open(dir).unwrap();
    for step in (2..=STEPS).step_by(2) {
        log.append(&Event::Step(step_record(step, better, seed))).unwrap();
        if step % 50 == 0 {
            let level = (1.0 + better * 0.4) * (1.0 - (-(step as f64) / 110.0).exp()) * 2.2;
            let evaluation = EvaluationRecord {
                stage: "completion".into(),
                step,
                total_step: step,
                split: "validation".into(),
                columns: summaries(level, step + seed),
                baselines: BTreeMap::new(),
                seconds: 0.8,
                selected: false,
            };
            log.append(&Event::Evaluation(evaluation)).unwrap();
        }
    }
    let baselines =
        BTreeMap::from([("mean colour".to_string(), summaries(-1.2, 3)), ("mirror".to_string(), summaries(-0.3, 4))]);
    let status = Status {
        state: State::Done,
        experiment: "quickstart".into(),
        variant: variant.into(),
        seed: 0,
        hash: format!("{variant}-0"),
        error: None,
        seconds: 97.0 + 31.0 * better,
        peak_memory_bytes: 612 << 20,
        total_steps: STEPS,
        selected_step: Some(if better > 0.5 { 300 } else { 250 }),
        columns: columns(),
        test: summaries(2.1 + 0.7 * better, 5 + seed),
        baselines,
        ..Default::default()
    };
    write_json(&dir.join("status.json"), &status).unwrap();
    let environment = Environment {
        version: "0.1.0".into(),
        commit: "1f95ae5".into(),
        device: "cpu".into(),
        cpu: "AMD EPYC 9R14".into(),
        cores: 2,
        threads: 2,
        memory_bytes: 8 << 30,
        os: "Linux 6.1".into(),
        command: "ablate run experiments/quickstart.toml".into(),
        started: "2026-01-02T03:04:05Z".into(),
        crates: BTreeMap::from([("dfdx".into(), "0.13.0".into()), ("gemm".into(), "0.19.0".into())]),
        data: String::new(),
        weights: Vec::new(),
    };
    write_json(&dir.join("environment.json"), &environment).unwrap();
    write_json(&dir.join("summary.json"), &model(better > 0.5)).unwrap();
    write_config(dir, &config(variant)).unwrap();
    samples(dir, title, better);
}

fn step_record(step: u64, better: f64, seed: u64) -> StepRecord {
    let t = step as f64 / 90.0;
    let n = |k: u64| noise(seed + step * 16 + k);
    let term = |raw: f64, weight: f64| Term { raw, weighted: raw * weight };
    let reconstruction = (0.55 * (-t).exp() + 0.12 - 0.03 * better) * (1.0 + 0.12 * n(1));
    let generator = BTreeMap::from([
        ("reconstruction".to_string(), term(reconstruction, 1.0)),
        ("global".to_string(), term(0.7 + 0.5 * (1.0 - (-t).exp()) + 0.25 * n(2), 0.01)),
        ("local".to_string(), term(0.72 + 0.35 * (1.0 - (-t).exp()) + 0.2 * n(3), 0.01)),
        ("smoothness".to_string(), term(0.02 * (0.4 + (-t).exp()) * (1.0 + 0.2 * n(4)), 0.1)),
    ]);
    let discriminator = BTreeMap::from([
        ("global".to_string(), term(1.38 - 0.5 * (1.0 - (-t).exp()) + 0.2 * n(5), 1.0)),
        ("local".to_string(), term(1.38 - 0.35 * (1.0 - (-t).exp()) + 0.18 * n(6), 1.0)),
    ]);
    let update = |seconds, terms| UpdateRecord { learning_rate: 2e-4, seconds, gradient_norm: 1.0, terms };
    StepRecord {
        stage: "completion".into(),
        step,
        total_step: step,
        epoch: step as f64 / 50.0,
        updates: BTreeMap::from([
            ("discriminators".to_string(), update(0.061, discriminator)),
            ("generator".to_string(), update(0.158 + 0.09 * better, generator)),
        ]),
        loading_seconds: 0.004,
        step_seconds: 0.241 + 0.09 * better,
    }
}

fn config(variant: &str) -> Vec<Provenance> {
    let value = |key: &str, value: &str, origin: &str| Provenance {
        key: key.into(),
        value: value.into(),
        origin: origin.into(),
    };
    let attention = variant == "attention-res-cunet";
    let mut all = vec![
        value("datasets.pairs.size", "64", "experiments/base/small-64.toml:4"),
        value("datasets.pairs.use", "\"synthetic-uv\"", "experiments/base/uv-completion.toml:21"),
        value("losses.reconstruction.weight", "1.0", "default"),
        value(
            "nodes.generator.encoder.use",
            if attention { "\"resnet18\"" } else { "\"pix2pix\"" },
            "experiments/quickstart.toml:21",
        ),
        value(
            "nodes.generator.use",
            if attention { "\"generator/coupled-unet\"" } else { "\"generator/uv-gan\"" },
            "experiments/uv-completion/x.toml:7",
        ),
        value("run.seed", "0", "default"),
        value("stages.completion.length", "\"300 steps\"", "experiments/quickstart.toml:15"),
    ];
    if attention {
        all.push(value(
            "nodes.generator.gate.use",
            "\"attention-gate\"",
            "experiments/uv-completion/attention-res-cunet-gan.toml:9",
        ));
    }
    all
}

fn model(attention: bool) -> ModelSummary {
    let mut nodes = Vec::new();
    let mut add = |path: &str, component: &str, output: &str, parameters: u64, macs: u64, inputs: &[&str]| {
        nodes.push(NodeSummary {
            path: path.into(),
            component: component.into(),
            outputs: vec![output.into()],
            parameters,
            macs,
            activation_bytes: 65_536,
            inputs: inputs.iter().map(|i| i.to_string()).collect(),
        });
    };
    add("generator/encoder-1/stem", "block/conv", "16x32x32", 2_352, 2_408_448, &["pairs.incomplete"]);
    add("generator/encoder-1/stage-4", "block/residual", "128x4x4", 698_000, 12_400_000, &["generator/encoder-1/stem"]);
    add(
        "generator/decoder-1[0]/up",
        "block/conv-transpose",
        "64x8x8",
        131_072,
        8_388_608,
        &["generator/encoder-1/stage-4"],
    );
    if attention {
        add(
            "generator/decoder-1[0]/gate",
            "gate/attention-gate",
            "64x8x8",
            6_224,
            398_336,
            &["generator/encoder-1/stem", "generator/decoder-1[0]/up"],
        );
    }
    add(
        "generator/decoder-1[1]/up",
        "block/conv-transpose",
        "32x16x16",
        65_536,
        16_777_216,
        &["generator/decoder-1[0]/up", "generator/encoder-1/stem"],
    );
    add("generator/head/conv", "block/conv", "3x64x64", 867, 3_538_944, &["generator/decoder-1[1]/up"]);
    if attention {
        add("generator/encoder-2/stem", "block/conv", "16x32x32", 2_352, 2_408_448, &["generator/head/conv"]);
        add(
            "generator/decoder-2[0]/fuse",
            "fusion/fast-normalized",
            "64x8x8",
            2,
            4_096,
            &["generator/encoder-2/stem", "generator/decoder-1[0]/up"],
        );
        add("generator/head-2/conv", "block/conv", "3x64x64", 867, 3_538_944, &["generator/decoder-2[0]/fuse"]);
    }
    let last = if attention { "generator/head-2/conv" } else { "generator/head/conv" };
    add("face/crop", "operator/crop", "3x32x32", 0, 0, &[last]);
    add("global/net", "discriminator/patch", "1x8x8", 412_000, 9_100_000, &[last]);
    add("local/net", "discriminator/patch", "1x4x4", 412_000, 2_300_000, &["face/crop"]);
    let parameters = nodes.iter().map(|n| n.parameters).sum();
    let macs = nodes.iter().map(|n| n.macs).sum();
    let activation_bytes = nodes.iter().map(|n| n.activation_bytes).sum();
    ModelSummary { nodes, parameters, macs, activation_bytes, ..Default::default() }
}
