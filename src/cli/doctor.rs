//! `doctor`: what this machine offers to this program.

use super::End;
use crate::run::Machine;
use crate::tensor::device::{Built, Cuda, Library};
use crate::terminal::Terminal;
use clap::Args;

#[derive(Args)]
pub struct DoctorArgs {
    /// Compute every operation, forward and backward, on the GPU and on the CPU, and compare
    #[arg(long)]
    ops: bool,
}

pub fn doctor(args: &DoctorArgs, terminal: &mut Terminal) -> anyhow::Result<End> {
    let cuda = Cuda::here();
    terminal.print(&told(&Machine::here(), &cuda));
    if args.ops { ops(terminal) } else { Ok(End::Done) }
}

#[cfg(feature = "cuda")]
fn ops(terminal: &Terminal) -> anyhow::Result<End> {
    use crate::tensor::cuda::{Precision, comparison, open};
    crate::tensor::device::usable().map_err(|reason| anyhow::anyhow!("no operation can be compared: {reason}"))?;
    let device = open(0, Precision::Full)?;
    let (mut passed, mut failed) = (0, 0);
    terminal.print("");
    for outcome in comparison::compare(&device).chain(std::iter::once_with(|| comparison::too_much(&device))) {
        let verdict = if outcome.is_right() { "ok    " } else { "FAILED" };
        *(if outcome.is_right() { &mut passed } else { &mut failed }) += 1;
        terminal.print(&format!("{verdict} {outcome}"));
    }
    terminal.print(&format!("{passed} passed, {failed} failed"));
    Ok(if failed == 0 { End::Done } else { End::Failed })
}

#[cfg(not(feature = "cuda"))]
fn ops(_: &Terminal) -> anyhow::Result<End> {
    Err(anyhow::anyhow!("no operation can be compared: this program was built without CUDA"))
}

/// The report: a line for each fact, then what is missing and how to get it.
fn told(machine: &Machine, cuda: &Cuda) -> String {
    let mut lines = vec![
        line("program", &format!("ablate {}, {}", env!("CARGO_PKG_VERSION"), built(cuda.built))),
        line("processor", &format!("{}, {} cores", or_unknown(&machine.cpu), machine.cores)),
        line("memory", &gibibytes(machine.memory_bytes)),
        line("system", or_unknown(&machine.os)),
        line("driver", &driver(cuda)),
    ];
    for (number, gpu) in cuda.gpus.iter().enumerate() {
        let text = format!("{}, {}, compute capability {}", gpu.name, gibibytes(gpu.memory), gpu.capability);
        lines.push(line(&format!("gpu {number}"), &text));
    }
    lines.extend(cuda.libraries.iter().map(|library| line(library.name, &found(library))));
    match &cuda.missing {
        None => lines.push(line("computing", "on the GPU: `run.device = \"auto\"` takes the first one")),
        Some(reason) => {
            lines.push(line("computing", &format!("on the CPU: {reason}")));
            lines.extend(remedies(cuda).into_iter().map(|remedy| format!("  - {remedy}")));
        }
    }
    lines.join("\n")
}

fn line(name: &str, text: &str) -> String {
    format!("{name:<14}{text}")
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

fn gibibytes(bytes: u64) -> String {
    if bytes == 0 { "unknown".into() } else { format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)) }
}

fn built(built: Built) -> &'static str {
    match built {
        Built::Without => "built without CUDA",
        Built::WithoutKernels => "built for checking alone (`ci-check`), without GPU kernels",
        Built::With => "built with CUDA",
    }
}

fn driver(cuda: &Cuda) -> String {
    match &cuda.kernel_driver {
        Some(text) if text == "loaded" => "NVIDIA's, loaded".into(),
        Some(text) => text.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        None => "no NVIDIA driver is loaded".into(),
    }
}

fn found(library: &Library) -> String {
    match &library.found {
        Ok((version, path)) if version.is_empty() => path.clone(),
        Ok((version, path)) => format!("{version} ({path})"),
        Err(said) if library.needed => format!("missing: {said}"),
        Err(said) => format!("missing, {}: {said}", without(library.name)),
    }
}

