//! Comma-separated values, for machines: every digit, a column each for mean, deviation and count.

use super::Format;
use crate::report::ReportError;
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
            if twice { format!("{} {}", h.column, h.above) } else { h.column.clone() }
        };
        let heads = table.heads.iter().flat_map(|h| ["", " std", " n"].map(|end| format!("{}{end}", name(h))));
        out.write_record(["kind".to_owned(), table.corner.clone()].into_iter().chain(heads))?;
        for row in &table.rows {
            let kind = match row.kind {
                Kind::Ours => "ours",
                Kind::Baseline => "baseline",
                Kind::Published => "published",
            };
            let values = row.values.iter().flat_map(|v| match v {
                Some(v) => [
                    v.mean.to_string(),
                    v.std.map_or_else(String::new, |s| s.to_string()),
                    if v.n == 0 { String::new() } else { v.n.to_string() },
                ],
                None => [const { String::new() }; 3],
            });
            out.write_record([kind.to_owned(), row.label.clone()].into_iter().chain(values))?;
        }
        let bytes = out.into_inner().map_err(|e| ReportError::Table(e.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
