//! The comparison for people: blocks of aligned lines, long values wrapped beneath their key.

use super::{CellTold, Compared, Differing, Metric, Told, letter};
use crate::record::State;
use crate::report::tested::{Found, Tested};

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

struct Page {
    lines: Vec<String>,
    width: usize,
    colour: bool,
}

/// Lines of at most `width` characters.
pub fn text(compared: &Compared, width: usize, colour: bool) -> String {
    let mut page = Page { lines: vec![], width: width.max(40), colour };
    compared.runs.iter().enumerate().for_each(|(i, run)| page.run(i, run));
    page.differences("Configuration", "keys", compared.keys, (compared.known[0], &compared.configuration));
    page.differences("Environment", "facts", 0, (compared.known[1], &compared.environment));
    if compared.identical() {
        page.lines.push(String::new());
        page.lines.push("The runs are identical: same configuration, same environment, same numbers.".into());
    }
    for i in 1..compared.runs.len() {
        page.metrics(i, &compared.metrics);
    }
    if !compared.notes.is_empty() {
        page.lines.push(String::new());
    }
    compared.notes.iter().for_each(|note| page.wrapped("", "  ", note));
    page.lines.join("\n")
}

impl Page {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn run(&mut self, i: usize, run: &Told) {
        let title = if run.title.is_empty() { run.name.clone() } else { run.title.clone() };
        let of = if run.experiment.is_empty() { String::new() } else { format!(" of {}", run.experiment) };
        let seeds: Vec<String> = run.cells.iter().map(|c| c.seed.to_string()).collect();
        let word = if seeds.len() == 1 { "seed" } else { "seeds" };
        let cells: Vec<String> = run.cells.iter().map(cell).collect();
        let told = format!("{title}{of}, {word} {} ({})", seeds.join(" "), cells.join(", "));
        let head = format!("{}  ", letter(i));
        let indent = " ".repeat(head.chars().count());
        self.wrapped(&head, &indent, &told);
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(String::new());
        self.lines.push(self.paint(BOLD, text));
    }

    /// `of`: how many there are in all, 0 where nobody counts them; `known`: how many runs have any.
    fn differences(&mut self, title: &str, word: &str, of: usize, (known, all): (usize, &[Differing])) {
        match (all.len(), of) {
            _ if known < 2 => self.heading(&format!("{title}: not known of two runs")),
            (0, _) => self.heading(&format!("{title}: no difference")),
            (1, 0) => self.heading(&format!("{title}: one fact differs")),
            (n, 0) => self.heading(&format!("{title}: {n} {word} differ")),
            (n, of) => {
                self.heading(&format!("{title}: {n} of {of} {word} {}", if n == 1 { "differs" } else { "differ" }))
            }
        }
        for row in all {
            self.wrapped("  ", "    ", &row.key);
            self.values(&row.values);
        }
    }

    /// Each value once, with the runs that have it.
    fn values(&mut self, values: &[Option<String>]) {
        let mut told: Vec<(Vec<String>, &Option<String>)> = Vec::new();
        for (i, value) in values.iter().enumerate() {
            match told.iter_mut().find(|(_, known)| *known == value) {
                Some((runs, _)) => runs.push(letter(i)),
                None => told.push((vec![letter(i)], value)),
            }
        }
        let wide = told.iter().map(|(runs, _)| runs.join(" ").len()).max().unwrap_or(1).min(self.width / 3);
        for (runs, value) in told {
            let first = format!("    {:<wide$}  ", runs.join(" "));
            let rest = " ".repeat(wide + 6);
            match value {
                Some(value) => self.wrapped(&first, &rest, value),
                None => {
                    let unset = self.paint(DIM, "unset");
                    self.lines.push(format!("{first}{unset}"));
                }
            }
        }
    }

    fn metrics(&mut self, i: usize, all: &[Metric]) {
        let shown: Vec<&Metric> = all.iter().filter(|m| m.values[0].is_some() || m.values[i].is_some()).collect();
        if shown.is_empty() {
            return self.heading(&format!("Metrics, {} less A: neither run has any", letter(i)));
        }
        self.heading(&format!("Metrics, {} less A", letter(i)));
        let rows: Vec<[String; 4]> = shown.iter().map(|m| numbers(m, i)).collect();
        let heads = [String::new(), "A".into(), letter(i), "difference".into()];
        let most = |c: usize| rows.iter().chain([&heads]).map(|r| r[c].chars().count()).max().unwrap_or(0);
        let columns = [most(1), most(2), most(3)];
        // What is left beside the numbers and the longest word of what was found.
        let room = self.width.saturating_sub(columns.iter().sum::<usize>() + 2 + 3 * 2 + 2 + "not significant".len());
        let wide = most(0).min(room.max(12));
        let line = |row: &[String; 4]| {
            let [a, b, difference] = columns;
            format!("  {:<wide$}  {:>a$}  {:>b$}  {:>difference$}", row[0], row[1], row[2], row[3])
        };
        self.lines.push(self.paint(DIM, line(&heads).trim_end()));
        let mut split = "test";
        for (metric, mut row) in shown.into_iter().zip(rows) {
            if !metric.cost && metric.split != split {
                split = &metric.split;
                self.lines.push(self.paint(DIM, &format!("  {split}:")));
            }
            if row[0].chars().count() > wide {
                self.wrapped("  ", "    ", &row[0]);
                row[0] = String::new();
            }
            let (word, code) = found(&metric.found[i - 1]);
            let word = if word.is_empty() { String::new() } else { format!("  {}", self.paint(code, word)) };
            self.lines.push(format!("{}{word}", line(&row)).trim_end().to_owned());
            if let Some(detail) = detail(metric, i) {
                self.dim_wrapped("      ", &detail);
            }
        }
        if let Some(tested) = all.iter().filter_map(|m| m.found[i - 1].as_ref().ok()).next() {
            let text = format!(
                "p: Wilcoxon's signed-rank test over test samples, Holm-corrected over {} comparisons; interval: 95%, \
                 paired bootstrap. Significant: p < 0.05, an interval without 0, the same sign in every seed.",
                tested.family
            );
            self.dim_wrapped("  ", &text);
        }
    }

