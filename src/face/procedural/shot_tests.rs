//! Tests of the pictures: that they repeat, show the sheet exactly, and know where things are.

use super::*;
use crate::face::procedural::{albedo, moment::VIEWS};

const SIZE: usize = 64;

fn sheet(person: &Person) -> Vec<u8> {
    albedo(person, SIZE).iter().flatten().map(|v| (v * 255.0).round() as u8).collect()
}

fn taken(identity: u64, view: usize, occluders: f64) -> (Shot, Picture, Vec<bool>) {
    let stream = Stream::new(identity, "shots");
    let (studio, person) = (Studio::new(SIZE, 64), Person::new(stream));
    let subject = Subject::new(&studio, person.clone());
    let moment = Moment::draw(stream.named("moment").fork(view as u64), view, occluders, true);
    let scene = Scene::new(&studio, &subject, &moment);
    let complete = scene.complete(&sheet(&person));
    (scene.shot(&complete, SIZE), complete, scene.seen(false))
}

#[test]
fn any_number_of_threads_takes_the_same_picture() {
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| taken(3, 4, 1.0))
    };
    let ((a, sheet_a, seen_a), (b, sheet_b, seen_b)) = (of(1), of(4));
    assert_eq!((a.image, a.parts, a.depth, sheet_a, seen_a), (b.image, b.parts, b.depth, sheet_b, seen_b));
}

#[test]
fn the_picture_is_the_complete_sheet_sampled_again() {
    let stream = Stream::new(5, "shots");
    let (studio, person) = (Studio::new(SIZE, 64), Person::new(stream));
    let subject = Subject::new(&studio, person.clone());
    let moment = Moment::draw(stream.named("moment"), 8, 0.0, true);
    let scene = Scene::new(&studio, &subject, &moment);
    let complete = scene.complete(&sheet(&person));
    let shot = scene.shot(&complete, SIZE);
    let drawn = scene.drawn(SIZE);
    let fragments = drawn.fragments();
    let uv = &studio.head.topology.uv;
    let mut checked = 0;
    for p in 0..SIZE * SIZE {
        let under = subpixels(p, SIZE);
        if !under.iter().all(|i| drawn.part(fragments.triangle[*i]) == Part::Face) {
            continue;
        }
        let places = under.map(|i| fragments.at(&drawn.triangles, i, uv).unwrap());
        let middle = [0, 1].map(|k| (places[0][k] + places[3][k]) / 2.0);
        // Across a fold, as that of a lid, each subpixel is read.
        if (0..2).any(|k| (places[0][k] - places[3][k]).abs() >= 4.0 / SIZE as f32) {
            continue;
        }
        let mut colour = [0.0; 3];
        complete.sample(middle[0] * SIZE as f32, middle[1] * SIZE as f32, &mut colour);
        let found = shot.image.at(p % SIZE, p / SIZE);
        assert!(colour.iter().zip(found).all(|(a, b)| (a - b).abs() < 1e-5), "{p}: {colour:?} {found:?}");
        assert_eq!(shot.parts[p], Part::Face as u8);
        checked += 1;
    }
    assert!(checked > 400, "{checked}");
}

#[test]
fn landmarks_that_are_seen_lie_on_the_face() {
    let (mut seen, mut on_face) = (0, 0);
    for view in 0..VIEWS {
        let (shot, ..) = taken(1, view, 0.0);
        for ([x, y], _) in shot.landmarks.iter().zip(shot.visible).filter(|(_, visible)| *visible) {
            seen += 1;
            let beside = |dx: f32, dy: f32| {
                let clamp = |v: f32| v.clamp(0.0, SIZE as f32 - 1.0) as usize;
                shot.parts[clamp(y + dy) * SIZE + clamp(x + dx)] == Part::Face as u8
            };
            on_face += usize::from((-1..=1).any(|a| (-1..=1).any(|b| beside(a as f32, b as f32))));
        }
        // The middle of the chin of a face that looks ahead, the inner corners of the eyes beside the nose.
        if view == 6 {
            let [left, right, chin] = [39, 42, 8].map(|k| shot.landmarks[k]);
            assert!(left[0] < right[0] && chin[1] > left[1] + 10.0, "{left:?} {right:?} {chin:?}");
            assert!(shot.visible.iter().filter(|v| **v).count() > 55);
        }
        if view == 0 || view == 12 {
            assert!(shot.visible.iter().filter(|v| **v).count() < 50, "{view}");
        }
    }
    assert!(on_face * 100 >= seen * 97, "{on_face} of {seen}");
}

#[test]
fn people_differ_more_than_views_of_one_and_depth_is_of_a_head() {
    let mean = |view: usize, identity: u64| taken(identity, view, 0.0).1.data;
    let apart =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / a.len() as f64;
    let (mut same, mut other) = (0.0, 0.0);
    for k in 0..6 {
        // One light's colours are taken out by what both have in common: the same views of both.
        let [a, b, c] = [mean(6, k), mean(7, k), mean(6, k + 100)];
        same += apart(&a, &b);
        other += apart(&a, &c);
    }
    assert!(other > 1.3 * same, "{same} {other}");
    let (shot, ..) = taken(2, 6, 0.0);
    let nearest = shot.depth.iter().copied().fold(f32::MIN, f32::max);
    assert!((90.0..150.0).contains(&nearest), "{nearest} mm");
}

#[test]
fn what_is_worn_hides_the_face() {
    let count = |shot: &Shot, part: Part| shot.parts.iter().filter(|p| **p == part as u8).count();
    let (mut bare, mut hidden, mut worn) = (0, 0, 0);
    for identity in 0..8 {
        let (a, ..) = taken(identity, 6, 0.0);
        let (b, ..) = taken(identity, 6, 1.0);
        bare += count(&a, Part::Face);
        hidden += count(&b, Part::Face);
        worn += [Part::Glasses, Part::Mask, Part::Hand].iter().map(|part| count(&b, *part)).sum::<usize>();
        assert_eq!(count(&a, Part::Mask) + count(&a, Part::Hand) + count(&a, Part::Glasses), 0);
    }
    assert!(worn > 200 && hidden < bare, "{bare} {hidden} {worn}");
}
