//! One person's files.

use super::{SynthArgs, short};
use crate::cli::data::files::byte;
use crate::components::dataset::synthetic_faces::FILES;
use crate::components::raster;
use crate::face::picture::Picture;
use crate::face::procedural::moment::{VIEWS, view};
use crate::face::procedural::shot::{Moment, Scene, Shot, Subject};
use crate::face::procedural::studio::{Lighting, Studio};
use crate::face::procedural::{Person, albedo};
use crate::random::Stream;
use crate::record::write_atomic;
use anyhow::Context;
use image::ImageEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Instant;

/// Somebody of a split.
pub struct Who {
    pub split: &'static str,
    pub number: usize,
}

impl Who {
    pub fn name(&self) -> String {
        format!("{}-{:05}", self.split, self.number)
    }

    pub fn stream(&self, seed: u64) -> Stream {
        Stream::new(seed, "synthetic-faces").named(super::FORMAT).named(self.split).fork(self.number as u64)
    }
}

/// What was made of a person; the seconds are 0 where it was made before.
#[derive(Serialize, Deserialize)]
pub struct Made {
    key: String,
    /// Of the manifest.
    pub rows: Vec<Vec<String>>,
    #[serde(skip)]
    pub seconds: f64,
    /// Of these, for encoding and writing files.
    #[serde(skip)]
    pub encoding: f64,
}

/// One picture of a person: number of the view, and of the light.
struct Take {
    view: usize,
    moment: Moment,
}

/// All pictures of a person. Each view's lights are different ones.
fn takes(args: &SynthArgs, who: &Who) -> Vec<Take> {
    let stream = who.stream(args.seed);
    let mut all = Vec::with_capacity(args.pictures());
    for view in 0..VIEWS {
        let lights = stream.named("lights").fork(view as u64).permutation(Lighting::COUNT);
        for (k, light) in lights.into_iter().take(args.lights as usize).enumerate() {
            let draw = stream.named("moment").fork((view * Lighting::COUNT + k) as u64);
            let mut moment = Moment::draw(draw, view, args.occluders, true);
            moment.relight(light);
            all.push(Take { view, moment });
        }
    }
    all
}

/// Makes and writes a person's pictures, where that was not done before.
pub fn made(args: &SynthArgs, studio: &Studio, who: &Who) -> anyhow::Result<Made> {
    let name = who.name();
    let record = args.out.join(format!("people/{name}.json"));
    let before = std::fs::read(&record).ok().and_then(|text| serde_json::from_slice::<Made>(&text).ok());
    if let Some(made) = before.filter(|made| made.key == args.key() && whole(&args.out, made)) {
        return Ok(made);
    }
    let started = Instant::now();
    let mut encoding = 0.0;
    let person = Person::new(who.stream(args.seed));
    let sheet: Vec<u8> = albedo(&person, studio.size()).iter().flatten().map(|v| byte(*v)).collect();
    write_atomic(
        &args.out.join(format!("albedo/{name}.png")),
        &raster::png(sheet.clone(), studio.size(), studio.size(), 3)?,
    )?;
    let mut rows = Vec::with_capacity(args.pictures());
    let subject = Subject::new(studio, person);
    for take in takes(args, who) {
        let scene = Scene::new(studio, &subject, &take.moment);
        let complete = scene.complete(&sheet);
        let seen = scene.seen(false);
        let shot = scene.shot(&complete, studio.size());
        let file = format!("{name}/v{:02}-l{:02}", take.view, take.moment.number);
        let begun = Instant::now();
        let digest = write(&args.out, &file, studio.size(), &complete, &seen, &shot)
            .with_context(|| format!("cannot write the files of {file}"))?;
        encoding += begun.elapsed().as_secs_f64();
        rows.push(row(who, &take, &file, &seen, &shot, digest));
    }
    let made = Made { key: args.key(), rows, seconds: started.elapsed().as_secs_f64().max(1e-9), encoding };
    write_atomic(&record, &serde_json::to_vec(&made)?)?;
    Ok(made)
}

