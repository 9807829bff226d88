//! Every rule of language.md, section 9, with a small case, through the same door as the program: files on disk.

mod folder;

use ablate::config::{Item, Layer, Overrides, Value, canonical, explain, inline, load, path_of, to_toml};
use ablate::diagnostic::render_all;
use folder::Folder;
use serde_json::json;

/// The merged base of `mine.toml` with overrides.
fn base(folder: &Folder, overrides: &Overrides) -> Item {
    let study = load(&folder.path("mine.toml"), overrides).unwrap_or_else(|e| panic!("{}", render_all(&e)));
    assert!(study.problems.is_empty(), "{}", render_all(&study.problems));
    study.base
}

fn at(tree: &Item, path: &[&str]) -> serde_json::Value {
    tree.get(path).map_or(serde_json::Value::Null, canonical)
}

/// One file over another.
fn over(below: &str, above: &str) -> Item {
    let folder = Folder::new(&[("below.toml", below), ("mine.toml", &format!("extends = [\"below.toml\"]\n{above}"))]);
    base(&folder, &Overrides::default())
}

#[test]
fn tables_merge_and_everything_else_replaces() {
    let tree = over(
        "[train]\nbatch = 16\nstages = [\"a\", \"b\"]\n[losses.l1]\nweight = 1.0",
        "[train]\nstages = [\"c\"]\n[losses.l1]\nweight = 0.5",
    );
    assert_eq!(at(&tree, &["train"]), json!({"batch": 16, "stages": ["c"]}));
    assert_eq!(at(&tree, &["losses", "l1", "weight"]), json!(0.5));
    assert_eq!(tree.get(&["losses", "l1", "weight"]).map(|i| i.origin.layer.clone()), Some(Layer::File));
    assert!(matches!(tree.get(&["train", "batch"]).map(|i| &i.origin.layer), Some(Layer::Extends(_))));
}

#[test]
fn entries_keep_the_order_of_first_writing() {
    let tree = over("[losses]\nz.weight = 1\na.weight = 1", "[losses]\na.weight = 2\nm.weight = 1");
    let names: Vec<&String> =
        tree.get(&["losses"]).and_then(Item::as_table).into_iter().flat_map(|t| t.keys()).collect();
    assert_eq!(names, ["z", "a", "m"]);
}

#[test]
fn a_key_beside_text_finds_the_component_that_the_text_names() {
    let tree = over("[nodes.g]\ngate = \"attention-gate\"", "[nodes.g]\ngate.ratio = 0.25");
    assert_eq!(at(&tree, &["nodes", "g", "gate"]), json!({"use": "attention-gate", "ratio": 0.25}));
}

#[test]
fn text_replaces_a_component_and_drops_its_settings() {
    let tree =
        over("[nodes.g]\nfusion = { use = \"fast-normalized\", epsilon = 1e-4 }", "[nodes.g]\nfusion = \"concat\"");
    assert_eq!(at(&tree, &["nodes", "g", "fusion"]), json!({"use": "concat"}));
}

#[test]
fn the_same_component_keeps_its_settings() {
    let tree = over("[nodes.g]\nfusion = { use = \"fast\", epsilon = 1e-4 }", "[nodes.g]\nfusion = \"fast\"");
    assert_eq!(at(&tree, &["nodes", "g", "fusion"]), json!({"use": "fast", "epsilon": 1e-4}));
}

#[test]
fn text_and_table_in_wires_replace_each_other() {
    let tree = over("[nodes.g]\nin = \"pairs.image\"", "[nodes.g]\nin.map = \"pairs.image\"");
    assert_eq!(at(&tree, &["nodes", "g", "in"]), json!({"map": "pairs.image"}));
    let tree = over("[nodes.g]\nin.map = \"pairs.image\"", "[nodes.g]\nin = \"pairs.image\"");
    assert_eq!(at(&tree, &["nodes", "g", "in"]), json!("pairs.image"));
}

