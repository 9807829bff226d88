//! MAT-files, and what is stored so.
#![no_main]

use ablate_fuzz::face::readers::{bfm, landmarks::fitted, mat::Mat};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (bfm::of_2009("f", data), bfm::uv("f", data, 4), fitted::read("f", data));
    let _ = Mat::read("f", data, None);
});
