//! Vectors in two dimensions, to look at: principal components and t-SNE.
//!
//! t-SNE (van der Maaten and Hinton 2008) is the crate `bhtsne`'s exact form, begun from the principal components and on
//! one thread, so that the same vectors always give the same picture.

use bhtsne::tSNE;

/// Steps of t-SNE.
const EPOCHS: usize = 600;
/// Of t-SNE, where there are points enough.
const PERPLEXITY: f32 = 20.0;

/// Coordinates of vectors on the two directions in which they vary most; each direction's largest weight is positive.
/// Points of fewer than two vectors, or of such as do not vary, are at 0.
pub fn principal(vectors: &[Vec<f32>]) -> Vec<[f64; 2]> {
    let (count, length) = (vectors.len(), vectors.first().map_or(0, Vec::len));
    let mean: Vec<f64> =
        (0..length).map(|k| vectors.iter().map(|v| f64::from(v[k])).sum::<f64>() / count as f64).collect();
    let centred: Vec<Vec<f64>> =
        vectors.iter().map(|v| v.iter().zip(&mean).map(|(x, m)| f64::from(*x) - m).collect()).collect();
    let first = direction(&centred, None, length);
    let second = direction(&centred, Some(&first), length);
    centred.iter().map(|v| [dot(v, &first), dot(v, &second)]).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The direction of most variance beside another one: power iteration on the covariance, which is never written out.
fn direction(centred: &[Vec<f64>], beside: Option<&Vec<f64>>, length: usize) -> Vec<f64> {
    let clean = |mut v: Vec<f64>| {
        if let Some(other) = beside {
            let along = dot(&v, other);
            v.iter_mut().zip(other).for_each(|(x, o)| *x -= along * o);
        }
        let size = dot(&v, &v).sqrt();
        (size > 1e-300).then(|| v.into_iter().map(|x| x / size).collect::<Vec<f64>>())
    };
    let start: Vec<f64> = (0..length).map(|k| 1.0 + (k as f64 * 0.7).sin()).collect();
    let Some(mut found) = clean(start) else { return vec![0.0; length] };
    for _ in 0..2000 {
        let mut next = vec![0.0; length];
        for v in centred {
            let along = dot(v, &found);
            next.iter_mut().zip(v).for_each(|(n, x)| *n += along * x);
        }
        let Some(next) = clean(next) else { return vec![0.0; length] };
        let moved = 1.0 - dot(&next, &found).abs();
        found = next;
        if moved < 1e-15 {
            break;
        }
    }
    let largest = found.iter().copied().fold(0.0, |most: f64, x| if x.abs() > most.abs() { x } else { most });
    if largest < 0.0 {
        found.iter_mut().for_each(|x| *x = -*x);
    }
    found
}

/// t-SNE of vectors by their squared distances. Fewer than eight have no neighbourhoods to keep: their principal
/// components.
pub fn neighbours(vectors: &[Vec<f32>]) -> Vec<[f64; 2]> {
    let start = principal(vectors);
    let spread = start.iter().map(|p| p[0] * p[0]).sum::<f64>() / start.len().max(1) as f64;
    if vectors.len() < 8 || spread <= 0.0 {
        return start;
    }
    let begin: Vec<f32> = start.iter().flatten().map(|x| (x / spread.sqrt() * 1e-2) as f32).collect();
    let perplexity = PERPLEXITY.min((vectors.len() - 1) as f32 / 3.5);
    let run = || {
        let distance = |a: &Vec<f32>, b: &Vec<f32>| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>();
        let mut tsne: tSNE<'_, f32, Vec<f32>> = tSNE::new(vectors);
        tsne.embedding_dim(2).perplexity(perplexity).epochs(EPOCHS).initial_embedding(begin);
        tsne.exact(distance).embedding()
    };
    // Sums over threads depend on how the work is parted.
    let found = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(run),
        Err(_) => run(),
    };
    found.chunks_exact(2).map(|p| [f64::from(p[0]), f64::from(p[1])]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_direction_is_that_of_most_variance() {
        let vectors = vec![vec![1.0, 2.0, 0.0], vec![3.0, 1.0, 1.0], vec![0.0, 5.0, 2.0], vec![4.0, 4.0, 1.0]];
        // sklearn.decomposition.PCA(2).fit_transform(..), signs as said.
        let theirs = [
            [-0.312_189_10, -1.581_941_20],
            [-2.092_154_64, -0.472_111_18],
            [2.982_137_41, -0.082_803_83],
            [-0.577_793_67, 2.136_856_21],
        ];
        for (a, b) in principal(&vectors).iter().zip(theirs) {
            assert!((a[0] - b[0]).abs() < 1e-6 && (a[1] - b[1]).abs() < 1e-6, "{a:?} {b:?}");
        }
        assert_eq!(principal(&[vec![1.0, 1.0], vec![1.0, 1.0]]), [[0.0; 2]; 2]);
        assert!(principal(&[]).is_empty());
    }

    #[test]
    fn groups_stay_together_and_a_picture_comes_out_the_same_again() {
        let vectors: Vec<Vec<f32>> = (0..45)
            .map(|i| {
                (0..8).map(|k| f32::from(u8::from(k == i % 3)) + 0.05 * ((i * 8 + k) as f32 * 1.7).sin()).collect()
            })
            .collect();
        let points = neighbours(&vectors);
        assert_eq!(points, neighbours(&vectors));
        let distance = |a: usize, b: usize| (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1]);
        for i in 0..45 {
            let nearest = (0..45).filter(|k| *k != i).min_by(|a, b| distance(i, *a).total_cmp(&distance(i, *b)));
            assert_eq!(nearest.unwrap() % 3, i % 3);
        }
    }
}
