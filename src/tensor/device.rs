//! Which device a run computes on, and why: decided when the program runs, by how it was built and what the machine has.

use std::path::Path;

/// A device that a run can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Cpu,
    /// A GPU, by the driver's number.
    Cuda(usize),
}

/// What `run.device` means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub device: Device,
    /// What a user who did not ask for this device should know.
    pub note: Option<String>,
}

/// How the program was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// Without the feature `cuda`.
    Without,
    /// With `cuda` and `ci-check`: checked, but no kernel was compiled.
    WithoutKernels,
    With,
}

/// How this program was built.
pub const BUILT: Built = match (cfg!(feature = "cuda"), cfg!(feature = "ci-check")) {
    (false, _) => Built::Without,
    (true, true) => Built::WithoutKernels,
    (true, false) => Built::With,
};

/// A library of NVIDIA's, as far as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    pub name: &'static str,
    /// The environment variable that may name its file.
    pub variable: &'static str,
    /// Whether nothing is computed on the GPU without it.
    pub needed: bool,
    /// Version and file; else what the loader said.
    pub found: Result<(String, String), String>,
}

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    pub name: String,
    /// Bytes.
    pub memory: u64,
    /// Compute capability, as `9.0`.
    pub capability: String,
}

/// What of CUDA this machine and this program have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuda {
    pub built: Built,
    /// The kernel's part of NVIDIA's driver, by its own word; `None` where it is not loaded.
    pub kernel_driver: Option<String>,
    /// Asked of the loader; empty in a program without CUDA, which opens none.
    pub libraries: Vec<Library>,
    pub gpus: Vec<Gpu>,
    /// Why no GPU is computed on; `None` if one can be.
    pub missing: Option<String>,
}

impl Cuda {
    /// Looks around.
    pub fn here() -> Self {
        let (libraries, gpus) = opened();
        Cuda { built: BUILT, kernel_driver: kernel_driver(), libraries, gpus, missing: usable().err() }
    }
}

/// The first line of what the loaded kernel module says of itself.
fn kernel_driver() -> Option<String> {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version").ok();
    let line =
        text.and_then(|text| text.lines().next().map(|line| line.trim_start_matches("NVRM version:").trim().into()));
    // In a container the device may be passed on without the file.
    line.or_else(|| Path::new("/dev/nvidiactl").exists().then(|| "loaded".to_string()))
}

#[cfg(not(feature = "cuda"))]
fn opened() -> (Vec<Library>, Vec<Gpu>) {
    (vec![], vec![])
}

#[cfg(feature = "cuda")]
fn opened() -> (Vec<Library>, Vec<Gpu>) {
    let library = |l: cuda_shim::Library| Library {
        name: l.name,
        variable: l.variable,
        needed: l.needed,
        found: l.found.map(|found| (found.version, found.path.map_or_else(String::new, |p| p.display().to_string()))),
    };
    let gpu = |d: cuda_shim::Device| Gpu {
        name: d.name,
        memory: d.memory,
        capability: format!("{}.{}", d.capability.0, d.capability.1),
    };
    (cuda_shim::libraries().into_iter().map(library).collect(), cuda_shim::devices().into_iter().map(gpu).collect())
}

/// How many GPUs can be computed on; else why none.
pub fn usable() -> Result<usize, String> {
    match BUILT {
        Built::Without => Err("this program was built without CUDA (`cargo build --release --features cuda`)".into()),
        Built::WithoutKernels if !emulated() => {
            Err("this program was built with `ci-check`, for checking alone: it has no GPU kernels \
                                      (`cargo build --release --features cuda`)"
                .into())
        }
        Built::WithoutKernels | Built::With => driver(),
    }
}

/// Whether the GPU is a mock that has the kernels itself.
fn emulated() -> bool {
    #[cfg(feature = "cuda")]
    return cuda_shim::emulates_kernels();
    #[cfg(not(feature = "cuda"))]
    return false;
}

#[cfg(not(feature = "cuda"))]
fn driver() -> Result<usize, String> {
    Err("this program was built without CUDA".into())
}

#[cfg(feature = "cuda")]
fn driver() -> Result<usize, String> {
    cuda_shim::available()
}

