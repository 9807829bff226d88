//! Output ports of a node and what a wire takes from them (language.md, sections 2 and 4.1).

use crate::diagnostic::or_list;
use crate::graph::wire::{Select, Wire};

/// Output ports of a node: copies (one without `each` and `repeat`), each with its ports.
///
/// In [`super::Opened`] a value is an index into `network.outputs`.
#[derive(Clone, Debug)]
pub struct Outputs<V = usize> {
    pub copies: Vec<Vec<OutputPort<V>>>,
    pub repeated: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutputPort<V = usize> {
    pub name: String,
    /// Empty where an optional output is absent.
    pub values: Vec<V>,
    pub list: bool,
    pub optional: bool,
}

/// What a wire takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Selected<V> {
    One(V),
    List(Vec<V>),
    /// An optional output that is not there.
    Absent,
}

/// Why a wire takes nothing: a message, and what stands at its mark.
#[derive(Clone, Debug, PartialEq)]
pub struct NoSuch {
    pub message: String,
    pub label: String,
}

impl<V: Clone> Outputs<V> {
    /// What `wire` takes. `contract` knows ports that the node may lack without that being a mistake: those of other
    /// members of a slot's family.
    pub fn select(&self, wire: &Wire, contract: impl Fn(&str) -> bool) -> Result<Selected<V>, NoSuch> {
        let last = self.copies.last().map_or(&[][..], Vec::as_slice);
        let port = match &wire.port {
            Some(name) => match last.iter().find(|p| p.name == *name) {
                Some(port) => port,
                None if contract(name) => return Ok(Selected::Absent),
                None => return Err(self.no_port(wire, last)),
            },
            None => match last {
                [only] => only,
                _ => return Err(several(wire, last)),
            },
        };
        let copies = || self.copies.iter().filter_map(|c| c.iter().find(|p| p.name == port.name));
        match wire.select {
            None => Ok(whole(port)),
            Some(Select::At(i)) if self.repeated => {
                let all: Vec<&OutputPort<V>> = copies().collect();
                at(&all, i).map(|p| whole(p)).ok_or_else(|| out_of_range(wire, all.len()))
            }
            Some(Select::At(_)) if port.values.is_empty() => Ok(Selected::Absent),
            Some(_) if !self.repeated && !port.list => Err(not_a_list(wire)),
            Some(Select::At(i)) => match at(&port.values, i) {
                Some(value) => Ok(Selected::One(value.clone())),
                None => Err(out_of_range(wire, port.values.len())),
            },
            Some(Select::All) => Ok(Selected::List(copies().flat_map(|p| p.values.clone()).collect())),
            Some(Select::Reversed) => {
                let mut all: Vec<V> = copies().flat_map(|p| p.values.clone()).collect();
                all.reverse();
                Ok(Selected::List(all))
            }
        }
    }

    fn no_port(&self, wire: &Wire, ports: &[OutputPort<V>]) -> NoSuch {
        let has: Vec<String> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
        let message = format!("`{}.{}` does not exist", wire.name, wire.port.as_deref().unwrap_or_default());
        NoSuch { message, label: format!("`{}` has {}", wire.name, has.join(", ")) }
    }
}

fn whole<V: Clone>(port: &OutputPort<V>) -> Selected<V> {
    match port.values.as_slice() {
        [] if port.optional => Selected::Absent,
        [one] if !port.list => Selected::One(one.clone()),
        all => Selected::List(all.to_vec()),
    }
}

fn at<V>(all: &[V], index: i64) -> Option<&V> {
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { all.len().checked_sub(from_end).and_then(|i| all.get(i)) } else { all.get(from_end) }
}

fn several<V>(wire: &Wire, ports: &[OutputPort<V>]) -> NoSuch {
    let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
    let message = match names.is_empty() {
        true => format!("`{}` has no outputs", wire.name),
        false => format!("`{}` has several outputs, name one", wire.name),
    };
    NoSuch { message, label: format!("expected one of {}", or_list(&names)) }
}

fn out_of_range(wire: &Wire, length: usize) -> NoSuch {
    NoSuch { message: format!("`{wire}` does not exist"), label: format!("the list has {length} elements") }
}

fn not_a_list(wire: &Wire) -> NoSuch {
    NoSuch { message: format!("`{wire}` is not a list"), label: "the node is not repeated, the port is no list".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, values: &[usize], list: bool) -> OutputPort {
        OutputPort { name: name.into(), values: values.to_vec(), list, optional: values.is_empty() }
    }

    fn take(outputs: &Outputs, wire: &str) -> Result<Selected<usize>, String> {
        outputs.select(&Wire::parse(wire).unwrap(), |port| port == "other").map_err(|e| e.message)
    }

    #[test]
    fn a_list_port_is_taken_whole_backwards_or_by_element() {
        let node =
            Outputs { copies: vec![vec![port("skips", &[4, 5, 6], true), port("gone", &[], false)]], repeated: false };
        assert_eq!(take(&node, "n.skips"), Ok(Selected::List(vec![4, 5, 6])));
        assert_eq!(take(&node, "n.skips[reversed]"), Ok(Selected::List(vec![6, 5, 4])));
        assert_eq!(take(&node, "n.skips[-1]"), Ok(Selected::One(6)));
        assert_eq!(take(&node, "n.gone"), Ok(Selected::Absent));
        assert_eq!(take(&node, "n.other"), Ok(Selected::Absent));
        assert_eq!(take(&node, "n.skips[3]").unwrap_err(), "`n.skips[3]` does not exist");
        assert_eq!(take(&node, "n").unwrap_err(), "`n` has several outputs, name one");
        assert_eq!(take(&node, "n.maps").unwrap_err(), "`n.maps` does not exist");
    }

    #[test]
    fn a_repeated_node_gives_its_last_copy_or_all() {
        let node =
            Outputs { copies: vec![vec![port("map", &[1], false)], vec![port("map", &[2], false)]], repeated: true };
        assert_eq!(take(&node, "n"), Ok(Selected::One(2)));
        assert_eq!(take(&node, "n[0]"), Ok(Selected::One(1)));
        assert_eq!(take(&node, "n.map[all]"), Ok(Selected::List(vec![1, 2])));
        assert_eq!(take(&node, "n.map[reversed]"), Ok(Selected::List(vec![2, 1])));
    }
}
