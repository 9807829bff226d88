//! The passes over a face's mesh at 256 x 256, and synthetic pictures a second: `cargo bench --bench faces`. A mesh of 38,416 vertices and 76,050
//! triangles (a grid around a head), and 3DDFA's (38,365 and 76,073) where the shared data lie (`ABLATE_DATA`). Each time
//! is the least of many: other work on the machine only adds to it.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use ablate::face::camera::{Camera, Orthographic, Perspective, Pose};
use ablate::face::light::Light;
use ablate::face::mesh::{Topology, Vec3};
use ablate::face::picture::Picture;
use ablate::face::procedural::moment::VIEWS;
use ablate::face::procedural::shot::{Moment, Scene, Subject};
use ablate::face::procedural::studio::Studio;
use ablate::face::procedural::{Person, albedo};
use ablate::face::raster::{Faces, Fragments, rasterize};
use ablate::face::sampling::Sampling;
use ablate::random::Stream;
use image::ImageEncoder;
use rayon::prelude::*;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;

const SIZE: (usize, usize) = (256, 256);
const TIMES: usize = 300;

/// The least of many, in milliseconds.
fn least<T>(f: impl FnMut() -> T) -> f64 {
    least_of(TIMES, f)
}

fn least_of<T>(times: usize, mut f: impl FnMut() -> T) -> f64 {
    let one = |_| {
        let begun = Instant::now();
        black_box(f());
        begun.elapsed().as_secs_f64() * 1e3
    };
    (0..times).map(one).fold(f64::INFINITY, f64::min)
}

/// A grid wrapped around an egg, closed behind.
fn egg() -> (Topology, Vec<Vec3>) {
    let topology = Topology::grid(196, 196);
    let place = |[u, v]: &[f32; 2]| {
        let (around, up) = ((u - 0.5) * std::f32::consts::TAU, (0.5 - v) * std::f32::consts::PI);
        [0.75 * around.sin() * up.cos(), up.sin(), 0.9 * around.cos() * up.cos()]
    };
    let positions = topology.uv.iter().map(place).collect();
    (topology, positions)
}

/// The numbers of a little-endian `.npy` file of four-byte elements.
fn npy<T>(path: &Path, of: fn([u8; 4]) -> T) -> Vec<T> {
    let bytes = std::fs::read(path).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[start..].chunks_exact(4).map(|b| of([b[0], b[1], b[2], b[3]])).collect()
}

