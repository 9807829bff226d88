//! Studies: variants, axes and seeds to cells, and what can be wrong with them.

mod folder;

use ablate::config::{CellSpec, Item, Layer, Overrides, canonical, load, to_toml};
use ablate::diagnostic::{Diagnostic, render_all};
use folder::Folder;
use serde_json::json;

fn cells_of(files: &[(&str, &str)], overrides: &Overrides) -> Result<Vec<CellSpec>, String> {
    let folder = Folder::new(files);
    let said = |problems: Vec<Diagnostic>| folder.plain(&render_all(&problems));
    load(&folder.path("mine.toml"), overrides).and_then(|study| study.cells()).map_err(said)
}

fn cells(text: &str) -> Vec<CellSpec> {
    cells_of(&[("mine.toml", text)], &Overrides::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn errors(text: &str) -> String {
    cells_of(&[("mine.toml", text)], &Overrides::default()).expect_err("errors")
}

fn at(cell: &CellSpec, path: &[&str]) -> serde_json::Value {
    cell.tree.get(path).map_or(serde_json::Value::Null, canonical)
}

fn names(cells: &[CellSpec]) -> Vec<String> {
    cells.iter().map(|cell| format!("{} #{}", cell.title, cell.seed)).collect()
}

const GRID: &str = "[nodes.g]\nuse = \"a/b\"\ngate = \"none\"\nfusion = \"sum\"\n[study]\nseeds = [0, 7]\n\
    [study.axes.gate]\nkey = \"nodes.g.gate\"\nvalues = [\"none\", \"cbam\"]\n\
    [study.axes.fusion]\nkey = \"nodes.g.fusion\"\nvalues = [\"sum\", { use = \"fast\", epsilon = 1.0 }]\nlabels = [\"plain\", \"fast\"]\n";

#[test]
fn a_file_without_a_study_is_one_cell() {
    let cells = cells("title = \"only\"\n[run]\nseed = 3");
    assert_eq!(names(&cells), ["only #3"]);
    assert_eq!(cells[0].name(), "only");
    assert!(!cells[0].baseline && cells[0].variant.is_none());
}

#[test]
fn axes_multiply_and_seeds_go_fastest() {
    let cells = cells(GRID);
    let titles = ["none, plain", "none, fast", "cbam, plain", "cbam, fast"];
    let expected: Vec<String> = titles.iter().flat_map(|t| [format!("{t} #0"), format!("{t} #7")]).collect();
    assert_eq!(names(&cells), expected);
    assert_eq!(
        at(&cells[7], &["nodes", "g"]),
        json!({"use": "a/b", "gate": "cbam", "fusion": {"use": "fast", "epsilon": 1.0}})
    );
    assert_eq!(at(&cells[7], &["run", "seed"]), json!(7));
    assert_eq!(cells[7].tree.get(&["study"]), None);
    let gate = cells[7].tree.get(&["nodes", "g", "gate"]).expect("the gate");
    assert_eq!(gate.origin.layer, Layer::Axis("gate".into()));
    let key = gate.origin.key.clone().expect("the key's place");
    assert_eq!((&key.source.text[key.span.clone()], key.line_column()), ("gate", (9, 16)));
    assert_eq!(cells[7].axes[1].1, "fast");
}

#[test]
fn some_cells_are_left_out() {
    let all = |rule: &str| names(&cells(&GRID.replace("seeds = [0, 7]", &format!("seeds = [0]\n{rule}"))));
    assert_eq!(
        all("exclude = [{ gate = \"cbam\", fusion = \"fast\" }]"),
        ["none, plain #0", "none, fast #0", "cbam, plain #0"]
    );
    assert_eq!(all("only = [{ gate = \"cbam\" }]"), ["cbam, plain #0", "cbam, fast #0"]);
    let text = errors(
        &format!("{GRID}[study]\n").replace("[study]\n", "").replace("seeds = [0, 7]\n", "[study]\nseeds = []\n"),
    );
    assert!(text.contains("error: no cell is left"), "{text}");
}

#[test]
fn the_baseline_is_marked() {
    let cells = cells(&GRID.replace("seeds", "baseline = { gate = \"none\", fusion = \"plain\" }\nseeds"));
    let marked: Vec<_> = cells.iter().filter(|cell| cell.baseline).map(|cell| cell.name()).collect();
    assert_eq!(marked, ["none, plain", "none, plain"]);
}

#[test]
fn a_variant_is_the_experiment_it_extends() {
    let files = [
        ("base.toml", "[train]\nbatch = 16\n[losses.l]\nweight = 1"),
        ("small.toml", "[train]\nbatch = 4"),
        ("sub/a.toml", "extends = [\"../base.toml\"]\n[train]\nbatch = 32\n[nodes.g]\nuse = \"a/a\""),
        (
            "mine.toml",
            "extends = [\"base.toml\", \"small.toml\"]\n[losses.l]\nweight = 2\n[study]\nbaseline = \"a\"\n[study.variants.a]\n\
             title = \"The A\"\nextends = [\"sub/a.toml\"]\n[study.variants.b]\nlosses.l.weight = 3\nnodes.g = \"a/b\"",
        ),
    ];
    let cells = cells_of(&files, &Overrides::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(names(&cells), ["The A #0", "b #0"]);
    // base.toml enters beneath sub/a.toml, whose 32 then small.toml's 4 replaces.
    assert_eq!(at(&cells[0], &["train", "batch"]), json!(4));
    assert_eq!(at(&cells[0], &["nodes", "g"]), json!({"use": "a/a"}));
    assert_eq!(
        [at(&cells[0], &["losses", "l", "weight"]), at(&cells[1], &["losses", "l", "weight"])],
        [json!(2), json!(3)]
    );
    let weight = cells[1].tree.get(&["losses", "l", "weight"]).expect("the weight");
    let layers: Vec<&Layer> = weight.history.iter().map(|step| &step.origin.layer).collect();
    assert!(matches!(layers[..], [Layer::Extends(_), Layer::File, Layer::Variant(_)]), "{layers:?}");
    assert_eq!(cells[1].tree.get(&["title"]), None);
    assert!(cells[0].baseline && !cells[1].baseline);
}

#[test]
fn a_child_adds_to_a_variant_and_set_lies_on_top() {
    let files = [
        ("table.toml", "[study.variants]\na = { nodes.g.gate = \"x\" }\nb = { nodes.g.gate = \"y\" }"),
        ("mine.toml", "extends = [\"table.toml\"]\n[study.variants]\na.nodes.g.width = 3"),
    ];
    let cells = cells_of(&files, &Overrides::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(at(&cells[0], &["nodes", "g"]), json!({"gate": "x", "width": 3}));
    assert_eq!(at(&cells[1], &["nodes", "g"]), json!({"gate": "y"}));
    let one = Overrides::default().with([("--seed", "run.seed=5"), ("--seed", "study.seeds=[5]")]);
    let cells = cells_of(&files, &one).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(names(&cells), ["a #5", "b #5"]);
    let set = Overrides::default().with([("--set", "nodes.g.gate=z")]);
    let cells = cells_of(&files, &set).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(at(&cells[0], &["nodes", "g", "gate"]), json!("z"));
}

#[test]
fn a_short_key_lies_beneath_a_long_one() {
    let text = "[study.axes.ratio]\nkey = \"nodes.g.gate.ratio\"\nvalues = [1, 2]\n\
        [study.axes.gate]\nkey = \"nodes.g.gate\"\nvalues = [\"a\", \"b\"]";
    assert_eq!(at(&cells(text)[3], &["nodes", "g", "gate"]), json!({"use": "b", "ratio": 2}));
}

#[test]
fn settings_are_read_in_the_cell() {
    let text = "[settings]\nsize = 1\n[datasets.d]\nsize = \"$size\"\n[study.variants.a]\n[study.variants.b]\nsettings.size = 2";
    assert_eq!(at(&cells(text)[1], &["datasets", "d", "size"]), json!(2));
}

#[test]
fn equal_cells_are_refused() {
    let expected = r#"error: cells `a` and `b` are the same
  --> mine.toml:5:1
   |
 3 | [study.variants.a]
   | ------------------
 4 | title = "x"
 5 | [study.variants.b]
   | ^^^^^^^^^^^^^^^^^^

1 error
"#;
    let study =
        "train.batch = 1\n[study.variants.a]\ntitle = \"x\"\n[study.variants.b]\nreport.tables.t.caption = \"y\"";
    assert_eq!(errors(study), expected);
    let gone = Overrides::default().with([("--set", "nodes.g.gate=none")]);
    let text = cells_of(&[("mine.toml", GRID)], &gone).expect_err("the same cells");
    assert!(text.contains("error: cells `none, plain` and `cbam, plain` are the same"), "{text}");
    let text =
        cells_of(&[("mine.toml", GRID)], &Overrides::default().with([("--set", "run.seed=1")])).expect_err("seeds");
    assert!(text.contains("error: cells `none, plain, seed 1` and `none, plain, seed 1` are the same"), "{text}");
}

#[test]
fn axes_are_checked() {
    let grid = |from: &str, to: &str| errors(&GRID.replace(from, to));
    let text = grid("[\"none\", \"cbam\"]", "[\"none\", \"cbam\", \"none\"]");
    let expected = r#"error: axis value 3 repeats value 1
  --> mine.toml:10:27
   |
10 | values = ["none", "cbam", "none"]
   |                           ^^^^^^

1 error
"#;
    assert_eq!(text, expected);
    assert!(grid("labels = [\"plain\", \"fast\"]", "labels = [\"plain\"]").contains("error: 1 labels for 2 values"));
    assert!(grid("nodes.g.fusion", "nodes.g.gate").contains("error: axes `gate` and `fusion` set the same key"));
    assert!(grid("key = \"nodes.g.gate\"\n", "").contains("error: axis `gate` has no `key`"));
    assert!(grid("seeds = [0, 7]", "seeds = [0, 0]").contains("error: seed 0 is given twice"));
    assert!(grid("seeds = [0, 7]", "seeds = 3").contains("error: expected an array of integers, found an integer"));
    assert!(grid("seeds = [0, 7]", "seed = 3").contains("= help: a key with a similar name exists: `seeds`"));
    assert!(grid("labels", "lables").contains("error: unknown key `lables`"));
    let text = grid("seeds = [0, 7]", "baseline = { gat = \"none\", fusion = \"plian\" }");
    for part in [
        "error: no axis is called `gat`, did you mean `gate`",
        "error: no label of the axis `fusion` is called `plian`, did you mean `plain`",
        "error: `baseline` says no label of the axis `gate`",
        "3 errors",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn variants_are_checked() {
    let text = errors(
        "[study]\nbaseline = \"ab\"\n[study.variants.a]\nformat = 1\ntitle = 3\n[study.variants.b]\nextends = \"a.toml\"",
    );
    assert!(text.contains("error: no variant is called `ab`, did you mean `a`"), "{text}");
    assert!(text.contains("error: a variant has no `format`, `partial` or `study`"), "{text}");
    assert!(text.contains("error: expected text, found an integer `3`"), "{text}");
    assert!(text.contains("error: expected an array of files, found text `\"a.toml\"`"), "{text}");
    let circle = errors("[study.variants.a]\nextends = [\"mine.toml\"]");
    assert!(circle.contains("error: `mine.toml` extends itself"), "{circle}");
}

#[test]
fn what_is_switched_off_must_exist() {
    let cells = cells(
        "[losses.identity]\nuse = \"l1\"\n[study.variants.a]\n[study.variants.b]\nlosses.identty.enabled = false",
    );
    assert!(cells[0].problems.is_empty());
    let text = render_all(&cells[1].problems);
    let message = "error: what is switched off must exist: no loss `identty`, did you mean `identity`\n";
    assert!(text.starts_with(message), "{text}");
    assert!(text.contains("6 | losses.identty.enabled = false\n   | ^^^^^^^^^^^^^^"), "{text}");
}

/// The 20 files that came with the language (its head: two partial, 52 cells, seeds not counted).
const CELLS: [(&str, usize); 28] = [
    ("ablation-gates-fusion", 20),
    ("ablation-gates-fusion-cpu", 20),
    ("ablation-quick", 4),
    ("base/small-64", 0),
    ("base/uv-completion", 0),
    ("cfr-gan", 1),
    ("cycle-gan", 3),
    ("de-occlusion/inpainting", 2),
    ("de-occlusion/regressor", 1),
    ("de-occlusion/segmentation", 1),
    ("landmarks", 6),
    ("pix2pix", 1),
    ("quickstart", 2),
    ("recognition/arcface", 3),
    ("recognition/identities-cpu", 1),
    ("reconstruction/teacher-student", 1),
    ("search-cpu", 9),
    ("table-1", 3),
    ("table-1-cpu", 3),
    ("uv-completion/attention-res-cunet-gan", 1),
    ("uv-completion/cpu/attention-res-cunet-gan", 1),
    ("uv-completion/cpu/res-cunet-gan", 1),
    ("uv-completion/cpu/res-unet-gan", 1),
    ("uv-completion/cpu/uv-gan", 1),
    ("uv-completion/res-cunet-gan", 1),
    ("uv-completion/res-unet-gan", 1),
    ("uv-completion/uv-gan", 1),
    ("weak-uv", 3),
];

#[test]
fn the_experiments_have_as_many_cells_as_they_say() {
    let Some(root) = folder::experiments() else {
        println!("skipped: no experiments here");
        return;
    };
    for (name, expected) in CELLS {
        let study = load(&root.join(format!("{name}.toml")), &Overrides::default());
        let study = study.unwrap_or_else(|e| panic!("{}", render_all(&e)));
        assert!(study.problems.is_empty(), "{}", render_all(&study.problems));
        assert_eq!(study.partial, expected == 0, "{name}");
        if study.partial {
            continue;
        }
        let cells = study.cells().unwrap_or_else(|e| panic!("{}", render_all(&e)));
        for cell in &cells {
            assert!(cell.problems.is_empty(), "{name}: {}", render_all(&cell.problems));
            assert!(!has_reference(&cell.tree), "{name}: {}", cell.name());
        }
        let names: std::collections::BTreeSet<String> = cells.iter().map(CellSpec::name).collect();
        assert_eq!(names.len(), expected, "{name}");
    }
}

/// Every cell written as a file of its own is that cell.
#[test]
fn a_cell_written_back_is_the_same_experiment() {
    let Some(root) = folder::experiments() else {
        println!("skipped: no experiments here");
        return;
    };
    for (name, _) in CELLS.iter().filter(|(_, count)| *count > 0) {
        let study = load(&root.join(format!("{name}.toml")), &Overrides::default()).expect("it loads");
        let cell = study.cells().expect("cells").remove(0);
        let folder = Folder::new(&[("mine.toml", &to_toml(&cell.tree))]);
        let again = load(&folder.path("mine.toml"), &Overrides::default());
        let again = again.unwrap_or_else(|e| panic!("{name}: {}", render_all(&e)));
        assert_eq!(canonical(&again.base), canonical(&cell.tree), "{name}");
    }
}

/// Files damaged anywhere give errors or cells, never a panic; every error can be drawn.
#[test]
fn damaged_files_are_errors_and_never_panics() {
    let Some(root) = folder::experiments() else {
        println!("skipped: no experiments here");
        return;
    };
    let texts: Vec<(String, String)> = CELLS
        .iter()
        .map(|(name, _)| format!("{name}.toml"))
        .map(|name| (name.clone(), std::fs::read_to_string(root.join(&name)).expect("a file")))
        .collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&files);
    let (mut refused, mut accepted) = (0, 0);
    for name in ["quickstart.toml", "ablation-gates-fusion.toml"] {
        let text = std::fs::read_to_string(folder.path(name)).expect("a file");
        let places: Vec<usize> = text.char_indices().map(|(i, _)| i).step_by(41).collect();
        for (round, at) in places.into_iter().enumerate() {
            let damage = ["", "\u{e4}", "[", "\"", "=", "{}", "\n", "."][round % 8];
            let rest: String = text[at..].chars().skip(round % 3).collect();
            std::fs::write(folder.path("damaged.toml"), format!("{}{damage}{rest}", &text[..at])).expect("a file");
            match load(&folder.path("damaged.toml"), &Overrides::default()).and_then(|study| study.cells()) {
                Ok(cells) => {
                    accepted += 1;
                    cells.iter().for_each(|cell| drop(render_all(&cell.problems)));
                }
                Err(problems) => {
                    refused += 1;
                    assert!(render_all(&problems).contains("error: "));
                }
            }
        }
    }
    assert!(refused > 10 && accepted > 10, "{refused} refused, {accepted} accepted");
}

fn has_reference(item: &Item) -> bool {
    match &item.value {
        ablate::config::Value::Text(text) => text.starts_with('$'),
        ablate::config::Value::Array(items) => items.iter().any(has_reference),
        ablate::config::Value::Table(table) => table.values().any(has_reference),
        _ => false,
    }
}
