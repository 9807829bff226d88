//! `report.pdf`, set by the Typst compiler inside this program: the article of `latex`, from the same tables and SVG
//! pictures, with the embedded fonts only, so that every machine writes the same bytes.

use super::{Paper, width};
use crate::report::ReportError;
use crate::report::figure::Drawing;
use crate::report::format::align::{Aligned, Digits, columns};
use crate::report::format::spans;
use crate::report::significance::{Line, Sheet};
use crate::report::table::{Kind, Row, Table};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::layout::PagedDocument;
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::PdfOptions;

/// Between a mean, which may be bold and so lean out of its room, and its deviation.
const BETWEEN: &str = "\u{2009} ± ";

/// Points of a CSS pixel.
const POINTS: f64 = 0.75;

const HEAD: &str = r#"#set page(paper: "a4", margin: (x: 22mm, y: 24mm), numbering: "1")
#set text(font: "DejaVu Sans", size: 9pt, lang: "en", fallback: false)
#set par(leading: 0.62em)
#set heading(numbering: "1")
#set table(stroke: none, inset: (x: 5pt, y: 3pt))
#show heading: set block(above: 1.6em, below: 0.8em)
#show figure.caption: set text(size: 8.5pt)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure: set block(breakable: false, above: 1.6em, below: 1.6em)
#show raw: set text(font: "DejaVu Sans Mono", size: 1.15em)
#let best(whole, part) = {
  box(place(bottom + right, strong(whole)) + hide(whole))
  box(place(bottom + left, strong(part)) + hide(part))
}
#let fitted(body) = layout(size => {
  let wide = measure(body).width
  if wide > size.width { scale(size.width / wide * 100%, reflow: true, body) } else { body }
})
"#;

/// The PDF.
///
/// # Errors
/// What the compiler says of the document, which would be a defect of this file.
pub fn pdf(paper: &Paper<'_>) -> Result<Vec<u8>, ReportError> {
    compiled(&document(paper), &paper.drawings, paper.title)
}

/// A picture as a PDF of its own size, which `paper.tex` takes before the pixels.
///
/// # Errors
/// As [`pdf`].
pub fn picture(drawing: &Drawing) -> Result<Vec<u8>, ReportError> {
    let wide = width(&drawing.svg).unwrap_or(600.0) * POINTS;
    let text = format!(
        "#set page(width: auto, height: auto, margin: 0pt)\n#set document(date: none)\n#image({}, width: {wide}pt)\n",
        quoted(&format!("{}.svg", drawing.name))
    );
    compiled(&text, &[drawing], &drawing.name)
}

fn compiled(text: &str, drawings: &[&Drawing], identity: &str) -> Result<Vec<u8>, ReportError> {
    let desk = Desk::new(text, drawings);
    let failed = |all: typst::ecow::EcoVec<SourceDiagnostic>| {
        let all: Vec<String> = all.iter().map(|d| d.message.to_string()).collect();
        ReportError::Picture(format!("a PDF of `{identity}`: {}", all.join("; ")))
    };
    let document = typst::compile::<PagedDocument>(&desk).output.map_err(failed)?;
    let options = PdfOptions { ident: Smart::Custom(identity), ..PdfOptions::default() };
    typst_pdf::pdf(&document, &options).map_err(failed)
}

/// All that the compiler may see: one document, the pictures, the embedded fonts.
struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
    pictures: Vec<(FileId, Bytes)>,
}

