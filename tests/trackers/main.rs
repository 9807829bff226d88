//! Trackers as their own tools see them: TensorBoard's package reads the event files, a real MLflow server takes a run.
//! Both are Python packages (`pip install tensorboard mlflow`) of the interpreter that `PYTHON` names, else of
//! `python3`; where one is absent its tests skip, saying so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that skips says so")]

mod bench;
mod fake;
mod mlflow;
mod tensorboard;

#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;
