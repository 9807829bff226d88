//! `data render`.

use super::lights::{self, Lit, linear, srgb};
use super::points::{self, Vertices};
use super::sheet::{Shade, face, over};
use super::unwrap::{remove_parts, write_csv};
use super::{files, merge, on_all_cores, wrong};
use crate::cli::End;
use crate::components::dataset::images;
use crate::components::raster;
use crate::face::camera::{Camera, Orthographic, Pose};
use crate::face::mesh::{Topology, Vec3};
use crate::face::picture::Picture;
use crate::face::raster::atlas;
use crate::face::readers::{bytes::whole_file, obj};
use crate::random::Stream;
use crate::record::write_atomic;
use crate::terminal::{Terminal, duration};
use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the pictures show.
const MANIFEST: &str = "manifest.csv";
/// Of what is rendered; another number makes every face be done again.
const REVISION: u32 = 2;

#[derive(Args)]
pub struct RenderArgs {
    /// Folder of `data unwrap` (or its `merged`), or one with maps and meshes (.obj) of the same names
    #[arg(long, value_name = "DIR")]
    maps: PathBuf,
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Degrees, positive to the image's right: `FROM..TO:STEP`, or a list
    #[arg(long, default_value = "-80..80:20", allow_hyphen_values = true, value_parser = angles)]
    yaw: Angles,
    /// Degrees, positive downwards: `FROM..TO:STEP`, or a list
    #[arg(long, default_value = "0", allow_hyphen_values = true, value_parser = angles)]
    pitch: Angles,
    /// `N`: the maps' own light and N - 1 drawn lamps over it; or files of 27 spherical-harmonics coefficients
    #[arg(long, value_name = "N|FILE,..", default_value = "1")]
    light: String,
    /// Pixels along a side
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=4096))]
    size: u32,
    /// `black`, `grey`, `white`, `transparent`, or a folder of pictures of which one is drawn for each face
    #[arg(long, value_name = "COLOUR|DIR", default_value = "black")]
    background: String,
    /// Of lamps and backgrounds
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; all cores by default. Results do not depend on it
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Angles in degrees.
#[derive(Clone, Debug, PartialEq)]
struct Angles(Vec<f32>);

fn angles(text: &str) -> Result<Angles, String> {
    let number = |word: &str| {
        let found: Option<f32> = word.trim().parse().ok().filter(|v: &f32| (-180.0..=180.0).contains(v));
        found.ok_or_else(|| format!("`{word}` is no angle from -180 to 180"))
    };
    let Some((from, rest)) = text.split_once("..") else {
        return Ok(Angles(text.split(',').map(number).collect::<Result<_, _>>()?));
    };
    let (to, step) = rest.split_once(':').ok_or("expected FROM..TO:STEP, as -80..80:20")?;
    let (from, to, step) = (number(from)?, number(to)?, number(step)?);
    if !(step >= 0.1 && from <= to) {
        return Err("expected FROM..TO:STEP with FROM up to TO and a step of 0.1 or more".into());
    }
    let count = ((to - from) / step + 1e-3) as usize + 1;
    Ok(Angles((0..count).map(|i| from + i as f32 * step).collect()))
}

/// What is behind a face.
enum Ground {
    Colour([f32; 3]),
    Transparent,
    /// Pictures of a folder.
    Pictures(PathBuf, Vec<PathBuf>),
}

impl Ground {
    fn read(text: &str) -> anyhow::Result<Ground> {
        Ok(match text {
            "black" => Ground::Colour([0.0; 3]),
            "grey" => Ground::Colour([0.5; 3]),
            "white" => Ground::Colour([1.0; 3]),
            "transparent" => Ground::Transparent,
            folder => Ground::Pictures(folder.into(), images(Path::new(folder)).map_err(wrong)?),
        })
    }

    fn picture(&self, size: usize, mut draw: Stream) -> anyhow::Result<Picture> {
        Ok(match self {
            Ground::Colour(colour) => Picture::filled(size, size, colour),
            Ground::Transparent => Picture::new(size, size, 3),
            Ground::Pictures(folder, files) => {
                let file = &files[draw.below(files.len())];
                let read = raster::centre_square(&raster::read(&folder.join(file), 3)?);
                files::picture(&raster::resize(&read, size, size))
            }
        })
    }
}

/// A face to be rendered.
struct Face {
    /// `PERSON/NAME`; a face in no person's folder is a person.
    name: String,
    map: PathBuf,
    mesh: PathBuf,
}

impl Face {
    /// The folder of the person.
    fn person(&self) -> &str {
        self.name.rsplit_once('/').map_or(&self.name, |(person, _)| person)
    }

    /// The name in that folder.
    fn last(&self) -> &str {
        self.name.rsplit_once('/').map_or(&self.name, |(_, last)| last)
    }
}

/// `OUT/PERSON/NAME.json`: written last, it says that a face is done.
#[derive(Serialize, Deserialize)]
struct Record {
    fingerprint: String,
    pictures: Vec<Rendered>,
}

