//! What makes two cells the same: what their numbers depend on, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;

use ablate::components;
use ablate::config::Overrides;
use ablate::graph::composite::Composites;
use ablate::graph::{self, Library};
use ablate::record::{Cells, cell_dir, write_json};
use ablate::registry::Catalogue;
use ablate::study::{self, Against, Prepared};
use folder::Folder;
use std::path::Path;
use std::time::{Duration, SystemTime};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-gan.toml");

fn prepare_with(catalogue: &Catalogue, file: &Path, out: Option<&Path>) -> Prepared {
    let library = Library::new(catalogue, Composites::embedded().0);
    let papers = study::Papers::embedded().unwrap();
    let against = Against { library: &library, papers: &papers, out };
    study::prepare(file, &Overrides::default(), against)
        .unwrap_or_else(|e| panic!("{}", ablate::diagnostic::render_all(&e)))
}

fn hashes_with(catalogue: &Catalogue, text: &str) -> Vec<String> {
    let folder = Folder::new(&[("mine.toml", text)]);
    let prepared = prepare_with(catalogue, &folder.path("mine.toml"), None);
    prepared.cells.into_iter().map(|cell| cell.plan.hash().to_string()).collect()
}

fn hashes(text: &str) -> Vec<String> {
    hashes_with(&components::catalogue(), text)
}

#[test]
fn cosmetic_edits_leave_the_cell_and_others_do_not() {
    let fixture = std::fs::read_to_string(FIXTURE).unwrap();
    let first = hashes(&fixture);
    assert_eq!(first.len(), 1);
    // Another order of tables and of keys, comments, another title, another page, other ways to run it.
    let mut tables: Vec<&str> = fixture.split("\n\n").collect();
    let head = tables.remove(0).replace("Tiny GAN", "Another title");
    tables.reverse();
    let reversed = |table: &str| match table.split_once('\n') {
        Some((name, keys)) => format!("{name} # said\n{}", keys.lines().rev().collect::<Vec<_>>().join("\n")),
        None => table.to_string(),
    };
    let body: Vec<String> = tables.into_iter().map(reversed).collect();
    let cosmetic = format!("question = \"why\"\n{head}\n{}", body.join("\n\n"))
        .replace("count = 2", "count = 1")
        .replace("keep = 2 }", "keep = 3 }\nthreads = 1\nout = \"elsewhere\"");
    assert_ne!(cosmetic, fixture);
    assert_eq!(hashes(&cosmetic), first, "{cosmetic}");
    for (from, to) in
        [("lr = 1e-3", "lr = 2e-3"), ("identities = 10", "identities = 11"), ("weight        = 0.5", "weight = 0.25")]
    {
        assert!(fixture.contains(from));
        assert_ne!(hashes(&fixture.replace(from, to)), first, "{from}");
    }
}

#[test]
fn a_new_revision_of_a_component_makes_new_cells_of_those_that_use_it() {
    let study = format!(
        "extends = [{FIXTURE:?}]\n[study.variants.plain]\n[study.variants.squared]\nlosses.reconstruction.use = \"l2\"\n"
    );
    let first = hashes(&study);
    let revised = |family: &str, name: &str| {
        let mut entries = components::catalogue().entries().to_vec();
        let entry = entries.iter_mut().find(|e| e.card.family == family && e.card.name == name).unwrap();
        entry.card.revision += 1;
        let now = hashes_with(&Catalogue::new(entries), &study);
        [now[0] != first[0], now[1] != first[1]]
    };
    assert_eq!(revised("loss", "l2"), [false, true]);
    assert_eq!(revised("loss", "l1"), [true, false]);
    assert_eq!(revised("loss", "hinge"), [false, false]);
    // In a leaf of the generator, in an optimizer, in the data, in a slot of a slot's component.
    for (family, name) in [
        ("block", "conv"),
        ("optimizer", "adam"),
        ("dataset", "synthetic-uv"),
        ("schedule", "linear-decay"),
        ("metric", "psnr"),
    ] {
        assert_eq!(revised(family, name), [true, true], "{family}/{name}");
    }
}

