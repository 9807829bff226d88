//! The page: what the templates under `templates/` are filled with.

use super::figure::{Drawing, Figure, Scene, draw, file_name, graph, time_per_step};
use super::format::{Format, Html, Markdown};
use super::group::{Group, measured};
use super::plot::grouped;
use super::svg::escape;
use super::table::{Table, state_text, tables};
use super::{Options, ReportError, format};
use crate::record::{FigurePlan, ModelSummary, StudyRecord, TablePlan};
use minijinja::{AutoEscape, Environment, Value, context};

/// A page ready to be written.
pub struct Page {
    pub tables: Vec<Table>,
    /// Name and figure, in the plan's order.
    figures: Vec<(String, Figure)>,
    graphs: Vec<Drawing>,
    time: Option<Drawing>,
    context: Value,
}

impl Page {
    pub fn new(study: &StudyRecord, options: &Options) -> Result<Self, ReportError> {
        let study = &with_defaults(study);
        let scene = Scene::new(study);
        let figures = study.cells.report.figures.iter().map(|plan| Ok((plan.name.clone(), draw(&scene, plan)?)));
        let figures = figures.collect::<Result<Vec<_>, ReportError>>()?;
        let splits = time_per_step::splits(&scene);
        Ok(Page {
            tables: tables(study, options),
            figures,
            graphs: graph::pictures(&scene, "", "graph"),
            time: time_per_step::draw(&splits),
            context: context! {
                title => title(study),
                question => study.cells.report.question,
                paper => if options.paper.is_empty() { &study.cells.report.paper } else { &options.paper },
                experiment => study.cells.experiment,
                baseline => study.cells.baseline,
                runs => runs(&scene.groups),
                times => times(&splits),
                parts => time_per_step::parts(&splits),
                models => models(&scene.groups),
                configuration => super::page_config::configuration(&scene.groups),
                environment => environment(study),
                command => study.records.iter().find_map(|(_, r)| r.environment.as_ref()).map(|e| e.command.clone()),
            },
        })
    }

    pub fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        let figures = self.figures.iter().flat_map(|(_, figure)| &figure.drawings);
        figures.chain(&self.graphs).chain(&self.time)
    }

    /// What is missing, for the terminal.
    pub fn notes(&self) -> Vec<String> {
        let noted = self.figures.iter().filter(|(_, figure)| !figure.note.is_empty());
        noted.map(|(name, figure)| format!("figure `{name}`: {}", figure.note)).collect()
    }

    pub fn html(&self) -> Result<String, ReportError> {
        let tables: Vec<String> = self.tables.iter().map(|t| Html.render(t)).collect::<Result<_, _>>()?;
        self.render("page.html", include_str!("templates/page.html"), tables)
    }

    pub fn markdown(&self) -> Result<String, ReportError> {
        let tables: Vec<String> = self.tables.iter().map(|t| Markdown.render(t)).collect::<Result<_, _>>()?;
        self.render("report.md", include_str!("templates/report.md"), tables)
    }

    fn render(&self, name: &str, template: &str, tables: Vec<String>) -> Result<String, ReportError> {
        let mut environment = Environment::new();
        environment
            .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.add_filter("md", |text: String| format::escape_markdown(&text));
        environment.add_filter("code", |text: String| code(&text));
        let figures: Vec<Value> = self.figures.iter().map(|(name, figure)| shown(name, figure)).collect();
        let drawing = |d: &Drawing| context! { name => file_name(&d.name), svg => d.svg, caption => code(&d.caption), text => d.caption };
        let all = context! {
            css => include_str!("templates/page.css"),
            tables => tables,
            figures => figures,
            graphs => self.graphs.iter().map(drawing).collect::<Vec<_>>(),
            time => self.time.as_ref().map(drawing),
            ..self.context.clone()
        };
        Ok(environment.render_named_str(name, template, all)?)
    }
}

/// A plan without tables or figures (a file that says nothing of its report) gets those that always make sense.
fn with_defaults(study: &StudyRecord) -> StudyRecord {
    let mut study = study.clone();
    let columns = measured(&study);
    let plan = &mut study.cells.report;
    if plan.tables.is_empty() && !columns.is_empty() {
        plan.tables.push(TablePlan { name: "results".into(), columns: columns.clone(), ..TablePlan::default() });
    }
    if plan.figures.is_empty() {
        let figure = |name: &str, settings: serde_json::Value| FigurePlan {
            name: name.into(),
            component: name.into(),
            settings: settings.as_object().cloned().unwrap_or_default(),
        };
        plan.figures.push(figure("loss-curves", serde_json::json!({})));
        plan.figures.push(figure("metric-curves", serde_json::json!({ "columns": columns })));
    }
    study
}

fn title(study: &StudyRecord) -> &str {
    let title = &study.cells.report.title;
    if title.is_empty() { &study.cells.experiment } else { title }
}

