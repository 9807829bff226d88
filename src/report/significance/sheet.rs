//! The numbers behind a table's marks: intervals of its means, and every comparison, for people and for machines.

use super::{Comparison, LEVEL, Significance, Verdict, column_label};
use crate::report::table::{Kind, Row, number};
use crate::statistics::{Moments, RESAMPLES};

/// A table of plain text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// File name without its end.
    pub name: String,
    pub caption: String,
    pub heads: Vec<String>,
    /// First columns that are words; the rest are numbers.
    pub words: usize,
    pub lines: Vec<Line>,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Stands over the lines after it.
    Over(String),
    Cells(Vec<String>),
}

/// What stands beneath a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    pub intervals: Option<Sheet>,
    /// Comparisons with the baseline and with the best, for people.
    pub tests: Option<Sheet>,
    /// The same with fewer columns, for the width of a paper.
    pub paper: Option<Sheet>,
    /// Every comparison with every digit.
    pub raw: Option<Sheet>,
}

impl Significance<'_> {
    pub fn details(&self, name: &str, corner: &str, rows: &[Row]) -> Details {
        let some = !self.comparisons.is_empty();
        Details {
            intervals: self.intervals(name, corner, rows),
            tests: some.then(|| self.tests(name)),
            paper: some.then(|| for_paper(self.tests(name))),
            raw: some.then(|| self.raw(name)),
        }
    }

    fn intervals(&self, name: &str, corner: &str, rows: &[Row]) -> Option<Sheet> {
        let known = |h: usize| rows.iter().any(|r| r.values[h].is_some_and(|v| v.interval.is_some()));
        let heads: Vec<usize> = (0..self.grid.heads.len()).filter(|h| known(*h)).collect();
        let label = |h: &usize| {
            let head = &self.grid.heads[*h];
            format!("{} {}", head.above, head.plain()).trim().to_owned()
        };
        let cells = |row: &Row| {
            let interval = |h: &usize| match row.values[*h].and_then(|v| v.interval) {
                Some(ends) => between(ends, self.grid.heads[*h].decimals),
                None => "–".into(),
            };
            Line::Cells(std::iter::once(row.label.clone()).chain(heads.iter().map(interval)).collect())
        };
        let lines: Vec<Line> = rows.iter().filter(|r| r.kind != Kind::Published).map(cells).collect();
        (!heads.is_empty()).then(|| Sheet {
            name: format!("{name}-intervals"),
            caption: "95% intervals of the means".into(),
            heads: std::iter::once(corner.to_owned()).chain(heads.iter().map(label)).collect(),
            words: 1,
            lines,
            notes: vec![
                "By Student's t: over seeds, or over test samples where a row has one seed or learns nothing.".into(),
            ],
        })
    }

    /// Under the row that they are compared with: first the baselines, then the best rows.
    fn tests(&self, name: &str) -> Sheet {
        let heads = [
            "column",
            "row",
            "found",
            "difference",
            "95% interval",
            "p (Holm)",
            "p",
            "p (bootstrap)",
            "d",
            "n",
            "seeds",
            "p (seeds)",
        ];
        let mut over: Vec<(String, Vec<&Comparison>)> = Vec::new();
        for comparison in &self.comparisons {
            let title = &self.grid.groups[comparison.against].title;
            let title = match self.role(comparison) {
                "baseline" => format!("Compared with {title}, the baseline"),
                "best" => format!("Compared with {title}, the best"),
                _ => continue,
            };
            match over.iter_mut().find(|(known, _)| *known == title) {
                Some((_, all)) => all.push(comparison),
                None => over.push((title, vec![comparison])),
            }
        }
        over.sort_by_key(|(title, _)| !title.ends_with("baseline"));
        let lines = over.into_iter().flat_map(|(title, all)| {
            std::iter::once(Line::Over(title)).chain(all.into_iter().map(|c| Line::Cells(self.shown(c))))
        });
        Sheet {
            name: format!("{name}-tests"),
            caption: "Paired differences".into(),
            heads: heads.map(String::from).to_vec(),
            words: 3,
            lines: lines.collect(),
            notes: vec![format!(
                "Difference: the row's mean less that of the row it is compared with, over the seeds both have; 95% interval \
                 and p (bootstrap): paired bootstrap over test samples, {} resamples; p: Wilcoxon's signed-rank \
                 test over test samples, p (Holm) the same corrected; d: Cohen's d of the paired differences; n: test \
                 samples; seeds: how many of the shared seeds have a difference of that sign; p (seeds): paired t test over \
                 the seeds' means, not corrected.",
                number(RESAMPLES as f64, 0)
            )],
        }
    }

    /// What a comparison is made for.
    fn role(&self, comparison: &Comparison) -> &'static str {
        let heads = self.grid.heads.iter().zip(&self.best);
        let mut best = heads.filter(|(head, _)| head.column == comparison.column.name).map(|(_, best)| *best);
        if self.baselines[comparison.row] == Some(comparison.against) {
            "baseline"
        } else if best.any(|b| b == Some(comparison.against)) {
            "best"
        } else {
            "other"
        }
    }

    fn shown(&self, c: &Comparison) -> Vec<String> {
        let decimals = c.column.decimals + 1;
        let dash = || "–".to_owned();
        let ends = c.bootstrap.map(|b| (b.low, b.high));
        vec![
            column_label(&c.column),
            self.grid.groups[c.row].title.clone(),
            found(c).into(),
            signed(c.difference(), decimals),
            ends.map_or_else(dash, |ends| between(ends, decimals)),
            c.holm.map_or_else(dash, probability),
            c.ranks.map_or_else(dash, |r| probability(r.p)),
            c.bootstrap.map_or_else(dash, |b| probability(b.p)),
            c.effect().map_or_else(dash, |d| signed(d, 2)),
            c.moments.map_or_else(dash, |m| m.n.to_string()),
            format!("{} of {}", c.agreeing(), c.paired.seeds.len()),
            c.seeds_t.map_or_else(dash, probability),
        ]
    }

    fn raw(&self, name: &str) -> Sheet {
        let heads = [
            "column",
            "row",
            "against",
            "role",
            "found",
            "difference",
            "low",
            "high",
            "samples",
            "wilcoxon w",
            "p",
            "p exact",
            "family",
            "p holm",
            "p bootstrap",
            "cohens d",
            "rank biserial",
            "seeds",
            "difference by seed",
            "seeds agreeing",
            "seeds mean",
            "seeds low",
            "seeds high",
            "p seeds t",
            "p seeds wilcoxon",
            "seeds of row only",
            "seeds of against only",
        ];
        let lines = self.comparisons.iter().map(|c| {
            let text = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
            let list = |values: &[u64]| values.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
            let title = |g: usize| self.grid.groups[g].title.clone();
            let by_seed: Vec<String> = c.paired.by_seed.iter().map(f64::to_string).collect();
            Line::Cells(vec![
                c.column.name.clone(),
                title(c.row),
                title(c.against),
                self.role(c).into(),
                found(c).into(),
                c.difference().to_string(),
                text(c.bootstrap.map(|b| b.low)),
                text(c.bootstrap.map(|b| b.high)),
                c.moments.map_or_else(String::new, |m| m.n.to_string()),
                text(c.ranks.map(|r| r.plus.min(r.minus))),
                text(c.ranks.map(|r| r.p)),
                c.ranks.map_or_else(String::new, |r| r.exact.to_string()),
                self.family.to_string(),
                text(c.holm),
                text(c.bootstrap.map(|b| b.p)),
                text(c.effect()),
                text(c.ranks.map(|r| r.rank_biserial())),
                list(&c.paired.seeds),
                by_seed.join(" "),
                c.agreeing().to_string(),
                text(Moments::of(&c.paired.by_seed).map(|m| m.mean)),
                text(c.seeds_interval.map(|i| i.0)),
                text(c.seeds_interval.map(|i| i.1)),
                text(c.seeds_t),
                c.seeds_exact.to_string(),
                list(&c.paired.alone[0]),
                list(&c.paired.alone[1]),
            ])
        });
        let lines = lines.collect();
        Sheet {
            name: format!("{name}-tests"),
            heads: heads.map(String::from).to_vec(),
            words: 5,
            lines,
            ..Sheet::default()
        }
    }
}

