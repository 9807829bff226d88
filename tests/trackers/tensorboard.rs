//! What TensorBoard shows of a study: every number of the record once, whatever happened to the run.

use crate::bench::{How, carry_out, column, folder, loss, prepare, python, record, script};
use serde_json::Value;
use std::path::Path;

const TRACK: &str = "run.track=[\"tensorboard\"]";

/// Step and value of a tag's points.
fn points(run: &Value, tag: &str) -> Vec<(u64, f64)> {
    let all = run["scalars"][tag].as_array().unwrap_or_else(|| panic!("no tag {tag} in {run}"));
    all.iter().map(|p| (p[0].as_u64().unwrap(), p[2].as_f64().unwrap())).collect()
}

/// Event files hold f32.
fn narrow(values: Vec<(u64, f64)>) -> Vec<(u64, f64)> {
    values.into_iter().map(|(step, value)| (step, f64::from(value as f32))).collect()
}

/// Event files of a run's folder.
fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn tensorboard_shows_each_number_once_after_a_stop_and_a_resume() {
    let out = folder("tensorboard");
    let study = "study.variants={plain={}, heavy={losses.adversarial.weight=2.0}}";
    let prepared = prepare(&[TRACK, study]).unwrap();
    // Stopped after step 5 and taken up from there; then from the checkpoint before, as after a crash.
    assert_eq!(carry_out(&prepared, &out, How { stop: Some(5), ..Default::default() }), [""; 0]);
    let cell = ablate::record::cell_dir(&out, prepared.cells[0].plan.hash());
    let newest = cell.join("checkpoints/step-00000005.safetensors");
    assert!(newest.exists());
    std::fs::write(&newest, b"torn").unwrap();
    carry_out(&prepared, &out, How { resume: true, ..Default::default() });
    let logs = out.join("tiny-gan/tensorboard");
    assert_eq!(files(&logs.join("plain-seed-0")), 1);
    // All are done: nothing is written anew, and what was lost is written from the record.
    let before = std::fs::read(std::fs::read_dir(logs.join("plain-seed-0")).unwrap().next().unwrap().unwrap().path());
    std::fs::remove_dir_all(logs.join("heavy-seed-0")).unwrap();
    carry_out(&prepared, &out, How::default());
    let after = std::fs::read(std::fs::read_dir(logs.join("plain-seed-0")).unwrap().next().unwrap().unwrap().path());
    assert_eq!(before.unwrap(), after.unwrap());
    if let Some(python) = python("tensorboard") {
        let seen = script(&python, "events.py", &[logs.to_str().unwrap()]);
        for (n, name) in ["plain-seed-0", "heavy-seed-0"].into_iter().enumerate() {
            let (run, record) = (&seen["runs"][name], record(&prepared, &out, n));
            assert_eq!(points(run, "loss/generator/adversarial"), narrow(loss(&record, "generator", "adversarial")));
            assert_eq!(
                points(run, "validation/completion.psnr"),
                narrow(column(&record, "validation", "completion.psnr"))
            );
            assert_eq!(points(run, "test/completion.psnr"), narrow(column(&record, "test", "completion.psnr")));
            assert_eq!(points(run, "progress/epoch").len(), 8);
            for tag in [
                "loss-raw/discriminator/adversarial",
                "learning-rate/generator",
                "gradient-norm/discriminator",
                "seconds/step",
            ] {
                let steps: Vec<u64> = points(run, tag).iter().map(|(step, _)| *step).collect();
                assert_eq!(steps, [1, 2, 3, 4, 5, 6, 7, 8], "{tag}");
            }
            let times: Vec<f64> =
                run["scalars"]["progress/epoch"].as_array().unwrap().iter().map(|p| p[1].as_f64().unwrap()).collect();
            assert!(times.is_sorted() && times[0] > 1.7e9, "{times:?}");
            // Two rows of the grid `samples`, each 32 pixels wide.
            for wire in ["pairs.incomplete", "generator.completed", "pairs.complete"] {
                assert_eq!(run["images"][format!("samples/{wire}")], serde_json::json!([[8, [32, 32], 2, true]]));
            }
            let text = |tag: &str| run["texts"][tag][0][1][0].as_str().unwrap_or_default().to_string();
            assert!(text("experiment").contains(prepared.cells[n].plan.hash()), "{}", text("experiment"));
            assert!(text("config").contains("    train.batch = 2\n"), "{}", text("config"));
        }
        let table = &seen["hparams"];
        assert_eq!(table["names"], serde_json::json!(["losses.adversarial.weight", "seed", "variant"]));
        let mut rows: Vec<(String, f64, String)> = table["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                assert!(row["metrics"]["test/completion.psnr"].is_number(), "{row}");
                let values = &row["values"];
                let variant = values["variant"].as_str().unwrap().to_string();
                (
                    variant,
                    values["losses.adversarial.weight"].as_f64().unwrap(),
                    row["status"][0].as_str().unwrap().into(),
                )
            })
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let success = || "STATUS_SUCCESS".to_string();
        assert_eq!(rows, [("heavy".to_string(), 2.0, success()), ("plain".to_string(), 0.5, success())]);
    }
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_a_note_and_the_run_goes_on() {
    let out = folder("tensorboard-full");
    std::fs::create_dir_all(out.join("tiny-gan")).unwrap();
    std::fs::write(out.join("tiny-gan/tensorboard"), b"a file where the folder should be").unwrap();
    let prepared = prepare(&[TRACK, "stages.completion.length=2 steps"]).unwrap();
    let notes = carry_out(&prepared, &out, How::default());
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("cannot write the events for TensorBoard in"), "{notes:?}");
    assert!(record(&prepared, &out, 0).status.is_some_and(|s| s.state == ablate::record::State::Done));
    std::fs::remove_dir_all(&out).unwrap();
}
