//! What is written and read again: maps, masks, meshes.

use crate::components::raster;
use crate::components::sample::Array;
use crate::face::mesh::{Topology, Vec3};
use crate::face::picture::Picture;
use crate::record::write_atomic;
use std::path::Path;

/// Channels x H x W of -1 to 1 as a picture of 0 to 1.
pub fn picture(array: &Array) -> Picture {
    let [channels, height, width] = array.shape;
    let mut out = Picture::new(width, height, channels);
    for c in 0..channels {
        for (pixel, value) in out.data.chunks_exact_mut(channels).zip(array.plane(c)) {
            pixel[c] = (value + 1.0) / 2.0;
        }
    }
    out
}

/// A picture of three channels of 0 to 1 as -1 to 1.
pub fn array(picture: &Picture) -> Array {
    let Picture { width, height, channels, data } = picture;
    let plane = |c: usize| data.iter().skip(c).step_by(*channels).map(|v| 2.0 * v - 1.0);
    Array { shape: [*channels, *height, *width], data: (0..*channels).flat_map(plane).collect() }
}

pub fn byte(value: f32) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

/// Writes a picture of 1 or 3 channels as PNG; with `alpha`, one of 3 as RGBA.
pub fn write_png(path: &Path, picture: &Picture, alpha: Option<&[f32]>) -> anyhow::Result<()> {
    let bytes: Vec<u8> = match alpha {
        None => picture.data.iter().map(|v| byte(*v)).collect(),
        Some(alpha) => {
            let pixels = picture.data.chunks_exact(3).zip(alpha);
            pixels.flat_map(|(p, a)| [byte(p[0]), byte(p[1]), byte(p[2]), byte(*a)]).collect()
        }
    };
    let channels = if alpha.is_some() { 4 } else { picture.channels };
    write_atomic(path, &raster::png(bytes, picture.height, picture.width, channels)?)?;
    Ok(())
}

/// Writes values of 0 to 1 as a grey PNG.
pub fn write_grey(path: &Path, values: Vec<f32>, width: usize) -> anyhow::Result<()> {
    let height = values.len() / width.max(1);
    write_png(path, &Picture { width, height, channels: 1, data: values }, None)
}

/// A map and how opaque it is.
pub fn read_map(path: &Path) -> anyhow::Result<(Picture, Vec<f32>)> {
    let (colours, alpha) = raster::read_with_alpha(path, 3)?;
    Ok((picture(&colours), alpha.data))
}

/// The values of a grey picture, 0 to 1.
pub fn read_grey(path: &Path) -> anyhow::Result<Vec<f32>> {
    Ok(picture(&raster::read(path, 1)?).data)
}

/// Writes `mesh/NAME.obj` under a folder with a material that shows `complete/NAME.png`.
pub fn write_mesh(out: &Path, name: &str, topology: &Topology, positions: &[Vec3]) -> anyhow::Result<()> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let mut text = format!("mtllib {stem}.mtl\nusemtl face\n");
    for [x, y, z] in positions {
        text.push_str(&format!("v {x} {y} {z}\n"));
    }
    for [u, v] in &topology.uv {
        text.push_str(&format!("vt {u} {}\n", 1.0 - v));
    }
    for [a, b, c] in topology.triangles.iter().map(|t| t.map(|v| v + 1)) {
        text.push_str(&format!("f {a}/{a} {b}/{b} {c}/{c}\n"));
    }
    let up = "../".repeat(1 + name.matches('/').count());
    let material = format!("newmtl face\nKa 1 1 1\nKd 1 1 1\nmap_Kd {up}complete/{name}.png\n");
    write_atomic(&out.join(format!("mesh/{name}.mtl")), material.as_bytes())?;
    write_atomic(&out.join(format!("mesh/{name}.obj")), text.as_bytes())?;
    Ok(())
}

/// A map whose colours go on around the atlas for some texels, so that a mesh's border reads no ground.
pub fn padded(map: &Picture, on_atlas: &[bool], texels: usize) -> Picture {
    let (mut out, mut known) = (map.clone(), on_atlas.to_vec());
    let (width, height) = (map.width, map.height);
    for _ in 0..texels {
        let before = known.clone();
        for p in (0..known.len()).filter(|p| !before[*p]) {
            let (x, y) = (p % width, p / width);
            let beside = [(x > 0, p.wrapping_sub(1)), (x + 1 < width, p + 1)];
            let above = [(y > 0, p.wrapping_sub(width)), (y + 1 < height, p + width)];
            let near: Vec<usize> =
                beside.into_iter().chain(above).filter(|(inside, q)| *inside && before[*q]).map(|(_, q)| q).collect();
            if !near.is_empty() {
                for c in 0..map.channels {
                    let sum: f32 = near.iter().map(|q| out.data[q * map.channels + c]).sum();
                    out.data[p * map.channels + c] = sum / near.len() as f32;
                }
                known[p] = true;
            }
        }
    }
    out
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}
