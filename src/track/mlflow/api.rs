//! As much of MLflow's REST API 2.0 as a run needs: <https://mlflow.org/docs/latest/rest-api.html>.

use base64::Engine;
use serde_json::{Value, json};
use std::time::Duration;

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody answers, or only later: worth another try.
    #[error("{0}")]
    Later(String),
    /// The server understood and refuses: the same request would be refused again.
    #[error("{message} ({code})")]
    Refused { code: u16, message: String },
}

/// Where a tracking server is, and how one speaks to it.
pub struct Api {
    url: String,
    agent: ureq::Agent,
    /// Value of the header `Authorization`; from the environment and never written down.
    authorization: Option<String>,
}

/// A run on the server.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    pub id: String,
    /// `mlflow-artifacts:/1/<id>/artifacts` where the server takes files itself.
    pub artifacts: String,
}

/// One value of a metric; times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub key: String,
    pub value: f64,
    pub timestamp: u64,
    pub step: u64,
}

impl Api {
    /// `timeout`: of each request, all of it.
    pub fn new(url: &str, timeout: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("ablate/", env!("CARGO_PKG_VERSION")))
            .build();
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let authorization = authorization(
            variable("MLFLOW_TRACKING_TOKEN"),
            variable("MLFLOW_TRACKING_USERNAME"),
            variable("MLFLOW_TRACKING_PASSWORD"),
        );
        Api { url: url.trim_end_matches('/').into(), agent: agent.into(), authorization }
    }

    /// Number of the experiment with a name, which is made where it is missing.
    pub fn experiment(&self, name: &str) -> Result<String, Failure> {
        let create = || self.post("experiments/create", &json!({ "name": name }));
        let found = self.get("experiments/get-by-name", &[("experiment_name", name)]);
        let answer = match found {
            Err(Failure::Refused { code: 404, .. }) => match create() {
                // Another cell was faster.
                Err(Failure::Refused { .. }) => self.get("experiments/get-by-name", &[("experiment_name", name)])?,
                made => made?,
            },
            found => found?,
        };
        let id = answer.get("experiment_id").or_else(|| answer.pointer("/experiment/experiment_id"));
        Ok(id.and_then(Value::as_str).ok_or_else(|| strange("experiments", &answer))?.to_string())
    }

    pub fn create_run(
        &self,
        experiment: &str,
        name: &str,
        started: u64,
        tags: &[(&str, &str)],
    ) -> Result<Run, Failure> {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let body = json!({ "experiment_id": experiment, "run_name": name, "start_time": started, "tags": tags });
        let answer = self.post("runs/create", &body)?;
        let text = |at: &str| answer.pointer(at).and_then(Value::as_str);
        let id = text("/run/info/run_id").ok_or_else(|| strange("runs/create", &answer))?;
        Ok(Run { id: id.into(), artifacts: text("/run/info/artifact_uri").unwrap_or_default().into() })
    }

    /// 1000 metrics at most.
    pub fn log_metrics(&self, run: &str, metrics: &[Metric]) -> Result<(), Failure> {
        let one =
            |m: &Metric| json!({ "key": m.key, "value": number(m.value), "timestamp": m.timestamp, "step": m.step });
        let metrics: Vec<Value> = metrics.iter().map(one).collect();
        self.post("runs/log-batch", &json!({ "run_id": run, "metrics": metrics })).map(drop)
    }

    /// 100 parameters at most.
    pub fn log_parameters(&self, run: &str, parameters: &[(String, String)]) -> Result<(), Failure> {
        let parameters: Vec<Value> = parameters.iter().map(|(k, v)| json!({ "key": k, "value": v })).collect();
        self.post("runs/log-batch", &json!({ "run_id": run, "params": parameters })).map(drop)
    }

    /// `RUNNING`, or how the run ended and when.
    pub fn update_run(&self, run: &str, status: &str, ended: Option<u64>) -> Result<(), Failure> {
        let mut body = json!({ "run_id": run, "status": status });
        if let Some(ended) = ended {
            body["end_time"] = ended.into();
        }
        self.post("runs/update", &body).map(drop)
    }

    /// Whether the server takes a run's files itself; else they go to a storage that is not ours to write to.
    pub fn takes_files(run: &Run) -> bool {
        run.artifacts.starts_with("mlflow-artifacts:")
    }

    /// Puts a file under a run's artifacts.
    pub fn put_file(&self, run: &Run, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let place = run.artifacts.trim_start_matches("mlflow-artifacts:");
        // `//host:port/..` names the server once more.
        let place = match place.strip_prefix("//") {
            Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
            None => place.trim_start_matches('/'),
        };
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{place}/{}", self.url, escaped(name));
        let mut request = self.agent.put(url).header("Content-Type", "application/octet-stream");
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        answer(request.send(bytes)).map(drop)
    }

    fn get(&self, what: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut request = self.agent.get(self.at(what));
        for (key, value) in query {
            request = request.query(key, value);
        }
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        answer(request.call())
    }

    fn post(&self, what: &str, body: &Value) -> Result<Value, Failure> {
        let mut request = self.agent.post(self.at(what)).header("Content-Type", "application/json");
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        answer(request.send(body.to_string()))
    }

    fn at(&self, what: &str) -> String {
        format!("{}/api/2.0/mlflow/{what}", self.url)
    }
}

