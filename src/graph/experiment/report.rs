//! `[report]` and `[predict]`: what is drawn and what is written.

use super::board::{Board, Missing};
use super::columns::Columns;
use super::desk::{at_value, no_such};
use super::fields::Fields;
use super::measures;
use super::parts;
use crate::config::{Item, Value as Written};
use crate::graph::plan::{Absent, Pick, Predict, Shown, Value};
use crate::record::{FigurePlan, ReportPlan, TablePlan};
use crate::registry::{Kind, Type};

const TABLE: [&str; 6] = ["columns", "rows", "across", "published", "caption", "enabled"];

/// The report, the values its sample figures show, and what of it this cell lacks.
pub struct Report {
    pub plan: ReportPlan,
    pub shown: Vec<Shown>,
    pub absent: Vec<Absent>,
}

pub fn resolve(board: &Board, top: &Fields, columns: &Columns) -> Report {
    let fields = Fields::closed(board.desk, top.get("report"), &["tables", "figures"]);
    let text = |key: &str| top.get(key).and_then(Item::as_text).unwrap_or_default().to_string();
    let plan = ReportPlan {
        title: text("title"),
        question: text("question"),
        paper: text("paper"),
        tables: vec![],
        figures: vec![],
    };
    let mut report = Report { plan, shown: vec![], absent: vec![] };
    let tables = Fields::open(board.desk, fields.get("tables"));
    for (name, item) in tables.table {
        report.plan.tables.extend(table(board, name, item, columns, &mut report.absent));
    }
    let figures = Fields::open(board.desk, fields.get("figures"));
    for (name, item) in figures.table {
        figure(board, name, item, columns, &mut report);
    }
    if fields.get("figures").is_none() {
        // Who names no figure still wants to see how the training went.
        let (name, component) = ("losses".into(), "loss-curves".into());
        report.plan.figures.push(FigurePlan { name, component, settings: Default::default() });
    }
    report
}

fn table(board: &Board, name: &str, item: &Item, columns: &Columns, absent: &mut Vec<Absent>) -> Option<TablePlan> {
    let fields = Fields::closed(board.desk, Some(item), &TABLE);
    fields.boolean("enabled", true);
    fields.required("columns", &format!("report.tables.{name}"), "columns = [\"missing.psnr\"]")?;
    let listed = fields.texts("columns");
    listed.iter().for_each(|(_, item)| columns.look_up(item, absent));
    across_groups(board, fields.text("across"), &listed, columns);
    let published = fields.texts("published");
    for (paper, item) in published.iter().filter(|_| !board.desk.about.papers.is_empty()) {
        if !board.desk.about.papers.iter().any(|p| p == paper) {
            let known = board.desk.about.papers.iter().filter(|p| p.contains('/')).map(String::as_str);
            board.desk.report(no_such("published table", paper, item, known));
        }
    }
    Some(TablePlan {
        name: name.into(),
        caption: fields.text("caption").unwrap_or_default().into(),
        columns: listed.into_iter().map(|(c, _)| c.to_string()).collect(),
        rows: axis(&fields, "rows").unwrap_or_else(|| "variant".into()),
        across: axis(&fields, "across").unwrap_or_default(),
        published: published.into_iter().map(|(p, _)| p.to_string()).collect(),
    })
}

/// `across = "group"` asks of every column that its evaluation has groups.
fn across_groups(board: &Board, across: Option<&str>, listed: &[(&str, &Item)], columns: &Columns) {
    if across != Some("group") || board.desk.about.axes.iter().any(|a| a == "group") {
        return;
    }
    for (column, item) in listed.iter().filter(|(column, _)| columns.has(column) && !columns.grouped(column)) {
        let problem = at_value(format!("`{column}` has no groups to stand across the table"), item, "");
        board.desk.report(problem.with_help("give its evaluation a `group-by`, or leave `across` out"));
    }
}

