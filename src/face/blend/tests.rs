//! Blending against dense solves and maps whose answer is known.

use super::equation::{Lanes, Role};
use super::merge::{Merging, View, merge};
use super::patchwork::{Origin, Patchwork};
use super::poisson::{Layer, clone};
use super::solver::solve;
use super::{Error, mirror, texture};
use crate::face::picture::Picture;
use crate::random::Stream;

/// A picture of three channels from a function of place.
fn painted(width: usize, height: usize, colour: impl Fn(f32, f32) -> [f32; 3]) -> Picture {
    let texel = |p: usize| colour((p % width) as f32 / width as f32, (p / width) as f32 / height as f32);
    Picture { width, height, channels: 3, data: (0..width * height).flat_map(texel).collect() }
}

fn noise(width: usize, height: usize, stream: &mut Stream) -> Picture {
    let data = (0..width * height * 3).map(|_| stream.uniform() as f32).collect();
    Picture { width, height, channels: 3, data }
}

/// Gaussian elimination with row pivots.
fn eliminate(mut matrix: Vec<Vec<f64>>, mut side: Vec<f64>) -> Vec<f64> {
    let n = side.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|a, b| matrix[*a][k].abs().total_cmp(&matrix[*b][k].abs())).unwrap();
        matrix.swap(k, pivot);
        side.swap(k, pivot);
        for row in k + 1..n {
            let share = matrix[row][k] / matrix[k][k];
            let (upper, lower) = matrix.split_at_mut(row);
            lower[0][k..].iter_mut().zip(&upper[k][k..]).for_each(|(to, from)| *to -= share * from);
            side[row] -= share * side[k];
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| matrix[k][j] * side[j]).sum();
        side[k] = (side[k] - rest) / matrix[k][k];
    }
    side
}

/// The minimum of the sum of squares that [`super::equation`] states, written down densely. Parts that nothing holds
/// keep the mean of their start.
fn dense(start: &Picture, roles: &[Role], pull: &[f32], wanted: impl Fn(usize, usize) -> Lanes, c: usize) -> Vec<f64> {
    let (n, width) = (roles.len(), start.width);
    let value = |p: usize| f64::from(start.data[p * 3 + c]);
    let (mut matrix, mut side) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    let mut part: Vec<usize> = (0..n).collect();
    for p in 0..n {
        for q in [(p % width + 1 < width).then_some(p + 1), (p + width < n).then_some(p + width)].into_iter().flatten()
        {
            if roles[p] == Role::Outside || roles[q] == Role::Outside {
                continue;
            }
            let guide = f64::from(wanted(p, q)[c]);
            for (a, b, guide) in [(p, q, guide), (q, p, -guide)] {
                matrix[a][a] += 1.0;
                matrix[a][b] -= 1.0;
                side[a] -= guide;
            }
            if roles[p] == Role::Free && roles[q] == Role::Free {
                let (old, new) = (part[q], part[p]);
                part.iter_mut().filter(|x| **x == old).for_each(|x| *x = new);
            }
        }
        matrix[p][p] += f64::from(pull[p]);
        side[p] += f64::from(pull[p]) * value(p);
    }
    let held = |p: usize| {
        let near = matrix[p].iter().enumerate().any(|(q, v)| *v < 0.0 && roles[q] == Role::Given);
        roles[p] == Role::Free && (near || pull[p] > 0.0)
    };
    let loose: Vec<bool> = (0..n).map(|p| !(0..n).any(|q| part[q] == part[p] && held(q))).collect();
    for p in 0..n {
        if roles[p] != Role::Free {
            matrix[p].fill(0.0);
            (matrix[p][p], side[p]) = (1.0, value(p));
        } else if loose[p] {
            for q in (0..n).filter(|q| part[*q] == part[p] && roles[*q] == Role::Free) {
                matrix[p][q] += 1.0;
                side[p] += value(q);
            }
        }
    }
    eliminate(matrix, side)
}

