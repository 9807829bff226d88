//! The pairs that a verification judges most wrongly, of the first seed of each row of the study: impostors that are most
//! alike, and genuine pairs that are least, each with its score and the threshold of its fold.

use super::roc::{title, verifications};
use super::tiles::{Block, Head, draw as draw_blocks};
use super::{Figure, Scene, text};
use crate::record::{CellRecord, FigurePlan, HardPair, PairScores};
use crate::report::ReportError;
use crate::report::raster::read;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let evaluation = text(plan, "evaluation");
    let mut blocks = vec![];
    for column in verifications(scene, evaluation) {
        for group in &scene.groups {
            let Some(record) = group.shown() else { continue };
            let Some(pairs) = record.pairs.verifications.get(&column) else { continue };
            let several = scene.groups.len() > 1;
            for (same, what) in [(false, "false accepts"), (true, "false rejects")] {
                let title = match several {
                    true => format!("{what}, {}, {}", title(&column), group.title),
                    false => format!("{what}, {}", title(&column)),
                };
                blocks.extend(block(title, record, pairs, same)?);
            }
        }
    }
    if blocks.is_empty() {
        return Ok(Figure::nothing(format!("no pictures of wrongly judged pairs of `{evaluation}` were written")));
    }
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let first = if seeds > 1 { " Of the first seed of each row of the study." } else { "" };
    let caption = format!(
        "The pairs that are judged most wrongly: two people who are accepted as one, and one who is rejected as two. \
         Beside each its cosine similarity and, in brackets, the threshold of its fold.{first}"
    );
    Ok(Figure::one(&plan.name, draw_blocks(&blocks, None)?.finish("Hardest pairs"), caption))
}

fn block(title: String, record: &CellRecord, pairs: &PairScores, same: bool) -> Result<Option<Block>, ReportError> {
    let mut rows = vec![];
    for hard in pairs.hardest.iter().filter(|h| pairs.same.get(h.pair) == Some(&u8::from(same))) {
        let tile = |file: &str| read(&record.dir.join("samples").join(file)).map(Some);
        rows.push((label(pairs, hard), vec![tile(&hard.first)?, tile(&hard.second)?]));
    }
    let heads = ["first", "second"].map(|below| Head { above: String::new(), below: below.into() });
    Ok((!rows.is_empty()).then(|| Block { title, heads: heads.to_vec(), rows }))
}

/// `pair 12`, then `0.62 (0.41)`.
fn label(pairs: &PairScores, hard: &HardPair) -> String {
    let score = pairs.scores.get(hard.pair).copied().unwrap_or(f32::NAN);
    let fold = pairs.folds.get(hard.pair).copied().unwrap_or(0);
    let threshold = pairs.thresholds.get(usize::from(fold)).copied().unwrap_or(f64::NAN);
    format!("pair {}\n{score:.2} ({threshold:.2})", hard.pair)
}
