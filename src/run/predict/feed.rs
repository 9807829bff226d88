//! Images from folders as samples of the datasets whose ports they take the place of: the same size, crop, channels
//! and transforms.

use super::{Port, PredictError, refused};
use crate::components::dataset;
use crate::components::raster;
use crate::components::sample::{Array, DataError, Sample};
use crate::components::transform::Pipeline;
use crate::graph::plan::{self, Plan};
use crate::random::Stream;
use crate::registry::{Edge, Type};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The image with 0 in the hole, and the hole: ports that all datasets with holes have.
pub const INCOMPLETE: &str = "incomplete";
pub const MISSING: &str = "missing";

/// Black is much from this part of an image on.
const MUCH: usize = 50;

/// How holes are marked in images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// Alpha below one half.
    Transparent,
    /// All channels 0.
    Black,
    /// All channels 127 or 128: 0 of -1 to 1, as our own pictures of incomplete images have it.
    Grey,
}

/// A folder that takes the place of a port.
struct Feed {
    port: Port,
    edge: Edge,
    folder: PathBuf,
}

/// All folders, with what is needed to read them.
pub struct Feeds {
    all: Vec<Feed>,
    /// Of the first folder, relative to it; the others have files of the same names.
    pub files: Vec<PathBuf>,
    holes: Option<Marked>,
    transforms: Vec<Pipeline>,
    /// Images in which no hole was found, though holes were asked for.
    whole: AtomicUsize,
    /// Images with much black in them, though nothing was said of holes.
    black: AtomicUsize,
}

/// The samples of one image, by dataset.
pub struct Picture {
    pub samples: Vec<(usize, Sample)>,
}

impl Picture {
    /// Shapes of all ports.
    pub fn shape(&self) -> Vec<[usize; 3]> {
        self.samples.iter().flat_map(|(_, s)| s.ports.iter().map(|(_, a)| a.shape)).collect()
    }
}