/// A token comes before a name and password, as in MLflow's own client.
fn authorization(token: Option<String>, name: Option<String>, password: Option<String>) -> Option<String> {
    match (token, name) {
        (Some(token), _) => Some(format!("Bearer {token}")),
        (None, Some(name)) => {
            let pair = format!("{name}:{}", password.unwrap_or_default());
            Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        }
        (None, None) => None,
    }
}

/// JSON has no infinities; the server reads them as texts.
fn number(value: f64) -> Value {
    match value {
        v if v.is_finite() => v.into(),
        v if v.is_nan() => "NaN".into(),
        v if v > 0.0 => "Infinity".into(),
        _ => "-Infinity".into(),
    }
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Failure> {
    let mut response = response.map_err(unanswered)?;
    let code = response.status().as_u16();
    let text = response.body_mut().read_to_string().map_err(unanswered)?;
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    if (200..300).contains(&code) {
        return Ok(value);
    }
    let message = value.get("message").and_then(Value::as_str).unwrap_or("no reason is given");
    let message: String = message.lines().next().unwrap_or_default().chars().take(300).collect();
    match code {
        408 | 425 | 429 | 500.. => Err(Failure::Later(format!("{message} ({code})"))),
        _ => Err(Failure::Refused { code, message }),
    }
}

fn unanswered(error: ureq::Error) -> Failure {
    Failure::Later(match error {
        ureq::Error::Timeout(_) => "no answer within `timeout`".into(),
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    })
}

fn strange(what: &str, answer: &Value) -> Failure {
    let answer: String = answer.to_string().chars().take(200).collect();
    Failure::Refused { code: 200, message: format!("`{what}` answers {answer}, which is not MLflow's API") }
}

/// A path for a URL.
fn escaped(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_before_a_password() {
        let text = |text: &str| Some(text.to_string());
        assert_eq!(authorization(text("t"), text("a"), None), text("Bearer t"));
        // RFC 7617, section 2.
        let basic = text("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(authorization(None, text("Aladdin"), text("open sesame")), basic);
        assert_eq!(authorization(None, None, text("alone")), None);
    }

    #[test]
    fn names_and_numbers_go_into_urls_and_json() {
        assert_eq!(escaped("samples/a b#1.png"), "samples/a%20b%231.png");
        assert_eq!(number(0.5), json!(0.5));
        assert_eq!([number(f64::NAN), number(f64::NEG_INFINITY)], [json!("NaN"), json!("-Infinity")]);
    }
}
