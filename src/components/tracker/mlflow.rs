//! A run on an MLflow tracking server for each cell: parameters, metrics with their steps, the record's files as artifacts.
//! A server that is down or slow never slows the training; what it missed is sent later, at the end, or by the next run.
//!
//! <https://mlflow.org/docs/latest/rest-api.html>; `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and
//! `MLFLOW_TRACKING_PASSWORD`, in the environment say who asks.

use crate::registry::{Declared, Entry, InputEdges, Make, Problem, Settings, settings};

settings! {
    pub struct Mlflow {
        /// Address of the tracking server, `http://host:5000`; who asks is in the environment (`MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`).
        url: String;
        /// Name of the experiment there; empty: that of this file.
        experiment: String = "";
        /// Whether the record's files and the samples go there too; checkpoints never do.
        artifacts: bool = true;
        /// Seconds that a request may take.
        timeout: f64 = 5.0, min = 0.1, max = 300;
    }
}

pub fn entry() -> Entry {
    let doc = "A run on an MLflow tracking server for each cell: parameters, metrics with their steps, the record's files as artifacts.";
    Entry { make: Make::Measure(check), ..Entry::plain("tracker", "mlflow", doc, "", Mlflow::schema()) }
}

/// The address is one that this build can speak to, without secrets: it is kept in every record.
fn check(settings: &Settings, _: &InputEdges) -> Result<(), Problem> {
    let url = Mlflow::read(settings)?.url;
    let wrong = |why: &str, help: &str| {
        Err(Problem::new(format!("`url` cannot be `{url}`: {why}")).at_setting("url").with_help(help))
    };
    let example = "for example `url = \"http://127.0.0.1:5000\"`, which `mlflow server` prints";
    let Some((scheme, rest)) = url.split_once("://") else { return wrong("it is no address", example) };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme {
        "https" if !cfg!(feature = "https") => wrong(
            "this build speaks no TLS",
            "build with `cargo build --release --features https`, or give the `http://` address of a server near by",
        ),
        "http" | "https" if host.contains('@') => {
            let problem = Problem::new("`url` holds a name or password, which would be kept in every record");
            Err(problem.at_setting("url").with_help(
                "set `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`, instead",
            ))
        }
        "http" | "https" if !host.is_empty() && !url.contains(char::is_whitespace) => Ok(()),
        "http" | "https" => wrong("it is no address", example),
        _ => wrong("it is no `http://` address", example),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str) -> Option<String> {
        let all = serde_json::json!({ "url": url, "experiment": "", "artifacts": true, "timeout": 5.0 });
        check(all.as_object().unwrap(), &InputEdges::default()).err().map(|problem| problem.message)
    }

    #[test]
    fn an_address_is_http_and_without_secrets() {
        assert_eq!(said("http://127.0.0.1:5000"), None);
        assert_eq!(said("http://host/mlflow/"), None);
        for wrong in ["127.0.0.1:5000", "http://", "http://a b", "sqlite:///mlflow.db", "file:///tmp"] {
            assert!(said(wrong).unwrap().contains(wrong), "{wrong}");
        }
        let secret = said("http://me:secret@host").unwrap();
        assert!(secret.contains("password") && !secret.contains("me:secret"), "{secret}");
        assert_eq!(said("https://host").is_none(), cfg!(feature = "https"));
    }
}
