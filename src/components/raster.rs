//! Image files and arrays: decoding with orientation, antialiased resizing, cropping, PNG bytes for samples.
//!
//! Decoded images are -1 to 1. What is transparent is composited over black, the usual ground of UV maps.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::sample::{Array, DataError};
use crate::face::align::{self, Similarity};
use crate::face::picture::Picture;

/// Endings (lower case) of the files that are read as images.
pub const ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "pgm", "ppm", "pnm"];

/// Whether a path ends like an image.
pub fn is_image(path: &Path) -> bool {
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e.to_ascii_lowercase().as_str()))
}

/// Images in and under `root/under`, sorted, as paths relative to `root`.
pub fn list(root: &Path, under: &Path) -> Result<Vec<PathBuf>, DataError> {
    let folder = root.join(under);
    let mut found = Vec::new();
    for item in std::fs::read_dir(&folder).map_err(|e| DataError::file(&folder, e))? {
        let item = item.map_err(|e| DataError::file(&folder, e))?;
        let path = under.join(item.file_name());
        // Follows links, so that a folder of links to photos works.
        if std::fs::metadata(item.path()).map_err(|e| DataError::file(&item.path(), e))?.is_dir() {
            found.extend(list(root, &path)?);
        } else if is_image(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads an image as channels (1 or 3) x H x W in -1 to 1, turned as its EXIF orientation says.
pub fn read(path: &Path, channels: usize) -> Result<Array, DataError> {
    let bytes = std::fs::read(path).map_err(|e| DataError::file(path, e))?;
    decode(&bytes, channels).map_err(|why| DataError::file(path, why))
}

/// [`read`], and how opaque each pixel is: 1 x H x W, 0 to 1.
pub fn read_with_alpha(path: &Path, channels: usize) -> Result<(Array, Array), DataError> {
    let bytes = std::fs::read(path).map_err(|e| DataError::file(path, e))?;
    let picture = open(&bytes).map_err(|why| DataError::file(path, why))?;
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let data = picture.to_rgba32f().pixels().map(|p| p.0[3]).collect();
    Ok((to_array(&picture, channels), Array { shape: [1, height, width], data }))
}

/// [`read`] of bytes; the error is the reason.
pub fn decode(bytes: &[u8], channels: usize) -> Result<Array, String> {
    Ok(to_array(&open(bytes)?, channels))
}

fn open(bytes: &[u8]) -> Result<DynamicImage, String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if bytes.starts_with(&[0xff, 0xd8]) && !jpeg_ends(bytes) {
        return Err("the JPEG is truncated".into());
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let orientation = decoder.orientation().map_err(|e| e.to_string())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Whether a JPEG runs to its end marker: decoders fill what is missing with grey instead of saying so.
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    while at + 1 < bytes.len() {
        if bytes[at] != 0xff {
            at += 1; // entropy-coded data
            continue;
        }
        match bytes[at + 1] {
            0xd9 => return true,
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            _ if at + 3 < bytes.len() => at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])),
            _ => return false,
        }
    }
    false
}

fn to_array(picture: &DynamicImage, channels: usize) -> Array {
    let rgba = picture.to_rgba32f();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);
    let size = width * height;
    let mut data = vec![0.0; channels * size];
    for (i, pixel) in rgba.pixels().enumerate() {
        let [r, g, b, a] = pixel.0;
        if channels == 1 {
            // Rec. 601, as JPEG's own luma.
            data[i] = (0.299 * r + 0.587 * g + 0.114 * b) * a * 2.0 - 1.0;
        } else {
            for (c, v) in [r, g, b].into_iter().enumerate() {
                data[c * size + i] = v * a * 2.0 - 1.0;
            }
        }
    }
    Array { shape: [channels, height, width], data }
}

/// The part of an array from row `top`, column `left`.
pub fn crop(array: &Array, top: usize, left: usize, height: usize, width: usize) -> Array {
    let mut data = Vec::with_capacity(array.shape[0] * height * width);
    for c in 0..array.shape[0] {
        for y in top..top + height {
            let start = (c * array.shape[1] + y) * array.shape[2] + left;
            data.extend_from_slice(&array.data[start..start + width]);
        }
    }
    Array { shape: [array.shape[0], height, width], data }
}

