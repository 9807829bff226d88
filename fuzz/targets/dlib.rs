//! XML of landmarks.
#![no_main]

use ablate_fuzz::face::readers::landmarks::dlib;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = dlib::read("f", data);
});
