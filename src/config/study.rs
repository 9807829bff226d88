//! An experiment file as a study: its merged base, and the cells that variants, axes and seeds make of it. A file
//! without `[study]` is a study of one cell.

mod read;
mod search;

use super::cores::on_all_cores;
use super::files::{File, Files, Stack, beside};
use super::keys::{misspelt_settings, unknown_at_top};
use super::merge::{merge, relayer, sheet};
use super::overrides::Overrides;
use super::substitute::substitute;
use super::switched::check_switches;
use super::tree::{Item, Layer, Table, Value};
use super::write::canonical;
use crate::diagnostic::{Diagnostic, Place};
pub use search::Search;

use rayon::prelude::*;
use read::Plan;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// A loaded experiment file.
#[derive(Clone, Debug)]
pub struct Study {
    /// The file as its errors name it.
    pub name: String,
    /// The file with everything beneath and over it, `$` put in; holds `[study]` and the `[report]` of the study's page.
    /// Of a study whose variants extend other files it need not be complete.
    pub base: Item,
    /// The file may only be extended.
    pub partial: bool,
    /// What is wrong so far: keys at the top, settings that are misspelt, and names after `$` that `base` lacks (not of
    /// a study whose variants extend files, since only its cells are whole).
    pub problems: Vec<Diagnostic>,
    /// The stack's trees, `[study]` included: files, then overrides.
    sheets: Vec<Item>,
    /// For each variant (and `None`) the trees of the files of its cells.
    beneath: HashMap<Option<String>, Vec<Item>>,
    overrides: Vec<Item>,
}

/// One cell of a study.
#[derive(Clone, Debug)]
pub struct CellSpec {
    pub variant: Option<String>,
    /// The row's label: the variant's title and the labels of the axes; without either the file's title.
    pub title: String,
    /// The variant's title; without a variant the file's, or nothing where axes tell the cells apart.
    pub row: String,
    /// Axis, label, value.
    pub axes: Vec<(String, String, Item)>,
    /// How many of the axes, the last ones, a search drew.
    pub searched: usize,
    pub seed: i64,
    /// The first of those that differ in their seeds alone, which follow it.
    pub first: bool,
    /// What tests compare with.
    pub baseline: bool,
    /// The whole experiment of this cell, `$` put in, without `[study]`.
    pub tree: Item,
    /// What merging and `$` found wrong with this cell alone; several cells may say the same.
    pub problems: Vec<Diagnostic>,
}

/// Reads an experiment file with all its layers but the components' defaults. Fails on unreadable or malformed files
/// (all of them at once) and overrides.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Study, Vec<Diagnostic>> {
    let here = std::env::current_dir().ok();
    let near = here.as_ref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let root = beside("", &near.display().to_string());
    let mut files = Files::default();
    let mut stack = Stack::default();
    files.enter(root.clone(), None, &mut stack);
    let overrides = overrides.sheets().unwrap_or_else(|problems| {
        files.problems.extend(problems);
        vec![]
    });
    let trees = |files: &Files, stack: &Stack| {
        stack.files.iter().filter_map(|path| Some(files.get(path)?.tree.clone())).collect::<Vec<_>>()
    };
    let sheets: Vec<Item> = trees(&files, &stack).into_iter().chain(overrides.iter().cloned()).collect();
    let mut base = merge(sheets.clone());
    let mut beneath = HashMap::from([(None, trees(&files, &stack))]);
    let mut whole = true;
    for (name, variant) in base.get(&["study", "variants"]).and_then(Item::as_table).into_iter().flatten() {
        let extends = variant.get(&["extends"]).and_then(Item::as_array).unwrap_or_default();
        whole &= extends.is_empty();
        let stack = variant_stack(&mut files, extends, &root);
        beneath.insert(Some(name.clone()), trees(&files, &stack));
    }
    if !files.problems.is_empty() {
        return Err(files.problems);
    }
    let mut problems = sheets.iter().filter_map(Item::as_table).flat_map(unknown_at_top).collect::<Vec<_>>();
    let unknown = substitute(&mut base);
    let partial = files.get(&root).is_some_and(|file: &File| file.partial);
    if whole {
        problems.extend(unknown);
    }
    if !partial {
        problems.extend(misspelt_settings(&sheets.iter().chain(beneath.values().flatten()).collect::<Vec<_>>()));
    }
    Ok(Study { name: root.display().to_string(), base, partial, problems, sheets, beneath, overrides })
}

