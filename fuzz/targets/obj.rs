//! Wavefront OBJ.
#![no_main]

use ablate_fuzz::face::readers::obj;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(object) = obj::read("f", data) {
        let _ = object.mesh();
    }
    let _ = obj::positions("f", data);
});
