//! HTML, as the page shows it: no line breaks inside a cell, baselines and published rows beneath rules.

use super::{Format, spans};
use crate::report::ReportError;
use crate::report::group::Value;
use crate::report::svg::escape;
use crate::report::table::{Kind, Table, number};

pub struct Html;

impl Format for Html {
    fn extension(&self) -> &'static str {
        ""
    }

    fn render(&self, table: &Table) -> Result<String, ReportError> {
        let mut out = format!("<table class=\"results\">\n<caption>{}</caption>\n<thead>\n", escape(&table.caption));
        let above = spans(&table.heads);
        if !above.is_empty() {
            let cell = |(word, n): &(&str, usize)| {
                let class = if word.is_empty() { " class=\"none\"" } else { "" };
                format!("<th colspan=\"{n}\" scope=\"colgroup\"{class}>{}</th>", escape(word))
            };
            let cells: String = above.iter().map(cell).collect();
            out.push_str(&format!("<tr class=\"above\"><td></td>{cells}<td></td></tr>\n"));
        }
        let head = |h: &crate::report::table::Head| {
            let text = escape(&h.text("\u{1}↑", "\u{1}↓").replace(" \u{1}", "\u{a0}")).replace('\u{a0}', "&nbsp;");
            format!("<th scope=\"col\">{text}</th>")
        };
        let heads: String = table.heads.iter().map(head).collect();
        let corner = escape(&table.corner);
        out.push_str(&format!(
            "<tr><th scope=\"col\">{corner}</th>{heads}<th scope=\"col\">n</th></tr>\n</thead>\n<tbody>\n"
        ));
        let mut before = None;
        for row in &table.rows {
            let (class, mark) = match row.kind {
                Kind::Ours => ("ours", ""),
                Kind::Baseline => ("baseline", ""),
                Kind::Published => ("published", "&nbsp;†"),
            };
            let first = if before.is_some_and(|b| b != row.kind) { " first" } else { "" };
            before = Some(row.kind);
            let cells: String =
                row.values.iter().zip(&table.heads).map(|(v, h)| cell(v.as_ref(), h.decimals)).collect();
            let (label, n) = (escape(&row.label), row.count());
            out.push_str(&format!(
                "<tr class=\"{class}{first}\"><th scope=\"row\">{label}{mark}</th>{cells}<td>{n}</td></tr>\n"
            ));
        }
        out.push_str("</tbody>\n</table>\n");
        table.notes.iter().for_each(|note| out.push_str(&format!("<p class=\"note\">{}</p>\n", escape(note))));
        Ok(out)
    }
}

fn cell(value: Option<&Value>, decimals: usize) -> String {
    match value {
        Some(Value { mean, std: Some(std), .. }) => {
            format!("<td>{} <span class=\"std\">± {}</span></td>", number(*mean, decimals), number(*std, decimals))
        }
        Some(Value { mean, .. }) => format!("<td>{}</td>", number(*mean, decimals)),
        None => "<td>–</td>".into(),
    }
}
