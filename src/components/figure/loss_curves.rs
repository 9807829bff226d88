//! Losses over steps, raw and weighted, a panel a player.

use super::register;
use crate::registry::{Entry, settings};

settings! {
    pub struct LossCurves {
    }
}

pub fn entry() -> Entry {
    register::<LossCurves>("loss-curves", "Losses over steps, raw and weighted, a panel a player.")
}
