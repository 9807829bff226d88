//! Samples: a row a sample, a column a wire, a block a row of the study; with `error`, beside each picture its absolute
//! difference from the row's last.

use super::tiles::{Bar, Block, Head, draw as draw_blocks};
use super::{Figure, Scene, picked, text, texts};
use crate::record::{CellRecord, FigurePlan, SampleRow};
use crate::report::ReportError;
use crate::report::palette::heat;
use crate::report::raster::read;
use image::{Rgb, RgbImage};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let wires = texts(plan, "show");
    let error = plan.settings.get("error").and_then(serde_json::Value::as_bool).unwrap_or(false) && wires.len() > 1;
    let mut loaded = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        let rows = record.samples.figures.get(&plan.name).map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            loaded.push(load(&group.title, record, rows, &wires)?);
        }
    }
    if loaded.is_empty() {
        return Ok(Figure::nothing("no samples were written"));
    }
    let scale = if error { scale(&loaded) } else { 1.0 };
    if error {
        loaded.iter_mut().for_each(|one| with_errors(one, scale));
    }
    let heads = heads(&wires, error);
    let blocks = together(&loaded, &heads).unwrap_or_else(|| apart(loaded, &heads));
    let bar = error.then(|| Bar {
        low: 0.0,
        high: scale,
        label: "absolute difference from the last column, mean over channels, of a range of 0 to 1".into(),
    });
    let mut caption = text(plan, "caption").to_string();
    if !caption.is_empty() {
        caption.push(' ');
    }
    caption.push_str(&format!("Samples of the test split, picked {}.", picked(plan)));
    if error {
        caption.push_str(" Beside each picture: where it differs from the last of its row.");
    }
    if scene.groups.iter().any(|g| g.done().count() > 1) {
        caption.push_str(" Of the first seed of each row of the study.");
    }
    let note = missing(scene, plan);
    let figure = Figure::one(&plan.name, draw_blocks(&blocks, bar.as_ref())?.finish("Samples"), caption);
    Ok(Figure { note, ..figure })
}

/// Samples of one row of the study.
struct Loaded {
    title: String,
    /// Places in the test split.
    indices: Vec<usize>,
    rows: Rows,
}

/// A block for each row of the study, with the columns that it has.
fn apart(loaded: Vec<Loaded>, heads: &[Head]) -> Vec<Block> {
    let block = |one: Loaded| {
        // A port that this row of the study lacks needs no column.
        let has = |c: usize| one.rows.iter().any(|(_, tiles)| tiles.get(c).is_some_and(Option::is_some));
        let kept: Vec<usize> = (0..heads.len()).filter(|c| has(*c)).collect();
        let row = |(label, mut tiles): Row| (label, kept.iter().map(|c| tiles[*c].take()).collect());
        let heads = kept.iter().map(|c| heads[*c].clone()).collect();
        Block { title: one.title, heads, rows: one.rows.into_iter().map(row).collect() }
    };
    loaded.into_iter().map(block).collect()
}

