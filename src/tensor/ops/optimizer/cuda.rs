//! Optimizer steps on the GPU.

use super::{Adam, Factors, OptimizerKernel, RmsProp, Sgd};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl OptimizerKernel for Cuda {
    fn adam_step(
        &self,
        rule: &Adam,
        parameter: &mut Buffer,
        gradient: &Buffer,
        first: &mut Buffer,
        second: &mut Buffer,
    ) -> Result<(), Failure> {
        let Factors { keep1, take1, keep2, take2, size, root, epsilon, shrink, decay } = Factors::of(rule);
        let n = parameter.len();
        let launch = kernel(gradient, "optimizer", "adam").write(parameter).read(gradient).write(first).write(second);
        let factors = [keep1, take1, keep2, take2, size, root, epsilon, shrink, decay];
        factors.into_iter().fold(launch, |launch, factor| launch.real(factor)).each(n)
    }

    fn sgd_step(
        &self,
        rule: &Sgd,
        parameter: &mut Buffer,
        gradient: &Buffer,
        velocity: Option<&mut Buffer>,
    ) -> Result<(), Failure> {
        let n = parameter.len();
        let launch = kernel(gradient, "optimizer", "sgd").write(parameter).read(gradient);
        let launch = match velocity {
            Some(velocity) => launch.write(velocity),
            None => launch.read_some(None),
        };
        let launch = launch.real(rule.lr as f32).real(rule.momentum as f32).real(rule.weight_decay as f32);
        launch.flag(rule.nesterov).each(n)
    }

    fn rmsprop_step(
        &self,
        rule: &RmsProp,
        parameter: &mut Buffer,
        gradient: &Buffer,
        second: &mut Buffer,
    ) -> Result<(), Failure> {
        let n = parameter.len();
        let launch = kernel(gradient, "optimizer", "rmsprop").write(parameter).read(gradient).write(second);
        let factors = [rule.lr, rule.alpha, 1.0 - rule.alpha, rule.epsilon, rule.weight_decay];
        factors.into_iter().fold(launch, |launch, factor| launch.real(factor as f32)).each(n)
    }

    fn sum_of_squares(&self, values: &Buffer) -> Result<f64, Failure> {
        Ok(self.sums_of_squares(&[values])?.into_iter().sum())
    }

    /// All kernels are begun before the first sum is read.
    fn sums_of_squares(&self, all: &[&Buffer]) -> Result<Vec<f64>, Failure> {
        let begun = all.iter().map(|values| {
            let (len, parts) = (values.len(), pieces(1, values.len()));
            let mut sums = allocate_wide(&values.device(), self, if len == 0 { 0 } else { parts })?;
            if len > 0 {
                let launch = kernel(values, "optimizer", "squares").counts(&[len, parts]).read(values);
                launch.write(&mut sums).blocks(parts)?;
            }
            Ok(sums)
        });
        let begun = begun.collect::<Result<Vec<_>, Failure>>()?;
        let wide = |pair: &[f32]| f64::from_bits(u64::from(pair[0].to_bits()) | u64::from(pair[1].to_bits()) << 32);
        let read = |sums: Buffer| Ok(self.download(&sums)?.chunks_exact(2).map(wide).sum());
        begun.into_iter().map(read).collect()
    }

    fn scale(&self, values: &mut Buffer, factor: f32) -> Result<(), Failure> {
        let n = values.len();
        kernel(values, "optimizer", "scale").write(values).real(factor).each(n)
    }

    fn clamp(&self, values: &mut Buffer, low: f32, high: f32) -> Result<(), Failure> {
        let n = values.len();
        kernel(values, "optimizer", "clamp").write(values).real(low).real(high).each(n)
    }

    fn moving_average(&self, target: &mut Buffer, source: &Buffer, decay: f32) -> Result<(), Failure> {
        let n = target.len();
        if decay == 0.0 {
            return Ok(source.device().dtod_copy(&**source, &mut **target)?);
        }
        kernel(source, "optimizer", "moving_average").write(target).read(source).real(decay).each(n)
    }
}