/// `rows` and `across` name an axis of the study, or `variant`; what stands across may be `group`.
fn axis(fields: &Fields, key: &str) -> Option<String> {
    let text = fields.text(key)?;
    let axes = &fields.desk.about.axes;
    let groups = (key == "across").then_some("group");
    let known = axes.iter().map(String::as_str).chain(["variant"]).chain(groups);
    if let (Some(item), false) = (fields.get(key), known.clone().any(|a| a == text)) {
        fields.desk.report(no_such("axis", text, item, known));
    }
    Some(text.into())
}

fn figure(board: &Board, name: &str, item: &Item, columns: &Columns, report: &mut Report) {
    let desk = board.desk;
    let path = format!("report.figures.{name}");
    Fields::open(desk, Some(item)).boolean("enabled", true);
    let Some(part) = parts::part(desk, "figure", item, &path, &["use", "enabled"]) else { return };
    let schema = &part.entry.card.settings;
    let mut wires = vec![];
    let before = report.absent.len();
    for setting in schema {
        let Some(value) = item.get(&[setting.name.as_str()]) else { continue };
        let each = value.as_array().unwrap_or(std::slice::from_ref(value));
        match setting.kind {
            Kind::Wire | Kind::Wires => wires.extend(each.iter().map(|w| wire(board, w, &mut report.absent))),
            Kind::Column | Kind::Columns => each.iter().for_each(|c| columns.look_up(c, &mut report.absent)),
            Kind::Evaluation => columns.look_up_evaluation(value, &mut report.absent),
            Kind::Text if setting.name == "node" => check_node(board, value),
            Kind::Text if setting.name == "across" => check_across(board, item, value, columns),
            _ => {}
        }
    }
    let pick = item.get(&["pick"]).and_then(|p| pick(board, p, columns, &mut report.absent)).unwrap_or(Pick::Random);
    let count = part.component.settings.get("count").and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
    if !wires.is_empty() {
        report.shown.push(Shown { figure: name.into(), wires, pick, count });
    }
    for absent in report.absent[before..].iter_mut().filter(|a| a.problem.help.is_empty()) {
        let help = format!("a page without this figure: `{path}.enabled = false`");
        absent.problem = absent.problem.clone().with_help(help);
    }
    let component = part.component;
    report.plan.figures.push(FigurePlan { name: name.into(), component: component.name, settings: component.settings });
}

/// A figure's `across` is an axis, or `group`, which its columns must have.
fn check_across(board: &Board, figure: &Item, item: &Item, columns: &Columns) {
    let axes = board.desk.about.axes.iter().map(String::as_str);
    let text = item.as_text().unwrap_or_default();
    if !text.is_empty() && !axes.clone().chain(["group"]).any(|a| a == text) {
        board.desk.report(no_such("axis", text, item, axes.chain(["group"])));
    }
    let listed = figure.get(&["columns"]).and_then(Item::as_array).unwrap_or_default();
    let listed: Vec<(&str, &Item)> = listed.iter().filter_map(|i| Some((i.as_text()?, i))).collect();
    across_groups(board, Some(text), &listed, columns);
}

fn check_node(board: &Board, item: &Item) {
    let name = item.as_text().unwrap_or_default();
    if !name.is_empty() && !board.nodes.contains_key(name) {
        board.desk.report(no_such("node", name, item, board.nodes.keys().map(String::as_str)));
    }
}

/// A figure's wire; a port that this cell lacks leaves an empty tile, and so does a value that is no picture here (the
/// channel weights of a squeeze-excite gate where another variant's gate weighs pixels).
fn wire(board: &Board, item: &Item, absent: &mut Vec<Absent>) -> (String, Option<Value>) {
    let text = item.as_text().unwrap_or_default().to_string();
    match board.wire(item) {
        Ok(bundle) if !bundle.list => match bundle.values.into_iter().next() {
            Some((_, edge)) if !is_picture(edge.ty) => {
                let message = format!("`{text}` is a {}, which is no picture", edge.ty.name());
                let problem = at_value(message, item, format!("{edge}"));
                absent.push(Absent {
                    name: text.clone(),
                    problem: problem.with_help("a figure shows images, masks and maps"),
                });
                (text, None)
            }
            value => (text, value.map(|(v, _)| v)),
        },
        Ok(bundle) => {
            let label = format!("a list of {}", bundle.values.len());
            let problem = at_value(format!("`{text}` is a list, a figure shows one value"), item, label);
            board.desk.report(problem.with_help(format!("name one: `{text}[0]` is the first, `{text}[-1]` the last")));
            (text, None)
        }
        Err(Missing::Failed) => (text, None),
        Err(missing) => {
            absent.extend(missing.diagnostic().map(|problem| Absent { name: text.clone(), problem }));
            (text, None)
        }
    }
}