/// One of a face's pictures, in the order of the views.
#[derive(Serialize, Deserialize)]
struct Rendered {
    /// From the folder of the results.
    file: String,
    /// Its landmarks, the first pixel's centre being (0, 0); none where the mesh's are not known.
    points: Vec<[f32; 2]>,
}

/// What all faces are rendered with.
struct Shared<'a> {
    args: &'a RenderArgs,
    views: Vec<View>,
    lights: Vec<Lit>,
    ground: Ground,
    vertices: Option<Vertices>,
    /// Of the settings.
    digest: String,
}

/// One picture.
struct View {
    yaw: f32,
    pitch: f32,
    light: usize,
}

pub fn render(args: &RenderArgs, terminal: &mut Terminal) -> anyhow::Result<End> {
    let started = Instant::now();
    let (faces, vertices) = faces(&args.maps)?;
    let lights = lights::read(&args.light, args.seed)?;
    let ground = Ground::read(&args.background)?;
    std::fs::create_dir_all(&args.out).map_err(|e| wrong(format!("cannot write to {}: {e}", args.out.display())))?;
    remove_parts(&args.out);
    let mut views = Vec::new();
    for light in 0..lights.len() {
        for &pitch in &args.pitch.0 {
            views.extend(args.yaw.0.iter().map(|&yaw| View { yaw, pitch, light }));
        }
    }
    let key = vertices.as_ref().map(Vertices::key).unwrap_or_default();
    let digest = ground.digest(&format!("{} {key}", args.settings(&lights)))?;
    let shared = Shared { args, views, lights, ground, vertices, digest };
    let made = on_all_cores("rendering", &faces, terminal, |face| done(&shared, face));
    let before = made.iter().flatten().filter(|(_, before)| *before).count();
    let mut rows = vec![["file", "identity", "yaw", "pitch", "light"].map(String::from).to_vec()];
    let mut places: Vec<Vec<String>> = vec![];
    let mut failed = 0;
    for (face, made) in faces.iter().zip(made) {
        match made {
            Ok((pictures, _)) => {
                for (Rendered { file, points }, view) in pictures.into_iter().zip(&shared.views) {
                    if places.is_empty() {
                        places.push(points::head(points.len()));
                    }
                    places.push(points::row(&file, &points));
                    let (yaw, pitch, light) = (view.yaw.to_string(), view.pitch.to_string(), view.light.to_string());
                    rows.push(vec![file, face.person().into(), yaw, pitch, light]);
                }
            }
            Err(error) => {
                failed += 1;
                terminal.print_error(&format!("skipped: {}: {error:#}", face.name));
            }
        }
    }
    let count = rows.len() - 1;
    anyhow::ensure!(count > 0, "no face could be rendered: {failed} were skipped");
    write_csv(&args.out.join(MANIFEST), rows)?;
    match shared.vertices {
        Some(_) => write_csv(&args.out.join("landmarks.csv"), places)?,
        None => terminal.print_error(&format!("note: no landmarks: the meshes' folder has no `{}`", points::FILE)),
    }
    let seconds = started.elapsed().as_secs_f64();
    let new = count - before * shared.views.len();
    let speed = if new == 0 { String::new() } else { format!(", {:.1} a second", new as f64 / seconds.max(1e-9)) };
    terminal.print(&format!(
        "{count} pictures of {} faces ({before} faces before) in {}{speed}: {}",
        faces.len() - failed,
        duration(seconds),
        args.out.join(MANIFEST).display()
    ));
    Ok(if failed == 0 { End::Done } else { End::Failed })
}

/// Maps that have a mesh, and the vertices of the meshes' landmarks.
fn faces(folder: &Path) -> anyhow::Result<(Vec<Face>, Option<Vertices>)> {
    let (maps, meshes) = match merge::holds_maps(folder) {
        true => (folder.join("complete"), folder.join("mesh")),
        false => (folder.to_path_buf(), folder.to_path_buf()),
    };
    let found = images(&maps).map_err(wrong)?;
    let face = |file: PathBuf| {
        let mesh = meshes.join(file.with_extension("obj"));
        let name = file.with_extension("").to_string_lossy().replace('\\', "/");
        mesh.is_file().then(|| Face { name, map: maps.join(&file), mesh })
    };
    let faces: Vec<Face> = found.into_iter().filter_map(face).collect();
    let mut known = BTreeSet::new();
    if let Some(two) = faces.iter().find(|face| !known.insert((face.person(), face.last()))) {
        return Err(wrong(format!(
            "the maps `{}` and `{0}/{}` would be written to one place",
            two.person(),
            two.last()
        )));
    }
    match faces.is_empty() {
        true => Err(wrong(format!(
            "{} has no map with a mesh: expected complete/NAME.png with mesh/NAME.obj, or NAME.png with NAME.obj",
            folder.display()
        ))),
        false => Ok((faces, Vertices::read(&meshes)?)),
    }
}

