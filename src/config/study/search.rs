//! `[study.search]`: points drawn from ranges and choices, each a coordinate of cells like an axis's value. Which of
//! them are trained to the end is the search's method; what is drawn depends on nothing but this table.

use super::super::tree::{Item, Layer, Origin, Table, Value};
use super::super::write::{canonical, inline};
use super::nested;
use super::read::{Axis, Reader};
use crate::diagnostic::{Diagnostic, Place};
use crate::random::Stream;

const KEYS: [&str; 8] = ["method", "trials", "budget", "factor", "rounds", "metric", "seed", "space"];
const SPACE_KEYS: [&str; 5] = ["key", "from", "to", "scale", "values"];
/// Points that are drawn at most.
const MOST: usize = 10_000;
/// Rounds at most.
const ROUNDS: u64 = 20;

/// How a search spends its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Every point is trained to the end (Bergstra and Bengio, JMLR 2012).
    Random,
    /// In rounds; of each the best `1 / factor` go on, `factor` times as long, in the last to the end (Jamieson and
    /// Talwalkar, AISTATS 2016).
    SuccessiveHalving { factor: usize, rounds: usize },
}

/// `[study.search]`, read and checked.
#[derive(Clone, Debug)]
pub struct Search {
    pub method: Method,
    /// Points to draw for each variant.
    pub trials: usize,
    /// Column of the validation split that ranks the points; `evaluate.select` where none is written.
    pub metric: Option<Item>,
    place: Option<Place>,
    pub(super) points: Vec<Vec<Drawn>>,
    pub(super) dimensions: Vec<Dimension>,
}

/// One key's range or choice.
#[derive(Clone, Debug)]
pub(super) struct Dimension {
    pub axis: Axis,
    range: Range,
}

#[derive(Clone, Debug)]
enum Range {
    Choice(Vec<Item>),
    Number { from: f64, to: f64, logarithmic: bool, whole: bool },
}

/// Label (`rate=0.0032`) and value of a dimension at a point.
pub(super) type Drawn = (String, Item);

/// A round of a search: how many points it trains, and up to which share of the whole training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    pub points: usize,
    pub share: f64,
}

impl Method {
    /// The rounds that so many points go through.
    pub fn rounds(self, trials: usize) -> Vec<Round> {
        let Method::SuccessiveHalving { factor, rounds } = self else {
            return vec![Round { points: trials, share: 1.0 }];
        };
        let counts = std::iter::successors(Some(trials), |left| Some(left.div_ceil(factor)));
        let share = |round: usize| (factor as f64).powi(-((rounds - 1 - round) as i32));
        counts.take(rounds).enumerate().map(|(i, points)| Round { points, share: share(i) }).collect()
    }

    /// Training that so many points cost, in whole trainings.
    pub fn cost(self, trials: usize) -> f64 {
        let mut before = 0.0;
        let step = |round: Round| {
            let more = round.points as f64 * (round.share - before);
            before = round.share;
            more
        };
        self.rounds(trials).into_iter().map(step).sum()
    }

    /// The most points that a budget of whole trainings pays for.
    fn affordable(self, budget: f64) -> usize {
        (1..=MOST).take_while(|trials| self.cost(*trials) <= budget).last().unwrap_or(0)
    }
}

impl Reader {
    pub(super) fn search(&mut self, study: &Table) {
        let Some(item) = study.get("search") else { return };
        let Some(table) = self.table(item) else { return };
        self.unknown(table, &KEYS, "`[study.search]`");
        let before = self.problems.len();
        let method = self.method(table);
        let seed = self.whole(table, "seed", 0).unwrap_or(0);
        let dimensions = self.dimensions(table, item);
        let trials = self.trials(table, item, method);
        let metric = table.get("metric").cloned();
        if let Some(metric) = metric.as_ref().filter(|metric| metric.as_text().is_none()) {
            self.problems.push(metric.expected("a column of the validation split, such as `\"missing.psnr\"`"));
        }
        if self.problems.len() > before {
            return;
        }
        match draw(&dimensions, trials, Stream::new(seed, "search")) {
            Ok(points) => {
                self.plan.search =
                    Some(Search { method, trials, metric, place: item.entry_place(), points, dimensions })
            }
            Err(there_are) => {
                let place = table.get("trials").or(table.get("budget")).unwrap_or(item);
                let problem = format!("the search asks for {trials} points, its space has {there_are}");
                self.error(problem, place);
            }
        }
    }

