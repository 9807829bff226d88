//! Faces by formula as the samples of a run that never was.

use ablate::record::*;
use image::{Rgb, RgbImage};
use std::path::Path;

/// Noise in -1 to 1 by counting (splitmix64), so that every run draws the same.
pub fn noise(i: u64) -> f64 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// A face by formula: skin, eyes, mouth, lit from one side; `which` changes its features.
fn face(which: u64, x: f64, y: f64) -> [f64; 3] {
    let k = |i: u64| noise(which * 13 + i);
    let blob = |cx: f64, cy: f64, rx: f64, ry: f64| (-(((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2))).exp();
    let light = 0.85 + 0.25 * (x - 0.5) * k(1) - 0.3 * (y - 0.5).powi(2);
    let mut rgb = [0.78 + 0.1 * k(2), 0.58 + 0.1 * k(3), 0.47 + 0.08 * k(4)].map(|c| c * light);
    let eyes = blob(0.32, 0.4, 0.07, 0.045) + blob(0.68, 0.4, 0.07, 0.045);
    let brows = blob(0.32, 0.31, 0.1, 0.02) + blob(0.68, 0.31, 0.1, 0.02);
    let mouth = blob(0.5, 0.76, 0.13 + 0.03 * k(5), 0.04);
    let nose = blob(0.5, 0.58, 0.05, 0.12) * 0.15;
    let paint = |c: &mut [f64; 3], to: [f64; 3], a: f64| (0..3).for_each(|i| c[i] += (to[i] - c[i]) * a.min(1.0));
    paint(&mut rgb, [0.15, 0.12, 0.12], eyes);
    paint(&mut rgb, [0.25, 0.17, 0.12], brows * 0.9);
    paint(&mut rgb, [0.62, 0.22, 0.24], mouth);
    paint(&mut rgb, [1.0, 0.85, 0.75], nose);
    rgb
}

fn tile(side: u32, of: impl Fn(f64, f64) -> [f64; 3]) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| {
        let rgb = of((f64::from(x) + 0.5) / f64::from(side), (f64::from(y) + 0.5) / f64::from(side));
        Rgb(rgb.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8))
    })
}

/// Tiles of three figures, as a run leaves them in `dir/samples`.
pub fn samples(dir: &Path, title: &str, better: f64) {
    let mut index = SampleIndex::default();
    let folder = dir.join("samples");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |figure: &str, row: usize, wire: &str, ty: &str, image: &RgbImage| {
        let file = format!("{figure}-{row}-{}.png", wire.replace(['.', '[', ']'], "-"));
        image.save(folder.join(&file)).unwrap();
        let (low, high) = if ty == "map" { (0.05, 0.9) } else { (-1.0, 1.0) };
        Tile { wire: wire.into(), ty: ty.into(), file, low, high }
    };
    for (figure, rows) in [("samples", 4), ("worst", 3), ("attention", 3)] {
        let mut all = Vec::new();
        for row in 0..rows {
            let which = row as u64 * 7 + if figure == "worst" { better as u64 * 3 + 2 } else { 0 };
            let edge = 0.5 + 0.12 * noise(which + 900);
            let smear = 0.16 - 0.1 * better;
            let output = |x: f64, y: f64| {
                let (truth, away) = (face(which, x, y), face(which + 1, 1.0 - x, y));
                let a = if x > edge { smear * 3.0 } else { smear * 0.2 };
                std::array::from_fn(|i| truth[i] * (1.0 - a) + away[i] * a)
            };
            let mut tiles = vec![
                put(
                    figure,
                    row,
                    "pairs.incomplete",
                    "image",
                    &tile(64, |x, y| if x > edge { [0.5; 3] } else { face(which, x, y) }),
                ),
                put(figure, row, "generator.completed", "image", &tile(64, output)),
                put(figure, row, "pairs.complete", "image", &tile(64, |x, y| face(which, x, y))),
            ];
            if better > 0.5 {
                tiles.push(put(
                    figure,
                    row,
                    "generator.intermediate",
                    "image",
                    &tile(64, |x, y| output(x, y).map(|c| c * 0.9 + 0.03)),
                ));
                let attention = |x: f64, y: f64| [(-(((x - 0.7) / 0.25).powi(2) + ((y - 0.5) / 0.4).powi(2))).exp(); 3];
                tiles.push(put(figure, row, "generator.attention[-1]", "map", &tile(16, attention)));
            }
            let label = if figure == "worst" {
                format!("missing.psnr {:.1}", 10.2 + row as f64 * 0.4 + better)
            } else {
                format!("#{}", 3 + row * 9)
            };
            all.push(SampleRow { index: 3 + row * 9, label, tiles });
        }
        index.figures.insert(figure.into(), all);
    }
    assert!(!title.is_empty());
    write_json(&folder.join("index.json"), &index).unwrap();
}
