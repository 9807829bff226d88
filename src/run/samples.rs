//! The pictures that sample figures show, as PNG files in the cell's `samples/`.

use super::cell::CellFolder;
use super::data::{Data, datasets_of};
use super::train::Trainer;
use super::{RunError, evaluate};
use crate::components::raster::{self, Look};
use crate::components::sample::{Array, Split};
use crate::graph::plan::{Pick, Plan, Shown, Value};
use crate::random::Stream;
use crate::record::{self, SampleIndex, SampleRow, Status, Tile};
use crate::registry::Type;
use crate::tensor::Backend;

/// Writes every sample figure's tiles and their index.
pub fn write<D: Backend>(
    plan: &Plan,
    trainer: &Trainer<'_, D>,
    data: &Data,
    folder: &CellFolder,
    status: &Status,
) -> Result<(), RunError> {
    let mut index = SampleIndex::default();
    for shown in &plan.shown {
        let rows = picked(plan, data, shown, status);
        let wires: Vec<&Value> = shown.wires.iter().filter_map(|(_, v)| v.as_ref()).collect();
        if rows.is_empty() || wires.is_empty() {
            continue;
        }
        let indices: Vec<usize> = rows.iter().map(|(i, _)| *i).collect();
        let values = evaluate::values_of(plan, &trainer.models, data, &wires, &indices)?;
        let mut written = Vec::with_capacity(rows.len());
        for (n, (sample, label)) in rows.into_iter().enumerate() {
            let mut found = values.iter();
            let mut tiles = Vec::with_capacity(shown.wires.len());
            for (wire, value) in &shown.wires {
                tiles.push(match value.as_ref().and_then(|v| found.next().map(|f| (v, f))) {
                    None => Tile { wire: wire.clone(), ..Default::default() },
                    Some((value, (shape, all))) => {
                        let file = format!("{}-{n}-{}.png", shown.figure, tiles.len());
                        tile(plan, folder, wire, value, file, slice(*shape, all, n))?
                    }
                });
            }
            written.push(SampleRow { index: sample, label, tiles });
        }
        index.figures.insert(shown.figure.clone(), written);
    }
    Ok(record::write_json(&folder.path.join("samples").join("index.json"), &index)?)
}

/// One sample of a batch.
pub fn slice(shape: [usize; 4], values: &[f32], n: usize) -> Array {
    let size = shape[1] * shape[2] * shape[3];
    let n = n.min(shape[0].saturating_sub(1));
    Array { shape: [shape[1], shape[2], shape[3]], data: values[n * size..(n + 1) * size].to_vec() }
}

fn tile(
    plan: &Plan,
    folder: &CellFolder,
    wire: &str,
    value: &Value,
    file: String,
    array: Array,
) -> Result<Tile, RunError> {
    let ty = edge_type(plan, value);
    let (low, high) = match ty {
        Type::Image => (-1.0, 1.0),
        Type::Mask => (0.0, 1.0),
        _ => array.data.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v))),
    };
    let look = look(ty);
    let png =
        raster::to_png(&array, look).map_err(|e| RunError::Data { dataset: wire.into(), message: e.to_string() })?;
    record::write_atomic(&folder.path.join("samples").join(&file), &png)?;
    Ok(Tile { wire: wire.into(), ty: ty.name().into(), file, low: f64::from(low), high: f64::from(high) })
}

/// How a value of a type is drawn.
pub fn look(ty: Type) -> Look {
    match ty {
        Type::Image => Look::Image,
        Type::Mask => Look::Mask,
        _ => Look::Map,
    }
}

pub fn edge_type(plan: &Plan, value: &Value) -> Type {
    match value {
        Value::Dataset { dataset, port } => {
            plan.datasets[*dataset].ports.iter().find(|(p, _)| p == port).map_or(Type::Map, |(_, e)| e.ty)
        }
        Value::Node { application, output } => {
            plan.applications[*application].edges.get(*output).map_or(Type::Map, |e| e.ty)
        }
    }
}

/// Indices in the test split, with their labels.
fn picked(plan: &Plan, data: &Data, shown: &Shown, status: &Status) -> Vec<(usize, String)> {
    let wires = shown.wires.iter().filter_map(|(_, v)| v.as_ref());
    let samples = datasets_of(plan, wires).into_iter().map(|d| data.len(d, Split::Test)).min().unwrap_or(0);
    let plain = |i: usize| (i, format!("#{i}"));
    match &shown.pick {
        // The same samples for every variant and seed, so that rows can be compared.
        Pick::Random => {
            let order = Stream::new(0, "pick").permutation(samples);
            order.into_iter().take(shown.count).map(plain).collect()
        }
        Pick::Indices(indices) => indices.iter().filter(|i| **i < samples).map(|i| plain(*i)).collect(),
        Pick::Best(column) => ranked(status, column, shown.count, Rank::Best),
        Pick::Median(column) => ranked(status, column, shown.count, Rank::Median),
        Pick::Worst(column) => ranked(status, column, shown.count, Rank::Worst),
    }
}

enum Rank {
    Best,
    Median,
    Worst,
}

fn ranked(status: &Status, column: &str, count: usize, rank: Rank) -> Vec<(usize, String)> {
    let facts = status.columns.iter().find(|c| c.name == column);
    let higher = facts.and_then(|c| c.higher_is_better).unwrap_or(true);
    let decimals = facts.map_or(3, |c| c.decimals);
    let values = status.test.get(column).map_or(&[][..], |s| &s.values);
    let mut order: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))).collect();
    order.sort_by(|a, b| if higher { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) });
    let from = match rank {
        Rank::Best => 0,
        Rank::Median => (order.len() / 2).saturating_sub(count / 2),
        Rank::Worst => order.len().saturating_sub(count),
    };
    let mut rows: Vec<_> = order.into_iter().skip(from).take(count).collect();
    if matches!(rank, Rank::Worst) {
        rows.reverse();
    }
    rows.into_iter().map(|(i, v)| (i, format!("#{i} · {column} {v:.decimals$}"))).collect()
}
