//! Values worked out by hand, and what components refuse.

use super::harness::{Rig, Wires, wire};
use crate::nn::Mode;
use crate::registry::{Edge, Type};
use serde_json::{Value, json};

const ZEROS: fn(&str, [usize; 4]) -> Vec<f32> = |_, shape| vec![0.0; shape.iter().product()];

/// The only output of a component without parameters: its edge and values.
fn run(component: &str, settings: Value, inputs: &[(&str, Edge, &[f32])]) -> Result<(Edge, Vec<f32>), String> {
    let mut wires: Wires = Vec::new();
    for (port, edge, values) in inputs {
        let one = wire(edge.clone(), values.len() / edge.elements(), values.to_vec());
        match wires.iter_mut().find(|(p, _)| p == port) {
            Some((_, list)) => list.push(one),
            None => wires.push((port.to_string(), vec![one])),
        }
    }
    let outputs = Rig::new(Mode::LEARNING, ZEROS).run("", component, &settings, &wires).map_err(|p| p.message)?;
    let (edge, value) = &outputs[0].1[0];
    Ok((edge.clone(), value.to_vec()))
}

#[test]
fn operators_move_pixels() {
    let (edge, values) =
        run("operator/halves", json!({}), &[("map", Edge::image(1, 1, 4), &[1., 2., 3., 4.])]).unwrap();
    assert_eq!((edge.batch, edge.ty, values), (2, Type::Image, vec![1., 2., 3., 4.]));
    let region = json!({"region": [0.5, 0.0, 0.5, 0.5]});
    let (edge, values) =
        run("operator/crop", region, &[("map", Edge::mask(2, 4), &[1., 2., 3., 4., 5., 6., 7., 8.])]).unwrap();
    assert_eq!((edge, values), (Edge::mask(1, 2), vec![3., 4.]));
    let mask = [1., 1., 1., 1., 0., 1., 1.];
    let (_, values) = run("operator/erode", json!({}), &[("map", Edge::mask(1, 7), &mask)]).unwrap();
    assert_eq!(values, [1., 1., 1., 0., 0., 0., 1.]);
}

#[test]
fn operators_of_embeddings() {
    let (edge, values) = run("operator/grey", json!({}), &[("image", Edge::image(3, 1, 1), &[1., -1., 0.5])]).unwrap();
    assert_eq!(edge, Edge::image(1, 1, 1));
    assert!((values[0] - (0.299 - 0.587 + 0.057)).abs() < 1e-6);
    let grey = run("operator/grey", json!({}), &[("image", Edge::image(1, 1, 2), &[0.3, -0.3])]).unwrap();
    assert_eq!(grey, (Edge::image(1, 1, 2), vec![0.3, -0.3]));
    // Pixel i of 2 lies at (i + 0.5) 4 / 2 - 0.5 = 0.5 and 2.5, on both axes.
    let four: Vec<f32> = (0..16).map(|i| i as f32).collect();
    let (edge, values) = run("operator/resize", json!({"size": 2}), &[("map", Edge::image(1, 4, 4), &four)]).unwrap();
    assert_eq!((edge, values), (Edge::image(1, 2, 2), vec![2.5, 4.5, 10.5, 12.5]));
    let map = [1., 5., -2., 4., 0., 7., -3., 4.];
    let (edge, values) = run("operator/max-feature-map", json!({}), &[("map", Edge::map(4, 1, 2), &map)]).unwrap();
    assert_eq!((edge, values), (Edge::map(2, 1, 2), vec![1., 7., -2., 4.]));
    let (edge, values) = run("operator/flatten", json!({}), &[("map", Edge::map(2, 1, 2), &map[..4])]).unwrap();
    assert_eq!((edge, values), (Edge::vector(4), vec![1., 5., -2., 4.]));
    let (edge, values) = run("operator/pixel", json!({}), &[("vector", Edge::vector(2), &map[..2])]).unwrap();
    assert_eq!((edge, values), (Edge::map(2, 1, 1), vec![1., 5.]));
    let (_, values) = run("operator/l2-normalise", json!({}), &[("vector", Edge::vector(2), &[3., -4.])]).unwrap();
    assert!((values[0] - 0.6).abs() < 1e-6 && (values[1] + 0.8).abs() < 1e-6);
}

/// torch.nn.functional.grid_sample(x, g, mode="bilinear", padding_mode=.., align_corners=False) with x = [[1, 2], [3, 4]]:
/// the centres of its pixels lie at -0.5 and 0.5; half a pixel beyond the edge half of it is padding.
#[test]
fn a_grid_says_where_an_image_is_read() {
    let grid = [-0.5, -0.5, 0.0, 0.0, 1.0, -0.5, 0.5, 0.5];
    let inputs = [
        ("image", Edge::image(1, 2, 2), &[1., 2., 3., 4.][..]),
        ("grid", Edge::new(Type::Grid, [1, 4, 2]), &grid[..]),
        ("cover", Edge::mask(1, 4), &[1., 1., 1., 0.][..]),
    ];
    let (edge, values) = run("operator/grid-sample", json!({}), &inputs).unwrap();
    assert_eq!((edge, values), (Edge::image(1, 1, 4), vec![1., 2.5, 1., 0.]));
    let (_, values) = run("operator/grid-sample", json!({"border": "replicate"}), &inputs[..2]).unwrap();
    assert_eq!(values, [1., 2.5, 2., 4.]);
    let narrow = [inputs[0].clone(), inputs[1].clone(), ("cover", Edge::mask(1, 3), &[1., 1., 1.][..])];
    let error = run("operator/grid-sample", json!({}), &narrow).unwrap_err();
    assert_eq!(error, "a cover of 1x1x3 does not fit 1x4x2");
}