/// The variant's files lowest, then the study's, each once.
fn variant_stack(files: &mut Files, extends: &[Item], root: &Path) -> Stack {
    let mut stack = Stack { files: vec![], open: vec![root.to_path_buf()] };
    files.extend(extends, &mut stack);
    stack.open.clear();
    files.enter(root.to_path_buf(), None, &mut stack);
    stack
}

impl CellSpec {
    /// Variant and labels: `uv-gan`, `cbam, concat`; of the only cell the title.
    pub fn name(&self) -> String {
        let parts = self.variant.iter().chain(self.axes.iter().map(|(_, label, _)| label)).cloned().collect::<Vec<_>>();
        if parts.is_empty() { self.title.clone() } else { parts.join(", ") }
    }
}

impl Study {
    /// Whether the file asks for more than one cell.
    pub fn is_study(&self) -> bool {
        let has = |key| self.base.get(&["study", key]).and_then(Item::as_table).is_some_and(|t| !t.is_empty());
        let seeds = self.base.get(&["study", "seeds"]).and_then(Item::as_array).map_or(0, <[Item]>::len);
        has("variants") || has("axes") || has("search") || seeds > 1
    }

    /// Variants x axes x seeds, in the order of declaration, seeds fastest. Fails on what is wrong with `[study]`.
    pub fn cells(&self) -> Result<Vec<CellSpec>, Vec<Diagnostic>> {
        let plan = Plan::read(&self.base)?;
        let (choices, points) = (plan.choices(), plan.points());
        let mut places = vec![];
        for variant in plan.variants() {
            let beneath = Arc::new(self.beneath(variant));
            let kept = choices.iter().filter(|choice| !plan.leaves_out(&plan.coordinates(variant, choice)));
            let kept = kept.flat_map(|choice| points.iter().map(move |point| (choice, *point)));
            places.extend(kept.map(|(choice, point)| (beneath.clone(), (variant, choice.as_slice(), point))));
        }
        let cells: Vec<_> = on_all_cores(|| {
            places.into_par_iter().map(|(beneath, place)| self.place(&plan, &beneath, place, &plan.seeds)).collect()
        });
        let cells: Vec<CellSpec> = cells.into_iter().flatten().collect();
        let same = find_same(&cells, &plan);
        if !same.is_empty() {
            return Err(same);
        }
        if cells.is_empty() {
            return Err(vec![plan.nothing_left()]);
        }
        Ok(cells)
    }

    /// `[study.search]`, if there is one and it is right.
    pub fn search(&self) -> Option<Search> {
        Plan::read(&self.base).ok()?.search
    }

    /// A cell of each variant, where the rest of `[study]` is wrong: what is wrong with them is told all the same.
    pub fn variants_alone(&self) -> Vec<CellSpec> {
        let mut base = self.base.clone();
        if let Value::Table(table) = &mut base.value
            && let Some(Value::Table(study)) = table.get_mut("study").map(|item| &mut item.value)
        {
            study.retain(|key, _| key == "variants");
        }
        let Ok(plan) = Plan::read(&base) else { return vec![] };
        let cell = |variant| self.place(&plan, &self.beneath(variant), (variant, &[], None), &[(0, None)]);
        plan.variants().into_iter().flat_map(cell).collect()
    }