#[test]
fn small_masks_of_any_shape_match_a_dense_solve() {
    let mut stream = Stream::new(11, "blend/dense");
    for case in 0..24 {
        let (width, height) = (3 + stream.below(12), 3 + stream.below(9));
        let (start, guide) = (noise(width, height, &mut stream), noise(width, height, &mut stream));
        let shares = [(0.2, 0.6), (0.0, 0.4), (0.05, 0.05), (0.5, 0.5)][case % 4];
        let role = |u: f64| match u {
            u if u < shares.0 => Role::Given,
            u if u < shares.1 => Role::Outside,
            _ => Role::Free,
        };
        let roles: Vec<Role> = (0..width * height).map(|_| role(stream.uniform())).collect();
        let screen = [0.0, 0.03, 2.0][case % 3];
        let pull: Vec<f32> = (0..roles.len()).map(|_| if stream.uniform() < 0.5 { screen } else { 0.0 }).collect();
        let wanted = |p: usize, q: usize| super::equation::change(&guide, p, q);
        let solved = solve(&start, &roles, |p| pull[p], wanted).unwrap();
        for c in 0..3 {
            let dense = dense(&start, &roles, &pull, wanted, c);
            for p in (0..roles.len()).filter(|p| roles[*p] == Role::Free) {
                let found = f64::from(solved.map.data[p * 3 + c]);
                assert!((found - dense[p]).abs() < 1e-5, "case {case}, texel {p}: {found} is not {}", dense[p]);
            }
        }
        let kept = (0..roles.len()).filter(|p| roles[*p] != Role::Free);
        kept.for_each(|p| assert_eq!(solved.map.data[p * 3..][..3], start.data[p * 3..][..3]));
    }
}

/// The face's shape with eyes and mouth cut out, in a ragged outline.
fn face_mask(size: usize) -> Vec<bool> {
    let mut stream = Stream::new(5, "blend/mask");
    let within = |x: f32, y: f32, cx: f32, cy: f32, r: f32| (x - cx).powi(2) + (y - cy).powi(2) < r * r;
    let texel = |p: usize| {
        let (x, y) = ((p % size) as f32 / size as f32, (p / size) as f32 / size as f32);
        let outline = 0.46 + 0.02 * stream.uniform() as f32;
        let holes = within(x, y, 0.35, 0.4, 0.06) || within(x, y, 0.65, 0.4, 0.06) || within(x, y, 0.5, 0.7, 0.04);
        within(x, y, 0.5, 0.5, outline) && !holes
    };
    (0..size * size).map(texel).collect()
}

#[test]
fn a_large_mask_leaves_no_residual() {
    let size = 256;
    let mut stream = Stream::new(3, "blend/large");
    let (base, source) = (noise(size, size, &mut stream), noise(size, size, &mut stream));
    let (region, all) = (face_mask(size), vec![true; size * size]);
    for screen in [0.0, 0.01] {
        let layers = (Layer { map: &base, known: &all }, Layer { map: &source, known: &all });
        let solved = clone(layers.0, layers.1, &region, screen).unwrap();
        // Multigrid: the steps do not grow with the map.
        assert!(solved.steps <= 12 && solved.residual < 1e-6, "{} {}", solved.steps, solved.residual);
        let mut worst: f64 = 0.0;
        for p in (0..size * size).filter(|p| region[*p]) {
            for c in 0..3 {
                let at = |picture: &Picture, q: usize| f64::from(picture.data[q * 3 + c]);
                let pair = |q| at(&solved.map, q) - at(&solved.map, p) - (at(&source, q) - at(&source, p));
                let pairs = pair(p - 1) + pair(p + 1) + pair(p - size) + pair(p + size);
                worst = worst.max((pairs - f64::from(screen) * (at(&solved.map, p) - at(&source, p))).abs());
            }
        }
        assert!(worst < 1e-5, "{worst}");
    }
}

#[test]
fn a_shifted_source_becomes_the_base_again() {
    let size = 70;
    let base = painted(size, size, |x, y| [0.3 + 0.2 * (9.0 * x).sin(), 0.5 * y, x * y]);
    let mut source = base.clone();
    source.data.chunks_exact_mut(3).for_each(|texel| texel.iter_mut().zip([0.2, -0.1, 0.3]).for_each(|(v, s)| *v += s));
    let (region, all) = (face_mask(size), vec![true; size * size]);
    let layers = (Layer { map: &base, known: &all }, Layer { map: &source, known: &all });
    let plain = clone(layers.0, layers.1, &region, 0.0).unwrap().map;
    let worst = |a: &Picture, b: &Picture| a.data.iter().zip(&b.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst(&plain, &base) < 1e-5, "{}", worst(&plain, &base));
    // A strong screen keeps the source's colours; a mask without any base leaves the source alone.
    let screened = clone(layers.0, layers.1, &region, 1e4).unwrap().map;
    let kept = (0..size * size).filter(|p| region[*p]).map(|p| (screened.data[p * 3] - source.data[p * 3]).abs());
    assert!(kept.fold(0.0, f32::max) < 1e-3);
    let nothing = vec![false; size * size];
    let alone = clone(Layer { map: &base, known: &nothing }, layers.1, &all, 0.0).unwrap();
    assert_eq!((alone.map, alone.steps), (source, 0));
}

