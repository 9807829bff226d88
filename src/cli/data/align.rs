//! `data align`.

mod find;
mod mtcnn;
#[cfg(test)]
mod mtcnn_parity;
#[cfg(test)]
mod photos_tests;
mod sheet;
mod work;

use super::unwrap::{Skipped, remove_parts, write_csv};
use super::{on_all_cores, photos, points, quality, wrong};
use crate::cli::End;
use crate::components::raster;
use crate::face::detect;
use crate::face::readers::landmarks;
use crate::record::{Observer, Progress};
use crate::terminal::{Terminal, duration};
use clap::{Args, ValueEnum};
use find::Finder;
use std::path::PathBuf;
use std::time::Instant;
use work::{Found, Record, Shared};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Detector {
    Mtcnn,
}

/// What is brought onto a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    Five,
    Half,
}

#[derive(Args)]
pub struct AlignArgs {
    /// Folder of the photos: JPEG, PNG, PGM and PPM, in folders too, turned as EXIF says
    #[arg(long, value_name = "DIR")]
    photos: PathBuf,
    /// Folder with a `.pts` or `.mat` of each photo's name, or with tables; or one table: `.csv` (file,x0,y0..), `.xml`
    /// (dlib). 5, 68 or 98 points; beside the photos by default
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "detector")]
    landmarks: Option<PathBuf>,
    /// Finds the largest face of each photo, where there are no landmarks
    #[arg(long, value_name = "mtcnn")]
    detector: Option<Detector>,
    /// Folder of the detector's weights: `pnet.safetensors`, `rnet.safetensors`, `onet.safetensors` by facenet-pytorch's
    /// names
    #[arg(long, value_name = "DIR", default_value = "models/mtcnn")]
    detector_folder: PathBuf,
    /// Side of the smallest face that the detector looks for, in pixels of the photo
    #[arg(long, value_name = "PIXELS", default_value_t = 40, value_parser = clap::value_parser!(u32).range(12..=4096))]
    least_face: u32,
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Pixels along a side of the results
    #[arg(long, default_value_t = 112, value_parser = clap::value_parser!(u32).range(16..=2048))]
    size: u32,
    /// Five points to ArcFace's template, or the exposed half of 68 to another face's
    #[arg(long, value_name = "five|half", default_value = "five")]
    by: By,
    /// A `.pts` file of 68 points in a picture of `size` pixels, for `--by half`; by default a frontal face
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// Mirrors photos that show the other half than `target`
    #[arg(long, requires = "target")]
    mirror: bool,
    /// Threads; all cores by default. Results do not depend on it
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Points that a face may have, by what is brought onto a template.
const FIVE: &[usize] = &[5, 68, 98];
const HALF: &[usize] = &[68];

