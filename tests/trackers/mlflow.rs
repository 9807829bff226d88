//! What an MLflow server is sent, and what a real one then has.

use crate::bench::{How, carry_out, column, folder, loss, prepare, python, record, script};
use crate::fake::{self, Fake};
use ablate::record::State;
use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `run.track` of one tracker.
fn track(url: &str) -> String {
    format!("run.track=[{{ use = \"mlflow\", url = \"{url}\", timeout = 1.0 }}]")
}

#[test]
fn an_address_that_cannot_be_spoken_to_is_told_with_its_place() {
    let errors = |value: &str| prepare(&[&format!("run.track={value}")]).err().unwrap();
    for (value, expected) in [
        ("[\"mlflow\"]", "`url`"),
        ("[{ use = \"mlflow\", url = \"127.0.0.1:5000\" }]", "for example `url = \"http://127.0.0.1:5000\"`"),
        ("[{ use = \"mlflow\", url = \"http://a\", timeout = 0 }]", "`timeout` is 0.0, expected at least 0.1"),
        ("[\"tensorbord\"]", "`tensorboard`"),
    ] {
        let said = errors(value);
        assert!(said.contains(expected) && said.contains("--set"), "{value}: {said}");
    }
    if !cfg!(feature = "https") {
        let said = errors("[{ use = \"mlflow\", url = \"https://host\" }]");
        assert!(said.contains("--features https"), "{said}");
    }
}

