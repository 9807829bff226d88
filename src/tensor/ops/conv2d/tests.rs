use super::*;
use crate::tensor::Cpu;
use crate::tensor::ops::check::{backward_of, distance, given, gradients, values, wave};
use crate::tensor::ops::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};

/// The definition, in f64.
fn by_definition(g: &Geometry, x: &[f32], w: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; g.n * g.o * g.pixels()];
    for_each_product(g, |from, by, y| sums[y] += f64::from(x[from]) * f64::from(w[by]));
    sums.into_iter().map(|v| v as f32).collect()
}

fn indices([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..a * b * c * d).map(move |i| (i / (b * c * d), i / (c * d) % b, i / d % c, i % d))
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

struct Case {
    x: [usize; 4],
    outputs: usize,
    /// Height and width.
    kernel: (usize, usize),
    how: Conv2d,
}

impl Case {
    fn weight(&self) -> [usize; 4] {
        [self.outputs, self.x[1] / self.how.groups, self.kernel.0, self.kernel.1]
    }

    fn geometry(&self) -> Geometry {
        self.how.geometry(self.x, self.weight()).unwrap()
    }
}

fn case(x: [usize; 4], outputs: usize, kernel: usize, how: Conv2d) -> Case {
    oblong(x, outputs, (kernel, kernel), how)
}

fn oblong(x: [usize; 4], outputs: usize, kernel: (usize, usize), how: Conv2d) -> Case {
    Case { x, outputs, kernel, how }
}

/// Odd shapes: every stride, padding, dilation, group and border alone, and together where they meet.
fn small_cases() -> Vec<Case> {
    use Border::{Reflect, Replicate};
    let plain = Conv2d::default();
    vec![
        case([1, 1, 5, 7], 1, 3, plain),
        case([3, 5, 6, 4], 2, 3, Conv2d { padding: [1; 4], ..plain }),
        case([3, 1, 7, 5], 4, 4, Conv2d { stride: 2, padding: [1; 4], ..plain }),
        case([1, 5, 9, 6], 3, 3, Conv2d { stride: 3, padding: [2, 0, 1, 3], ..plain }),
        case([1, 3, 9, 7], 2, 3, Conv2d { dilation: 2, padding: [2, 1, 2, 0], ..plain }),
        case([3, 6, 4, 5], 9, 3, Conv2d { groups: 3, padding: [1; 4], ..plain }),
        case([1, 5, 5, 4], 5, 3, Conv2d { groups: 5, stride: 2, padding: [0, 1, 1, 0], ..plain }),
        case([3, 5, 3, 7], 4, 1, plain),
        case([1, 5, 5, 7], 3, 1, Conv2d { stride: 2, ..plain }),
        case([1, 2, 3, 5], 3, 1, Conv2d { padding: [1, 0, 0, 2], ..plain }),
        case([1, 5, 4, 5], 2, 3, Conv2d { border: Reflect, padding: [1; 4], ..plain }),
        case([3, 1, 5, 4], 2, 5, Conv2d { border: Reflect, padding: [3, 2, 2, 3], stride: 2, ..plain }),
        case([1, 3, 4, 3], 2, 3, Conv2d { border: Replicate, padding: [2, 4, 3, 1], ..plain }),
        case([3, 2, 5, 6], 4, 3, Conv2d { border: Replicate, padding: [2; 4], dilation: 2, groups: 2, ..plain }),
        case([1, 2, 2, 2], 3, 4, Conv2d { stride: 2, padding: [1; 4], ..plain }),
        case([1, 1, 1, 1], 2, 3, Conv2d { padding: [1; 4], ..plain }),
        oblong([2, 3, 5, 7], 4, (1, 7), Conv2d { padding: [0, 0, 3, 3], ..plain }),
        oblong([1, 2, 7, 5], 3, (7, 1), Conv2d { padding: [3, 3, 0, 0], ..plain }),
        oblong([1, 2, 1, 1], 3, (1, 3), Conv2d { padding: [0, 0, 1, 1], ..plain }),
        oblong([2, 4, 6, 9], 6, (3, 2), Conv2d { stride: 2, padding: [1, 1, 0, 1], groups: 2, ..plain }),
        oblong([1, 2, 7, 6], 2, (2, 3), Conv2d { dilation: 2, border: Reflect, padding: [2, 0, 1, 3], ..plain }),
    ]
}

#[test]
fn gradients_are_those_of_differences() {
    for c in small_cases() {
        gradients(&[c.x, c.weight(), [1, c.outputs, 1, 1]], 1e-3, |ctx, v| {
            conv2d(ctx, &v[0], &v[1], Some(&v[2]), &c.how).unwrap()
        });
    }
}

/// Sizes that take every way through the tiling: several tiles of an image, several images in a tile, blocks of channels,
/// parts of the weight gradient's sum, with and without threads.
fn large_cases() -> Vec<Case> {
    let same = Conv2d { padding: [1; 4], ..Conv2d::default() };
    vec![
        case([3, 5, 33, 47], 7, 3, same),
        case([8, 32, 12, 10], 24, 4, Conv2d { stride: 2, ..same }),
        case([8, 48, 4, 4], 40, 3, same),
        case([1, 64, 9, 11], 96, 3, same),
        case([5, 130, 3, 3], 70, 1, Conv2d::default()),
        case([2, 40, 17, 19], 33, 1, Conv2d::default()),
        case([1, 160, 7, 5], 380, 3, same),
        case([2, 24, 21, 13], 24, 3, Conv2d { groups: 24, border: Border::Reflect, ..same }),
        case([2, 12, 21, 13], 12, 3, Conv2d { groups: 12, ..same }),
        case([2, 12, 33, 29], 18, 5, Conv2d { groups: 6, stride: 2, padding: [2; 4], ..same }),
        case([1, 10, 40, 31], 12, 4, Conv2d { groups: 2, stride: 3, ..same }),
        case([9, 300, 1, 1], 50, 1, Conv2d::default()),
        oblong([3, 40, 17, 19], 33, (1, 7), Conv2d { padding: [0, 0, 3, 3], ..Conv2d::default() }),
        oblong([2, 64, 13, 21], 96, (5, 1), Conv2d { padding: [2, 2, 0, 0], ..Conv2d::default() }),
    ]
}

/// Sizes that minimal algorithms do, with tiles that reach beyond the map, tasks that end within a panel, and borders.
fn minimal_cases() -> Vec<Case> {
    let same = Conv2d { padding: [1; 4], ..Conv2d::default() };
    let odd = Conv2d { padding: [2, 1, 0, 1], ..same };
    let cases = vec![
        case([1, 24, 32, 32], 26, 3, same),
        case([2, 27, 19, 23], 33, 3, odd),
        case([1, 32, 28, 31], 24, 3, Conv2d { border: Border::Reflect, ..same }),
        case([3, 26, 39, 30], 25, 4, Conv2d { stride: 2, ..same }),
        case([1, 24, 64, 62], 38, 4, Conv2d { stride: 2, ..odd }),
        case([3, 25, 20, 17], 30, 4, same),
        case([1, 32, 32, 29], 28, 2, Conv2d { padding: [0, 1, 1, 0], ..same }),
    ];
    assert!(cases.iter().all(|c| winograd::Grid::new(&c.geometry()).is_some()));
    cases
}

/// Strided kernels of odd sides: of the phases of the input's gradient some are done by minimal algorithms, some are not.
fn mixed_cases() -> Vec<Case> {
    let strided = Conv2d { stride: 2, padding: [1; 4], ..Conv2d::default() };
    let cases = vec![
        case([2, 25, 47, 42], 26, 3, strided),
        case([1, 24, 63, 60], 27, 5, Conv2d { padding: [2; 4], ..strided }),
        case([1, 26, 96, 94], 24, 7, Conv2d { stride: 3, padding: [3, 2, 2, 3], ..strided }),
    ];
    for c in &cases {
        let g = c.geometry();
        let phases = indices([g.stride, g.stride, 1, 1]).map(|(fy, fx, ..)| phase::Phase::new(&g, fy, fx));
        let by_points = phases.filter(|p| winograd::Grid::new(&p.geometry).is_some()).count();
        assert!(by_points > 0 && by_points < g.stride * g.stride, "{by_points}: {g:?}");
    }
    cases
}

/// By a bound of their own: transforms cancel some of the digits.
#[test]
fn minimal_algorithms_give_the_values_of_the_definition() {
    for c in minimal_cases().into_iter().chain(mixed_cases()) {
        let g = c.geometry();
        let (x, w, dy) =
            (values(g.n * g.c * g.texels(), 1), values(g.o * g.taps(), 2), values(g.n * g.o * g.pixels(), 3));
        let inputs = [given(c.x, x.clone()), given(c.weight(), w.clone())];
        let (y, found) =
            backward_of(|ctx, v| conv2d(ctx, &v[0], &v[1], None, &c.how).unwrap(), &inputs, |_| dy.clone());
        let off = distance(&y, &by_definition(&g, &x, &w));
        assert!(off < 3e-6, "{off:e}: {g:?}");
        let (dx, dw) = (found[0].as_ref().unwrap(), found[1].as_ref().unwrap());
        for (name, found, exact) in [("dx", dx, input_gradient(&g, &dy, &w)), ("dw", dw, weight_gradient(&g, &x, &dy))]
        {
            let off = distance(found, &exact);
            assert!(off < 3e-6, "{name} {off:e}: {g:?}");
        }
    }
}

/// Every product of the definition: input index, weight index, output index.
fn for_each_product(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    for (y, (n, o, oy, ox)) in indices([g.n, g.o, g.oh, g.ow]).enumerate() {
        let group = o / g.outputs();
        for (c, ky, kx, _) in indices([g.inputs(), g.kh, g.kw, 1]) {
            let iy = (oy * g.stride + ky * g.dilation) as isize - g.top;
            let ix = (ox * g.stride + kx * g.dilation) as isize - g.left;
            if let (Some(iy), Some(ix)) = (g.border.source(iy, g.h), g.border.source(ix, g.w)) {
                let from = ((n * g.c + group * g.inputs() + c) * g.h + iy) * g.w + ix;
                f(from, ((o * g.inputs() + c) * g.kh + ky) * g.kw + kx, y);
            }
        }
    }
}

fn input_gradient(g: &Geometry, dy: &[f32], w: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; g.n * g.c * g.texels()];
    for_each_product(g, |x, by, y| sums[x] += f64::from(w[by]) * f64::from(dy[y]));
    sums.into_iter().map(|v| v as f32).collect()
}

