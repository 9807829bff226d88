//! What a reader must know before believing a bold number, in sentences.

use super::{LEVEL, Significance, column_label, side};
use crate::report::group::facts;
use std::collections::BTreeSet;

impl Significance<'_> {
    /// Beneath the table.
    pub fn notes(&self) -> Vec<String> {
        if self.comparisons.is_empty() && self.grid.groups.len() < 2 {
            return vec![];
        }
        let mut all = Vec::new();
        if self.family == 0 {
            all.push(format!("No value is set in bold: no difference is tested, {}.", self.why_none()));
        } else {
            all.push(
                "Bold: significantly better than some other row, and not significantly worse than the best mean of the \
                 column (rows that learn nothing and published numbers are not tested)."
                    .into(),
            );
            all.extend(self.against().map(|who| format!("* Differs significantly from {who}.")));
            all.push(self.meaning());
        }
        all.extend(self.partly_kept());
        all.extend(self.learns_nothing());
        all.extend(self.lacking());
        all.extend(self.other_data());
        all
    }

    fn why_none(&self) -> &'static str {
        if self.comparisons.is_empty() {
            "no two rows share a seed"
        } else {
            "the values of single test samples were not kept, or differ in number"
        }
    }

    /// `UV-GAN, the baseline`.
    fn against(&self) -> Option<String> {
        let shown: BTreeSet<usize> = self.grid.places.iter().flatten().flatten().copied().collect();
        let mut named: Vec<usize> = shown.iter().filter_map(|g| self.baselines[*g]).collect();
        named.sort_unstable();
        named.dedup();
        match named.as_slice() {
            [] => None,
            [one] => Some(format!("{}, the baseline", self.grid.groups[*one].title)),
            _ => Some("the baseline with the same labels of the other axes".into()),
        }
    }

    fn meaning(&self) -> String {
        let tested = || self.comparisons.iter().filter(|c| c.ranks.is_some());
        let samples = range(tested().map(|c| c.paired.by_sample.len()));
        let (fewest, most) =
            (tested().map(|c| c.paired.seeds.len()).min(), tested().map(|c| c.paired.seeds.len()).max());
        let test = format!("Significant: p < {LEVEL} in Wilcoxon's signed-rank test over the {samples} test samples");
        let family = match self.family {
            1 => "there is one comparison".to_owned(),
            n => format!(
                "Holm-corrected over the {n} comparisons of this table: every pair of rows in every tested column"
            ),
        };
        if most == Some(1) {
            return format!(
                "{test} ({family}), and a 95% bootstrap interval of the mean difference that leaves 0 out. One seed a \
                 row: what another training would give is not tested."
            );
        }
        let smallest = 2f64.powi(1 - fewest.unwrap_or(1) as i32);
        let alone = if smallest < LEVEL {
            String::new()
        } else {
            let fewest = fewest.unwrap_or(1);
            let seeds = if fewest == 1 { "1 seed".to_owned() } else { format!("{fewest} seeds") };
            format!(" Over {seeds} alone an exact test cannot give a p below {smallest}, so that none decides.")
        };
        format!(
            "{test}, each averaged over the seeds that both rows share ({family}), a 95% bootstrap interval of the mean \
             difference that leaves 0 out, and a difference of the same sign in each of these seeds.{alone}"
        )
    }

    /// Columns that could not be tested beside others that were.
    fn partly_kept(&self) -> Option<String> {
        let mut without: Vec<String> = Vec::new();
        for comparison in self.comparisons.iter().filter(|c| c.ranks.is_none() && self.family > 0) {
            let label = column_label(&comparison.column);
            if !without.contains(&label) {
                without.push(label);
            }
        }
        let columns = without.join(", ");
        (!without.is_empty()).then(|| {
            format!(
                "Not every difference is tested ({columns}): values of single test samples were not kept, or differ in \
                 number."
            )
        })
    }

    /// One sentence for each row that learns nothing and is better than all that learn.
    fn learns_nothing(&self) -> Vec<String> {
        let mut all: Vec<(&str, Vec<String>)> = Vec::new();
        for (head, by) in self.grid.heads.iter().zip(&self.beaten) {
            let Some(by) = by.as_deref() else { continue };
            let label = column_label(&facts(self.grid.study, &head.column));
            match all.iter_mut().find(|(known, _)| *known == by) {
                Some((_, labels)) if labels.contains(&label) => {}
                Some((_, labels)) => labels.push(label),
                None => all.push((by, vec![label])),
            }
        }
        let said = |(by, labels): (&str, Vec<String>)| {
            let columns = labels.join(", ");
            format!(
                "Nothing is bold under {columns}: {by}, which learns nothing, has a better mean than every trained row."
            )
        };
        all.into_iter().map(said).collect()
    }

    /// Seeds that some rows have and others lack.
    fn lacking(&self) -> Option<String> {
        let mut shown: Vec<usize> = self.grid.places.iter().flatten().flatten().copied().collect();
        shown.sort_unstable();
        shown.dedup();
        let measured: Vec<&str> =
            self.grid.heads.iter().map(|h| h.column.as_str()).filter(|c| !c.starts_with("cost.")).collect();
        let seeds = |g: usize| -> BTreeSet<u64> {
            measured.iter().flat_map(|c| side(&self.grid.groups[g], c).into_keys()).collect()
        };
        let all: BTreeSet<u64> = shown.iter().flat_map(|g| seeds(*g)).collect();
        let lack = |g: &usize| {
            let missing: Vec<String> = all.difference(&seeds(*g)).map(u64::to_string).collect();
            (!missing.is_empty()).then(|| format!("{} lacks {}", self.grid.groups[*g].title, missing.join(", ")))
        };
        let lacking: Vec<String> = shown.iter().filter_map(lack).collect();
        let text = lacking.join("; ");
        (!lacking.is_empty())
            .then(|| format!("Seeds that only one of two rows has are left out of their comparison: {text}."))
    }

    /// Where rows were given other data, sample i of one need not be sample i of another.
    fn other_data(&self) -> Option<String> {
        let pairs = self.comparisons.iter().filter(|c| c.ranks.is_some()).map(|c| (c.row, c.against));
        let data = |g: usize, seed: u64| {
            let cell = self.grid.groups[g].cells.iter().find(|(entry, _)| entry.seed == seed)?;
            cell.1.environment.as_ref().map(|e| e.data.as_str()).filter(|d| !d.is_empty())
        };
        let seeds: BTreeSet<u64> = self.comparisons.iter().flat_map(|c| c.paired.seeds.iter().copied()).collect();
        let differ =
            |a: usize, b: usize, seed: u64| matches!((data(a, seed), data(b, seed)), (Some(a), Some(b)) if a != b);
        let mut pairs = pairs.flat_map(|(a, b)| seeds.iter().map(move |s| (a, b, *s)));
        pairs.any(|(a, b, s)| differ(a, b, s)).then(|| {
            "Not all rows were given the same data; their test samples are paired by place in the split.".into()
        })
    }
}

/// `40`, or `38 to 40`.
fn range(counts: impl Iterator<Item = usize> + Clone) -> String {
    match (counts.clone().min(), counts.max()) {
        (Some(low), Some(high)) if low != high => format!("{low} to {high}"),
        (low, _) => low.unwrap_or(0).to_string(),
    }
}
