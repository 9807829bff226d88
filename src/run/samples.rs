//! The pictures that sample figures show, as PNG files in the cell's `samples/`.

mod pairs;
mod pick;

pub use pairs::write as write_pairs;

use super::cell::CellFolder;
use super::data::Data;
use super::train::Trainer;
use super::{RunError, evaluate};
use crate::components::raster::{self, Look};
use crate::components::sample::Array;
use crate::graph::plan::{Plan, Value};
use crate::record::{self, SampleIndex, SampleRow, Status, Tile};
use crate::registry::Type;
use crate::tensor::Backend;
use pick::Picker;

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
        let picker = Picker { plan, trainer, data, shown, status };
        let rows = picker.rows()?;
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
