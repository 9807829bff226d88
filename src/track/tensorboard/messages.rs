//! The messages of TensorBoard's event files: `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto`
//! and `tensorboard/plugins/hparams/plugin_data.proto`.

use crate::protobuf::Message;

/// `Event.step` and what it holds; `wall_time` in seconds since 1970.
fn event(time: f64, step: u64) -> Message {
    Message::default().double(1, time).integer(2, step as i64)
}

/// The first record of a file.
pub fn version(time: f64) -> Message {
    event(time, 0).text(3, "brain.Event:2")
}

/// `SessionLog` `START` at step 0: whoever followed an older file of this run drops what it has read.
pub fn start(time: f64) -> Message {
    event(time, 0).message(7, &Message::default().integer(1, 1))
}

/// An event with summary values.
pub fn summary(time: f64, step: u64, values: &[Message]) -> Message {
    event(time, step).message(5, &Message::default().messages(1, values))
}

pub fn scalar(tag: &str, value: f64) -> Message {
    Message::default().text(1, tag).float(2, value as f32)
}

/// Texts of the plug-in `text`, which renders them as Markdown.
pub fn text(tag: &str, markdown: &str) -> Message {
    strings(tag, "text", TENSOR, &[markdown.as_bytes()])
}

/// Pictures of one size as PNG files, the plug-in `images`: width and height as texts, then the files.
pub fn images(tag: &str, (width, height): (u32, u32), files: &[Vec<u8>]) -> Message {
    let (width, height) = (width.to_string(), height.to_string());
    let mut all = vec![width.as_bytes(), height.as_bytes()];
    all.extend(files.iter().map(Vec::as_slice));
    strings(tag, "images", BLOBS, &all)
}

/// `DataClass`.
const TENSOR: i64 = 2;
const BLOBS: i64 = 3;

/// A tensor of strings: `TensorProto` with `DT_STRING` and one dimension.
fn strings(tag: &str, plugin: &str, class: i64, values: &[&[u8]]) -> Message {
    const DT_STRING: i64 = 7;
    let dim = Message::default().integer(1, values.len() as i64);
    let shape = Message::default().message(2, &dim);
    let tensor = Message::default().integer(1, DT_STRING).message(2, &shape);
    let tensor = values.iter().fold(tensor, |tensor, value| tensor.bytes(8, value));
    let metadata = metadata(plugin, &Message::default()).integer(4, class);
    Message::default().text(1, tag).message(8, &tensor).message(9, &metadata)
}

fn metadata(plugin: &str, content: &Message) -> Message {
    Message::default().message(1, &Message::default().text(1, plugin).message(2, content))
}

/// A hyperparameter's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    Boolean(bool),
}

/// `SessionStartInfo`: what tells this run from others.
pub fn session(parameters: &[(String, Value)], time: f64) -> Message {
    let one = |(name, value): &(String, Value)| {
        let value = match value {
            Value::Number(x) => Message::default().double(2, *x),
            Value::Text(text) => Message::default().text(3, text),
            Value::Boolean(b) => Message::default().integer(4, i64::from(*b)),
        };
        Message::default().text(1, name).message(2, &value)
    };
    let all: Vec<Message> = parameters.iter().map(one).collect();
    hparams("_hparams_/session_start_info", 3, &Message::default().messages(1, &all).double(5, time))
}

/// How a run ended, as `SessionEndInfo` counts it.
#[derive(Clone, Copy)]
pub enum Status {
    Success = 1,
    Failure = 2,
}

pub fn session_end(status: Status, time: f64) -> Message {
    hparams("_hparams_/session_end_info", 4, &Message::default().integer(1, status as i64).double(2, time))
}

/// The plug-in reads its data from the metadata; the tensor (no floats) is there because each value has one.
fn hparams(tag: &str, field: u32, data: &Message) -> Message {
    const DT_FLOAT: i64 = 1;
    let shape = Message::default().message(2, &Message::default().integer(1, 0));
    let tensor = Message::default().integer(1, DT_FLOAT).message(2, &shape);
    let metadata = metadata("hparams", &Message::default().integer(1, 0).message(field, data));
    Message::default().text(1, tag).message(8, &tensor).message(9, &metadata)
}
