//! argv to one of the commands; the exit code is theirs.

use std::process::ExitCode;

/// Counts what tensors hold, so that a run can say its peak.
#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;

fn main() -> ExitCode {
    ablate::cli::main()
}
