//! Optimizer steps on the CPU.

use super::{Adam, Factors, OptimizerKernel, RmsProp, Sgd};
use crate::tensor::ops::lanes::{self, wide};
use crate::tensor::ops::parallel::{self, CHUNK};
use dfdx::tensor::{Cpu, Storage};
use rayon::prelude::*;

type Buffer = <Cpu as Storage<f32>>::Vec;

impl OptimizerKernel for Cpu {
    fn adam_step(
        &self,
        rule: &Adam,
        parameter: &mut Buffer,
        gradient: &Buffer,
        first: &mut Buffer,
        second: &mut Buffer,
    ) -> Result<(), Self::Err> {
        let factors = Factors::of(rule);
        fused2(parameter, gradient, first, second, |p, g, m, v| adam(p, g, m, v, factors));
        Ok(())
    }

    fn sgd_step(
        &self,
        rule: &Sgd,
        parameter: &mut Buffer,
        gradient: &Buffer,
        velocity: Option<&mut Buffer>,
    ) -> Result<(), Self::Err> {
        let (lr, momentum, decay) = (rule.lr as f32, rule.momentum as f32, rule.weight_decay as f32);
        match velocity {
            None => fused0(parameter, gradient, move |p, g| *p -= lr * (g + decay * *p)),
            Some(velocity) if rule.nesterov => fused1(parameter, gradient, velocity, move |p, g, v| {
                let g = g + decay * *p;
                *v = momentum * *v + g;
                *p -= lr * (g + momentum * *v);
            }),
            Some(velocity) => fused1(parameter, gradient, velocity, move |p, g, v| {
                *v = momentum * *v + (g + decay * *p);
                *p -= lr * *v;
            }),
        }
        Ok(())
    }

    fn rmsprop_step(
        &self,
        rule: &RmsProp,
        parameter: &mut Buffer,
        gradient: &Buffer,
        second: &mut Buffer,
    ) -> Result<(), Self::Err> {
        let (lr, epsilon, decay) = (rule.lr as f32, rule.epsilon as f32, rule.weight_decay as f32);
        let (keep, take) = (rule.alpha as f32, (1.0 - rule.alpha) as f32);
        fused1(parameter, gradient, second, move |p, g, v| {
            let g = g + decay * *p;
            *v = keep * *v + take * g * g;
            *p -= lr * (g / (v.sqrt() + epsilon));
        });
        Ok(())
    }

    fn sum_of_squares(&self, values: &Buffer) -> Result<f64, Self::Err> {
        let [sum] = lanes::par_fold(values, values, values, |v, _, _| [f64::from(v) * f64::from(v)]);
        Ok(sum)
    }

    fn scale(&self, values: &mut Buffer, factor: f32) -> Result<(), Self::Err> {
        lanes::par_amend(values, move |v| v * factor);
        Ok(())
    }

    fn clamp(&self, values: &mut Buffer, low: f32, high: f32) -> Result<(), Self::Err> {
        lanes::par_amend(values, move |v| v.clamp(low, high));
        Ok(())
    }

    fn moving_average(&self, target: &mut Buffer, source: &Buffer, decay: f32) -> Result<(), Self::Err> {
        if decay == 0.0 {
            target.copy_from_slice(source);
        } else {
            fused0(target, source, move |t, s| *t = decay * *t + (1.0 - decay) * s);
        }
        Ok(())
    }
}

wide! {
    fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], factors: Factors) {
        let Factors { keep1, take1, keep2, take2, size, root, epsilon, shrink, decay } = factors;
        let count = p.len();
        let (g, m, v) = (&g[..count], &mut m[..count], &mut v[..count]);
        for i in 0..count {
            let g = g[i] + decay * p[i];
            m[i] = keep1 * m[i] + take1 * g;
            v[i] = keep2 * v[i] + take2 * g * g;
            p[i] = shrink * p[i] - size * (m[i] / (v[i].sqrt() / root + epsilon));
        }
    }
}

fn fused0(parameter: &mut [f32], gradient: &[f32], f: impl Fn(&mut f32, f32) + Sync) {
    parallel::zip(parameter, gradient, |p, g| {
        for (p, g) in p.iter_mut().zip(g) {
            f(p, *g);
        }
    });
}

fn fused1(parameter: &mut [f32], gradient: &[f32], moment: &mut [f32], f: impl Fn(&mut f32, f32, &mut f32) + Sync) {
    let run = |p: &mut [f32], g: &[f32], m: &mut [f32]| {
        for ((p, g), m) in p.iter_mut().zip(g).zip(m) {
            f(p, *g, m);
        }
    };
    if parameter.len() <= CHUNK {
        return run(parameter, gradient, moment);
    }
    let chunks = parameter.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
    chunks.zip(moment.par_chunks_mut(CHUNK)).for_each(|((p, g), m)| run(p, g, m));
}

fn fused2(
    parameter: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    run: impl Fn(&mut [f32], &[f32], &mut [f32], &mut [f32]) + Sync,
) {
    if parameter.len() <= CHUNK {
        return run(parameter, gradient, first, second);
    }
    let chunks = parameter.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
    let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
    chunks.zip(moments).for_each(|((p, g), (m, v))| run(p, g, m, v));
}
