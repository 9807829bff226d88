//! Losses that are not plain arithmetic: binary cross-entropy of probabilities, cross-entropy of logits, and margins
//! on the cosine of a sample's own class.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod curve;

pub use curve::Curve;

use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// What becomes of one of `classes` cosines of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    pub classes: usize,
    pub curve: Curve,
    pub scale: f32,
}

pub trait LossKernel: Storage<f32> {
    fn bce(&self, p: &Self::Vec, t: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn bce_probabilities(&self, p: &Self::Vec, t: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn bce_targets(&self, p: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn cross_entropy(&self, classes: usize, logits: &Self::Vec, labels: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn cross_entropy_backward(
        &self,
        classes: usize,
        logits: &Self::Vec,
        labels: &Self::Vec,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;

    fn class_margin(&self, margin: Margin, cosines: &Self::Vec, labels: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// In place.
    fn class_margin_backward(
        &self,
        margin: Margin,
        cosines: &Self::Vec,
        labels: &Self::Vec,
        dy: Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;

    /// The row of each label in a table of rows.
    fn class_rows(&self, rows: Rows, table: &Self::Vec, labels: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn class_rows_backward(&self, rows: Rows, labels: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// A table of `classes` rows of `length` values, read for `samples`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rows {
    pub samples: usize,
    pub classes: usize,
    pub length: usize,
    /// Whether a row's gradient is multiplied by samples / (1 + its own number of samples).
    pub balanced: bool,
}

/// Binary cross-entropy of probabilities `p` and targets `t` of one shape, element by element: -(t ln p + (1 - t)
/// ln(1 - p)), logarithms bounded at -100 as torch's.
pub fn bce<D: Backend>(ctx: &Context<D>, p: &Var<D>, t: &Var<D>) -> Result<Var<D>, Error> {
    if p.shape() != t.shape() {
        return Err(Error::shape("bce", format!("{:?} and {:?} differ", p.shape(), t.shape())));
    }
    let (kept_p, kept_t) = (p.shared()?, t.shared()?);
    let y = ctx.device().bce(&kept_p, &kept_t).map_err(|e| Error::device("bce", e))?;
    ctx.record("bce", y, p.shape(), &[p, t], move |device, dy, slots| {
        if slots.wants(0) {
            slots.give(0, device.bce_probabilities(&kept_p, &kept_t, &dy)?)?;
        }
        if slots.wants(1) {
            slots.give(1, device.bce_targets(&kept_p, &dy)?)?;
        }
        Ok(())
    })
}

/// Checks logits N x K x 1 x 1 against labels N x 1 x 1 x 1; gives N and K.
fn samples_and_classes<D: Backend>(
    op: &'static str,
    logits: &Var<D>,
    labels: &Var<D>,
) -> Result<(usize, usize), Error> {
    let [n, k, h, w] = logits.shape();
    if (h, w) == (1, 1) && labels.shape() == [n, 1, 1, 1] && k > 0 {
        return Ok((n, k));
    }
    Err(Error::shape(op, format!("logits {:?} with labels {:?}", logits.shape(), labels.shape())))
}

/// `logits`: N x K x 1 x 1; `labels`: N x 1 x 1 x 1, whole numbers below K. Returns -ln softmax at the label,
/// N x 1 x 1 x 1; NaN for a label out of range.
pub fn softmax_cross_entropy<D: Backend>(ctx: &Context<D>, logits: &Var<D>, labels: &Var<D>) -> Result<Var<D>, Error> {
    let op = "cross-entropy";
    let (n, classes) = samples_and_classes(op, logits, labels)?;
    let (kept, kept_labels) = (logits.shared()?, labels.shared()?);
    let y = ctx.device().cross_entropy(classes, &kept, &kept_labels).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, [n, 1, 1, 1], &[logits], move |device, dy, slots| {
        slots.give(0, device.cross_entropy_backward(classes, &kept, &kept_labels, &dy)?)
    })
}

/// `cosines`: N x K x 1 x 1; `labels`: N x 1 x 1 x 1. Returns logits N x K x 1 x 1: `scale` times the cosine, at the label
/// times what `curve` makes of it.
pub fn class_margin<D: Backend>(
    ctx: &Context<D>,
    cosines: &Var<D>,
    labels: &Var<D>,
    curve: Curve,
    scale: f32,
) -> Result<Var<D>, Error> {
    let op = "class margin";
    let (_, classes) = samples_and_classes(op, cosines, labels)?;
    let margin = Margin { classes, curve, scale };
    let (kept, kept_labels) = (cosines.shared()?, labels.shared()?);
    let y = ctx.device().class_margin(margin, &kept, &kept_labels).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, cosines.shape(), &[cosines], move |device, dy, slots| {
        slots.give(0, device.class_margin_backward(margin, &kept, &kept_labels, dy)?)
    })
}

/// `table`: K x C x 1 x 1; `labels`: N x 1 x 1 x 1. Returns the row of each sample's class, N x C x 1 x 1; NaN for a label out
/// of range. `balanced`: a row's gradient is multiplied by N over one plus the number of its samples, so that a mean over
/// the batch moves the centres of classes as Wen et al. do ("A Discriminative Feature Learning Approach", 2016, eq. 4).
pub fn class_rows<D: Backend>(
    ctx: &Context<D>,
    table: &Var<D>,
    labels: &Var<D>,
    balanced: bool,
) -> Result<Var<D>, Error> {
    let op = "class rows";
    let ([classes, length, h, w], [samples, a, b, c]) = (table.shape(), labels.shape());
    if (h, w) != (1, 1) || (a, b, c) != (1, 1, 1) || classes == 0 {
        return Err(Error::shape(op, format!("table {:?} with labels {:?}", table.shape(), labels.shape())));
    }
    let rows = Rows { samples, classes, length, balanced };
    let kept = labels.shared()?;
    let y = ctx.device().class_rows(rows, table.storage()?, &kept).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, [samples, length, 1, 1], &[table], move |device, dy, slots| {
        slots.give(0, device.class_rows_backward(rows, &kept, &dy)?)
    })
}
