//! The answer in one sentence: what the first column of the first table shows, with its number and its uncertainty, and
//! what a reader must know before repeating it. Only what was tested is called significant.

use super::config::is_baseline;
use crate::record::{CellEntry, StudyRecord};
use crate::report::group::{Group, Value};
use crate::report::table::{Head, Kind, Table, number, state_text};
use crate::report::tested::{Found, Tested, between, of_column};

/// What the top of the page says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub sentence: String,
    /// What limits it, a sentence each.
    pub caveats: Vec<String>,
}

/// A row of the table, under its first head.
struct Entry<'a> {
    group: &'a Group<'a>,
    value: Option<Value>,
    baseline: bool,
}

/// An entry with a value.
#[derive(Clone, Copy)]
struct Known<'a> {
    title: &'a str,
    value: Value,
    /// Finished runs behind the value.
    seeds: usize,
    baseline: bool,
}

/// Says what the first column of the first of `tables` shows.
pub fn answer(study: &StudyRecord, groups: &[Group<'_>], tables: &[Table]) -> Answer {
    let first = tables.first().and_then(|table| Some((table, table.heads.first()?)));
    let Some((table, head)) = first else {
        let sentence = match groups.iter().any(|g| g.done().next().is_some()) {
            true => "The runs measured nothing that a table shows, so there is no answer in numbers.".into(),
            false => "No run has finished, so there is no answer yet.".into(),
        };
        return Answer { sentence, caveats: unfinished(study, groups).into_iter().collect() };
    };
    let entries = entries(study, groups, head);
    let said = Said { head, tests: of_column(table.details.raw.as_ref(), &head.column) };
    let known: Vec<Known<'_>> = entries
        .iter()
        .filter_map(|e| {
            let value = e.value.filter(|v| v.mean.is_finite())?;
            Some(Known { title: &e.group.title, value, seeds: e.group.done().count(), baseline: e.baseline })
        })
        .collect();
    let mut answer = said.of(&entries, &known, &fills(table));
    answer.caveats.extend(said.absent(&entries));
    answer.caveats.extend(said.fill(&fills(table), &known));
    answer.caveats.extend(other_data(&entries));
    answer.caveats.extend(unfinished(study, groups));
    answer
}

/// The rows under the table's first head: where an axis runs across, those of its first label.
fn entries<'a>(study: &StudyRecord, groups: &'a [Group<'a>], head: &Head) -> Vec<Entry<'a>> {
    let across = study.cells.report.tables.first().map_or("", |plan| &plan.across);
    let here = |g: &&Group<'_>| across.is_empty() || g.place.get(across).is_none_or(|label| *label == head.above);
    let entry =
        |group: &'a Group<'a>| Entry { group, value: group.value(&head.column), baseline: is_baseline(study, group) };
    groups.iter().filter(here).map(entry).collect()
}

/// A column in words, and what was found in it.
struct Said<'a> {
    head: &'a Head,
    tests: Vec<Tested>,
}

impl Said<'_> {
    fn of(&self, entries: &[Entry<'_>], known: &[Known<'_>], fills: &[(&str, f64)]) -> Answer {
        match known {
            [] => self.nothing(entries).into(),
            [one] if entries.len() == 1 => format!("{}{}.", self.alone(one), self.beside(one, fills)).into(),
            [one] => {
                format!("Only {} has a result, so nothing can be compared: {}.", one.title, self.alone(one)).into()
            }
            _ => {
                let (bases, others): (Vec<&Known<'_>>, Vec<&Known<'_>>) = known.iter().partition(|k| k.baseline);
                match (bases.as_slice(), others.as_slice()) {
                    ([], others) => self.first_of(others),
                    (bases, []) => self.first_of(bases),
                    (_, [other]) => self.pair(other, self.base_of(other, &bases)),
                    (_, others) => self.several(others, &bases),
                }
            }
        }
    }

    fn nothing(&self, entries: &[Entry<'_>]) -> String {
        if entries.iter().any(|e| e.group.done().next().is_some()) {
            format!("No finished run measured {}, so there is no answer in numbers.", self.label())
        } else {
            "No run has finished, so there is no answer yet.".into()
        }
    }

    /// `UV-GAN reaches PSNR (missing) 14.20 dB (95% interval 13.80 to 14.60 dB over 3 seeds)`.
    fn alone(&self, one: &Known<'_>) -> String {
        let over = one.value.interval.map(|ends| {
            // Of one run, n counts samples; its spread says nothing of another training.
            let n = one.value.n;
            let what = if one.seeds > 1 { format!("{n} seeds") } else { format!("{n} test samples of one seed") };
            format!(" (95% interval {} over {what})", self.ends(ends, self.head.decimals))
        });
        format!("{} reaches {} {}{}", one.title, self.label(), self.amount(one.value.mean), over.unwrap_or_default())
    }

    /// What stands beside the only variant: the best of what learns nothing, if the direction says which that is.
    fn beside(&self, one: &Known<'_>, fills: &[(&str, f64)]) -> String {
        let best = fills.iter().copied().reduce(|a, b| if self.better(b.1, a.1) { b } else { a });
        let Some((label, mean)) = best.filter(|_| self.head.higher_is_better.is_some()) else {
            return "; there is nothing to compare it with".into();
        };
        let difference = one.value.mean - mean;
        let way = if difference > 0.0 { "higher" } else { "lower" };
        let by = format!("{}{}", number(difference.abs(), self.decimals(difference)), self.unit());
        format!(", {by} {way} than “{label}”, which learns nothing")
    }

    /// Without a baseline: the best and the next.
    fn first_of(&self, known: &[&Known<'_>]) -> Answer {
        let sorted = self.sorted(known);
        let (best, next) = (sorted[0], sorted[1]);
        let mut answer = self.pair(best, next);
        if known.len() > 2 && best.value.mean != next.value.mean {
            let (most, label) = (self.most(), self.label());
            let (mean, apart) = (self.amount(best.value.mean), self.apart(best, next));
            answer.sentence = format!(
                "Of {} variants “{}” has the {most} {label}, {mean}: {apart} than that of “{}”, the next {}.",
                known.len(),
                best.title,
                next.title,
                self.verdict(best, next)
            );
        }
        answer
    }

    /// A variant beside what it is compared with.
    fn pair(&self, row: &Known<'_>, against: &Known<'_>) -> Answer {
        let label = self.label();
        if row.value.mean == against.value.mean {
            let mean = self.amount(row.value.mean);
            let sentence = format!("{} and {} have the same {label}, {mean}.", row.title, against.title);
            return Answer { sentence, caveats: self.one_seed(row, against) };
        }
        let (apart, verdict) = (self.apart(row, against), self.verdict(row, against));
        let sentence = format!("{}'s {label} is {apart} than {}'s {verdict}.", row.title, against.title);
        Answer { sentence, caveats: self.one_seed(row, against) }
    }

    /// Several variants beside their baseline: the best of them, and how many differ.
    fn several(&self, others: &[&Known<'_>], bases: &[&Known<'_>]) -> Answer {
        let best = self.sorted(others)[0];
        let base = self.base_of(best, bases);
        let (n, label, apart) = (others.len(), self.label(), self.apart(best, base));
        let verdict = self.verdict(best, base);
        let mean = self.amount(best.value.mean);
        let sentence = if best.value.mean == base.value.mean {
            format!(
                "None of {n} variants has a better {label} than the baseline, “{}”; “{}” equals it, {mean}.",
                base.title, best.title
            )
        } else if self.better(base.value.mean, best.value.mean) {
            let own = self.amount(base.value.mean);
            format!(
                "None of {n} variants has a better {label} than the baseline, “{}” ({own}); the nearest, “{}”, is {apart} {verdict}.",
                base.title, best.title
            )
        } else {
            format!(
                "Of the {n} variants beside the baseline, “{}”, “{}” has the {} {label}, {mean}: {apart} than the baseline \
                 {verdict}.",
                base.title,
                best.title,
                self.most()
            )
        };
        let mut caveats = self.one_seed(best, base);
        caveats.extend(self.others(others, bases));
        Answer { sentence, caveats }
    }

    /// `Of 3 variants 2 differ significantly from the baseline: Gated (better), Plain (worse).`
    fn others(&self, others: &[&Known<'_>], bases: &[&Known<'_>]) -> Option<String> {
        let found = others.iter().filter_map(|k| {
            let tested = between(&self.tests, k.title, self.base_of(k, bases).title)?;
            Some((k.title, tested.found))
        });
        let all: Vec<(&str, Found)> = found.filter(|(_, f)| *f != Found::NotTested).collect();
        let differ: Vec<String> =
            all.iter().filter(|(_, f)| f.significant()).map(|(title, f)| format!("{title} ({})", word(*f))).collect();
        match (all.len(), differ.len()) {
            (0, _) => None,
            (n, 0) => Some(format!("None of {n} variants differs significantly from the baseline.")),
            (n, k) => Some(format!(
                "Of {n} variants {k} {} significantly from the baseline: {}.",
                if k == 1 { "differs" } else { "differ" },
                differ.join(", ")
            )),
        }
    }

    /// What a row is compared with: its own baseline, else the only one.
    fn base_of<'k, 'a>(&self, row: &Known<'_>, bases: &[&'k Known<'a>]) -> &'k Known<'a> {
        let own = self.tests.iter().find(|t| t.row == row.title && t.role == "baseline");
        own.and_then(|t| bases.iter().find(|b| b.title == t.against)).unwrap_or(&bases[0])
    }

    /// `0.41 dB lower`.
    fn apart(&self, row: &Known<'_>, against: &Known<'_>) -> String {
        let difference = self.difference(row, against);
        let way = if difference > 0.0 { "higher" } else { "lower" };
        let unit = self.unit();
        format!("{}{unit} {way}", number(difference.abs(), self.decimals(difference)))
    }

    fn difference(&self, row: &Known<'_>, against: &Known<'_>) -> f64 {
        let tested = between(&self.tests, row.title, against.title).map(|t| t.difference);
        tested.filter(|d| d.is_finite() && *d != 0.0).unwrap_or(row.value.mean - against.value.mean)
    }

    /// `(95% interval −0.90 to 0.10 dB, paired over 40 test samples and 3 seeds): the difference is not significant`.
    fn verdict(&self, row: &Known<'_>, against: &Known<'_>) -> String {
        if self.head.column.starts_with("cost.") {
            return "(costs are not tested)".into();
        }
        let Some(tested) = between(&self.tests, row.title, against.title) else {
            return "(no seed is shared): the difference cannot be tested".into();
        };
        let seeds = if tested.seeds == 1 { "one seed".to_owned() } else { format!("{} seeds", tested.seeds) };
        let over = match tested.samples {
            0 => format!("paired over {seeds}"),
            n => format!("paired over {n} test samples and {seeds}"),
        };
        let decimals = self.decimals(tested.difference);
        let interval = tested.interval.map(|ends| format!("95% interval {}, ", self.ends(ends, decimals)));
        format!("({}{over}): {}", interval.unwrap_or_default(), judged(&tested))
    }

    fn one_seed(&self, row: &Known<'_>, against: &Known<'_>) -> Vec<String> {
        let one = between(&self.tests, row.title, against.title).is_some_and(|t| t.seeds == 1);
        let text = "There is one seed of each: what another training would give is not tested.";
        if one { vec![text.into()] } else { vec![] }
    }

    /// Rows that the table has no number for.
    fn absent(&self, entries: &[Entry<'_>]) -> Option<String> {
        let some = entries.iter().any(|e| e.value.is_some());
        let without = |e: &&Entry<'_>| e.value.is_none_or(|v| !v.mean.is_finite());
        let named = |e: &Entry<'_>| {
            let role = if e.baseline { ", the baseline" } else { "" };
            format!("{}{role}", e.group.title)
        };
        let absent: Vec<String> = entries.iter().filter(without).map(named).collect();
        (some && !absent.is_empty()).then(|| format!("Without a result: {}.", absent.join("; ")))
    }

    /// What learns nothing, where its mean is better than that of all that learn.
    fn fill(&self, fills: &[(&str, f64)], known: &[Known<'_>]) -> Option<String> {
        self.head.higher_is_better?;
        let beats = |mean: f64| !known.is_empty() && known.iter().all(|k| self.better(mean, k.value.mean));
        let fills: Vec<String> = fills
            .iter()
            .filter(|f| beats(f.1))
            .map(|(label, mean)| format!("{label} ({})", self.amount(*mean)))
            .collect();
        let verb = if fills.len() == 1 { "learns nothing and is" } else { "learn nothing and are" };
        (!fills.is_empty()).then(|| format!("{} {verb} better than every trained variant.", fills.join(" and ")))
    }

    fn better(&self, a: f64, b: f64) -> bool {
        if self.head.higher_is_better == Some(false) { a < b } else { a > b }
    }

    /// Best first; where no way is better, highest first. Equals keep their order.
    fn sorted<'k, 'a>(&self, known: &[&'k Known<'a>]) -> Vec<&'k Known<'a>> {
        let mut all = known.to_vec();
        all.sort_by(|a, b| {
            let order = b.value.mean.total_cmp(&a.value.mean);
            if self.head.higher_is_better == Some(false) { order.reverse() } else { order }
        });
        all
    }

    fn most(&self) -> &'static str {
        if self.head.higher_is_better == Some(false) { "lowest" } else { "highest" }
    }

    /// `PSNR (missing)`.
    fn label(&self) -> String {
        let head = self.head;
        let (part, _) = head.column.rsplit_once('.').unwrap_or(("", ""));
        if part == "cost" {
            in_a_sentence(&head.label)
        } else if part.is_empty() {
            head.label.clone()
        } else {
            format!("{} ({})", head.label, part.replace('.', " "))
        }
    }

    fn unit(&self) -> String {
        if self.head.unit.is_empty() { String::new() } else { format!(" {}", self.head.unit) }
    }

    fn amount(&self, value: f64) -> String {
        format!("{}{}", number(value, self.head.decimals), self.unit())
    }

    fn ends(&self, (low, high): (f64, f64), decimals: usize) -> String {
        format!("{} to {}{}", number(low, decimals), number(high, decimals), self.unit())
    }

    /// The column's decimals, more where they would round a difference to nothing.
    fn decimals(&self, difference: f64) -> usize {
        let least = self.head.decimals;
        (least..least + 4).find(|d| difference.abs() * 10f64.powi(*d as i32) >= 0.5).unwrap_or(least)
    }
}

/// Rows of what learns nothing that have a number in the first column.
fn fills(table: &Table) -> Vec<(&str, f64)> {
    let rows = table.rows.iter().filter(|r| r.kind == Kind::Baseline);
    rows.filter_map(|r| Some((r.label.as_str(), (*r.values.first()?)?.mean))).collect()
}

impl From<String> for Answer {
    fn from(sentence: String) -> Self {
        Answer { sentence, caveats: vec![] }
    }
}

fn word(found: Found) -> &'static str {
    match found {
        Found::Better => "better",
        Found::Worse => "worse",
        Found::Higher => "higher",
        Found::Lower => "lower",
        _ => "no",
    }
}

fn judged(tested: &Tested) -> String {
    match tested.found {
        Found::Better => "significantly better".into(),
        Found::Worse => "significantly worse".into(),
        Found::Higher | Found::Lower => "the difference is significant".into(),
        // An interval without 0 would seem to say the opposite.
        Found::NotSignificant => match (tested.p, tested.interval) {
            (Some(p), Some((low, high))) if low > 0.0 || high < 0.0 => {
                format!("the difference is not significant (p = {p:.2} after correction)")
            }
            _ => "the difference is not significant".into(),
        },
        Found::SpansZero => "the difference is not significant, for the interval of the mean holds 0".into(),
        Found::SeedsDisagree => format!(
            "the difference is not significant, for the seeds disagree ({} of {} have this sign)",
            tested.agreeing, tested.seeds
        ),
        Found::NotTested => {
            "the difference cannot be tested, for the values of single test samples were not kept, or differ in number"
                .into()
        }
    }
}

/// Where rows were given other data, sample i of one need not be sample i of another.
fn other_data(entries: &[Entry<'_>]) -> Option<String> {
    let done = entries.iter().flat_map(|e| e.group.done());
    let mut data: Vec<&str> =
        done.filter_map(|r| r.environment.as_ref()).map(|e| e.data.as_str()).filter(|d| !d.is_empty()).collect();
    data.sort_unstable();
    data.dedup();
    (data.len() > 1).then(|| "Not all runs were given the same data.".into())
}

/// Cells that are not done, and why.
fn unfinished(study: &StudyRecord, groups: &[Group<'_>]) -> Option<String> {
    const MOST: usize = 3;
    let title = |entry: &CellEntry| {
        groups.iter().find(|g| g.cells.iter().any(|c| c.0 == *entry)).map_or("", |g| g.title.as_str())
    };
    let all: Vec<String> = study
        .records
        .iter()
        .filter_map(|(entry, record)| {
            let what = state_text(record.status.as_ref())?;
            Some(format!("{}, seed {}: {what}", title(entry), entry.seed))
        })
        .collect();
    let (n, of) = (all.len(), study.records.len());
    let rest = if n > MOST { format!("; and {} more", n - MOST) } else { String::new() };
    let are = if n == 1 { "run is" } else { "runs are" };
    (n > 0).then(|| format!("{n} of {of} {are} not in it ({}{rest}).", all[..n.min(MOST)].join("; ")))
}
/// `Peak memory` as `peak memory`; abbreviations stay.
fn in_a_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => label.into(),
    }
}
