//! The four forms of a table: one file a form.

pub mod align;
mod csv;
mod html;
mod latex;
mod markdown;
pub mod tex;

pub use csv::Csv;
pub use html::Html;
pub use latex::Latex;
pub use markdown::{Markdown, escape as escape_markdown};

use super::ReportError;
use super::significance::Sheet;
use super::table::{Head, Table};

/// Writes a table in one form.
pub trait Format {
    /// Of the file under `tables/`, or empty where the form is part of a page.
    fn extension(&self) -> &'static str;

    /// # Errors
    /// Only where the form itself cannot be written (`csv`).
    fn render(&self, table: &Table) -> Result<String, ReportError>;

    /// The numbers behind a table.
    ///
    /// # Errors
    /// As [`Format::render`].
    fn sheet(&self, sheet: &Sheet) -> Result<String, ReportError>;
}

/// Runs of heads beneath one word: the word and how many. Empty where no head stands beneath any.
pub fn spans(heads: &[Head]) -> Vec<(&str, usize)> {
    let mut all: Vec<(&str, usize)> = Vec::new();
    for head in heads {
        match all.last_mut() {
            Some((above, n)) if *above == head.above => *n += 1,
            _ => all.push((&head.above, 1)),
        }
    }
    if all.iter().all(|(above, _)| above.is_empty()) { vec![] } else { all }
}

#[cfg(test)]
mod tests {
    use super::super::group::Value;
    use super::super::significance::{Details, Line};
    use super::super::table::{Head, Kind, Row, Table};
    use super::*;

    /// Two rows of ours, a baseline, a published row; every special character somewhere.
    fn example() -> Table {
        let head = |column: &str, label: &str, unit: &str, better, decimals| Head {
            column: column.into(),
            above: column.split('.').next().unwrap_or_default().into(),
            label: label.into(),
            unit: unit.into(),
            higher_is_better: better,
            decimals,
            bare: false,
        };
        let value = |mean, std, n| Some(Value { mean, std, n, ..Value::default() });
        let published = Some(Value { mean: 15.974, decimals: Some((3, 0)), ..Value::default() });
        let row = |kind, label: &str, values| {
            let paper = if kind == Kind::Published { "na2020".into() } else { String::new() };
            Row { kind, label: label.into(), values, paper }
        };
        Table {
            name: "quality".into(),
            caption: "100 % of a_b & <script>|{~}\\".into(),
            corner: "variant".into(),
            heads: vec![
                head("missing.psnr", "PSNR", "dB", Some(true), 2),
                head("missing.l1", "L1", "", Some(false), 3),
                head("cost.macs", "MACs", "G", None, 1),
            ],
            rows: vec![
                row(
                    Kind::Ours,
                    "UV-GAN",
                    vec![value(20.125, Some(1.5), 40), value(0.1, Some(0.02), 38), value(1.26, None, 0)],
                ),
                row(
                    Kind::Ours,
                    "no <gate> & 50% #1",
                    vec![value(-3.0, Some(0.25), 40), None, value(f64::NAN, None, 0)],
                ),
                row(Kind::Baseline, "mirror", vec![value(12.0, Some(2.0), 40), value(0.3, Some(0.1), 40), None]),
                row(Kind::Published, "Ours_v2", vec![published, None, None]),
            ],
            notes: vec!["Mean ± std.".into(), "† Published: Table 1.".into()],
            details: Details::default(),
        }
    }

    /// The same with a best value, a mark and what stands beneath.
    fn tested() -> Table {
        let mut table = example();
        let set = |value: &mut Option<Value>, best, differs| {
            *value = value.map(|v| Value { best, differs, interval: Some((19.5, 20.75)), ..v });
        };
        set(&mut table.rows[0].values[0], true, true);
        set(&mut table.rows[1].values[0], false, true);
        let cells = |texts: [&str; 3]| Line::Cells(texts.map(String::from).to_vec());
        table.details.tests = Some(Sheet {
            name: "quality-tests".into(),
            caption: "Paired differences".into(),
            heads: ["row", "found", "p"].map(String::from).to_vec(),
            words: 2,
            lines: vec![Line::Over("Against a_b".into()), cells(["UV-GAN & co", "better", "< 0.001"])],
            notes: vec!["p: two-sided.".into()],
        });
        table
    }

    /// Spaces as wide as a digit and as a point, written here as `~` and `^`.
    fn spaced(text: &str) -> String {
        text.replace('~', "\u{2007}").replace('^', "\u{2008}")
    }

