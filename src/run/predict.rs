//! Prediction: a trained graph applied to folders of images that take the place of dataset ports (language.md, section
//! 7). Which ports are needed follows from the wires that are written.

mod feed;

pub use feed::Marked;

use super::samples::{edge_type, look, slice};
use super::{Draw, Roles, RunError, Scene, Trained};
use crate::components::raster;
use crate::components::sample::{Batch, DataError, Sample};
use crate::graph::plan::{Plan, Predict, Value};
use crate::random::Stream;
use crate::record::{self, Observer, Progress};
use crate::registry::Type;
use crate::tensor::{Backend, Context};
use feed::{Feeds, Picture};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is predicted from what.
pub struct Request<'a> {
    /// Takes the place of `predict.feed`; without it, the first of `feeds` names the images.
    pub input: Option<&'a Path>,
    /// Port (`pairs.missing`, or `missing` where one dataset has it) and folder.
    pub feeds: &'a [(String, PathBuf)],
    pub output: &'a Path,
    /// How holes are marked in the images themselves.
    pub holes: Option<Marked>,
    /// Images at once; `evaluate.batch` without.
    pub batch: Option<usize>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Predicted {
    /// Images that were predicted.
    pub images: usize,
    /// Files that were written.
    pub files: usize,
    /// Images that could not be read, with the reason.
    pub failed: Vec<String>,
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// Nothing was computed: what was asked for cannot be done.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A dataset and one of its ports.
type Port = (usize, String);

fn refused(message: impl Into<String>) -> PredictError {
    PredictError::Refused(message.into())
}

/// Reads the folders, applies the graph, writes a PNG for each image and wire under the image's own name.
///
/// # Errors
/// Refusals before anything is computed; a file that cannot be written. An image that cannot be read is in
/// [`Predicted::failed`], and the others are done.
pub fn predict<D: Backend>(
    trained: &Trained<'_, D>,
    request: &Request<'_>,
    observer: &mut dyn Observer,
) -> Result<Predicted, PredictError> {
    let plan = trained.plan;
    let asked = plan.predict.as_ref().ok_or_else(|| refused(no_table(plan)))?;
    drawable(plan, asked)?;
    let feeds = feeds(plan, asked, request)?;
    let names = Names::of(&feeds.files, asked);
    prepare_output(request.output, &feeds)?;
    let mut done = Predicted::default();
    let batch = request.batch.unwrap_or(plan.evaluate.batch).max(1);
    let of = feeds.files.len() as u64;
    for (number, files) in feeds.files.chunks(batch).enumerate() {
        let read: Vec<Result<Picture, DataError>> = files.par_iter().map(|file| feeds.read(plan, file)).collect();
        let mut whole: Vec<(&PathBuf, Picture)> = Vec::new();
        for (file, picture) in files.iter().zip(read) {
            match picture {
                Ok(picture) => whole.push((file, picture)),
                Err(error) => done.failed.push(error.to_string()),
            }
        }
        // Where no size is set, images of one size go together.
        while let Some(shape) = whole.first().map(|(_, p)| p.shape()) {
            let (now, later): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(_, p)| p.shape() == shape);
            whole = later;
            let stream = Stream::new(plan.run.seed, "predict").fork(number as u64);
            apply(trained, asked, now, stream, (&names, request.output), &mut done)?;
        }
        let done = ((number + 1) * batch).min(feeds.files.len()) as u64;
        observer.observe(&Progress::Preparing { what: "predicting".into(), done, of });
    }
    done.notes.extend(feeds.notes());
    Ok(done)
}

