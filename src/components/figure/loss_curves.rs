//! Losses over steps, raw and weighted, a panel a player.

use super::register;
use crate::registry::{Entry, settings};

settings! {
    pub struct LossCurves {
        /// What a band shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<LossCurves>("loss-curves", "Losses over steps, raw and weighted, a panel a player.")
}
