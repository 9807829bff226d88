//! A network, or a part of it, as a file for other programs: ONNX, or safetensors with our names or another layout's.

use super::{Built, RunError, Trained};
use crate::graph::layout::Layout;
use crate::graph::plan::{Op, OpSource};
use crate::nn::{Mode, OpState, Pass, Sheet};
use crate::onnx::{About, Graph, Wire};
use crate::random::Stream;
use crate::registry::{Edge, Parameter, Start, Type};
use crate::tensor::{Backend, Context, Var};
use safetensors::tensor::{Dtype, TensorView};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A form.
#[derive(Clone, Copy)]
pub enum Form {
    Onnx,
    /// Names and shapes of this layout: `weights = { file, layout }` reads them again.
    Safetensors(&'static Layout),
}

impl Form {
    /// The form of an ending, without the dot. A layout is only for safetensors.
    pub fn of(ending: &str, layout: &'static Layout) -> Option<Form> {
        match ending {
            "onnx" if layout.is_ours() => Some(Form::Onnx),
            "safetensors" => Some(Form::Safetensors(layout)),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("no node is called `{node}`; {known}")]
    NoNode { node: String, known: String },
    #[error("`{path}` (`{component}`) cannot be written as ONNX: {reason}")]
    Unsupported { path: String, component: String, reason: String },
    #[error("`{0}` holds no tensors")]
    Empty(String),
    #[error("`{path}` is no network of the layout `{layout}`: two of its tensors would be called `{name}`")]
    Layout { path: String, layout: &'static str, name: String },
    #[error(transparent)]
    TooLarge(#[from] crate::onnx::TooLarge),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A file's bytes and what is in it.
#[derive(Clone, Debug)]
pub struct Exported {
    pub bytes: Vec<u8>,
    /// Inputs and outputs with their shapes, `image: 3x64x64`; none where the form has none.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Tensors of the network that are in the file.
    pub tensors: usize,
}

/// Writes the node (or inner node) at `path`: `generator`, `generator/encoder-1`, `generator/decoder-1[2]/gate`.
/// `facts` are kept in the file.
pub fn export<D: Backend>(
    trained: &Trained<'_, D>,
    path: &str,
    form: Form,
    facts: BTreeMap<String, String>,
) -> Result<Exported, ExportError> {
    let top = path.split(['/', '[']).next().unwrap_or_default();
    let named = |n: &&RefCell<Built<D>>| n.borrow().plan.node == top;
    let Some(built) = trained.models.networks.iter().find(named) else {
        let all: Vec<String> = trained.plan.networks.iter().map(|n| format!("`{}`", n.node)).collect();
        return Err(ExportError::NoNode { node: path.into(), known: format!("the nodes are {}", all.join(", ")) });
    };
    let built = built.borrow();
    let part = Part::of(&built, path)?;
    match form {
        Form::Onnx => {
            let about = About {
                name: path.into(),
                doc: format!("`{path}` of {}", trained.plan.report.title),
                version: env!("CARGO_PKG_VERSION").into(),
                facts,
            };
            onnx(&built, &part, &trained.models.device, &about)
        }
        Form::Safetensors(layout) => tensors(&built, &part, path, layout, facts),
    }
}

/// Operations of a network that lie under a path, in order.
pub(super) struct Part {
    ops: Vec<usize>,
    /// What comes from outside, by name.
    inputs: Vec<(String, OpSource)>,
    outputs: Vec<(String, OpSource)>,
}

impl Part {
    /// # Errors
    /// Nothing lies under the path; the nearest nodes are named.
    pub(super) fn of<D: Backend>(built: &Built<D>, path: &str) -> Result<Part, ExportError> {
        let plan = &built.plan;
        if path == plan.node {
            let name = |p: &crate::graph::plan::NetworkPort| match p.element {
                Some(i) => format!("{}[{i}]", p.port),
                None => p.port.clone(),
            };
            let inputs = plan.inputs.iter().enumerate().map(|(i, p)| (name(p), OpSource::Input(i)));
            let outputs = plan.outputs.iter().map(|o| (name(&o.port), o.from));
            return Ok(Part {
                ops: (0..plan.ops.len()).collect(),
                inputs: inputs.collect(),
                outputs: outputs.collect(),
            });
        }
        let under =
            |op: &str| op.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']));
        let ops: Vec<usize> = (0..plan.ops.len()).filter(|i| under(&plan.ops[*i].path)).collect();
        if ops.is_empty() {
            return Err(ExportError::NoNode { node: path.into(), known: beneath(built, path) });
        }
        let inside = |source: &OpSource| matches!(source, OpSource::Op { op, .. } if ops.contains(op));
        let mut part = Part { inputs: vec![], outputs: vec![], ops: ops.clone() };
        for source in ops.iter().flat_map(|i| sources(built, *i)).filter(|s| !inside(s)) {
            if !part.inputs.iter().any(|(_, known)| *known == source) {
                let name = match source {
                    OpSource::Input(i) => plan.inputs[i].port.clone(),
                    OpSource::Op { op, .. } => plan.ops[op].path.to_string(),
                };
                part.inputs.push((name, source));
            }
        }
        let outside = (0..plan.ops.len()).filter(|i| !ops.contains(i)).flat_map(|i| sources(built, i));
        for source in outside.chain(plan.outputs.iter().map(|o| o.from)).filter(inside) {
            if !part.outputs.iter().any(|(_, known)| *known == source) {
                part.outputs.push((output_name(built, path, source), source));
            }
        }
        Ok(part)
    }
}

fn sources<D: Backend>(built: &Built<D>, op: usize) -> Vec<OpSource> {
    built.plan.ops[op].inputs.iter().flat_map(|(_, sources)| sources.iter().copied()).collect()
}

/// `layer2-1/relu` of `generator/encoder`; `output` of an operation that is the whole part.
fn output_name<D: Backend>(built: &Built<D>, path: &str, source: OpSource) -> String {
    let OpSource::Op { op, output } = source else { return String::new() };
    let rest = built.plan.ops[op].path[path.len()..].trim_start_matches('/');
    let name = if rest.is_empty() { "output" } else { rest };
    if output == 0 { name.to_string() } else { format!("{name}.{output}") }
}

/// What could have been meant: the nodes one level below the longest part of the path that exists.
fn beneath<D: Backend>(built: &Built<D>, path: &str) -> String {
    let mut prefix = path;
    loop {
        let mut found: Vec<String> = Vec::new();
        for op in built.plan.ops.iter() {
            let rest = op.path.strip_prefix(prefix).and_then(|r| r.strip_prefix('/'));
            if let Some(next) = rest.and_then(|r| r.split('/').next()).map(|n| format!("`{prefix}/{n}`"))
                && !found.contains(&next)
            {
                found.push(next);
            }
        }
        match prefix.rsplit_once('/') {
            _ if !found.is_empty() => return format!("there is {}", found.join(", ")),
            Some((shorter, _)) => prefix = shorter,
            None => return format!("there is `{}`", built.plan.node),
        }
    }
}

/// The edge of a value, as some operation reads or gives it.
fn edge<D: Backend>(built: &Built<D>, source: OpSource) -> Option<Edge> {
    if let OpSource::Op { op, output } = source {
        return built.plan.ops[op].inferred.outputs.get(output).cloned().flatten();
    }
    built.plan.ops.iter().find_map(|op| {
        op.inputs.iter().find_map(|(port, all)| {
            let at = all.iter().position(|s| *s == source)?;
            op.input_edges.list(port).get(at).cloned()
        })
    })
}

pub(super) fn onnx<D: Backend>(
    built: &Built<D>,
    part: &Part,
    device: &D,
    about: &About,
) -> Result<Exported, ExportError> {
    let mut graph = Graph::default();
    let mut wires: HashMap<OpSource, Wire> = HashMap::new();
    let (mut inputs, mut outputs, mut batch) = (vec![], vec![], 1);
    for (name, source) in &part.inputs {
        // An input that nothing reads has no shape and no use.
        let Some(edge) = edge(built, *source) else { continue };
        graph.input(name, edge.dims);
        batch = edge.batch.max(batch);
        inputs.push(format!("{name}: {edge}"));
        wires.insert(*source, Wire { name: name.clone(), dims: edge.dims });
    }
    let ctx = Context::inference(device);
    let moved = RefCell::default();
    let mut tensors = 0;
    for &i in &part.ops {
        let (op, state) = (&built.plan.ops[i], &built.state.ops[i]);
        tensors += state.parameters.len() + state.buffers.len();
        let pass = Pass::new(&ctx, Mode::FROZEN, (i, state), false, &Stream::new(0, "export"), &moved);
        let given: Vec<(String, Vec<Wire>)> = op
            .inputs
            .iter()
            .map(|(port, all)| (port.to_string(), all.iter().filter_map(|s| wires.get(s).cloned()).collect()))
            .collect();
        graph.enter(&op.path);
        let drawn = built.modules[i].onnx(&mut Sheet::new(&pass, &mut graph, &given)).map_err(|error| {
            let component = format!("{}/{}", op.component.family, op.component.name);
            ExportError::Unsupported { path: op.path.to_string(), component, reason: error.to_string() }
        })?;
        for (output, (name, edge)) in drawn.into_iter().zip(&op.inferred.outputs).enumerate() {
            if let (Some(name), Some(edge)) = (name, edge) {
                wires.insert(OpSource::Op { op: i, output }, Wire { name, dims: edge.dims });
            }
        }
    }
    for (name, source) in &part.outputs {
        let (Some(wire), Some(edge)) = (wires.get(source), edge(built, *source)) else { continue };
        let taken = part.inputs.iter().any(|(input, _)| input == name);
        let name = if taken { format!("{name}-out") } else { name.clone() };
        graph.output(&name, &wire.name, edge.dims, edge.batch / batch.max(1));
        outputs.push(format!("{name}: {edge}"));
    }
    Ok(Exported { bytes: graph.finish(about)?, inputs, outputs, tensors })
}

/// Name, shape and bytes.
type Stored = (String, Vec<usize>, Vec<u8>);

/// Tensors as a layout has them: under their full paths, as in a checkpoint, or under another program's names.
pub(super) fn tensors<D: Backend>(
    built: &Built<D>,
    part: &Part,
    path: &str,
    layout: &'static Layout,
    facts: BTreeMap<String, String>,
) -> Result<Exported, ExportError> {
    let all: Vec<Stored> =
        part.ops.iter().flat_map(|i| stored(&built.plan.ops[*i], &built.state.ops[*i], path, layout)).collect();
    if all.is_empty() {
        return Err(ExportError::Empty(path.into()));
    }
    let mut seen = BTreeSet::new();
    if let Some((name, ..)) = all.iter().find(|(name, ..)| !seen.insert(name)) {
        return Err(ExportError::Layout { path: path.into(), layout: layout.name, name: name.clone() });
    }
    let internal = |e: safetensors::SafeTensorError| RunError::Internal(e.to_string());
    let views = all
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(internal)?;
    let facts = Some(facts.into_iter().collect());
    let bytes = safetensors::serialize(views, facts).map_err(internal)?;
    Ok(Exported { bytes, inputs: vec![], outputs: vec![], tensors: all.len() })
}

/// Parameters and buffers of one operation. Other programs keep vectors and matrices in as many dimensions as they have.
fn stored<D: Backend>(op: &Op, state: &OpState<D>, path: &str, layout: &Layout) -> Vec<Stored> {
    let all = state.parameters.iter().chain(&state.buffers);
    all.map(|named| {
        let value = Var::constant(named.tensor.clone());
        let bytes = value.to_vec().iter().flat_map(|v| v.to_le_bytes()).collect();
        let (full, shape) = (format!("{}/{}", state.path, named.name), value.shape());
        if layout.is_ours() {
            return (full, shape.to_vec(), bytes);
        }
        let kernel = |p: &Parameter| p.name == named.name && matches!(p.init, Start::Weight { .. });
        let shape = match (op.inferred.parameters.iter().any(kernel), shape) {
            (true, [o, i, 1, 1]) if is_matrix(op) => vec![o, i],
            (false, [1, n, 1, 1]) => vec![n],
            (_, all) => all.to_vec(),
        };
        (layout.name_of(&full[path.len()..]), shape, bytes)
    })
    .collect()
}

/// Whether its weight is a matrix elsewhere: of vectors, where a 1x1 convolution is of maps.
fn is_matrix(op: &Op) -> bool {
    op.input_edges.list("vector").iter().any(|edge| edge.ty == Type::Vector)
}
