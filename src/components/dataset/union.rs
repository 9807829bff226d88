//! Several datasets with equal ports as one. Each is read as its own transforms leave it; the union's come after. Of
//! datasets that know more, each something else, `ports` takes what all have.
//!
//! Without `shares` an epoch holds every sample once. With them, an epoch has as many samples, each dataset's number in
//! the proportion of its share; a dataset goes through all it has, over epochs, before it begins anew. Labels are joined
//! by the names of their classes where both have names, else put side by side.
//!
//! With `balance` training draws groups of `each` samples of one class of that label: every class once, shuffled, then
//! again; a class goes through all it has before it begins anew. A batch that is a multiple of `each` holds whole groups
//! (persons times pictures). With `shares` besides, each sample's dataset is drawn by them, among those that have its
//! class.

use std::sync::Arc;

use super::order::{self, Order};
use super::{Dataset, DatasetEntry, People, Surroundings};
use crate::components::sample::{DataError, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Type, settings};

settings! {
    /// What `union` is told.
    pub struct UnionOf {
        /// The datasets.
        of: Vec<String>;
        /// The ports that are taken; empty: all, which are equal.
        ports: Vec<String> = vec![];
        /// Share of each in the draws; empty: by their numbers of samples.
        shares: Vec<f64> = vec![], min = 0.0;
        /// The label whose classes are drawn equally often; "": as they come.
        balance: String = "";
        /// Samples of one class that are drawn one after the other, with `balance`.
        each: usize = 4_usize, min = 1;
    }
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: "union",
        doc: "Several datasets with equal ports as one.",
        paper: "",
        inputs: vec![],
        outputs: vec![],
        networks: vec![],
        settings: UnionOf::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files: super::no_files }
}