#[test]
fn fills_look_at_the_other_half() {
    // The second pixel's mirror image (the third) is seen; the first and the last miss each other: the mean of 3 and 5.
    let (image, missing) = (Edge::image(1, 1, 5), Edge::mask(1, 5));
    let inputs = [("image", image.clone(), &[9., 9., 3., 5., 9.][..]), ("missing", missing, &[1., 1., 0., 0., 1.][..])];
    assert_eq!(run("operator/mirror-fill", json!({}), &inputs).unwrap().1, [4., 5., 3., 5., 4.]);
    assert_eq!(run("operator/mean-fill", json!({}), &inputs).unwrap().1, [4., 4., 3., 5., 4.]);
    let (edge, values) = run("prepare/noise-fill", json!({}), &[("image", image, &[0., 0.5, 0., 0.5, 0.5])]).unwrap();
    assert_eq!(edge.dims, [2, 1, 5]);
    assert_eq!((values[1], values[3], values[6], values[8]), (0.5, 0.5, 0.5, 0.5));
    assert!(values[0] != 0.0 && values[0] == values[9] && values[2] == values[7]);
}

#[test]
fn types_of_products_are_those_of_the_language() {
    let (mask, image, map) = (Edge::mask(1, 1), Edge::image(3, 1, 1), Edge::map(3, 1, 1));
    let ty = |maps: &[&Edge]| {
        let zeros = [0.0; 3];
        let inputs: Vec<_> = maps.iter().map(|m| ("maps", (*m).clone(), &zeros[..m.elements()])).collect();
        run("operator/multiply", json!({}), &inputs).unwrap().0.ty
    };
    assert_eq!(ty(&[&mask, &mask]), Type::Mask);
    assert_eq!(ty(&[&mask, &image]), Type::Image);
    assert_eq!(ty(&[&image, &image]), Type::Map);
    assert_eq!(ty(&[&map, &mask]), Type::Map);
    assert_eq!(ty(&[&image]), Type::Image);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refuse = |component: &str, settings: Value, inputs: &[(&str, Edge)]| {
        let zeros = vec![0.0; 1000];
        let inputs: Vec<_> = inputs.iter().map(|(p, e)| (*p, e.clone(), &zeros[..e.elements()])).collect();
        run(component, settings, &inputs).unwrap_err()
    };
    let two = |a: Edge, b: Edge| [("maps", a), ("maps", b)];
    let (a, b) = (Edge::map(2, 5, 5), Edge::map(2, 6, 6));
    assert_eq!(refuse("operator/sum", json!({}), &two(a.clone(), b.clone())), "cannot add 2x5x5 and 2x6x6");
    assert_eq!(refuse("operator/concat", json!({}), &two(a.clone(), b.clone())), "cannot concatenate 2x5x5 and 2x6x6");
    assert_eq!(refuse("fusion/sum", json!({}), &two(a.clone(), b)), "cannot fuse 2x5x5 and 2x6x6");
    let conv = json!({"width": 4, "kernel": 7, "padding": 0});
    let message = "nothing is left of 2x5x5: the kernel is larger than the padded map";
    assert_eq!(refuse("block/conv", conv, &[("map", a.clone())]), message);
    let conv = json!({"width": 4, "groups": 3});
    assert_eq!(refuse("block/conv", conv, &[("map", a.clone())]), "3 groups do not divide 2 and 4 channels");
    let message = "nothing is left of 2x5x5: the kernel is larger than the padded map";
    let conv = json!({"width": 4, "kernel": [1, 7], "padding": 0});
    assert_eq!(refuse("block/conv", conv, &[("map", a.clone())]), message);
    let odd = "5x2x2 has no halves: its number of channels is odd";
    assert_eq!(refuse("operator/max-feature-map", json!({}), &[("map", Edge::map(5, 2, 2))]), odd);
    let colours = "4x2x2 is neither grey nor of three colours";
    assert_eq!(refuse("operator/grey", json!({}), &[("image", Edge::image(4, 2, 2))]), colours);
    let norm = [("map", a.clone()), ("condition", Edge::vector(3))];
    assert_eq!(refuse("norm/batch", json!({}), &norm), "a norm with a `condition` is not available yet");
    assert_eq!(refuse("operator/halves", json!({}), &[("map", a)]), "2x5x5 has no halves: its width is odd");
}