/// The largest square in the middle.
pub fn centre_square(array: &Array) -> Array {
    let (height, width) = array.frame();
    let side = height.min(width);
    if height == width {
        return array.clone();
    }
    crop(array, (height - side) / 2, (width - side) / 2, side, side)
}

/// The square of `size` pixels that a similarity (of pixels as areas) shows of an array; black, -1, outside it.
pub fn warped(array: &Array, to: &Similarity, size: usize) -> Array {
    let [channels, height, width] = array.shape;
    let mut photo = Picture::new(width, height, channels);
    for c in 0..channels {
        let pixels = photo.data.iter_mut().skip(c).step_by(channels);
        pixels.zip(array.plane(c)).for_each(|(to, from)| *to = *from);
    }
    let out = align::warp(&photo, to, size, -1.0).unwrap_or_else(|| Picture::new(size, size, channels));
    let plane = |c: usize| out.data.iter().skip(c).step_by(channels).copied();
    Array { shape: [channels, size, size], data: (0..channels).flat_map(plane).collect() }
}

/// Resizes by a triangle filter that widens with the reduction (no aliasing, no ringing); bilinear where it enlarges.
pub fn resize(array: &Array, height: usize, width: usize) -> Array {
    if array.frame() == (height, width) {
        return array.clone();
    }
    let (channels, rows, columns) = (array.shape[0], array.shape[1], array.shape[2]);
    let across = taps(columns, width);
    let down = taps(rows, height);
    let mut middle = vec![0.0f32; channels * rows * width];
    for (line, out) in array.data.chunks_exact(columns).zip(middle.chunks_exact_mut(width)) {
        for (value, (start, weights)) in out.iter_mut().zip(&across) {
            *value = weights.iter().zip(&line[*start..]).map(|(w, v)| w * v).sum();
        }
    }
    let mut data = vec![0.0f32; channels * height * width];
    for (plane, out) in middle.chunks_exact(rows * width).zip(data.chunks_exact_mut(height * width)) {
        for (line, (start, weights)) in out.chunks_exact_mut(width).zip(&down) {
            for (i, w) in weights.iter().enumerate() {
                let source = &plane[(start + i) * width..(start + i + 1) * width];
                line.iter_mut().zip(source).for_each(|(o, v)| *o += w * v);
            }
        }
    }
    Array { shape: [channels, height, width], data }
}

/// First source index and weights of each target pixel.
fn taps(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let low = (centre - reach + 0.5).floor().max(0.0) as usize;
            let high = ((centre + reach + 0.5).floor() as usize).min(from);
            let raw: Vec<f64> =
                (low..high).map(|j| (1.0 - ((j as f64 + 0.5 - centre) / reach).abs()).max(0.0)).collect();
            let total: f64 = raw.iter().sum();
            (low, raw.into_iter().map(|w| (w / total) as f32).collect())
        })
        .collect()
}

/// A mask cut at one half: what interpolation leaves between 0 and 1.
pub fn threshold(mask: &mut Array) {
    mask.data.iter_mut().for_each(|v| *v = if *v >= 0.5 { 1.0 } else { 0.0 });
}

/// How an array becomes 8 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// -1 to 1.
    Image,
    /// 0 to 1.
    Mask,
    /// The first channel, from its least to its greatest value.
    Map,
}

