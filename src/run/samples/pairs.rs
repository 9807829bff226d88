//! What verifications compared, for the page: `pairs.json` of the cell, and the pictures that figures show of it.

use super::slice;
use crate::components::raster::{self, Look};
use crate::components::sample::Array;
use crate::graph::plan::{Plan, Value};
use crate::record::{self, FigurePlan, HardPair, MapPoint, PairScores, PairsRecord};
use crate::run::RunError;
use crate::run::cell::CellFolder;
use crate::run::evaluate::{self, Pairs};
use crate::run::train::Trainer;
use crate::statistics::map;
use crate::tensor::Backend;
use std::collections::BTreeMap;

/// Writes the pairs of every verification; nothing where there was none.
pub fn write<D: Backend>(
    plan: &Plan,
    trainer: &Trainer<'_, D>,
    folder: &CellFolder,
    pairs: Vec<Pairs>,
) -> Result<(), RunError> {
    let path = folder.path.join("pairs.json");
    if pairs.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(RunError::file("remove", &path)(e)),
            _ => Ok(()),
        };
    }
    let mut all = PairsRecord::default();
    for (number, one) in pairs.iter().enumerate() {
        let mut scores = scores(one);
        if let Some(count) = asked(plan, "hardest-pairs", one, "count") {
            let wrong = hardest(one, count);
            scores.hardest = pictures(plan, trainer, folder, (number, one), &wrong)?;
        }
        if let Some(people) = asked(plan, "embedding-map", one, "people") {
            let each = asked(plan, "embedding-map", one, "pictures").unwrap_or(usize::MAX);
            scores.map = mapped(plan, trainer, one, people, each);
        }
        all.verifications.insert(one.column.clone(), scores);
    }
    Ok(record::write_small(&path, &all)?)
}

fn scores(pairs: &Pairs) -> PairScores {
    let compared = &pairs.compared;
    PairScores {
        scores: compared.scores.clone(),
        same: compared.same.iter().map(|same| u8::from(*same)).collect(),
        folds: compared.folds.iter().map(|fold| u16::try_from(*fold).unwrap_or(u16::MAX)).collect(),
        thresholds: compared.thresholds.clone(),
        groups: pairs.groups.clone(),
        yaws: compared.yaws.clone(),
        ..PairScores::default()
    }
}

/// The largest number that figures of a kind set for this evaluation; `None` without such a figure.
fn asked(plan: &Plan, component: &str, pairs: &Pairs, setting: &str) -> Option<usize> {
    let of = |f: &&FigurePlan| {
        let evaluation = f.settings.get("evaluation").and_then(|e| e.as_str());
        f.component == component && evaluation == Some(&pairs.evaluation)
    };
    let number = |f: &FigurePlan| f.settings.get(setting).and_then(|n| n.as_u64()).unwrap_or(1) as usize;
    plan.report.figures.iter().filter(of).map(number).max()
}

/// The pairs that are furthest on the wrong side of their fold's threshold: at most `count` impostors, then as many
/// genuine ones, the worst first.
fn hardest(pairs: &Pairs, count: usize) -> Vec<usize> {
    let compared = &pairs.compared;
    let mut all = vec![];
    for kind in [false, true] {
        let over = |i: usize| f64::from(compared.scores[i]) - compared.thresholds[compared.folds[i]];
        let wrong = |i: usize| if kind { -over(i) } else { over(i) };
        let mut of: Vec<usize> =
            (0..compared.scores.len()).filter(|i| compared.same[*i] == kind && wrong(*i) > 0.0).collect();
        of.sort_by(|a, b| wrong(*b).total_cmp(&wrong(*a)));
        all.extend(of.into_iter().take(count));
    }
    all
}

/// Both pictures of each pair, as files.
fn pictures<D: Backend>(
    plan: &Plan,
    trainer: &Trainer<'_, D>,
    folder: &CellFolder,
    (number, pairs): (usize, &Pairs),
    wanted: &[usize],
) -> Result<Vec<HardPair>, RunError> {
    let Some(evaluation) = plan.evaluations.iter().find(|e| e.name == pairs.evaluation) else { return Ok(vec![]) };
    let wire = |port: &str| evaluation.inputs.iter().find(|(name, _)| name == port).map(|(_, value)| value);
    let (Some(first), Some(second), false) = (wire("first"), wire("second"), wanted.is_empty()) else {
        return Ok(vec![]);
    };
    let values = evaluate::values_on(plan, &trainer.models, trainer.data, &pairs.datasets, &[first, second], wanted)?;
    let write = |array: &Array, file: String| {
        let png = raster::to_png(array, Look::Image)
            .map_err(|e| RunError::Data { dataset: pairs.evaluation.clone(), message: e.to_string() })?;
        record::write_atomic(&folder.path.join("samples").join(&file), &png)?;
        Ok::<String, RunError>(file)
    };
    let pair = |(n, pair): (usize, &usize)| {
        let file = |side: usize| {
            let (shape, all) = &values[side];
            write(&slice(*shape, all, n), format!("pair-{number}-{pair}-{side}.png"))
        };
        Ok(HardPair { pair: *pair, first: file(0)?, second: file(1)? })
    };
    wanted.iter().enumerate().map(pair).collect()
}

/// Vectors of the people with most pictures, in two dimensions.
fn mapped<D: Backend>(
    plan: &Plan,
    trainer: &Trainer<'_, D>,
    pairs: &Pairs,
    people: usize,
    each: usize,
) -> Vec<MapPoint> {
    let mut pictures: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (numbers, people) in pairs.compared.pictures.iter().zip(&pairs.compared.people) {
        for (picture, person) in numbers.iter().zip(people) {
            let of = pictures.entry(*person).or_default();
            if !of.contains(picture) {
                of.push(*picture);
            }
        }
    }
    let mut order: Vec<(usize, Vec<usize>)> = pictures.into_iter().collect();
    order.sort_by_key(|(person, pictures)| (std::cmp::Reverse(pictures.len()), *person));
    order.truncate(people);
    let names = names(plan, trainer, pairs);
    let (mut who, mut vectors) = (vec![], vec![]);
    for (person, pictures) in order {
        for picture in pictures.iter().take(each) {
            let Some(vector) = pairs.vectors.get(picture) else { continue };
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            vectors.push(vector.iter().map(|x| x / length).collect());
            who.push(names.get(person).cloned().unwrap_or_else(|| person.to_string()));
        }
    }
    let places = map::principal(&vectors).into_iter().zip(map::neighbours(&vectors));
    let small = |p: [f64; 2]| p.map(|x| x as f32);
    let point = |(person, (pca, tsne))| MapPoint { person, pca: small(pca), tsne: small(tsne) };
    who.into_iter().zip(places).map(point).collect()
}

/// Names of the people, where the dataset has them.
fn names<D: Backend>(plan: &Plan, trainer: &Trainer<'_, D>, pairs: &Pairs) -> Vec<String> {
    let evaluation = plan.evaluations.iter().find(|e| e.name == pairs.evaluation);
    let value = evaluation.and_then(|e| e.inputs.iter().find(|(port, _)| port == "first-identity"));
    let Some((_, Value::Dataset { dataset, port })) = value else { return vec![] };
    let read = pairs.datasets.iter().find(|(named, _)| named == dataset).map_or(*dataset, |(_, read)| *read);
    trainer.data.classes(read, port).unwrap_or_default()
}
