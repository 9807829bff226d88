//! HDF5, and the Basel Face Model 2017.
#![no_main]

use ablate_fuzz::face::readers::{bfm, hdf5::Hdf5};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = bfm::of_2017("f", data);
    if let Ok(file) = Hdf5::new("f", data) {
        ["big", "short", "scalar", "two_levels", "many/n39"].iter().for_each(|path| drop(file.need(path)));
    }
});