/// A picture, made long ago: one that is very young is read again each time.
fn photo(path: &Path, value: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(4, 4, image::Rgb([value; 3])).save(path).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

fn photos() -> Folder {
    let text = std::fs::read_to_string(FIXTURE).unwrap();
    let synthetic = "use        = \"synthetic-uv\"\nsize       = 32\nidentities = 10\n";
    assert!(text.contains(synthetic));
    let own =
        "use = \"image-folder\"\nroot = \"photos\"\nsize = 32\nholes = { use = \"from-folder\", root = \"masks\" }\n";
    let text =
        text.replace(synthetic, own).replace("group-by      = { value = \"pairs.yaw\", edges = [0, 45, 90] }\n", "");
    let folder = Folder::new(&[("mine.toml", &text)]);
    for i in 0..4 {
        photo(&folder.path(&format!("photos/{i}.png")), i);
        photo(&folder.path(&format!("masks/{i}.png")), 255);
    }
    folder
}

fn settled(folder: &Folder) -> Prepared {
    let runs = folder.path("runs");
    let mut prepared = prepare_with(&components::catalogue(), &folder.path("mine.toml"), Some(&runs));
    study::settle(&mut prepared, Some(&runs)).unwrap();
    prepared
}

#[test]
fn the_contents_of_the_data_are_part_of_a_cell() {
    let folder = photos();
    let hash = || settled(&folder).cells[0].plan.hash().to_string();
    let first = hash();
    assert_eq!(hash(), first);
    std::fs::write(folder.path("photos/notes.txt"), "no picture").unwrap();
    photo(&folder.path("photos/2.png"), 2);
    assert_eq!(hash(), first, "neither a text nor the same bytes again change anything");
    photo(&folder.path("photos/2.png"), 99);
    let changed = hash();
    assert_ne!(changed, first);
    photo(&folder.path("photos/2.png"), 2);
    assert_eq!(hash(), first);
    photo(&folder.path("masks/0.png"), 0);
    assert_ne!(hash(), first, "masks are data too");
    photo(&folder.path("masks/0.png"), 255);
    std::fs::rename(folder.path("photos/3.png"), folder.path("photos/x.png")).unwrap();
    assert_ne!(hash(), first, "names decide the splits");
}

#[test]
fn a_second_look_reads_no_file() {
    let folder = photos();
    let first = settled(&folder).cells[0].plan.hash().to_string();
    let kept = folder.path("runs/cache/contents.txt");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert_eq!(text.lines().count(), 8, "{text}");
    // What is remembered is believed as long as the file looks the same.
    let digest = text.split(' ').next().unwrap();
    std::fs::write(&kept, text.replace(digest, &"0".repeat(64))).unwrap();
    assert_ne!(settled(&folder).cells[0].plan.hash(), first);
    std::fs::write(&kept, "torn").unwrap();
    assert_eq!(settled(&folder).cells[0].plan.hash(), first);
}

#[test]
fn data_that_are_not_there_are_no_error_and_a_cell_is_found_by_its_name() {
    let folder = photos();
    let before = settled(&folder);
    let cell = &before.cells[0];
    let runs = folder.path("runs");
    let index: Cells = before.index();
    write_json(&runs.join(&before.experiment).join("cells.json"), &index).unwrap();
    write_json(&cell_dir(&runs, cell.plan.hash()).join("resolved.json"), cell.plan.canonical()).unwrap();
    std::fs::remove_dir_all(folder.path("photos")).unwrap();
    assert_eq!(settled(&folder).cells[0].plan.hash(), cell.plan.hash());
    std::fs::remove_dir_all(&runs).unwrap();
    let without = settled(&folder);
    assert!(without.cells[0].plan.canonical().get("data").is_none());
}

/// All that a plan says, with the seeds' own values and where they were written.
fn told(prepared: &Prepared, number: usize) -> String {
    let plan = &prepared.cells[number].plan;
    let provenance: Vec<String> =
        graph::provenance(plan).iter().map(|p| format!("{} = {} # {}\n", p.key, p.value, p.origin)).collect();
    format!("{} {}\n{}\n{plan:#?}", plan.hash(), plan.canonical().value(), provenance.concat())
}

/// Cells share what they have in common; each must come out as if there were no other.
fn is_as_alone(file: &Path, numbers: &[usize]) {
    let catalogue = components::catalogue();
    let papers = study::Papers::embedded().unwrap();
    let whole = prepare_with(&catalogue, file, None);
    let mut seeds = std::collections::BTreeSet::new();
    for &number in numbers {
        let library = Library::new(&catalogue, Composites::embedded().0);
        let against = Against { library: &library, papers: &papers, out: None };
        let alone = study::prepare_one(file, &Overrides::default(), against, number)
            .unwrap_or_else(|e| panic!("{}", ablate::diagnostic::render_all(&e)));
        let [a, b] = [told(&whole, number), told(&alone, 0)];
        let differs = a.lines().zip(b.lines()).find(|(a, b)| a != b);
        assert!(a == b, "cell {number} of {}: {differs:?}", file.display());
        let seed = format!("\nrun.seed = {} # ", whole.cells[number].plan.run.seed);
        assert!(a.contains(&seed), "{seed}");
        seeds.insert(seed);
    }
    assert!(seeds.len() > 1, "only one seed was looked at");
}

#[test]
fn a_cell_is_the_same_beside_others_and_alone() {
    let study = format!(
        "extends = [{FIXTURE:?}]\n[study]\nseeds = [3, 1, 2]\n[study.variants.plain]\n[study.variants.squared]\n\
         losses.reconstruction.use = \"l2\"\nsettings.eta = 0.5\n[study.axes.rate]\nkey = \"train.optimizer.lr\"\n\
         values = [1e-3, 2e-3]\n"
    );
    let folder = Folder::new(&[("mine.toml", &study)]);
    is_as_alone(&folder.path("mine.toml"), &(0..12).collect::<Vec<_>>());
    // Networks that differ in their gates and fusions; the first of a place, a later seed, the last of all.
    let couplings = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/ablation-gates-fusion-cpu.toml");
    is_as_alone(&couplings, &[0, 1, 28, 35, 51]);
}

const FITTING: &str = r#"
format = 1

[datasets.faces]
use        = "synthetic-fits"
size       = 32
identities = 3

[nodes.start]
use = "regressor/mean"
in  = "faces.image"

[nodes.fit]
use             = "regressor/cascade-step"
in.image        = "faces.image"
in.coefficients = "start"
model           = "models/face"
size            = 32

[losses.distance]
use           = "weighted-parameter-distance"
model         = "models/face"
in.prediction = "fit.coefficients"
in.target     = "start"

[train]
batch     = 2
optimizer = "adam"

[updates.fit]
learns = ["fit"]

[stages.fitting]
length = "2 steps"

[evaluations.fit]
in.prediction = "fit.coefficients"
in.target     = "start"
metrics       = ["l1"]
"#;

/// A model's folder lies beside the file that names it, wherever the program runs; what it holds is part of the cell.
#[test]
fn models_of_faces_are_part_of_the_cell_by_their_contents() {
    let folder = Folder::new(&[("mine.toml", FITTING)]);
    let plan = &settled(&folder).cells[0].plan;
    let resolved = folder.path("models/face").display().to_string();
    assert_eq!(plan.losses[0].component.settings["model"], resolved.as_str());
    let code = plan.networks.iter().flat_map(|n| n.ops.iter()).find(|op| op.component.name == "pncc").unwrap();
    assert_eq!(code.component.settings["model"], resolved.as_str());
    let model = |value: &str| {
        for name in ablate::face::readers::tddfa::FILES {
            let path = folder.path(&format!("models/face/{name}"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, value).unwrap();
        }
        settled(&folder).cells[0].plan.hash().to_string()
    };
    let first = model("one");
    assert_ne!(model("two"), first);
    assert_eq!(model("one"), first);
    // Another file in the folder is none of the model's.
    std::fs::write(folder.path("models/face/README"), "text").unwrap();
    assert_eq!(model("one"), first);
}