fn weight_gradient(g: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; g.o * g.taps()];
    for_each_product(g, |from, by, y| sums[by] += f64::from(x[from]) * f64::from(dy[y]));
    sums.into_iter().map(|v| v as f32).collect()
}

#[test]
fn values_are_those_of_the_definition() {
    for c in small_cases().into_iter().chain(large_cases()) {
        let g = c.geometry();
        let (x, w) = (wave(g.n * g.c * g.texels(), 0.3), wave(g.o * g.taps(), 1.1));
        let inputs = [given(c.x, x.clone()), given(c.weight(), w.clone())];
        let dy = wave(g.n * g.o * g.pixels(), 2.0);
        let (y, found) =
            backward_of(|ctx, v| conv2d(ctx, &v[0], &v[1], None, &c.how).unwrap(), &inputs, |_| dy.clone());
        assert!(distance(&y, &by_definition(&g, &x, &w)) < 1e-6, "{g:?}");
        let (dx, dw) = (found[0].as_ref().unwrap(), found[1].as_ref().unwrap());
        let scale = dot(&y, &y).sqrt() * dot(&dy, &dy).sqrt();
        for other in [dot(&x, dx), dot(&w, dw)] {
            assert!((dot(&y, &dy) - other).abs() < 1e-6 * scale, "<y, dy> = {}, found {other}: {g:?}", dot(&y, &dy));
        }
    }
}

