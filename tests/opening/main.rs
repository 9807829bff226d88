//! Components opened to leaf operations: the parameter counts that the composites' comments state, and the errors of
//! language.md, section 11, as they are printed.

mod couplings;

use ablate::components::catalogue;
use ablate::config;
use ablate::diagnostic::{Diagnostic, Source};
use ablate::graph::composite::Composites;
use ablate::graph::library::Library;
use ablate::graph::open::{Opened, Wired, WiredValue};
use ablate::registry::{Catalogue, Edge};
use std::sync::Arc;

struct Bench {
    catalogue: Catalogue,
    composites: Composites,
}

impl Bench {
    fn new() -> Bench {
        let (composites, problems) = Composites::embedded();
        assert!(problems.is_empty(), "{}", text(&problems));
        Bench { catalogue: catalogue(), composites }
    }

    fn library(&self) -> Library<'_> {
        Library::new(&self.catalogue, self.composites.clone())
    }

    /// Opens `[nodes.<name>]` of an experiment's text on edges given by port.
    fn open(&self, toml: &str, inputs: &[(&str, Edge)]) -> Result<Opened, String> {
        let source = Arc::new(Source { name: "experiments/mine.toml".into(), text: toml.to_string() });
        let mut tree = config::parse(&source).map_err(|p| p.render())?;
        let mut problems = config::substitute(&mut tree);
        let size = tree.get(&["settings", "size"]).map(|i| i.origin.clone());
        let (name, node) = tree.get(&["nodes"]).and_then(|n| n.as_table()).and_then(|t| t.first()).expect("a node");
        let wired = inputs.iter().map(|(port, edge)| Wired {
            port: port.to_string(),
            list: false,
            values: vec![WiredValue { edge: edge.clone(), label: format!("pairs.{port}"), decided: size.clone() }],
            written: node.get(&["in"]).cloned(),
        });
        let wired: Vec<Wired> = wired.collect();
        match self.library().open(name, node, &wired, &|_| None, &mut problems) {
            Some(opened) if problems.is_empty() => Ok(opened),
            _ => Err(text(&problems)),
        }
    }

    fn image(&self, component: &str, more: &str, size: usize) -> Result<Opened, String> {
        let toml = format!("[nodes.generator]\nuse = \"{component}\"\n{more}\n");
        self.open(&toml, &[("image", Edge::image(3, size, size))])
    }
}

fn text(problems: &[Diagnostic]) -> String {
    problems.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n")
}

fn parameters(opened: &Opened) -> usize {
    let all = opened.network.ops.iter().flat_map(|op| &op.inferred.parameters);
    all.map(|p| p.shape.iter().product::<usize>()).sum()
}

/// The counts stand in the composites' comments, with their sources.
#[test]
fn stated_parameter_counts_are_met() {
    let bench = Bench::new();
    let cases = [
        ("generator/uv-gan", "prepare = \"none\"", 54_413_955),
        ("generator/uv-gan", "", 54_417_027),
        ("discriminator/patchgan", "norm = \"instance\"", 2_764_737),
        ("discriminator/patchgan", "", 2_765_633),
        ("generator/cycle-resnet", "", 11_378_179),
        ("generator/cycle-resnet", "blocks = 6", 7_837_699),
        ("discriminator/two-scale", "", 5_514_114),
        ("discriminator/uv-gan", "", 2_765_633),
    ];
    for (component, more, expected) in cases {
        let opened = bench.image(component, more, 256).unwrap_or_else(|e| panic!("{component} {more}\n{e}"));
        assert_eq!(parameters(&opened), expected, "{component} {more}");
    }
    let both = [("image", Edge::image(3, 256, 256)), ("condition", Edge::image(3, 256, 256))];
    let opened = bench.open("[nodes.d]\nuse = \"discriminator/patchgan\"\n", &both).unwrap();
    assert_eq!(parameters(&opened), 2_768_705, "patchgan on 6 channels");
    // Logits of the 70x70 discriminator on 256 and on the central 128: reference facts, 6.2 and 6.8.
    for (region, side) in [("[0.0, 0.0, 1.0, 1.0]", 30), ("[0.25, 0.25, 0.5, 0.5]", 14)] {
        let toml = format!("[nodes.d]\nuse = \"discriminator/uv-gan\"\nregion = {region}\n");
        let opened = bench.open(&toml, &both).unwrap();
        assert_eq!((parameters(&opened), opened.edges[0].clone()), (2_768_705, Edge::map(1, side, side)), "{region}");
    }
    let maps = [("skip", Edge::map(512, 32, 32)), ("signal", Edge::map(512, 32, 32))];
    let opened = bench.open("[nodes.g]\nuse = \"gate/attention-gate\"\n", &maps).unwrap();
    assert_eq!(parameters(&opened), 263_939, "attention gate at 512");
    let images = [("render", Edge::image(3, 224, 224)), ("guide", Edge::image(3, 224, 224))];
    let opened = bench.open("[nodes.g]\nuse = \"generator/cfr\"\n", &images).unwrap();
    assert_eq!(parameters(&opened), 18_056_132, "cfr");
}

