//! The page in a real browser: what a reader does with it. Chromium runs where it is installed (or named by
//! `ABLATE_CHROMIUM`); elsewhere these tests say that they were left out.

use crate::{fixture, options};
use ablate::report::write;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("ABLATE_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|p| p.is_file());
    let chromium = named.or(found);
    if chromium.is_none() {
        eprintln!("skipped: no Chromium here");
    }
    chromium
}

/// Standard output of Chromium without a window; the network is of no use to it.
fn browse(chromium: &Path, folder: &Path, arguments: &[&str]) -> String {
    let profile = folder.join("profile");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--proxy-server=127.0.0.1:9", "--virtual-time-budget=10000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The page of the fixture with a script of ours in it; gives its folder and file.
fn probed(name: &str) -> (PathBuf, PathBuf) {
    let runs = fixture::runs(name);
    let files = write(&fixture::study(&runs), &runs, &options()).unwrap();
    let page = std::fs::read_to_string(&files.index).unwrap();
    let first = "<script>window.problems = []; addEventListener('error', e => problems.push(e.message)); \
                 document.addEventListener('securitypolicyviolation', e => problems.push(e.blockedURI));</script>";
    let page = page.replacen("<head>", &format!("<head>{first}"), 1);
    let page = page.replace("</body>", &format!("<script>{}</script></body>", include_str!("probe.js")));
    let file = runs.join("probed.html");
    std::fs::write(&file, page).unwrap();
    (runs, file)
}

/// What the script left in the document.
fn seen(document: &str) -> Value {
    let text = document.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let text =
        text.unwrap_or_else(|| panic!("the script did not end:\n{}", &document[document.len().saturating_sub(600)..]));
    serde_json::from_str(&text.0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).unwrap()
}

fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}

#[test]
fn a_reader_sorts_enlarges_and_slides() {
    let Some(chromium) = chromium() else { return };
    let (runs, file) = probed("browser");
    let seen = seen(&browse(&chromium, &runs, &["--window-size=1280,900", "--dump-dom", &address(&file)]));
    assert_eq!(seen["problems"], serde_json::json!([]));
    assert_eq!(seen["dangling"], serde_json::json!([]), "names that lead nowhere");

    // Second column, PSNR of the whole map, higher is better: best first, what has none last, marks kept.
    let labels = |v: &Value| -> Vec<String> {
        v.as_array().unwrap().iter().map(|l| l.as_str().unwrap().trim().into()).collect()
    };
    let before = labels(&seen["before"]);
    let sorted = labels(&seen["sorts"][0]["rows"]);
    assert_eq!(sorted[..2], ["Attention ResCUNet-GAN", "UV-GAN"], "{sorted:?}");
    assert_eq!(sorted.iter().filter(|l| l.ends_with('†')).count(), 2);
    assert_eq!(seen["sorts"][0]["aria"], "descending");
    assert_eq!(labels(&seen["sorts"][0]["published"]).len(), 2);
    let turned: Vec<String> = sorted.iter().rev().cloned().collect();
    assert_eq!((labels(&seen["sorts"][1]["rows"]), &seen["sorts"][1]["aria"]), (turned, &"ascending".into()));
    assert_eq!((labels(&seen["sorts"][2]["rows"]), &seen["sorts"][2]["aria"]), (before, &"none".into()));
    assert_eq!(seen["buttons"], true, "every button is reached by the keyboard and has a name");

    let dialog = &seen["dialog"];
    let of = |i: u64| format!("{i} of {}", dialog["figures"]);
    assert_eq!((&dialog["open"], &dialog["drawn"], &dialog["focused"]), (&true.into(), &true.into(), &true.into()));
    assert_eq!([&dialog["first"], &dialog["next"]], [&Value::from(of(1)), &of(2).into()]);
    assert_eq!(dialog["around"], of(dialog["figures"].as_u64().unwrap()));

    let slider = &seen["slider"];
    assert_eq!((&slider["hidden"], &slider["at"], &slider["stored"]), (&false.into(), &"20%".into(), &true.into()));
    assert_eq!(slider["said"], "20 % pairs.incomplete, 80 % generator.completed");
    assert!(
        (slider["ratio"].as_f64().unwrap() - 1.0).abs() < 0.02 && slider["wide"].as_f64().unwrap() > 250.0,
        "{slider}"
    );
    assert!(slider["uses"][0] != slider["uses"][1] && slider["other"][0] != slider["uses"][0], "{slider}");
}

#[test]
fn a_telephone_shows_the_page_without_scrolling_sideways() {
    let Some(chromium) = chromium() else { return };
    let (runs, file) = probed("telephone");
    let around = runs.join("around.html");
    let frame = format!(
        "<body style=\"margin:0\"><iframe style=\"width:360px;height:740px;border:0\" src=\"{}\"></iframe>\
         <script>addEventListener('message', e => document.body.append(Object.assign(document.createElement('pre'), \
         {{ id: 'seen', textContent: e.data }})))</script>",
        address(&file)
    );
    std::fs::write(&around, frame).unwrap();
    let seen = seen(&browse(&chromium, &runs, &["--window-size=800,900", "--dump-dom", &address(&around)]));
    let width = |key: &str| seen["width"][key].as_u64().unwrap();
    assert!((300..=360).contains(&width("window")), "{}", seen["width"]);
    assert_eq!(width("page"), width("window"));
    assert_eq!(seen["problems"], serde_json::json!([]));
}

#[test]
fn the_page_prints_and_reads_without_scripts() {
    let Some(chromium) = chromium() else { return };
    let runs = fixture::runs("print");
    let files = write(&fixture::study(&runs), &runs, &options()).unwrap();
    let pdf = runs.join("page.pdf");
    let print = format!("--print-to-pdf={}", pdf.display());
    browse(&chromium, &runs, &["--no-pdf-header-footer", &print, &address(&files.index)]);
    let pdf = std::fs::read(&pdf).unwrap();
    let pages = pdf.windows(11).filter(|w| w == b"/Type /Page").count();
    assert!(pdf.starts_with(b"%PDF") && (4..30).contains(&pages), "{pages} pages");
    // What a browser without scripts shows is in the document: every table, figure and folded part.
    let page = std::fs::read_to_string(&files.index).unwrap();
    let plain = page.split_once("<script>").unwrap().0;
    for part in ["class=\"answer\"", "generator.completed", "Every operation of", "<details", "id=\"figure-samples\""] {
        assert!(plain.contains(part), "without scripts the page lacks `{part}`");
    }
}
