//! Comma-separated values, for machines: every digit, a column each for mean, deviation, count, the ends of the 95%
//! interval, and the marks (`best`, `*`).

use super::Format;
use crate::report::ReportError;
use crate::report::group::Value;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Table};

pub struct Csv;

impl Format for Csv {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn render(&self, table: &Table) -> Result<String, ReportError> {
        let mut out = ::csv::Writer::from_writer(Vec::new());
        // Two heads of one column differ in what runs across.
        let name = |h: &crate::report::table::Head| {
            let twice = table.heads.iter().filter(|other| other.column == h.column).count() > 1;
            if twice && !h.bare { format!("{} {}", h.column, h.above) } else { h.column.clone() }
        };
        let ends = ["", " std", " n", " low", " high", " mark"];
        let heads = table.heads.iter().flat_map(|h| ends.map(|end| format!("{}{end}", name(h))));
        out.write_record(["kind".to_owned(), table.corner.clone()].into_iter().chain(heads))?;
        for row in &table.rows {
            let kind = match row.kind {
                Kind::Ours => "ours",
                Kind::Baseline => "baseline",
                Kind::Published => "published",
            };
            let text = |v: Option<f64>| v.map_or_else(String::new, |v| v.to_string());
            let values = row.values.iter().flat_map(|v| match v {
                Some(v) => [
                    v.mean.to_string(),
                    text(v.std),
                    if v.n == 0 { String::new() } else { v.n.to_string() },
                    text(v.interval.map(|i| i.0)),
                    text(v.interval.map(|i| i.1)),
                    mark(v),
                ],
                None => [const { String::new() }; 6],
            });
            out.write_record([kind.to_owned(), row.label.clone()].into_iter().chain(values))?;
        }
        text(out)
    }

    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError> {
        let mut out = ::csv::Writer::from_writer(Vec::new());
        out.write_record(&sheet.heads)?;
        for line in &sheet.lines {
            if let Line::Cells(cells) = line {
                out.write_record(cells)?;
            }
        }
        text(out)
    }
}

fn text(out: ::csv::Writer<Vec<u8>>) -> Result<String, ReportError> {
    let bytes = out.into_inner().map_err(|e| ReportError::Table(e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `best *`.
fn mark(value: &Value) -> String {
    let marks = [(value.best, "best"), (value.differs, "*")];
    marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect::<Vec<_>>().join(" ")
}
