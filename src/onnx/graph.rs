//! A graph under construction.

use crate::protobuf::Message;
use std::collections::{BTreeMap, HashMap};

/// Newest operators that are used; ONNX 1.12, June 2022.
const OPERATORS: i64 = 17;
/// Version of the file format that goes with them.
const IR_VERSION: i64 = 8;
/// What a protocol buffer can hold.
const LIMIT: usize = i32::MAX as usize;

/// `TensorProto.DataType`.
const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// A value of the graph: batch x C x H x W.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub name: String,
    /// C, H, W.
    pub dims: [usize; 3],
}

/// An attribute of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attribute<'a> {
    Integer(i64),
    Integers(&'a [i64]),
    Float(f32),
    Text(&'a str),
}

/// What a file says of itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub name: String,
    pub doc: String,
    pub version: String,
    /// Free facts: which run, which step.
    pub facts: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the model has {0} bytes, an ONNX file with weights inside holds less than 2 GiB")]
pub struct TooLarge(usize);

/// Nodes in an order in which each comes after what it reads.
#[derive(Debug, Default)]
pub struct Graph {
    scope: String,
    /// How often a name was asked for.
    names: HashMap<String, usize>,
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
}

impl Graph {
    /// What is added from here on is named under `scope`: the path of an operation.
    pub fn enter(&mut self, scope: &str) {
        self.scope = scope.to_string();
    }

    /// `scope/name`, numbered from the second time on.
    fn named(&mut self, name: &str) -> String {
        let name = format!("{}/{name}", self.scope);
        let seen = self.names.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        if *seen == 1 { name } else { format!("{name}-{seen}") }
    }

    /// Adds a node with one output and returns its name. An empty input is one that is left out.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, Attribute<'_>)]) -> String {
        let output = self.named(op);
        self.push(op, inputs, &output, attributes);
        output
    }

    fn push(&mut self, op: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute<'_>)]) {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let attributes: Vec<Message> = attributes.iter().map(|(name, value)| attribute(name, *value)).collect();
        self.nodes.push(node.text(2, output).text(3, output).text(4, op).messages(5, &attributes));
    }

    /// Adds a tensor and returns its name. `values` in row-major order.
    pub fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, shape, FLOAT, &bytes)
    }

    /// A number for all elements.
    pub fn scalar(&mut self, name: &str, value: f32) -> String {
        self.constant(name, &[], &[value])
    }

    /// A list of integers, such as `Slice` and `Pad` take.
    pub fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, &[values.len()], INT64, &bytes)
    }

    fn tensor(&mut self, name: &str, shape: &[usize], ty: i64, bytes: &[u8]) -> String {
        let name = self.named(name);
        let dims = shape.iter().fold(Message::default(), |dims, d| dims.integer(1, *d as i64));
        self.constants.push(dims.integer(2, ty).text(8, &name).bytes(9, bytes));
        name
    }

    /// Declares an input: batch x C x H x W.
    pub fn input(&mut self, name: &str, dims: [usize; 3]) {
        self.inputs.push(declared(name, "batch", dims));
    }

    /// Declares an output that holds the value `from`. `factor`: its batch over that of the inputs.
    pub fn output(&mut self, name: &str, from: &str, dims: [usize; 3], factor: usize) {
        self.push("Identity", &[from], name, &[]);
        let batch = if factor == 1 { "batch".to_string() } else { format!("{factor}*batch") };
        self.outputs.push(declared(name, &batch, dims));
    }

    /// Operators by name, in order; for tests and reports.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// More than a protocol buffer can hold.
    pub fn finish(self, about: &About) -> Result<Vec<u8>, TooLarge> {
        let graph = Message::default()
            .messages(1, &self.nodes)
            .text(2, &about.name)
            .messages(5, &self.constants)
            .messages(11, &self.inputs)
            .messages(12, &self.outputs);
        let operators = Message::default().text(1, "").integer(2, OPERATORS);
        let facts: Vec<Message> = about.facts.iter().map(|(k, v)| Message::default().text(1, k).text(2, v)).collect();
        let model = Message::default()
            .integer(1, IR_VERSION)
            .text(2, "ablate")
            .text(3, &about.version)
            .text(6, &about.doc)
            .message(7, &graph)
            .message(8, &operators)
            .messages(14, &facts);
        if model.len() > LIMIT { Err(TooLarge(model.len())) } else { Ok(model.into_bytes()) }
    }
}

fn attribute(name: &str, value: Attribute<'_>) -> Message {
    let named = Message::default().text(1, name);
    match value {
        Attribute::Float(v) => named.float(2, v).integer(20, 1),
        Attribute::Integer(v) => named.integer(3, v).integer(20, 2),
        Attribute::Text(v) => named.text(4, v).integer(20, 3),
        Attribute::Integers(all) => all.iter().fold(named, |named, v| named.integer(8, *v)).integer(20, 7),
    }
}

/// `ValueInfoProto` of f32, with a batch of any size.
fn declared(name: &str, batch: &str, dims: [usize; 3]) -> Message {
    let mut all = vec![Message::default().text(2, batch)];
    all.extend(dims.iter().map(|d| Message::default().integer(1, *d as i64)));
    let shape = Message::default().messages(1, &all);
    let tensor = Message::default().integer(1, FLOAT).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_under_their_operation() {
        let mut graph = Graph::default();
        graph.enter("generator/first");
        let (a, b) = (graph.node("Relu", &["image"], &[]), graph.node("Relu", &["image"], &[]));
        assert_eq!((a.as_str(), b.as_str()), ("generator/first/Relu", "generator/first/Relu-2"));
        assert_eq!(graph.scalar("gain", 2.0), "generator/first/gain");
        assert_eq!(graph.len(), 2);
    }
}
