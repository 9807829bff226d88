//! No holes.

use std::sync::Arc;

use super::{HolesEntry, plain};
use crate::components::sample::{Array, DataError, Holes, Place};
use crate::random::Stream;

struct None;

impl Holes for None {
    fn mask(&self, place: &Place<'_>, _draw: &mut Stream) -> Result<Array, DataError> {
        Ok(Array::filled([1, place.height, place.width], 0.0))
    }

    fn any(&self) -> bool {
        false
    }
}

pub fn entry() -> HolesEntry {
    HolesEntry { entry: plain("none", "No holes.", vec![]), open: |_, _| Ok(Arc::new(None)) }
}