/// `by-yaw` as a heading: `By yaw`.
fn heading(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn shown(name: &str, figure: &Figure) -> Value {
    let drawings: Vec<Value> = figure
        .drawings
        .iter()
        .map(|d| context! { name => file_name(&d.name), svg => d.svg, caption => code(&d.caption), text => d.caption })
        .collect();
    context! { heading => heading(name), drawings => drawings, note => code(&figure.note), note_text => figure.note }
}

/// Escaped text with `names` in backticks set as code.
fn code(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(i, piece)| if i % 2 == 1 { format!("<code>{}</code>", escape(piece)) } else { escape(piece) })
        .collect()
}

/// A row for each cell: what became of it.
fn runs(groups: &[Group<'_>]) -> Vec<Value> {
    let cells = groups.iter().flat_map(|g| g.cells.iter().map(move |cell| (g, cell)));
    cells
        .map(|(group, (entry, record))| {
            let status = record.status.as_ref();
            context! {
                title => group.title,
                seed => entry.seed,
                hash => entry.hash,
                state => state_text(status).unwrap_or_else(|| "done".into()),
                done => state_text(status).is_none(),
                steps => status.map(|s| grouped(s.total_steps as f64, 0)),
                selected => status.and_then(|s| s.selected_step).map(|s| grouped(s as f64, 0)),
                time => status.map(|s| duration(s.seconds)),
                memory => status.map(|s| bytes(s.peak_memory_bytes)),
            }
        })
        .collect()
}

fn times(splits: &[time_per_step::Split]) -> Vec<Value> {
    let names = time_per_step::parts(splits);
    splits
        .iter()
        .map(|split| {
            let part = |name: &String| split.parts.iter().find(|(n, _)| n == name).map_or(0.0, |(_, v)| *v);
            let values: Vec<String> = names.iter().map(|n| time_per_step::milliseconds(part(n))).collect();
            context! {
                title => split.title,
                values => values,
                total => time_per_step::milliseconds(split.total()),
                time => duration(split.seconds),
                memory => bytes(split.peak_memory_bytes),
            }
        })
        .collect()
}

/// One entry for each model that differs from those before it.
fn models(groups: &[Group<'_>]) -> Vec<Value> {
    let mut seen: Vec<(&ModelSummary, Vec<&str>)> = Vec::new();
    for group in groups {
        let Some(summary) = group.shown().and_then(|r| r.summary.as_ref()) else { continue };
        match seen.iter_mut().find(|(known, _)| *known == summary) {
            Some((_, titles)) => titles.push(&group.title),
            None => seen.push((summary, vec![&group.title])),
        }
    }
    seen.into_iter()
        .map(|(summary, titles)| {
            let count = |n: u64| if n == 0 { String::new() } else { grouped(n as f64, 0) };
            let parts: Vec<Value> = graph::network(summary, "")
                .boxes
                .iter()
                .filter(|b| !b.outside)
                .map(|b| context! { name => b.name, parameters => graph::short(b.parameters), macs => graph::short(b.macs) })
                .collect();
            let nodes: Vec<Value> = summary
                .nodes
                .iter()
                .map(|n| {
                    context! {
                        path => n.path, component => n.component, outputs => n.outputs.join(", "),
                        parameters => count(n.parameters), macs => count(n.macs),
                        memory => if n.activation_bytes == 0 { String::new() } else { bytes(n.activation_bytes) },
                    }
                })
                .collect();
            context! {
                title => titles.join(", "), parts => parts, nodes => nodes,
                parameters => grouped(summary.parameters as f64, 0),
                short_parameters => graph::short(summary.parameters),
                macs => graph::short(summary.macs), memory => bytes(summary.activation_bytes),
            }
        })
        .collect()
}

fn environment(study: &StudyRecord) -> Vec<(String, String)> {
    let Some(e) = study.records.iter().find_map(|(_, r)| r.environment.as_ref()) else { return vec![] };
    let mut all = vec![
        ("ablate", e.version.clone()),
        ("commit", e.commit.clone()),
        ("device", e.device.clone()),
        ("processor", e.cpu.clone()),
        ("cores, threads", format!("{}, {}", e.cores, e.threads)),
        ("memory", bytes(e.memory_bytes)),
        ("system", e.os.clone()),
        ("started", e.started.clone()),
    ];
    all.retain(|(_, value)| !value.is_empty());
    let crates: Vec<String> = e.crates.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let mut all: Vec<(String, String)> = all.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    if !crates.is_empty() {
        all.push(("crates".into(), crates.join(", ")));
    }
    all
}

/// `3 min 12 s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{:.1} s", seconds.max(0.0)),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `1.2 GiB`.
pub fn bytes(count: u64) -> String {
    let (value, units) = (count as f64, ["B", "KiB", "MiB", "GiB", "TiB"]);
    let power = (0..4).find(|p| value < 1000.0 * 1024f64.powi(*p)).unwrap_or(4);
    let scaled = value / 1024f64.powi(power);
    let decimals = usize::from(power > 0 && scaled < 100.0);
    format!("{} {}", grouped(scaled, decimals), units[power as usize])
}
