//! Who is seen on the samples of a dataset, so that training and test can be kept apart.

use std::collections::{BTreeMap, BTreeSet};

/// People by name, and who is seen on each sample: the same one twice where it is a single photo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    pub names: Vec<String>,
    /// Places in `names`.
    pub seen: Vec<[usize; 2]>,
}

impl People {
    /// The people of each sample.
    pub fn new(samples: impl IntoIterator<Item = [String; 2]>) -> People {
        let (mut places, mut names) = (BTreeMap::new(), vec![]);
        let mut place = |name: String| {
            *places.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len() - 1
            })
        };
        let seen = samples.into_iter().map(|two| two.map(&mut place)).collect();
        People { names, seen }
    }

    /// Only these samples, in this order.
    pub fn of(&self, samples: &[usize]) -> People {
        People { names: self.names.clone(), seen: samples.iter().map(|i| self.seen[*i]).collect() }
    }

    /// Names that are mere numbers mean nobody elsewhere: they are told with what they are of.
    pub fn qualified(&self, source: &str) -> People {
        let qualified = |name: &String| match name.chars().all(|c| c.is_ascii_digit()) {
            true => format!("{source}: {name}"),
            false => name.clone(),
        };
        People { names: self.names.iter().map(qualified).collect(), seen: self.seen.clone() }
    }

    /// The samples of several, one after the other.
    pub fn together(all: &[People]) -> People {
        let names = |p: &People| p.seen.iter().map(|two| two.map(|i| p.names[i].clone())).collect::<Vec<_>>();
        People::new(all.iter().flat_map(names))
    }

    /// Names of those who are seen.
    pub fn present(&self) -> BTreeSet<&str> {
        self.seen.iter().flatten().map(|i| self.names[*i].as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_nobody_elsewhere() {
        let people = People::new([["ann", "17"], ["17", "17"]].map(|two| two.map(String::from)));
        assert_eq!(people.seen, [[0, 1], [1, 1]]);
        let (a, b) = (people.qualified("cfp data/cfp"), people.qualified("multi-pie data/pie"));
        let both: Vec<&str> = a.present().intersection(&b.present()).copied().collect();
        assert_eq!(both, ["ann"]);
        assert_eq!(people.of(&[1]).present().into_iter().collect::<Vec<_>>(), ["17"]);
        let joined = People::together(&[a, b]);
        assert_eq!((joined.names.len(), joined.seen.len()), (3, 4));
    }
}
