//! `data unwrap`.

use super::model::{self, Model, Source};
use super::work::{self, Fitted, Record, Shared};
use super::{complete, files, merge, on_all_cores, photos, points, quality, sheet, wrong};
use crate::cli::End;
use crate::components::raster;
use crate::face::fit::LANDMARKS;
use crate::face::picture::Picture;
use crate::face::readers::Kind;
use crate::record::write_atomic;
use crate::terminal::{Terminal, duration};
use anyhow::Context;
use clap::Args;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args)]
pub struct UnwrapArgs {
    /// Folder of the photos: JPEG, PNG, PGM and PPM, in folders too, turned as EXIF says
    #[arg(long, value_name = "DIR")]
    photos: PathBuf,
    /// Folder with a `.pts` or `.mat` (300W-LP, AFLW2000-3D) of each photo's name, or with tables; or one table: `.csv`
    /// (file,x0,y0..), `.xml` (dlib). 68 points in the iBUG order; beside the photos by default
    #[arg(long, value_name = "DIR|FILE")]
    landmarks: Option<PathBuf>,
    /// The morphable model: ICT-FaceKit, the Surrey Face Model, a Basel Face Model; `procedural`: the head of the synthetic
    /// faces, which needs no files and fits less well
    #[arg(long, value_name = "ict|sfm|bfm|procedural", value_parser = source)]
    model: Source,
    /// Folder of the model's files; `models/MODEL` beneath the current folder by default
    #[arg(long, value_name = "DIR")]
    model_folder: Option<PathBuf>,
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Texels along a side of the maps
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=4096))]
    size: u32,
    /// Threads; all cores by default. Results do not depend on it
    #[arg(long)]
    pub threads: Option<usize>,
    /// A complete texture for what neither side of a face shows; `mean`: that of the most frontal photos, made once and
    /// kept in OUT/texture; `none`: interpolated
    #[arg(long, value_name = "mean|none|FILE", default_value = "mean")]
    texture: String,
    /// Skip photos whose landmarks lie farther from the fitted face: % of the distance between the eyes' outer corners
    #[arg(long, value_name = "PERCENT", default_value_t = 12.0)]
    most_residual: f64,
    /// Skip photos that show less of the face's texture
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    least_coverage: f64,
    /// Merge the photos of a person with yaw near 0, -30 and 30 degrees into one complete map (OUT/merged), as the paper
    /// makes its ground truth: `stem-prefix` (what is before the last `_` or `-` of a name), or a .csv of file,identity
    #[arg(long, value_name = "stem-prefix|FILE")]
    identity_from: Option<String>,
    /// Draw each fit as well: OUT/pictures/KIND/NAME.jpg of mesh, wireframe, axes, normals, depth, pncc, visibility,
    /// rotation
    #[arg(long)]
    pictures: bool,
}

fn source(name: &str) -> Result<Source, String> {
    match name.parse() {
        Ok(kind @ (Kind::Ict | Kind::Sfm | Kind::Bfm)) => Ok(Source::Files(kind)),
        _ if name == "procedural" => Ok(Source::Procedural),
        _ => Err(format!("unknown model `{name}`, known: ict, sfm, bfm, procedural")),
    }
}

/// A photo that was left out.
pub struct Skipped {
    pub photo: String,
    pub reason: String,
}

