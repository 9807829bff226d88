//! GitHub's Markdown.

use super::Format;
use super::align::{Aligned, Digits, Number, columns};
use crate::report::ReportError;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Table};

pub struct Markdown;

impl Format for Markdown {
    fn extension(&self) -> &'static str {
        ""
    }

    fn render(&self, table: &Table) -> Result<String, ReportError> {
        let mut out = String::new();
        if !table.caption.is_empty() {
            out.push_str(&format!("**{}**\n\n", escape(&table.caption)));
        }
        let heads = table.heads.iter().map(|h| {
            let above = if h.above.is_empty() { String::new() } else { format!("{} ", h.above) };
            escape(&format!("{above}{}", h.text()))
        });
        line(&mut out, std::iter::once(escape(&table.corner)).chain(heads).chain(["n".to_owned()]));
        out.push_str(&format!("|:---|{}\n", "---:|".repeat(table.heads.len() + 1)));
        let columns = columns(table);
        for (i, row) in table.rows.iter().enumerate() {
            let label = escape(&row.label);
            let label = match row.kind {
                Kind::Ours => label,
                Kind::Baseline => format!("*{label}*"),
                Kind::Published => format!("{label} †"),
            };
            let values = columns.iter().map(|column| cell(column, i));
            line(&mut out, std::iter::once(label).chain(values).chain([row.count()]));
        }
        out.push('\n');
        // A blank line between them, else they run together into one paragraph.
        let notes: Vec<String> = table.notes.iter().map(|note| format!("{}\n", escape(note))).collect();
        out.push_str(&notes.join("\n"));
        for sheet in [&table.details.intervals, &table.details.tests].into_iter().flatten() {
            out.push_str(&format!("\n<details><summary>{}</summary>\n\n", escape(&sheet.caption)));
            out.push_str(&self.sheet(sheet)?);
            out.push_str("\n</details>\n");
        }
        Ok(out)
    }

    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError> {
        let mut out = String::new();
        line(&mut out, sheet.heads.iter().map(|h| escape(h)));
        let sides = (0..sheet.heads.len()).map(|i| if i < sheet.words { ":---|" } else { "---:|" });
        out.push_str(&format!("|{}\n", sides.collect::<String>()));
        for row in &sheet.lines {
            match row {
                Line::Over(text) => {
                    let rest = std::iter::repeat_n(String::new(), sheet.heads.len().saturating_sub(1));
                    line(&mut out, std::iter::once(format!("*{}*", escape(text))).chain(rest));
                }
                Line::Cells(cells) => line(&mut out, cells.iter().map(|c| escape(c))),
            }
        }
        sheet.notes.iter().for_each(|note| out.push_str(&format!("\n{}\n", escape(note))));
        Ok(out)
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str(&format!("| {} |\n", cells.collect::<Vec<_>>().join(" | ")));
}

/// A space as wide as a digit, and one as wide as a point: cells stand to the right, so what a number lacks at its end is
/// made up for.
const DIGIT: &str = "\u{2007}";
const POINT: &str = "\u{2008}";

fn cell(column: &Aligned, row: usize) -> String {
    let dash =
        Number { mean: Digits { whole: "–".into(), part: String::new() }, std: None, best: false, differs: false };
    let number = column.numbers[row].as_ref().unwrap_or(&dash);
    let after = |digits: &Digits, room: usize| match digits.lacks(0, room).0 {
        0 => String::new(),
        n if n == room => format!("{POINT}{}", DIGIT.repeat(n - 1)),
        n => DIGIT.repeat(n),
    };
    let mean = number.mean.text();
    let mut out = if number.best { format!("**{mean}**") } else { mean };
    out.push_str(&after(&number.mean, column.part));
    if let Some((whole, part)) = column.std {
        match &number.std {
            Some(std) => {
                let before = DIGIT.repeat(std.lacks(whole, part).1);
                out.push_str(&format!(" ± {before}{}{}", std.text(), after(std, part)));
            }
            None => out.push_str(&DIGIT.repeat(whole + part + 2)),
        }
    }
    if column.marked {
        out.push_str(if number.differs { " \\*" } else { DIGIT });
    }
    out
}

/// Text that stays text: no emphasis, no table borders, no HTML, one line.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
