//! Components opened to leaf operations: the parameter counts that the composites' comments state, and the errors of
//! language.md, section 11, as they are printed.

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
        ("generator/cycle-resnet", "", 11_378_179),
        ("generator/cycle-resnet", "blocks = 6", 7_837_699),
        ("discriminator/two-scale", "", 5_514_114),
    ];
    for (component, more, expected) in cases {
        let opened = bench.image(component, more, 256).unwrap_or_else(|e| panic!("{component} {more}\n{e}"));
        assert_eq!(parameters(&opened), expected, "{component} {more}");
    }
    let both = [("image", Edge::image(3, 256, 256)), ("condition", Edge::image(3, 256, 256))];
    let opened = bench.open("[nodes.d]\nuse = \"discriminator/patchgan\"\n", &both).unwrap();
    assert_eq!(parameters(&opened), 2_768_705, "patchgan on 6 channels");
    let maps = [("skip", Edge::map(512, 32, 32)), ("signal", Edge::map(512, 32, 32))];
    let opened = bench.open("[nodes.g]\nuse = \"gate/attention-gate\"\n", &maps).unwrap();
    assert_eq!(parameters(&opened), 263_939, "attention gate at 512");
    let images = [("render", Edge::image(3, 224, 224)), ("guide", Edge::image(3, 224, 224))];
    let opened = bench.open("[nodes.g]\nuse = \"generator/cfr\"\n", &images).unwrap();
    assert_eq!(parameters(&opened), 18_056_132, "cfr");
}

#[test]
fn the_coupled_unet_opens_with_every_gate_and_fusion() {
    let bench = Bench::new();
    for gate in ["none", "attention-gate"] {
        for fusion in ["concat", "sum", "fast-normalized", "softmax-weighted", "none"] {
            for links in ["none", "sum", "concat"] {
                let more =
                    format!("gate = \"{gate}\"\nfusion = \"{fusion}\"\nlinks = \"{links}\"\nencoder = \"resnet18\"");
                let opened = bench.image("generator/coupled-unet", &more, 64).unwrap_or_else(|e| panic!("{more}\n{e}"));
                assert_eq!(opened.edges[0], Edge::image(3, 64, 64), "{more}");
                let attention = opened.network.outputs.iter().filter(|o| o.port.port == "attention").count();
                assert_eq!(attention, if gate == "none" { 0 } else { 4 }, "{more}");
            }
        }
    }
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
    let bench = Bench::new();
    let told = refused(&bench, &mine(256, "encoder = \"vgg19\""), 256);
    println!("{told}");
    assert!(told.contains("error: `encoder` cannot be `vgg19`"), "{told}");
}

#[test]
fn counts_that_disagree_name_both_sides() {
    let bench = Bench::new();
    let told = refused(&bench, &mine(256, "encoder = \"resnet50\""), 256);
    println!("{told}");
    assert!(told.contains("`generator/decoder` is repeated 4 times and 7 times"), "{told}");
}

#[test]
fn sizes_that_do_not_meet_point_at_the_size() {
    let bench = Bench::new();
    let told = refused(&bench, &mine(250, "encoder = \"resnet50\"\ngate = \"attention-gate\""), 250);
    println!("{told}");
    assert!(told.contains("cannot add"), "{told}");
}

#[test]
fn an_unknown_setting_of_a_slot_is_told_with_the_known_ones() {
    let bench = Bench::new();
    let gate = "gate = { ratio = 0.5, rati = 0.25, use = \"attention-gate\" }";
    let told = refused(&bench, &mine(256, gate), 256);
    println!("{told}");
    assert!(told.contains("error: unknown setting `rati`"), "{told}");
}

#[test]
fn pix2pix_is_refused_where_links_and_stem_are_used() {
    let bench = Bench::new();
    let told = refused(&bench, &mine(256, "encoder = \"pix2pix\"\ngate = \"none\""), 256);
    println!("{told}");
    assert!(told.contains("`encoder` cannot be `pix2pix`"), "{told}");
}