pub fn align(args: &AlignArgs, terminal: &mut Terminal) -> anyhow::Result<End> {
    let started = Instant::now();
    if args.by == By::Half && args.detector.is_some() {
        return Err(wrong("`--by half` needs 68 landmarks, the detector finds five: give `--landmarks`"));
    }
    if args.by == By::Five && args.target.is_some() {
        return Err(wrong("`--target` is for `--by half`"));
    }
    let target = match &args.target {
        Some(file) => Some(target(file)?),
        None => None,
    };
    let photos = match args.detector {
        Some(Detector::Mtcnn) => photos::list(&args.photos, |_| Err("has no landmarks".into()))?,
        None => {
            let beside = args.landmarks.as_deref().unwrap_or(&args.photos);
            photos::find(&args.photos, beside, if args.by == By::Half { HALF } else { FIVE })?
        }
    };
    let mut finder = match args.detector {
        Some(Detector::Mtcnn) => Some(Finder::open(&args.detector_folder, args.least_face as f32)?),
        None => None,
    };
    std::fs::create_dir_all(&args.out).map_err(|e| wrong(format!("cannot write to {}: {e}", args.out.display())))?;
    remove_parts(&args.out);
    let detector = finder.as_ref().map(Finder::digest);
    let shared = Shared::new(&args.out, args.size as usize, args.by, (target, args.mirror), detector);

    let (mut records, mut skipped, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (photo, known) in photos.iter().zip(on_all_cores("reading", &photos, terminal, |photo| shared.known(photo))) {
        match known {
            Ok(known) => match known.done {
                Some(record) => records.push(record),
                None => rest.push((photo, known.digest)),
            },
            Err(reason) => skipped.push(Skipped { photo: photo.file.clone(), reason }),
        }
    }
    let before = records.len();
    if before > 0 {
        terminal.print_error(&format!("{before} photos were done before, {} are left", rest.len()));
    }
    let made: Vec<Result<Record, String>> = match &mut finder {
        // One photo after the other: each uses all cores.
        Some(finder) => {
            let mut made = Vec::with_capacity(rest.len());
            for (done, (photo, digest)) in rest.iter().enumerate() {
                let find = finder.largest(&photo.path);
                made.push(find.and_then(|found| shared.make(photo, digest, &found)));
                let (done, of) = (done as u64 + 1, rest.len() as u64);
                terminal.observe(&Progress::Preparing { what: "finding faces".into(), done, of });
            }
            made
        }
        None => on_all_cores("aligning", &rest, terminal, |(photo, digest)| {
            let points = photo.landmarks.as_ref().map_err(String::clone)?;
            let picture = super::files::picture(&raster::read(&photo.path, 3).map_err(unreadable)?);
            shared.make(photo, digest, &Found { picture, points: points.points.clone(), score: None })
        }),
    };
    for ((photo, _), record) in rest.iter().zip(made) {
        match record {
            Ok(record) => records.push(record),
            Err(reason) => skipped.push(Skipped { photo: photo.file.clone(), reason }),
        }
    }
    records.sort_by(|a, b| a.name.cmp(&b.name));
    skipped.sort_by(|a, b| a.photo.cmp(&b.photo));
    quality::write_skipped(&args.out, &skipped)?;
    quality::print_skipped(&skipped, terminal);
    let nothing = format!("no photo could be aligned: see {}", args.out.join("skipped.csv").display());
    anyhow::ensure!(!records.is_empty(), nothing);
    write_points(args, &records)?;
    let contact = sheet::write(&args.out, &args.photos, &records)?;
    terminal.print(&format!(
        "{} photos aligned ({before} before), {} skipped, in {}: {}",
        records.len(),
        skipped.len(),
        duration(started.elapsed().as_secs_f64()),
        contact.display()
    ));
    Ok(if skipped.is_empty() { End::Done } else { End::Failed })
}

/// Why a photo cannot be read.
fn unreadable(error: crate::components::sample::DataError) -> String {
    match error {
        crate::components::sample::DataError::File { why, .. } => format!("cannot be read: {why}"),
        other => other.to_string(),
    }
}

/// 68 points of a file.
fn target(file: &std::path::Path) -> anyhow::Result<Vec<[f32; 2]>> {
    let faces = landmarks::of_file(file).map_err(wrong)?;
    let points = faces.into_iter().next().map(|face| face.points).unwrap_or_default();
    match points.len() {
        68 => Ok(points),
        count => Err(wrong(format!("{} has {count} points, 68 are needed (iBUG order)", file.display()))),
    }
}

/// `points.csv`: the five points in the aligned pictures, the first pixel's centre being (0, 0).
fn write_points(args: &AlignArgs, records: &[Record]) -> anyhow::Result<()> {
    let row = |r: &Record| points::row(&format!("images/{}.png", r.name), &r.aligned.map(|p| p.map(|v| v - 0.5)));
    write_csv(&args.out.join("points.csv"), std::iter::once(points::head(5)).chain(records.iter().map(row)))
}

/// How a photo's faces are looked for.
pub fn settings(least: f32) -> detect::Settings {
    detect::Settings { least, ..detect::Settings::default() }
}
