//! Rendering as sampling: the operation over a camera's grid gives what the rasterizer's own reading gives, and its
//! gradient comes back to the texels that are seen.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::face::camera::{Camera, Perspective, Pose};
use ablate::face::picture::Picture;
use ablate::face::procedural::head::Head;
use ablate::face::procedural::{Expression, Person};
use ablate::face::sampling::Sampling;
use ablate::random::Stream;
use ablate::tensor::ops::Border;
use ablate::tensor::ops::arithmetic::multiply;
use ablate::tensor::ops::grid_sample::grid_sample;
use ablate::tensor::ops::reduce::sum_all;
use ablate::tensor::{Context, Cpu, Var};

const SIDE: usize = 48;
const TEXTURE: usize = 32;

/// Two views of a head.
fn views() -> Sampling {
    let head = Head::new(40);
    let positions = head.positions(&Person::new(Stream::new(4, "head")), &Expression::default());
    let mut sampling = Sampling::empty(SIDE, SIDE);
    for yaw in [-20.0, 50.0] {
        let rotation = Pose { yaw, pitch: 5.0, roll: 3.0 }.rotation();
        let camera = Perspective::before(rotation, 8.0, 170.0, (SIDE, SIDE));
        sampling.view(&head.topology, &positions, &Camera::Perspective(camera));
    }
    sampling
}

#[test]
fn a_render_is_a_reading_at_a_grid_and_differentiable_in_the_texture() {
    let sampling = views();
    assert_eq!(sampling.views(), 2);
    let seen: f32 = sampling.coverage.iter().sum();
    assert!(seen > 1500.0, "{seen}");
    let mut draw = Stream::new(1, "texture");
    let data: Vec<f32> = (0..2 * 3 * TEXTURE * TEXTURE).map(|_| draw.between(-1.0, 1.0) as f32).collect();
    let ctx = Context::recording(&Cpu::default());
    let texture = Var::leaf(ctx.tensor(data.clone(), [2, 3, TEXTURE, TEXTURE]).unwrap());
    let grid = ctx.constant(sampling.grid.as_flattened().to_vec(), [2, SIDE, SIDE, 2]).unwrap();
    let coverage = ctx.constant(sampling.coverage.clone(), [2, 1, SIDE, SIDE]).unwrap();
    let read = grid_sample(&ctx, &texture, &grid, Border::Replicate, false).unwrap();
    let render = multiply(&ctx, &read, &coverage).unwrap();
    let values = render.to_vec();
    for view in 0..2 {
        // From planes to pixels and back.
        let at = |i: usize| data[(view * 3 + i % 3) * TEXTURE * TEXTURE + i / 3];
        let pixels = (0..3 * TEXTURE * TEXTURE).map(at).collect();
        let picture = Picture { width: TEXTURE, height: TEXTURE, channels: 3, data: pixels };
        for (i, wanted) in sampling.read(view, &picture).data.iter().enumerate() {
            let found = values[(view * 3 + i % 3) * SIDE * SIDE + i / 3];
            assert!((found - wanted).abs() < 1e-4, "{view}: {i}: {found} {wanted}");
        }
    }
    // Each pixel that is seen shares a gradient of 1 out among texels, in each channel.
    let loss = sum_all(&ctx, &render).unwrap();
    let gradient = ctx.backward(&loss).unwrap().take(texture.tensor()).unwrap().unwrap();
    let total: f64 = gradient.iter().map(|g| f64::from(*g)).sum();
    assert!((total - 3.0 * f64::from(seen)).abs() < 0.05, "{total} {seen}");
    let left: f64 = gradient[..TEXTURE * TEXTURE].chunks(TEXTURE).map(|row| f64::from(row[1])).sum();
    let right: f64 = gradient[..TEXTURE * TEXTURE].chunks(TEXTURE).map(|row| f64::from(row[TEXTURE - 2])).sum();
    // Turned to the image's left, that side of the face is hidden.
    assert!(right > 2.0 * left, "{left} {right}");
}
