//! Accepted shares of genuine and impostor pairs, by the yaws of both pictures.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct ConfusionByYaw {
        /// A verification that is told the yaws of its pictures.
        evaluation: String, kind = Kind::Evaluation;
        /// Bins of the yaw without its sign, in degrees.
        edges: Vec<f64> = vec![0.0, 15.0, 30.0, 45.0, 60.0, 90.0], min = 0.0;
    }
}

pub fn entry() -> Entry {
    register::<ConfusionByYaw>(
        "confusion-by-yaw",
        "Accepted shares of genuine and impostor pairs, by the yaws of both pictures.",
    )
}