#[test]
fn values_that_are_no_components_replace_each_other() {
    let tree = over(
        "[nodes.g]\nweights = { file = \"a\" }\nwidth = \"$w\"",
        "[settings]\nw = 1\n[nodes.g]\nweights = \"none\"",
    );
    assert_eq!(at(&tree, &["nodes", "g"]), json!({"weights": "none", "width": 1}));
    let tree = over("[settings]\nw = 1\n[nodes.g]\nwidth = \"$w\"", "[nodes.g]\nwidth = { like = \"a.b\" }");
    assert_eq!(at(&tree, &["nodes", "g", "width"]), json!({"like": "a.b"}));
}

#[test]
fn a_new_component_leaves_a_node_its_own_keys() {
    let tree = over(
        "[nodes.g]\nuse = \"generator/a\"\nin = \"x.y\"\nrepeat = 2\nfreeze = true\nwidth = 3\neach.size = [1, 2]\ninit = \"normal\"",
        "[nodes.g]\nuse = \"generator/b\"\nwidths = [1]",
    );
    let expected =
        json!({"use": "generator/b", "in": "x.y", "repeat": 2, "freeze": true, "init": "normal", "widths": [1]});
    assert_eq!(at(&tree, &["nodes", "g"]), json!(expected));
}

#[test]
fn a_new_component_leaves_losses_and_datasets_theirs() {
    let tree = over(
        "[losses.l]\nuse = \"a\"\nweight = 2\nshares = [1]\nnetwork = \"n\"\nmargin = 1\n\
         [datasets.d]\nuse = \"a\"\nsize = 8\ntransforms = []\nroot = \"r\"",
        "[losses.l]\nuse = \"b\"\n[datasets.d]\nuse = \"b\"",
    );
    assert_eq!(at(&tree, &["losses", "l"]), json!({"use": "b", "weight": 2, "shares": [1], "network": "n"}));
    assert_eq!(at(&tree, &["datasets", "d"]), json!({"use": "b", "size": 8, "transforms": []}));
}

#[test]
fn an_optimizer_changes_inside_an_update() {
    let tree = over(
        "[updates.u]\nlearns = [\"g\"]\noptimizer = { use = \"adam\", lr = 1e-4, betas = [0.5, 0.9] }",
        "[updates.u]\noptimizer = { use = \"sgd\", lr = 0.1 }",
    );
    assert_eq!(at(&tree, &["updates", "u"]), json!({"learns": ["g"], "optimizer": {"use": "sgd", "lr": 0.1}}));
}

#[test]
fn what_is_written_above_a_changed_component_is_the_new_one_s() {
    let folder = Folder::new(&[
        ("a.toml", "[nodes.g]\nfusion = { use = \"fast\", epsilon = 1 }"),
        ("b.toml", "[nodes.g]\nfusion.use = \"sum\""),
        ("mine.toml", "extends = [\"a.toml\", \"b.toml\"]\n[nodes.g]\nfusion.epsilon = 2"),
    ]);
    let tree = base(&folder, &Overrides::default());
    assert_eq!(at(&tree, &["nodes", "g", "fusion"]), json!({"use": "sum", "epsilon": 2}));
}

#[test]
fn a_file_enters_once_at_its_first_place() {
    let folder = Folder::new(&[
        ("common.toml", "[train]\nbatch = 1"),
        ("left.toml", "extends = [\"common.toml\"]\n[train]\nbatch = 2"),
        ("right.toml", "extends = [\"common.toml\"]\n[settings]\nx = 1"),
        ("mine.toml", "extends = [\"left.toml\", \"right.toml\"]"),
    ]);
    assert_eq!(at(&base(&folder, &Overrides::default()), &["train", "batch"]), json!(2));
}