fn apply<D: Backend>(
    trained: &Trained<'_, D>,
    asked: &Predict,
    pictures: Vec<(&PathBuf, Picture)>,
    stream: Stream,
    (names, output): (&Names, &Path),
    done: &mut Predicted,
) -> Result<(), PredictError> {
    let plan = trained.plan;
    let (files, pictures): (Vec<&PathBuf>, Vec<Picture>) = pictures.into_iter().unzip();
    let mut samples: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
    for (dataset, sample) in pictures.into_iter().flat_map(|p| p.samples) {
        samples.entry(dataset).or_default().push(sample);
    }
    let batches = samples
        .into_iter()
        .map(|(dataset, samples)| Ok((dataset, Batch::stack(samples)?)))
        .collect::<Result<_, DataError>>()?;
    let draw = Draw::new(&trained.models.device, batches, stream)?;
    let ctx = Context::inference(&trained.models.device);
    let roles = Roles::evaluation(plan, plan.evaluate.batch_norm, plan.evaluate.dropout);
    let scene = Scene::new(plan, &trained.models, &ctx, &draw, &roles, false);
    for (w, (wire, value)) in asked.write.iter().enumerate() {
        let result = scene.constant(value)?;
        let (shape, values) = (result.shape(), result.to_vec());
        if shape[0] != files.len() {
            return Err(refused(format!("`{wire}` has {} values for {} images", shape[0], files.len())));
        }
        for (n, file) in files.iter().enumerate() {
            let array = slice(shape, &values, n);
            if array.data.iter().any(|v| !v.is_finite()) {
                done.failed.push(format!("`{wire}` of `{}` is not finite", file.display()));
                continue;
            }
            let png = raster::to_png(&array, look(edge_type(plan, value)))?;
            record::write_atomic(&output.join(names.file(file, w)), &png).map_err(RunError::from)?;
            done.files += 1;
        }
    }
    done.images += files.len();
    Ok(())
}

fn no_table(plan: &Plan) -> String {
    let port = plan.datasets.first().and_then(|d| Some(format!("{}.{}", d.name, d.ports.first()?.0)));
    let port = port.unwrap_or_else(|| "pairs.image".into());
    let node = plan.applications.first().and_then(|a| {
        let output = plan.networks[a.network].outputs.first()?;
        Some(format!("{}.{}", a.node, output.port.port))
    });
    let node = node.unwrap_or_else(|| "generator".into());
    format!(
        "the experiment has no `[predict]`: say what is fed and what is written, such as `--feed {port}=DIR --write \
         {node}`"
    )
}

/// Only pictures can be written as PNG.
fn drawable(plan: &Plan, asked: &Predict) -> Result<(), PredictError> {
    if asked.write.is_empty() {
        return Err(refused("`predict.write` is empty; name a wire, such as `--write generator.completed`"));
    }
    for (wire, value) in &asked.write {
        let ty = edge_type(plan, value);
        if !matches!(ty, Type::Image | Type::Mask | Type::Map) {
            return Err(refused(format!("`{wire}` is of type {}, only an image, mask or map is a picture", ty.name())));
        }
    }
    Ok(())
}

fn port_name(plan: &Plan, (dataset, port): &Port) -> String {
    format!("{}.{port}", plan.datasets[*dataset].name)
}

/// Dataset ports that values depend on.
fn ports_of<'a>(plan: &Plan, values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<Port> {
    let mut open: Vec<&Value> = values.into_iter().collect();
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Dataset { dataset, port } => {
                found.insert((*dataset, port.clone()));
            }
            Value::Node { application, .. } if seen.insert(*application) => {
                open.extend(&plan.applications[*application].inputs);
            }
            Value::Node { .. } => {}
        }
    }
    found
}

