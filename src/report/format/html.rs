//! HTML, as the page shows it: no line breaks inside a cell, baselines and published rows beneath rules.

use super::align::{Aligned, columns};
use super::{Format, spans};
use crate::report::ReportError;
use crate::report::significance::{Line, Sheet};
use crate::report::svg::escape;
use crate::report::table::{Kind, Table};

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
            let text = escape(&h.text()).replace(" ↑", "&nbsp;↑").replace(" ↓", "&nbsp;↓");
            format!("<th scope=\"col\">{text}</th>")
        };
        let heads: String = table.heads.iter().map(head).collect();
        let corner = escape(&table.corner);
        out.push_str(&format!(
            "<tr><th scope=\"col\">{corner}</th>{heads}<th scope=\"col\">n</th></tr>\n</thead>\n<tbody>\n"
        ));
        let columns = columns(table);
        let mut before = None;
        for (i, row) in table.rows.iter().enumerate() {
            let (class, mark) = match row.kind {
                Kind::Ours => ("ours", ""),
                Kind::Baseline => ("baseline", ""),
                Kind::Published => ("published", "&nbsp;†"),
            };
            let first = if before.is_some_and(|b| b != row.kind) { " first" } else { "" };
            before = Some(row.kind);
            let cells: String = columns.iter().map(|column| cell(column, i)).collect();
            let (label, n) = (escape(&row.label), row.count());
            out.push_str(&format!(
                "<tr class=\"{class}{first}\"><th scope=\"row\">{label}{mark}</th>{cells}<td>{n}</td></tr>\n"
            ));
        }
        out.push_str("</tbody>\n</table>\n");
        table.notes.iter().for_each(|note| out.push_str(&format!("<p class=\"note\">{}</p>\n", escape(note))));
        for sheet in [&table.details.intervals, &table.details.tests].into_iter().flatten() {
            let caption = escape(&sheet.caption);
            out.push_str(&format!("<details class=\"details\"><summary>{caption}</summary>\n<div class=\"wide\">\n"));
            out.push_str(&self.sheet(sheet)?);
            out.push_str("</div>\n</details>\n");
        }
        Ok(out)
    }

    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError> {
        let class = |i: usize| if i < sheet.words { "" } else { " class=\"number\"" };
        let head = |(i, head): (usize, &String)| format!("<th scope=\"col\"{}>{}</th>", class(i), escape(head));
        let heads: String = sheet.heads.iter().enumerate().map(head).collect();
        let mut out = format!("<table class=\"text sheet\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n");
        for line in &sheet.lines {
            match line {
                Line::Over(text) => {
                    let (columns, text) = (sheet.heads.len(), escape(text));
                    out.push_str(&format!(
                        "<tr class=\"over\"><th scope=\"rowgroup\" colspan=\"{columns}\">{text}</th></tr>\n"
                    ));
                }
                Line::Cells(cells) => {
                    let cell = |(i, text): (usize, &String)| format!("<td{}>{}</td>", class(i), escape(text));
                    out.push_str(&format!("<tr>{}</tr>\n", cells.iter().enumerate().map(cell).collect::<String>()));
                }
            }
        }
        out.push_str("</tbody>\n</table>\n");
        sheet.notes.iter().for_each(|note| out.push_str(&format!("<p class=\"note\">{}</p>\n", escape(note))));
        Ok(out)
    }
}

/// Cells stand to the right; what comes after the point has the room of the column's longest, so that points stand
/// beneath each other. A bold digit is wider than others: it leans into the room that the point leaves.
fn cell(column: &Aligned, row: usize) -> String {
    let mark = |set: bool| match (column.marked, set) {
        (false, _) => "",
        (true, false) => "<span class=\"mark\"></span>",
        (true, true) => "<span class=\"mark\">*</span>",
    };
    let number = column.numbers[row].as_ref();
    let strong = |text: &str| match number.is_some_and(|n| n.best) && !text.is_empty() {
        true => format!("<strong>{text}</strong>"),
        false => text.to_owned(),
    };
    let (whole, part) = number.map_or(("–", ""), |n| (n.mean.whole.as_str(), n.mean.part.as_str()));
    let mut out = format!("<td>{}", strong(whole));
    if column.part > 0 {
        out.push_str(&format!("<span class=\"part\" style=\"width:{}ch\">{}</span>", column.part, strong(part)));
    }
    if let Some((whole, part)) = column.std {
        match number.and_then(|n| n.std.as_ref()) {
            Some(std) => {
                let (after, before) = std.lacks(whole, part);
                out.push_str(&format!(" <span class=\"std\">± {}{}", DIGIT.repeat(before), std.text()));
                out.push_str(&format!("{}</span>", DIGIT.repeat(after)));
            }
            None => {
                let zeros =
                    "0".repeat(whole) + &if part > 0 { format!(".{}", "0".repeat(part - 1)) } else { String::new() };
                out.push_str(&format!(" <span class=\"std pad\" aria-hidden=\"true\">± {zeros}</span>"));
            }
        }
    }
    format!("{out}{}</td>", mark(number.is_some_and(|n| n.differs)))
}

/// A space as wide as a digit.
const DIGIT: &str = "\u{2007}";