/// The section's `experiments/mine.toml`: UV-GAN's generator on line 7, its encoder on line 9.
fn mine(size: usize, encoder: &str) -> String {
    format!(
        "format  = 1\n\n[settings]\nsize = {size}\n\n[nodes.generator]\nuse     = \"generator/{}\"\nin      = \"pairs.incomplete\"\n{encoder}\n",
        if encoder.contains("gate") { "coupled-unet" } else { "uv-gan" }
    )
}

fn refused(bench: &Bench, toml: &str, size: usize) -> String {
    bench.open(toml, &[("image", Edge::image(3, size, size))]).map(|_| ()).expect_err("must be refused")
}

#[test]
fn a_member_of_another_family_is_refused_by_name() {
    let told = refused(&Bench::new(), &mine(256, "encoder = \"relu\""), 256);
    let expected = r#"error: `encoder` cannot be `relu`
  --> experiments/mine.toml:9:11
   |
 9 | encoder = "relu"
   |           ^^^^^^ no encoder has this name
   |
   = known: efficientnet-b0, pix2pix, resnet101, resnet18, resnet34, resnet50
   = help: `relu` is an activation; the slot `encoder` of `generator/uv-gan` takes encoders
"#;
    assert_eq!(told, expected);
}

#[test]
fn counts_that_disagree_name_both_sides() {
    let told = refused(&Bench::new(), &mine(256, "encoder = \"resnet50\""), 256);
    let expected = r#"error: `generator/decoder` is repeated 4 times and 7 times
  --> experiments/mine.toml:9:11
   |
 9 | encoder = "resnet50"
   |           ^^^^^^^^^^ gives 4 skips
   |
  ::: registry/generator/uv-gan.toml:31:1
   |
31 | in.skip      = "encoder.skips"             # one to each copy
   | ------- 4 from here
32 | each.width   = "$widths"
   | ---------- 7 from here, the default of `widths` (line 15)
   |
   = help: set `nodes.generator.widths` to 4 numbers, and `dropouts`
"#;
    assert_eq!(told, expected);
}

#[test]
fn sizes_that_do_not_meet_point_at_the_size() {
    let told = refused(&Bench::new(), &mine(250, "encoder = \"resnet50\"\ngate = \"attention-gate\""), 250);
    let expected = r#"error: `generator/decoder-1[2]/gate/total` cannot add 128x63x63 and 128x64x64
  --> experiments/mine.toml:4:8
   |
 4 | size = 250
   |        ^^^ not a multiple of 32
   |
  ::: registry/gate/attention-gate.toml:45:12
   |
45 | in.maps = ["theta", "phi"]
   |            -------  ----- 128x64x64, from `decoder-1[2]/up`
   |            |
   |            128x63x63, from `encoder-1.skips[2]`
   |
   = help: `resnet50` halves the size 5 times; use 224, 256, 288, ..
"#;
    assert_eq!(told, expected);
}

#[test]
fn an_unknown_setting_of_a_slot_is_told_with_the_known_ones() {
    let gate = "gate = { ratio = 0.5, rati = 0.25, use = \"attention-gate\" }";
    let told = refused(&Bench::new(), &mine(256, gate), 256);
    let expected = r#"error: unknown setting `rati`
  --> experiments/mine.toml:9:23
   |
 9 | gate = { ratio = 0.5, rati = 0.25, use = "attention-gate" }
   |                       ^^^^ expected `norm` or `ratio`
   |
   = help: a setting with a similar name exists: `ratio`
"#;
    assert_eq!(told, expected);
}

