//! `paper.tex`: title, question, tables, figures and citations as a small article that pdflatex compiles as it is, in the
//! folder of the report, and from which a paper takes what it needs.

use super::Options;
use super::figure::Drawing;
use super::format::tex::{code, escape, label};
use super::table::Table;
use crate::record::{State, StudyRecord};
use std::collections::BTreeSet;

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
pub fn tex<'d>(
    study: &StudyRecord,
    tables: &[Table],
    drawings: impl IntoIterator<Item = &'d Drawing>,
    options: &Options,
) -> String {
    let drawings: Vec<&Drawing> = drawings.into_iter().collect();
    let report = &study.cells.report;
    let title = if report.title.is_empty() { &study.cells.experiment } else { &report.title };
    let mut out = format!(
        "% Drawn by `ablate report`. `pdflatex paper.tex` in this folder makes the PDF, twice for the numbers.\n{HEAD}"
    );
    out.push_str(&format!("\\title{{{}}}\n\\author{{}}\n\\date{{{}}}\n", code(title), date(study)));
    out.push_str("\\begin{document}\n\\maketitle\n");
    if !report.question.is_empty() {
        out.push_str(&format!("\\begin{{abstract}}\n{}\n\\end{{abstract}}\n", code(&report.question)));
    }
    let sources = sources(study, tables, options);
    out.push_str(&format!("\n\\section{{Setting}}\n{}\n", setting(study, &sources)));
    if !tables.is_empty() {
        out.push_str(&format!("\n\\section{{Results}}\n{}\n", mentioned(tables, &drawings)));
        tables.iter().for_each(|t| out.push_str(&format!("\\input{{tables/{}}}\n", super::figure::file_name(&t.name))));
    }
    let tests: Vec<&str> = tables.iter().filter_map(|t| t.details.paper.as_ref()).map(|s| s.name.as_str()).collect();
    tests.iter().for_each(|name| out.push_str(&format!("\\input{{tables/{}}}\n", super::figure::file_name(name))));
    if !sources.is_empty() {
        out.push_str("\\begin{thebibliography}{9}\n");
        for (key, citation) in &sources {
            out.push_str(&format!("\\bibitem{{{key}}} {}.\n", escape(citation.trim_end_matches('.'))));
        }
        out.push_str("\\end{thebibliography}\n");
    }
    if !drawings.is_empty() {
        out.push_str("\n\\clearpage\n\\section*{Figures}\n");
        drawings.iter().for_each(|d| out.push_str(&figure(d)));
    }
    out + "\\end{document}\n"
}

/// Papers to cite: the experiment's own and those of published rows, by key.
fn sources(study: &StudyRecord, tables: &[Table], options: &Options) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    if !options.paper.is_empty() {
        all.push((label(&study.cells.report.paper), options.paper.clone()));
    }
    for paper in tables.iter().flat_map(|t| &t.rows).map(|r| r.paper.as_str()).filter(|p| !p.is_empty()) {
        let source = options.published.iter().find(|t| t.key.split('/').next() == Some(paper));
        if let (Some(source), true) = (source, all.iter().all(|(key, _)| *key != label(paper))) {
            all.push((label(paper), source.source.clone()));
        }
    }
    all
}

/// Rows, seeds, what they ran on, and how to do it again.
fn setting(study: &StudyRecord, sources: &[(String, String)]) -> String {
    let mut all = Vec::new();
    if let Some((key, _)) = sources.first().filter(|(key, _)| *key == label(&study.cells.report.paper)) {
        all.push(format!("After~\\cite{{{key}}}."));
    }
    let seeds: BTreeSet<u64> = study.cells.cells.iter().map(|c| c.seed).collect();
    let cells = study.records.len();
    let done = |r: &crate::record::CellRecord| r.status.as_ref().is_some_and(|s| s.state == State::Done);
    let finished = study.records.iter().filter(|(_, r)| done(r)).count();
    let listed: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let runs = if cells == 1 { "One run".to_owned() } else { format!("{cells} runs") };
    let ended = if finished == cells { String::new() } else { format!(", of which {finished} finished") };
    all.push(format!(
        "{runs}{ended}; {}.",
        match listed.as_slice() {
            [one] => format!("seed {one}"),
            many => format!("seeds {}", many.join(", ")),
        }
    ));
    if let Some(e) = study.records.iter().find_map(|(_, r)| r.environment.as_ref()) {
        let commit =
            if e.commit.is_empty() { String::new() } else { format!(", commit \\texttt{{{}}}", escape(&e.commit)) };
        all.push(format!(
            "Run on {} ({}) by ablate {}{commit}:",
            escape(&e.device),
            escape(&e.cpu),
            escape(&e.version)
        ));
        all.push(format!("{}.", code(&format!("`{}`", e.command.replace('`', "'")))));
    }
    all.join("\n")
}

/// The day on which the first run began, or nothing.
fn date(study: &StudyRecord) -> String {
    let started = study.records.iter().filter_map(|(_, r)| r.environment.as_ref()).map(|e| e.started.as_str());
    escape(started.min().and_then(|s| s.get(..10)).unwrap_or_default())
}

/// `Table 1 and Table 2 give the numbers; ..`: floats that nothing refers to are floats that nobody finds.
fn mentioned(tables: &[Table], drawings: &[&Drawing]) -> String {
    let list = |all: Vec<String>| match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    };
    let named = |t: &Table| format!("Table~\\ref{{tab:{}}}", label(&t.name));
    let mut text = format!("{}: the numbers.", list(tables.iter().map(named).collect()));
    let tests = tables.iter().filter_map(|t| t.details.paper.as_ref());
    let tests: Vec<String> = tests.map(|s| format!("Table~\\ref{{tab:{}}}", label(&s.name))).collect();
    if !tests.is_empty() {
        text.push_str(&format!(" {}: what the claims rest on.", list(tests)));
    }
    if let (Some(first), Some(last)) = (drawings.first(), drawings.last()) {
        let name = |d: &Drawing| format!("\\ref{{fig:{}}}", label(&d.name));
        match drawings.len() {
            1 => text.push_str(&format!(" Figure~{}: how it looks.", name(first))),
            _ => text.push_str(&format!(" Figures~{} to~{}: how it looks.", name(first), name(last))),
        }
    }
    text
}

/// A picture in its own size, or as large as the page lets it be.
fn figure(drawing: &Drawing) -> String {
    let width = size(&drawing.svg).map_or("\\linewidth".to_owned(), |w| match w * POINTS {
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

/// Width of an SVG document in pixels.
fn size(svg: &str) -> Option<f64> {
    svg.split_once("width=\"")?.1.split_once('"')?.0.parse().ok()
}