/// What takes a claim away that the ranks of the samples alone would make.
const DISAGREE: &str = "seeds disagree";
const SPANS: &str = "interval spans 0";

fn found(c: &Comparison) -> &'static str {
    match (c.holm, c.verdict()) {
        (None, _) => "not tested",
        (Some(p), Verdict::NotShown) if p < LEVEL && c.agreeing() < c.paired.seeds.len() => DISAGREE,
        (Some(p), Verdict::NotShown) if p < LEVEL && !c.clear_of_zero() => SPANS,
        (_, verdict) => verdict.text(),
    }
}

/// Without the bootstrap's p, the count and the t test over seeds, and with short words.
fn for_paper(sheet: Sheet) -> Sheet {
    const KEPT: [usize; 9] = [0, 1, 2, 3, 4, 5, 6, 8, 10];
    let keep = |cells: Vec<String>| KEPT.iter().filter_map(|i| cells.get(*i).cloned()).collect::<Vec<_>>();
    let plain = [Verdict::NotShown.text(), DISAGREE, SPANS];
    let short = |text: String| if plain.contains(&text.as_str()) { "–".to_owned() } else { text };
    let line = |line| match line {
        Line::Cells(cells) => Line::Cells(keep(cells).into_iter().map(short).collect()),
        over @ Line::Over(_) => over,
    };
    let note = "Difference: the row's mean less that of the row it is compared with, over the seeds both have; 95% interval: \
                paired bootstrap over test samples; p: Wilcoxon's signed-rank test over test samples, p (Holm) the same \
                corrected; d: Cohen's d of the paired differences; seeds: how many of the shared seeds have a difference \
                of that sign.";
    // In a paper it stands apart from its table.
    let caption = format!("Paired differences behind `{}`", sheet.name.trim_end_matches("-tests"));
    Sheet {
        caption,
        heads: keep(sheet.heads),
        lines: sheet.lines.into_iter().map(line).collect(),
        notes: vec![note.into()],
        ..sheet
    }
}

fn between((low, high): (f64, f64), decimals: usize) -> String {
    format!("{} to {}", number(low, decimals), number(high, decimals))
}

fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// `0.031`, `< 0.001`; on the side of 0.05 that it is.
fn probability(p: f64) -> String {
    match p {
        _ if p < 0.001 => "< 0.001".into(),
        _ if (0.0495..0.0505).contains(&p) => format!("{p:.5}"),
        _ if p < 0.995 => format!("{p:.3}"),
        _ => "1".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_stay_on_their_side() {
        let all = [1e-9, 0.00104, 0.04996, 0.05003, 0.25, 1.0].map(probability);
        assert_eq!(all, ["< 0.001", "0.001", "0.04996", "0.05003", "0.250", "1"]);
        assert_eq!((signed(0.25, 2), signed(-0.25, 2)), ("+0.25".to_owned(), "−0.25".to_owned()));
    }
}
