//! GitHub's Markdown.

use super::Format;
use crate::report::ReportError;
use crate::report::group::Value;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Table, number};

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
            escape(&format!("{above}{}", h.text("↑", "↓")))
        });
        line(&mut out, std::iter::once(escape(&table.corner)).chain(heads).chain(["n".to_owned()]));
        out.push_str(&format!("|:---|{}\n", "---:|".repeat(table.heads.len() + 1)));
        for row in &table.rows {
            let label = escape(&row.label);
            let label = match row.kind {
                Kind::Ours => label,
                Kind::Baseline => format!("*{label}*"),
                Kind::Published => format!("{label} †"),
            };
            let values = row.values.iter().zip(&table.heads).map(|(v, h)| cell(v.as_ref(), h.decimals));
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

fn cell(value: Option<&Value>, decimals: usize) -> String {
    let Some(value) = value else { return "–".into() };
    let mean = number(value.mean, decimals);
    let mean = if value.best { format!("**{mean}**") } else { mean };
    let std = value.std.map_or_else(String::new, |std| format!(" ± {}", number(std, decimals)));
    format!("{mean}{std}{}", if value.differs { " \\*" } else { "" })
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