    fn dim_wrapped(&mut self, indent: &str, text: &str) {
        for line in wrap(text, self.width - indent.len()) {
            let line = self.paint(DIM, &line);
            self.lines.push(format!("{indent}{line}"));
        }
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let room = self.width.saturating_sub(first.chars().count().max(rest.chars().count())).max(8);
        for (i, line) in wrap(text, room).into_iter().enumerate() {
            self.lines.push(format!("{}{line}", if i == 0 { first } else { rest }));
        }
    }
}

fn cell(cell: &CellTold) -> String {
    let state = match cell.state {
        Some(State::Done) => return cell.hash.clone(),
        None => "not started",
        Some(State::Running) => "running",
        Some(State::Stopped) => "stopped by a search",
        Some(State::Interrupted) => "interrupted",
        Some(State::Failed) => "failed",
    };
    format!("{} {state}", cell.hash)
}

/// Name, both values and their difference.
fn numbers(metric: &Metric, i: usize) -> [String; 4] {
    let column = &metric.column;
    let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
    let name = if metric.cost { column.label.clone() } else { column.name.clone() };
    let value = |i: usize| metric.values[i].map_or("-".to_owned(), |v| format!("{:.*}", column.decimals, v.mean));
    let plain = metric.values[i].zip(metric.values[0]).map(|(b, a)| b.mean - a.mean);
    let difference = metric.found[i - 1].as_ref().ok().map(|t| t.difference).or(plain);
    let difference = difference.map_or("-".to_owned(), |d| signed(d, column.decimals));
    [format!("{name}{unit}"), value(0), value(i), difference]
}

/// `+0.12`; more decimals where the column's would round it to nothing.
fn signed(value: f64, decimals: usize) -> String {
    let least = (decimals..decimals + 3).find(|d| value.abs() * 10f64.powi(*d as i32) >= 0.5).unwrap_or(decimals);
    if value == 0.0 { "0".into() } else { format!("{value:+.least$}") }
}

fn found(found: &Result<Tested, super::Why>) -> (&'static str, &'static str) {
    match found.as_ref().map(|t| t.found) {
        Ok(Found::Better) => ("better", GREEN),
        Ok(Found::Worse) => ("worse", RED),
        Ok(Found::Higher) => ("higher", BOLD),
        Ok(Found::Lower) => ("lower", BOLD),
        Ok(Found::SeedsDisagree) => ("seeds disagree", DIM),
        Ok(Found::SpansZero) => ("spans 0", DIM),
        Ok(Found::NotSignificant) => ("not significant", DIM),
        Ok(Found::NotTested) | Err(_) => ("", DIM),
    }
}

/// What stands beneath a metric's numbers.
fn detail(metric: &Metric, i: usize) -> Option<String> {
    let tested = match &metric.found[i - 1] {
        Ok(tested) => tested,
        // A dash says it.
        Err(super::Why::Cost | super::Why::Unfinished | super::Why::Missing) => return None,
        Err(why) => return Some(why.text().into()),
    };
    let decimals = metric.column.decimals + 1;
    let interval = tested.interval.map(|(low, high)| format!("{low:+.decimals$} to {high:+.decimals$}, "));
    let p = tested.p.map(|p| if p < 0.0001 { "p < 0.0001, ".to_owned() } else { format!("p {p:.4}, ") });
    let seeds =
        if tested.seeds == 1 { "1 seed".into() } else { format!("{} of {} seeds", tested.agreeing, tested.seeds) };
    Some(format!("{}{}{} samples, {seeds}", interval.unwrap_or_default(), p.unwrap_or_default(), tested.samples))
}

/// Broken at spaces; a word that is longer than a line is broken where the line ends.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let used = line.chars().count();
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        } else if used > 0 {
            line.push(' ');
        }
        while line.is_empty() && word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        line.extend(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_wrap() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!((signed(0.0012, 2), signed(-0.5, 2), signed(0.0, 2)), ("+0.001".into(), "-0.50".into(), "0".into()));
    }
}
