use super::kernel::{MOST_COLUMNS, MOST_ROWS, Work, kernels};
use super::*;
use crate::tensor::ops::check::wave;

fn at(values: &[f32], view: View, r: usize, c: usize) -> f64 {
    f64::from(values[view.start + r * view.row + c * view.column])
}

fn by_definition((m, n, k): Sizes, a: (&[f32], View), b: (&[f32], View)) -> Vec<f64> {
    let sum = |r: usize, c: usize| (0..k).map(|d| at(a.0, a.1, r, d) * at(b.0, b.1, d, c)).sum();
    (0..m * n).map(|i| sum(i / n, i % n)).collect()
}

#[test]
fn products_are_what_the_definition_says() {
    for (m, n, k) in [(1, 1, 1), (5, 7, 3), (6, 16, 8), (13, 33, 40), (200, 300, 17), (7, 20, 600)] {
        let (a, b) = (wave(m * k + 3, 0.37), wave(n * k + 5, 0.37));
        for a_view in [View::rows(3, k), View::columns(3, m)] {
            for b_view in [View::rows(5, n), View::columns(5, k)] {
                let exact = by_definition((m, n, k), (&a, a_view), (&b, b_view));
                let row = n + 2;
                let mut target = vec![1.0; m * row];
                product((m, n, k), (&mut target, row), true, (&a, a_view), (&b, b_view));
                for (i, exact) in exact.iter().enumerate() {
                    let found = f64::from(target[i / n * row + i % n]);
                    assert!((found - exact - 1.0).abs() < 1e-4 * (1.0 + exact.abs()), "{m} {n} {k}: {found} {exact}");
                }
                assert!((0..m).all(|r| target[r * row + n..(r + 1) * row] == [1.0; 2]), "wrote beside the target");
            }
        }
    }
}

#[test]
#[allow(unsafe_code, reason = "calls kernels on its own buffers")]
fn every_kernel_of_this_processor_agrees() {
    let depth = 37;
    for kernel in kernels() {
        assert!(kernel.rows <= MOST_ROWS && kernel.columns <= MOST_COLUMNS);
        for rows in 1..=kernel.rows {
            let (left, right, bias) = (wave(rows * depth, 0.37), wave(kernel.columns * depth, 0.37), wave(rows, 0.37));
            let mut target = vec![0.5; rows * kernel.columns];
            let work = Work {
                depth,
                left: left.as_ptr(),
                right: right.as_ptr(),
                target: target.as_mut_ptr(),
                row: kernel.columns,
                bias: bias.as_ptr(),
                accumulate: true,
            };
            // SAFETY: the buffers are as long as the kernel reads and writes.
            unsafe { kernel.run(rows, &work) };
            let sizes = (rows, kernel.columns, depth);
            let exact = by_definition(sizes, (&left, View::columns(0, rows)), (&right, View::rows(0, kernel.columns)));
            for (i, (found, exact)) in target.iter().zip(exact).enumerate() {
                let exact = exact + 0.5 + f64::from(bias[i / kernel.columns]);
                assert!((f64::from(*found) - exact).abs() < 1e-5 * (1.0 + exact.abs()), "{rows}: {found} {exact}");
            }
        }
    }
}

#[test]
fn panels_hold_the_lanes_in_order_and_zeros_where_none_are() {
    for (lanes, depth) in [(1, 1), (6, 8), (7, 9), (20, 33), (16, 64)] {
        for (lane, step) in [(depth, 1), (1, lanes), (2 * depth, 2)] {
            let values = wave(2 * lanes * depth + 4, 0.37);
            let from = Source { values: &values, start: 2, lane, depth: step };
            for (width, padded) in [(6, false), (12, false), (16, true), (32, true)] {
                let wide = if padded { lanes.next_multiple_of(width) } else { lanes };
                let mut to = vec![f32::NAN; wide * depth];
                pack(from, (lanes, depth), width, padded, &mut to);
                for l in 0..wide {
                    let (first, d_width) =
                        (l - l % width, if padded { width } else { width.min(lanes - (l - l % width)) });
                    for d in 0..depth {
                        let expected = if l < lanes { values[2 + l * lane + d * step] } else { 0.0 };
                        assert_eq!(to[first * depth + d * d_width + l % width], expected, "{lanes} {depth} {width}");
                    }
                }
            }
        }
    }
}