    /// The layers beneath a variant's axes.
    fn beneath(&self, variant: Option<&str>) -> Vec<Item> {
        let mut sheets = self.beneath.get(&variant.map(str::to_string)).cloned().unwrap_or_default();
        sheets.extend(variant.into_iter().flat_map(|name| self.variant_sheets(name)));
        sheets.iter_mut().for_each(without_study);
        sheets
    }

    /// The cells of one place of the study, which differ in their seeds.
    fn place(
        &self,
        plan: &Plan,
        beneath: &[Item],
        (variant, choice, point): (Option<&str>, &[usize], Option<usize>),
        seeds: &[(i64, Option<Item>)],
    ) -> Vec<CellSpec> {
        let searched = || plan.search.iter().zip(point);
        let chosen = || plan.axes.iter().zip(choice);
        let mut axes: Vec<_> = chosen().collect();
        axes.sort_by_key(|(axis, _)| axis.key.len());
        let mut sheets = beneath.to_vec();
        sheets.extend(axes.iter().map(|(axis, index)| axis.sheet(**index)));
        sheets.extend(searched().flat_map(|(search, point)| search.sheets(point)));
        let labels = searched().flat_map(|(s, p)| s.named(p)).map(|(_, label, _)| label);
        let first = CellSpec {
            variant: variant.map(str::to_string),
            title: self.title(plan, variant, choice, labels),
            row: self.row(plan, variant),
            axes: chosen()
                .map(|(axis, i)| axis.named(*i))
                .chain(searched().flat_map(|(search, point)| search.named(point)))
                .collect(),
            searched: searched().map(|(search, _)| search.dimensions.len()).sum(),
            seed: 0,
            first: true,
            baseline: plan.is_baseline(&plan.coordinates(variant, choice)),
            tree: Item::default(),
            problems: vec![],
        };
        let mut cells: Vec<CellSpec> = vec![];
        for (seed, written) in seeds {
            let (tree, problems) = match cells.first() {
                None => self.tree(&sheets, written.as_ref()),
                Some(cell) => (self.with_seed(cell, &sheets, written.as_ref()), cell.problems.clone()),
            };
            let seed = integer(&tree, &["run", "seed"]).unwrap_or(*seed);
            cells.push(CellSpec { seed, first: cells.is_empty(), tree, problems, ..first.clone() });
        }
        cells
    }

    /// A cell's tree, with what is wrong with it.
    fn tree(&self, sheets: &[Item], seed: Option<&Item>) -> (Item, Vec<Diagnostic>) {
        let mut tree = merge(self.with_overrides(sheets, seed));
        let mut problems = substitute(&mut tree);
        problems.extend(check_switches(&tree));
        (tree, problems)
    }

    /// The tree of another seed: `[run]` is merged anew, the rest is the same.
    fn with_seed(&self, cell: &CellSpec, sheets: &[Item], seed: Option<&Item>) -> Item {
        let mut sheets = self.with_overrides(sheets, seed);
        sheets.iter_mut().for_each(|sheet| retain(sheet, |key| ["run", "settings"].contains(&key)));
        let mut part = merge(sheets);
        // What is wrong with it was said of the first seed.
        substitute(&mut part);
        let mut tree = cell.tree.clone();
        if let (Value::Table(table), Some(run)) = (&mut tree.value, part.get(&["run"])) {
            table.insert("run".to_string(), run.clone());
        }
        tree
    }

    fn with_overrides(&self, sheets: &[Item], seed: Option<&Item>) -> Vec<Item> {
        let key = ["run", "seed"].map(|key| (key.to_string(), None));
        let seed = seed.map(|written| nested(&key, written, "seed"));
        let overrides = self.overrides.iter().cloned().map(|mut sheet| {
            without_study(&mut sheet);
            sheet
        });
        sheets.iter().cloned().chain(seed).chain(overrides).collect()
    }

