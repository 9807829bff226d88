//! Pixels: PNG files as `data:` addresses inside SVG, and PNG pictures from finished SVG (resvg, with the embedded font
//! only, so that every machine draws the same bytes).

use super::ReportError;
use image::{DynamicImage, ImageEncoder, RgbImage, imageops};
use resvg::usvg::{Options, Tree, fontdb::Database};
use resvg::{tiny_skia, usvg};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// PNG pictures have two pixels for each of the SVG's.
pub const SCALE: f32 = 2.0;

/// PNG bytes of an SVG document.
pub fn png_of_svg(svg: &str) -> Result<Vec<u8>, ReportError> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(dejavu::sans::regular().to_vec());
        fonts.load_font_data(dejavu::sans::bold().to_vec());
        fonts.set_sans_serif_family("DejaVu Sans");
        Arc::new(fonts)
    });
    let options = Options { fontdb: fonts.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e: usvg::Error| ReportError::Picture(e.to_string()))?;
    let size = tree.size();
    let (w, h) = ((size.width() * SCALE).ceil() as u32, (size.height() * SCALE).ceil() as u32);
    let mut pixels = tiny_skia::Pixmap::new(w, h).ok_or_else(|| ReportError::Picture(format!("{w}x{h} pixels")))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| ReportError::Picture(e.to_string()))
}

/// A sample's picture as 8 bit RGB.
pub fn read(path: &Path) -> Result<RgbImage, ReportError> {
    image::open(path)
        .map(|image: DynamicImage| image.to_rgb8())
        .map_err(|source| ReportError::Sample { path: path.to_owned(), source })
}

/// `image` with no more pixels than a screen with two pixels a CSS pixel can show at `width`.
pub fn at_width(image: &RgbImage, width: f64) -> RgbImage {
    let wanted = (width * f64::from(SCALE)).round().max(1.0) as u32;
    let (w, h) = image.dimensions();
    if w > wanted {
        let height = (u64::from(h) * u64::from(wanted)).div_ceil(u64::from(w)) as u32;
        return imageops::resize(image, wanted, height, imageops::FilterType::Lanczos3);
    }
    image.clone()
}

/// `data:image/png;base64,..` of a picture.
pub fn data_uri(image: &RgbImage) -> Result<String, ReportError> {
    Ok(uri("png", &encode_png(image)?))
}

/// `data:image/<kind>;base64,..` of a file's bytes.
pub fn uri(kind: &str, bytes: &[u8]) -> String {
    format!("data:image/{kind};base64,{}", base64(bytes))
}

/// The picture of an address that [`data_uri`] made.
pub fn decode_uri(uri: &str) -> Result<RgbImage, ReportError> {
    let wrong = |why: &str| ReportError::Picture(format!("an address of a picture: {why}"));
    let (_, coded) = uri.split_once(";base64,").ok_or_else(|| wrong("not base64"))?;
    let bytes = from_base64(coded).ok_or_else(|| wrong("not base64"))?;
    image::load_from_memory(&bytes).map(|image| image.to_rgb8()).map_err(|e| wrong(&e.to_string()))
}

/// Width of the picture of an address that [`data_uri`] made, without reading more than PNG's first chunk.
pub fn width_of_uri(uri: &str) -> Option<u32> {
    let (_, coded) = uri.split_once("image/png;base64,")?;
    // Eight bytes of signature, eight of the chunk's head, then the width.
    let bytes = from_base64(coded.get(..32)?)?;
    Some(u32::from_be_bytes(bytes.get(16..20)?.try_into().ok()?))
}

/// JPEG bytes, colours not subsampled.
pub fn encode_jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.encode_image(image).map_err(|e| ReportError::Picture(e.to_string()))?;
    Ok(bytes)
}

/// PNG bytes.
pub fn encode_png(image: &RgbImage) -> Result<Vec<u8>, ReportError> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
        .write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8)
        .map_err(|e| ReportError::Picture(e.to_string()))?;
    Ok(bytes)
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// `None` where it is not base64 with padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.as_bytes().chunks(4) {
        let coded = chunk.iter().position(|c| *c == b'=').unwrap_or(chunk.len());
        if chunk.len() != 4 || coded < 2 {
            return None;
        }
        let word = chunk.iter().enumerate().try_fold(0u32, |word, (i, c)| {
            let bits = if i < coded { digit(*c)? } else { 0 };
            Some(word << 6 | u32::from(bits))
        })?;
        out.extend(word.to_be_bytes()[1..coded].iter());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn base64_of_the_rfc() {
        // RFC 4648, section 10.
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).unwrap(), plain.as_bytes());
        }
        assert!(["Zg=", "Z===", "Zm9*"].iter().all(|wrong| from_base64(wrong).is_none()));
    }

    #[test]
    fn small_tiles_keep_their_pixels_and_large_ones_shrink() {
        let tile = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8 * 90, y as u8 * 90, 7]));
        assert_eq!(at_width(&tile, 5.0), tile);
        let coded = data_uri(&tile).unwrap();
        assert_eq!((decode_uri(&coded).unwrap(), width_of_uri(&coded)), (tile, Some(3)));
        assert!(decode_uri("data:image/png;base64,Zm9v").is_err() && width_of_uri("data:,").is_none());
        assert_eq!(at_width(&RgbImage::new(100, 50), 10.0).dimensions(), (20, 10));
    }
}
