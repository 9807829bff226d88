//! Several photos of a person merged into one complete map.
//!
//! Attention ResCUNet-GAN (Luu et al.), section 3.1 and Fig. 5: the maps at yaw 0, -30 and 30 degrees.

use super::unwrap::write_csv;
use super::work::{Record, Shared};
use super::{complete, files, on_all_cores, points, wrong};
use crate::face::blend::merge::{Merging, View, merge as merged};
use crate::face::picture::Picture;
use crate::terminal::Terminal;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Yaws that are looked for, the first the one that the others are matched to; how far off one may be, in degrees.
const YAWS: [f32; 3] = [0.0, -30.0, 30.0];
const WITHIN: f32 = 15.0;

/// Whose face a photo shows.
pub enum Identities {
    /// What is before the last `_` or `-` of the name.
    Prefix,
    /// By the photo's path, or its name without the ending.
    Table(BTreeMap<String, String>),
}

impl Identities {
    pub fn read(from: &str) -> anyhow::Result<Identities> {
        if from == "stem-prefix" {
            return Ok(Identities::Prefix);
        }
        let broken = |e: csv::Error| wrong(format!("{from}: {e}"));
        let mut table = csv::Reader::from_path(from).map_err(broken)?;
        let head = table.headers().map_err(broken)?.clone();
        let column = |name: &str| head.iter().position(|h| h.trim() == name);
        let (Some(file), Some(identity)) = (column("file"), column("identity")) else {
            return Err(wrong(format!("{from}: expected the columns `file` and `identity`")));
        };
        let mut found = BTreeMap::new();
        for row in table.records() {
            let row = row.map_err(broken)?;
            if let (Some(file), Some(identity)) = (row.get(file), row.get(identity)) {
                found.insert(file.trim().replace('\\', "/"), identity.trim().to_string());
            }
        }
        Ok(Identities::Table(found))
    }

    fn of(&self, record: &Record) -> Option<String> {
        match self {
            Identities::Prefix => record.name.rsplit_once(['_', '-']).map(|(prefix, _)| prefix.to_string()),
            Identities::Table(table) => table.get(&record.photo).or_else(|| table.get(&record.name)).cloned(),
        }
    }
}

/// What was merged.
#[derive(Default)]
pub struct Merged {
    /// The identity of each photo by its name.
    pub identities: BTreeMap<String, String>,
    /// Identities that have a merged map.
    pub written: BTreeSet<String>,
}

/// Merges the maps of every identity with at least two of the yaws, into `merged/{complete,origin,mesh}`; which photos
/// they are from is in `merged/views.csv`.
pub fn merge(
    shared: &Shared,
    records: &[Record],
    identities: &Identities,
    terminal: &mut Terminal,
) -> anyhow::Result<Merged> {
    let mut groups: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    let mut out = Merged::default();
    for record in records {
        // A name goes into a path.
        let sound =
            |name: &String| !name.is_empty() && !name.split('/').any(|part| part == "..") && !name.starts_with('/');
        if let Some(identity) = identities.of(record).filter(sound) {
            out.identities.insert(record.name.clone(), identity.clone());
            groups.entry(identity).or_default().push(record);
        }
    }
    let sets: Vec<(String, Vec<&Record>)> = groups.into_iter().map(|(id, all)| (id, chosen(&all))).collect();
    let sets: Vec<_> = sets.into_iter().filter(|(_, views)| views.len() > 1).collect();
    let made = on_all_cores("merging", &sets, terminal, |(identity, views)| one(shared, identity, views));
    let mut rows = vec![["identity", "file", "yaw", "share_percent"].map(String::from).to_vec()];
    for ((identity, views), shares) in sets.into_iter().zip(made) {
        let shares = shares.with_context(|| format!("cannot merge the photos of {identity}"))?;
        for (view, share) in views.iter().zip(shares) {
            rows.push(vec![
                identity.clone(),
                view.photo.clone(),
                format!("{:.1}", view.yaw),
                format!("{:.1}", 100.0 * share),
            ]);
        }
        out.written.insert(identity);
    }
    write_csv(&shared.out.join("merged/views.csv"), rows)?;
    points::write(&shared.out.join("merged"), &shared.model.morphable.landmarks)?;
    terminal.print(&format!("{} identities merged from several photos", out.written.len()));
    Ok(out)
}

/// The photos nearest to the yaws, none twice; nothing without one near 0.
fn chosen<'a>(all: &[&'a Record]) -> Vec<&'a Record> {
    let mut views: Vec<&Record> = Vec::new();
    for yaw in YAWS {
        let off = |r: &&&Record| (r.yaw - yaw).abs();
        let left = all.iter().filter(|r| off(r) <= WITHIN && !views.iter().any(|v| v.name == r.name));
        match left.min_by(|a, b| off(a).total_cmp(&off(b)).then_with(|| a.name.cmp(&b.name))) {
            Some(view) => views.push(view),
            None if views.is_empty() => return views,
            None => {}
        }
    }
    views
}

/// Writes one identity's files and gives the share of the atlas of each view.
fn one(shared: &Shared, identity: &str, views: &[&Record]) -> anyhow::Result<Vec<f64>> {
    let out = shared.out;
    let read = |view: &&Record| -> anyhow::Result<(Picture, Vec<f32>)> {
        let (map, _) = files::read_map(&out.join(format!("incomplete/{}.png", view.name)))?;
        Ok((map, files::read_grey(&out.join(format!("sight/{}.png", view.name)))?))
    };
    let maps: Vec<(Picture, Vec<f32>)> = views.iter().map(read).collect::<anyhow::Result<_>>()?;
    let seen: Vec<View> = maps.iter().map(|(map, sight)| View { map, sight }).collect();
    let known = merged(&seen, &Merging::default())?;
    let whole = complete::fill(shared.model, &known, shared.texture)?;
    let folder = out.join("merged");
    let face: Vec<f32> = shared.model.on_atlas.iter().map(|on| f32::from(u8::from(*on))).collect();
    files::write_png(&folder.join(format!("complete/{identity}.png")), &whole.map, Some(&face))?;
    files::write_png(&folder.join(format!("origin/{identity}.png")), &whole.origins(), None)?;
    let frontal = views[0];
    let positions = shared.model.morphable.shape(&frontal.identity, &frontal.expression);
    files::write_mesh(&folder, identity, &shared.model.morphable.topology, &positions)?;
    let share = |view: usize| {
        let is = |o| o == crate::face::blend::patchwork::Origin::View(view as u8);
        known.share(&shared.model.on_atlas, is)
    };
    Ok((0..views.len()).map(share).collect())
}

/// Whether a path is a folder of merged maps or of maps: where `complete/` and `mesh/` lie.
pub fn holds_maps(folder: &Path) -> bool {
    folder.join("complete").is_dir() && folder.join("mesh").is_dir()
}
