//! What a head's form is told: how people differ, and what a face does at the moment.
//!
//! The form is made linear in these numbers at the mean head, so that they are the coefficients of a morphable model.

/// Names the numbers of a table, and counts them.
macro_rules! numbered {
    ($(#[$doc:meta])* $table:ident of $count:ident: $($name:ident = $value:expr),+ $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of places in a table")]
        enum $table { $($name),+ }
        $(pub const $name: usize = $table::$name as usize;)+
        $(#[$doc])*
        pub const $count: &[(&str, f32)] = &[$((stringify!($name), $value)),+];
    };
}

numbered! {
    /// Ways in which people differ, each with how much a feature of 1 (masculine) moves it, in deviations.
    Identity of IDENTITY:
    HEAD_WIDTH = 0.15, HEAD_DEPTH = 0.2, FACE_LENGTH = 0.35, JAW_WIDTH = 0.7, JAW_ANGLE = 0.6, CHIN_LENGTH = 0.5,
    CHIN_FORWARD = 0.4, CHIN_WIDTH = 0.6, CHEEKBONES = -0.2, CHEEKS = -0.3, FOREHEAD_SLOPE = 0.6, TEMPLES = 0.1,
    BROW_RIDGE = 0.9, BROW_HEIGHT = -0.6, EYE_DISTANCE = 0.1, EYE_WIDTH = -0.2, EYE_OPENING = -0.5, EYE_TILT = -0.3,
    EYE_DEPTH = 0.4, LID_HOOD = 0.3, NOSE_LENGTH = 0.4, NOSE_WIDTH = 0.35, BRIDGE_HEIGHT = 0.4, BRIDGE_WIDTH = 0.4,
    TIP_UP = -0.4, TIP_ROUND = 0.1, NOSE_HUMP = 0.4, NOSE_FORWARD = 0.4, MOUTH_WIDTH = 0.3, MOUTH_HEIGHT = 0.0,
    UPPER_LIP = -0.4, LOWER_LIP = -0.3, LIPS_FORWARD = -0.1, PHILTRUM = 0.3, CROOKED_JAW = 0.0, CROOKED_NOSE = 0.0,
}

numbered! {
    /// Moves of a face, each from 0 to this.
    Expressions of EXPRESSIONS:
    SMILE_LEFT = 1.0, SMILE_RIGHT = 1.0, JAW_OPEN = 1.0, PUCKER = 1.0, CORNERS_DOWN = 1.0, LIPS_APART = 1.0,
    BROW_LEFT = 1.0, BROW_RIGHT = 1.0, FROWN = 1.0, BLINK_LEFT = 1.0, BLINK_RIGHT = 1.0, SQUINT = 1.0, SNEER = 1.0,
}

/// Number of identity coefficients.
pub const MODES: usize = IDENTITY.len();
/// Number of expression coefficients.
pub const MOVES: usize = EXPRESSIONS.len();
