//! MTCNN at work: its three networks out of the registry, with public weights.

use crate::components;
use crate::config;
use crate::diagnostic::{Source, render_all};
use crate::face::detect::{Networks, Opinion};
use crate::face::picture::Picture;
use crate::graph::Library;
use crate::graph::composite::Composites;
use crate::graph::open::{Wired, WiredValue};
use crate::graph::plan::{Network, Weights};
use crate::registry::Edge;
use crate::run::{Alone, RunError};
use crate::tensor::{Context, Cpu, Var};
use anyhow::anyhow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The networks: component, file of its weights, side of what it looks at.
const PARTS: [(&str, &str, usize); 3] =
    [("mtcnn-propose", "pnet", 12), ("mtcnn-refine", "rnet", 24), ("mtcnn-decide", "onet", 48)];
/// Names of tensors in their files.
const LAYOUT: &str = "facenet-pytorch";
/// Pictures that go through a network together.
const BATCH: usize = 256;

/// MTCNN on the CPU.
pub struct Mtcnn {
    networks: Vec<Alone<Cpu>>,
}

/// Shape and values of a network's outputs, in the order of its ports: logits, boxes, points.
type Given = Vec<([usize; 4], Vec<f32>)>;

impl Mtcnn {
    /// Reads `pnet.safetensors`, `rnet.safetensors` and `onet.safetensors` of a folder.
    pub fn open(folder: &Path) -> anyhow::Result<Mtcnn> {
        let catalogue = components::catalogue();
        let library = Library::new(&catalogue, Composites::embedded().0);
        let open = |(component, file, side): (&str, &str, usize)| -> anyhow::Result<Alone<Cpu>> {
            let mut network = opened(&library, component, side)?;
            network.weights = Weights::File {
                path: folder.join(file).with_extension("safetensors"),
                layout: LAYOUT.into(),
                strict: true,
                node: None,
                at: vec![],
            };
            Ok(Alone::weighted(&network, &Cpu::default())?)
        };
        Ok(Mtcnn { networks: PARTS.into_iter().map(open).collect::<anyhow::Result<_>>()? })
    }

    /// What a network gives for pictures of one size.
    fn run(&mut self, number: usize, pictures: &[Picture]) -> Result<Given, RunError> {
        let (Some(network), Some(first)) = (self.networks.get_mut(number), pictures.first()) else { return Ok(vec![]) };
        let (width, height, channels) = (first.width, first.height, first.channels);
        let mut values = Vec::with_capacity(pictures.len() * first.data.len());
        for picture in pictures {
            (0..channels).for_each(|c| values.extend(picture.data.iter().skip(c).step_by(channels)));
        }
        let ctx = Context::inference(&Cpu::default());
        let images = Var::constant(ctx.tensor(values, [pictures.len(), channels, height, width])?);
        let outputs = network.forward(&ctx, &[images], false)?;
        Ok(outputs.iter().map(|v| (v.shape(), v.to_vec())).collect())
    }

    /// One opinion of each picture.
    fn judge(&mut self, number: usize, pictures: &[Picture]) -> Result<Vec<Opinion>, RunError> {
        let mut all = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(BATCH) {
            let given = self.run(number, pictures)?;
            all.extend((0..pictures.len()).map(|i| opinion(&given, i, 0)));
        }
        Ok(all)
    }
}

/// Of a sample at a position of its maps.
fn opinion(given: &Given, sample: usize, position: usize) -> Opinion {
    let at = |output: usize, c: usize| {
        let ([_, channels, height, width], values) = given.get(output)?;
        values.get((sample * channels + c) * height * width + position).copied()
    };
    let value = |output: usize, c: usize| at(output, c).unwrap_or(0.0);
    Opinion {
        logits: std::array::from_fn(|c| value(0, c)),
        by: std::array::from_fn(|c| value(1, c)),
        points: std::array::from_fn(|c| value(2, c)),
    }
}

/// A network of the registry for images of this side.
fn opened(library: &Library, component: &str, side: usize) -> anyhow::Result<Network> {
    let text = format!("[nodes.{component}]\nuse = \"detector/{component}\"\n");
    let source = Arc::new(Source { name: component.into(), text });
    let tree = config::parse(&source).map_err(|problem| anyhow!(problem.render()))?;
    let node = tree.get(&["nodes", component]).ok_or_else(|| anyhow!("no node `{component}`"))?;
    let value = WiredValue { edge: Edge::image(3, side, side), label: "the photo".into(), decided: None };
    let wired = [Wired { port: "image".into(), list: false, values: vec![value], written: None }];
    let mut problems = vec![];
    let opened = library.open(component, node, &wired, &|_| None, &mut problems);
    Ok(opened.ok_or_else(|| anyhow!(render_all(&problems)))?.network)
}

impl Networks for Mtcnn {
    type Error = RunError;

    fn propose(&mut self, picture: &Picture) -> Result<(Vec<Opinion>, usize), RunError> {
        let given = self.run(0, std::slice::from_ref(picture))?;
        let [_, _, rows, columns] = given.first().map_or([0; 4], |(shape, _)| *shape);
        Ok(((0..rows * columns).map(|position| opinion(&given, 0, position)).collect(), columns))
    }

    fn refine(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, RunError> {
        self.judge(1, pictures)
    }

    fn decide(&mut self, pictures: &[Picture]) -> Result<Vec<Opinion>, RunError> {
        self.judge(2, pictures)
    }
}

/// The files of its weights.
pub fn files(folder: &Path) -> [PathBuf; 3] {
    PARTS.map(|(_, file, _)| folder.join(file).with_extension("safetensors"))
}