impl Desk {
    fn new(text: &str, drawings: &[&Drawing]) -> Self {
        let embedded = [
            dejavu::sans::regular(),
            dejavu::sans::bold(),
            dejavu::sans::oblique(),
            dejavu::sans::bold_oblique(),
            dejavu::sans_mono::regular(),
        ];
        let fonts: Vec<Font> = embedded.iter().flat_map(|data| Font::iter(Bytes::new(*data))).collect();
        let id = |name: &str| FileId::new(None, VirtualPath::new(name));
        let picture = |d: &&Drawing| (id(&format!("{}.svg", d.name)), Bytes::from_string(d.svg.clone()));
        Desk {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: Source::new(id("report.typ"), text.to_owned()),
            pictures: drawings.iter().map(picture).collect(),
        }
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.pictures.iter().find(|(known, _)| *known == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// The document has the day of its runs, not that of its drawing.
    fn today(&self, _offset: Option<i64>) -> Option<Datetime> {
        None
    }
}

/// A text of the document, which nothing in it can end: in code, between quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out + "\""
}

/// The same with `names` in backticks as code.
fn code(text: &str) -> String {
    if !text.matches('`').count().is_multiple_of(2) {
        return quoted(text);
    }
    let piece = |(i, piece): (usize, &str)| match i % 2 {
        1 => format!("raw({})", quoted(piece)),
        _ => quoted(piece),
    };
    text.split('`').enumerate().map(piece).collect::<Vec<_>>().join(" + ")
}

fn document(paper: &Paper<'_>) -> String {
    let mut out = format!("#set document(title: {}, date: none)\n{HEAD}", quoted(&paper.title.replace('`', "")));
    out.push_str(&format!("#align(center, text(size: 16pt, weight: \"bold\", {}))\n", code(paper.title)));
    out.push_str(&format!("#align(center, {})\n", quoted(&paper.date)));
    if !paper.question.is_empty() {
        out.push_str(&format!("#pad(x: 12mm, y: 4mm, align(center, emph({})))\n", code(paper.question)));
    }
    let after = if paper.after { vec!["After [1].".to_owned()] } else { vec![] };
    let setting: Vec<String> = after.iter().chain(&paper.setting).map(|s| code(s)).collect();
    out.push_str(&format!("#heading(\"Setting\")\n#({})\n", setting.join(" + \" \" + ")));
    if !paper.tables.is_empty() {
        out.push_str("#heading(\"Results\")\n");
        paper.tables.iter().for_each(|t| out.push_str(&table(t, &paper.sources)));
        let tests = paper.tables.iter().filter_map(|t| t.details.paper.as_ref());
        tests.for_each(|s| out.push_str(&sheet(s)));
    }
    if !paper.sources.is_empty() {
        out.push_str("#heading(numbering: none, \"References\")\n");
        for (i, (_, citation)) in paper.sources.iter().enumerate() {
            let text = format!("[{}] {}.", i + 1, citation.trim_end_matches('.'));
            out.push_str(&format!("#par(hanging-indent: 2em, {})\n", quoted(&text)));
        }
    }
    if !paper.drawings.is_empty() {
        out.push_str("#pagebreak(weak: true)\n#heading(numbering: none, \"Figures\")\n");
        paper.drawings.iter().for_each(|d| out.push_str(&figure(d)));
    }
    out
}

/// A picture in its own size, or as large as the page lets it be.
fn figure(drawing: &Drawing) -> String {
    let wide = width(&drawing.svg).unwrap_or(600.0) * POINTS;
    let (path, alt) = (quoted(&format!("{}.svg", drawing.name)), quoted(&drawing.caption.replace('`', "")));
    let size = if wide > 470.0 { "100%".to_owned() } else { format!("{wide:.0}pt") };
    format!(
        "#figure(block(height: auto, width: 100%, layout(size => {{\n  let one = image({path}, width: {size}, alt: {alt})\n  \
         let high = measure(block(width: size.width, one)).height\n  \
         if high > 190mm {{ image({path}, height: 190mm, alt: {alt}) }} else {{ one }}\n}})), \
         kind: image, caption: {})\n",
        code(&drawing.caption)
    )
}

fn float(body: &str, caption: &str, notes: &[String]) -> String {
    let notes: Vec<String> = notes.iter().map(|note| code(note)).collect();
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!(" + v(2pt) + align(left, text(size: 7.5pt, {}))", notes.join(" + \" \" + "))
    };
    format!("#figure(fitted({body}){notes}, kind: table, caption: {})\n", code(caption))
}