/// Whether all files of a record are there.
fn whole(out: &Path, made: &Made) -> bool {
    let file = |row: &Vec<String>| row.first().cloned().unwrap_or_default();
    made.rows
        .iter()
        .all(|row| FILES.iter().all(|(folder, end)| out.join(format!("{folder}/{}.{end}", file(row))).is_file()))
}

fn row(who: &Who, take: &Take, file: &str, seen: &[bool], shot: &Shot, digest: String) -> Vec<String> {
    let Take { view: number, moment } = take;
    let (yaw, pitch) = view(*number);
    let hidden = seen.iter().filter(|seen| !**seen).count() as f64 / seen.len() as f64;
    let face = shot.parts.iter().filter(|part| **part == 1).count();
    let moves: Vec<String> = moment.expression.moves.iter().map(|v| format!("{v:.3}")).collect();
    let bits: String = shot.visible.iter().map(|v| if *v { '1' } else { '0' }).collect();
    let pose = [moment.pose.yaw, moment.pose.pitch, moment.pose.roll].map(|v| format!("{v:.3}"));
    let [turned, tilted, rolled] = pose;
    let place = [who.split.into(), who.name(), number.to_string(), format!("{yaw}/{pitch}"), moment.number.to_string()];
    let facts = [moment.worn.names(), format!("{hidden:.4}"), face.to_string(), moves.join(" "), bits, digest];
    std::iter::once(file.to_string()).chain(place).chain([turned, tilted, rolled]).chain(facts).collect()
}

/// Writes a picture's files and gives the digest of their bytes.
fn write(
    out: &Path,
    file: &str,
    size: usize,
    complete: &Picture,
    seen: &[bool],
    shot: &Shot,
) -> anyhow::Result<String> {
    let bytes = |picture: &Picture| picture.data.iter().map(|v| byte(*v)).collect::<Vec<u8>>();
    let sheet = bytes(complete);
    let opaque = |(texel, seen): (&[u8], &bool)| if *seen { [texel[0], texel[1], texel[2], 255] } else { [0; 4] };
    let incomplete: Vec<u8> = sheet.chunks_exact(3).zip(seen).flat_map(opaque).collect();
    let missing = seen.iter().map(|seen| if *seen { 0 } else { 255 }).collect();
    let encoded = [
        raster::png(bytes(&shot.image), size, size, 3)?,
        raster::png(incomplete, size, size, 4)?,
        raster::png(sheet, size, size, 3)?,
        raster::png(missing, size, size, 1)?,
        raster::png(shot.parts.clone(), size, size, 1)?,
        depth(&shot.depth, size)?,
        points(shot).into_bytes(),
    ];
    let mut sum = Sha256::new();
    for ((folder, end), bytes) in FILES.iter().zip(&encoded) {
        sum.update(bytes);
        write_atomic(&out.join(format!("{folder}/{file}.{end}")), bytes)?;
    }
    Ok(short(&sum.finalize()))
}

/// Depth in 16 bits: 0 is the ground, 32768 the plane through the head's middle, a step 1 / 100 mm, nearer is greater.
fn depth(depth: &[f32], size: usize) -> anyhow::Result<Vec<u8>> {
    let step = |d: f32| if d.is_finite() { (32768.0 + 100.0 * d).round().clamp(1.0, 65535.0) as u16 } else { 0 };
    let bytes: Vec<u8> = depth.iter().flat_map(|d| step(*d).to_ne_bytes()).collect();
    let mut out = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut out);
    encoder.write_image(&bytes, size as u32, size as u32, image::ExtendedColorType::L16)?;
    Ok(out)
}

/// Landmarks as the files of 300-W have them: the first pixel's centre is 1, 1.
fn points(shot: &Shot) -> String {
    let mut text = String::from("version: 1\nn_points: 68\n{\n");
    for [x, y] in shot.landmarks {
        text.push_str(&format!("{:.3} {:.3}\n", x + 0.5, y + 0.5));
    }
    text.push_str("}\n");
    text
}