#[test]
fn pix2pix_is_refused_where_links_and_stem_are_used() {
    let told = refused(&Bench::new(), &mine(256, "encoder = \"pix2pix\"\ngate = \"none\""), 256);
    assert!(told.contains("error: `encoder` cannot be `pix2pix`"), "{told}");
    assert!(told.contains("^^^^^^^^^ has no `links`, `stem` or `join`"), "{told}");
}

/// Settings of a node, and phrases of the one error that they must give.
#[test]
fn wrong_settings_are_refused_at_their_place() {
    let bench = Bench::new();
    let cases: [(&str, &[&str]); 16] = [
        ("encodr = \"resnet18\"", &["unknown setting `encodr`", "mine.toml:9:1", "name exists: `encoder`"]),
        ("norm = 3", &["expected a norm: its name", "found an integer `3`"]),
        ("norm = { affine = true }", &["expected a norm: its name", "found a table"]),
        ("norm = \"bach\"", &["`norm` cannot be `bach`", "did you mean `batch`"]),
        ("norm = { use = \"batch\", momentum = \"0.5\" }", &["expected a number, found text `\"0.5\"`"]),
        ("norm = { use = \"batch\", momentum = 2 }", &["`momentum` is 2", "expected at most 1"]),
        ("norm = { use = \"batch\", affine = 1 }", &["expected a boolean, found an integer `1`"]),
        ("widths = [512, 512.5]", &["expected an integer, found a number `512.5`"]),
        ("widths = 512", &["expected an array of integers"]),
        ("widths = [512, 512, 512, 512, 256, 128, 0]", &["expected at least 1", "mine.toml:9:41"]),
        ("dropouts = [2.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]", &["`dropout` is 2", "expected at most 1", "mine.toml:9:13"]),
        ("dropouts = [1.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]", &["`share` is 1", "expected below 1", "mine.toml:9:13"]),
        ("widths = [512, 512]", &["is repeated 7 times and 2 times", "mine.toml:9:10", "says 2"]),
        ("each.width = [1, 2]", &["unknown setting `width`", "name exists: `widths`", "mine.toml:9:6"]),
        ("repeat = 0", &["expected a number of copies, 1 to 1000"]),
        ("encoder = { use = \"pix2pix\", widths = [8], innermost = 0 }", &["`innermost` is 0, expected at least 1"]),
    ];
    for (line, phrases) in cases {
        let told = refused(&bench, &mine(256, line), 256);
        for phrase in phrases {
            assert!(told.contains(phrase), "`{line}` must say {phrase:?}:\n{told}");
        }
    }
}

#[test]
fn all_errors_come_at_once() {
    let lines = "encodr = 1\nnorm = \"bach\"\nwidths = 512";
    let told = refused(&Bench::new(), &mine(256, lines), 256);
    assert_eq!(told.matches("error: ").count(), 3, "{told}");
}

/// A composite `block/mine` with these nodes, and phrases of the errors it must give, read or opened on a map.
#[test]
fn wrong_composites_are_refused() {
    let cases: [(&str, &[&str]); 13] = [
        ("a = { use = \"activation/relu\", in = \"in.map\" }", &[]),
        (
            "a = { use = \"activation/relu\", in = \"b\" }\nnodes.b = { use = \"activation/relu\", in = \"a\" }",
            &["`a` feeds itself: a -> b -> a"],
        ),
        (
            "a = { use = \"activation/relu\", in = \"in.map\" }\nnodes.b = { use = \"activation/relu\", in = \"a\" }",
            &["node `b` is unused"],
        ),
        ("a = { use = \"activation/relu\", in = \"in.mapp\" }", &["no input is called `mapp`, did you mean `map`?"]),
        ("a = { use = \"activation/relu\", in = \"c\" }", &["nothing is called `c`"]),
        ("a = { use = \"activation/relu\", in = \"in.map[\" }", &["`in.map[` is not a wire", "not closed"]),
        ("a = { use = \"activation/relu\" }", &["input `map` is missing"]),
        (
            "a = { use = \"activation/rely\", in = \"in.map\" }",
            &["no activation is called `rely`, did you mean `relu`?"],
        ),
        ("a = { use = \"activation/relu\", in.mup = \"in.map\" }", &["has no input `mup`, did you mean `map`?"]),
        ("a = { use = \"block/conv\", in = \"in.map\" }", &["setting `width` is missing"]),
        (
            "a = { use = \"block/conv\", in = \"in.map\", width = { like = \"in.map\", times = 0.3 } }",
            &["`width` comes out as 2.4"],
        ),
        ("a = { use = \"block/conv\", in = \"in.map\", width = \"$wide\" }", &["no setting is called `wide`"]),
        ("a = { use = \"encoder/resnet18\", in = \"in.map\" }", &["`a` has several outputs, name one"]),
    ];
    for (node, phrases) in cases {
        let told = composite(node);
        assert_eq!(told.is_empty(), phrases.is_empty(), "{node}:\n{told}");
        for phrase in phrases {
            assert!(told.contains(phrase), "`{node}` must say {phrase:?}:\n{told}");
        }
    }
}

