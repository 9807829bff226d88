//! GitHub's Markdown.

use super::Format;
use crate::report::ReportError;
use crate::report::group::Value;
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
        table.notes.iter().for_each(|note| out.push_str(&format!("{}\n", escape(note))));
        Ok(out)
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str(&format!("| {} |\n", cells.collect::<Vec<_>>().join(" | ")));
}

fn cell(value: Option<&Value>, decimals: usize) -> String {
    match value {
        Some(Value { mean, std: Some(std), .. }) => format!("{} ± {}", number(*mean, decimals), number(*std, decimals)),
        Some(Value { mean, .. }) => number(*mean, decimals),
        None => "–".into(),
    }
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
