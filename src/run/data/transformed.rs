//! A dataset with its transforms, as a union reads it.

use crate::components::dataset::order::Order;
use crate::components::dataset::{Dataset, People};
use crate::components::sample::{DataError, Sample, Split};
use crate::components::transform::Pipeline;
use crate::random::Stream;
use crate::registry::{Edge, Type};
use std::sync::Arc;

/// Samples as the dataset's transforms leave them.
pub struct Transformed {
    dataset: Arc<dyn Dataset>,
    transforms: Arc<Pipeline>,
    ports: Vec<(String, Edge)>,
}

impl Transformed {
    /// `ports`: those behind the transforms.
    pub fn new(dataset: Arc<dyn Dataset>, transforms: Arc<Pipeline>, ports: &[(String, Edge)]) -> Self {
        let own = dataset.ports().iter();
        let ports = own.map(|(name, edge)| {
            let behind = ports.iter().find(|(other, _)| other == name);
            (name.clone(), behind.map_or_else(|| edge.clone(), |(_, b)| Edge { dims: b.dims, ..edge.clone() }))
        });
        let ports = ports.collect();
        Transformed { dataset, transforms, ports }
    }
}

impl Dataset for Transformed {
    fn len(&self, split: Split) -> usize {
        self.dataset.len(split)
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let mut sample = self.dataset.sample(split, index, draw.named("sample"))?;
        let types: Vec<(String, Type)> = self.ports.iter().map(|(name, edge)| (name.clone(), edge.ty)).collect();
        self.transforms.apply(&mut sample, &types, split == Split::Train, &draw.named("transforms"))?;
        Ok(sample)
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        self.dataset.classes(port)
    }

    fn people(&self, split: Split) -> Option<People> {
        self.dataset.people(split)
    }

    fn pairings(&self, split: Split) -> &[(usize, usize, bool)] {
        self.dataset.pairings(split)
    }

    fn labels(&self, split: Split, port: &str) -> Result<Vec<usize>, DataError> {
        self.dataset.labels(split, port)
    }

    fn order(&self, stream: Stream) -> Option<Order> {
        self.dataset.order(stream)
    }

    fn draws(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;
    use serde_json::json;

    /// One picture: its own column.
    struct Ramp([(String, Edge); 1]);

    impl Dataset for Ramp {
        fn len(&self, _: Split) -> usize {
            1
        }
        fn sample(&self, _: Split, _: usize, _: Stream) -> Result<Sample, DataError> {
            let data = (0..3 * 64).map(|i| (i % 8) as f32 / 8.0).collect();
            Ok(Sample::default().with("image", Array { shape: [3, 8, 8], data }))
        }
        fn ports(&self) -> &[(String, Edge)] {
            &self.0
        }
        fn people(&self, _: Split) -> Option<People> {
            Some(People::new([["Ann".to_string(), "Bo".to_string()]]))
        }
        fn pairings(&self, _: Split) -> &[(usize, usize, bool)] {
            &[(1, 2, true)]
        }
        fn draws(&self) -> bool {
            false
        }
    }

    #[test]
    fn samples_are_changed_in_training_alone_and_ports_are_those_behind() {
        let port = |side| [("image".to_string(), Edge::image(3, side, side))];
        let list = [("random-flip", json!({"chance": 1.0})), ("centre-crop", json!({"size": 4}))];
        let list = list.map(|(name, settings)| (name.to_string(), settings.as_object().unwrap().clone()));
        let transforms = Arc::new(Pipeline::open(&list).unwrap());
        let data = Transformed::new(Arc::new(Ramp(port(8))), transforms, &port(4));
        assert_eq!(data.ports()[0].1.dims, [3, 4, 4]);
        let first = |split| data.sample(split, 0, Stream::new(0, "")).unwrap().get("image").unwrap().data[0];
        assert_eq!((first(Split::Train), first(Split::Test)), (5.0 / 8.0, 2.0 / 8.0));
        // Else a union would hide from a test who was trained on.
        assert_eq!(data.people(Split::Train).unwrap().names, ["Ann", "Bo"]);
        assert_eq!(data.pairings(Split::Test), [(1, 2, true)]);
    }
}