/// Errors of a composite with one input `map`, output `map` from node `a`, opened on 8x64x64.
fn composite(node: &str) -> String {
    let mut bench = Bench::new();
    let head = "format = 1\ndoc = \"Mine.\"\nin.map = { type = \"map\" }\nout.map = { from = \"a\" }\n";
    let source = Arc::new(Source { name: "parts/block/mine.toml".into(), text: format!("{head}nodes.{node}\n") });
    let mut problems = vec![];
    bench.composites.add(&source, "block/mine.toml", &mut problems);
    if !problems.is_empty() {
        return text(&problems);
    }
    let opened = bench.open("[nodes.x]\nuse = \"block/mine\"\n", &[("map", Edge::map(8, 64, 64))]);
    opened.err().unwrap_or_default()
}

/// `bias = "auto"` (language.md, section 10): off before batch norm, on before instance norm, none, and where two read.
#[test]
fn a_bias_is_off_only_before_a_norm_with_affine() {
    for (norm, biases) in [("batch", 0), ("instance", 1), ("none", 1), ("layer", 0)] {
        let toml = format!("[nodes.x]\nuse = \"block/conv-norm-act\"\nwidth = 4\nnorm = \"{norm}\"\n");
        let opened = Bench::new().open(&toml, &[("map", Edge::map(8, 16, 16))]).unwrap();
        let found = opened.network.ops[0].inferred.parameters.iter().filter(|p| p.name == "bias").count();
        assert_eq!((found, opened.network.ops[0].path.as_ref()), (biases, "x/conv"), "{norm}");
    }
}

/// A repeated top-level node is a chain; `X.port` is the last copy's.
#[test]
fn a_node_is_repeated_as_a_chain() {
    let toml = "[nodes.x]\nuse = \"block/conv-norm-act\"\neach.width = [4, 6, 2]\nstride = 2\n";
    let opened = Bench::new().open(toml, &[("map", Edge::map(8, 64, 64))]).unwrap();
    assert_eq!(opened.edges, [Edge::map(4, 32, 32), Edge::map(6, 16, 16), Edge::map(2, 8, 8)]);
    assert_eq!(&*opened.network.ops[3].path, "x[1]/conv");
}

/// A discriminator sees other sizes with the same parameters, but not other channels.
#[test]
fn a_network_is_applied_to_other_sizes_but_not_other_channels() {
    let bench = Bench::new();
    let opened = bench.image("discriminator/patchgan", "", 256).unwrap();
    let apply = |edge: Edge| {
        let values = vec![WiredValue { edge, label: "faces.image".into(), decided: None }];
        let wired = [Wired { port: "image".into(), list: false, values, written: None }];
        let mut problems = vec![];
        bench.library().apply(&opened, "losses.global", &wired, &mut problems).map(|(e, _)| e).ok_or(text(&problems))
    };
    assert_eq!(opened.edges, [Edge::map(1, 30, 30)]);
    assert_eq!(apply(Edge::image(3, 128, 128)), Ok(vec![Edge::map(1, 14, 14)]));
    let told = apply(Edge::image(1, 128, 128)).unwrap_err();
    assert!(told.contains("cannot have one `weight` of 64x3x4x4 and of 64x1x4x4"), "{told}");
}
