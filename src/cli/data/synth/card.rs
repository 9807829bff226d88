//! The data card, as Markdown.

use super::SynthArgs;
use super::person::{Made, Who};
use crate::components::dataset::synthetic_faces::FORMAT;
use crate::face::procedural::moment::VIEWS;
use crate::face::procedural::solid::PARTS;
use crate::face::procedural::studio::Lighting;
use crate::face::procedural::{EXPRESSIONS, IDENTITY};
use minijinja::{Environment, context};

/// The card of a folder.
pub fn text(args: &SynthArgs, people: &[Who], made: &[Made], fingerprint: &str) -> anyhow::Result<String> {
    let split = |name: &str| {
        let count = people.iter().filter(|who| who.split == name).count();
        context! { name, people => count, pictures => count * args.pictures() }
    };
    let names = |table: &[(&str, f32)]| {
        table.iter().map(|(name, _)| name.to_lowercase().replace('_', " ")).collect::<Vec<_>>().join(", ")
    };
    let rows = || made.iter().flat_map(|one| &one.rows);
    let share = |of: &dyn Fn(&Vec<String>) -> f64| 100.0 * rows().map(of).sum::<f64>() / rows().count().max(1) as f64;
    let occluded = share(&|row| if row.get(9).is_some_and(|names| !names.is_empty()) { 1.0 } else { 0.0 });
    let hidden = share(&|row| row.get(10).and_then(|cell| cell.parse().ok()).unwrap_or_default());
    let parts: Vec<String> = PARTS.iter().enumerate().map(|(k, name)| format!("{k} {name}")).collect();
    let SynthArgs { identities, lights, size, occluders, seed, .. } = args;
    let settings = format!("--lights {lights} --size {size} --occluders {occluders} --seed {seed}");
    let known = context! {
        format => FORMAT,
        seed,
        fingerprint,
        command => format!("ablate data synth --identities {identities} {settings} --out DIR"),
        splits => ["train", "validation", "test"].map(split),
        views => VIEWS,
        lights,
        all_lights => Lighting::COUNT,
        occluded => format!("{occluded:.0}"),
        hidden => format!("{hidden:.1}"),
        identity => names(IDENTITY),
        expression => names(EXPRESSIONS),
        parts => parts.join(", "),
    };
    Ok(Environment::new().render_str(include_str!("card.md"), known)? + "\n")
}