    fn method(&mut self, table: &Table) -> Method {
        let factor = self.whole(table, "factor", 2);
        let rounds = self.whole(table, "rounds", 2).map(|rounds| rounds.min(ROUNDS));
        let Some(item) = table.get("method") else { return Method::Random };
        match item.as_text() {
            Some("random") => {
                for key in ["factor", "rounds"].iter().filter(|key| table.contains_key(**key)) {
                    self.error(format!("`{key}` belongs to `method = \"successive-halving\"`"), &table[*key]);
                }
                Method::Random
            }
            Some("successive-halving") => Method::SuccessiveHalving {
                factor: factor.unwrap_or(3).min(MOST as u64) as usize,
                rounds: rounds.unwrap_or(3) as usize,
            },
            Some(name) => {
                let known = ["random", "successive-halving"];
                self.no_such("method of search", name, known.into_iter(), item.place().cloned());
                Method::Random
            }
            None => {
                self.problems.push(item.expected("`\"random\"` or `\"successive-halving\"`"));
                Method::Random
            }
        }
    }

    /// `trials`, or what `budget` pays for; one of the two is written.
    fn trials(&mut self, table: &Table, search: &Item, method: Method) -> usize {
        match (table.get("trials"), table.get("budget")) {
            (Some(_), None) => {
                let trials = self.whole(table, "trials", 1).unwrap_or(1) as usize;
                if trials > MOST {
                    self.error(format!("`trials` is {trials}, expected at most {MOST}"), &table["trials"]);
                }
                trials.min(MOST)
            }
            (None, Some(budget)) => {
                let Some(whole) = number(budget) else {
                    self.problems.push(budget.expected("a number: of whole trainings"));
                    return 1;
                };
                let trials = method.affordable(whole);
                if trials == 0 {
                    self.error(format!("a budget of {whole} whole trainings pays for no point"), budget);
                }
                trials.max(1)
            }
            (Some(_), Some(budget)) => {
                self.error("`trials` and `budget` say the same: write one of them".into(), budget);
                1
            }
            (None, None) => {
                self.error("the search has neither `trials` nor `budget`".into(), search);
                1
            }
        }
    }

    fn whole(&mut self, table: &Table, key: &str, least: i64) -> Option<u64> {
        let item = table.get(key)?;
        match item.value {
            Value::Integer(value) if value >= least => return Some(value.unsigned_abs()),
            Value::Integer(value) => self.error(format!("`{key}` is {value}, expected at least {least}"), item),
            _ => self.problems.push(item.expected("an integer")),
        }
        None
    }

    fn dimensions(&mut self, table: &Table, search: &Item) -> Vec<Dimension> {
        let Some(space) = table.get("space").and_then(|space| self.table(space)) else {
            if !table.contains_key("space") {
                self.error("the search has no `space`: what is searched, a table for each key".into(), search);
            }
            return vec![];
        };
        let mut all: Vec<Dimension> = vec![];
        for (name, item) in space {
            let Some(dimension) = self.dimension(name, item) else { continue };
            let others = self.plan.axes.iter().chain(all.iter().map(|d| &d.axis));
            let same = others.filter(|other| other.path().eq(dimension.axis.path())).map(|a| a.name.clone()).next();
            if let Some(other) = same {
                let message = format!("`{other}` and `{name}` set the same key");
                self.error(message, item.get(&["key"]).unwrap_or(item));
            }
            all.push(dimension);
        }
        all
    }

