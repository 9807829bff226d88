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

/// `image` so that `width` CSS pixels show it sharply: a small one grows by a whole number, each pixel a square; a large
/// one shrinks to what a screen with two pixels a CSS pixel can show.
pub fn at_width(image: &RgbImage, width: f64) -> RgbImage {
    let wanted = (width * f64::from(SCALE)).round().max(1.0) as u32;
    let (w, h) = image.dimensions();
    if w > wanted {
        let height = (u64::from(h) * u64::from(wanted)).div_ceil(u64::from(w)) as u32;
        return imageops::resize(image, wanted, height, imageops::FilterType::Lanczos3);
    }
    let times = wanted.div_ceil(w.max(1));
    RgbImage::from_fn(w * times, h * times, |x, y| *image.get_pixel(x / times, y / times))
}

/// `data:image/png;base64,..` of a picture.
pub fn data_uri(image: &RgbImage) -> Result<String, ReportError> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
        .write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8)
        .map_err(|e| ReportError::Picture(e.to_string()))?;
    Ok(format!("data:image/png;base64,{}", base64(&bytes)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn base64_of_the_rfc() {
        // RFC 4648, section 10.
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn small_tiles_grow_by_whole_pixels() {
        let tile = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8 * 90, y as u8 * 90, 7]));
        let grown = at_width(&tile, 5.0);
        assert_eq!(grown.dimensions(), (12, 8));
        assert!(grown.enumerate_pixels().all(|(x, y, p)| p == tile.get_pixel(x / 4, y / 4)));
        assert_eq!(at_width(&RgbImage::new(100, 50), 10.0).dimensions(), (20, 10));
    }
}
