//! How long a step waits for its data: eight photos decoded, turned, cut out by strokes, beside steps on a batch at hand.

use super::compare::Scratch;
use super::drive::median;
use super::player::{Player, Side};
use super::protocol::Request;
use super::{Arguments, cases};
use ablate::random::Stream;
use std::path::{Path, PathBuf};

/// In the folder.
const PHOTOS: usize = 64;
const SIDE: u32 = 256;
/// Steps in a turn; before those with loading, as many as the loader has batches ready.
const STEPS: usize = 2;
const READY: usize = 3;

/// What pix2pix learns, from photos.
const PHOTO_EXPERIMENT: &str = r#"
format  = 1
title   = "pix2pix on photos"
extends = ["PIX2PIX"]

[datasets.pairs]
use        = "image-folder"
root       = "ROOT"
size       = 256
holes      = "strokes"
transforms = ["random-flip", "random-rotate"]
"#;

/// A section of its own: only our side loads.
pub fn section(arguments: &Arguments, scratch: &Scratch) -> anyhow::Result<String> {
    let mut text = String::from(
        "## Loading, U-Net-256 + PatchGAN 256² b8\n\n\
         | | step at hand ms | step with loading ms | of it waited |\n|---|---:|---:|---:|\n",
    );
    let photos = photos(scratch.path())?;
    let cases = [
        ("photos decoded, turned, holes by strokes", photos),
        ("synthetic-uv rendered", PathBuf::from("experiments/pix2pix.toml")),
    ];
    for (name, file) in cases {
        let (held, loaded, waited) = measure(file, arguments)?;
        text += &format!("| {name} | {:.0} | {:.0} | {:.2} % |\n", 1e3 * held, 1e3 * loaded, 100.0 * waited);
        eprintln!("{name:<48} {:.0} ms, with loading {:.0} ms, waited {waited:.4}", 1e3 * held, 1e3 * loaded);
    }
    Ok(text + "\n")
}

/// Median seconds of a step without and with loading, and the share of the latter that was waited.
fn measure(file: PathBuf, arguments: &Arguments) -> anyhow::Result<(f64, f64, f64)> {
    let mut player = Player::start(&Side::Ours, arguments.threads)?;
    player.load(&cases::loading(file))?;
    let mut run = |times, loading| player.ask(&Request::Run { times, loading });
    run(1, false)?;
    let (mut held, mut loaded, mut waited) = (vec![], vec![], 0.0);
    for _ in 0..arguments.rounds {
        held.extend(run(STEPS, false)?.seconds);
        run(READY, true)?;
        let reply = run(STEPS, true)?;
        waited += reply.waited;
        loaded.extend(reply.seconds);
    }
    let share = waited / loaded.iter().sum::<f64>();
    Ok((median(held), median(loaded), share))
}

/// An experiment on photos drawn here; its file.
fn photos(folder: &Path) -> anyhow::Result<PathBuf> {
    let root = folder.join("photos");
    std::fs::create_dir_all(&root)?;
    for number in 0..PHOTOS {
        photo(number).save(root.join(format!("{number:03}.jpg")))?;
    }
    let file = folder.join("photos.toml");
    let pix2pix = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/pix2pix.toml");
    let text = PHOTO_EXPERIMENT.replace("PIX2PIX", &pix2pix.display().to_string());
    std::fs::write(&file, text.replace("ROOT", &root.display().to_string()))?;
    Ok(file)
}

/// Waves with grain: about as much to decode as a photo has.
fn photo(number: usize) -> image::RgbImage {
    let mut grain = Stream::new(0, "photo").fork(number as u64);
    image::RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let wave = |k: f32| 0.5 + 0.35 * ((x as f32 * k + y as f32 * (0.07 - k) + number as f32).sin());
        let mut value = |k| (255.0 * (f64::from(wave(k)) + grain.between(-0.06, 0.06)).clamp(0.0, 1.0)) as u8;
        image::Rgb([value(0.021), value(0.034), value(0.055)])
    })
}
