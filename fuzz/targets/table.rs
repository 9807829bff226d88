//! Tables of landmarks.
#![no_main]

use ablate_fuzz::face::readers::landmarks::table;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = table::read("f", data);
});
