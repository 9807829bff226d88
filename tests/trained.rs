//! `predict` and `export` as a user meets them: a run is trained, applied to folders, written for other programs; what
//! cannot be done is said, with the right exit code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::run::Checkpoint;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Exit code, standard output and standard error together.
fn ablate(folder: &Path, line: &str) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_ablate")).args(line.split_whitespace()).current_dir(folder).output();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    (run.status.code().unwrap(), said)
}

fn refused(folder: &Path, line: &str, code: i32, phrases: &[&str]) {
    let (found, said) = ablate(folder, line);
    assert_eq!(found, code, "`ablate {line}`:\n{said}");
    for phrase in phrases {
        assert!(said.contains(phrase), "`ablate {line}` must say {phrase:?}:\n{said}");
    }
}

/// A folder with a finished run of the tiny experiment and a study of two; trained once for all tests here.
fn trained() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trained");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
        let tiny = std::fs::read_to_string(fixture).unwrap();
        let predict = "\n[predict]\nfeed  = \"pairs.incomplete\"\nwrite = [\"generator.completed\"]\n";
        std::fs::write(folder.join("tiny.toml"), tiny + predict).unwrap();
        let study = "format = 1\nextends = [\"tiny.toml\"]\nstages.completion.length = \"1 step\"\n\
            evaluations.completion.baselines = { \"mean colour\" = { prediction = \"mean\" } }\n\
            nodes.mean = { use = \"operator/mean-fill\", in = { image = \"pairs.incomplete\", missing = \"pairs.missing\" } }\n\
            [study.variants.plain]\n[study.variants.noisy]\nnodes.generator.prepare = \"noise-fill\"\n";
        std::fs::write(folder.join("two.toml"), study).unwrap();
        for file in ["tiny.toml", "two.toml"] {
            let (code, said) = ablate(&folder, &format!("run {file}"));
            assert_eq!(code, 0, "{said}");
        }
        folder
    })
}

