//! Every committed experiment resolves, or fails only on components that do not exist yet.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::components::catalogue;
use ablate::config::{Overrides, load};
use ablate::graph::composite::Composites;
use ablate::graph::plan::Plan;
use ablate::graph::{About, Library, absent_everywhere, resolve, view};
use ablate::run::rehearse;
use ablate::tensor::Cpu;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Errors of all cells of a file, as text, and the plans of those that resolve.
fn plans(file: &str, library: &Library) -> (Vec<Plan>, Vec<String>) {
    plans_with(file, &[], library)
}

fn plans_with(file: &str, settings: &[&str], library: &Library) -> (Vec<Plan>, Vec<String>) {
    let path = Path::new(file);
    let overrides = Overrides::default().with(settings.iter().map(|s| ("--set", *s)));
    let study = load(path, &overrides).unwrap_or_else(|e| panic!("{file}: {}", e[0].render()));
    let mut errors: Vec<String> = study.problems.iter().map(|p| p.render()).collect();
    let mut found = vec![];
    for cell in study.cells().unwrap_or_else(|e| panic!("{file}: {}", e[0].render())) {
        let about = About {
            experiment: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            variant: cell.variant.clone().unwrap_or_default(),
            base: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            axes: cell.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: vec![],
            // As if every run whose weights are asked for were there.
            finished: &|_| Some(PathBuf::from("runs/cells/another")),
        };
        match resolve(&cell.tree, &about, library) {
            Ok((plan, _)) => found.push(plan),
            Err(problems) => errors.extend(problems.iter().map(|p| p.render())),
        }
    }
    errors.extend(absent_everywhere(&found.iter().collect::<Vec<_>>()).iter().map(|p| p.render()));
    errors.sort();
    errors.dedup();
    (found, errors)
}

#[test]
fn the_quick_start_resolves() {
    let catalogue = catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{}", problems[0].render());
    let library = Library::new(&catalogue, composites);
    let (plans, errors) = plans("experiments/quickstart.toml", &library);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert_eq!(plans.len(), 2);
    // The stage of the recognition is switched off, and nothing of it is left.
    for plan in &plans {
        assert_eq!(plan.stages.len(), 1);
        assert!(plan.networks.iter().all(|n| n.node != "embedding" && n.node != "cosines"));
        let told = view::who_minimises(plan);
        assert!(told.contains("update generator learns generator by adam"), "{told}");
        let table = view::summary_table(&view::summary(plan), 2);
        assert!(table.lines().all(|line| line.chars().count() <= 110), "{table}");
    }
    assert_ne!(plans[0].hash(), plans[1].hash());
}

/// Files whose components all exist.
const WHOLE: [&str; 35] = [
    "experiments/ablation-couplings-cpu.toml",
    "experiments/ablation-couplings.toml",
    "experiments/ablation-gates-fusion-cpu.toml",
    "experiments/ablation-gates-fusion.toml",
    "experiments/ablation-identity-cpu.toml",
    "experiments/ablation-identity.toml",
    "experiments/ablation-quick.toml",
    "experiments/cycle-gan.toml",
    "experiments/face-fitting/3ddfa.toml",
    "experiments/photo-completion.toml",
    "experiments/pix2pix.toml",
    "experiments/quickstart.toml",
    "experiments/recognition/arcface.toml",
    "experiments/recognition/frontal-cpu.toml",
    "experiments/recognition/frontal.toml",
    "experiments/recognition/identities-cpu.toml",
    "experiments/recognition/pose-augmentation.toml",
    "experiments/recognition/synthetic-cpu.toml",
    "experiments/recognition/tables-3-4.toml",
    "experiments/recognition/table-2-cpu.toml",
    "experiments/recognition/table-2-identities-cpu.toml",
    "experiments/recognition/table-2.toml",
    "experiments/search-cpu.toml",
    "experiments/table-1.toml",
    "experiments/table-1-cpu.toml",
    "experiments/uv-completion/attention-res-cunet-gan.toml",
    "experiments/uv-completion/cpu/attention-res-cunet-gan.toml",
    "experiments/uv-completion/cpu/res-cunet-gan.toml",
    "experiments/uv-completion/cpu/res-unet-gan.toml",
    "experiments/uv-completion/cpu/uv-gan.toml",
    "experiments/uv-completion/photos.toml",
    "experiments/uv-completion/res-cunet-gan.toml",
    "experiments/uv-completion/res-unet-gan.toml",
    "experiments/uv-completion/synthetic.toml",
    "experiments/uv-completion/uv-gan.toml",
];