#[test]
fn what_does_not_belong_together_is_an_error() {
    let (small, large) = (painted(4, 4, |_, _| [0.5; 3]), painted(4, 5, |_, _| [0.5; 3]));
    let all = [true; 16];
    let layer = |map| Layer { map, known: &all };
    assert!(matches!(clone(layer(&small), layer(&large), &all, 0.0), Err(Error::Size { what: "source", .. })));
    assert!(matches!(clone(layer(&small), layer(&small), &all[..3], 0.0), Err(Error::Size { what: "region", .. })));
    let mut broken = small.clone();
    broken.data[3 * 6 + 1] = f32::NAN;
    let wrong = Error::NotFinite { what: "source", x: 2, y: 1 };
    assert_eq!(clone(layer(&small), layer(&broken), &all, 0.0), Err(wrong));
    let known: Vec<bool> = (0..16).map(|p| p != 6).collect();
    let hole = clone(layer(&small), Layer { map: &broken, known: &known }, &all, 0.0).unwrap();
    assert!(hole.map.data.iter().all(|v| (v - 0.5).abs() < 1e-5));
    let planes = Picture::new(4, 4, 5);
    assert_eq!(clone(layer(&planes), layer(&planes), &all, 0.0), Err(Error::Channels(5)));
    assert_eq!(merge(&[], &Merging::default()), Err(Error::Views(0)));
    let empty = Picture::new(0, 0, 3);
    let nothing = Layer { map: &empty, known: &[] };
    assert_eq!(clone(nothing, nothing, &[], 0.0).unwrap().map, empty);
}

/// A half cylinder's map and its cosines seen at a yaw in degrees.
fn skin(size: usize) -> Picture {
    painted(size, size, |x, y| {
        let detail = 0.03 * (60.0 * x).sin() * (47.0 * y).cos();
        [0.55 + 0.1 * (5.0 * x).cos() + detail, 0.4 + 0.1 * y + detail, 0.3 + 0.05 * x + detail]
    })
}

fn sight(size: usize, yaw: f32) -> Vec<f32> {
    let cosine = |p: usize| {
        let angle = ((p % size) as f32 + 0.5) / size as f32 * 180.0 - 90.0;
        (angle - yaw).to_radians().cos() - 0.15
    };
    (0..size * size).map(cosine).collect()
}

#[test]
fn views_of_other_brightness_merge_without_a_seam() {
    let size = 96;
    let whole = skin(size);
    let shifts = [0.0, 0.12, -0.08];
    let views: Vec<Picture> = shifts
        .iter()
        .zip([0.0, -30.0, 30.0])
        .map(|(shift, yaw)| {
            let seen = sight(size, yaw);
            let mut view = whole.clone();
            for (texel, seen) in view.data.chunks_exact_mut(3).zip(&seen) {
                texel.iter_mut().for_each(|v| *v = if *seen > 0.0 { *v + shift } else { f32::NAN });
            }
            view
        })
        .collect();
    let sights = [0.0, -30.0, 30.0].map(|yaw| sight(size, yaw));
    let list: Vec<View> = views.iter().zip(&sights).map(|(map, sight)| View { map, sight }).collect();
    let merged = merge(&list, &Merging::default()).unwrap();
    // Offsets alone: the first view's map comes back everywhere, to the last digits of 32 bits.
    let error = merged.map.data.iter().zip(&whole.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(error < 2e-5, "{error}");
    let row: Vec<Origin> = merged.origin[40 * size..41 * size].to_vec();
    assert_eq!((row[4], row[48], row[91]), (Origin::View(1), Origin::View(0), Origin::View(2)));
    // A seam at about 50 degrees on either side, once each.
    let seams: Vec<usize> = (1..size).filter(|x| row[*x] != row[x - 1]).collect();
    assert!(seams.len() == 2 && (18..=24).contains(&seams[0]) && seams[0] + seams[1] == size, "{seams:?}");
    let all = vec![true; size * size];
    let shares = [0, 1, 2].map(|v| merged.share(&all, |o| o == Origin::View(v)));
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares[0] > 0.5, "{shares:?}");
}