/// What has a height and a width to be drawn.
fn is_picture(ty: Type) -> bool {
    matches!(ty, Type::Image | Type::Mask | Type::Map)
}

/// `"random"`, `[indices]`, `{ best | median | worst = column }` or `{ near = { value = wire, at = numbers } }`.
fn pick(board: &Board, item: &Item, columns: &Columns, absent: &mut Vec<Absent>) -> Option<Pick> {
    match &item.value {
        Written::Text(text) if text == "random" => Some(Pick::Random),
        Written::Array(items) => {
            let index = |i: &Item| if let Written::Integer(v) = i.value { usize::try_from(v).ok() } else { None };
            for wrong in items.iter().filter(|i| index(i).is_none()) {
                board.desk.report(wrong.expected("the number of a sample"));
            }
            Some(Pick::Indices(items.iter().filter_map(index).collect()))
        }
        Written::Table(table) if table.len() == 1 => {
            let fields = Fields::closed(board.desk, Some(item), &["best", "median", "worst", "near"]);
            let (how, column) = fields.table.first()?;
            if how == "near" {
                return near(board, column);
            }
            columns.look_up(column, absent);
            let name = fields.text(how)?.to_string();
            match how.as_str() {
                "best" => Some(Pick::Best(name)),
                "median" => Some(Pick::Median(name)),
                "worst" => Some(Pick::Worst(name)),
                _ => None,
            }
        }
        _ => {
            board.desk.report(item.expected("\"random\", an array of numbers, or { best | median | worst = column }"));
            None
        }
    }
}

/// A number of each sample, and the numbers that samples are looked for beside.
fn near(board: &Board, item: &Item) -> Option<Pick> {
    let wire = item.get(&["value"])?;
    let bundle = board.wire(wire).map_err(|m| board.desk.report_all(m.diagnostic())).ok()?;
    let (value, edge) = bundle.values.first()?.clone();
    if !matches!(edge.ty, Type::Scalar | Type::Label) {
        let label = format!("`{}` is {}", wire.as_text().unwrap_or_default(), measures::article(edge.ty));
        board.desk.report(at_value("`near` wants a scalar or a label", wire, label));
        return None;
    }
    let number = |i: &Item| match i.value {
        Written::Integer(v) => Some(v as f64),
        Written::Float(v) => Some(v),
        _ => None,
    };
    Some(Pick::Near { value, at: item.get(&["at"])?.as_array()?.iter().filter_map(number).collect() })
}

/// `[predict]`.
pub fn predict(board: &Board, top: &Fields) -> Option<Predict> {
    let fields = Fields::closed(board.desk, top.get("predict"), &["feed", "write"]);
    fields.item?;
    let feed = fields.required("feed", "predict", "feed = \"pairs.incomplete\"")?;
    let value = |item: &Item| -> Option<Value> {
        let bundle = board.wire(item).map_err(|m| board.desk.report_all(m.diagnostic())).ok()?;
        if bundle.list {
            board.desk.report(at_value("one value is needed here, this is a list", item, ""));
        }
        bundle.values.into_iter().next().map(|(v, _)| v)
    };
    let fed = value(feed)?;
    if !matches!(fed, Value::Dataset { .. }) {
        board.desk.report(at_value("`feed` must be a port of a dataset", feed, "this is a node's"));
    }
    fields.required("write", "predict", "write = [\"generator.completed\"]")?;
    let write = fields.texts("write").into_iter().filter_map(|(text, item)| Some((text.to_string(), value(item)?)));
    Some(Predict { feed: fed, write: write.collect() })
}
