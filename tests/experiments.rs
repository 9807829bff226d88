//! Every committed experiment resolves, or fails only on components that do not exist yet.

use ablate::components::catalogue;
use ablate::config::{Overrides, load};
use ablate::graph::composite::Composites;
use ablate::graph::plan::Plan;
use ablate::graph::{About, Library, absent_everywhere, resolve, view};
use std::path::Path;

/// Errors of all cells of a file, as text, and the plans of those that resolve.
fn plans(file: &str, library: &Library) -> (Vec<Plan>, Vec<String>) {
    let path = Path::new(file);
    let study = load(path, &Overrides::default()).unwrap_or_else(|e| panic!("{file}: {}", e[0].render()));
    let mut errors: Vec<String> = study.problems.iter().map(|p| p.render()).collect();
    let mut found = vec![];
    for cell in study.cells().unwrap_or_else(|e| panic!("{file}: {}", e[0].render())) {
        let about = About {
            experiment: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            variant: cell.variant.clone().unwrap_or_default(),
            base: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            axes: cell.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: vec![],
            finished: &|_| None,
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
    assert_ne!(plans[0].hash, plans[1].hash);
}

/// Files whose components all exist.
const WHOLE: [&str; 10] = [
    "experiments/ablation-gates-fusion.toml",
    "experiments/cycle-gan.toml",
    "experiments/pix2pix.toml",
    "experiments/quickstart.toml",
    "experiments/table-1.toml",
    "experiments/table-1-cpu.toml",
    "experiments/uv-completion/attention-res-cunet-gan.toml",
    "experiments/uv-completion/res-cunet-gan.toml",
    "experiments/uv-completion/res-unet-gan.toml",
    "experiments/uv-completion/uv-gan.toml",
];

/// Files that name components which do not exist yet; shrinks as they arrive.
const WAITING: [&str; 8] = [
    "experiments/cfr-gan.toml",
    "experiments/de-occlusion/inpainting.toml",
    "experiments/de-occlusion/regressor.toml",
    "experiments/de-occlusion/segmentation.toml",
    "experiments/landmarks.toml",
    "experiments/recognition/arcface.toml",
    "experiments/reconstruction/teacher-student.toml",
    "experiments/weak-uv.toml",
];

#[test]
fn the_others_fail_only_on_components_that_do_not_exist() {
    let catalogue = catalogue();
    let (composites, _) = Composites::embedded();
    let library = Library::new(&catalogue, composites);
    for file in WHOLE {
        let (_, errors) = plans(file, &library);
        assert!(errors.is_empty(), "{file}: {}", errors.join("\n"));
    }
    for file in WAITING {
        let (_, errors) = plans(file, &library);
        assert!(!errors.is_empty(), "{file} resolves: move it to the whole ones");
        let missing = |error: &String| error.starts_with("error: no ") && error.contains(" is called `");
        let other: Vec<&String> = errors.iter().filter(|e| !missing(e)).collect();
        assert!(other.is_empty(), "{file}: {}", other[0]);
    }
}
