//! Arrays of NumPy.
#![no_main]

use ablate_fuzz::face::readers::npy;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(array) = npy::read("f", "a", data) {
        let _ = (array.rows(), array.columns(), array.whole(), array.points(), array.vertices(1, 9));
    }
});
