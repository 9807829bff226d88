//! Losses on the GPU.

use super::{LossKernel, Margin};
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

    fn arc_margin(&self, margin: Margin, cosines: &Buffer, labels: &Buffer) -> Result<Buffer, Failure> {
        let (sine, cosine) = f64::from(margin.margin).sin_cos();
        let mut y = self.allocate(cosines.len())?;
        let launch = kernel(cosines, "loss", "arc_margin").count(margin.classes).wide(sine).wide(cosine);
        launch.real(margin.scale).read(cosines).read(labels).write(&mut y).each(cosines.len())?;
        Ok(y)
    }

    fn arc_margin_backward(
        &self,
        margin: Margin,
        cosines: &Buffer,
        labels: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Failure> {
        let (sine, cosine) = f64::from(margin.margin).sin_cos();
        let launch = kernel(cosines, "loss", "arc_margin_backward").count(margin.classes).wide(sine).wide(cosine);
        launch.real(margin.scale).read(cosines).read(labels).write(&mut dy).each(cosines.len())?;
        Ok(dy)
    }
}