#[test]
fn a_bias_is_added_and_gets_the_sum() {
    for c in small_cases().into_iter().chain(large_cases()).chain(minimal_cases()).chain(mixed_cases()) {
        let g = c.geometry();
        let inputs = [
            given(c.x, wave(g.n * g.c * g.texels(), 0.3)),
            given(c.weight(), wave(g.o * g.taps(), 1.1)),
            given([1, g.o, 1, 1], values(g.o, 5)),
        ];
        let dy = wave(g.n * g.o * g.pixels(), 2.0);
        let with =
            backward_of(|ctx, v| conv2d(ctx, &v[0], &v[1], Some(&v[2]), &c.how).unwrap(), &inputs, |_| dy.clone());
        let without = backward_of(
            |ctx, v| conv2d(ctx, &v[0], &v[1], None, &c.how).unwrap(),
            &inputs[..2],
            |_| vec![0.0; dy.len()],
        );
        let bias = inputs[2].to_vec();
        let channel = |i: usize| i / g.pixels() % g.o;
        let want: Vec<f32> = without.0.iter().enumerate().map(|(i, y)| y + bias[channel(i)]).collect();
        assert!(distance(&with.0, &want) < 1e-6, "{g:?}");
        let mut sums = vec![0.0_f64; g.o];
        dy.iter().enumerate().for_each(|(i, v)| sums[channel(i)] += f64::from(*v));
        let sums: Vec<f32> = sums.into_iter().map(|v| v as f32).collect();
        assert!(distance(with.1[2].as_ref().unwrap(), &sums) < 1e-5, "{g:?}");
    }
}

