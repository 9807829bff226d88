//! Everything that may be named: Rust primitives and TOML composites seen alike.

use super::composite::{Composite, Composites};
use super::open::{Applications, Before, Parts};
use super::wire::{Wire, setting};
use crate::config::Item;
use crate::diagnostic::nearest;
use crate::registry::{Accepts, Catalogue, Entry, Kind, Setting};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The registry of one run: the catalogue handed in, and composites (embedded and from the user's folders).
pub struct Library<'a> {
    pub catalogue: &'a Catalogue,
    pub composites: Composites,
    cards: Cards,
    pub(super) before: Before,
    pub(super) parts: Parts,
    pub(super) applications: Applications,
}

/// By family and name.
type Cards = Mutex<HashMap<String, HashMap<String, Arc<ComponentCard>>>>;

/// A component's card, whatever it is made of.
#[derive(Clone, Debug)]
pub struct ComponentCard {
    pub family: String,
    pub name: String,
    pub doc: String,
    pub paper: String,
    pub inputs: Vec<PortCard>,
    pub outputs: Vec<PortCard>,
    /// Keys that name a node whose network the component applies: `network`, `discriminator`.
    pub networks: Vec<String>,
    pub settings: Vec<Setting>,
    /// Consists of TOML.
    pub composite: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PortCard {
    pub name: String,
    /// `None`: found when it is opened (an output of a composite without `type`).
    pub accepts: Option<Accepts>,
    pub list: bool,
    pub optional: bool,
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub enum Component<'a> {
    Primitive(&'a Entry),
    Composite(&'a Composite),
}

impl<'a> Library<'a> {
    pub fn new(catalogue: &'a Catalogue, composites: Composites) -> Self {
        Library {
            catalogue,
            composites,
            cards: Cards::default(),
            before: Before::default(),
            parts: Parts::default(),
            applications: Applications::default(),
        }
    }

    pub fn get(&self, family: &str, name: &str) -> Option<Component<'_>> {
        let composite = self.composites.get(family, name).map(Component::Composite);
        composite.or_else(|| self.catalogue.get(family, name).map(Component::Primitive))
    }

    /// The card of `family/name`.
    pub fn card(&self, family: &str, name: &str) -> Option<Arc<ComponentCard>> {
        self.get(family, name).map(|c| self.card_of(c))
    }

    /// The card of a component of this library, made once.
    pub fn card_of(&self, component: Component<'_>) -> Arc<ComponentCard> {
        let (family, name) = component.names();
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(card) = cards.get(family).and_then(|cards| cards.get(name)) {
            return card.clone();
        }
        let card = Arc::new(component.card());
        cards.entry(family.into()).or_default().insert(name.into(), card.clone());
        card
    }

    /// The card for people: types of a composite's outputs that follow from what they are taken from, whatever it is opened
    /// on, are said too.
    pub fn described(&self, family: &str, name: &str) -> Option<ComponentCard> {
        self.followed(family, name, &mut vec![])
    }

    fn followed(&self, family: &str, name: &str, above: &mut Vec<String>) -> Option<ComponentCard> {
        let mut card = Arc::unwrap_or_clone(self.card(family, name)?);
        if above.contains(&card.full()) {
            return Some(card);
        }
        if let Some(Component::Composite(composite)) = self.get(family, name) {
            above.push(card.full());
            for (port, out) in card.outputs.iter_mut().zip(&composite.graph.outputs) {
                let types = out.from.items.iter().map(|wire| self.type_of(composite, wire, above));
                let types: Option<Vec<Accepts>> = types.collect();
                port.accepts = port.accepts.or_else(|| types.as_deref().and_then(same));
            }
            above.pop();
        }
        Some(card)
    }

    /// What a wire inside a composite carries: of a slot, what all its members give.
    fn type_of(&self, composite: &Composite, wire: &Item, above: &mut Vec<String>) -> Option<Accepts> {
        let wire = Wire::read(wire).ok()?;
        let node = composite.graph.nodes.get(&wire.name)?;
        let used = node.component.as_text()?;
        let givers: Vec<(&str, &str)> = match setting(used) {
            None => vec![used.split_once('/')?],
            Some(slot) => {
                let Kind::Slot(family) = &composite.settings.iter().find(|s| s.name == slot)?.kind else { return None };
                self.members(family).into_iter().map(|member| (family.as_str(), member)).collect()
            }
        };
        let output = |(family, name)| {
            let card = self.followed(family, name, above)?;
            let port = match &wire.port {
                Some(port) => card.output(port)?,
                None => card.outputs.first()?,
            };
            port.accepts.filter(|accepts| *accepts != Accepts::Same)
        };
        same(&givers.into_iter().map(output).collect::<Option<Vec<Accepts>>>()?)
    }

    /// Names of a family, in alphabetical order.
    pub fn members(&self, family: &str) -> Vec<&str> {
        let primitives = self.catalogue.entries().iter().filter(|e| e.card.family == family).map(|e| e.card.name);
        let composites = self.composites.names().filter(|(f, _)| *f == family).map(|(_, name)| name);
        let mut all: Vec<&str> = primitives.chain(composites).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// All families, in alphabetical order.
    pub fn families(&self) -> Vec<&str> {
        let primitives = self.catalogue.entries().iter().map(|e| e.card.family);
        let mut all: Vec<&str> = primitives.chain(self.composites.names().map(|(family, _)| family)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Every component as `family/name`, in alphabetical order.
    pub fn names(&self) -> Vec<String> {
        let families = self.families().into_iter();
        families.flat_map(|f| self.members(f).into_iter().map(move |n| format!("{f}/{n}"))).collect()
    }

    /// The family that has a member of this name, other than `but`: for help where a slot is given a stranger.
    pub fn family_of(&self, name: &str, but: &str) -> Option<&str> {
        self.families().into_iter().filter(|f| *f != but).find(|f| self.get(f, name).is_some())
    }

    /// The `family/name` nearest to a misspelt one.
    pub fn nearest(&self, full: &str) -> Option<String> {
        let names = self.names();
        nearest(full, names.iter().map(String::as_str)).map(str::to_string)
    }
}

/// The type of all of them.
fn same(types: &[Accepts]) -> Option<Accepts> {
    let (first, rest) = types.split_first()?;
    rest.iter().all(|ty| ty == first).then_some(*first)
}

impl Component<'_> {
    fn names(&self) -> (&str, &str) {
        match self {
            Component::Composite(c) => (&c.family, &c.name),
            Component::Primitive(e) => (e.card.family, e.card.name),
        }
    }

    fn card(&self) -> ComponentCard {
        match self {
            Component::Composite(c) => c.card(),
            Component::Primitive(e) => primitive_card(e),
        }
    }
}

fn primitive_card(entry: &Entry) -> ComponentCard {
    let ports = |ports: &[crate::registry::Port]| {
        let port = |p: &crate::registry::Port| PortCard {
            name: p.name.to_string(),
            accepts: Some(p.accepts),
            list: p.list,
            optional: p.optional,
        };
        ports.iter().map(port).collect()
    };
    let card = &entry.card;
    ComponentCard {
        family: card.family.to_string(),
        name: card.name.to_string(),
        doc: card.doc.to_string(),
        paper: card.paper.to_string(),
        inputs: ports(&card.inputs),
        outputs: ports(&card.outputs),
        networks: card.networks.iter().map(|n| n.to_string()).collect(),
        settings: card.settings.clone(),
        composite: false,
    }
}

impl ComponentCard {
    /// `family/name`.
    pub fn full(&self) -> String {
        format!("{}/{}", self.family, self.name)
    }

    pub fn input(&self, port: &str) -> Option<&PortCard> {
        self.inputs.iter().find(|p| p.name == port)
    }

    pub fn output(&self, port: &str) -> Option<&PortCard> {
        self.outputs.iter().find(|p| p.name == port)
    }

    /// The input that a plain `in = "wire"` means: the only required one.
    pub fn only_input(&self) -> Option<&PortCard> {
        let mut required = self.inputs.iter().filter(|p| !p.optional);
        let first = required.next()?;
        required.next().is_none().then_some(first)
    }
}
