//! The libraries: where each is looked for, opened once.

use std::ffi::{CStr, CString, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

/// What is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As people call it.
    pub name: &'static str,
    /// A variable that names the file itself.
    pub variable: &'static str,
    /// File names, the newest first.
    files: &'static [&'static str],
    index: usize,
}

pub const DRIVER: Wanted =
    Wanted { name: "NVIDIA driver", variable: "LIBCUDA", files: &["libcuda.so.1", "libcuda.so"], index: 0 };
pub const CUBLAS: Wanted = Wanted {
    name: "cuBLAS",
    variable: "LIBCUBLAS",
    files: &["libcublas.so.13", "libcublas.so.12", "libcublas.so"],
    index: 1,
};
pub const NVRTC: Wanted = Wanted {
    name: "NVRTC",
    variable: "LIBNVRTC",
    files: &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
    index: 2,
};
pub const CUDNN: Wanted =
    Wanted { name: "cuDNN", variable: "LIBCUDNN", files: &["libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"], index: 3 };
pub const NCCL: Wanted = Wanted { name: "NCCL", variable: "LIBNCCL", files: &["libnccl.so.2", "libnccl.so"], index: 4 };

/// Where toolkits put their libraries when the loader does not know of them.
const FOLDERS: [&str; 3] = ["/usr/local/cuda/lib64", "/opt/cuda/lib64", "/usr/lib/cuda/lib64"];

/// An open library; never closed.
#[derive(Clone, Copy)]
struct Handle(*mut c_void);

// SAFETY: the handle is only passed to dlsym, which any thread may call.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

static OPEN: [OnceLock<Result<Handle, String>>; 5] = [const { OnceLock::new() }; 5];

fn open(wanted: Wanted) -> &'static Result<Handle, String> {
    OPEN[wanted.index].get_or_init(|| {
        let own = std::env::var(wanted.variable).ok();
        let paths = wanted.candidates();
        let mut said = Vec::new();
        for path in own.into_iter().chain(paths) {
            match open_file(&path) {
                Ok(handle) => return Ok(handle),
                Err(error) => said.push(error),
            }
        }
        // What the loader said of the name that is usual; the other lines say the same of others.
        Err(said.into_iter().next().unwrap_or_default())
    })
}

impl Wanted {
    /// Names for the loader, then files in the usual folders; of CUDA's own libraries only those that the driver takes.
    fn candidates(self) -> Vec<String> {
        let newest = match self {
            CUBLAS | NVRTC => super::driver_version().map(|version| version / 1000),
            _ => None,
        };
        let taken = |file: &&&str| {
            let major = file.rsplit('.').next().and_then(|end| end.parse::<i32>().ok());
            newest.zip(major).is_none_or(|(newest, major)| major <= newest)
        };
        let files: Vec<&str> = self.files.iter().filter(taken).copied().collect();
        let elsewhere = FOLDERS.iter().flat_map(|folder| files.iter().map(move |file| format!("{folder}/{file}")));
        files.iter().map(ToString::to_string).chain(elsewhere).collect()
    }
}

fn open_file(path: &str) -> Result<Handle, String> {
    let name = CString::new(path).map_err(|_| format!("{path:?} is not a file name"))?;
    // SAFETY: the name ends in a zero; NVIDIA's libraries may be opened at any time. RTLD_GLOBAL as their parts find
    // each other that way.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if !handle.is_null() {
        return Ok(Handle(handle));
    }
    // SAFETY: after a failure the loader's message is a string of its own, or null.
    let said = unsafe { libc::dlerror() };
    if said.is_null() {
        return Err(format!("{path}: cannot be opened"));
    }
    // SAFETY: not null, ends in a zero, and is copied before the loader is called again.
    Err(unsafe { CStr::from_ptr(said) }.to_string_lossy().into_owned())
}

/// Why a library cannot be used; `None` if it was opened.
pub fn missing(wanted: Wanted) -> Option<String> {
    open(wanted).as_ref().err().cloned()
}

/// The address of a function, 0 where the library or the function is missing.
pub fn symbol(wanted: Wanted, name: &str) -> usize {
    let (Ok(handle), Ok(name)) = (open(wanted), CString::new(name)) else { return 0 };
    // SAFETY: an open library and a name that ends in a zero.
    unsafe { libc::dlsym(handle.0, name.as_ptr()) }.addr()
}

/// The file that a function of the library comes from.
pub fn path(wanted: Wanted, function: &str) -> Option<PathBuf> {
    let address = symbol(wanted, function);
    if address == 0 {
        return None;
    }
    let mut found = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: `found` is written, the address only compared.
    let known = unsafe { libc::dladdr(std::ptr::with_exposed_provenance(address), &raw mut found) };
    if known == 0 || found.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's own string, alive as long as the library is, which is never closed.
    let name = unsafe { CStr::from_ptr(found.dli_fname) };
    Some(PathBuf::from(name.to_string_lossy().into_owned()))
}