/// An array as PNG bytes: grey where it has one channel (or is a map), else RGB of its first three.
pub fn to_png(array: &Array, look: Look) -> Result<Vec<u8>, DataError> {
    let (low, high) = match look {
        Look::Image => (-1.0, 1.0),
        Look::Mask => (0.0, 1.0),
        Look::Map => range(array.plane(0)),
    };
    let channels = if look == Look::Map || array.shape[0] < 3 { 1 } else { 3 };
    let size = array.shape[1] * array.shape[2];
    let bytes = (0..size * channels)
        .map(|i| {
            let value = array.data[(i % channels) * size + i / channels];
            ((value - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8
        })
        .collect();
    png(bytes, array.shape[1], array.shape[2], channels)
}

fn range(plane: &[f32]) -> (f32, f32) {
    let (low, high) = plane.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    if high > low { (low, high) } else { (low - 1.0, low + 1.0) }
}

/// PNG bytes of interleaved 8-bit grey (1 channel), RGB (3) or RGBA (4).
pub fn png(bytes: Vec<u8>, height: usize, width: usize, channels: usize) -> Result<Vec<u8>, DataError> {
    let kind = match channels {
        1 => image::ExtendedColorType::L8,
        4 => image::ExtendedColorType::Rgba8,
        _ => image::ExtendedColorType::Rgb8,
    };
    let mut out = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut out);
    image::ImageEncoder::write_image(encoder, &bytes, width as u32, height as u32, kind)
        .map_err(|e| DataError::Write { file: "png".into(), why: e.to_string() })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(height: usize, width: usize) -> Array {
        let data = (0..height * width).map(|i| (i % width) as f32 / width as f32 * 2.0 - 1.0).collect();
        Array { shape: [1, height, width], data }
    }

    #[test]
    fn resizing_keeps_constants_and_means() {
        let flat = Array::filled([3, 7, 5], 0.25);
        assert!(resize(&flat, 16, 3).data.iter().all(|v| (v - 0.25).abs() < 1e-6));
        // PyTorch: F.interpolate(torch.arange(8.)[None, None, None].expand(1, 1, 1, 8), (1, 4), mode="bilinear",
        // antialias=True) -> 0.7143, 2.5, 4.5, 6.2857
        let line = Array { shape: [1, 1, 8], data: (0..8).map(|v| v as f32).collect() };
        let small = resize(&line, 1, 4);
        for (found, wanted) in small.data.iter().zip([0.714_286, 2.5, 4.5, 6.285_714]) {
            assert!((found - wanted).abs() < 1e-5, "{:?}", small.data);
        }
    }

    #[test]
    fn png_round_trip_is_within_half_a_level() {
        let picture = gradient(4, 9);
        let back = decode(&to_png(&picture, Look::Image).unwrap(), 1).unwrap();
        assert_eq!(back.shape, picture.shape);
        assert!(back.data.iter().zip(&picture.data).all(|(a, b)| (a - b).abs() <= 1.01 / 255.0));
    }

    #[test]
    fn sixteen_bits_and_alpha_are_read() {
        // 2 x 1, 16 bit, largest value 1023.
        let mut pgm = b"P5\n2 1\n1023\n".to_vec();
        pgm.extend([0x03, 0xff, 0x00, 0x00]);
        let grey = decode(&pgm, 1).unwrap();
        assert!((grey.data[0] - 1.0).abs() < 1e-3 && grey.data[1] == -1.0, "{grey:?}");
        let rgba = image::RgbaImage::from_raw(1, 1, vec![255, 255, 255, 0]).unwrap();
        let mut bytes = Vec::new();
        rgba.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert_eq!(decode(&bytes, 3).unwrap().data, [-1.0; 3]);
    }

    #[test]
    fn exif_orientation_turns_the_picture() {
        let wide = image::RgbImage::from_fn(32, 16, |x, _| image::Rgb([if x < 16 { 255 } else { 0 }; 3]));
        let mut jpeg = Vec::new();
        wide.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        // APP1: "Exif\0\0", little-endian TIFF, one entry: orientation (0x0112) SHORT 6 (turn by 90 degrees clockwise).
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        let mut marked = jpeg[..2].to_vec();
        marked.extend([0xff, 0xe1, 0, (exif.len() + 2) as u8]);
        marked.append(&mut exif);
        marked.extend_from_slice(&jpeg[2..]);
        let turned = decode(&marked, 1).unwrap();
        assert_eq!(turned.shape, [1, 32, 16]);
        assert!(turned.at(0, 2, 8) > 0.9 && turned.at(0, 30, 8) < -0.9);
    }

    #[test]
    fn damaged_files_are_refused() {
        let wide = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([(x * y) as u8; 3]));
        let mut jpeg = Vec::new();
        wide.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        assert!(decode(&jpeg, 3).is_ok());
        assert!(decode(&jpeg[..jpeg.len() / 2], 3).unwrap_err().contains("truncated"));
        let mut bytes = Vec::new();
        wide.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert!(decode(&bytes[..bytes.len() - 40], 3).is_err());
        assert!(decode(b"", 3).is_err() && decode(b"text", 3).is_err());
    }
}