pub fn unwrap(args: &UnwrapArgs, terminal: &mut Terminal) -> anyhow::Result<End> {
    let started = Instant::now();
    let photos = photos::find(&args.photos, args.landmarks.as_deref().unwrap_or(&args.photos), &[LANDMARKS])?;
    let identities = args.identity_from.as_deref().map(merge::Identities::read).transpose()?;
    let size = args.size as usize;
    let model = model::open(args.model, args.model_folder.as_deref(), size)?;
    let given = match args.texture.as_str() {
        "mean" | "none" => None,
        file => Some(texture(Path::new(file), size)?),
    };
    std::fs::create_dir_all(&args.out).map_err(|e| wrong(format!("cannot write to {}: {e}", args.out.display())))?;
    remove_parts(&args.out);
    if !model.symmetric {
        terminal.print_error("note: this model's texture is not symmetric: nothing is mirrored");
    }

    let (mut fitted, mut skipped) = (Vec::new(), Vec::new());
    let most_residual = args.most_residual / 100.0;
    let fits = on_all_cores("fitting", &photos, terminal, |photo| work::fitted(&model, photo, most_residual));
    for (photo, fit) in photos.iter().zip(fits) {
        match fit {
            Ok(fit) => fitted.push(fit),
            Err(reason) => skipped.push(Skipped { photo: photo.file.clone(), reason }),
        }
    }
    let mean = if args.texture == "mean" { mean_texture(args, &model, &fitted)? } else { given };
    let mut sum = Sha256::new();
    sum.update(format!("{} {size} {} {} ", model.digest, args.most_residual, args.least_coverage));
    if let Some(mean) = &mean {
        sum.update(mean.data.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
    }
    let shared = Shared {
        model: &model,
        out: &args.out,
        texture: mean.as_ref(),
        digest: files::hexadecimal(&sum.finalize()),
        least_coverage: args.least_coverage / 100.0,
        pictures: args.pictures,
    };
    let mut records: Vec<Record> = Vec::new();
    let mut rest: Vec<&Fitted> = Vec::new();
    for one in &fitted {
        match work::done_before(&shared, one) {
            Some(record) => records.push(record),
            None => rest.push(one),
        }
    }
    let before = records.len();
    if before > 0 {
        terminal.print_error(&format!("{before} photos were done before, {} are left", rest.len()));
    }
    let making = Instant::now();
    let made = on_all_cores("unwrapping", &rest, terminal, |one| work::make(&shared, one));
    let speed = rest.len() as f64 / making.elapsed().as_secs_f64().max(1e-9);
    for (one, record) in rest.iter().zip(made) {
        match record {
            Ok(record) => records.push(record),
            Err(reason) => skipped.push(Skipped { photo: one.photo.file.clone(), reason }),
        }
    }
    records.sort_by(|a, b| a.name.cmp(&b.name));
    skipped.sort_by(|a, b| a.photo.cmp(&b.photo));
    quality::write(&args.out, &records, &skipped)?;
    quality::print(&records, &skipped, terminal);
    anyhow::ensure!(
        !records.is_empty(),
        "no photo could be unwrapped: {} were skipped, see {}",
        skipped.len(),
        args.out.join("skipped.csv").display()
    );
    points::write(&args.out, &model.morphable.landmarks)?;
    let merged = match &identities {
        Some(identities) => merge::merge(&shared, &records, identities, terminal)?,
        None => merge::Merged::default(),
    };
    quality::write_pairs(&args.out, &records, &merged)?;
    let layout = crate::face::draw::layout(&model.morphable.topology, 1024.min(4 * size));
    files::write_png(&args.out.join("layout.png"), &layout, None)?;
    let sheets = sheet::write(&args.out, &records)?;
    let done = if rest.is_empty() { String::new() } else { format!(", {speed:.1} photos a second") };
    terminal.print(&format!(
        "{} photos unwrapped ({before} before), {} skipped, in {}{done}: {}",
        records.len(),
        skipped.len(),
        duration(started.elapsed().as_secs_f64()),
        sheets.first().map_or_else(String::new, |sheet| sheet.display().to_string()),
    ));
    Ok(if skipped.is_empty() { End::Done } else { End::Failed })
}

/// A given texture, at the maps' size.
fn texture(file: &Path, size: usize) -> anyhow::Result<Picture> {
    let read = raster::read(file, 3).map_err(wrong)?;
    Ok(files::picture(&raster::resize(&read, size, size)))
}

/// The mean texture of an earlier run, or one that is made now. It is read back from its file, so that a later run has
/// the same.
fn mean_texture(args: &UnwrapArgs, model: &Model, fitted: &[Fitted]) -> anyhow::Result<Option<Picture>> {
    let name = format!("texture/{}-{}-{}.png", args.model, args.size, &model.digest[..8]);
    let path = args.out.join(name);
    if !path.is_file() {
        let Some(mean) = complete::mean_texture(model, fitted)? else { return Ok(None) };
        files::write_png(&path, &mean, None)?;
    }
    let (mean, _) = files::read_map(&path)?;
    anyhow::ensure!(mean.width == model.atlas.width, "{} has another size: delete it", path.display());
    Ok(Some(mean))
}

/// Removes what a killed run had begun to write.
pub fn remove_parts(folder: &Path) {
    let Ok(listed) = std::fs::read_dir(folder) else { return };
    for path in listed.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            remove_parts(&path);
        } else if path.extension().is_some_and(|end| end == "part") {
            // It will be found again.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Writes rows as CSV.
pub fn write_csv(path: &Path, rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in rows {
        table.write_record(&row)?;
    }
    let bytes = table.into_inner().context("cannot write a table")?;
    write_atomic(path, &bytes)?;
    Ok(())
}