    #[test]
    fn markdown() {
        let expected = r"| variant | missing PSNR (dB) ↑ | missing L1 ↓ | cost MACs (G) | n |
|:---|---:|---:|---:|---:|
| UV-GAN | 20.12~ ± 1.50 | 0.100 ± 0.020 | 1.3 | 38–40 |
| no &lt;gate&gt; & 50% #1 | −3.00~ ± 0.25 | –^~~~~~~~~~~ | –^~ | 40 |
| *mirror* | 12.00~ ± 2.00 | 0.300 ± 0.100 | –^~ | 40 |
| Ours\_v2 † | 15.974~~~~~~ | –^~~~~~~~~~~ | –^~ |  |

Mean ± std.

† Published: Table 1.
";
        let head = "**100 % of a\\_b & &lt;script&gt;\\|{~}\\\\**\n\n";
        assert_eq!(Markdown.render(&example()).unwrap(), format!("{head}{}", spaced(expected)));
        let text = Markdown.render(&tested()).unwrap();
        assert!(text.contains(&spaced(r"| UV-GAN | **20.12**~ ± 1.50 \* | 0.100 ± 0.020 |")), "{text}");
        assert!(text.contains(&spaced(r"| −3.00~ ± 0.25 \* | –")), "{text}");
        assert!(text.contains(&spaced(r"| *mirror* | 12.00~ ± 2.00~ |")), "{text}");
        let beneath = r"<details><summary>Paired differences</summary>

| row | found | p |
|:---|:---|---:|
| *Against a\_b* |  |  |
| UV-GAN & co | better | &lt; 0.001 |

p: two-sided.

</details>
";
        assert!(text.ends_with(beneath), "{text}");
    }

    #[test]
    fn latex() {
        assert_eq!(
            Latex.render(&example()).unwrap(),
            r"\begin{table}[!htbp]
  \centering
  \setlength{\belowcaptionskip}{6pt}
  \caption{100 \% of a\_b \& \textless{}script\textgreater{}\textbar{}\{\textasciitilde{}\}\textbackslash{}}
  \label{tab:quality}
  \begin{tabular}{lrrrr}
    \toprule
     & \multicolumn{2}{c}{missing} & \multicolumn{1}{c}{cost} & \\
    \cmidrule(lr){2-3} \cmidrule(lr){4-4}
    variant & \multicolumn{1}{c}{PSNR (dB) $\uparrow$} & \multicolumn{1}{c}{L1 $\downarrow$} & \multicolumn{1}{c}{MACs (G)} & $n$ \\
    \midrule
    UV-GAN & 20.12\phantom{0}~\,$\pm$~1.50 & 0.100~\,$\pm$~0.020 & 1.3 & 38--40 \\
    no \textless{}gate\textgreater{} \& 50\% \#1 & $-$3.00\phantom{0}~\,$\pm$~0.25 & --\phantom{.000}\phantom{~\,$\pm$~0.000} & --\phantom{.0} & 40 \\
    \midrule
    \textit{mirror} & 12.00\phantom{0}~\,$\pm$~2.00 & 0.300~\,$\pm$~0.100 & --\phantom{.0} & 40 \\
    \midrule
    Ours\_v2$^\dagger$~\cite{na2020} & 15.974\phantom{~\,$\pm$~0.00} & --\phantom{.000}\phantom{~\,$\pm$~0.000} & --\phantom{.0} &  \\
    \bottomrule
  \end{tabular}
  \par\smallskip
  \begin{minipage}{\linewidth}\footnotesize
    Mean $\pm$ std. $^\dagger$ Published: Table 1.
  \end{minipage}
\end{table}
"
        );
        let text = Latex.render(&tested()).unwrap();
        assert!(text.contains(r"UV-GAN & \ablatebest{20}{.12}\phantom{0}~\,$\pm$~1.50\rlap{$^*$} & 0.100"), "{text}");
        assert!(text.contains(r"\providecommand{\ablatebest}[2]{"), "{text}");
        assert_eq!(
            Latex.sheet(&tested().details.tests.unwrap()).unwrap(),
            r"\begin{table}[!htbp]
  \centering
  \setlength{\belowcaptionskip}{6pt}
  \caption{Paired differences}
  \label{tab:quality-tests}
  \begin{tabular}{llr}
    \toprule
    row & found & p \\
    \midrule
    \multicolumn{3}{l}{\textit{Against a\_b}} \\
    UV-GAN \& co & better & \textless{} 0.001 \\
    \bottomrule
  \end{tabular}
  \par\smallskip
  \begin{minipage}{\linewidth}\footnotesize
    p: two-sided.
  \end{minipage}
\end{table}
"
        );
    }