#[test]
fn environment_and_command_line_lie_on_top() {
    let folder = Folder::new(&[("mine.toml", "[train]\nbatch = 1\nepoch-of = \"a\"\n[nodes.g]\ngate = \"cbam\"")]);
    let environment = [("ABLATE_TRAIN__BATCH", "8"), ("ABLATE_TRAIN__EPOCH_OF", "pairs")];
    let overrides = Overrides {
        environment: environment.map(|(name, value)| (name.to_string(), value.to_string())).to_vec(),
        ..Default::default()
    };
    let tree = base(&folder, &overrides.with([("--set", "train.batch=9"), ("--set", "nodes.g.gate=none")]));
    assert_eq!(at(&tree, &["train"]), json!({"batch": 9, "epoch-of": "pairs"}));
    assert_eq!(at(&tree, &["nodes", "g", "gate"]), json!("none"));
    assert_eq!(tree.get(&["train", "batch"]).map(|i| i.origin.layer.clone()), Some(Layer::CommandLine));
    let place = tree.get(&["train", "epoch-of"]).and_then(Item::place).cloned().expect("a place");
    assert_eq!(
        (place.source.name.as_str(), &place.source.text[place.span.clone()]),
        ("ABLATE_TRAIN__EPOCH_OF", "pairs")
    );
}

#[test]
fn a_set_value_is_toml_if_it_can_be() {
    let folder = Folder::new(&[("mine.toml", "[train]\nbatch = 1")]);
    let values = [("[1, 2]", json!([1, 2])), ("\"a\"", json!("a")), ("{ use = \"x\" }", json!({"use": "x"}))];
    let more =
        [("1e-4", json!(1e-4)), ("true", json!(true)), ("a b", json!("a b")), ("", json!("")), ("[1", json!("[1"))];
    for (text, expected) in values.into_iter().chain(more) {
        let set = format!("run.\"a.b\".c={text}");
        let tree = base(&folder, &Overrides::default().with([("--set", set.as_str())]));
        assert_eq!(at(&tree, &["run", "a.b", "c"]), expected, "{text}");
    }
}

#[test]
fn a_setting_is_put_in_and_keeps_both_chains() {
    let tree = over("[settings]\nsize = 256\n[datasets.d]\nsize = \"$size\"", "[settings]\nsize = 250");
    let item = tree.get(&["datasets", "d", "size"]).expect("the item");
    assert_eq!(item.value, Value::Integer(250));
    let texts: Vec<&str> = item.history.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(texts, ["\"$size\"", "256", "250"]);
    assert_eq!(item.origin.layer, Layer::File);
    assert_eq!(item.place().map(|p| p.line_column()), Some((4, 8)));
}

#[test]
fn a_component_put_in_for_use_brings_its_settings() {
    let tree =
        over("[settings]\ng = { use = \"cbam\", ratio = 1 }", "[nodes.g]\ngate = { use = \"$g\", norm = \"none\" }");
    assert_eq!(at(&tree, &["nodes", "g", "gate"]), json!({"use": "cbam", "ratio": 1, "norm": "none"}));
}

#[test]
fn settings_use_settings_but_not_in_a_circle() {
    let tree = over("[settings]\na = \"$b\"\nb = [\"$c\"]\nc = 1", "[train]\nbatch = \"$a\"");
    assert_eq!(at(&tree, &["train", "batch"]), json!([1]));
    let folder = Folder::new(&[("mine.toml", "[settings]\na = \"$b\"\nb = \"$a\"")]);
    let study = load(&folder.path("mine.toml"), &Overrides::default()).expect("it loads");
    assert!(
        study.problems.iter().any(|p| p.message == "setting `b` feeds itself: b -> a -> b"),
        "{:?}",
        study.problems
    );
}