    fn dimension(&mut self, name: &str, item: &Item) -> Option<Dimension> {
        let table = self.table(item)?;
        self.unknown(table, &SPACE_KEYS, "a searched key");
        let Some(key) = table.get("key") else {
            self.error(format!("`{name}` has no `key`: the path that is searched"), item);
            return None;
        };
        let path = self.path(key)?;
        let range = match table.get("values") {
            Some(values) => self.choice(table, values)?,
            None => self.range(name, table, item)?,
        };
        Some(Dimension { axis: Axis { name: name.to_string(), key: path, values: vec![] }, range })
    }

    fn choice(&mut self, table: &Table, values: &Item) -> Option<Range> {
        for key in ["from", "to", "scale"].iter().filter_map(|key| table.get(*key)) {
            self.error("a searched key has `values`, or `from` and `to`".into(), key);
        }
        let values = self.array(values, "values").to_vec();
        for (i, value) in values.iter().enumerate() {
            if values[..i].iter().any(|other| canonical(other) == canonical(value)) {
                self.error(format!("value {} is given twice", inline(value)), value);
            }
        }
        (!values.is_empty()).then_some(Range::Choice(values))
    }

    fn range(&mut self, name: &str, table: &Table, item: &Item) -> Option<Range> {
        let (Some(low), Some(high)) = (table.get("from"), table.get("to")) else {
            self.error(format!("`{name}` has neither `values` nor `from` and `to`"), item);
            return None;
        };
        let logarithmic = match table.get("scale") {
            None => false,
            Some(scale) if scale.as_text() == Some("log") => true,
            Some(scale) if scale.as_text() == Some("linear") => false,
            Some(scale) => {
                self.problems.push(scale.expected("`\"linear\"` or `\"log\"`"));
                return None;
            }
        };
        for end in [low, high].into_iter().filter(|end| number(end).is_none()) {
            self.problems.push(end.expected("a number"));
        }
        let (from, to) = (number(low)?, number(high)?);
        if to <= from {
            self.error(format!("`to` is {to}, expected more than `from`, {from}"), high);
            return None;
        }
        if logarithmic && from <= 0.0 {
            self.error(format!("`from` is {from}, expected above 0 on a logarithmic scale"), low);
            return None;
        }
        let whole = [low, high].iter().all(|end| matches!(end.value, Value::Integer(_)));
        Some(Range::Number { from, to, logarithmic, whole })
    }
}

impl Search {
    /// The error of a search whose points nothing ranks; `select` is `evaluate.select`.
    pub fn unranked(&self, select: Option<&str>, validated: &[String]) -> Option<Diagnostic> {
        let written = self.metric.as_ref().and_then(Item::as_text);
        let (message, place) = match written.or(select) {
            Some(name) if validated.iter().any(|column| column == name) => return None,
            Some(name) => (format!("`{name}` is no column of the validation split"), self.metric.as_ref()),
            None => ("the search has no `metric`, and there is no `evaluate.select`".to_string(), None),
        };
        let place = place.and_then(Item::place).or(self.place.as_ref());
        let problem = place.into_iter().fold(Diagnostic::error(message), |problem, place| problem.at(place, ""));
        Some(problem.with_note("on the validation split", validated.join(", ")))
    }

    /// The sheets that set a point's values.
    pub(super) fn sheets(&self, point: usize) -> impl Iterator<Item = Item> {
        let drawn = self.dimensions.iter().zip(&self.points[point]);
        drawn.map(|(dimension, (_, value))| nested(&dimension.axis.key, value, &dimension.axis.name))
    }

    /// Name, label and value of each dimension.
    pub(super) fn named(&self, point: usize) -> impl Iterator<Item = (String, String, Item)> {
        let drawn = self.dimensions.iter().zip(&self.points[point]);
        drawn.map(|(dimension, (label, value))| (dimension.axis.name.clone(), label.clone(), value.clone()))
    }
}

