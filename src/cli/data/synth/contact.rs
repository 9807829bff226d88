//! `contact-sheet.png`: people in rows, what was made of some views in columns.

use super::SynthArgs;
use super::person::Who;
use crate::record::write_atomic;
use crate::report::sheet;
use anyhow::Context;
use image::{RgbImage, imageops};

/// People on the sheet.
const ROWS: usize = 12;
/// Views of a person, and a picture's maps.
const HEADS: [&str; 8] = ["yaw -90", "yaw -45", "yaw 0", "yaw 30", "from above", "seen", "complete", "parts"];
const SHOWN: [(usize, &str); 8] = [
    (0, "image"),
    (3, "image"),
    (6, "image"),
    (8, "image"),
    (14, "image"),
    (3, "incomplete"),
    (3, "complete"),
    (3, "parts"),
];

/// Draws the people of the sheet from their files: as many of each split as fit.
pub fn write(args: &SynthArgs, people: &[Who]) -> anyhow::Result<()> {
    let step = people.len().div_ceil(ROWS).max(1);
    let mut rows = Vec::new();
    for who in people.iter().step_by(step) {
        let tiles = SHOWN.iter().map(|(view, folder)| tile(args, who, *view, folder)).collect::<anyhow::Result<_>>()?;
        rows.push((who.name(), tiles));
    }
    write_atomic(&args.out.join("contact-sheet.png"), &sheet::png(&HEADS, rows)?)?;
    Ok(())
}

fn tile(args: &SynthArgs, who: &Who, view: usize, folder: &str) -> anyhow::Result<RgbImage> {
    let name = who.name();
    let under = args.out.join(folder).join(&name);
    let start = format!("v{view:02}-");
    let listed = std::fs::read_dir(&under).with_context(|| format!("cannot read {}", under.display()))?;
    let mut found: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&start)));
    found.sort();
    let path = found.first().with_context(|| format!("{} has no picture of view {view}", under.display()))?;
    let mut picture = image::open(path).with_context(|| format!("cannot read {}", path.display()))?.to_rgb8();
    if folder == "parts" {
        for pixel in picture.pixels_mut() {
            pixel.0 = COLOURS[usize::from(pixel.0[0]) % COLOURS.len()];
        }
    }
    Ok(match picture.dimensions() {
        (256, 256) => picture,
        _ => imageops::resize(&picture, 256, 256, imageops::FilterType::Triangle),
    })
}

/// Of the parts, in their order.
const COLOURS: [[u8; 3]; 9] = [
    [245, 245, 245],
    [230, 160, 120],
    [190, 120, 90],
    [150, 30, 40],
    [90, 60, 40],
    [70, 110, 160],
    [20, 20, 20],
    [120, 200, 190],
    [240, 200, 80],
];
