//! The pixels of a page, each picture once: the figures' tiles are taken out of their SVG and named, so that figures,
//! rows of a study and the slider share them. A page is for looking at: photographs are stored as JPEG of high quality,
//! pictures of few colours as PNG. `figures/` keeps every pixel.

use crate::report::ReportError;
use crate::report::raster::{decode_uri, encode_jpeg, encode_png, uri};
use crate::report::svg::num;
use image::RgbImage;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// JPEG's quality: at 90, without subsampling of the colours, no difference can be seen at twice the size.
const QUALITY: u8 = 90;
/// Pictures with fewer colours are masks and maps, whose edges JPEG would smear.
const FEW_COLOURS: usize = 64;

/// Sides of JPEG's blocks.
const BLOCK: u32 = 8;

/// Every picture of a page, in the order of their first use.
#[derive(Default)]
pub struct Pictures {
    index: HashMap<(u32, u32, Vec<u8>), usize>,
    stored: Vec<Stored>,
}

struct Stored {
    image: RgbImage,
    /// It has fewer pixels than it is shown with, and keeps them as squares.
    pixelated: bool,
}

impl Pictures {
    /// An SVG for the page, without its pixels: its pictures are stored, and used by name.
    pub fn take(&mut self, svg: &str) -> Result<String, ReportError> {
        let mut out = String::with_capacity(svg.len().min(1 << 16));
        for line in svg.lines() {
            match Element::read(line) {
                Some(element) => out.push_str(&self.used(&element)?),
                None => out.push_str(line),
            }
            out.push('\n');
        }
        Ok(super::inline(&out))
    }

    fn used(&mut self, element: &Element<'_>) -> Result<String, ReportError> {
        let [x, y, w, h] = element.place;
        let id = self.store(decode_uri(element.uri)?, element.pixelated);
        Ok(format!(r##"<use href="#p{id}" x="{x}" y="{y}" width="{w}" height="{h}"/>"##))
    }

    fn store(&mut self, image: RgbImage, pixelated: bool) -> usize {
        let (w, h) = image.dimensions();
        let next = self.stored.len();
        let id = *self.index.entry((w, h, image.as_raw().clone())).or_insert(next);
        if id == next {
            self.stored.push(Stored { image, pixelated });
        }
        id
    }

    /// Name of a picture that some figure shows.
    pub fn name(&self, image: &RgbImage) -> Option<String> {
        let (w, h) = image.dimensions();
        self.index.get(&(w, h, image.as_raw().clone())).map(|id| format!("p{id}"))
    }

    /// The store: an SVG that shows nothing. Small photographs of one size stand on one sheet, for every JPEG carries
    /// its tables with it.
    pub fn store_svg(&self) -> Result<String, ReportError> {
        if self.stored.is_empty() {
            return Ok(String::new());
        }
        let mut out = String::from("<svg class=\"store\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\n");
        let mut sheets: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (id, stored) in self.stored.iter().enumerate() {
            let (w, h) = stored.image.dimensions();
            let photograph = photograph(&stored.image);
            if photograph && stored.pixelated {
                sheets.entry((w, h)).or_default().push(id);
                continue;
            }
            let address = match photograph {
                true => uri("jpeg", &encode_jpeg(&stored.image, QUALITY)?),
                false => uri("png", &encode_png(&stored.image)?),
            };
            out.push_str(&symbol(id, [0, 0, w, h], &shown(None, (w, h), stored.pixelated, &address)));
        }
        for (number, ((w, h), ids)) in sheets.into_iter().enumerate() {
            let (sheet, places) = self.sheet(&ids, (w, h));
            let address = uri("jpeg", &encode_jpeg(&sheet, QUALITY)?);
            out.push_str(&shown(Some(number), sheet.dimensions(), true, &address));
            for (id, (x, y)) in ids.into_iter().zip(places) {
                out.push_str(&symbol(id, [x, y, w, h], &format!("<use href=\"#s{number}\"/>")));
            }
        }
        out.push_str("</defs></svg>\n");
        Ok(out)
    }

    /// Pictures of one size beside and beneath each other, and where each stands. Each fills whole blocks, its last
    /// pixels repeated, so that none shows in its neighbour.
    fn sheet(&self, ids: &[usize], (w, h): (u32, u32)) -> (RgbImage, Vec<(u32, u32)>) {
        let across = (1..=ids.len()).find(|n| n * n >= ids.len()).unwrap_or(1) as u32;
        let (cell_w, cell_h) = (w.next_multiple_of(BLOCK), h.next_multiple_of(BLOCK));
        let down = (ids.len() as u32).div_ceil(across);
        let mut sheet = RgbImage::new(across * cell_w, down * cell_h);
        let places: Vec<(u32, u32)> =
            (0..ids.len() as u32).map(|i| (i % across * cell_w, i / across * cell_h)).collect();
        for (id, (left, top)) in ids.iter().zip(&places) {
            let image = &self.stored[*id].image;
            for (x, y) in (0..cell_h).flat_map(|y| (0..cell_w).map(move |x| (x, y))) {
                sheet.put_pixel(left + x, top + y, *image.get_pixel(x.min(w - 1), y.min(h - 1)));
            }
        }
        (sheet, places)
    }
}

/// Whether a picture has the colours of one.
fn photograph(image: &RgbImage) -> bool {
    image.pixels().map(|p| p.0).collect::<BTreeSet<[u8; 3]>>().len() >= FEW_COLOURS
}

fn symbol(id: usize, [x, y, w, h]: [u32; 4], content: &str) -> String {
    format!(
        "<symbol id=\"p{id}\" viewBox=\"{x} {y} {w} {h}\" preserveAspectRatio=\"none\">{}</symbol>\n",
        content.trim_end()
    )
}

fn shown(sheet: Option<usize>, (w, h): (u32, u32), pixelated: bool, address: &str) -> String {
    let name = sheet.map_or_else(String::new, |number| format!(" id=\"s{number}\""));
    let rendering = if pixelated { " style=\"image-rendering:pixelated\"" } else { "" };
    format!("<image{name} width=\"{w}\" height=\"{h}\"{rendering} href=\"{address}\"/>\n")
}

/// An `<image>` as [`crate::report::svg::Svg::image`] writes it, on a line of its own.
struct Element<'a> {
    place: [&'a str; 4],
    pixelated: bool,
    uri: &'a str,
}

impl<'a> Element<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.strip_prefix("<image ")?;
        let of = |key: &str| line.split_once(&format!("{key}=\""))?.1.split_once('"').map(|(value, _)| value);
        let place = [of("x")?, of(" y")?, of("width")?, of("height")?];
        Some(Element { place, pixelated: line.contains("image-rendering:pixelated"), uri: of("href")? })
    }
}