/// What `run.device` (`auto`, `cpu`, `cuda`, `cuda:1`, `cuda:0,1`) is on this machine for its process number `local`; the
/// error says what is missing.
pub fn choose(wanted: &str, local: usize) -> Result<Choice, String> {
    let choice = decide(wanted, local, usable(), BUILT != Built::Without || kernel_driver().is_some())?;
    Ok(match choice.device {
        Device::Cuda(number) => Choice { note: Some(announced(number)), ..choice },
        Device::Cpu => choice,
    })
}

/// Which GPU it is, and what makes it slower than it could be.
fn announced(number: usize) -> String {
    let (libraries, gpus) = opened();
    let name = gpus.get(number).map_or("", |gpu| gpu.name.as_str());
    let slow = libraries.iter().any(|library| library.name == "cuDNN" && library.found.is_err());
    let why = if slow {
        "; cuDNN was not found, so convolutions are slower than they could be (`ablate doctor`)"
    } else {
        ""
    };
    format!("computing on GPU {number} ({name}){why}")
}

/// `says`: whether it is worth saying why there is no GPU to whoever leaves the choice to the program.
fn decide(wanted: &str, local: usize, usable: Result<usize, String>, says: bool) -> Result<Choice, String> {
    let cpu = |note| Ok(Choice { device: Device::Cpu, note });
    let (numbers, count) = match (wanted, usable) {
        ("cpu", _) => return cpu(None),
        ("auto", Err(reason)) => return cpu(says.then(|| format!("computing on the CPU: {reason}"))),
        (_, Err(reason)) => return Err(format!("{reason}; `ablate doctor` says what this machine has")),
        ("auto" | "cuda", Ok(count)) => ((0..count).collect(), count),
        (listed, Ok(count)) => (these(listed, count)?, count),
    };
    match numbers.get(local % numbers.len().max(1)) {
        Some(&number) => Ok(Choice { device: Device::Cuda(number), note: None }),
        None => Err(format!("there is no GPU: the driver sees {count}")),
    }
}

/// The numbers of a list, all of GPUs that there are.
fn these(listed: &str, count: usize) -> Result<Vec<usize>, String> {
    let one = |number: &str| match number.parse() {
        Ok(number) if number < count => Ok(number),
        _ => Err(format!("there is no GPU {number}: the driver sees {count}, the first is 0")),
    };
    listed.trim_start_matches("cuda:").split(',').map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Result<usize, String> {
        Err("no driver".into())
    }

    #[test]
    fn auto_takes_the_gpu_or_says_why_not() {
        let device = |choice: Result<Choice, String>| choice.unwrap().device;
        assert_eq!(device(decide("auto", 0, Ok(2), true)), Device::Cuda(0));
        assert_eq!(device(decide("cuda", 0, Ok(2), true)), Device::Cuda(0));
        assert_eq!(device(decide("cuda:1", 0, Ok(2), true)), Device::Cuda(1));
        assert_eq!(device(decide("cpu", 0, Ok(2), true)), Device::Cpu);
        let choice = decide("auto", 0, missing(), true).unwrap();
        assert_eq!((choice.device, choice.note.as_deref()), (Device::Cpu, Some("computing on the CPU: no driver")));
        assert_eq!(decide("auto", 0, missing(), false).unwrap().note, None, "nothing of NVIDIA, nothing to say");
    }

    #[test]
    fn what_was_asked_for_and_is_not_there_is_refused() {
        assert!(decide("cuda", 0, missing(), true).unwrap_err().starts_with("no driver"));
        assert!(decide("cuda:3", 0, Ok(2), true).unwrap_err().contains("there is no GPU 3: the driver sees 2"));
        assert!(decide("cuda:0,2", 0, Ok(2), true).unwrap_err().contains("there is no GPU 2"));
        assert!(decide("cuda", 0, Ok(0), true).is_err());
    }

    #[test]
    fn each_process_of_a_machine_has_its_gpu() {
        let number = |wanted, local| decide(wanted, local, Ok(4), true).unwrap().device;
        assert_eq!([0, 1, 2].map(|local| number("cuda:3,1", local)), [3, 1, 3].map(Device::Cuda));
        assert_eq!([1, 3, 4].map(|local| number("cuda", local)), [1, 3, 0].map(Device::Cuda));
    }

    #[test]
    fn a_program_without_kernels_refuses_a_gpu() {
        match BUILT {
            Built::Without => assert!(choose("cuda", 0).unwrap_err().contains("built without CUDA")),
            Built::WithoutKernels => assert!(choose("cuda", 0).unwrap_err().contains("no GPU kernels")),
            Built::With => {}
        }
    }
}
