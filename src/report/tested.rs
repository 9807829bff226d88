//! What a table found of two of its rows, read off the sheet that holds every comparison with every digit: whoever says
//! it in words says what the table says.

use crate::report::significance::{Line, Sheet};
use std::collections::HashMap;

/// One comparison, as the sheet has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tested {
    pub row: String,
    pub against: String,
    /// `baseline`, `best` or `other`: what it is compared with.
    pub role: String,
    pub found: Found,
    /// The row's mean less the other's.
    pub difference: f64,
    /// 95% interval of the difference: paired bootstrap over test samples, else Student's t over the seeds.
    pub interval: Option<(f64, f64)>,
    /// p of the signed ranks, corrected.
    pub p: Option<f64>,
    /// Comparisons that p was corrected for.
    pub family: usize,
    /// Paired test samples; 0 where their values were not kept.
    pub samples: usize,
    /// Seeds that both have.
    pub seeds: usize,
    /// Seeds whose own difference has the sign of the whole.
    pub agreeing: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    Better,
    Worse,
    Higher,
    Lower,
    SeedsDisagree,
    /// The ranks differ, and the interval of the mean holds 0.
    SpansZero,
    NotSignificant,
    #[default]
    NotTested,
}

impl Found {
    fn of(text: &str) -> Self {
        match text {
            "better" => Found::Better,
            "worse" => Found::Worse,
            "higher" => Found::Higher,
            "lower" => Found::Lower,
            "seeds disagree" => Found::SeedsDisagree,
            "interval spans 0" => Found::SpansZero,
            "not significant" => Found::NotSignificant,
            _ => Found::NotTested,
        }
    }

    fn turned(self) -> Self {
        match self {
            Found::Better => Found::Worse,
            Found::Worse => Found::Better,
            Found::Higher => Found::Lower,
            Found::Lower => Found::Higher,
            other => other,
        }
    }

    pub fn significant(self) -> bool {
        matches!(self, Found::Better | Found::Worse | Found::Higher | Found::Lower)
    }
}

impl Tested {
    /// The same seen from the other row.
    fn turned(&self) -> Self {
        Tested {
            row: self.against.clone(),
            against: self.row.clone(),
            found: self.found.turned(),
            difference: -self.difference,
            interval: self.interval.map(|(low, high)| (-high, -low)),
            ..self.clone()
        }
    }
}

/// Every comparison of a column.
pub fn of_column(sheet: Option<&Sheet>, column: &str) -> Vec<Tested> {
    let Some(sheet) = sheet else { return vec![] };
    let rows = sheet.lines.iter().filter_map(|line| match line {
        Line::Cells(cells) => {
            Some(sheet.heads.iter().map(String::as_str).zip(cells.iter().map(String::as_str)).collect())
        }
        Line::Over(_) => None,
    });
    rows.filter(|row: &HashMap<&str, &str>| row.get("column") == Some(&column)).map(|row| tested(&row)).collect()
}

fn tested(row: &HashMap<&str, &str>) -> Tested {
    let text = |key: &str| row.get(key).copied().unwrap_or("");
    let number = |key: &str| text(key).parse::<f64>().ok().filter(|v| v.is_finite());
    let between = |low: &str, high: &str| Some((number(low)?, number(high)?));
    Tested {
        row: text("row").into(),
        against: text("against").into(),
        role: text("role").into(),
        found: Found::of(text("found")),
        difference: number("difference").unwrap_or(f64::NAN),
        interval: between("low", "high").or_else(|| between("seeds low", "seeds high")),
        p: number("p holm"),
        family: text("family").parse().unwrap_or(0),
        samples: text("samples").parse().unwrap_or(0),
        seeds: text("seeds").split_whitespace().count(),
        agreeing: text("seeds agreeing").parse().unwrap_or(0),
    }
}

/// What was found of `row` against `against`, whichever way round it was tested.
pub fn between(all: &[Tested], row: &str, against: &str) -> Option<Tested> {
    let there = all.iter().find(|t| t.row == row && t.against == against).cloned();
    there.or_else(|| all.iter().find(|t| t.row == against && t.against == row).map(Tested::turned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_read_both_ways() {
        let heads = ["column", "row", "against", "found", "difference", "low", "high", "samples", "seeds"];
        let cells = ["a.psnr", "Gated", "Plain", "better", "0.5", "0.25", "0.75", "40", "0 1 2"];
        let sheet = Sheet {
            heads: heads.map(String::from).to_vec(),
            lines: vec![Line::Over("x".into()), Line::Cells(cells.map(String::from).to_vec())],
            ..Sheet::default()
        };
        let all = of_column(Some(&sheet), "a.psnr");
        let back = between(&all, "Plain", "Gated").unwrap();
        assert_eq!((back.found, back.difference, back.interval), (Found::Worse, -0.5, Some((-0.75, -0.25))));
        assert_eq!((back.samples, back.seeds), (40, 3));
        assert_eq!(between(&all, "Plain", "Other"), None);
        assert!(of_column(Some(&sheet), "a.l1").is_empty() && of_column(None, "a.psnr").is_empty());
    }
}
