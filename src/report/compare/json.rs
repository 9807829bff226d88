//! The comparison for machines.

use super::{Compared, Differing, Metric, letter};
use crate::report::ReportError;
use serde_json::{Value, json};

/// Pretty JSON without a line end.
///
/// # Errors
/// None that the values of a comparison allow: numbers that are none become `null`.
pub fn json(compared: &Compared) -> Result<String, ReportError> {
    let runs: Vec<Value> = compared
        .runs
        .iter()
        .enumerate()
        .map(|(i, run)| {
            let cell = |c: &super::CellTold| json!({ "hash": c.hash, "seed": c.seed, "state": c.state });
            json!({
                "letter": letter(i), "name": run.name, "title": run.title, "experiment": run.experiment,
                "cells": run.cells.iter().map(cell).collect::<Vec<_>>(),
            })
        })
        .collect();
    let differing =
        |all: &[Differing]| -> Vec<Value> { all.iter().map(|d| json!({ "key": d.key, "values": d.values })).collect() };
    let all = json!({
        "runs": runs,
        "identical": compared.identical(),
        "keys": compared.keys,
        "configuration": differing(&compared.configuration),
        "environment": differing(&compared.environment),
        "metrics": compared.metrics.iter().map(metric).collect::<Vec<_>>(),
        "notes": compared.notes,
    });
    serde_json::to_string_pretty(&all).map_err(|e| ReportError::Table(e.to_string()))
}

fn metric(metric: &Metric) -> Value {
    let column = &metric.column;
    let value = |v: &Option<crate::report::Value>| {
        v.map(|v| json!({ "mean": v.mean, "std": v.std, "n": v.n, "low": v.interval.map(|i| i.0), "high": v.interval.map(|i| i.1) }))
    };
    let found = metric.found.iter().enumerate().map(|(i, found)| {
        let plain = metric.values[i + 1].zip(metric.values[0]).map(|(b, a)| b.mean - a.mean);
        match found {
            Ok(t) => json!({
                "run": letter(i + 1), "found": t.found, "difference": t.difference,
                "low": t.interval.map(|i| i.0), "high": t.interval.map(|i| i.1), "p-holm": t.p, "family": t.family,
                "samples": t.samples, "seeds": t.seeds, "seeds-agreeing": t.agreeing,
            }),
            Err(why) => json!({ "run": letter(i + 1), "found": "not-tested", "why": why.text(), "difference": plain }),
        }
    });
    json!({
        "column": column.name, "label": column.label, "unit": column.unit, "split": metric.split,
        "higher-is-better": column.higher_is_better,
        "values": metric.values.iter().map(value).collect::<Vec<_>>(),
        "against-a": found.collect::<Vec<_>>(),
    })
}
