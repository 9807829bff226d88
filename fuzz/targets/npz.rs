//! Archives of arrays, and the models that are stored so.
#![no_main]

use ablate_fuzz::face::readers::{archive::Npz, flame, ict};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (ict::npz("f", data), flame::npz("f", data));
    if let Ok(arrays) = Npz::new("f", data) {
        let names: Vec<String> = arrays.names().map(str::to_string).collect();
        names.iter().for_each(|name| drop(arrays.get(name)));
    }
});
