//! Several datasets with equal ports as one.
//!
//! Without `shares` an epoch holds every sample once. With them, an epoch has as many samples, each dataset's number in
//! the proportion of its share, walking through the dataset as often as that takes. Labels are joined by the names of
//! their classes where both have names, else put side by side.

use std::sync::Arc;

use super::{Dataset, DatasetEntry, People, Surroundings};
use crate::components::sample::{DataError, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Type, settings};

settings! {
    /// What `union` is told.
    pub struct UnionOf {
        /// The datasets.
        of: Vec<String>;
        /// Share of each in the draws; empty: by their numbers of samples.
        shares: Vec<f64> = vec![], min = 0.0;
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
    Ok(Arc::new(Union::new(&settings.of, parts, settings.shares)?))
}

/// Datasets as one.
pub struct Union {
    parts: Vec<Arc<dyn Dataset>>,
    shares: Vec<f64>,
    ports: Vec<(String, Edge)>,
    labels: Vec<Label>,
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
    /// Joins datasets; `names` are for messages.
    pub fn new(names: &[String], parts: Vec<Arc<dyn Dataset>>, shares: Vec<f64>) -> Result<Union, DataError> {
        let Some(first) = parts.first() else { return Err(DataError::setting("of", "a union of nothing")) };
        if !shares.is_empty() && (shares.len() != parts.len() || shares.iter().sum::<f64>() <= 0.0) {
            let why = format!("{} shares for {} datasets, expected one each and not all 0", shares.len(), parts.len());
            return Err(DataError::setting("shares", why));
        }
        let mut ports = first.ports().to_vec();
        for (part, name) in parts.iter().zip(names).skip(1) {
            equal(&ports, part.ports(), &names[0], name)?;
        }
        let mut labels = Vec::new();
        for (port, edge) in ports.iter_mut().filter(|(_, edge)| edge.ty == Type::Label) {
            let label = Label::join(port, &parts);
            edge.classes = label.classes(&parts);
            labels.push(label);
        }
        Ok(Union { parts, shares, ports, labels })
    }

    /// Samples of each part in an epoch.
    fn counts(&self, split: Split) -> Vec<usize> {
        let lengths: Vec<usize> = self.parts.iter().map(|p| p.len(split)).collect();
        if self.shares.is_empty() || split != Split::Train {
            return lengths;
        }
        let total: usize = lengths.iter().sum();
        let present: f64 = self.shares.iter().zip(&lengths).filter(|(_, n)| **n > 0).map(|(s, _)| s).sum();
        let share = |(s, n): (&f64, &usize)| match *n > 0 && present > 0.0 {
            true => (s / present * total as f64).round() as usize,
            false => 0,
        };
        self.shares.iter().zip(&lengths).map(share).collect()
    }
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
        self.counts(split).iter().sum()
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let mut rest = index;
        let counts = self.counts(split);
        let part = counts.iter().position(|n| {
            let here = rest < *n;
            if !here {
                rest -= n;
            }
            here
        });
        let part = part.ok_or(DataError::NoSamples { dataset: "union".into(), split: split.name() })?;
        let mut sample = self.parts[part].sample(split, rest % self.parts[part].len(split), draw.fork(part as u64))?;
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
        Union::new(&["a".into(), "b".into()], parts, shares)
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
    fn shares_repeat_the_smaller_dataset() {
        let union = join(vec![labels(9, 9, None), labels(1, 1, None)], vec![0.5, 0.5]).unwrap();
        assert_eq!(all(&union).iter().filter(|l| **l == 9).count(), 5);
        assert_eq!(union.len(Split::Test), 10);
        let error = join(vec![labels(1, 1, None), labels(1, 1, None)], vec![1.0]).err().unwrap().to_string();
        assert!(error.contains("1 shares for 2 datasets"), "{error}");
    }
}