#[test]
fn explain_prints_the_chain_and_what_was_dropped() {
    let folder = Folder::new(&[
        ("base/below.toml", "[nodes.g]\nfusion = { use = \"fast-normalized\", epsilon = 1e-4 }\ngate = \"cbam\""),
        ("mine.toml", "extends = [\"base/below.toml\"]\n[nodes.g]\nfusion = \"concat\""),
    ]);
    let overrides = Overrides::default().with([("--set", "nodes.g.gate=none")]);
    let tree = base(&folder, &overrides);
    let text = folder.plain(&explain(&tree, "nodes.g.fusion", Some("a fusion\nhow maps meet")).expect("the key"));
    let expected = r#"nodes.g.fusion = { use = "concat" }
  a fusion
  how maps meet
  extends  base/below.toml:3  { use = "fast-normalized", epsilon = 1e-4 }
  file     mine.toml:4        "concat"
  extends  base/below.toml:3  dropped: `epsilon` was for `fast-normalized`
"#;
    assert_eq!(text, expected);
    let text = folder.plain(&explain(&tree, "nodes.g.gate", None).expect("the key"));
    let words: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let below = vec!["extends", "base/below.toml:4", "\"cbam\""];
    assert_eq!(words, [vec!["nodes.g.gate", "=", "\"none\""], below, vec!["command", "line", "--set", "none"]]);
    let text = folder.plain(&explain(&tree, "nodes.g", None).expect("the key"));
    let expected = r#"nodes.g
  fusion.use = "concat"  # mine.toml:4
  gate = "none"  # --set
"#;
    assert_eq!(text, expected);
    let error = explain(&tree, "nodes.g.gat", None).expect_err("no such key");
    assert_eq!(error.message, "nothing is called `gat`, did you mean `gate`");
}

#[test]
fn a_tree_is_written_back_with_its_origins() {
    let folder = Folder::new(&[(
        "mine.toml",
        "title = \"x\"\n[nodes.g]\nuse = \"a/b\"\ngate = { use = \"c\", ratio = 0.5 }\n[nodes.\"v1.5\"]\nuse = \"a/c\"\n[report.tables.t]\ncolumns = []",
    )]);
    let tree = base(&folder, &Overrides::default());
    let text = folder.plain(&to_toml(&tree));
    let expected = r#"format = 1
title = "x"  # mine.toml:2

[nodes.g]
use = "a/b"  # mine.toml:4
gate.use = "c"  # mine.toml:5
gate.ratio = 0.5  # mine.toml:5

[nodes."v1.5"]
use = "a/c"  # mine.toml:7

[report.tables.t]
columns = []  # mine.toml:9
"#;
    assert_eq!(text, expected);
    let again = Folder::new(&[("mine.toml", &text)]);
    assert_eq!(canonical(&base(&again, &Overrides::default())), canonical(&tree));
}

#[test]
fn canonical_form_knows_no_order() {
    let a = over("[train]\nbatch = 1\nclip = \"none\"", "[run]\nseed = 1");
    let b = over("[run]\nseed = 1\n[train]\nclip = \"none\"", "[train]\nbatch = 1");
    assert_eq!(canonical(&a).to_string(), canonical(&b).to_string());
    assert_ne!(canonical(&a).to_string(), canonical(&over("[train]\nbatch = 1.0", "")).to_string());
}

#[test]
fn paths_are_relative_to_who_wrote_them() {
    let folder = Folder::new(&[
        ("base/below.toml", "[datasets.d]\nroot = \"../data\"\n[nodes.g]\nweights.file = \"w\""),
        ("mine.toml", "extends = [\"base/below.toml\"]"),
    ]);
    let tree = base(&folder, &Overrides::default().with([("--set", "nodes.g.weights.file=here/w")]));
    assert_eq!(tree.get(&["datasets", "d", "root"]).and_then(path_of), Some(folder.path("data")));
    assert_eq!(tree.get(&["nodes", "g", "weights", "file"]).and_then(path_of), Some("here/w".into()));
    assert_eq!(tree.get(&["datasets", "d", "root"]).map(inline), Some("\"../data\"".to_string()));
}
