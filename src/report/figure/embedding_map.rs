//! Vectors of some people's pictures in two dimensions, of the first seed of each row of the study: on their principal
//! components, and by t-SNE. Places on the latter have no unit, and distances between far groups no meaning.

use super::roc::{title, verifications};
use super::{Figure, Scene, text};
use crate::record::{FigurePlan, MapPoint};
use crate::report::ReportError;
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let evaluation = text(plan, "evaluation");
    let (mut panels, mut people) = (vec![], Vec::<String>::new());
    for column in verifications(scene, evaluation) {
        for group in &scene.groups {
            let Some(pairs) = group.shown().and_then(|r| r.pairs.verifications.get(&column)) else { continue };
            if pairs.map.is_empty() {
                continue;
            }
            for point in &pairs.map {
                if !people.contains(&point.person) {
                    people.push(point.person.clone());
                }
            }
            let whose =
                if scene.groups.len() == 1 { title(&column) } else { format!("{}, {}", title(&column), group.title) };
            let ways: [(&str, fn(&MapPoint) -> [f32; 2]); 2] = [("PCA", |p| p.pca), ("t-SNE", |p| p.tsne)];
            panels.extend(ways.map(|(way, place)| panel(format!("{way}, {whose}"), &pairs.map, &people, place)));
        }
    }
    if panels.is_empty() {
        return Ok(Figure::nothing(format!(
            "no vectors of `{evaluation}` were kept: it needs `in.first-identity` and `in.second-identity`"
        )));
    }
    let legend: Vec<(String, Look)> =
        people.iter().enumerate().map(|(i, person)| (person.replace('_', " "), dot(i))).collect();
    let svg = figure(&panels, 2, (540.0, 420.0), &legend)?;
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let first = if seeds > 1 { " Of the first seed of each row of the study." } else { "" };
    let caption = format!(
        "A point a picture, a colour and shape a person of the test: vectors of unit length on their first two principal \
         components, and by t-SNE (places have no unit).{first}"
    );
    Ok(Figure::one(&plan.name, svg.finish("Embeddings in two dimensions"), caption))
}

fn dot(i: usize) -> Look {
    // After seven colours they come again with another shape: 7 and 5 have no common factor.
    Look { dash: "", ..Look::nth(i) }
}

fn panel(title: String, points: &[MapPoint], people: &[String], place: fn(&MapPoint) -> [f32; 2]) -> Panel {
    let of = |(i, person): (usize, &String)| {
        let places = points.iter().filter(|p| p.person == *person).map(place);
        let places = places.map(|[x, y]| (f64::from(x), f64::from(y))).collect();
        Series { line: false, markers: true, ..Series::line(dot(i), places) }
    };
    let along = |k: usize| points.iter().map(move |p| f64::from(place(p)[k]));
    let (x, y) = (Axis::over("", along(0), 6), Axis::over("", along(1), 5));
    Panel { title, x, y, series: people.iter().enumerate().map(of).collect() }
}