/// The folder of the tiny experiment's cell, relative to [`trained`].
fn cell() -> String {
    let index = std::fs::read_to_string(trained().join("runs/tiny/cells.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    format!("runs/cells/{}", index["cells"][0]["hash"].as_str().unwrap())
}

/// Half faces of 40 x 50 pixels: the hole black, transparent, and as a mask.
fn pictures(name: &str) -> PathBuf {
    let folder = trained().join(name);
    for (i, deep) in ["a.png", "deep/b.png"].iter().enumerate() {
        let hole = |x: u32| x < 16;
        let colour = |x: u32, y: u32| [(x * 5) as u8 + 20, (y * 4) as u8 + 20, 90 + 40 * i as u8];
        let path = |kind: &str| {
            let path = folder.join(kind).join(deep);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        let black = |x, y| image::Rgb(if hole(x) { [0; 3] } else { colour(x, y) });
        image::RgbImage::from_fn(40, 50, black).save(path("black")).unwrap();
        let alpha = |x, y| {
            let [r, g, b] = colour(x, y);
            image::Rgba([r, g, b, if hole(x) { 0 } else { 255 }])
        };
        image::RgbaImage::from_fn(40, 50, alpha).save(path("alpha")).unwrap();
        image::RgbImage::from_fn(40, 50, |x, y| image::Rgb(colour(x, y))).save(path("whole")).unwrap();
        image::GrayImage::from_fn(40, 50, |x, _| image::Luma([if hole(x) { 255 } else { 0 }]))
            .save(path("masks"))
            .unwrap();
    }
    folder
}

fn bytes(folder: &str, file: &str) -> Vec<u8> {
    let path = trained().join(folder).join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Nothing is trained: networks are measured as they were, each cell with those of its own seed.
#[test]
fn networks_of_another_experiment_are_only_evaluated() {
    let folder = trained();
    let index = |name: &str| -> Vec<(u64, serde_json::Value)> {
        let read =
            |path: String| serde_json::from_slice::<serde_json::Value>(&std::fs::read(folder.join(path)).unwrap());
        let cells = read(format!("runs/{name}/cells.json")).unwrap();
        let status = |cell: &serde_json::Value| {
            let hash = cell["hash"].as_str().unwrap();
            (cell["seed"].as_u64().unwrap(), read(format!("runs/cells/{hash}/status.json")).unwrap())
        };
        cells["cells"].as_array().unwrap().iter().map(status).collect()
    };
    let seeds = "format = 1\nextends = [\"tiny.toml\"]\nstages.completion.length = \"2 steps\"\nstudy.seeds = [3, 4]\n";
    std::fs::write(folder.join("seeds.toml"), seeds).unwrap();
    let tiny = std::fs::read_to_string(folder.join("tiny.toml")).unwrap();
    let part = |from: &str| {
        let rest = &tiny[tiny.find(from).unwrap()..];
        rest[..rest[1..].find("\n[").map_or(rest.len(), |end| end + 2)].to_string()
    };
    let weights = "weights = { experiment = \"seeds.toml\", node = \"generator\" }\n";
    let only = format!(
        "format = 1\n{}{}{weights}\n{}evaluate.batch = 4\nstudy.seeds = [3, 4]\n",
        part("[datasets.pairs]"),
        part("[nodes.generator]").trim_end().to_string() + "\n",
        part("[evaluations.completion]"),
    );
    let only = only.replace("evaluate.batch = 4\nstudy.seeds", "[evaluate]\nbatch = 4\n[study]\nseeds");
    std::fs::write(folder.join("only.toml"), only).unwrap();
    for file in ["seeds.toml", "only.toml"] {
        let (code, said) = ablate(folder, &format!("run {file}"));
        assert_eq!(code, 0, "{said}");
    }
    let means = |name: &str| -> Vec<(u64, f64)> {
        let mean = |(seed, status): &(u64, serde_json::Value)| {
            (*seed, status["test"]["completion.psnr"]["mean"].as_f64().unwrap())
        };
        index(name).iter().map(mean).collect()
    };
    let (trained, measured) = (means("seeds"), means("only"));
    // In batches of another size: sums are of another order.
    for (one, other) in trained.iter().zip(&measured) {
        assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-6, "{one:?} {other:?}");
    }
    assert!(measured[0].1 != measured[1].1, "{measured:?}");
    assert!(index("only").iter().all(|(_, status)| status["total-steps"] == 0));
}

#[test]
fn a_run_is_found_by_folder_and_by_file_and_holes_by_all_their_marks() {
    let (folder, cell) = (trained(), cell());
    pictures("p");
    let ways = [
        (format!("--run {cell} --input p/alpha"), "out/cell"),
        ("--run runs/tiny --input p/alpha".to_string(), "out/folder"),
        ("--run tiny.toml --input p/alpha --batch 1".to_string(), "out/file"),
        ("--run tiny.toml --input p/black --holes black".to_string(), "out/black"),
        ("--run tiny.toml --input p/whole --feed missing=p/masks".to_string(), "out/masks"),
        (format!("--run {cell} --feed pairs.incomplete=p/alpha --write generator.completed"), "out/feed"),
    ];
    for (way, out) in &ways {
        let (code, said) = ablate(folder, &format!("predict {way} --output {out}"));
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("2 images, 2 files in"), "{said}");
        let picture = image::open(folder.join(out).join("deep/b.png")).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 32));
        assert_eq!(bytes(out, "a.png"), bytes("out/cell", "a.png"), "{way}");
    }
    let (_, said) = ablate(folder, "predict --run tiny.toml --input p/black --output out/colour");
    assert!(said.contains("note: 2 of the images have much black in them"), "{said}");
    assert_ne!(bytes("out/colour", "a.png"), bytes("out/cell", "a.png"));
    let (code, said) = ablate(
        folder,
        "predict --run runs/two --variant plain --input p/alpha --holes transparent --output out/several \
         --write generator.completed --write mean --write pairs.missing --which last",
    );
    assert_eq!(code, 0, "{said}");
    for name in ["a-completed.png", "a-mean.png", "deep/b-missing.png"] {
        assert!(folder.join("out/several").join(name).exists(), "{name}");
    }
}