#[test]
fn gradients_are_added_to_what_is_there() {
    for c in small_cases().into_iter().chain(large_cases()).chain(minimal_cases()).chain(mixed_cases()) {
        let g = c.geometry();
        let device = Cpu::default();
        let buffer = |len: usize, phase: f64| device.upload(wave(len, phase)).unwrap();
        let (x, w) = (buffer(g.n * g.c * g.texels(), 0.3), buffer(g.o * g.taps(), 1.1));
        let dy = buffer(g.n * g.o * g.pixels(), 2.0);
        let (mut dx, mut dw) = (device.allocate(x.len()).unwrap(), device.allocate(w.len()).unwrap());
        device.convolve_input_gradient(&g, &dy, &w, &mut dx, false).unwrap();
        device.convolve_weight_gradient(&g, &x, &dy, &mut dw, false).unwrap();
        let doubled = [&dx, &dw].map(|v| v.iter().map(|v| 2.0 * v).collect::<Vec<f32>>());
        device.convolve_input_gradient(&g, &dy, &w, &mut dx, true).unwrap();
        device.convolve_weight_gradient(&g, &x, &dy, &mut dw, true).unwrap();
        assert!(distance(&dx, &doubled[0]) < 1e-6 && distance(&dw, &doubled[1]) < 1e-6, "{g:?}");
    }
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    for c in large_cases().into_iter().chain(minimal_cases()).chain(mixed_cases()) {
        let g = c.geometry();
        let inputs = [
            given(c.x, values(g.n * g.c * g.texels(), 1)),
            given(c.weight(), values(g.o * g.taps(), 2)),
            given([1, g.o, 1, 1], values(g.o, 3)),
        ];
        let bits = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let run = || {
                let (y, found) = backward_of(
                    |ctx, v| conv2d(ctx, &v[0], &v[1], Some(&v[2]), &c.how).unwrap(),
                    &inputs,
                    |len| values(len, 4),
                );
                let all = y.into_iter().chain(found.into_iter().flatten().flatten());
                all.map(f32::to_bits).collect::<Vec<u32>>()
            };
            pool.install(run)
        };
        let one = bits(1);
        for threads in [2, 3, 5] {
            assert!(bits(threads) == one, "{threads} threads: {g:?}");
        }
    }
}