/// What is done without a library that is not needed.
fn without(name: &str) -> &'static str {
    match name {
        "cuDNN" => "so convolutions take a slower way (im2col and cuBLAS)",
        "NVRTC" => "which only drivers older than the program's kernels need",
        _ => "which only several GPUs need",
    }
}

/// What to do to compute on a GPU, in order.
fn remedies(cuda: &Cuda) -> Vec<String> {
    let lacks = |name: &str| cuda.libraries.iter().any(|l| l.name == name && l.found.is_err());
    let mut all = Vec::new();
    if cuda.kernel_driver.is_none() {
        all.push("an NVIDIA GPU and its driver (580 or newer for CUDA 13): https://www.nvidia.com/drivers".to_string());
    }
    if cuda.built != Built::With {
        all.push("the program with CUDA: `tools/cuda-toolkit.sh`, then `tools/with-cuda cargo build --release --features cuda`".into());
    }
    let libraries = "`tools/cuda-toolkit.sh libraries` fetches them and `tools/with-cuda ablate ..` finds them; or name \
                     the folder of a CUDA installation in LD_LIBRARY_PATH, or a file";
    if lacks("cuBLAS") {
        all.push(format!("cuBLAS: {libraries} in LIBCUBLAS"));
    }
    if lacks("cuDNN") && cuda.kernel_driver.is_some() {
        all.push(format!("cuDNN, for speed: {libraries} in LIBCUDNN"));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::device::Gpu;

    fn machine() -> Machine {
        Machine { cpu: "a processor".into(), cores: 2, memory_bytes: 3 << 30, os: String::new() }
    }

    fn cuda(built: Built, missing: Option<&str>) -> Cuda {
        Cuda { built, kernel_driver: None, libraries: vec![], gpus: vec![], missing: missing.map(Into::into) }
    }

    fn library(name: &'static str, needed: bool, found: Result<(&str, &str), &str>) -> Library {
        let found = found.map(|(v, p)| (v.into(), p.into())).map_err(Into::into);
        Library { name, variable: "LIBRARY", needed, found }
    }

    #[test]
    fn a_machine_with_nothing_is_told_what_to_get() {
        let text = told(&machine(), &cuda(Built::Without, Some("built without")));
        assert!(
            text.contains("a processor, 2 cores") && text.contains("3.0 GiB") && text.contains("system        unknown")
        );
        assert!(text.contains("on the CPU: built without"), "{text}");
        assert!(text.contains("no NVIDIA driver is loaded") && text.contains("cuda-toolkit.sh"), "{text}");
    }

    #[test]
    fn a_missing_library_is_named_with_what_it_costs() {
        let mut offer = cuda(Built::With, Some("cuBLAS was not found"));
        offer.kernel_driver = Some("NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27".into());
        offer.libraries = vec![
            library("NVIDIA driver", true, Ok(("CUDA 13.0", "/usr/lib/libcuda.so.1"))),
            library("cuBLAS", true, Err("no such file")),
            library("cuDNN", false, Err("no such file")),
        ];
        let text = told(&machine(), &offer);
        assert!(text.contains("Kernel Module, 580.65.06"), "{text}");
        assert!(text.contains("CUDA 13.0 (/usr/lib/libcuda.so.1)") && text.contains("missing: no such file"), "{text}");
        assert!(text.contains("slower way") && text.contains("in LIBCUBLAS") && text.contains("in LIBCUDNN"), "{text}");
        assert!(!text.contains("cargo build"), "it has its kernels: {text}");
    }

    #[test]
    fn a_gpu_that_can_be_used_is_what_auto_takes() {
        let mut offer = cuda(Built::With, None);
        offer.gpus = vec![Gpu { name: "NVIDIA H200".into(), memory: 139 << 30, capability: "9.0".into() }];
        let text = told(&machine(), &offer);
        assert!(text.contains("gpu 0         NVIDIA H200, 139.0 GiB, compute capability 9.0"), "{text}");
        assert!(text.contains("on the GPU"), "{text}");
    }
}