/// What the run itself drew of a test sample is what comes out when that sample is fed.
#[test]
fn a_sample_of_the_run_gives_what_the_run_gave() {
    let (folder, cell) = (trained(), cell());
    let samples = folder.join(&cell).join("samples");
    std::fs::create_dir_all(folder.join("own")).unwrap();
    std::fs::copy(samples.join("samples-0-0.png"), folder.join("own/x.png")).unwrap();
    let (code, said) = ablate(folder, &format!("predict --run {cell} --input own --output own-out --holes grey"));
    assert_eq!(code, 0, "{said}");
    let ours = image::open(folder.join("own-out/x.png")).unwrap().to_rgb8();
    let theirs = image::open(samples.join("samples-0-1.png")).unwrap().to_rgb8();
    let difference: u32 = ours.iter().zip(theirs.iter()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    // The sample went through 8 bits once.
    assert!(f64::from(difference) / (ours.len() as f64) < 0.6, "{difference}");
}

#[test]
fn damaged_images_are_named_and_the_others_done() {
    let folder = trained();
    pictures("q");
    std::fs::write(folder.join("q/alpha/broken.png"), "no picture").unwrap();
    let line = "predict --run runs/tiny --input q/alpha --output q-out";
    refused(folder, line, 1, &["error: cannot read `q/alpha/broken.png`", "2 images, 2 files in q-out", "1 failed"]);
    std::fs::remove_file(folder.join("q/masks/a.png")).unwrap();
    let line = "predict --run runs/tiny --input q/whole --feed pairs.missing=q/masks --output q-out2";
    refused(folder, line, 1, &["`q/masks/a.png`: the image for port `missing` does not exist", "1 images"]);
}

#[test]
fn what_cannot_be_predicted_is_refused_before_anything_is_done() {
    let (folder, cell) = (trained(), cell());
    pictures("r");
    let two = "predict --run runs/two --variant plain --input r/alpha --output r-out";
    let tiny = "predict --run runs/tiny --input";
    std::fs::create_dir_all(folder.join("nothing")).unwrap();
    std::fs::write(folder.join("a-file"), "").unwrap();
    let unfinished = folder.join("runs/cells/unfinished");
    std::fs::create_dir_all(&unfinished).unwrap();
    let status = std::fs::read_to_string(folder.join(&cell).join("status.json")).unwrap();
    std::fs::write(unfinished.join("status.json"), status.replace("\"done\"", "\"interrupted\"")).unwrap();
    let cases: [(String, &[&str]); 17] = [
        (
            format!("{two} --write mean"),
            &["`pairs.missing` is needed too", "--feed pairs.missing=DIR", "`--holes transparent"],
        ),
        (format!("{two} --write generator.complete"), &["has `completed`"]),
        (format!("{two} --feed pairs.mask=r/masks"), &["`--feed pairs.mask` names no port", "`pairs.missing`"]),
        (format!("{two} --feed pairs.yaw=r/masks"), &["`pairs.yaw` is scalar", "cannot take its place"]),
        (format!("{two} --feed pairs.missing=r/masks --holes black"), &["`--holes` finds holes in the images"]),
        (format!("{two} --set train.batch=3"), &["`--set` belongs to an experiment file"]),
        (
            "predict --run runs/two --input r/alpha --output r-out".into(),
            &["several cells fit", "variant `plain`, seed 0", "variant `noisy`"],
        ),
        ("predict --run runs/two --seed 7 --input r/alpha --output r-out".into(), &["no cell fits", "variant `plain`"]),
        ("predict --run two.toml --variant plane --input r/alpha --output r-out".into(), &["no cell fits"]),
        ("predict --run runs/three --input r/alpha --output r-out".into(), &["runs/three does not exist"]),
        ("predict --run nothing --input r/alpha --output r-out".into(), &["nothing is no run", "cells.json"]),
        ("predict --run runs/cells/unfinished --input r/alpha --output r-out".into(), &["is interrupted", "--resume"]),
        (
            "predict --run tiny.toml --set train.batch=3 --input r/alpha --output r-out".into(),
            &["is missing", "`ablate run tiny.toml` makes it"],
        ),
        (format!("{tiny} nowhere --output r-out"), &["folder `nowhere` does not exist"]),
        (format!("{tiny} nothing --output r-out"), &["folder `nothing` holds no images"]),
        (format!("{tiny} r/alpha --output r/alpha"), &["r/alpha is an input"]),
        (format!("{tiny} r/alpha --output a-file/out"), &["cannot make the folder a-file/out"]),
    ];
    for (line, phrases) in &cases {
        refused(folder, line, 2, phrases);
    }
    assert!(!folder.join("r-out/a.png").exists());
}

#[test]
fn nodes_are_exported_and_what_cannot_be_is_said() {
    let (folder, cell) = (trained(), cell());
    let (code, said) = ablate(folder, &format!("export --run {cell} --node generator -o x/generator.onnx"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("in  image: 3x32x32") && said.contains("out completed: 3x32x32"), "{said}");
    let (code, said) =
        ablate(folder, &format!("export --run {cell} --node generator/encoder -o x/encoder.safetensors"));
    assert_eq!(code, 0, "{said}");
    let file = std::fs::read(folder.join("x/encoder.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let best = Checkpoint::read(&folder.join(&cell).join("checkpoints/best.safetensors")).unwrap();
    let names: Vec<&String> = best.tensors.keys().filter(|n| n.starts_with("generator/encoder/")).collect();
    assert_eq!(tensors.len(), names.len());
    for name in names {
        let (shape, values) = &best.tensors[name];
        let tensor = tensors.tensor(name).unwrap();
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!((tensor.shape(), tensor.data()), (&shape[..], &bytes[..]), "{name}");
    }
    // Under PyTorch's manner of names, which any layout has, and read again by it.
    let line = format!(
        "export --run {cell} --device cpu --node generator/encoder --layout torchvision -o x/theirs.safetensors"
    );
    let (code, said) = ablate(folder, &line);
    assert_eq!(code, 0, "{said}");
    let file = std::fs::read(folder.join("x/theirs.safetensors")).unwrap();
    let theirs = SafeTensors::deserialize(&file).unwrap();
    for (ours, name) in [("down[1]/conv/weight", "down.1.conv.weight"), ("down[0]/norm/bias", "down.0.norm.bias")] {
        let (shape, values) = &best.tensors[&format!("generator/encoder/{ours}")];
        let tensor = theirs.tensor(name).unwrap();
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let trimmed = if shape[0] == 1 { vec![shape[1]] } else { shape.clone() };
        assert_eq!((tensor.shape(), tensor.data()), (&trimmed[..], &bytes[..]), "{name}");
    }
    let again = "format = 1\nextends = [\"tiny.toml\"]\nnodes.generator.weights = { file = \"x/theirs.safetensors\", \
        layout = \"torchvision\", at = [\"encoder\"] }\nstages.completion.length = \"1 step\"\n";
    std::fs::write(folder.join("again.toml"), again).unwrap();
    // Files are read before the run has its threads.
    let (code, said) = ablate(folder, "run again.toml --threads 1");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("takes"), "every tensor fits: {said}");
    let noisy = "export --run two.toml --variant noisy --node generator -o y.onnx";
    let cases: [(&str, i32, &[&str]); 9] = [
        (
            "export --run runs/tiny --node generatr -o y.onnx",
            2,
            &["no node is called `generatr`", "`generator`, `discriminator`"],
        ),
        (
            "export --run runs/tiny --node generator/encodr -o y.onnx",
            2,
            &["no node is called `generator/encodr`", "`generator/encoder`"],
        ),
        (
            "export --run runs/tiny --node generator --layout timm -o y.onnx",
            2,
            &["`--layout timm` is of tensors' names, which ONNX does not have"],
        ),
        (
            "export --run runs/tiny --node generator --layout keras -o y.safetensors",
            2,
            &["invalid value 'keras'", "torchvision, timm, facenet-pytorch"],
        ),
        (
            "export --run runs/tiny --node generator --device gpu -o y.onnx",
            2,
            &["expected `auto`, `cpu`, `cuda` or `cuda:0,1`"],
        ),
        ("export --run runs/tiny --node generator -o y.pt", 2, &["y.pt: the ending decides the form"]),
        ("export --run runs/tiny --node generator/image -o y.safetensors", 2, &["`generator/image` holds no tensors"]),
        (noisy, 2, &["`generator/prepared` (`prepare/noise-fill`) cannot be written as ONNX: it draws random numbers"]),
        ("export --run runs/tiny --node generator -o a-file-too/y.onnx", 1, &["cannot write a-file-too/y.onnx"]),
    ];
    std::fs::write(folder.join("a-file-too"), "").unwrap();
    for (line, code, phrases) in cases {
        refused(folder, line, code, phrases);
    }
    assert!(!folder.join("y.onnx").exists());
}