fn tddfa() -> Option<(Topology, Vec<Vec3>)> {
    let beside = std::env::var_os("ABLATE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = beside.join("tddfa");
    if !folder.is_dir() {
        return None;
    }
    let numbers = npy(&folder.join("bfm_noneck_triangles.npy"), u32::from_le_bytes);
    // Clockwise seen from outside.
    let triangles = numbers.chunks_exact(3).map(|t| [t[0], t[2], t[1]]).collect();
    let positions = npy(&folder.join("bfm_noneck_mean_vertices.npy"), f32::from_le_bytes);
    let positions: Vec<Vec3> = positions.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    Some((Topology { triangles, uv: vec![[0.0; 2]; positions.len()] }, positions))
}

fn table(name: &str, topology: &Topology, positions: &[Vec3]) {
    println!("{name}: {} vertices, {} triangles", positions.len(), topology.triangles.len());
    let rotation = Pose { yaw: 30.0, ..Pose::default() }.rotation();
    let orthographic = Orthographic::framing(positions, rotation, SIZE, 0.9);
    let height = 256.0 * 0.9 / orthographic.scale;
    let perspective = Perspective::before(rotation, 5.0 * height, 5.0 * 230.0, SIZE);
    for (kind, camera) in
        [("orthographic", Camera::Orthographic(orthographic)), ("perspective", Camera::Perspective(perspective))]
    {
        let projected = camera.project(positions);
        let draw = |faces| rasterize(&projected, &topology.triangles, SIZE, faces);
        let covered = draw(Faces::Front).coverage().data.iter().sum::<f32>();
        println!("  {kind}, {covered} pixels covered");
        println!("    projection            {:7.3} ms", least(|| camera.project(positions)));
        println!("    raster, front faces   {:7.3} ms", least(|| draw(Faces::Front)));
        println!("    raster, both faces    {:7.3} ms", least(|| draw(Faces::Both)));
        let both = || rasterize(&camera.project(positions), &topology.triangles, SIZE, Faces::Front);
        println!("    projection and raster {:7.3} ms", least(both));
    }
    let camera = Camera::Orthographic(orthographic);
    let fragments: Fragments = rasterize(&camera.project(positions), &topology.triangles, SIZE, Faces::Front);
    let normals = topology.normals(positions);
    let light = Light::ambient([0.3; 3]).with_lamp([0.0, 0.6, 0.8], [0.7; 3]);
    println!("  vertex normals          {:7.3} ms", least(|| topology.normals(positions)));
    println!("  normals at pixels       {:7.3} ms", least(|| fragments.directions(&topology.triangles, &normals)));
    let mut sampling = Sampling::empty(SIZE.0, SIZE.1);
    sampling.push(&fragments, topology);
    let texture = Picture::filled(256, 256, &[0.8, 0.6, 0.5]);
    println!("  reading a texture       {:7.3} ms", least(|| sampling.read(0, &texture)));
    let at_pixels = fragments.directions(&topology.triangles, &normals);
    let mut lit = sampling.read(0, &texture);
    println!("  light at pixels         {:7.3} ms", least(|| light.shade(&mut lit, &at_pixels)));
    println!("  all of it               {:7.3} ms", least(|| render(topology, positions, &camera, &texture, &light)));
}

/// From positions to a lit picture.
fn render(topology: &Topology, positions: &[Vec3], camera: &Camera, texture: &Picture, light: &Light) -> Picture {
    let fragments = rasterize(&camera.project(positions), &topology.triangles, SIZE, Faces::Front);
    let mut sampling = Sampling::empty(SIZE.0, SIZE.1);
    sampling.push(&fragments, topology);
    let mut picture = sampling.read(0, texture);
    let normals = camera.turned(&topology.normals(positions));
    light.shade(&mut picture, &fragments.directions(&topology.triangles, &normals));
    picture
}

/// Pictures of the synthetic benchmark a second, on all threads: drawn, with its maps and masks, and what their files cost.
fn synthetic() {
    let studio = Studio::new(SIZE.0, 120);
    let byte = |v: &f32| (v * 255.0).round().clamp(0.0, 255.0) as u8;
    let one = |number: u64| {
        let stream = Stream::new(number, "bench");
        let person = Person::new(stream);
        let sheet: Vec<u8> = albedo(&person, SIZE.0).iter().flatten().map(byte).collect();
        (stream, Subject::new(&studio, person), sheet)
    };
    let people: Vec<_> = (0..4).map(one).collect();
    let takes: Vec<_> = (0..4 * VIEWS)
        .map(|i| (i / VIEWS, Moment::draw(people[i / VIEWS].0.fork(i as u64), i % VIEWS, 0.3, true)))
        .collect();
    let draw = |(who, moment): &(usize, Moment)| {
        let (_, subject, sheet) = &people[*who];
        let scene = Scene::new(&studio, subject, moment);
        let complete = scene.complete(sheet);
        (scene.shot(&complete, SIZE.0), complete)
    };
    let speed = |name: &str, work: &(dyn Fn() + Sync)| {
        let best = (0..5).map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        });
        let best = best.fold(f64::INFINITY, f64::min);
        println!("  {name:<34}{:8.1} a second", takes.len() as f64 / best);
    };
    println!("synthetic pictures, {} x {}", SIZE.0, SIZE.1);
    speed("drawn, without encoding", &|| takes.par_iter().for_each(|take| drop(black_box(draw(take)))));
    speed("masks of the maps", &|| {
        takes.par_iter().for_each(|(who, moment)| {
            drop(black_box(Scene::new(&studio, &people[*who].1, moment).seen(false)));
        });
    });
    let shots: Vec<_> = takes.par_iter().map(draw).collect();
    let encode = |picture: &Picture| {
        let bytes: Vec<u8> = picture.data.iter().map(byte).collect();
        let mut out = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut out);
        encoder.write_image(&bytes, SIZE.0 as u32, SIZE.1 as u32, image::ExtendedColorType::Rgb8).unwrap();
        out
    };
    speed("encoding of the picture as PNG", &|| {
        shots.par_iter().for_each(|(shot, _)| drop(black_box(encode(&shot.image))));
    });
    speed("encoding of picture and map", &|| {
        shots.par_iter().for_each(|(shot, map)| drop(black_box((encode(&shot.image), encode(map)))));
    });
    let sheets = least_of(3, || albedo(&people[0].1.person, SIZE.0));
    println!("  albedo of a person {sheets:.1} ms on one thread, once for all pictures");
}

fn main() {
    println!("{} threads, {} x {} pixels", rayon::current_num_threads(), SIZE.0, SIZE.1);
    let (topology, positions) = egg();
    table("egg", &topology, &positions);
    match tddfa() {
        Some((topology, positions)) => table("3DDFA's mean face", &topology, &positions),
        None => println!("3DDFA's mean face: no shared data (set ABLATE_DATA)"),
    }
    synthetic();
}