impl Feeds {
    pub fn open(plan: &Plan, folders: Vec<(Port, PathBuf)>, holes: Option<Marked>) -> Result<Feeds, PredictError> {
        let mut all = Vec::with_capacity(folders.len());
        for (port, folder) in folders {
            let ports = &plan.datasets[port.0].ports;
            let edge = ports.iter().find(|(name, _)| *name == port.1).map(|(_, edge)| edge.clone());
            let edge = edge.unwrap_or_else(|| Edge::image(3, 0, 0));
            if !matches!(edge.ty, Type::Image | Type::Mask | Type::Map) || !matches!(edge.channels(), 1 | 3) {
                let what = format!("`{}` is {} ({edge})", super::port_name(plan, &port), edge.ty.name());
                return Err(refused(format!("{what}: a folder of images cannot take its place")));
            }
            all.push(Feed { port, edge, folder });
        }
        let fed = |name: &str| all.iter().any(|f| f.port.1 == name);
        if holes.is_some() && (!fed(INCOMPLETE) || fed(MISSING)) {
            return Err(refused(format!(
                "`--holes` finds holes in the images that are fed as `{INCOMPLETE}`, where `{MISSING}` is not fed"
            )));
        }
        let files = match all.first() {
            Some(first) => dataset::images(&first.folder)?,
            None => vec![],
        };
        if let Some(other) = all.iter().find(|f| !f.folder.is_dir()) {
            return Err(DataError::NoFolder(other.folder.clone()).into());
        }
        let pipeline = |d: &plan::Dataset| {
            Pipeline::open(&d.transforms.iter().map(|t| (t.name.clone(), t.settings.clone())).collect::<Vec<_>>())
        };
        let transforms = plan.datasets.iter().map(pipeline).collect::<Result<_, DataError>>()?;
        Ok(Feeds { all, files, holes, transforms, whole: AtomicUsize::new(0), black: AtomicUsize::new(0) })
    }

    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.all.iter().map(|f| f.folder.as_path())
    }

    /// What is worth a second look.
    pub fn notes(&self) -> Vec<String> {
        let count = |n: &AtomicUsize| Some(n.load(Ordering::Relaxed)).filter(|n| *n > 0);
        let whole = count(&self.whole).map(|n| format!("no hole was found in {n} of the images"));
        let black = count(&self.black).map(|n| {
            format!("{n} of the images have much black in them, which was taken for colour; are those holes: `--holes black`?")
        });
        whole.into_iter().chain(black).collect()
    }

    /// The samples of the image at `file` of the first folder.
    pub fn read(&self, plan: &Plan, file: &Path) -> Result<Picture, DataError> {
        let mut samples: Vec<(usize, Sample)> = Vec::new();
        for (d, dataset) in plan.datasets.iter().enumerate() {
            let own: Vec<&Feed> = self.all.iter().filter(|f| f.port.0 == d).collect();
            if own.is_empty() {
                continue;
            }
            let mut sample = self.sample(plan, dataset, &own, file)?;
            let ports: Vec<(String, Type)> = dataset
                .ports
                .iter()
                .filter(|(name, _)| sample.get(name).is_some())
                .map(|(name, edge)| (name.clone(), edge.ty))
                .collect();
            self.transforms[d].apply(&mut sample, &ports, false, &Stream::new(0, "predict"))?;
            samples.push((d, sample));
        }
        Ok(Picture { samples })
    }

    fn sample(&self, plan: &Plan, dataset: &plan::Dataset, own: &[&Feed], file: &Path) -> Result<Sample, DataError> {
        let fit = Fit::of(plan, dataset);
        let mut sample = Sample::default();
        let mut frames: Vec<(PathBuf, (usize, usize))> = Vec::new();
        // Masks first: they say where an incomplete image is to be 0.
        let (masks, images): (Vec<&Feed>, Vec<&Feed>) = own.iter().partition(|f| f.edge.ty == Type::Mask);
        for feed in masks {
            let path = feed.find(file)?;
            let mut mask = raster::read(&path, 1)?;
            frames.push((path, mask.frame()));
            mask.data.iter_mut().for_each(|v| *v = (*v + 1.0) / 2.0);
            let mut mask = fit.apply(mask);
            raster::threshold(&mut mask);
            sample = sample.with(&feed.port.1, mask);
        }
        for feed in images {
            let path = feed.find(file)?;
            let (mut image, alpha) = raster::read_with_alpha(&path, feed.edge.channels())?;
            frames.push((path, image.frame()));
            if feed.port.1 == INCOMPLETE {
                let (incomplete, missing) = self.incomplete(sample.get(MISSING), image, alpha, &fit);
                if sample.get(MISSING).is_none() {
                    sample = sample.with(MISSING, missing);
                }
                image = incomplete;
            } else {
                image = fit.apply(image);
            }
            sample = sample.with(&feed.port.1, image);
        }
        match &frames[..] {
            [(first, wanted), others @ ..] => match others.iter().find(|(_, found)| found != wanted) {
                Some((file, (h, w))) => {
                    let why =
                        format!("it is {w} wide and {h} high, `{}` {} and {}", first.display(), wanted.1, wanted.0);
                    Err(DataError::file(file, why))
                }
                None => Ok(sample),
            },
            [] => Ok(sample),
        }
    }

    /// An incomplete image with 0 in its holes, and the holes: those of the mask that was fed, or as they are marked.
    fn incomplete(&self, fed: Option<&Array>, image: Array, alpha: Array, fit: &Fit) -> (Array, Array) {
        let hole = match self.holes.unwrap_or(Marked::Transparent) {
            Marked::Transparent => {
                Array { shape: alpha.shape, data: alpha.data.iter().map(|a| hole(*a < 0.5)).collect() }
            }
            Marked::Black => marked(&image, |v| v == -1.0),
            // 127 and 128 of 255 are 0.004 from 0.
            Marked::Grey => marked(&image, |v| v.abs() < 0.005),
        };
        if self.holes.is_some() && hole.data.iter().all(|v| *v == 0.0) {
            self.whole.fetch_add(1, Ordering::Relaxed);
        }
        if self.holes.is_none() && fed.is_none() && hole.data.iter().all(|v| *v == 0.0) {
            let black = marked(&image, |v| v == -1.0).data.iter().filter(|v| **v > 0.0).count();
            self.black.fetch_add(usize::from(black * MUCH > hole.data.len()), Ordering::Relaxed);
        }
        let (mut image, mut missing) = fit.apply_around(image, hole);
        if let Some(fed) = fed.filter(|f| f.frame() == image.frame()) {
            missing = fed.clone();
        }
        let size = missing.data.len();
        for plane in image.data.chunks_exact_mut(size) {
            plane.iter_mut().zip(&missing.data).filter(|(_, m)| **m > 0.5).for_each(|(v, _)| *v = 0.0);
        }
        (image, missing)
    }
}

