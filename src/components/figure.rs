//! Cards of the report's figures: what each may be told. The drawing itself is the report's and reads records alone.

use crate::registry::{Card, Declared, Entry, Kind, Make, settings};

settings! {
    /// Rows of samples, a column for each wire.
    pub struct SampleGrid {
        /// What is shown, from left to right.
        show: Vec<String>, kind = Kind::Wires;
        /// Which samples.
        pick: serde_json::Value = "random", kind = Kind::Pick;
        /// Number of rows.
        count: usize = 8_usize, min = 1;
        /// Beside each image a map of its absolute difference from the row's last.
        error: bool = false;
    }
}

settings! {
    /// An attention map over its image.
    pub struct AttentionOverlay {
        /// The image beneath.
        image: String, kind = Kind::Wire;
        /// The attention, 0 to 1.
        map: String, kind = Kind::Wire;
        /// Which samples.
        pick: serde_json::Value = "random", kind = Kind::Pick;
        /// Number of samples.
        count: usize = 8_usize, min = 1;
    }
}

settings! {
    /// Columns over the steps of training.
    pub struct MetricCurves {
        /// What is drawn.
        columns: Vec<String>, kind = Kind::Columns;
    }
}

settings! {
    /// A column by the groups of its evaluation.
    pub struct LinesByGroup {
        /// What is drawn; its evaluation has `group-by`.
        metric: String, kind = Kind::Column;
    }
}

settings! {
    /// A point for each row of the study.
    pub struct Scatter {
        /// Along the x axis.
        x: String, kind = Kind::Column;
        /// Along the y axis.
        y: String, kind = Kind::Column;
    }
}

settings! {
    /// The graph as a picture.
    pub struct GraphPicture {
        /// A node whose inside is drawn; empty: the whole experiment.
        node: String = "";
    }
}

settings! {
    /// Loss terms over the steps of training.
    pub struct LossCurves {}
}

/// Every figure.
pub fn entries() -> Vec<Entry> {
    vec![
        entry::<AttentionOverlay>("attention-overlay", "An attention map over its image."),
        entry::<GraphPicture>("graph", "The graph as a picture."),
        entry::<LinesByGroup>("lines-by-group", "A column by the groups of its evaluation."),
        entry::<LossCurves>("loss-curves", "Loss terms over the steps of training, a panel for each update."),
        entry::<MetricCurves>("metric-curves", "Columns over the steps of training."),
        entry::<SampleGrid>("sample-grid", "Rows of samples, a column for each wire."),
        entry::<Scatter>("scatter", "A point for each row of the study."),
    ]
}

fn entry<S: Declared>(name: &'static str, doc: &'static str) -> Entry {
    let settings = S::schema();
    let card = Card {
        family: "figure",
        name,
        doc,
        paper: "",
        inputs: vec![],
        outputs: vec![],
        networks: vec![],
        settings,
    };
    Entry { card, make: Make::Plain }
}
