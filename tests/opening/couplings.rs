//! The U-Nets of na2020, single and coupled: every gate, fusion and link; what Fig. 2 leaves open; skips; a third one.

use super::{Bench, parameters};
use ablate::graph::open::Opened;
use ablate::registry::Edge;

#[test]
fn the_coupled_unet_opens_with_every_gate_and_fusion() {
    let bench = Bench::new();
    for gate in ["none", "attention-gate", "grid-gate", "squeeze-excite", "cbam"] {
        for fusion in ["concat", "sum", "fast-normalized", "softmax-weighted", "none", "replace"] {
            for links in ["none", "sum", "concat", "replace"] {
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

/// What Fig. 2 of na2020 leaves open (reference facts, 6.1): each is a line.
#[test]
fn what_the_figure_leaves_open_is_a_setting() {
    let bench = Bench::new();
    let opened = |component: &str, more: &str| {
        let more = format!("encoder = {{ use = \"resnet18\", width = 8 }}\nwidths = [16, 8, 8, 4]\n{more}");
        bench.image(component, &more, 64).unwrap_or_else(|e| panic!("{component} {more}\n{e}"))
    };
    let under = |o: &Opened, path: &str| o.network.ops.iter().filter(|op| op.path.contains(path)).count();
    let channels = |o: &Opened, path: &str| {
        let op = o.network.ops.iter().find(|op| op.path.ends_with(path)).unwrap_or_else(|| panic!("no {path}"));
        op.inferred.outputs[0].as_ref().unwrap().channels()
    };
    // (b) How S1..S5 enter: added, side by side, or in the place of U2's own stages.
    for component in ["generator/coupled-unet", "generator/coupled-unet-3"] {
        let replaced = opened(component, "links = \"replace\"");
        assert_eq!(under(&replaced, "/encoder-2/"), 0, "{component}: S1..S5 are the stages");
        assert!(under(&replaced, "/encoder-1/") > 0 && under(&opened(component, ""), "/encoder-2/") > 0);
        let edge = |o: &Opened| o.edges[0].clone();
        assert_eq!(edge(&replaced), edge(&opened(component, "")), "{component}");
    }
    // (c) The up-sampling, and its width: 64 channels come from the bottleneck.
    for (up, width) in [
        ("\"nearest\"", 64),
        ("\"transposed\"", 64),
        ("{ use = \"transposed\", share = 0.25 }", 16),
        ("{ use = \"up-conv\", share = 0.25, up = \"bilinear\" }", 16),
    ] {
        let more = format!("up = {up}");
        let found = opened("generator/coupled-unet", &more);
        let last = if up.contains("up-conv") { "decoder-1[0]/up/conv/activation" } else { "decoder-1[0]/up" };
        assert_eq!(channels(&found, last), width, "{up}");
        assert_eq!(channels(&found, "decoder-1[0]/conv/conv"), 16, "{up}");
    }
    let odd = "encoder = { use = \"resnet18\", width = 8 }\nup = { use = \"transposed\", share = 0.3 }";
    let told = bench.image("generator/coupled-unet", odd, 64).err().unwrap();
    assert!(told.contains("0.3 of 64 channels are 19.2, not an integer"), "{told}");
    // Norms: the decoders', the encoders' and the gates' each where it belongs; (e) the last activation.
    for (component, couple) in
        [("generator/res-unet", 1), ("generator/coupled-unet", 2), ("generator/coupled-unet-3", 3)]
    {
        let norms = |more: &str| {
            let found = bench.image(component, more, 64).unwrap_or_else(|e| panic!("{component} {more}\n{e}"));
            let count = |name: &str, path: &str| {
                let of = |op: &&ablate::graph::plan::Op| op.component.family == "norm" && op.component.name == name;
                found.network.ops.iter().filter(of).filter(|op| op.path.contains(path)).count()
            };
            let (decoders, encoders) = (count("instance", "/decoder"), count("instance", "/encoder"));
            let tanh = found.network.ops.iter().filter(|op| op.component.name == "tanh").count();
            (decoders, encoders, count("batch", "/decoder"), tanh)
        };
        let narrow = "widths = [16, 8, 8, 4]\ngate = \"none\"\n";
        let plain = format!("{narrow}encoder = {{ use = \"resnet18\", width = 4 }}\n");
        assert_eq!(norms(&format!("{plain}norm = \"instance\"")), (4 * couple, 0, 0, couple), "{component}");
        assert_eq!(norms(&format!("{plain}activation = \"none\"")), (0, 0, 4 * couple, 0), "{component}");
        let encoder = format!("{narrow}encoder = {{ use = \"resnet50\", width = 4, norm = \"instance\" }}\n");
        let (decoders, encoders, ..) = norms(&encoder);
        // 53 norms of a whole ResNet-50; the others have no first convolution.
        assert_eq!((decoders, encoders), (0, 53 + 52 * (couple - 1)), "{component}");
    }
}

/// Paths and parameters of the decoder stay what they are without, but for the channels of dense skips.
#[test]
fn skips_and_couplings_are_one_line() {
    let bench = Bench::new();
    let opened = |component: &str, more: &str| {
        let more = format!("encoder = {{ use = \"resnet18\", width = 8 }}\nwidths = [16, 8, 8, 4]\n{more}");
        bench.image(component, &more, 64).unwrap_or_else(|e| panic!("{component} {more}\n{e}"))
    };
    for component in ["generator/res-unet", "generator/coupled-unet", "generator/coupled-unet-3"] {
        let plain = opened(component, "");
        let dense = opened(component, "skips = \"dense\"");
        let paths = opened(component, "skips = { use = \"res-path\", shortest = 2 }");
        let named = |o: &Opened| {
            o.network.ops.iter().map(|op| op.path.clone()).filter(|p| !p.contains("/skips")).collect::<Vec<_>>()
        };
        assert_eq!(named(&plain), named(&dense), "{component}");
        assert_eq!(named(&plain), named(&paths), "{component}");
        assert!(parameters(&plain) < parameters(&paths) && parameters(&plain) < parameters(&dense), "{component}");
        assert_eq!(plain.edges[0], Edge::image(3, 64, 64));
    }
    let thrice = opened("generator/coupled-unet-3", "");
    assert_eq!(thrice.network.outputs.iter().filter(|o| o.port.port == "intermediate").count(), 2);
}