/// Files that name components which do not exist yet, and which those are: readers of datasets that cannot be shipped,
/// rendering of a morphable model, the other papers' networks and measures. Shrinks as they arrive.
const WAITING: [(&str, &[&str]); 7] = [
    ("experiments/cfr-gan.toml", &["swap-render", "vgg19", "wgan-div", "perceptual"]),
    (
        "experiments/de-occlusion/inpainting.toml",
        &["fitted-faces", "segmentation-unet", "morphable-model", "rasterizer", "de-occluder", "vgg"],
    ),
    (
        "experiments/de-occlusion/regressor.toml",
        &["fitted-faces", "morphable-model", "rasterizer", "landmark-distance"],
    ),
    ("experiments/de-occlusion/segmentation.toml", &["celeba-mask", "segmentation-unet", "dice"]),
    ("experiments/landmarks.toml", &["landmark/hourglass", "heatmap", "nme", "ced-area", "landmark-grid"]),
    (
        "experiments/reconstruction/teacher-student.toml",
        &["fitted-faces", "morphable-model", "landmark-distance", "nme"],
    ),
    ("experiments/weak-uv.toml", &["fitted-faces", "partial-uv", "uv-sampler", "uv-residual", "stargan", "r1"]),
];

/// Files under a folder, but what may only be extended.
fn files(folder: &Path) -> Vec<String> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = |path: std::path::PathBuf| match path.is_dir() {
        true if path.ends_with("base") => vec![],
        true => files(&path),
        false => vec![path.display().to_string()],
    };
    paths.flat_map(inside).collect()
}

#[test]
fn every_experiment_is_in_one_of_the_lists() {
    let mut found = files(Path::new("experiments"));
    let mut listed: Vec<&str> = WHOLE.into_iter().chain(WAITING.map(|(file, _)| file)).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn the_others_fail_only_on_components_that_do_not_exist() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    for file in WHOLE {
        let (_, errors) = plans(file, &library);
        assert!(errors.is_empty(), "{file}: {}", errors.join("\n"));
    }
    for (file, awaited) in WAITING {
        let (_, errors) = plans(file, &library);
        assert!(!errors.is_empty(), "{file} resolves: move it to the whole ones");
        let missing = |error: &String| {
            let said = error.strip_prefix("error: no ")?.lines().next()?;
            Some(said.split_once(" is called `")?.1.split('`').next()?.to_string())
        };
        let found: Option<BTreeSet<String>> = errors.iter().map(missing).collect();
        let found = found.unwrap_or_else(|| panic!("{file}: {}", errors.join("\n")));
        let awaited: BTreeSet<String> = awaited.iter().map(|name| name.to_string()).collect();
        assert_eq!(found, awaited, "{file}");
    }
}

/// The weights of a squeeze-excite gate are no picture: where another gate of the study gives one, its tile stays empty,
/// where none does the figure is refused.
#[test]
fn a_figure_leaves_out_what_is_no_picture() {
    let catalogue = catalogue();
    let library = Library::new(&catalogue, Composites::embedded().0);
    let file = "experiments/ablation-gates-fusion-cpu.toml";
    let gates = |values: &str, baseline: &str| {
        let fusion = r#"study.axes.fusion.values=["concat"]"#;
        let gates = format!("study.axes.gate.values={values}");
        let baseline = format!("study.baseline.gate=\"{baseline}\"");
        plans_with(file, &["study.seeds=[0]", fusion, &gates, &baseline], &library)
    };
    let (both, errors) = gates(r#"["none", "cbam", "squeeze-excite"]"#, "none");
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let absent: Vec<Vec<&str>> =
        both.iter().map(|plan| plan.absent.iter().map(|a| a.problem.message.as_str()).collect()).collect();
    assert_eq!(absent[0], ["`generator.attention[-1]` does not exist"]);
    assert!(absent[1].is_empty(), "{absent:?}");
    assert_eq!(absent[2], ["`generator.attention[-1]` is a vector, which is no picture"]);
    let (_, errors) = gates(r#"["squeeze-excite"]"#, "squeeze-excite");
    assert!(errors.iter().any(|e| e.contains("is a vector, which is no picture")), "{errors:?}");
}

/// The presets for a CPU take two steps of every stage, few people and small batches aside as they stand.
#[test]
fn the_cpu_presets_take_two_steps() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    let cache = std::env::temp_dir().join(format!("ablate-presets-{}", std::process::id()));
    for system in ["uv-gan", "res-unet-gan", "res-cunet-gan", "attention-res-cunet-gan"] {
        let file = format!("experiments/uv-completion/cpu/{system}.toml");
        let (plans, errors) = plans_with(&file, &["train.batch=2", "datasets.pairs.identities=4"], &library);
        assert!(errors.is_empty(), "{file}: {}", errors.join("\n"));
        let stages = rehearse(&plans[0], Cpu::default(), &cache, 2).unwrap_or_else(|e| panic!("{file}: {e}"));
        let learnt: Vec<(&str, usize, Vec<&str>)> = stages
            .iter()
            .map(|s| (&s.stage[..], s.steps.len(), s.steps[0].0.iter().map(|(update, _)| &update[..]).collect()))
            .collect();
        assert_eq!(learnt[0], ("recognition", 2, vec!["recognition"]), "{file}");
        assert_eq!(learnt[1], ("completion", 2, vec!["discriminators", "generator"]), "{file}");
        for (update, loss) in stages.iter().flat_map(|s| &s.steps).flat_map(|(losses, _)| losses) {
            assert!(loss.is_finite() && *loss > 0.0, "{file}: {update} {loss}");
        }
    }
    std::fs::remove_dir_all(cache).unwrap();
}
