//! `check` as a user types it: partial files, and `--data`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;

use folder::Folder;
use image::{Rgb, RgbImage};
use std::process::{Command, Output};

fn ablate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ablate")).args(arguments).output().unwrap()
}

/// Exit code, standard output, standard error.
fn told(output: &Output, folder: &Folder) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| folder.plain(&String::from_utf8_lossy(bytes));
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const PARTIAL: &str = "partial = true

[nodes.generator]
use = \"generator/uv-gan\"
in  = \"pairs.incomplete\"

[datasets.pairs]
use = \"synthetic-uv\"

[losses.reconstruction]
use           = \"l1\"
in.prediction = \"generator.completed\"
in.target     = \"pairs.complete\"
weight        = 2
";

const BRICK: &str = "format = 1
doc = \"Mine.\"
in.map = { type = \"map\" }
out.map = { from = \"bent\" }

[nodes.bent]
use = \"activation/relu\"
in  = \"in.map\"
";

#[test]
fn a_composite_is_checked_as_what_it_is() {
    let wrong = BRICK.replace("/relu", "/rely").replace("in.map\"", "in.mop\"");
    let stranger = BRICK.replace("/relu", "/rely");
    let folder =
        Folder::new(&[("block/mine.toml", BRICK), ("block/wrong.toml", &wrong), ("block/stranger.toml", &stranger)]);
    let path = |name: &str| folder.path(name).display().to_string();
    let (code, out, err) =
        told(&ablate(&["check", &path("block/mine.toml"), "registry/gate/attention-gate.toml"]), &folder);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("block/mine.toml: a composite, no error in itself"), "{out}");
    assert!(out.contains("registry/gate/attention-gate.toml: a composite"), "{out}");
    for (file, said) in [
        ("block/wrong.toml", "no input is called `mop`, did you mean `map`"),
        ("block/stranger.toml", "no component is called `activation/rely`, did you mean `activation/relu`"),
    ] {
        let (code, _, err) = told(&ablate(&["check", &path(file)]), &folder);
        assert_eq!(code, Some(2));
        assert!(err.contains(said) && err.contains(file), "{said}\n{err}");
    }
}

/// Cards as `describe` prints them.
#[test]
fn cards_cite_papers_and_say_what_is_given() {
    let described = |name: &str| {
        let output = ablate(&["describe", name]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (_, card, _) = described("generator/coupled-unet");
    assert!(card.contains("From: Na et al. (2020). Facial UV map completion") && card.contains("[na2020]"), "{card}");
    for line in ["completed        image", "intermediate     image", "attention        found when it is opened"] {
        assert!(card.contains(line), "{line}\n{card}");
    }
    assert!(described("decoder/stage").1.contains("map        map\n"), "{}", described("decoder/stage").1);
    assert!(described("gate/squeeze-excite").1.contains("attention  vector\n"));
    assert!(described("gate/cbam").1.contains("attention  mask\n"));
    let (code, _, err) = described("gate");
    assert_eq!(code, Some(2));
    assert!(err.contains("`gate` is a family, not a component: `ablate list gate` prints its members"), "{err}");
}

#[test]
fn a_partial_file_needs_not_be_complete_but_its_names_must_be_there() {
    let wrong = PARTIAL
        .replace("uv-gan", "uv-gann")
        .replace("\"l1\"", "\"l11\"")
        .replace("weight ", "weightt ")
        .replace("pairs.complete", "pair.complete");
    let folder = Folder::new(&[("base.toml", PARTIAL), ("wrong.toml", &wrong)]);
    let path = |name: &str| folder.path(name).display().to_string();
    let (code, out, err) = told(&ablate(&["check", &path("base.toml")]), &folder);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, "base.toml: partial, no error; it may only be extended\n");
    let (code, _, err) = told(&ablate(&["check", &path("wrong.toml")]), &folder);
    assert_eq!(code, Some(2));
    for said in [
        "no generator is called `uv-gann`, did you mean `uv-gan`",
        "no loss is called `l11`, did you mean `l1`",
        "nothing is called `pair`, did you mean `pairs`",
    ] {
        assert!(err.contains(said), "{said}\n{err}");
    }
    let (code, _, err) = told(&ablate(&["run", &path("base.toml")]), &folder);
    assert_eq!(code, Some(2));
    assert!(err.contains("`base.toml` is partial: it may only be extended"), "{err}");
}

const PHOTOS: &str = "
[datasets.photos]
use   = \"image-folder\"
root  = \"photos\"
size  = 16
holes = { use = \"from-folder\", root = \"masks\" }
split = { train = 0.6, validation = 0.2, test = 0.2 }

[nodes.generator]
use      = \"generator/uv-gan\"
in       = \"photos.incomplete\"
encoder  = { use = \"pix2pix\", width = 4, widths = [6], innermost = 8 }
widths   = [6, 4]
dropouts = [0.0, 0.0]

[losses.reconstruction]
use           = \"l1\"
in.prediction = \"generator.completed\"
in.target     = \"photos.complete\"

[train]
batch     = 2
optimizer = \"adam\"

[updates.generator]
learns = [\"generator\"]

[stages.completion]
length = \"2 steps\"

[evaluations.completion]
in.prediction = \"generator.completed\"
in.target     = \"photos.complete\"
metrics       = [\"l1\"]
";

/// Ten photos with their masks.
fn photos(folder: &Folder) {
    for kind in ["photos", "masks"] {
        std::fs::create_dir_all(folder.path(kind)).unwrap();
        for i in 0..10u8 {
            let image = RgbImage::from_fn(20, 16, |x, _| Rgb(if x < 10 { [0; 3] } else { [255 - i; 3] }));
            image.save(folder.path(&format!("{kind}/{i}.png"))).unwrap();
        }
    }
}

#[test]
fn check_with_data_reads_every_image_and_counts_splits() {
    let folder = Folder::new(&[("mine.toml", PHOTOS)]);
    photos(&folder);
    let (file, out) = (folder.path("mine.toml").display().to_string(), folder.path("runs").display().to_string());
    let check = |more: &[&str]| {
        let arguments: Vec<&str> = ["check", &file, "--out", &out].iter().chain(more).copied().collect();
        told(&ablate(&arguments), &folder)
    };
    let (code, out, err) = check(&["--data"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let table = "\ndataset     train  validation      test\nphotos          6           2         2\n";
    assert!(out.ends_with(table), "{out}");

    // Without `--data` nothing is read; with it, every problem is told, each with its file.
    let whole = std::fs::read(folder.path("photos/3.png")).unwrap();
    std::fs::write(folder.path("photos/3.png"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path("photos/4.png"), "no image").unwrap();
    std::fs::remove_file(folder.path("masks/7.png")).unwrap();
    assert_eq!(check(&[]).0, Some(0));
    let (code, _, err) = check(&["--data"]);
    assert_eq!(code, Some(2), "{err}");
    assert_eq!(err.matches("error: dataset `photos`: ").count(), 3, "{err}");
    for file in ["photos/3.png", "photos/4.png", "masks/7"] {
        assert!(err.contains(file), "{file}\n{err}");
    }

    let (code, _, err) =
        check(&["--data", "--set", "datasets.photos.split={ train = 1.0, validation = 0.0, test = 0.0 }"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("dataset `photos`: split `validation` holds no samples"), "{err}");

    let (code, _, err) = check(&["--data", "--set", "datasets.photos.root=nowhere"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("say where it is with `--set datasets.photos.root=DIR`"), "{err}");

    // A run does not begin.
    let runs = folder.path("other").display().to_string();
    let output = ablate(&["run", &file, "--out", &runs, "--set", "datasets.photos.root=nowhere"]);
    let (code, _, err) = told(&output, &folder);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("the data of `datasets.photos` are not there") && err.contains("no folder"), "{err}");
    assert!(!folder.path("other").exists(), "nothing was started");
}

#[test]
fn a_wrong_study_hides_no_error_of_its_variants() {
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-gan.toml");
    let study = format!(
        "extends = [{tiny:?}]\n\n[losses.reconstruction]\nweight = \"y\"\n\n[study]\nbaseline = \"nope\"\n\n\
         [study.variants.a]\nlosses.reconstruction.weight = 2.0\n\n[study.variants.b]\nlosses.reconstruction.weigt = 3.0\n"
    );
    let folder = Folder::new(&[("study.toml", &study)]);
    let (code, _, err) = told(&ablate(&["check", &folder.path("study.toml").display().to_string()]), &folder);
    assert_eq!(code, Some(2));
    // The second is overridden in one cell only; what every cell overrides would be told as well.
    for said in ["no variant is called `nope`", "expected a number, found text", "unknown key `weigt`"] {
        assert_eq!(err.matches(said).count(), 1, "{said}\n{err}");
    }
}

#[test]
fn check_with_data_says_how_an_incomplete_folder_should_be_laid_out() {
    let (head, rest) = PHOTOS.split_at(PHOTOS.find("[nodes.generator]").unwrap());
    assert!(head.contains("image-folder"));
    let text = format!("[datasets.photos]\nuse  = \"uv-pairs\"\nroot = \"maps\"\nsize = 16\n\n{rest}");
    let folder = Folder::new(&[("mine.toml", &text)]);
    for (i, tone) in [40, 80, 120, 160].into_iter().enumerate() {
        for kind in ["incomplete", "complete"] {
            std::fs::create_dir_all(folder.path(&format!("maps/{kind}"))).unwrap();
            RgbImage::from_pixel(16, 16, Rgb([tone; 3])).save(folder.path(&format!("maps/{kind}/{i}.png"))).unwrap();
        }
    }
    std::fs::remove_file(folder.path("maps/complete/2.png")).unwrap();
    let file = folder.path("mine.toml").display().to_string();
    let (code, _, err) = told(&ablate(&["check", &file, "--data"]), &folder);
    assert_eq!(code, Some(2), "{err}");
    for said in ["is not laid out as `uv-pairs`: `complete/2.png` is missing; expected in it", "incomplete/"] {
        assert!(err.contains(said), "{said}\n{err}");
    }
}

/// Maps of photos are made by a command, which the error says.
#[test]
fn maps_that_are_not_there_come_with_the_command_that_makes_them() {
    let folder = Folder::new(&[]);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/uv-completion/photos.toml");
    let maps = folder.path("maps").display().to_string();
    let (set, out) = (format!("settings.maps-root={maps}"), folder.path("runs").display().to_string());
    let (code, _, err) = told(&ablate(&["check", file, "--set", &set]), &folder);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let output = ablate(&["run", file, "--out", &out, "--set", &set]);
    let (code, err) = (output.status.code(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(code, Some(2), "{err}");
    let made = format!("or make them: `ablate data unwrap --photos DIR --model ict --model-folder DIR --out {maps}`");
    assert_eq!(err.matches(&made).count(), 4, "{err}");
    assert!(err.contains("no folder") && err.contains("--set datasets.turned.root=DIR"), "{err}");
}
