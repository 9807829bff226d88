//! `paper.tex`, which pdflatex compiles as it is, in the folder of the report.

use super::{Paper, list, width};
use crate::report::figure::{Drawing, file_name};
use crate::report::format::tex::{code, escape, label};

/// CSS pixels are 96 to the inch, points of TeX 72.27.
const POINTS: f64 = 72.27 / 96.0;

const HEAD: &str = r"\documentclass[10pt]{article}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\emergencystretch=3em
\setcounter{topnumber}{3}
\setcounter{totalnumber}{4}
\renewcommand{\topfraction}{0.9}
\renewcommand{\bottomfraction}{0.8}
\renewcommand{\textfraction}{0.07}
\renewcommand{\floatpagefraction}{0.75}
\makeatletter
\setlength{\@fptop}{0pt}
\setlength{\@fpsep}{24pt}
\makeatother
";

/// The document. Tables are read from `tables/`, pictures from `figures/` (a PDF where there is one, else the PNG).
pub fn tex(paper: &Paper<'_>) -> String {
    let mut out = format!(
        "% Drawn by `ablate report`. `pdflatex paper.tex` in this folder makes the PDF, twice for the numbers.\n{HEAD}"
    );
    let (title, date) = (code(paper.title), escape(&paper.date));
    out.push_str(&format!("\\title{{{title}}}\n\\author{{}}\n\\date{{{date}}}\n\\begin{{document}}\n\\maketitle\n"));
    if !paper.question.is_empty() {
        out.push_str(&format!("\\begin{{abstract}}\n{}\n\\end{{abstract}}\n", code(paper.question)));
    }
    let after = paper.sources.first().filter(|_| paper.after).map(|(key, _)| format!("After~\\cite{{{key}}}."));
    let setting: Vec<String> = after.into_iter().chain(paper.setting.iter().map(|s| code(s))).collect();
    out.push_str(&format!("\n\\section{{Setting}}\n{}\n", setting.join("\n")));
    if !paper.tables.is_empty() {
        out.push_str(&format!("\n\\section{{Results}}\n{}\n", mentioned(paper)));
        let tests = paper.tables.iter().filter_map(|t| t.details.paper.as_ref()).map(|s| &s.name);
        let names = paper.tables.iter().map(|t| &t.name).chain(tests);
        names.for_each(|name| out.push_str(&format!("\\input{{tables/{}}}\n", file_name(name))));
    }
    if !paper.sources.is_empty() {
        out.push_str("\\begin{thebibliography}{9}\n");
        for (key, citation) in &paper.sources {
            out.push_str(&format!("\\bibitem{{{key}}} {}.\n", escape(citation.trim_end_matches('.'))));
        }
        out.push_str("\\end{thebibliography}\n");
    }
    if !paper.drawings.is_empty() {
        out.push_str("\n\\clearpage\n\\section*{Figures}\n");
        paper.drawings.iter().for_each(|d| out.push_str(&figure(d)));
    }
    out + "\\end{document}\n"
}

/// `Table 1 and Table 2: the numbers. ..`: floats that nothing refers to are floats that nobody finds.
fn mentioned(paper: &Paper<'_>) -> String {
    let named = |name: &String| format!("Table~\\ref{{tab:{}}}", label(name));
    let tables: Vec<String> = paper.tables.iter().map(|t| named(&t.name)).collect();
    let tests = paper.tables.iter().filter_map(|t| t.details.paper.as_ref());
    let tests: Vec<String> = tests.map(|s| named(&s.name)).collect();
    let mut text = format!("{}: the numbers.", list(&tables));
    if !tests.is_empty() {
        text.push_str(&format!(" {}: what the claims rest on.", list(&tests)));
    }
    if let (Some(first), Some(last)) = (paper.drawings.first(), paper.drawings.last()) {
        let name = |d: &Drawing| format!("\\ref{{fig:{}}}", label(&d.name));
        match paper.drawings.len() {
            1 => text.push_str(&format!(" Figure~{}: how it looks.", name(first))),
            _ => text.push_str(&format!(" Figures~{} to~{}: how it looks.", name(first), name(last))),
        }
    }
    text
}

/// A picture in its own size, or as large as the page lets it be.
fn figure(drawing: &Drawing) -> String {
    let width = width(&drawing.svg).map_or("\\linewidth".to_owned(), |w| match w * POINTS {
        w if w > 455.0 => "\\linewidth".into(),
        w => format!("{w:.0}pt"),
    });
    let (name, caption) = (&drawing.name, code(&drawing.caption));
    format!(
        "\\begin{{figure}}[!htbp]\n  \\centering\n  \
         \\includegraphics[width={width},height=0.78\\textheight,keepaspectratio]{{figures/{name}}}\n  \
         \\caption{{{caption}}}\n  \\label{{fig:{}}}\n\\end{{figure}}\n",
        label(name)
    )
}