#[test]
fn batches_keep_the_limits_of_the_api_and_nothing_is_sent_twice() {
    let out = folder("mlflow-limits");
    let server = Fake::start();
    let long = format!("settings.long={:?}", "x".repeat(700));
    let many: Vec<String> = (0..130).map(|i| format!("settings.s{i}={i}")).collect();
    let sets = [track("http://127.0.0.1:9"), long].into_iter().chain(many).collect::<Vec<_>>();
    let unreachable: Vec<&str> = sets.iter().map(String::as_str).collect();
    // Nobody listens at the first address: the run is whole, and says what is lacking.
    let notes = carry_out(&prepare(&unreachable).unwrap(), &out, How::default());
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("the run goes on") && notes[1].contains("11 lines of the record"), "{notes:?}");
    // A hundred times the lines, as of a long run.
    let here = track(&server.url);
    let sets: Vec<&str> = [here.as_str()].into_iter().chain(unreachable[1..].iter().copied()).collect();
    let prepared = prepare(&sets).unwrap();
    let log = ablate::record::cell_dir(&out, prepared.cells[0].plan.hash()).join("records.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.repeat(100)).unwrap();
    assert_eq!(carry_out(&prepared, &out, How::default()), [""; 0]);
    let seen = server.seen();
    let batches = |what: &str| -> Vec<Vec<Value>> {
        let all = seen.iter().filter(|r| r.path == "mlflow/runs/log-batch");
        all.filter_map(|r| r.body[what].as_array().cloned()).collect()
    };
    let (metrics, parameters) = (batches("metrics"), batches("params"));
    assert!(metrics.len() > 10 && metrics.iter().all(|b| b.len() <= 1000), "{}", metrics.len());
    let one = record(&prepared, &out, 0);
    let lines = one.steps().count() + one.evaluations().count();
    let epochs = metrics.iter().flatten().filter(|m| m["key"] == "progress/epoch").count();
    assert_eq!((epochs, lines), (800, 1100));
    assert!(parameters.len() > 1 && parameters.iter().all(|b| b.len() <= 100), "{}", parameters.len());
    let longest = parameters.iter().flatten().map(|p| p["value"].as_str().unwrap().len()).max();
    assert_eq!(longest, Some(500));
    assert!(seen.iter().filter(|r| r.method == "POST").all(|r| r.length < 1_000_000));
    let files: Vec<&str> = seen.iter().filter(|r| r.method == "PUT").map(|r| r.path.as_str()).collect();
    assert!(files.contains(&"mlflow-artifacts/artifacts/7/abc/artifacts/config.toml"), "{files:?}");
    assert!(files.iter().any(|f| f.contains("/artifacts/samples/")) && !files.iter().any(|f| f.contains("checkpoint")));
    // All is there: the next run sends nothing.
    assert_eq!(carry_out(&prepared, &out, How::default()), [""; 0]);
    assert_eq!(server.seen().len(), seen.len());
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_server_that_never_answers_does_not_hold_the_run() {
    let out = folder("mlflow-silent");
    let prepared = prepare(&[&track(&fake::silent()), "stages.completion.length=2 steps"]).unwrap();
    let begun = Instant::now();
    let notes = carry_out(&prepared, &out, How::default());
    // A request of one second at the start, another at the end.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(notes.len() == 2 && notes[1].contains("were not sent"), "{notes:?}");
    assert!(record(&prepared, &out, 0).status.is_some_and(|s| s.state == State::Done));
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_token_goes_to_the_server_and_into_no_record() {
    let out = folder("mlflow-token");
    let server = Fake::start();
    let run = Command::new(env!("CARGO_BIN_EXE_ablate"))
        .args(["run", "tests/fixtures/tiny-gan.toml", "--set", &track(&server.url)])
        .args(["--set", "stages.completion.length=1 steps", "--out"])
        .arg(&out)
        .env("MLFLOW_TRACKING_TOKEN", "a-secret-token")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let seen = server.seen();
    assert!(seen.len() > 5 && seen.iter().all(|r| r.authorization == "Bearer a-secret-token"), "{seen:?}");
    let updates = seen.iter().filter(|r| r.path == "mlflow/runs/update").map(|r| r.body["status"].clone());
    assert_eq!(updates.collect::<Vec<_>>(), ["FINISHED"]);
    assert_eq!(holding(&out, b"a-secret-token"), [""; 0]);
    std::fs::remove_dir_all(&out).unwrap();
}

/// Files under a folder that hold some bytes.
fn holding(folder: &Path, wanted: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let inside = |path: std::path::PathBuf| match path.is_dir() {
        true => holding(&path, wanted),
        false => {
            let found = std::fs::read(&path).unwrap().windows(wanted.len()).any(|w| w == wanted);
            if found { vec![path.display().to_string()] } else { vec![] }
        }
    };
    entries.flat_map(inside).collect()
}

/// A real `mlflow server` on loopback, with all its processes.
struct Server {
    child: Option<Child>,
    port: u16,
}

impl Server {
    fn start(python: &str, folder: &Path, port: u16) -> Self {
        let store = format!("sqlite:///{}", folder.join("mlflow.db").display());
        let child = Command::new(python)
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--serve-artifacts"])
            .args(["--port", &port.to_string(), "--backend-store-uri", &store, "--artifacts-destination"])
            .arg(folder.join("artifacts"))
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { child: Some(child), port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "the server did not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it and what it started, at once.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Step and value of a metric's points.
fn points(run: &Value, key: &str) -> Vec<(u64, f64)> {
    let all = run["metrics"][key].as_array().unwrap_or_else(|| panic!("no metric {key} in {run}"));
    all.iter().map(|p| (p[0].as_u64().unwrap(), p[1].as_f64().unwrap())).collect()
}

#[test]
fn a_real_server_has_each_number_once_though_it_and_the_run_were_stopped() {
    let Some(python) = python("mlflow") else { return };
    let (out, home) = (folder("mlflow"), folder("mlflow-server"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Server::start(&python, &home, port);
    let url = server.url();
    // Patience for a machine with much to do: what is asked for here is what arrives, not when.
    let patient = track(&url).replace("1.0", "60.0");
    let prepared = prepare(&[&patient, "study.seeds=[3]"]).unwrap();
    // Interrupted, taken up from the checkpoint before, and then the server dies in the middle.
    assert_eq!(carry_out(&prepared, &out, How { stop: Some(3), ..Default::default() }), [""; 0]);
    let cell = ablate::record::cell_dir(&out, prepared.cells[0].plan.hash());
    let kept: Value = serde_json::from_slice(&std::fs::read(cell.join("mlflow.json")).unwrap()).unwrap();
    let asked = format!("{url}/api/2.0/mlflow/runs/get?run_id={}", kept["run"]["id"].as_str().unwrap());
    let ask = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())";
    let answer = Command::new(&python).args(["-c", ask, &asked]).output().unwrap();
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["run"]["info"]["status"], "KILLED");
    std::fs::write(cell.join("checkpoints/step-00000003.safetensors"), b"torn").unwrap();
    let kill = Box::new(|| server.kill());
    let notes = carry_out(&prepared, &out, How { resume: true, at: Some((5, kill)), ..Default::default() });
    assert!(notes.iter().any(|n| n.contains("were not sent")), "{notes:?}");
    assert!(record(&prepared, &out, 0).status.is_some_and(|s| s.state == State::Done));
    let again = Server::start(&python, &home, port);
    assert_eq!(carry_out(&prepared, &out, How::default()), [""; 0]);
    let runs = script(&python, "run.py", &[&again.url(), "tiny-gan"]);
    assert_eq!(runs.as_array().unwrap().len(), 1, "a resumed cell goes on with its run");
    let (run, record) = (&runs[0], record(&prepared, &out, 0));
    assert_eq!((&run["name"], &run["status"]), (&"seed-3".into(), &"FINISHED".into()));
    assert_eq!(points(run, "loss/generator/adversarial"), loss(&record, "generator", "adversarial"));
    assert_eq!(points(run, "validation/completion.psnr"), column(&record, "validation", "completion.psnr"));
    assert_eq!(points(run, "test/completion.psnr"), column(&record, "test", "completion.psnr"));
    assert_eq!(points(run, "progress/epoch").len(), 8);
    assert_eq!(run["parameters"]["train.batch"], "2");
    assert_eq!(run["parameters"]["train.optimizer.use"], "adam");
    assert_eq!(run["tags"]["ablate.cell"], prepared.cells[0].plan.hash());
    let files: Vec<&str> = run["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    for file in ["records.jsonl", "status.json", "samples/index.json", "samples/samples-0-1.png"] {
        assert!(files.contains(&file), "{file}: {files:?}");
    }
    assert_eq!(run["config"], std::fs::read_to_string(cell.join("config.toml")).unwrap());
    let _ = (std::fs::remove_dir_all(&out), std::fs::remove_dir_all(&home));
}
