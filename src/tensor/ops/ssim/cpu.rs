//! Structural similarity on the CPU, a plane a task.

use super::window::Filter;
use super::{ImageGradients, Similarity, SimilarityKernel};
use crate::tensor::Backend;
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl SimilarityKernel for Cpu {
    fn similarity(&self, similarity: Similarity, a: &Buffer, b: &Buffer) -> Result<Buffer, Self::Err> {
        let planes = similarity.planes;
        let filter = Filter::new(similarity.window, similarity.height, similarity.width);
        let maps = parallel::collect(planes.count(), COST * planes.size, |p| {
            let moments = Moments::of(&filter, &a[planes.range(p)], &b[planes.range(p)]);
            (0..moments.a.len()).map(|i| moments.terms(&similarity, i).value() as f32).collect::<Vec<f32>>()
        });
        self.upload(maps.concat())
    }

    fn similarity_backward(
        &self,
        similarity: Similarity,
        (a, b): (&Buffer, &Buffer),
        dy: &Buffer,
        wants: (bool, bool),
    ) -> Result<ImageGradients<Self>, Self::Err> {
        let planes = similarity.planes;
        let filter = Filter::new(similarity.window, similarity.height, similarity.width);
        let len = dy.len() / planes.count().max(1);
        let (mut da, mut db) = (Vec::new(), Vec::new());
        let gradients = parallel::collect(planes.count(), 2 * COST * planes.size, |p| {
            let (a, b) = (&a[planes.range(p)], &b[planes.range(p)]);
            plane_gradients(&similarity, &filter, (a, b), &dy[p * len..(p + 1) * len], wants)
        });
        for (of_a, of_b) in gradients {
            da.extend(of_a);
            db.extend(of_b);
        }
        let of_a = wants.0.then(|| self.upload(da)).transpose()?;
        let of_b = wants.1.then(|| self.upload(db)).transpose()?;
        Ok((of_a, of_b))
    }
}

/// Operations that an element takes, about: five fields, filtered twice.
const COST: usize = 32;

/// Windowed means of both images, their squares and their product.
struct Moments {
    a: Vec<f64>,
    b: Vec<f64>,
    aa: Vec<f64>,
    bb: Vec<f64>,
    ab: Vec<f64>,
}

impl Moments {
    fn of(filter: &Filter, a: &[f32], b: &[f32]) -> Self {
        let means = |f: fn(f64, f64) -> f64| {
            let field: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| f(f64::from(a), f64::from(b))).collect();
            filter.means(&field)
        };
        Moments {
            a: means(|a, _| a),
            b: means(|_, b| b),
            aa: means(|a, _| a * a),
            bb: means(|_, b| b * b),
            ab: means(|a, b| a * b),
        }
    }

    fn terms(&self, similarity: &Similarity, i: usize) -> Terms {
        let range = f64::from(similarity.data_range);
        let (c1, c2) = ((0.01 * range).powi(2), (0.03 * range).powi(2));
        let n = similarity.window.covariance();
        let (a, b) = (self.a[i], self.b[i]);
        Terms {
            luminance: 2.0 * a * b + c1,
            contrast: 2.0 * n * (self.ab[i] - a * b) + c2,
            means: a * a + b * b + c1,
            variances: n * (self.aa[i] - a * a + self.bb[i] - b * b) + c2,
        }
    }
}

/// Factors of the numerator and of the denominator.
struct Terms {
    luminance: f64,
    contrast: f64,
    means: f64,
    variances: f64,
}

impl Terms {
    fn value(&self) -> f64 {
        self.luminance * self.contrast / (self.means * self.variances)
    }
}

fn plane_gradients(
    similarity: &Similarity,
    filter: &Filter,
    (a, b): (&[f32], &[f32]),
    dy: &[f32],
    wants: (bool, bool),
) -> (Vec<f32>, Vec<f32>) {
    let moments = Moments::of(filter, a, b);
    let n = similarity.window.covariance();
    // Gradients of the means of a and b, of either square, and of the product.
    let (mut of_a, mut of_b) = (vec![0.0; dy.len()], vec![0.0; dy.len()]);
    let (mut of_squares, mut of_product) = (vec![0.0; dy.len()], vec![0.0; dy.len()]);
    for (i, &dy) in dy.iter().enumerate() {
        let terms = moments.terms(similarity, i);
        let (dy, value) = (f64::from(dy), terms.value());
        let denominator = terms.means * terms.variances;
        let product = dy * 2.0 * n * terms.luminance / denominator;
        let squares = -dy * n * value / terms.variances;
        let mean = |own: f64, other: f64| {
            let direct = 2.0 * dy * (other * terms.contrast / denominator - own * value / terms.means);
            direct - product * other - 2.0 * squares * own
        };
        of_a[i] = mean(moments.a[i], moments.b[i]);
        of_b[i] = mean(moments.b[i], moments.a[i]);
        (of_squares[i], of_product[i]) = (squares, product);
    }
    let (squares, product) = (filter.spread(&of_squares), filter.spread(&of_product));
    let image = |of_mean: &[f64], own: &[f32], other: &[f32]| {
        let mut gradient = filter.spread(of_mean);
        for (i, gradient) in gradient.iter_mut().enumerate() {
            *gradient += 2.0 * f64::from(own[i]) * squares[i] + f64::from(other[i]) * product[i];
        }
        gradient.into_iter().map(|g| g as f32).collect()
    };
    let of_a = if wants.0 { image(&of_a, a, b) } else { Vec::new() };
    let of_b = if wants.1 { image(&of_b, b, a) } else { Vec::new() };
    (of_a, of_b)
}
