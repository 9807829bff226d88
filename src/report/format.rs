//! The four forms of a table: one file a form.

mod csv;
mod html;
mod latex;
mod markdown;

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
fn spans(heads: &[Head]) -> Vec<(&str, usize)> {
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
        };
        let value = |mean, std, n| Some(Value { mean, std, n, ..Value::default() });
        let row = |kind, label: &str, values| Row { kind, label: label.into(), values };
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
                row(Kind::Published, "Ours_v2", vec![value(15.97, None, 0), None, None]),
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

    #[test]
    fn markdown() {
        assert_eq!(
            Markdown.render(&example()).unwrap(),
            r"**100 % of a\_b & &lt;script&gt;\|{~}\\**

| variant | missing PSNR (dB) ↑ | missing L1 ↓ | cost MACs (G) | n |
|:---|---:|---:|---:|---:|
| UV-GAN | 20.12 ± 1.50 | 0.100 ± 0.020 | 1.3 | 38–40 |
| no &lt;gate&gt; & 50% #1 | −3.00 ± 0.25 | – | – | 40 |
| *mirror* | 12.00 ± 2.00 | 0.300 ± 0.100 | – | 40 |
| Ours\_v2 † | 15.97 | – | – |  |

Mean ± std.

† Published: Table 1.
"
        );
        let text = Markdown.render(&tested()).unwrap();
        assert!(text.contains(r"| UV-GAN | **20.12** ± 1.50 \* | 0.100 ± 0.020 |"), "{text}");
        assert!(text.contains(r"| −3.00 ± 0.25 \* | – |"), "{text}");
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
            r"\begin{table}
  \centering
  \caption{100 \% of a\_b \& \textless{}script\textgreater{}\textbar{}\{\textasciitilde{}\}\textbackslash{}}
  \label{tab:quality}
  \begin{tabular}{lrrrr}
    \toprule
     & \multicolumn{2}{c}{missing} & \multicolumn{1}{c}{cost} & \\
    \cmidrule(lr){2-3} \cmidrule(lr){4-4}
    variant & PSNR (dB) $\uparrow$ & L1 $\downarrow$ & MACs (G) & $n$ \\
    \midrule
    UV-GAN & 20.12 $\pm$ 1.50 & 0.100 $\pm$ 0.020 & 1.3 & 38--40 \\
    no \textless{}gate\textgreater{} \& 50\% \#1 & $-$3.00 $\pm$ 0.25 & -- & -- & 40 \\
    \midrule
    \textit{mirror} & 12.00 $\pm$ 2.00 & 0.300 $\pm$ 0.100 & -- & 40 \\
    \midrule
    Ours\_v2$^\dagger$ & 15.97 & -- & -- &  \\
    \bottomrule
  \end{tabular}
  \par\smallskip\footnotesize Mean $\pm$ std. $^\dagger$ Published: Table 1.
\end{table}
"
        );
        let text = Latex.render(&tested()).unwrap();
        assert!(text.contains(r"UV-GAN & \textbf{20.12} $\pm$ 1.50\rlap{$^*$} & 0.100 $\pm$ 0.020 &"), "{text}");
        assert_eq!(
            Latex.sheet(&tested().details.tests.unwrap()).unwrap(),
            r"\begin{table}
  \centering
  \caption{Paired differences}
  \label{tab:quality-tests}
  \scriptsize\setlength{\tabcolsep}{3pt}
  \begin{tabular}{llr}
    \toprule
    row & found & p \\
    \midrule
    \multicolumn{3}{l}{\textit{Against a\_b}} \\
    UV-GAN \& co & better & \textless{} 0.001 \\
    \bottomrule
  \end{tabular}
  \par\smallskip\footnotesize p: two-sided.
\end{table}
"
        );
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
             published,Ours_v2,15.97,,,,,,,,,,,,,,,,,\n"
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
        assert!(text.contains("<td>20.12 <span class=\"std\">± 1.50</span></td>"), "{text}");
        assert!(text.contains("<tr class=\"baseline first\"><th scope=\"row\">mirror</th>"), "{text}");
        assert!(text.contains("no &lt;gate&gt; &amp; 50% #1") && !text.contains("<script>"), "{text}");
        assert!(text.contains("<th scope=\"row\">Ours_v2&nbsp;†</th>"), "{text}");
        assert!(!text.contains("<details") && !text.contains("class=\"mark\""), "{text}");
        let text = Html.render(&tested()).unwrap();
        let best = "<td><strong>20.12</strong> <span class=\"std\">± 1.50</span><span class=\"mark\">*</span></td>";
        assert!(text.contains(best), "{text}");
        assert!(text.contains("± 0.020</span><span class=\"mark\"></span></td>"), "{text}");
        assert!(text.contains("<th scope=\"rowgroup\" colspan=\"3\">Against a_b</th>"), "{text}");
        assert!(text.contains("<td>UV-GAN &amp; co</td><td>better</td><td class=\"number\">&lt; 0.001</td>"), "{text}");
    }
}