/// The same samples of several rows of the study beside each other: what all show alike stands once, what differs
/// beneath the row's title (na2020, Figs. 6-8). `None` where they show different samples, or none differs.
fn together(loaded: &[Loaded], heads: &[Head]) -> Option<Vec<Block>> {
    let (first, rest) = loaded.split_first().filter(|(_, rest)| !rest.is_empty())?;
    if rest.iter().any(|one| one.indices != first.indices) {
        return None;
    }
    let column = |one: &Loaded, c: usize| -> Vec<Option<RgbImage>> {
        one.rows.iter().map(|(_, tiles)| tiles.get(c).cloned().flatten()).collect()
    };
    let alike: Vec<bool> =
        (0..heads.len()).map(|c| rest.iter().all(|one| column(one, c) == column(first, c))).collect();
    let differ: Vec<usize> = (0..heads.len()).filter(|c| !alike[*c]).collect();
    let from = *differ.first()?;
    let shared = |c: usize| (heads[c].clone(), column(first, c));
    let (left, right): (Vec<usize>, Vec<usize>) = (0..heads.len()).filter(|c| alike[*c]).partition(|c| *c < from);
    let fit = (COLUMNS.saturating_sub(left.len() + right.len()) / differ.len()).max(1);
    let block = |some: &[Loaded]| {
        let own = some.iter().flat_map(|one| {
            let all = differ.iter().map(|c| (Head { above: one.title.clone(), ..heads[*c].clone() }, column(one, *c)));
            // A port that this row of the study lacks needs no column.
            all.filter(|(_, tiles)| tiles.iter().any(Option::is_some))
        });
        let columns: Vec<(Head, Vec<Option<RgbImage>>)> =
            left.iter().map(|c| shared(*c)).chain(own).chain(right.iter().map(|c| shared(*c))).collect();
        let row = |(r, (label, _)): (usize, &Row)| {
            (label.clone(), columns.iter().map(|(_, tiles)| tiles[r].clone()).collect())
        };
        let rows = first.rows.iter().enumerate().map(row).collect();
        Block { title: String::new(), heads: columns.iter().map(|(head, _)| head.clone()).collect(), rows }
    };
    Some(loaded.chunks(fit).map(block).collect())
}

/// Rows of the study that have no samples.
fn missing(scene: &Scene<'_>, plan: &FigurePlan) -> String {
    let without = |g: &&crate::report::group::Group<'_>| {
        g.shown().is_none_or(|r| r.samples.figures.get(&plan.name).is_none_or(Vec::is_empty))
    };
    let names: Vec<&str> = scene.groups.iter().filter(without).map(|g| g.title.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("no samples of {}", names.join(", ")) }
}

type Row = (String, Vec<Option<RgbImage>>);
type Rows = Vec<Row>;

/// Columns that stay large enough beside each other.
const COLUMNS: usize = 11;

fn load(title: &str, record: &CellRecord, rows: &[SampleRow], wires: &[String]) -> Result<Loaded, ReportError> {
    let tile = |row: &SampleRow, wire: &String| {
        let tile = row.tiles.iter().find(|t| t.wire == *wire && !t.file.is_empty());
        tile.map(|t| read(&record.dir.join("samples").join(&t.file))).transpose()
    };
    let row = |row: &SampleRow| {
        let tiles = wires.iter().map(|wire| tile(row, wire)).collect::<Result<_, ReportError>>()?;
        Ok((label(&row.label), tiles))
    };
    let rows = (rows.iter().map(|r| r.index).collect(), rows.iter().map(row).collect::<Result<_, ReportError>>()?);
    Ok(Loaded { title: title.into(), indices: rows.0, rows: rows.1 })
}

/// `sample 12 · yaw 60°` on two lines.
pub(super) fn label(text: &str) -> String {
    text.replace(" · ", "\n")
}

fn heads(wires: &[String], error: bool) -> Vec<Head> {
    let last = wires.len().saturating_sub(1);
    let mut all = Vec::new();
    for (i, wire) in wires.iter().enumerate() {
        let head = Head::of_wire(wire);
        all.push(head.clone());
        if error && i < last {
            all.push(Head { below: "difference".into(), ..head });
        }
    }
    all
}

/// Differences of 0 to 1, mean over channels; `None` where the sizes differ.
fn difference(a: &RgbImage, b: &RgbImage) -> Option<Vec<f64>> {
    let one = |(a, b): (&Rgb<u8>, &Rgb<u8>)| (0..3).map(|c| f64::from(a.0[c].abs_diff(b.0[c]))).sum::<f64>() / 765.0;
    (a.dimensions() == b.dimensions()).then(|| a.pixels().zip(b.pixels()).map(one).collect())
}