    /// A table of eleven wide columns is set small, one of forty is shrunk.
    #[test]
    fn wide_tables_stay_on_the_page() {
        let wide = |times: usize| {
            let mut table = example();
            table.heads = table.heads.iter().cycle().take(times).cloned().collect();
            table.rows.iter_mut().for_each(|r| r.values = r.values.iter().cycle().take(times).copied().collect());
            Latex.render(&table).unwrap()
        };
        assert!(!example().caption.is_empty() && !wide(3).contains("scriptsize"));
        assert!(
            wide(6).contains(r"\scriptsize\setlength{\tabcolsep}{3pt}") && !wide(6).contains("resizebox"),
            "{}",
            wide(6)
        );
        let widest = wide(40);
        assert!(widest.contains("\\resizebox{\\linewidth}{!}{%\n  \\begin{tabular}"), "{widest}");
        assert!(widest.contains("\\end{tabular}%\n  }\n"), "{widest}");
    }

    #[test]
    fn csv() {
        assert_eq!(
            Csv.render(&example()).unwrap(),
            "kind,variant,missing.psnr,missing.psnr std,missing.psnr n,missing.psnr low,missing.psnr high,\
             missing.psnr mark,missing.l1,missing.l1 std,missing.l1 n,missing.l1 low,missing.l1 high,missing.l1 mark,\
             cost.macs,cost.macs std,cost.macs n,cost.macs low,cost.macs high,cost.macs mark\n\
             ours,UV-GAN,20.125,1.5,40,,,,0.1,0.02,38,,,,1.26,,,,,\n\
             ours,no <gate> & 50% #1,-3,0.25,40,,,,,,,,,,NaN,,,,,\n\
             baseline,mirror,12,2,40,,,,0.3,0.1,40,,,,,,,,,\n\
             published,Ours_v2,15.974,,,,,,,,,,,,,,,,,\n"
        );
        let text = Csv.render(&tested()).unwrap();
        assert!(text.contains("ours,UV-GAN,20.125,1.5,40,19.5,20.75,best *,0.1,"), "{text}");
        let sheet = Csv.sheet(&tested().details.tests.unwrap()).unwrap();
        assert_eq!(sheet, "row,found,p\nUV-GAN & co,better,< 0.001\n");
    }

    #[test]
    fn html() {
        let text = Html.render(&example()).unwrap();
        assert!(text.contains("<th colspan=\"2\" scope=\"colgroup\">missing</th>"), "{text}");
        assert!(text.contains("<th scope=\"col\">PSNR (dB)&nbsp;↑</th>"), "{text}");
        let number = |whole: &str, part: &str| format!("{whole}<span class=\"part\" style=\"width:4ch\">{part}</span>");
        let cell = format!("<td>{} <span class=\"std\">± 1.50</span></td>", number("20", ".12"));
        assert!(text.contains(&cell), "{text}");
        let hidden = "<span class=\"std pad\" aria-hidden=\"true\">± 0.00</span></td>";
        assert!(text.contains(&format!("<td>{} {hidden}", number("15", ".974"))), "{text}");
        assert!(text.contains("<tr class=\"baseline first\"><th scope=\"row\">mirror</th>"), "{text}");
        assert!(text.contains("no &lt;gate&gt; &amp; 50% #1") && !text.contains("<script>"), "{text}");
        assert!(text.contains("<th scope=\"row\">Ours_v2&nbsp;†</th>"), "{text}");
        assert!(!text.contains("<details") && !text.contains("class=\"mark\""), "{text}");
        let text = Html.render(&tested()).unwrap();
        let best = number("<strong>20</strong>", "<strong>.12</strong>");
        let best = format!("<td>{best} <span class=\"std\">± 1.50</span><span class=\"mark\">*</span></td>");
        assert!(text.contains(&best), "{text}");
        assert!(text.contains("± 2.00</span><span class=\"mark\"></span></td>"), "{text}");
        assert!(text.contains("<th scope=\"rowgroup\" colspan=\"3\">Against a_b</th>"), "{text}");
        assert!(text.contains("<td>UV-GAN &amp; co</td><td>better</td><td class=\"number\">&lt; 0.001</td>"), "{text}");
    }
}
