//! The body of an expanding primitive as a graph, so that one walk opens both.

use crate::config::Item;
use crate::config::Value;
use crate::graph::composite::{Graph, Input, Node, OutPort, Wires};
use crate::graph::settings::item_of;
use crate::registry::Body;

/// Nodes without places: nobody wrote them.
pub(super) fn graph(body: Body) -> Graph {
    let nodes = body.nodes.into_iter().map(|node| {
        let inputs = node.inputs.into_iter().map(|(port, texts)| Input { port, wires: wires(texts) }).collect();
        let settings = node.settings.iter().map(|(name, json)| (name.clone(), item_of(json))).collect();
        let component = text(node.component);
        let (name, each) = (node.name, Default::default());
        (name.clone(), Node { name, place: None, component, inputs, each, repeat: None, settings })
    });
    let nodes = nodes.collect();
    let outputs = body.outputs.into_iter().map(|(name, texts)| OutPort {
        optional: texts.is_empty(),
        from: wires(texts),
        name,
        ty: None,
        place: None,
    });
    Graph { nodes, outputs: outputs.collect() }
}

fn wires(texts: Vec<String>) -> Wires {
    Wires { array: texts.len() > 1, items: texts.into_iter().map(text).collect(), key: None }
}

fn text(text: String) -> Item {
    Item { value: Value::Text(text), ..Item::default() }
}