/// End of the error scale: the value that 99.5 % of the pixels stay below, rounded up to one that reads well.
fn scale(loaded: &[Loaded]) -> f64 {
    let mut all: Vec<f64> = Vec::new();
    for (_, tiles) in loaded.iter().flat_map(|one| &one.rows) {
        if let Some((Some(last), others)) = tiles.split_last() {
            all.extend(others.iter().flatten().filter_map(|t| difference(t, last)).flatten());
        }
    }
    all.sort_by(f64::total_cmp);
    let high = all.get(all.len().saturating_sub(1) * 995 / 1000).copied().unwrap_or(1.0);
    [0.05, 0.1, 0.2, 0.3, 0.5].into_iter().find(|s| *s >= high).unwrap_or(1.0)
}

/// Sets beside each tile but the last what it differs by.
fn with_errors(one: &mut Loaded, scale: f64) {
    for (_, tiles) in &mut one.rows {
        *tiles = errors_beside(std::mem::take(tiles), scale);
    }
}

fn errors_beside(tiles: Vec<Option<RgbImage>>, scale: f64) -> Vec<Option<RgbImage>> {
    let last = tiles.last().cloned().flatten();
    let count = tiles.len();
    let mut out = Vec::with_capacity(2 * count);
    for (i, tile) in tiles.into_iter().enumerate() {
        let error = match (&tile, &last) {
            (Some(tile), Some(last)) => difference(tile, last).map(|d| {
                RgbImage::from_fn(tile.width(), tile.height(), |x, y| {
                    Rgb(heat(d[(y * tile.width() + x) as usize] / scale))
                })
            }),
            _ => None,
        };
        out.push(tile);
        if i + 1 < count {
            out.push(error);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_measured_against_the_last_tile() {
        let flat = |v: u8| RgbImage::from_pixel(2, 1, Rgb([v, v, v]));
        assert_eq!(difference(&flat(51), &flat(0)).unwrap(), [0.2, 0.2]);
        assert!(difference(&flat(0), &RgbImage::new(1, 1)).is_none());
        let tiles = errors_beside(vec![Some(flat(51)), None, Some(flat(0))], 0.2);
        assert_eq!(tiles.len(), 5);
        assert_eq!(tiles[1].as_ref().unwrap().get_pixel(0, 0).0, heat(1.0));
        assert!(tiles[3].is_none() && tiles[4].is_some());
        let heads: Vec<String> = heads(&["a.x".into(), "b".into()], true).iter().map(|h| h.below.clone()).collect();
        assert_eq!(heads, ["x", "difference", "b"]);
    }

    #[test]
    fn what_all_show_alike_stands_once() {
        let flat = |v: u8| Some(RgbImage::from_pixel(2, 2, Rgb([v; 3])));
        let one = |title: &str, middle: Option<RgbImage>, extra: Option<RgbImage>| Loaded {
            title: title.into(),
            indices: vec![4],
            rows: vec![("sample 4".into(), vec![flat(1), extra, middle, flat(9)])],
        };
        let wires = ["d.in", "g.half", "g.out", "d.truth"].map(String::from);
        let heads = heads(&wires, false);
        let blocks = together(&[one("A", flat(2), None), one("B", flat(3), flat(7))], &heads).unwrap();
        let said: Vec<(&str, &str)> = blocks[0].heads.iter().map(|h| (h.above.as_str(), h.below.as_str())).collect();
        assert_eq!(said, [("d", "in"), ("A", "out"), ("B", "half"), ("B", "out"), ("d", "truth")]);
        assert_eq!(blocks[0].rows[0].1[3], flat(3));
        let other = Loaded { indices: vec![5], ..one("B", flat(3), None) };
        assert!(together(&[one("A", flat(2), None), other], &heads).is_none(), "other samples stay apart");
        let many: Vec<Loaded> = (0..20).map(|i| one(&i.to_string(), flat(i), None)).collect();
        let blocks = together(&many, &heads).unwrap();
        assert_eq!(blocks.iter().map(|b| b.heads.len()).collect::<Vec<_>>(), [11, 11, 7]);
    }
}