/// A union's ports are those of what it is made of; the graph, which knows them, reads them there.
fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: UnionOf = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    match settings.of.is_empty() {
        true => Err(Problem::new("a union of nothing").at_setting("of")),
        false => Ok(vec![]),
    }
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: UnionOf = read(settings)?;
    let parts = settings
        .of
        .iter()
        .map(|name| around.datasets.get(name).cloned().ok_or_else(|| DataError::NoDataset(name.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    let union = Union::new(&settings.of, parts, settings.shares, &settings.ports)?;
    Ok(Arc::new(match settings.balance.as_str() {
        "" => union,
        port => union.balanced(port, settings.each)?,
    }))
}

/// Datasets as one.
pub struct Union {
    parts: Vec<Arc<dyn Dataset>>,
    shares: Vec<f64>,
    ports: Vec<(String, Edge)>,
    labels: Vec<Label>,
    balance: Option<Balance>,
}

/// Groups of one class.
struct Balance {
    /// Training samples of each class that has some, by part.
    classes: Vec<Vec<Vec<usize>>>,
    each: usize,
}

/// How the labels of a port are joined.
struct Label {
    port: String,
    /// Class of each part's class; empty: its number plus `offsets`.
    named: Vec<Vec<usize>>,
    offsets: Vec<usize>,
    names: Option<Vec<String>>,
}

impl Union {
    /// Joins datasets; `names` are for messages. Of their ports these are `taken`, where any are named.
    pub fn new(
        names: &[String],
        parts: Vec<Arc<dyn Dataset>>,
        shares: Vec<f64>,
        taken: &[String],
    ) -> Result<Union, DataError> {
        let Some(first) = parts.first() else { return Err(DataError::setting("of", "a union of nothing")) };
        if !shares.is_empty() && (shares.len() != parts.len() || shares.iter().sum::<f64>() <= 0.0) {
            let why = format!("{} shares for {} datasets, expected one each and not all 0", shares.len(), parts.len());
            return Err(DataError::setting("shares", why));
        }
        let mut ports = chosen(first.ports(), taken, &names[0])?;
        for (part, name) in parts.iter().zip(names).skip(1) {
            equal(&ports, &chosen(part.ports(), taken, name)?, &names[0], name)?;
        }
        let mut labels = Vec::new();
        for (port, edge) in ports.iter_mut().filter(|(_, edge)| edge.ty == Type::Label) {
            let label = Label::join(port, &parts);
            edge.classes = label.classes(&parts);
            labels.push(label);
        }
        Ok(Union { parts, shares, ports, labels, balance: None })
    }

    /// The same, drawing groups of `each` samples of one class of a label.
    fn balanced(mut self, port: &str, each: usize) -> Result<Union, DataError> {
        let label = self.labels.iter().find(|l| l.port == port);
        let label = label.ok_or_else(|| DataError::setting("balance", format!("no label is called `{port}`")))?;
        let mut classes = vec![vec![vec![]; self.parts.len()]; label.classes(&self.parts)];
        let mut start = 0;
        for (p, part) in self.parts.iter().enumerate() {
            for (i, class) in part.labels(Split::Train, port)?.into_iter().enumerate() {
                let of: Option<&mut Vec<Vec<usize>>> = classes.get_mut(label.of(p, class));
                of.ok_or_else(|| DataError::setting("balance", format!("`{port}` has no class {class}")))?[p]
                    .push(start + i);
            }
            start += part.len(Split::Train);
        }
        classes.retain(|parts| parts.iter().any(|samples| !samples.is_empty()));
        self.balance = Some(Balance { classes, each });
        Ok(self)
    }

    /// The part of a sample, and its number there.
    fn place(&self, split: Split, index: usize) -> Option<(usize, usize)> {
        let mut rest = index;
        for (p, part) in self.parts.iter().enumerate() {
            match part.len(split) {
                n if rest < n => return Some((p, rest)),
                n => rest -= n,
            }
        }
        None
    }
}

/// Those of a part's ports that are taken, in that order; all where none are named.
fn chosen(ports: &[(String, Edge)], taken: &[String], part: &str) -> Result<Vec<(String, Edge)>, DataError> {
    let one = |port: &String| {
        let found = ports.iter().find(|(name, _)| name == port).cloned();
        found.ok_or_else(|| DataError::Union(format!("`{part}` has no port `{port}`")))
    };
    if taken.is_empty() { Ok(ports.to_vec()) } else { taken.iter().map(one).collect() }
}

fn equal(a: &[(String, Edge)], b: &[(String, Edge)], first: &str, other: &str) -> Result<(), DataError> {
    let list = |ports: &[(String, Edge)]| {
        ports.iter().map(|(n, e)| format!("{n}: {} {:?}", e.ty.name(), e.dims)).collect::<Vec<_>>().join(", ")
    };
    if list(a) == list(b) {
        return Ok(());
    }
    Err(DataError::Union(format!("`{first}` has {}; `{other}` has {}", list(a), list(b))))
}

impl Label {
    fn join(port: &str, parts: &[Arc<dyn Dataset>]) -> Label {
        let names: Option<Vec<Vec<String>>> = parts.iter().map(|p| p.classes(port)).collect();
        let mut joined: Vec<String> = Vec::new();
        let named = names.iter().flatten().map(|classes| {
            let place = |name: &String| {
                joined.iter().position(|n| n == name).unwrap_or_else(|| {
                    joined.push(name.clone());
                    joined.len() - 1
                })
            };
            classes.iter().map(place).collect::<Vec<_>>()
        });
        let named: Vec<Vec<usize>> = named.collect();
        let mut next = 0;
        let offsets = parts
            .iter()
            .map(|part| {
                let offset = next;
                next += classes(part.as_ref(), port);
                offset
            })
            .collect();
        Label { port: port.into(), offsets, names: (!named.is_empty()).then_some(joined), named }
    }

    fn classes(&self, parts: &[Arc<dyn Dataset>]) -> usize {
        match &self.names {
            Some(names) => names.len(),
            None => parts.iter().map(|p| classes(p.as_ref(), &self.port)).sum(),
        }
    }

    fn of(&self, part: usize, class: usize) -> usize {
        match self.named.get(part) {
            Some(map) => map.get(class).copied().unwrap_or(class),
            None => self.offsets[part] + class,
        }
    }
}

fn classes(part: &dyn Dataset, port: &str) -> usize {
    part.ports().iter().find(|(name, _)| name == port).map_or(0, |(_, edge)| edge.classes)
}

impl Dataset for Union {
    fn len(&self, split: Split) -> usize {
        self.parts.iter().map(|p| p.len(split)).sum()
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let none = || DataError::NoSamples { dataset: "union".into(), split: split.name() };
        let (part, number) = self.place(split, index).ok_or_else(none)?;
        let mut sample = self.parts[part].sample(split, number, draw.fork(part as u64))?;
        // Those that are not taken, where some are.
        sample.ports.retain(|(name, _)| self.ports.iter().any(|(taken, _)| taken == name));
        for label in &self.labels {
            if let Some(array) = sample.get_mut(&label.port) {
                array.data[0] = label.of(part, array.data[0] as usize) as f32;
            }
        }
        Ok(sample)
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        self.labels.iter().find(|l| l.port == port).and_then(|l| l.names.clone())
    }

    /// Those of the parts whose people are known.
    fn people(&self, split: Split) -> Option<People> {
        let known: Vec<People> = self.parts.iter().filter_map(|p| p.people(split)).collect();
        (!known.is_empty()).then(|| People::together(&known))
    }

    fn labels(&self, split: Split, port: &str) -> Result<Vec<usize>, DataError> {
        let label = self.labels.iter().find(|l| l.port == port);
        let label = label.ok_or_else(|| DataError::Port { port: port.into() })?;
        let mut all = Vec::with_capacity(self.len(split));
        for (p, part) in self.parts.iter().enumerate() {
            all.extend(part.labels(split, port)?.into_iter().map(|class| label.of(p, class)));
        }
        Ok(all)
    }

    fn order(&self, stream: Stream) -> Option<Order> {
        if let Some(Balance { classes, each }) = &self.balance {
            return Some(order::balanced(stream, classes.clone(), self.shares.clone(), *each));
        }
        let lengths: Vec<usize> = self.parts.iter().map(|p| p.len(Split::Train)).collect();
        let drawn = self.shares.iter().zip(&lengths).any(|(share, n)| *share > 0.0 && *n > 0);
        drawn.then(|| order::by_shares(stream, lengths, &self.shares))
    }

    fn draws(&self) -> bool {
        self.parts.iter().any(|p| p.draws())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;

    struct Labels {
        names: Option<Vec<String>>,
        ports: Vec<(String, Edge)>,
        count: usize,
    }

    fn labels(count: usize, classes: usize, names: Option<&[&str]>) -> Arc<dyn Dataset> {
        let names = names.map(|all| all.iter().map(|n| n.to_string()).collect());
        Arc::new(Labels { names, ports: vec![("who".into(), Edge::label(classes))], count })
    }

    impl Dataset for Labels {
        fn len(&self, _: Split) -> usize {
            self.count
        }
        fn sample(&self, _: Split, index: usize, _: Stream) -> Result<Sample, DataError> {
            Ok(Sample::default().with("who", Array::scalar((index % self.ports[0].1.classes) as f32)))
        }
        fn ports(&self) -> &[(String, Edge)] {
            &self.ports
        }
        fn classes(&self, _: &str) -> Option<Vec<String>> {
            self.names.clone()
        }
        fn draws(&self) -> bool {
            false
        }
    }

    fn all(union: &Union) -> Vec<usize> {
        let read = |i| union.sample(Split::Train, i, Stream::new(0, "")).unwrap().get("who").unwrap().data[0] as usize;
        (0..union.len(Split::Train)).map(read).collect()
    }

    fn join(parts: Vec<Arc<dyn Dataset>>, shares: Vec<f64>) -> Result<Union, DataError> {
        Union::new(&["a".into(), "b".into()], parts, shares, &[])
    }

    #[test]
    fn labels_join_by_name_else_stand_side_by_side() {
        let named =
            join(vec![labels(2, 2, Some(&["ann", "bob"])), labels(2, 2, Some(&["bob", "cy"]))], vec![]).unwrap();
        assert_eq!(all(&named), [0, 1, 1, 2]);
        assert_eq!(named.ports()[0].1.classes, 3);
        let plain = join(vec![labels(2, 2, None), labels(3, 3, None)], vec![]).unwrap();
        assert_eq!(all(&plain), [0, 1, 2, 3, 4]);
        assert_eq!(plain.ports()[0].1.classes, 5);
    }

    #[test]
    fn of_datasets_that_know_unlike_things_what_both_have_is_taken() {
        struct Known(Arc<dyn Dataset>, Vec<(String, Edge)>);
        impl Dataset for Known {
            fn len(&self, split: Split) -> usize {
                self.0.len(split)
            }
            fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
                Ok(Sample::default()
                    .with("yaw", Array::scalar(7.0))
                    .with("who", self.0.sample(split, index, draw)?.get("who").cloned().unwrap()))
            }
            fn ports(&self) -> &[(String, Edge)] {
                &self.1
            }
            fn draws(&self) -> bool {
                false
            }
        }
        let known = || -> Arc<dyn Dataset> {
            Arc::new(Known(labels(1, 1, None), vec![("yaw".into(), Edge::scalar()), ("who".into(), Edge::label(1))]))
        };
        let both = |taken: &[&str]| {
            let taken: Vec<String> = taken.iter().map(|name| name.to_string()).collect();
            Union::new(&["a".into(), "b".into()], vec![labels(2, 2, None), known()], vec![], &taken)
        };
        assert!(both(&[]).err().unwrap().to_string().contains("`b` has yaw"));
        let union = both(&["who"]).unwrap();
        assert_eq!(all(&union), [0, 1, 2]);
        let last = union.sample(Split::Train, 2, Stream::new(0, "")).unwrap();
        assert_eq!((last.ports.len(), union.ports().len()), (1, 1));
        assert!(both(&["who", "yaw"]).err().unwrap().to_string().contains("`a` has no port `yaw`"));
    }

    fn drawn(union: &Union, count: usize) -> Vec<usize> {
        let mut order = union.order(Stream::new(0, "")).unwrap();
        let read = |i| union.sample(Split::Train, i, Stream::new(0, "")).unwrap().get("who").unwrap().data[0] as usize;
        (0..count).map(|k| read(order(k))).collect()
    }

    #[test]
    fn shares_repeat_the_smaller_dataset() {
        let union = join(vec![labels(9, 9, None), labels(1, 1, None)], vec![0.5, 0.5]).unwrap();
        assert_eq!(drawn(&union, 10).iter().filter(|l| **l == 9).count(), 5);
        assert_eq!((union.len(Split::Train), union.len(Split::Test)), (10, 10));
        let error = join(vec![labels(1, 1, None), labels(1, 1, None)], vec![1.0]).err().unwrap().to_string();
        assert!(error.contains("1 shares for 2 datasets"), "{error}");
        assert!(
            join(vec![labels(2, 2, None), labels(2, 2, None)], vec![]).unwrap().order(Stream::new(0, "")).is_none()
        );
    }

    #[test]
    fn a_balanced_union_draws_people_equally_often() {
        let parts = || vec![labels(7, 2, Some(&["ann", "bob"])), labels(4, 2, Some(&["bob", "cy"]))];
        let union = join(parts(), vec![]).unwrap().balanced("who", 2).unwrap();
        for round in drawn(&union, 60).chunks(6) {
            assert!(round.chunks(2).all(|pair| pair[0] == pair[1]));
            assert!((0..3).all(|class| round.iter().filter(|c| **c == class).count() == 2), "{round:?}");
        }
        let error = join(parts(), vec![]).unwrap().balanced("whom", 2).err().unwrap().to_string();
        assert_eq!(error, "`balance`: no label is called `whom`");
    }
}
