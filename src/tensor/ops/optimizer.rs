//! Optimizer steps and what else is done to parameters and gradients in place. One pass over parameter, gradient and
//! moments; semantics are PyTorch's (`torch.optim`, `foreach=False`), and rates are f64 up to the last multiplication.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use dfdx::tensor::Storage;

/// Adam (Kingma and Ba 2015, algorithm 1) and, with `decoupled`, AdamW (Loshchilov and Hutter 2019, algorithm 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub lr: f64,
    pub betas: [f64; 2],
    pub epsilon: f64,
    pub weight_decay: f64,
    /// Weight decay shrinks the weights instead of entering the gradient.
    pub decoupled: bool,
    /// Steps done with the moments, this one included: 1 for the first.
    pub step: u64,
}

/// What Adam multiplies with.
#[derive(Clone, Copy)]
struct Factors {
    keep1: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    /// The learning rate and the root, corrected for the moments' start.
    size: f32,
    root: f32,
    epsilon: f32,
    shrink: f32,
    decay: f32,
}

impl Factors {
    fn of(rule: &Adam) -> Self {
        let [beta1, beta2] = rule.betas;
        let correction = |beta: f64| 1.0 - beta.powf(rule.step as f64);
        // What a step multiplies the weight by, and the share of the weight that enters the gradient.
        let (shrink, decay) =
            if rule.decoupled { (1.0 - rule.lr * rule.weight_decay, 0.0) } else { (1.0, rule.weight_decay) };
        Factors {
            keep1: beta1 as f32,
            take1: (1.0 - beta1) as f32,
            keep2: beta2 as f32,
            take2: (1.0 - beta2) as f32,
            size: (rule.lr / correction(beta1)) as f32,
            root: correction(beta2).sqrt() as f32,
            epsilon: rule.epsilon as f32,
            shrink: shrink as f32,
            decay: decay as f32,
        }
    }
}

/// Momentum without damping, the learning rate outside of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    pub lr: f64,
    pub momentum: f64,
    pub nesterov: bool,
    pub weight_decay: f64,
}

/// Not centred, without momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    pub lr: f64,
    pub alpha: f64,
    pub epsilon: f64,
    pub weight_decay: f64,
}

/// Everything has the length of the parameter; moments start as zeros.
pub trait OptimizerKernel: Storage<f32> {
    fn adam_step(
        &self,
        rule: &Adam,
        parameter: &mut Self::Vec,
        gradient: &Self::Vec,
        first: &mut Self::Vec,
        second: &mut Self::Vec,
    ) -> Result<(), Self::Err>;

    /// `velocity` where there is momentum.
    fn sgd_step(
        &self,
        rule: &Sgd,
        parameter: &mut Self::Vec,
        gradient: &Self::Vec,
        velocity: Option<&mut Self::Vec>,
    ) -> Result<(), Self::Err>;

    fn rmsprop_step(
        &self,
        rule: &RmsProp,
        parameter: &mut Self::Vec,
        gradient: &Self::Vec,
        second: &mut Self::Vec,
    ) -> Result<(), Self::Err>;

    /// In f64, by a partition that depends on the length alone: what clipping by norm needs of each gradient.
    fn sum_of_squares(&self, values: &Self::Vec) -> Result<f64, Self::Err>;

    /// That of each of several buffers; a device is waited for once.
    fn sums_of_squares(&self, all: &[&Self::Vec]) -> Result<Vec<f64>, Self::Err> {
        all.iter().map(|values| self.sum_of_squares(values)).collect()
    }

    /// `values *= factor`.
    fn scale(&self, values: &mut Self::Vec, factor: f32) -> Result<(), Self::Err>;

    /// Bounds every value; NaN stays NaN.
    fn clamp(&self, values: &mut Self::Vec, low: f32, high: f32) -> Result<(), Self::Err>;

    /// `target = decay * target + (1 - decay) * source`; a decay of 0 copies.
    fn moving_average(&self, target: &mut Self::Vec, source: &Self::Vec, decay: f32) -> Result<(), Self::Err>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::ops::check::{values, wave};
    use crate::tensor::{Backend, Cpu};

    fn buffer(values: Vec<f32>) -> <Cpu as Storage<f32>>::Vec {
        Cpu::default().upload(values).unwrap()
    }

    #[test]
    fn the_norm_has_the_same_bits_for_any_number_of_threads() {
        let gradient = buffer(wave(100_003, 0.1));
        let norm = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Cpu::default().sum_of_squares(&gradient).unwrap()).to_bits()
        };
        let plain: f64 = gradient.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
        assert!((f64::from_bits(norm(1)) / plain - 1.0).abs() < 1e-12);
        assert!([2, 3, 5].iter().all(|&threads| norm(threads) == norm(1)));
    }

    #[test]
    fn values_are_scaled_bounded_and_averaged() {
        let device = Cpu::default();
        let mut v = buffer(vec![-3.0, 0.5, f32::NAN, 2.0]);
        device.scale(&mut v, 2.0).unwrap();
        device.clamp(&mut v, -5.0, 3.0).unwrap();
        assert_eq!((v[0], v[1], v[3]), (-5.0, 1.0, 3.0));
        assert!(v[2].is_nan());
        let (mut target, source) = (buffer(vec![1.0, f32::NAN]), buffer(vec![2.0, 7.0]));
        device.moving_average(&mut target, &source, 0.75).unwrap();
        assert_eq!(target[0], 1.25);
        device.moving_average(&mut target, &source, 0.0).unwrap();
        assert_eq!(target[..], [2.0, 7.0]);
    }

    /// The pass is the same inside and at the borders of its chunks.
    #[test]
    fn a_long_parameter_steps_as_its_parts_do() {
        let device = Cpu::default();
        let rule = Adam { lr: 0.1, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.1, decoupled: false, step: 3 };
        let len = 40_000;
        let [p, g, m] = [0, 1, 2].map(|seed| values(len, seed));
        let v: Vec<f32> = m.iter().map(|m| m * m).collect();
        let step = |part: std::ops::Range<usize>| {
            let [mut p, g, mut m, mut v] = [&p, &g, &m, &v].map(|x| buffer(x[part.clone()].to_vec()));
            device.adam_step(&rule, &mut p, &g, &mut m, &mut v).unwrap();
            p.to_vec()
        };
        assert_eq!(step(0..len), [step(0..17), step(17..len)].concat());
    }
}
