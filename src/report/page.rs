//! The page: what the templates under `templates/` are filled with.

mod answer;
mod config;
mod cost;
mod pictures;
mod provenance;
mod search;
mod slider;

use super::figure::{Drawing, Figure, Scene, draw, file_name, graph, time_per_step};
use super::format::{Format, Html, Markdown};
use super::group::measured;
use super::plot::grouped;
use super::svg::escape;
use super::table::{Table, tables};
use super::{Options, ReportError, format};
use crate::record::{FigurePlan, StudyRecord, TablePlan};
use minijinja::{AutoEscape, Environment, Value, context};
use pictures::Pictures;

/// A page ready to be written.
pub struct Page {
    pub tables: Vec<Table>,
    /// In the plan's order.
    figures: Vec<Shown>,
    graphs: Vec<Drawing>,
    time: Option<Drawing>,
    context: Value,
    pictures: Pictures,
}

/// A figure of the plan.
struct Shown {
    name: String,
    figure: Figure,
    /// The drawings without their pixels, for the page.
    thin: Vec<String>,
    /// What a slider may show of it.
    slider: Option<String>,
}

impl Page {
    pub fn new(study: &StudyRecord, options: &Options) -> Result<Self, ReportError> {
        let study = &with_defaults(study);
        let scene = Scene::new(study);
        let mut pictures = Pictures::default();
        let figures = study.cells.report.figures.iter().map(|plan| shown(&scene, plan, &mut pictures));
        let figures = figures.collect::<Result<Vec<_>, ReportError>>()?;
        let splits = time_per_step::splits(&scene);
        let tables = tables(study, options);
        let answer = answer::answer(study, &scene.groups, &tables);
        Ok(Page {
            figures,
            graphs: graph::pictures(&scene, "", "graph"),
            time: time_per_step::draw(&splits),
            context: context! {
                title => title(study),
                question => study.cells.report.question,
                paper => if options.paper.is_empty() { &study.cells.report.paper } else { &options.paper },
                experiment => study.cells.experiment,
                answer => context! { sentence => answer.sentence, caveats => answer.caveats },
                extent => provenance::extent(study, &scene.groups),
                runs => provenance::runs(&scene.groups),
                times => times(&splits),
                parts => time_per_step::parts(&splits),
                search => search::search(study),
                cost => cost::cost(&scene.groups),
                models => cost::models(&scene.groups),
                configuration => config::configuration(study, &scene.groups),
                environment => provenance::environment(study),
                commands => provenance::commands(study),
            },
            tables,
            pictures,
        })
    }

    pub fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        let figures = self.figures.iter().flat_map(|shown| &shown.figure.drawings);
        figures.chain(&self.graphs).chain(&self.time)
    }

    /// What is missing, for the terminal.
    pub fn notes(&self) -> Vec<String> {
        let noted = self.figures.iter().filter(|shown| !shown.figure.note.is_empty());
        noted.map(|shown| format!("figure `{}`: {}", shown.name, shown.figure.note)).collect()
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
        // The engine's own escapes are longer: a slash of a path is five bytes more.
        environment.add_filter("text", |text: String| Value::from_safe_string(escape(&text)));
        environment.add_filter("md", |text: String| format::escape_markdown(&text));
        let figures: Vec<Value> = self.figures.iter().map(Shown::context).collect();
        let all = context! {
            css => include_str!("templates/page.css"),
            js => include_str!("templates/page.js"),
            store => self.pictures.store_svg()?,
            tables => tables,
            figures => figures,
            graphs => self.graphs.iter().map(|d| drawn(d, inline(&d.svg))).collect::<Vec<_>>(),
            time => self.time.as_ref().map(|d| drawn(d, inline(&d.svg))),
            ..self.context.clone()
        };
        Ok(environment.render_named_str(name, template, all)?)
    }
}

fn shown(scene: &Scene<'_>, plan: &FigurePlan, pictures: &mut Pictures) -> Result<Shown, ReportError> {
    let figure = draw(scene, plan)?;
    let thin = figure.drawings.iter().map(|d| pictures.take(&d.svg)).collect::<Result<Vec<_>, _>>()?;
    let slider = match figure.drawings.first() {
        Some(drawing) if plan.component == "sample-grid" => slider::choices(scene, plan, drawing, pictures)?,
        _ => None,
    };
    Ok(Shown { name: plan.name.clone(), figure, thin, slider })
}

impl Shown {
    fn context(&self) -> Value {
        let drawings = self.figure.drawings.iter().zip(&self.thin).map(|(d, thin)| drawn(d, thin.clone()));
        let note = &self.figure.note;
        context! {
            heading => heading(&self.name),
            drawings => drawings.collect::<Vec<_>>(),
            slider => self.slider,
            note => code(note),
            note_text => note,
        }
    }
}

/// A drawing for the templates; `svg` is what the page shows.
fn drawn(drawing: &Drawing, svg: String) -> Value {
    let Drawing { name, caption, .. } = drawing;
    context! { name => file_name(name), svg => svg, caption => code(caption), text => caption }
}

/// An SVG inside of HTML, which knows its name space.
fn inline(svg: &str) -> String {
    svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1)
}

/// A plan without tables or figures (a file that says nothing of its report) gets those that always make sense.
fn with_defaults(study: &StudyRecord) -> StudyRecord {
    let mut study = study.clone();
    search::without_stopped(&mut study);
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

/// Escaped text with `names` in backticks set as code.
fn code(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(i, piece)| if i % 2 == 1 { format!("<code>{}</code>", escape(piece)) } else { escape(piece) })
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
