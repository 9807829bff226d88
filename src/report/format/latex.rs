//! LaTeX with booktabs; no other package.

use super::{Format, spans};
use crate::report::ReportError;
use crate::report::group::Value;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Table, number};

pub struct Latex;

impl Format for Latex {
    fn extension(&self) -> &'static str {
        "tex"
    }

    fn render(&self, table: &Table) -> Result<String, ReportError> {
        let mut out = String::from("\\begin{table}\n  \\centering\n");
        let caption = if table.caption.is_empty() { &table.name } else { &table.caption };
        out.push_str(&format!("  \\caption{{{}}}\n", escape(caption)));
        out.push_str(&format!("  \\label{{tab:{}}}\n", label(&table.name)));
        out.push_str(&format!("  \\begin{{tabular}}{{l{}}}\n    \\toprule\n", "r".repeat(table.heads.len() + 1)));
        above(&mut out, table);
        let heads = table.heads.iter().map(|h| escape(&h.text("↑", "↓")));
        line(&mut out, std::iter::once(escape(&table.corner)).chain(heads).chain(["$n$".to_owned()]));
        let mut before = None;
        for row in &table.rows {
            if before != Some(row.kind) {
                out.push_str("    \\midrule\n");
                before = Some(row.kind);
            }
            let text = escape(&row.label);
            let text = match row.kind {
                Kind::Ours => text,
                Kind::Baseline => format!("\\textit{{{text}}}"),
                Kind::Published => format!("{text}$^\\dagger$"),
            };
            let values = row.values.iter().zip(&table.heads).map(|(v, h)| cell(v.as_ref(), h.decimals));
            line(&mut out, std::iter::once(text).chain(values).chain([escape(&row.count())]));
        }
        out.push_str("    \\bottomrule\n  \\end{tabular}\n");
        if !table.notes.is_empty() {
            out.push_str(&format!("  \\par\\smallskip\\footnotesize {}\n", escape(&table.notes.join(" "))));
        }
        out.push_str("\\end{table}\n");
        Ok(out)
    }

    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError> {
        let (columns, words) = (sheet.heads.len(), sheet.words.min(sheet.heads.len()));
        let mut out = format!(
            "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  \\scriptsize\\setlength{{\\tabcolsep}}{{3pt}}\n",
            escape(&sheet.caption),
            label(&sheet.name)
        );
        let sides = "l".repeat(words) + &"r".repeat(columns - words);
        out.push_str(&format!("  \\begin{{tabular}}{{{sides}}}\n    \\toprule\n"));
        line(&mut out, sheet.heads.iter().map(|h| escape(h)));
        out.push_str("    \\midrule\n");
        for (i, row) in sheet.lines.iter().enumerate() {
            match row {
                Line::Over(text) => {
                    let rule = if i == 0 { "" } else { "    \\midrule\n" };
                    out.push_str(&format!(
                        "{rule}    \\multicolumn{{{columns}}}{{l}}{{\\textit{{{}}}}} \\\\\n",
                        escape(text)
                    ));
                }
                Line::Cells(cells) => line(&mut out, cells.iter().map(|c| escape(c))),
            }
        }
        out.push_str("    \\bottomrule\n  \\end{tabular}\n");
        if !sheet.notes.is_empty() {
            out.push_str(&format!("  \\par\\smallskip\\footnotesize {}\n", escape(&sheet.notes.join(" "))));
        }
        out.push_str("\\end{table}\n");
        Ok(out)
    }
}

fn above(out: &mut String, table: &Table) {
    let (mut cells, mut rules, mut at) = (String::from("   "), Vec::new(), 2);
    for (word, n) in spans(&table.heads) {
        cells.push_str(&format!(" & \\multicolumn{{{n}}}{{c}}{{{}}}", escape(word)));
        rules.push(format!("\\cmidrule(lr){{{at}-{}}}", at + n - 1));
        at += n;
    }
    if !rules.is_empty() {
        out.push_str(&format!(" {cells} & \\\\\n    {}\n", rules.join(" ")));
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str(&format!("    {} \\\\\n", cells.collect::<Vec<_>>().join(" & ")));
}

/// The mark takes no room, so that numbers stay beneath each other.
fn cell(value: Option<&Value>, decimals: usize) -> String {
    let Some(value) = value else { return "--".into() };
    let mean = escape(&number(value.mean, decimals));
    let mean = if value.best { format!("\\textbf{{{mean}}}") } else { mean };
    let std = value.std.map_or_else(String::new, |std| escape(&format!(" ± {}", number(std, decimals))));
    format!("{mean}{std}{}", if value.differs { "\\rlap{$^*$}" } else { "" })
}

/// A key for `\label`: letters, digits, hyphens.
fn label(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Text that TeX sets as it is written; the signs of our own tables become commands.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '±' => out.push_str("$\\pm$"),
            '−' => out.push_str("$-$"),
            '↑' => out.push_str("$\\uparrow$"),
            '↓' => out.push_str("$\\downarrow$"),
            '†' => out.push_str("$^\\dagger$"),
            '–' => out.push_str("--"),
            '\u{2009}' => out.push_str("\\,"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