fn hole(is: bool) -> f32 {
    if is { 1.0 } else { 0.0 }
}

/// Pixels whose channels all are so.
fn marked(image: &Array, so: impl Fn(f32) -> bool) -> Array {
    let (height, width) = image.frame();
    let all = |i: usize| (0..image.shape[0]).all(|c| so(image.plane(c)[i]));
    Array { shape: [1, height, width], data: (0..height * width).map(|i| hole(all(i))).collect() }
}

impl Feed {
    /// The file of the same name, with whatever ending.
    fn find(&self, file: &Path) -> Result<PathBuf, DataError> {
        let same = self.folder.join(file);
        let others =
            raster::ENDINGS.iter().flat_map(|e| [same.with_extension(e), same.with_extension(e.to_uppercase())]);
        std::iter::once(same.clone())
            .chain(others)
            .find(|path| path.is_file())
            .ok_or_else(|| DataError::file(&same, format!("the image for port `{}` does not exist", self.port.1)))
    }
}

/// How a dataset brings an image to its size.
struct Fit {
    centre: bool,
    /// 0: as it is.
    size: usize,
}

impl Fit {
    fn of(plan: &Plan, dataset: &plan::Dataset) -> Fit {
        // A union reads as what it is made of.
        let members = dataset.component.settings.get("of").and_then(|of| of.as_array());
        let first = members.and_then(|all| all.first()).and_then(|name| name.as_str());
        let member = plan.datasets.iter().find(|d| Some(d.name.as_str()) == first);
        let dataset = member.unwrap_or(dataset);
        let setting = |key: &str| dataset.component.settings.get(key);
        let size = setting("size").and_then(|s| s.as_u64()).map_or(dataset.size, |s| s as usize);
        Fit { centre: setting("crop").is_some_and(|c| c == "centre"), size }
    }

    fn apply(&self, array: Array) -> Array {
        let array = if self.centre { raster::centre_square(&array) } else { array };
        if self.size == 0 { array } else { raster::resize(&array, self.size, self.size) }
    }

    /// As [`apply`](Self::apply), but what is in the hole does not run into its rim.
    fn apply_around(&self, image: Array, hole: Array) -> (Array, Array) {
        let mut missing = self.apply(hole.clone());
        if missing.data.iter().any(|v| *v > 0.0) && missing.shape != hole.shape {
            let (mut weighted, size) = (image, hole.data.len());
            for plane in weighted.data.chunks_exact_mut(size) {
                plane.iter_mut().zip(&hole.data).for_each(|(v, h)| *v *= 1.0 - h);
            }
            let mut fitted = self.apply(weighted);
            for plane in fitted.data.chunks_exact_mut(missing.data.len()) {
                plane.iter_mut().zip(&missing.data).for_each(|(v, m)| *v /= (1.0 - m).max(1e-3));
            }
            raster::threshold(&mut missing);
            return (fitted, missing);
        }
        raster::threshold(&mut missing);
        (self.apply(image), missing)
    }
}