    /// What each layer of the study says of a variant, as a layer of its own.
    fn variant_sheets(&self, name: &str) -> Vec<Item> {
        let written = self.sheets.iter().filter_map(|sheet| sheet.get(&["study", "variants", name]));
        let as_layer = |item: &Item| {
            let mut item = item.clone();
            retain(&mut item, |key| !["title", "extends"].contains(&key));
            relayer(&mut item, &Layer::Variant(name.into()));
            sheet(item)
        };
        written.map(as_layer).collect()
    }

    fn title(
        &self,
        plan: &Plan,
        variant: Option<&str>,
        choice: &[usize],
        searched: impl Iterator<Item = String>,
    ) -> String {
        let labels = plan.axes.iter().zip(choice).map(|(axis, index)| axis.values[*index].0.clone());
        let row = Some(self.row(plan, variant)).filter(|row| !row.is_empty());
        row.into_iter().chain(labels).chain(searched).collect::<Vec<_>>().join(", ")
    }

    fn row(&self, plan: &Plan, variant: Option<&str>) -> String {
        match variant {
            Some(name) => plan.variant_title(name).unwrap_or(name).to_string(),
            None if !plan.axes.is_empty() || plan.search.is_some() => String::new(),
            None => self.base.get(&["title"]).and_then(Item::as_text).unwrap_or(&self.name).to_string(),
        }
    }
}

fn without_study(sheet: &mut Item) {
    retain(sheet, |key| key != "study");
}

fn retain(sheet: &mut Item, wanted: impl Fn(&str) -> bool) {
    if let Value::Table(table) = &mut sheet.value {
        table.retain(|key, _| wanted(key));
    }
}

fn integer(tree: &Item, path: &[&str]) -> Option<i64> {
    match tree.get(path)?.value {
        Value::Integer(value) => Some(value),
        _ => None,
    }
}

/// An axis's value at its key, whose parts stand where the axis names them, as a layer.
fn nested(key: &[(String, Option<Place>)], value: &Item, axis: &str) -> Item {
    let mut value = value.clone();
    relayer(&mut value, &Layer::Axis(axis.into()));
    let tree = key.iter().rev().fold(value, |mut inner, (name, place)| {
        inner.origin.key = place.clone();
        Item {
            origin: inner.origin.clone(),
            value: Value::Table(Table::from([(name.clone(), inner)])),
            history: Default::default(),
        }
    });
    sheet(tree)
}

/// What a cell's results depend on, as far as the file says it.
const IDENTITY: [&str; 8] = ["datasets", "nodes", "losses", "updates", "stages", "train", "evaluate", "evaluations"];

fn find_same(cells: &[CellSpec], plan: &Plan) -> Vec<Diagnostic> {
    let mut seen: HashMap<(Arc<str>, i64), &CellSpec> = HashMap::new();
    let mut problems: Vec<Diagnostic> = vec![];
    let mut of_place: Arc<str> = "".into();
    for cell in cells {
        if cell.first {
            let parts = IDENTITY.map(|key| cell.tree.get(&[key]).map(canonical));
            let precision = cell.tree.get(&["run", "precision"]).map(canonical);
            of_place = serde_json::json!([parts, precision]).to_string().into();
        }
        let identity = (of_place.clone(), cell.seed);
        let Some(first) = seen.get(&identity) else {
            seen.insert(identity, cell);
            continue;
        };
        let [a, b] = [first, cell].map(CellSpec::name);
        let both = if a == b { [first, cell].map(|c| format!("{a}, seed {}", c.seed)) } else { [a, b] };
        let mut problem = Diagnostic::error(format!("cells `{}` and `{}` are the same", both[0], both[1]));
        let places = [cell, first].map(|cell| plan.places(cell.variant.as_deref(), &cell.axes));
        for place in places.concat() {
            problem = problem.at(&place, "");
        }
        if !problems.iter().any(|p| p.message == problem.message) {
            problems.push(problem);
        }
    }
    problems
}
