//! LaTeX with booktabs and nothing else; a table that is too wide even in small print asks for graphicx too.

use super::align::{Aligned, Digits, columns};
use super::tex::{code, escape, label};
use super::{Format, spans};
use crate::report::ReportError;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Row, Table};

pub struct Latex;

/// Bold digits are wider than others; set over the room of plain ones, points stay beneath each other.
const BOLD: &str =
    "  \\providecommand{\\ablatebest}[2]{\\phantom{#1}\\llap{\\textbf{#1}}\\rlap{\\textbf{#2}}\\phantom{#2}}\n";

/// Width of a page's text and of an average character at 10 points, in points.
const TEXT: f64 = 455.0;
const CHARACTER: f64 = 5.0;

/// Sizes of print with the width of their letters (small ones are drawn wider) and the gap between columns.
const SIZES: [(&str, f64, f64); 4] =
    [("", 1.0, 6.0), ("\\small", 0.92, 5.0), ("\\footnotesize", 0.85, 4.0), ("\\scriptsize", 0.8, 3.0)];

impl Format for Latex {
    fn extension(&self) -> &'static str {
        "tex"
    }

    fn render(&self, table: &Table) -> Result<String, ReportError> {
        let columns = columns(table);
        let caption = if table.caption.is_empty() { &table.name } else { &table.caption };
        let mut body = format!("  \\begin{{tabular}}{{l{}}}\n    \\toprule\n", "r".repeat(table.heads.len() + 1));
        above(&mut body, table);
        let heads = table.heads.iter().map(|h| format!("\\multicolumn{{1}}{{c}}{{{}}}", escape(&h.text())));
        line(&mut body, std::iter::once(escape(&table.corner)).chain(heads).chain(["$n$".to_owned()]));
        let mut before = None;
        for (i, row) in table.rows.iter().enumerate() {
            if before != Some(row.kind) {
                body.push_str("    \\midrule\n");
                before = Some(row.kind);
            }
            let cells = columns.iter().map(|column| cell(column, i));
            line(&mut body, std::iter::once(row_label(row)).chain(cells).chain([escape(&row.count())]));
        }
        body.push_str("    \\bottomrule\n  \\end{tabular}\n");
        let best = table.rows.iter().flat_map(|r| &r.values).flatten().any(|v| v.best);
        let widths = widths(table, &columns);
        Ok(float(caption, &table.name, if best { BOLD } else { "" }, &fitted(&widths, &body), &table.notes))
    }

    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError> {
        let (columns, words) = (sheet.heads.len(), sheet.words.min(sheet.heads.len()));
        let sides = "l".repeat(words) + &"r".repeat(columns - words);
        let mut body = format!("  \\begin{{tabular}}{{{sides}}}\n    \\toprule\n");
        line(&mut body, sheet.heads.iter().map(|h| escape(h)));
        body.push_str("    \\midrule\n");
        let mut widths: Vec<usize> = sheet.heads.iter().map(|h| h.chars().count()).collect();
        for (i, row) in sheet.lines.iter().enumerate() {
            match row {
                Line::Over(text) => {
                    let rule = if i == 0 { "" } else { "    \\midrule\n" };
                    let text = escape(text);
                    body.push_str(&format!("{rule}    \\multicolumn{{{columns}}}{{l}}{{\\textit{{{text}}}}} \\\\\n"));
                }
                Line::Cells(cells) => {
                    widths.iter_mut().zip(cells).for_each(|(width, c)| *width = (*width).max(c.chars().count()));
                    line(&mut body, cells.iter().map(|c| escape(c)));
                }
            }
        }
        body.push_str("    \\bottomrule\n  \\end{tabular}\n");
        Ok(float(&sheet.caption, &sheet.name, "", &fitted(&widths, &body), &sheet.notes))
    }
}

fn float(caption: &str, name: &str, commands: &str, body: &str, notes: &[String]) -> String {
    let (caption, name) = (code(caption), label(name));
    let mut out = format!(
        "\\begin{{table}}[!htbp]\n  \\centering\n{commands}  \\setlength{{\\belowcaptionskip}}{{6pt}}\n  \\caption{{{caption}}}\n  \\label{{tab:{name}}}\n{body}"
    );
    if !notes.is_empty() {
        let notes: Vec<String> = notes.iter().map(|note| code(note)).collect();
        let notes = notes.join(" ");
        out.push_str("  \\par\\smallskip\n  \\begin{minipage}{\\linewidth}\\footnotesize\n");
        out.push_str(&format!("    {notes}\n  \\end{{minipage}}\n"));
    }
    out + "\\end{table}\n"
}

