//! Runs components without a graph, for tests: completes settings, opens bodies, feeds leafs.

use super::{NodeEntry, nodes};
use crate::nn::{Inputs, Mode, Named, OpState, Pass};
use crate::random::Stream;
use crate::registry::{Edge, Inferred, InputEdges, Kind, Make, Problem, Settings};
use crate::tensor::{Context, Cpu, Tensor, Var};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A value and what is known of it beforehand.
pub type Wire = (Edge, Var<Cpu>);

/// Values by port.
pub type Wires = Vec<(String, Vec<Wire>)>;

/// A network under test: parameters and buffers are made where they are first met and kept by path.
pub struct Rig {
    pub ctx: Context<Cpu>,
    pub mode: Mode,
    /// Values of a tensor by its path.
    pub fill: fn(&str, [usize; 4]) -> Vec<f32>,
    pub state: BTreeMap<String, Tensor<Cpu>>,
    pub macs: u64,
    entries: Vec<NodeEntry<Cpu>>,
}

impl Rig {
    pub fn new(mode: Mode, fill: fn(&str, [usize; 4]) -> Vec<f32>) -> Self {
        let ctx = Context::recording(&Cpu::default());
        Rig { ctx, mode, fill, state: BTreeMap::new(), macs: 0, entries: nodes() }
    }

    fn entry(&self, component: &str) -> &NodeEntry<Cpu> {
        let found = self.entries.iter().find(|e| format!("{}/{}", e.entry.card.family, e.entry.card.name) == component);
        found.unwrap_or_else(|| panic!("no component is called {component}"))
    }

    /// Defaults filled in, slots completed.
    pub fn complete(&self, component: &str, given: &Settings) -> Settings {
        let mut all = given.clone();
        for setting in &self.entry(component).entry.card.settings {
            let value = given.get(&setting.name).or(setting.default.as_ref());
            let mut value = value.unwrap_or_else(|| panic!("{component} needs {}", setting.name)).clone();
            if let Kind::Slot(family) = &setting.kind {
                let slot = crate::registry::Slot(value);
                let inner = self.complete(&format!("{family}/{}", slot.name()), &slot.settings());
                value = json!({"use": slot.name()});
                value.as_object_mut().unwrap().extend(inner);
            }
            all.insert(setting.name.clone(), value);
        }
        all
    }

    /// Output edges by port, and values, of any component.
    pub fn run(&mut self, path: &str, component: &str, given: &Value, inputs: &Wires) -> Result<Wires, Problem> {
        let settings = self.complete(component, given.as_object().unwrap());
        let edges = edges(inputs);
        let entry = self.entry(component);
        let outputs: Vec<String> = entry.entry.card.outputs.iter().map(|p| p.name.to_string()).collect();
        match entry.entry.make {
            Make::Leaf(infer) => {
                let inferred = infer(&settings, &edges)?;
                let values = self.leaf(path, component, &settings, &inferred, inputs);
                self.macs += inferred.macs;
                let wires = inferred.outputs.into_iter().zip(values).map(|(e, v)| e.zip(v).into_iter().collect());
                Ok(outputs.into_iter().zip(wires).collect())
            }
            Make::Expand(body) => {
                let body = body(&settings, &edges)?;
                self.open(path, &body, inputs)
            }
            _ => panic!("{component} is no node"),
        }
    }

    fn open(&mut self, path: &str, body: &crate::registry::Body, inputs: &Wires) -> Result<Wires, Problem> {
        let mut made: BTreeMap<String, Vec<Wire>> =
            inputs.iter().map(|(p, w)| (format!("in.{p}"), w.clone())).collect();
        for node in &body.nodes {
            let given = node.inputs.iter().map(|(p, wires)| (p.clone(), find(&made, wires))).collect();
            let mut settings = node.settings.clone();
            if node.component == "block/conv" && !settings.contains_key("bias") {
                let wire = vec![node.name.clone()];
                let next: Vec<_> = body.nodes.iter().filter(|n| n.inputs.iter().any(|(_, w)| *w == wire)).collect();
                let normed = matches!(&next[..], [n] if matches!(&n.component[..], "norm/batch" | "norm/layer"));
                settings.insert("bias".into(), if normed { "off" } else { "on" }.into());
            }
            let path = format!("{path}{}/", node.name);
            let values = self.run(&path, &node.component, &Value::Object(settings), &given)?;
            made.insert(node.name.clone(), values[0].1.clone());
        }
        Ok(body.outputs.iter().map(|(port, wires)| (port.clone(), find(&made, wires))).collect())
    }

    fn leaf(
        &mut self,
        path: &str,
        component: &str,
        settings: &Settings,
        inferred: &Inferred,
        inputs: &Wires,
    ) -> Vec<Option<Var<Cpu>>> {
        let named = |rig: &mut Self, name: &'static str, shape: [usize; 4]| {
            let path = format!("{path}{name}");
            let tensor = match rig.state.get(&path) {
                Some(tensor) => tensor.clone(),
                None => rig.ctx.tensor((rig.fill)(&path, shape), shape).unwrap(),
            };
            rig.state.insert(path, tensor.clone());
            Named { name, tensor }
        };
        let parameters = inferred.parameters.iter().map(|p| named(self, p.name, p.shape)).collect();
        let buffers = inferred.buffers.iter().map(|b| named(self, b.name, b.shape)).collect();
        let state = OpState { path: path.into(), parameters, buffers };
        let module = self.entry(component).build.unwrap()(settings, &edges(inputs)).unwrap();
        let moved = RefCell::new(Vec::new());
        let pass = Pass::new(&self.ctx, self.mode, (0, &state), true, &Stream::new(0, "test"), &moved);
        let values = inputs.iter().map(|(p, w)| (p.clone(), w.iter().map(|(_, v)| v.clone()).collect())).collect();
        let outputs = module.forward(&pass, &Inputs::new(values)).unwrap();
        for update in moved.into_inner() {
            let key = format!("{path}{}", update.name);
            self.state.insert(key, update.tensor);
        }
        outputs
    }

    /// Elements of all parameters (buffers have names of their own).
    pub fn parameters(&self) -> usize {
        let buffers = ["running-mean", "running-variance", "left-singular"];
        let learnt = self.state.iter().filter(|(path, _)| !buffers.iter().any(|b| path.ends_with(b)));
        learnt.map(|(_, t)| Var::constant(t.clone()).len()).sum()
    }
}

fn edges(inputs: &Wires) -> InputEdges {
    let ports = inputs.iter().map(|(p, w)| (p.clone(), w.iter().map(|(e, _)| e.clone()).collect())).collect();
    InputEdges { ports }
}

fn find(made: &BTreeMap<String, Vec<Wire>>, wires: &[String]) -> Vec<Wire> {
    let one = |wire: &String| match wire.split_once('[') {
        Some((list, index)) => vec![made[list][index.trim_end_matches(']').parse::<usize>().unwrap()].clone()],
        None => made[wire].clone(),
    };
    wires.iter().flat_map(one).collect()
}

/// Numbers that Python repeats without an error: quadratic residues, -1 to 1.
pub fn residues(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * i * 31 + i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
}

/// One wire with these values.
pub fn wire(edge: Edge, batch: usize, values: Vec<f32>) -> Wire {
    let [c, h, w] = edge.dims;
    let tensor = Context::inference(&Cpu::default()).tensor(values, [batch, c, h, w]).unwrap();
    (edge, Var::leaf(tensor))
}

/// One wire of [`residues`].
pub fn numbers(edge: Edge, batch: usize, seed: usize) -> Wire {
    let values = residues(batch * edge.elements(), seed);
    wire(edge, batch, values)
}
