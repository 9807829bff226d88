//! Names of tensors in files of weights: our own checkpoints, and files that others wrote.
//!
//! A layout says what a tensor of ours is called in such a file. The rule that holds for all of them is [`dotted`]:
//! `layer1-0/conv1/weight` inside the node is `layer1.0.conv1.weight` there. So a component whose inner nodes are named
//! after the original's modules needs nothing else; what the rule cannot say is the layout's `rename`, and what a file
//! holds besides (classifiers, counters) its `ignored`.

mod efficientnet;
mod fit;
mod header;

pub use fit::{Fit, Source, Target, fit, source, targets};
pub use header::{Header, HeaderError};

/// The names of one kind of file.
pub struct Layout {
    /// `weights.layout`.
    pub name: &'static str,
    /// Whose files they are.
    pub doc: &'static str,
    /// From the dotted name to the file's.
    pub rename: fn(String) -> String,
    /// What a file may hold that nobody takes; a `*` at one end stands for anything.
    pub ignored: &'static [&'static str],
}

/// A layout by which nothing is renamed beyond the rule.
const fn plain(name: &'static str, doc: &'static str, ignored: &'static [&'static str]) -> Layout {
    Layout { name, doc, rename: |dotted| dotted, ignored }
}

/// Our own: paths as they are, under the node's name.
pub const OURS: &str = "ours";

/// What classifiers hold besides their features.
const CLASSIFIERS: &[&str] = &["fc.*", "classifier.*", "*.num_batches_tracked"];

/// Every layout that `weights.layout` may name.
pub const LAYOUTS: &[Layout] = &[
    plain(OURS, "this program: the checkpoints of runs", &[]),
    Layout {
        name: "torchvision",
        doc: "torchvision: classifiers",
        rename: efficientnet::torchvision,
        ignored: CLASSIFIERS,
    },
    Layout { name: "timm", doc: "timm: classifiers", rename: efficientnet::timm, ignored: CLASSIFIERS },
    Layout {
        name: "facenet-pytorch",
        doc: "facenet-pytorch: InceptionResnetV1, the networks of MTCNN",
        rename: numbered_of_facenet,
        ignored: &["logits.*", "*.num_batches_tracked"],
    },
    plain(
        "insightface",
        "insightface: IResNets, MobileFaceNet; InsightFace_Pytorch: IR-SE-50",
        &["*.num_batches_tracked"],
    ),
    plain("light-cnn", "LightCNN: LightCNN-9, 29 and 29 v2, without classifiers", &["fc2.*"]),
    Layout {
        name: "3ddfa",
        doc: "3DDFA and 3DDFA_V2: MobileNet-v1, the last layer as `fc`",
        rename: block_of_3ddfa,
        ignored: &["fc_lm.*", "*.num_batches_tracked"],
    },
];

/// `repeat.1.0.conv2d.weight` is `repeat_1.0.conv2d.weight` there, `conv4.1.bias` is `conv4_1.bias`.
fn numbered_of_facenet(dotted: String) -> String {
    const NUMBERED: [&str; 4] = ["repeat", "conv4", "dense5", "dense6"];
    match dotted.split_once('.') {
        Some((part, rest)) if NUMBERED.contains(&part) && rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{part}_{rest}")
        }
        _ => dotted,
    }
}

/// `dw2.1.conv_dw.weight` is `dw2_1.conv_dw.weight` there.
fn block_of_3ddfa(dotted: String) -> String {
    match dotted.split_once('.') {
        Some((block, rest)) if block.starts_with("dw") && rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{block}_{rest}")
        }
        _ => dotted,
    }
}

impl Layout {
    pub fn named(name: &str) -> Option<&'static Layout> {
        LAYOUTS.iter().find(|l| l.name == name)
    }

    pub fn is_ours(&self) -> bool {
        self.name == OURS
    }

    /// The file's name of a tensor, from its path inside the node: `/layer1-0/conv1/weight`, `[0]/conv/weight`.
    pub fn name_of(&self, inner: &str) -> String {
        (self.rename)(dotted(inner))
    }

    /// Whether a name that nobody takes is nothing to speak of.
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.iter().any(|pattern| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(end), _) => name.ends_with(end),
            (_, Some(start)) => name.starts_with(start),
            _ => name == *pattern,
        })
    }
}