impl Dimension {
    /// Number of values, where they can be counted.
    fn size(&self) -> Option<usize> {
        match &self.range {
            Range::Choice(values) => Some(values.len()),
            Range::Number { from, to, whole: true, .. } => Some((to - from) as usize + 1),
            Range::Number { .. } => None,
        }
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let item = match &self.range {
            Range::Choice(values) => values[stream.below(values.len())].clone(),
            Range::Number { from, to, logarithmic, whole } => {
                let value = match (logarithmic, whole) {
                    (true, _) => stream.between(from.ln(), to.ln()).exp(),
                    (false, true) => stream.between(*from, to + 1.0).floor(),
                    (false, false) => stream.between(*from, *to),
                };
                let value = if *whole { value.round() } else { three_digits(value) }.clamp(*from, *to);
                let value = if *whole { Value::Integer(value as i64) } else { Value::Float(value) };
                let place = self.axis.key.last().and_then(|(_, place)| place.clone());
                let origin = Origin { layer: Layer::Axis(self.axis.name.as_str().into()), key: place.clone(), place };
                Item { value, origin, history: Default::default() }
            }
        };
        let said = item.as_text().map_or_else(|| inline(&item), str::to_string);
        (format!("{}={said}", self.axis.name), item)
    }
}

/// Different points, in the order drawn; how many there are, where there are too few.
fn draw(dimensions: &[Dimension], trials: usize, stream: Stream) -> Result<Vec<Vec<Drawn>>, usize> {
    let sizes: Option<Vec<usize>> = dimensions.iter().map(Dimension::size).collect();
    let there_are = sizes.map(|sizes| sizes.iter().fold(1usize, |all, size| all.saturating_mul(*size)));
    if let Some(there_are) = there_are.filter(|there_are| *there_are < trials) {
        return Err(there_are);
    }
    let mut points: Vec<Vec<Drawn>> = vec![];
    // A narrow range of rounded numbers may hold fewer points than its ends promise.
    for attempt in 0..trials as u64 * 1000 {
        if points.len() == trials {
            break;
        }
        let mut stream = stream.fork(attempt);
        let point: Vec<Drawn> = dimensions.iter().map(|dimension| dimension.draw(&mut stream)).collect();
        let label = |point: &[Drawn]| point.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>();
        if !points.iter().any(|other| label(other) == label(&point)) {
            points.push(point);
        }
    }
    if points.len() < trials { Err(points.len()) } else { Ok(points) }
}

fn number(item: &Item) -> Option<f64> {
    match item.value {
        Value::Integer(value) => Some(value as f64),
        Value::Float(value) if value.is_finite() => Some(value),
        _ => None,
    }
}

/// Rounded so that what a label shows is the value itself.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(method: Method, trials: usize) -> Vec<(usize, f64)> {
        method.rounds(trials).into_iter().map(|round| (round.points, round.share)).collect()
    }

    #[test]
    fn of_each_round_the_best_part_goes_on_for_longer() {
        let halving = Method::SuccessiveHalving { factor: 4, rounds: 3 };
        assert_eq!(shares(halving, 16), [(16, 0.0625), (4, 0.25), (1, 1.0)]);
        assert_eq!(shares(halving, 40), [(40, 0.0625), (10, 0.25), (3, 1.0)]);
        assert_eq!(shares(halving, 1), [(1, 0.0625), (1, 0.25), (1, 1.0)]);
        assert_eq!(shares(Method::Random, 5), [(5, 1.0)]);
        // 16 x 1/16, then 4 x 3/16, then 3/4: what resuming saves is not paid again.
        assert!((halving.cost(16) - 2.5).abs() < 1e-12);
        assert_eq!(halving.affordable(2.5), 16);
        assert_eq!(Method::Random.affordable(7.9), 7);
        assert_eq!(halving.affordable(0.5), 0);
    }
}