/// The body in the largest print that fits, else shrunk to the width.
fn fitted(widths: &[usize], body: &str) -> String {
    let characters = widths.iter().sum::<usize>() as f64;
    let width = |size: f64, gap: f64| characters * CHARACTER * size + 2.0 * gap * widths.len() as f64;
    match SIZES.iter().find(|(_, size, gap)| width(*size, *gap) <= TEXT) {
        Some(("", ..)) => body.to_owned(),
        Some((size, _, gap)) => format!("  {size}\\setlength{{\\tabcolsep}}{{{gap}pt}}\n{body}"),
        None => format!(
            "  % needs graphicx\n  \\scriptsize\\setlength{{\\tabcolsep}}{{3pt}}\n  \\resizebox{{\\linewidth}}{{!}}{{%\n{}}}\n",
            body.trim_end().to_owned() + "%\n  "
        ),
    }
}

/// Characters of the widest cell of each column, label and count included.
fn widths(table: &Table, columns: &[Aligned]) -> Vec<usize> {
    let length = |text: &str| text.chars().count();
    let labels = table.rows.iter().map(|r| length(&r.label) + if r.paper.is_empty() { 0 } else { 5 });
    let first = labels.chain([length(&table.corner)]).max().unwrap_or(0);
    let cells = columns.iter().zip(&table.heads).map(|(column, head)| {
        let whole = column.numbers.iter().flatten().map(|n| length(&n.mean.whole)).max().unwrap_or(0);
        let std = column.std.map_or(0, |(whole, part)| 4 + whole + part);
        (whole + column.part + std).max(length(&head.text()))
    });
    std::iter::once(first).chain(cells).chain([3]).collect()
}

fn row_label(row: &Row) -> String {
    let text = escape(&row.label);
    match row.kind {
        Kind::Ours => text,
        Kind::Baseline => format!("\\textit{{{text}}}"),
        Kind::Published if row.paper.is_empty() => format!("{text}$^\\dagger$"),
        Kind::Published => format!("{text}$^\\dagger$~\\cite{{{}}}", label(&row.paper)),
    }
}

fn above(out: &mut String, table: &Table) {
    let (mut cells, mut rules, mut at) = (String::from("   "), Vec::new(), 2);
    for (word, n) in spans(&table.heads) {
        cells.push_str(&format!(" & \\multicolumn{{{n}}}{{c}}{{{}}}", escape(word)));
        if !word.is_empty() {
            rules.push(format!("\\cmidrule(lr){{{at}-{}}}", at + n - 1));
        }
        at += n;
    }
    if !rules.is_empty() {
        out.push_str(&format!(" {cells} & \\\\\n    {}\n", rules.join(" ")));
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str(&format!("    {} \\\\\n", cells.collect::<Vec<_>>().join(" & ")));
}

/// Cells stand to the right; what a number lacks at its end is set as blank digits, and a mark takes no room, so that
/// points stand beneath each other.
fn cell(column: &Aligned, row: usize) -> String {
    let blank = |text: &str| if text.is_empty() { String::new() } else { format!("\\phantom{{{text}}}") };
    let zeros = |part: usize| if part > 0 { format!(".{}", "0".repeat(part - 1)) } else { String::new() };
    let after = |digits: &Digits, part: usize| match digits.lacks(0, part).0 {
        n if n == part => blank(&zeros(part)),
        n => blank(&"0".repeat(n)),
    };
    let deviation = |(whole, part): (usize, usize)| blank(&format!("~\\,$\\pm$~{}{}", "0".repeat(whole), zeros(part)));
    let Some(number) = &column.numbers[row] else {
        return format!("--{}{}", blank(&zeros(column.part)), column.std.map_or_else(String::new, deviation));
    };
    let (whole, part) = (escape(&number.mean.whole), escape(&number.mean.part));
    let mut out = if number.best { format!("\\ablatebest{{{whole}}}{{{part}}}") } else { format!("{whole}{part}") };
    out.push_str(&after(&number.mean, column.part));
    match (&number.std, column.std) {
        (Some(std), Some((whole, part))) => {
            let before = blank(&"0".repeat(std.lacks(whole, part).1));
            out.push_str(&format!("~\\,$\\pm$~{before}{}{}", escape(&std.text()), after(std, part)));
        }
        (None, Some(room)) => out.push_str(&deviation(room)),
        _ => {}
    }
    out + if number.differs { "\\rlap{$^*$}" } else { "" }
}
