//! Which tensor of a file goes to which tensor of a node, and what is left over on either side.

use super::header::rest;
use super::{Header, Layout};
use crate::graph::plan::Op;

/// How many names an error lists.
const LISTED: usize = 10;

/// A place that takes a file's values: a node, or a path inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// `generator` or `generator/encoder-1`.
    pub path: String,
    /// Tensors by what follows `path` in theirs, with their shapes.
    pub tensors: Vec<(String, [usize; 4])>,
}

/// Where in a file the values of a target are.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Before every name: a path of ours, or `backbone.`.
    pub prefix: String,
}

/// What a file and a node have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// Our full path and the file's name.
    pub pairs: Vec<(String, String)>,
    /// Names that the file lacks.
    pub missing: Vec<String>,
    /// Names that nothing takes.
    pub unexpected: Vec<String>,
    /// `conv1.weight (64x3x7x7, expected 8x3x7x7)`.
    pub unlike: Vec<String>,
}

/// The node itself, or the paths inside it that `at` names.
pub fn targets(node: &str, at: &[String], ops: &[Op]) -> Vec<Target> {
    let paths = match at {
        [] => vec![node.to_string()],
        inner => inner.iter().map(|i| format!("{node}/{i}")).collect(),
    };
    let of = |path: String| {
        let tensors = ops.iter().flat_map(|op| {
            let parameters = op.inferred.parameters.iter().map(|p| (p.name, p.shape));
            let all = parameters.chain(op.inferred.buffers.iter().map(|b| (b.name, b.shape)));
            all.map(|(name, shape)| (format!("{}/{name}", op.path), shape))
        });
        let under = tensors.filter_map(|(full, shape)| Some((rest(&full, &path)?.to_string(), shape)));
        Target { tensors: under.collect(), path }
    };
    paths.into_iter().map(of).collect()
}

/// Where in the file a target's values are: `node` if it is said, else for a checkpoint of ours the path of the same
/// name or the only node there, for a file of others all of it. The error lists what there is.
pub fn source(header: &Header, layout: &Layout, node: Option<&str>, target: &str) -> Result<Source, String> {
    if !layout.is_ours() {
        let wrapped = || !header.tensors.is_empty() && header.tensors.keys().all(|n| n.starts_with("module."));
        let prefix = match node {
            Some(node) => format!("{}.", node.trim_end_matches('.')),
            None if wrapped() => "module.".into(),
            None => String::new(),
        };
        return if header.tensors.keys().any(|n| n.starts_with(&prefix)) {
            Ok(Source { prefix })
        } else {
            Err(format!("nothing in it begins with `{prefix}`"))
        };
    }
    let owners = header.owners();
    let found = match node {
        Some(node) => header.holds(node).then(|| node.to_string()),
        None if header.holds(target) => Some(target.to_string()),
        None if owners.len() == 1 => Some(owners[0].to_string()),
        None => None,
    };
    found.map(|prefix| Source { prefix }).ok_or_else(|| match node {
        _ if owners.is_empty() => "it holds no node".into(),
        Some(node) => format!("it holds nothing called `{node}`: {}", owners.join(", ")),
        None => format!("it holds several nodes and none is called `{target}`: {}", owners.join(", ")),
    })
}

/// Compares the tensors of all targets with the file's. A name that one target takes is not unexpected for another.
pub fn fit(header: &Header, layout: &Layout, places: &[(Target, Source)]) -> Fit {
    let mut fit = Fit::default();
    let mut taken = std::collections::BTreeSet::new();
    for (target, source) in places {
        for (inner, shape) in &target.tensors {
            let inside = if layout.is_ours() { inner.clone() } else { layout.name_of(inner) };
            let name = format!("{}{inside}", source.prefix);
            match header.tensors.get(&name) {
                None => fit.missing.push(name),
                Some(found) => {
                    taken.insert(name.clone());
                    if same(shape, found) {
                        fit.pairs.push((format!("{}{inner}", target.path), name));
                    } else {
                        fit.unlike.push(format!("{name} ({}, expected {})", product(found), product(&trimmed(shape))));
                    }
                }
            }
        }
    }
    let belongs = |name: &str| match layout.is_ours() {
        true => places.iter().any(|(_, source)| rest(name, &source.prefix).is_some()),
        false => places.iter().any(|(_, s)| name.strip_prefix(&s.prefix).is_some_and(|inner| !layout.ignores(inner))),
    };
    fit.unexpected = header.tensors.keys().filter(|n| !taken.contains(*n) && belongs(n)).cloned().collect();
    fit.missing.sort();
    fit.missing.dedup();
    fit
}

impl Fit {
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.unlike.is_empty()
    }

    /// "2 missing, 1 of another shape"; empty if all fit.
    pub fn counts(&self) -> String {
        let all = [(&self.missing, "missing"), (&self.unexpected, "unexpected"), (&self.unlike, "of another shape")];
        let counted = all.into_iter().filter(|(names, _)| !names.is_empty());
        counted.map(|(names, what)| format!("{} {what}", names.len())).collect::<Vec<_>>().join(", ")
    }

    /// What is wrong by kind, each with its first names.
    pub fn lists(&self) -> Vec<(&'static str, String)> {
        let all = [("missing", &self.missing), ("unexpected", &self.unexpected), ("other shape", &self.unlike)];
        all.into_iter().filter(|(_, names)| !names.is_empty()).map(|(kind, names)| (kind, first(names))).collect()
    }

    /// Everything in one line: counts, then names.
    pub fn sentence(&self) -> String {
        let lists: Vec<String> = self.lists().into_iter().map(|(kind, names)| format!("{kind}: {names}")).collect();
        format!("{} ({})", self.counts(), lists.join("; "))
    }
}

fn first(names: &[String]) -> String {
    let listed = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

/// Ours have four dimensions; a file may leave out ones, and flatten a kernel to a matrix's row (a linear layer on a
/// flattened map is a convolution as large as the map).
fn same(ours: &[usize; 4], theirs: &[usize]) -> bool {
    let ones = |shape: &[usize]| shape.iter().copied().filter(|n| *n != 1).collect::<Vec<_>>();
    ones(ours) == ones(theirs)
        || matches!(theirs, [rows, columns] if *rows == ours[0] && *columns == ours[1..].iter().product::<usize>())
}

/// A vector or matrix of ours as others write it.
fn trimmed(shape: &[usize; 4]) -> Vec<usize> {
    match shape {
        [1, n, 1, 1] => vec![*n],
        [o, i, 1, 1] => vec![*o, *i],
        all => all.to_vec(),
    }
}

fn product(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}