#[test]
fn gains_leave_no_jump_at_the_seam_and_the_gradient_inside() {
    let size = 96;
    let whole = skin(size);
    let gains = [1.0, 1.3, 0.8];
    let scaled = |gain: f32| Picture { data: whole.data.iter().map(|v| v * gain).collect(), ..whole.clone() };
    let maps = gains.map(scaled);
    let sights = [0.0, -30.0, 30.0].map(|yaw| sight(size, yaw));
    let list: Vec<View> = maps.iter().zip(&sights).map(|(map, sight)| View { map, sight }).collect();
    for anchored in [true, false] {
        let merged = merge(&list, &Merging { anchored, ..Merging::default() }).unwrap();
        let at = |map: &Picture, x: usize, y: usize| map.at(x, y)[0];
        for y in 2..size - 2 {
            for x in 1..size {
                // As steep as the maps themselves anywhere: 0.12 was the step between two of them.
                let step = at(&merged.map, x, y) - at(&merged.map, x - 1, y);
                let own = at(&whole, x, y) - at(&whole, x - 1, y);
                assert!((step - own).abs() < 0.015, "{x} {y}: {step} {own}");
            }
        }
        // The left view's own detail, away from the seam: second differences are the gain times the map's.
        let bend = |map: &Picture, x: usize| at(map, x - 1, 50) - 2.0 * at(map, x, 50) + at(map, x + 1, 50);
        for x in 4..10 {
            assert!((bend(&merged.map, x) - 1.3 * bend(&whole, x)).abs() < 2e-3, "{x}");
        }
    }
}

#[test]
fn the_mirror_and_a_texture_fill_what_no_view_sees() {
    let size = 64;
    // Symmetric, but lit from the left.
    let light = |x: f32| 0.15 * (0.5 - x);
    let half = |x: f32| (x + 0.5 / 64.0 - 0.5).abs();
    let face = painted(size, size, |x, y| [0.5 + 0.1 * (20.0 * half(x)).sin() + light(x), 0.4 + 0.2 * y, 0.3]);
    let atlas = vec![true; size * size];
    let seen: Vec<bool> = (0..size * size).map(|p| p % size < 40).collect();
    let view = Patchwork::of_view(&face, &seen).unwrap();
    assert_eq!((view.map.at(50, 3), view.origin[50]), (&[0.0; 3][..], Origin::Nothing));
    let filled = mirror::fill(&view, &atlas).unwrap();
    assert!(filled.origin.iter().zip(&seen).all(|(o, s)| *o == if *s { Origin::View(0) } else { Origin::Mirror }));
    let step = |y: usize| filled.map.at(40, y)[0] - filled.map.at(39, y)[0];
    let own = |y: usize| face.at(40, y)[0] - face.at(39, y)[0];
    (0..size).for_each(|y| assert!((step(y) - own(y)).abs() < 0.01, "{} {}", step(y), own(y)));
    assert!((filled.map.at(60, 9)[1] - face.at(60, 9)[1]).abs() < 1e-4);

    // A texture of another brightness: its shape, the map's colour.
    let dark = Picture { data: face.data.iter().map(|v| 0.4 * v).collect(), ..face.clone() };
    let complete = texture::fill(&view, &dark, &atlas).unwrap();
    let error = complete.map.data.iter().zip(&face.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(error < 0.02 && complete.origin[60] == Origin::Texture, "{error}");

    // The thesis' way round: the colours are the texture's.
    let centre: Vec<bool> = (0..size * size).map(|p| (20..36).contains(&(p % size))).collect();
    let blended = texture::blended(&Patchwork::of_view(&face, &centre).unwrap(), &dark, &atlas).unwrap();
    assert_eq!([4, 30, 42].map(|x| blended.origin[x]), [Origin::Texture, Origin::View(0), Origin::Mirror]);
    assert!((blended.map.at(21, 30)[1] - dark.at(21, 30)[1]).abs() < 0.01);

    let ring: Vec<bool> = (0..size * size).map(|p| !(20..24).contains(&(p % size)) || p / size > 8).collect();
    let healed = Patchwork::of_view(&face, &ring).unwrap().interpolated(&atlas).unwrap();
    assert_eq!(healed.origin[22], Origin::Between);
    assert!((healed.map.at(22, 4)[1] - face.at(22, 8)[1]).abs() < 0.05);
}