#[test]
fn what_nobody_learns_gets_no_gradient() {
    let [x, w, b] =
        [[1, 2, 5, 4], [3, 2, 3, 3], [1, 3, 1, 1]].map(|s: [usize; 4]| given(s, values(s.iter().product(), 1)));
    let run = |inputs: &[Var<Cpu>]| {
        let f =
            |ctx: &Context<Cpu>, v: &[Var<Cpu>]| conv2d(ctx, &v[0], &v[1], Some(&v[2]), &Conv2d::default()).unwrap();
        backward_of(f, inputs, |len| values(len, 2)).1.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(run(&[x.clone(), w.detach(), b.detach()]), [true, false, false]);
    assert_eq!(run(&[x.detach(), w.clone(), b.detach()]), [false, true, false]);
    assert_eq!(run(&[x.detach(), w.detach(), b.clone()]), [false, false, true]);
}

#[test]
fn impossible_sizes_are_refused() {
    let device = Cpu::default();
    let ctx = Context::inference(&device);
    let var = |shape: [usize; 4]| Var::constant(ctx.tensor(vec![0.0; shape.iter().product()], shape).unwrap());
    let plain = Conv2d::default();
    let refused = |x: [usize; 4], w: [usize; 4], how: Conv2d| conv2d(&ctx, &var(x), &var(w), None, &how).is_err();
    assert!(refused([1, 2, 2, 5], [1, 2, 3, 3], plain));
    assert!(refused([1, 2, 5, 5], [1, 3, 3, 3], plain));
    assert!(refused([1, 3, 5, 5], [2, 1, 3, 3], Conv2d { groups: 2, ..plain }));
    assert!(refused([1, 2, 5, 5], [1, 2, 3, 3], Conv2d { stride: 0, ..plain }));
    assert!(refused([1, 2, 3, 5], [1, 2, 3, 3], Conv2d { border: Border::Reflect, padding: [3, 0, 0, 0], ..plain }));
    assert!(conv2d(&ctx, &var([1, 2, 5, 5]), &var([3, 2, 3, 3]), Some(&var([1, 2, 1, 1])), &plain).is_err());
    assert_eq!(Conv2d { stride: 2, padding: [1; 4], ..plain }.output(64, 48, 4), Some((32, 24)));
    assert_eq!(Conv2d { dilation: 2, ..plain }.output(4, 9, 3), None);
}

#[test]
fn a_transposed_convolution_has_the_gradients_of_differences() {
    let cases = [
        ([1, 2, 3, 4], [2, 3, 3, 3], ConvTranspose2d { stride: 1, padding: [1; 4], output: (3, 4) }),
        ([3, 5, 2, 3], [5, 1, 4, 4], ConvTranspose2d { stride: 2, padding: [1; 4], output: (4, 6) }),
        ([1, 1, 3, 2], [1, 5, 3, 3], ConvTranspose2d { stride: 2, padding: [1, 0, 0, 1], output: (6, 5) }),
        ([3, 2, 2, 2], [2, 2, 2, 2], ConvTranspose2d { stride: 3, padding: [0; 4], output: (7, 5) }),
    ];
    for (x, w, how) in cases {
        gradients(&[x, w, [1, w[1], 1, 1]], 1e-3, |ctx, v| {
            conv_transpose2d(ctx, &v[0], &v[1], Some(&v[2]), &how).unwrap()
        });
    }
    let device = Cpu::default();
    let ctx = Context::inference(&device);
    let var = |shape: [usize; 4]| Var::constant(ctx.tensor(vec![0.0; shape.iter().product()], shape).unwrap());
    let how = ConvTranspose2d { stride: 2, padding: [1; 4], output: (8, 6) };
    assert!(conv_transpose2d(&ctx, &var([1, 5, 2, 3]), &var([5, 1, 4, 4]), None, &how).is_err());
}

/// Large enough for minimal algorithms and for phases by products, with a bias: against the definition of the convolution
/// whose input's gradient it is.
#[test]
fn a_large_transposed_convolution_has_the_values_of_the_definition() {
    for (side, kernel) in [(28, 4), (29, 3)] {
        let (x, w) = ([2, 26, side, side], [26, 25, kernel, kernel]);
        let out = 2 * side - 4 + kernel;
        let how = ConvTranspose2d { stride: 2, padding: [1; 4], output: (out, out) };
        let lens = [x, w].map(|s: [usize; 4]| s.iter().product::<usize>());
        let inputs = [given(x, values(lens[0], 1)), given(w, values(lens[1], 2)), given([1, 25, 1, 1], values(25, 3))];
        let dy = values(2 * 25 * out * out, 4);
        let run = |ctx: &Context<Cpu>, v: &[Var<Cpu>]| conv_transpose2d(ctx, &v[0], &v[1], Some(&v[2]), &how).unwrap();
        let (y, found) = backward_of(run, &inputs, |_| dy.clone());
        let conv = Conv2d { stride: 2, padding: [1; 4], ..Conv2d::default() };
        let g = conv.geometry([2, 25, out, out], w).unwrap();
        let [x, w, bias] = [0, 1, 2].map(|i| inputs[i].to_vec());
        let mut exact = input_gradient(&g, &x, &w);
        exact.iter_mut().enumerate().for_each(|(i, v)| *v += bias[i / g.texels() % 25]);
        assert!(distance(&y, &exact) < 3e-6, "{:e}: {g:?}", distance(&y, &exact));
        let dx = distance(found[0].as_ref().unwrap(), &by_definition(&g, &dy, &w));
        let dw = distance(found[1].as_ref().unwrap(), &weight_gradient(&g, &dy, &x));
        assert!(dx < 3e-6 && dw < 3e-6, "{dx:e}, {dw:e}: {g:?}");
    }
}
