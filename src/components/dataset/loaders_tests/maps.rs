//! Texture maps: `uv-pairs` and `multi-view`.

use super::*;
use crate::components::transform::Pipeline;
use serde_json::json;

/// A map of 8 x 8 of one colour; transparent right of column `seen`.
fn map(scratch: &Scratch, path: &str, colour: u8, seen: u32) {
    let at = |x, _| image::Rgba([colour, colour, colour, if x < seen { 255 } else { 0 }]);
    let mut bytes = std::io::Cursor::new(vec![]);
    image::RgbaImage::from_fn(8, 8, at).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    scratch.bytes(path, bytes.get_ref());
}

fn value(colour: f32) -> f32 {
    colour / 255.0 * 2.0 - 1.0
}

#[test]
fn transparency_is_what_is_missing() {
    let scratch = Scratch::new("uv-pairs");
    for i in 0..10 {
        map(&scratch, &format!("incomplete/{i}.png"), 200, 4);
        // The face ends two columns before the map does.
        map(&scratch, &format!("complete/{i}.png"), 100, 6);
    }
    let data = scratch.open("uv-pairs", json!({ "size": 8 })).unwrap();
    assert_eq!(counts(&*data), [8, 1, 1]);
    let all = sample(&*data, Split::Train, 3);
    let row = |port: &str| all.get(port).unwrap().data[16..24].to_vec();
    let (light, dark) = (value(200.0), value(100.0));
    assert_eq!(row("missing"), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(row("known"), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(row("incomplete"), [light, light, light, light, 0.0, 0.0, -1.0, -1.0]);
    assert_eq!(row("complete"), [dark, dark, dark, dark, dark, dark, -1.0, -1.0]);
    // A transform does not take the seen half from the complete map, which another hand made.
    let mut flipped = all.clone();
    let ports: Vec<_> = data.ports().iter().map(|(name, edge)| (name.clone(), edge.ty)).collect();
    let flip = vec![("random-flip".to_string(), json!({ "chance": 1.0 }).as_object().unwrap().clone())];
    Pipeline::open(&flip).unwrap().apply(&mut flipped, &ports, true, &Stream::new(0, "")).unwrap();
    let row: Vec<f32> = flipped.get("incomplete").unwrap().data[16..24].to_vec();
    assert_eq!(row, [-1.0, -1.0, 0.0, 0.0, light, light, light, light]);
    // Half the size: colours at the rim are not darkened by what is transparent beside them.
    let small = scratch.open("uv-pairs", json!({ "size": 10 })).unwrap();
    let small = sample(&*small, Split::Train, 0);
    let seen: Vec<f32> = small.get("incomplete").unwrap().data.iter().copied().filter(|v| *v > 0.0).collect();
    assert!(seen.len() >= 3 * 10 * 5 && seen.iter().all(|v| (v - light).abs() < 1e-5), "{seen:?}");
}

#[test]
fn masks_people_and_what_lacks() {
    let scratch = Scratch::new("uv-people");
    for person in ["ann", "bob", "cy"] {
        for i in 0..2 {
            map(&scratch, &format!("incomplete/{person}/{i}.png"), 200, 8);
            map(&scratch, &format!("complete/{person}/{i}.png"), 100, 8);
        }
    }
    let data = scratch.open("uv-pairs", json!({ "size": 8, "identities": 3 })).unwrap();
    assert_eq!(counts(&*data), [2, 2, 2]);
    assert_eq!(data.classes("identity").unwrap(), ["ann", "bob", "cy"]);
    // Nothing is transparent, and there are no masks.
    let error = data.sample(Split::Train, 0, Stream::new(0, "")).unwrap_err().to_string();
    assert!(error.contains("it is nowhere transparent and there is no folder `missing`"), "{error}");
    assert!(scratch.refused("uv-pairs", json!({ "identities": 2 })).contains("set `identities = 3`"));
    for person in ["ann", "bob", "cy"] {
        (0..2).for_each(|i| scratch.photo(&format!("missing/{person}/{i}.png"), 8, 8, (5, 2)));
    }
    let data = scratch.open("uv-pairs", json!({ "size": 8, "identities": 3 })).unwrap();
    let all = sample(&*data, Split::Train, 0);
    let missing = all.get("missing").unwrap();
    assert_eq!((missing.at(0, 2, 5), missing.data.iter().sum::<f32>()), (1.0, 1.0));
    let people: Vec<f32> = Split::ALL.iter().flat_map(|split| values(&*data, *split, "identity")).collect();
    assert!(people.chunks(2).all(|two| two[0] == two[1]), "{people:?}");
    scratch.remove("missing/bob/1.png");
    scratch.remove("complete/cy/0.png");
    let said = "folder `ROOT` is not laid out as `uv-pairs`: `missing/bob/1.png` is missing and 1 other; expected in it
    incomplete/NAME.png    (or incomplete/ID/NAME.png; transparent where nothing was seen)
    complete/NAME.png
    missing/NAME.png       (optional, but then of all: white where the map is missing)
    fit/NAME.json          (for `yaw`)
    photo/NAME.jpg, overlay/NAME.jpg    (for `pictures`)
    mesh/NAME.obj          (for `views`)";
    assert_eq!(scratch.refused("uv-pairs", json!({})), said);
    let empty = Scratch::new("uv-empty");
    assert!(empty.refused("uv-pairs", json!({})).contains("`incomplete` is missing and 1 other"));
}

#[test]
fn what_is_hidden_besides_is_known() {
    let scratch = Scratch::new("uv-hidden");
    for i in 0..10 {
        map(&scratch, &format!("incomplete/{i}.png"), 200, 4);
        map(&scratch, &format!("complete/{i}.png"), 100, 6);
        scratch.text(&format!("fit/{i}.json"), &format!(r#"{{ "name": "{i}", "yaw": {} }}"#, -10 * i));
    }
    let all = json!({ "train": 0.0, "validation": 0.0, "test": 1.0 });
    let settings = json!({ "size": 8, "yaw": [15, 40], "holes": "left", "split": all });
    let data = scratch.open("uv-pairs", settings).unwrap();
    assert!(data.draws());
    // The stub hides the left half: of it what was seen, and not what is no face.
    assert_eq!(values(&*data, Split::Test, "yaw"), [20.0, 30.0, 40.0]);
    let sample = sample(&*data, Split::Test, 1);
    let row = |port: &str| sample.get(port).unwrap().data[16..24].to_vec();
    assert_eq!(row("missing"), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(row("known"), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(row("incomplete"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -1.0]);
    // Photos keep their split whatever yaw is asked for.
    let of = |yaw: serde_json::Value| {
        let data = scratch.open("uv-pairs", json!({ "size": 8, "yaw": yaw })).unwrap();
        Split::ALL.map(|split| values(&*data, split, "yaw"))
    };
    let (whole, some) = (of(json!([0, 90])), of(json!([0, 50])));
    for (whole, some) in whole.into_iter().zip(some) {
        assert_eq!(some, whole.into_iter().filter(|yaw| *yaw <= 50.0).collect::<Vec<_>>());
    }
    assert!(scratch.refused("uv-pairs", json!({ "yaw": [40, 15] })).starts_with("`yaw`: expected [least, largest]"));
    scratch.text("fit/3.json", "{}");
    let said = scratch.refused("uv-pairs", json!({ "yaw": [0, 90] }));
    assert!(said.starts_with("cannot read `ROOT/fit/3.json`: missing field `yaw`"), "{said}");
}

#[test]
fn pictures_and_turned_views_go_with_a_map() {
    let scratch = Scratch::new("uv-views");
    // A square that faces the viewer; v is up in the file.
    let square = "v -1 -1 0\nv 1 -1 0\nv 1 1 0\nv -1 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nf 1/1 2/2 3/3 4/4\n";
    for i in 0..3 {
        map(&scratch, &format!("incomplete/{i}.png"), 200, 4);
        map(&scratch, &format!("complete/{i}.png"), 100, 8);
        scratch.photo(&format!("photo/{i}.jpg"), 8, 8, (1, 2));
        scratch.photo(&format!("overlay/{i}.jpg"), 8, 8, (5, 6));
        scratch.text(&format!("mesh/{i}.obj"), square);
    }
    let settings = json!({ "size": 8, "pictures": true, "views": [0, 60] });
    let data = scratch.open("uv-pairs", settings.clone()).unwrap();
    let one = sample(&*data, Split::Train, 0);
    assert_eq!(brightest(one.get("photo").unwrap()), (1, 2));
    assert_eq!(brightest(one.get("mesh").unwrap()), (5, 6));
    let (grid, cover) = (one.get("grid").unwrap(), one.get("cover").unwrap());
    assert_eq!((grid.shape, cover.shape), ([8, 16, 2], [1, 8, 16]));
    // The square fills 86 % of 8 pixels: 0.56 to 7.44. The centre of pixel 4 lies at (4.5 - 0.56) / 6.88 of it.
    let covered = |from: usize| {
        (0..8).flat_map(|y| (from..from + 8).map(move |x| (y, x))).filter(|(y, x)| cover.at(0, *y, *x) > 0.5).count()
    };
    assert_eq!(covered(0), 36);
    let place = |y: usize, x: usize| [grid.data[2 * (16 * y + x)], grid.data[2 * (16 * y + x) + 1]];
    let wanted = |pixel: f32| 2.0 * (pixel + 0.5 - 0.56) / 6.88 - 1.0;
    let found = place(2, 4);
    assert!((found[0] - wanted(4.0)).abs() < 1e-3 && (found[1] - wanted(2.0)).abs() < 1e-3, "{found:?}");
    // Turned by 60 degrees it is half as wide: its edges at 2.28 and 5.72.
    assert_eq!(covered(8), 6 * 4);
    let names: Vec<String> = files("uv-pairs", &with_root(&scratch.0, settings.clone()), &around())
        .unwrap()
        .into_iter()
        .map(|f| f.0)
        .collect();
    assert!(names.contains(&"mesh/2.obj".into()) && names.contains(&"overlay/0.jpg".into()) && names.len() == 15);
    scratch.remove("overlay/1.jpg");
    assert!(scratch.refused("uv-pairs", settings).contains("`overlay/1.jpg` is missing"));
}

#[test]
fn views_of_a_person_are_merged() {
    let scratch = Scratch::new("multi-view");
    for person in ["ann", "bob", "cy"] {
        for (i, (colour, seen)) in [(200, 2), (100, 4), (50, 6)].into_iter().enumerate() {
            map(&scratch, &format!("incomplete/{person}/{i}.png"), colour, seen);
            map(&scratch, &format!("complete/{person}/{i}.png"), 100, 8);
        }
    }
    let data = scratch.open("multi-view", json!({ "size": 8, "views": 3 })).unwrap();
    assert_eq!(counts(&*data), [3, 3, 3]);
    let all = sample(&*data, Split::Train, 1);
    let row = |port: &str| all.get(port).unwrap().data[16..24].to_vec();
    let (a, b, c) = (value(200.0), value(100.0), value(50.0));
    let merged = [(a + b + c) / 3.0, (a + b + c) / 3.0, (b + c) / 2.0, (b + c) / 2.0, c, c, 0.0, 0.0];
    assert!(row("incomplete").iter().zip(merged).all(|(found, wanted)| (found - wanted).abs() < 1e-6));
    assert_eq!(row("missing"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    // The sample's own map comes first; of all three each is there once.
    let views = all.get("views").unwrap();
    assert_eq!((views.shape, views.at(0, 0, 0)), ([9, 8, 8], b));
    let mut tops = [views.at(0, 0, 0), views.at(3, 0, 0), views.at(6, 0, 0)];
    tops.sort_by(f32::total_cmp);
    assert_eq!(tops, [c, b, a]);
    let unseen: f32 = all.get("unseen").unwrap().data.iter().sum();
    assert_eq!(unseen, 8.0 * (6.0 + 4.0 + 2.0));
    // Two of three: which other one depends on the draw.
    let two = scratch.open("multi-view", json!({ "size": 8, "views": 2 })).unwrap();
    let other = |n: u64| two.sample(Split::Train, 0, Stream::new(n, "x")).unwrap().get("views").unwrap().at(3, 0, 0);
    let drawn: std::collections::BTreeSet<u32> = (0..20).map(|n| other(n).to_bits()).collect();
    assert_eq!(drawn, [b.to_bits(), c.to_bits()].into());
    assert!(two.draws());
    scratch.remove("incomplete/bob/2.png");
    scratch.remove("complete/bob/2.png");
    assert_eq!(scratch.refused("multi-view", json!({})), "`views`: it is 3, but `bob` has 2 of them");
    scratch.remove("incomplete/cy/1.png");
    scratch.remove("complete/cy/1.png");
    assert!(scratch.refused("multi-view", json!({})).ends_with("and 1 others have too few"));
}