/// Folders by port: all that the wires need is fed, or follows from what is fed.
fn feeds(plan: &Plan, asked: &Predict, request: &Request<'_>) -> Result<Feeds, PredictError> {
    let needed = ports_of(plan, asked.write.iter().map(|(_, v)| v));
    let list = |ports: &mut dyn Iterator<Item = &Port>| {
        ports.map(|p| format!("`{}`", port_name(plan, p))).collect::<Vec<_>>().join(", ")
    };
    let mut folders: Vec<(Port, PathBuf)> = Vec::new();
    if let (Some(input), Value::Dataset { dataset, port }) = (request.input, &asked.feed) {
        folders.push(((*dataset, port.clone()), input.to_path_buf()));
    }
    for (name, folder) in request.feeds {
        let port = named(plan, name, &needed)?;
        if folders.iter().any(|(known, _)| *known == port) {
            return Err(refused(format!("`{}` is fed twice", port_name(plan, &port))));
        }
        folders.push((port, folder.clone()));
    }
    let Some((first, _)) = folders.first() else {
        let all = list(&mut needed.iter());
        return Err(refused(format!("nothing is fed: `--input DIR`, or `--feed PORT=DIR` for {all}")));
    };
    // The hole is read off the incomplete image.
    let hole = (first.0, feed::MISSING.to_string());
    let serves = needed.contains(first) || (first.1 == feed::INCOMPLETE && needed.contains(&hole));
    if !serves {
        let (name, all) = (port_name(plan, first), list(&mut needed.iter()));
        return Err(refused(format!("what is written does not depend on `{name}`, but on {all}")));
    }
    let given: BTreeSet<Port> = folders.iter().map(|(port, _)| port.clone()).collect();
    let derived = |port: &Port| {
        let incomplete = (port.0, feed::INCOMPLETE.to_string());
        port.1 == feed::MISSING && given.contains(&incomplete) && request.holes.is_some()
    };
    let missing: Vec<&Port> = needed.iter().filter(|p| !given.contains(*p) && !derived(p)).collect();
    if let Some(some) = missing.first() {
        let mut message = format!(
            "{} {} needed too and not fed; give a folder with files of the same names: `--feed {}=DIR`",
            list(&mut missing.iter().copied()),
            if missing.len() == 1 { "is" } else { "are" },
            port_name(plan, some)
        );
        if some.1 == feed::MISSING && given.contains(&(some.0, feed::INCOMPLETE.into())) {
            message.push_str(", or say how the holes are marked in the images: `--holes transparent|black|grey`");
        }
        return Err(refused(message));
    }
    Feeds::open(plan, folders, request.holes)
}

/// A port as a user writes it.
fn named(plan: &Plan, name: &str, needed: &BTreeSet<Port>) -> Result<Port, PredictError> {
    let all: Vec<Port> = plan
        .datasets
        .iter()
        .enumerate()
        .flat_map(|(d, dataset)| dataset.ports.iter().map(move |(port, _)| (d, port.clone())))
        .collect();
    let fits = |p: &&Port| port_name(plan, p) == name || p.1 == name;
    let mut found: Vec<&Port> = all.iter().filter(fits).collect();
    if found.len() > 1 {
        found.retain(|p| needed.contains(*p));
    }
    match found[..] {
        [port] => Ok(port.clone()),
        _ => {
            let known: Vec<String> = all.iter().map(|p| format!("`{}`", port_name(plan, p))).collect();
            Err(refused(format!("`--feed {name}` names no port, or several; the ports are {}", known.join(", "))))
        }
    }
}

fn prepare_output(output: &Path, feeds: &Feeds) -> Result<(), PredictError> {
    std::fs::create_dir_all(output)
        .map_err(|e| refused(format!("cannot make the folder {}: {e}", output.display())))?;
    let real = |path: &Path| path.canonicalize().ok();
    if feeds.folders().any(|folder| real(folder) == real(output)) {
        return Err(refused(format!("{} is an input: results would take the place of images", output.display())));
    }
    Ok(())
}

/// Names of the files that are written.
struct Names {
    suffixes: Vec<String>,
    /// Stems that several images have keep their endings.
    shared: BTreeSet<PathBuf>,
}

impl Names {
    fn of(files: &[PathBuf], asked: &Predict) -> Names {
        let mut stems = BTreeSet::new();
        let shared = files.iter().map(|f| f.with_extension("")).filter(|stem| !stems.insert(stem.clone())).collect();
        let plain = |text: &str| -> String {
            let kept = text.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect::<String>();
            kept.trim_matches('-').to_string()
        };
        let ports: Vec<String> =
            asked.write.iter().map(|(wire, _)| plain(wire.split_once('.').map_or(wire.as_str(), |w| w.1))).collect();
        let alone = |port: &String| ports.iter().filter(|p| *p == port).count() == 1;
        let suffix = |(port, (wire, _)): (&String, &(String, Value))| match asked.write.len() {
            1 => String::new(),
            _ if alone(port) => format!("-{port}"),
            _ => format!("-{}", plain(wire)),
        };
        Names { suffixes: ports.iter().zip(&asked.write).map(suffix).collect(), shared }
    }

    /// Where wire `w` of an image goes, relative to the output folder.
    fn file(&self, image: &Path, w: usize) -> PathBuf {
        let stem = image.with_extension("");
        let base = if self.shared.contains(&stem) { image.to_path_buf() } else { stem };
        let name = base.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        base.with_file_name(format!("{name}{}.png", self.suffixes.get(w).map_or("", String::as_str)))
    }
}
