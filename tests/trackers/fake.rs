//! A server that answers as MLflow's would and keeps what it was sent; or one that takes connections and says nothing.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Without the server and its API's prefix.
    pub path: String,
    pub authorization: String,
    pub body: Value,
    pub length: usize,
}

pub struct Fake {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    pub fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        let url = listen(move |stream| {
            if let Some(request) = read(&stream) {
                let answer = answer(&request).to_string();
                kept.lock().unwrap().push(request);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
                let _ = (&stream).write_all((head + &answer).as_bytes());
            }
        });
        Fake { url, seen }
    }

    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

/// Address of a server that takes every connection and never answers.
pub fn silent() -> String {
    let held = Mutex::new(Vec::new());
    listen(move |stream| held.lock().unwrap().push(stream))
}

fn listen(each: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(each));
    url
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).ok()?;
        Some(text.trim_end().to_string())
    };
    let first = line()?;
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = value.into(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(' ').map(str::to_string);
    let (method, path) = (words.next()?, words.next()?);
    let path = path.trim_start_matches("/api/2.0/").to_string();
    Some(Request { method, path, authorization, body: serde_json::from_slice(&body).unwrap_or_default(), length })
}

fn answer(request: &Request) -> Value {
    match request.path.split('?').next().unwrap_or_default() {
        "mlflow/experiments/get-by-name" => json!({ "experiment": { "experiment_id": "7" } }),
        "mlflow/runs/create" => {
            json!({ "run": { "info": { "run_id": "abc", "artifact_uri": "mlflow-artifacts:/7/abc/artifacts" } } })
        }
        _ => json!({}),
    }
}
