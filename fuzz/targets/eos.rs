//! Models of eos and the files beside them.
#![no_main]

use ablate_fuzz::face::readers::eos;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (eos::model("f", data), eos::blendshapes("f", data, 4));
    let _ = (eos::landmarks("f", data, 4), eos::contours("f", data, 4));
});