/// A path in PyTorch's manner: `/` is a dot, and so is a `-` before a whole number (`layer1-0`: the first of a
/// sequence) and a copy's bracket (`layer[0]`); other hyphens are underscores. Tensors have PyTorch's names.
pub fn dotted(inner: &str) -> String {
    let (path, tensor) = inner.rsplit_once('/').unwrap_or(("", inner));
    let mut name = String::new();
    for piece in path.split(['/', '[']).map(|p| p.trim_end_matches(']')).filter(|p| !p.is_empty()) {
        for (i, part) in piece.split('-').enumerate() {
            let number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let joint = if i == 0 || number { "." } else { "_" };
            name.push_str(if name.is_empty() { "" } else { joint });
            name.push_str(part);
        }
    }
    let tensor = match tensor {
        "running-variance" => "running_var".into(),
        "slope" => "weight".into(),
        other => other.replace('-', "_"),
    };
    if name.is_empty() { tensor } else { format!("{name}.{tensor}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_the_names_of_modules() {
        for (ours, theirs) in [
            ("/layer1-0/conv1/weight", "layer1.0.conv1.weight"),
            ("/layer4-22/downsample-1/running-variance", "layer4.22.downsample.1.running_var"),
            ("/bn1/running-mean", "bn1.running_mean"),
            ("/blocks-1-0/se/conv-reduce/bias", "blocks.1.0.se.conv_reduce.bias"),
            ("/conv2d-1a/conv/weight", "conv2d_1a.conv.weight"),
            ("[2]/prelu/slope", "2.prelu.weight"),
            ("/layer1[0]/conv/weight", "layer1.0.conv.weight"),
            ("/weight", "weight"),
        ] {
            assert_eq!(dotted(ours), theirs);
        }
    }

    #[test]
    fn a_layout_renames_what_the_rule_cannot_say() {
        let facenet = Layout::named("facenet-pytorch").unwrap();
        assert_eq!(facenet.name_of("/repeat-1/0/branch1/0/bn/running-mean"), "repeat_1.0.branch1.0.bn.running_mean");
        assert_eq!(facenet.name_of("/mixed-6a/branch0/conv/weight"), "mixed_6a.branch0.conv.weight");
        assert_eq!(facenet.name_of("/conv4-2/bias"), "conv4_2.bias");
        assert_eq!(facenet.name_of("/dense6-3/weight"), "dense6_3.weight");
        assert_eq!(facenet.name_of("/dense5/weight"), "dense5.weight");
        assert_eq!(facenet.name_of("/prelu5/slope"), "prelu5.weight");
        assert!(facenet.ignores("logits.weight") && !facenet.ignores("last_bn.weight"));
        let light = Layout::named("light-cnn").unwrap();
        assert_eq!(light.name_of("/group1/conv-a/filter/bias"), "group1.conv_a.filter.bias");
        assert!(light.ignores("fc2.weight") && !light.ignores("fc.weight"));
        let fitting = Layout::named("3ddfa").unwrap();
        assert_eq!(fitting.name_of("/dw2-1/bn-dw/running-variance"), "dw2_1.bn_dw.running_var");
        assert_eq!(fitting.name_of("/dw6/conv-sep/weight"), "dw6.conv_sep.weight");
        assert_eq!(fitting.name_of("/bn1/bias"), "bn1.bias");
        assert!(fitting.ignores("fc_lm.weight") && !fitting.ignores("fc.weight"));
    }

    #[test]
    fn classifiers_and_counters_are_nothing_to_speak_of() {
        let torchvision = Layout::named("torchvision").unwrap();
        assert!(torchvision.ignores("fc.weight") && torchvision.ignores("layer1.0.bn1.num_batches_tracked"));
        assert!(!torchvision.ignores("layer1.0.fc.weight") && !torchvision.ignores("fcn"));
        assert!(!Layout::named(OURS).unwrap().ignores("fc.weight"));
        assert!(Layout::named("pytorch").is_none());
    }
}
