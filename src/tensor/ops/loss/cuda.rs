//! Losses on the GPU.

use super::{LossKernel, Margin, Rows};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl LossKernel for Cuda {
    fn bce(&self, p: &Buffer, t: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(p.len())?;
        kernel(p, "elementwise", "bce").read(p).read(t).write(&mut y).each(p.len())?;
        Ok(y)
    }

    fn bce_probabilities(&self, p: &Buffer, t: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dp = self.allocate(p.len())?;
        kernel(p, "elementwise", "bce_probabilities").read(p).read(t).read(dy).write(&mut dp).each(p.len())?;
        Ok(dp)
    }

    fn bce_targets(&self, p: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dt = self.allocate(p.len())?;
        kernel(p, "elementwise", "bce_targets").read(p).read(dy).write(&mut dt).each(p.len())?;
        Ok(dt)
    }

    fn cross_entropy(&self, classes: usize, logits: &Buffer, labels: &Buffer) -> Result<Buffer, Failure> {
        let mut losses = self.allocate(labels.len())?;
        let launch = kernel(logits, "loss", "cross_entropy").count(classes).read(logits).read(labels);
        launch.write(&mut losses).blocks(labels.len())?;
        Ok(losses)
    }

    fn cross_entropy_backward(
        &self,
        classes: usize,
        logits: &Buffer,
        labels: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Failure> {
        let mut dx = self.allocate(logits.len())?;
        let launch = kernel(logits, "loss", "cross_entropy_backward").count(classes).read(logits).read(labels).read(dy);
        launch.write(&mut dx).blocks(labels.len())?;
        Ok(dx)
    }

    fn class_margin(&self, margin: Margin, cosines: &Buffer, labels: &Buffer) -> Result<Buffer, Failure> {
        let (curve, first, second) = margin.curve.parts();
        let mut y = self.allocate(cosines.len())?;
        let launch = kernel(cosines, "loss", "class_margin").counts(&[margin.classes, curve]).wide(first).wide(second);
        launch.real(margin.scale).read(cosines).read(labels).write(&mut y).each(cosines.len())?;
        Ok(y)
    }

    fn class_margin_backward(
        &self,
        margin: Margin,
        cosines: &Buffer,
        labels: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Failure> {
        let (curve, first, second) = margin.curve.parts();
        let launch = kernel(cosines, "loss", "class_margin_backward").counts(&[margin.classes, curve]);
        let launch = launch.wide(first).wide(second).real(margin.scale);
        launch.read(cosines).read(labels).write(&mut dy).each(cosines.len())?;
        Ok(dy)
    }

    fn class_rows(&self, rows: Rows, table: &Buffer, labels: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(rows.samples * rows.length)?;
        let launch = kernel(table, "loss", "class_rows").counts(&[rows.classes, rows.length]);
        launch.read(table).read(labels).write(&mut y).each(rows.samples * rows.length)?;
        Ok(y)
    }

    fn class_rows_backward(&self, rows: Rows, labels: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dx = self.allocate(rows.classes * rows.length)?;
        let launch = kernel(labels, "loss", "class_rows_backward").counts(&[rows.samples, rows.length]);
        let launch = launch.flag(rows.balanced).read(labels).read(dy).write(&mut dx);
        launch.each(rows.classes * rows.length)?;
        Ok(dx)
    }
}