fn table(table: &Table, sources: &[(String, String)]) -> String {
    let columns = columns(table);
    let n = table.heads.len() + 2;
    let mut cells = vec!["table.hline(stroke: 0.9pt)".to_owned()];
    let above = spans(&table.heads);
    if !above.is_empty() {
        let mut at = 1;
        let mut rules = Vec::new();
        cells.push("[]".into());
        for (word, count) in above {
            cells.push(format!("table.cell(colspan: {count}, align: center, {})", quoted(word)));
            if !word.is_empty() {
                rules.push(format!("table.hline(start: {at}, end: {}, stroke: 0.4pt)", at + count));
            }
            at += count;
        }
        cells.push("[]".into());
        cells.extend(rules);
    }
    cells.push(quoted(&table.corner));
    cells.extend(table.heads.iter().map(|h| format!("table.cell(align: center, {})", quoted(&h.text()))));
    cells.push("emph(\"n\")".into());
    let mut before = None;
    for (i, row) in table.rows.iter().enumerate() {
        if before != Some(row.kind) {
            cells.push("table.hline(stroke: 0.5pt)".into());
            before = Some(row.kind);
        }
        cells.push(row_label(row, sources));
        cells.extend(columns.iter().map(|column| cell(column, i)));
        cells.push(quoted(&row.count()));
    }
    cells.push("table.hline(stroke: 0.9pt)".into());
    let align = format!("(left, {})", vec!["right"; n - 1].join(", "));
    let body = format!("table(columns: {n}, align: {align}, {})", cells.join(", "));
    let caption = if table.caption.is_empty() { &table.name } else { &table.caption };
    float(&body, caption, &table.notes)
}

fn row_label(row: &Row, sources: &[(String, String)]) -> String {
    let text = quoted(&row.label);
    match row.kind {
        Kind::Ours => text,
        Kind::Baseline => format!("emph({text})"),
        Kind::Published => {
            let key = crate::report::format::tex::label(&row.paper);
            let number = sources.iter().position(|(known, _)| *known == key);
            let cited = number.map_or_else(String::new, |i| format!(" [{}]", i + 1));
            format!("{text} + {}", quoted(&format!(" †{cited}")))
        }
    }
}

/// Cells stand to the right; what a number lacks is hidden, not left out, so that points stand beneath each other.
fn cell(column: &Aligned, row: usize) -> String {
    let zeros = |part: usize| if part > 0 { format!(".{}", "0".repeat(part - 1)) } else { String::new() };
    let hidden = |text: String| if text.is_empty() { vec![] } else { vec![format!("hide({})", quoted(&text))] };
    let after = |digits: &Digits, part: usize| match digits.lacks(0, part).0 {
        n if n == part => hidden(zeros(part)),
        n => hidden("0".repeat(n)),
    };
    let deviation = |(whole, part): (usize, usize)| hidden(format!("{BETWEEN}{}{}", "0".repeat(whole), zeros(part)));
    let mut out = Vec::new();
    match &column.numbers[row] {
        None => {
            out.push(quoted("–"));
            out.extend(hidden(zeros(column.part)));
            out.extend(column.std.map_or_else(Vec::new, deviation));
        }
        Some(number) => {
            let (whole, part) = (quoted(&number.mean.whole), quoted(&number.mean.part));
            out.push(if number.best { format!("best({whole}, {part})") } else { format!("{whole} + {part}") });
            out.extend(after(&number.mean, column.part));
            match (&number.std, column.std) {
                (Some(std), Some((whole, part))) => {
                    out.push(quoted(BETWEEN));
                    out.extend(hidden("0".repeat(std.lacks(whole, part).1)));
                    out.push(quoted(&std.text()));
                    out.extend(after(std, part));
                }
                (None, Some(room)) => out.extend(deviation(room)),
                _ => {}
            }
        }
    }
    if column.marked {
        let differs = column.numbers[row].as_ref().is_some_and(|n| n.differs);
        out.extend(if differs { vec![quoted("*")] } else { hidden("*".into()) });
    }
    out.join(" + ")
}

fn sheet(sheet: &Sheet) -> String {
    let (n, words) = (sheet.heads.len(), sheet.words.min(sheet.heads.len()));
    let mut cells = vec!["table.hline(stroke: 0.9pt)".to_owned()];
    cells.extend(sheet.heads.iter().map(|h| quoted(h)));
    for line in &sheet.lines {
        match line {
            Line::Over(text) => {
                cells.push("table.hline(stroke: 0.5pt)".into());
                cells.push(format!("table.cell(colspan: {n}, align: left, emph({}))", quoted(text)));
            }
            Line::Cells(all) => cells.extend(all.iter().map(|c| quoted(c))),
        }
    }
    cells.push("table.hline(stroke: 0.9pt)".into());
    let sides: Vec<&str> = (0..n).map(|i| if i < words { "left" } else { "right" }).collect();
    let body = format!("text(size: 8pt, table(columns: {n}, align: ({},), {}))", sides.join(", "), cells.join(", "));
    float(&body, &sheet.caption, &sheet.notes)
}
