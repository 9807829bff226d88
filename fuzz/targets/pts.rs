//! Landmarks as 300-W has them, and the vertices of landmarks.
#![no_main]

use ablate_fuzz::face::readers::{bfm, landmarks::pts};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (pts::read("f", data), bfm::landmarks("f", data, 4));
});
