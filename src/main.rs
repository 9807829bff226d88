//! argv to one of the commands; the exit code is theirs.

use std::process::ExitCode;

fn main() -> ExitCode {
    ablate::cli::main()
}