/// Width of the first picture of an SVG, in its units.
pub fn first_width(svg: &str) -> Option<f64> {
    svg.lines().find_map(Element::read)?.place[2].parse().ok()
}

/// Height over width of a picture, as CSS takes it.
pub fn ratio(image: &RgbImage) -> String {
    num(f64::from(image.height()) / f64::from(image.width().max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::raster::data_uri;
    use crate::report::svg::Svg;
    use image::Rgb;

    #[test]
    fn a_picture_is_stored_once() {
        let flat = RgbImage::from_pixel(4, 2, Rgb([9, 8, 7]));
        let mixed = RgbImage::from_fn(16, 16, |x, y| Rgb([x as u8 * 15, y as u8 * 15, (x * y) as u8]));
        let mut svg = Svg::new(100.0, 50.0);
        for (x, image) in [(1.5, &flat), (20.0, &mixed), (40.0, &flat)] {
            svg.image([x, 2.0, 16.0, 8.0], &data_uri(image).unwrap());
        }
        svg.text(1.0, 1.0, "kept", Default::default());
        let svg = svg.finish("Tiles");
        let mut pictures = Pictures::default();
        let thin = pictures.take(&svg).unwrap();
        assert_eq!(thin.matches("href=\"#p0\"").count(), 2, "{thin}");
        assert!(
            thin.contains("<use href=\"#p1\" x=\"20\" y=\"2\" width=\"16\" height=\"8\"/>") && thin.contains(">kept<")
        );
        assert!(!thin.contains("data:"), "{thin}");
        let store = pictures.store_svg().unwrap();
        assert_eq!((store.matches("<image ").count(), store.matches("<symbol ").count()), (2, 2));
        assert!(store.contains("<symbol id=\"p0\" viewBox=\"0 0 4 2\"") && store.contains("image/png"), "{store}");
        assert_eq!((pictures.name(&flat), pictures.name(&RgbImage::new(1, 1))), (Some("p0".into()), None));
        assert_eq!((first_width(&svg), ratio(&flat)), (Some(16.0), "0.5".into()));
        pictures.take(&svg).unwrap();
        assert_eq!(pictures.stored.len(), 2);
    }

    #[test]
    fn small_photographs_stand_on_one_sheet() {
        let photo = |k: u32| {
            RgbImage::from_fn(20, 12, |x, y| Rgb([x * 12 + k, y * 20, (x * y + 7 * k) % 251].map(|c| c as u8)))
        };
        let mut pictures = Pictures::default();
        (0..5).for_each(|k| assert_eq!(pictures.store(photo(k), true), k as usize));
        let store = pictures.store_svg().unwrap();
        assert_eq!((store.matches("image/jpeg").count(), store.matches("<symbol ").count()), (1, 5), "{store}");
        // Three across; cells of whole blocks, 24 by 16.
        assert!(store.contains("<image id=\"s0\" width=\"72\" height=\"32\""), "{store}");
        assert!(
            store
                .contains("<symbol id=\"p4\" viewBox=\"24 16 20 12\" preserveAspectRatio=\"none\"><use href=\"#s0\"/>"),
            "{store}"
        );
        let (sheet, places) = pictures.sheet(&[0, 1, 2, 3, 4], (20, 12));
        assert!((0..5).all(|k| {
            let (x, y) = places[k];
            (0..20).all(|i| sheet.get_pixel(x + i, y + 3) == photo(k as u32).get_pixel(i, 3))
        }));
    }
}