impl RenderArgs {
    /// What pictures depend on, but the map, the mesh and what is behind them.
    fn settings(&self, lights: &[Lit]) -> String {
        format!("{REVISION} {:?} {:?} {lights:?} {} {} {}", self.yaw, self.pitch, self.size, self.background, self.seed)
    }
}

impl Ground {
    /// Of settings and, where pictures are behind the faces, of these.
    fn digest(&self, settings: &str) -> anyhow::Result<String> {
        let mut sum = Sha256::new();
        sum.update(settings);
        if let Ground::Pictures(folder, files) = self {
            for file in files {
                sum.update(file.to_string_lossy().as_bytes());
                sum.update(Sha256::digest(whole_file(&folder.join(file))?));
            }
        }
        Ok(files::hexadecimal(&sum.finalize()))
    }
}

/// The pictures of a face, and whether they were there before; else they are rendered now.
fn done(shared: &Shared, one: &Face) -> anyhow::Result<(Vec<Rendered>, bool)> {
    let mut sum = Sha256::new();
    sum.update(&shared.digest);
    for file in [&one.map, &one.mesh] {
        sum.update(Sha256::digest(whole_file(file)?));
    }
    let fingerprint = files::hexadecimal(&sum.finalize());
    let (person, last) = (one.person(), one.last());
    let path = shared.args.out.join(format!("{person}/{last}.json"));
    let before = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Record>(&text).ok());
    let whole = |record: &Record| {
        let mut all = record.pictures.iter();
        record.fingerprint == fingerprint && all.all(|picture| shared.args.out.join(&picture.file).is_file())
    };
    if let Some(record) = before.filter(whole) {
        return Ok((record.pictures, true));
    }
    let record = Record { fingerprint, pictures: all_of(shared, one)? };
    write_atomic(&path, &serde_json::to_vec(&record)?)?;
    Ok((record.pictures, false))
}

/// Writes all views of a face.
fn all_of(shared: &Shared, one: &Face) -> anyhow::Result<Vec<Rendered>> {
    let Shared { args, views, lights, ground, vertices, .. } = shared;
    let (map, _) = files::read_map(&one.map)?;
    let object = obj::read(&one.mesh.display().to_string(), &whole_file(&one.mesh)?)?;
    anyhow::ensure!(!object.uv.is_empty(), "{} has no texture coordinates", one.mesh.display());
    let mesh = object.mesh();
    let topology: &Topology = &mesh.seamed.topology;
    let drawn = atlas(topology, map.width);
    let on_atlas: Vec<bool> = (0..map.width * map.width).map(|t| drawn.covers(t)).collect();
    let texture = match map.width == map.height {
        true => files::padded(&map, &on_atlas, 4),
        false => map,
    };
    let size = args.size as usize;
    let mut written = Vec::with_capacity(views.len());
    for (number, view) in views.iter().enumerate() {
        let rotation = Pose { yaw: view.yaw, pitch: view.pitch, roll: 0.0 }.rotation();
        let camera = Camera::Orthographic(Orthographic::portrait(&mesh.positions, rotation, size, 0.8));
        let shade = lights[view.light].as_ref().map(|light| {
            move |pixel: &mut [f32], normal: Vec3| {
                for (value, shade) in pixel.iter_mut().zip(light.at(normal)) {
                    *value = srgb(linear(*value) * shade);
                }
            }
        });
        let shade = shade.as_ref().map(|shade| shade as &Shade);
        let (colours, share) = face(topology, &mesh.positions, &camera, &texture, size, shade);
        let points = match vertices {
            Some(vertices) => vertices.seen(&object.positions, &camera).context("its mesh lacks landmarks")?,
            None => vec![],
        };
        let file = format!("{}/{}_y{}_p{}_l{}.png", one.person(), one.last(), view.yaw, view.pitch, view.light);
        let path = args.out.join(&file);
        match ground {
            Ground::Transparent => files::write_png(&path, &plain(&colours, &share), Some(&share.data))?,
            other => {
                let draw = Stream::new(args.seed, "background").named(&one.name).fork(number as u64);
                files::write_png(&path, &over(&colours, &share, &other.picture(size, draw)?), None)?;
            }
        }
        written.push(Rendered { file, points });
    }
    Ok(written)
}

/// Colours that were multiplied by their share, as they are.
fn plain(colours: &Picture, share: &Picture) -> Picture {
    let mut out = colours.clone();
    for (pixel, share) in out.data.chunks_exact_mut(3).zip(&share.data).filter(|(_, share)| **share > 0.0) {
        pixel.iter_mut().for_each(|v| *v /= share);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_ranges_or_lists() {
        assert_eq!(angles("-80..80:20").unwrap().0.len(), 9);
        assert_eq!(angles("-80..80:20").unwrap().0[8], 80.0);
        assert_eq!(angles("0..1:0.1").unwrap().0.len(), 11);
        assert_eq!(angles("-5, 7.5").unwrap().0, [-5.0, 7.5]);
        for bad in ["", "x", "0..10", "10..0:5", "0..10:0", "0..999:1", "NaN"] {
            assert!(angles(bad).is_err(), "{bad}");
        }
    }
}
