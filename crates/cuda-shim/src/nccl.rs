//! The few functions of NCCL that sum buffers of several GPUs: cudarc 0.9 declares none of them.

use super::library::{self, NCCL};
use std::ffi::{CStr, c_char, c_int, c_void};

/// What all processes of a communicator are told: 128 bytes that NCCL makes.
pub type Id = [u8; 128];

/// As NCCL passes it: by value.
#[repr(C)]
#[derive(Clone, Copy)]
struct UniqueId(Id);

/// `ncclFloat32` and `ncclSum` of nccl.h.
const FLOAT: c_int = 7;
const SUM: c_int = 0;

/// This process's part of a communicator, on one GPU.
#[derive(Debug)]
pub struct Communicator(*mut c_void);

// SAFETY: NCCL lets any thread use a communicator, one at a time; aborting it is allowed meanwhile.
unsafe impl Send for Communicator {}
// SAFETY: as above.
unsafe impl Sync for Communicator {}

/// Why NCCL cannot be used; `None` if it can be.
pub fn missing() -> Option<String> {
    library::missing(NCCL).or_else(|| {
        let all = ["ncclGetUniqueId", "ncclCommInitRank", "ncclAllReduce", "ncclGroupStart", "ncclGroupEnd"];
        let lacking = all.into_iter().find(|name| library::symbol(NCCL, name) == 0);
        lacking.map(|name| format!("it has no {name}"))
    })
}

/// Calls a function of NCCL that answers a status.
macro_rules! call {
    ($name:literal, ($($t:ty),*), ($($a:expr),*)) => {{
        let at = library::symbol(NCCL, $name);
        if at == 0 {
            Err(concat!("NCCL has no ", $name).to_string())
        } else {
            // SAFETY: nccl.h declares the function so; the caller keeps its contract.
            let code = unsafe {
                let function: unsafe extern "C" fn($($t),*) -> c_int = std::mem::transmute(at);
                function($($a),*)
            };
            if code == 0 { Ok(()) } else { Err(format!("{}: {}", $name, words(code))) }
        }
    }};
}

/// A number for rank 0 to hand to the others.
pub fn id() -> Result<Id, String> {
    let mut id = UniqueId([0; 128]);
    call!("ncclGetUniqueId", (*mut UniqueId), (&raw mut id))?;
    Ok(id.0)
}

impl Communicator {
    /// Waits for all ranks; the GPU is the one that is bound to this thread.
    pub fn open(id: Id, rank: usize, ranks: usize) -> Result<Communicator, String> {
        let number = |n: usize| c_int::try_from(n).map_err(|_| format!("{n} processes"));
        let (rank, ranks) = (number(rank)?, number(ranks)?);
        let mut made = std::ptr::null_mut();
        call!(
            "ncclCommInitRank",
            (*mut *mut c_void, c_int, UniqueId, c_int),
            (&raw mut made, ranks, UniqueId(id), rank)
        )?;
        Ok(Communicator(made))
    }

    /// Sums f32 buffers (address and length) over the ranks, in place, in the order of a stream.
    ///
    /// # Safety
    /// The buffers are on this communicator's GPU, hold as many values, and outlive what the stream does; all ranks make the
    /// same call.
    pub unsafe fn sum(&self, buffers: &[(u64, usize)], stream: *mut c_void) -> Result<(), String> {
        call!("ncclGroupStart", (), ())?;
        for &(address, count) in buffers {
            let at = address as *mut c_void;
            call!(
                "ncclAllReduce",
                (*const c_void, *mut c_void, usize, c_int, c_int, *mut c_void, *mut c_void),
                (at, at, count, FLOAT, SUM, self.0, stream)
            )?;
        }
        call!("ncclGroupEnd", (), ())
    }

    /// Ends what waits on the GPU for a rank that is gone. Nothing may be summed afterwards.
    pub fn abort(&self) {
        // What fails here has failed already.
        let _ = call!("ncclCommAbort", (*mut c_void), (self.0));
    }

    /// Ends it in good order.
    pub fn close(&self) {
        // As above.
        let _ = call!("ncclCommDestroy", (*mut c_void), (self.0));
    }
}

fn words(code: c_int) -> String {
    let at = library::symbol(NCCL, "ncclGetErrorString");
    if at == 0 {
        return format!("error {code}");
    }
    // SAFETY: NCCL declares `const char* ncclGetErrorString(ncclResult_t)`; its strings live as long as the library.
    unsafe {
        let function: unsafe extern "C" fn(c_int) -> *const c_char = std::mem::transmute(at);
        let text = function(code);
        if text.is_null() { format!("error {code}") } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    }
}
