//! The texture map of a photo whose face is fitted: incomplete, since a photo shows one side.
//!
//! Each texel of the atlas has a point of the mesh, and the camera says where the photo shows it. It is read there where
//! nothing lies before it, it is not too oblique, and it keeps away from edges of depth: there the points of a fitted
//! contour pile up, and the background, hair or the other cheek would be read (Yin's thesis, section 4.3.1 and Fig. 4.2).

mod edges;
#[cfg(test)]
mod tests;

use super::camera::Camera;
use super::mesh::{Topology, Vec3, dot, unit};
use super::picture::Picture;
use super::raster::{Faces, Fragments, rasterize};

/// What is read of a photo. Lengths are shares of the diagonal of the mesh's bounding box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The least cosine between normal and view.
    pub oblique: f32,
    /// How far a point may lie behind what the photo shows there: steps of the mesh, errors of the fit.
    pub behind: f32,
    /// Neighbouring pixels farther apart in depth are an edge.
    pub edge: f32,
    /// How far from edges and from the mesh's border the photo is read, as it shows the face.
    pub margin: f32,
    /// The texels that are worn off the border of what is seen.
    pub wear: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { oblique: 0.2, behind: 0.01, edge: 0.03, margin: 0.01, wear: 1 }
    }
}

/// A fitted face before its photo.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub photo: &'a Picture,
    pub topology: &'a Topology,
    /// Of the topology's vertices.
    pub positions: &'a [Vec3],
    pub camera: &'a Camera,
    /// Pixels of the photo that show the face and nothing before it; all where it is absent.
    pub mask: Option<&'a [bool]>,
}

/// A map read off a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Unwrapped {
    /// Size x size x the photo's channels; 0 where nothing is seen.
    pub map: Picture,
    /// Where the photo shows each texel, in pixels; `None` off the atlas.
    pub places: Vec<Option<[f32; 2]>>,
    /// How well each texel is seen: the cosine between normal and view, 0 where it is hidden.
    pub sight: Vec<f32>,
}

impl Unwrapped {
    /// Which texels are seen.
    pub fn seen(&self) -> Vec<bool> {
        self.sight.iter().map(|s| *s > 0.0).collect()
    }
}

/// Reads the texels of an atlas (see [`super::raster::atlas`]) off a photo. `None` where the lists do not belong together:
/// a triangle without its vertex, or a mask of another size.
pub fn unwrap(scene: &Scene, atlas: &Fragments, settings: &Settings) -> Option<Unwrapped> {
    let Scene { photo, topology, positions, camera, mask } = *scene;
    let pixels = photo.width * photo.height;
    let whole = topology.triangles.iter().flatten().all(|v| (*v as usize) < positions.len());
    if !whole || mask.is_some_and(|m| m.len() != pixels) || photo.data.len() != pixels * photo.channels {
        return None;
    }
    let surface = Surface::new(scene, settings);
    let points = atlas.interpolate(&topology.triangles, positions, [f32::NAN; 3]);
    let normals = atlas.directions(&topology.triangles, &topology.normals(positions));
    let place = |p: &Vec3| p[0].is_finite().then(|| camera.point(*p)).map(|[x, y, _]| [x, y]);
    let places: Vec<Option<[f32; 2]>> = points.iter().map(place).collect();
    let sight = |t: usize| places[t].map_or(0.0, |place| surface.sight(scene, settings, points[t], normals[t], place));
    let mut sight: Vec<f32> = (0..points.len()).map(sight).collect();
    let hidden: Vec<bool> = sight.iter().enumerate().map(|(t, s)| atlas.covers(t) && *s <= 0.0).collect();
    let worn = edges::grown(&hidden, atlas.width, settings.wear);
    sight.iter_mut().zip(&worn).filter(|(_, worn)| **worn).for_each(|(s, _)| *s = 0.0);
    let mut map = Picture::new(atlas.width, atlas.height, photo.channels);
    for ((texel, sight), place) in map.data.chunks_exact_mut(photo.channels.max(1)).zip(&sight).zip(&places) {
        if let (true, Some([x, y])) = (*sight > 0.0, place) {
            photo.sample(*x, *y, texel);
        }
    }
    Some(Unwrapped { map, places, sight })
}

/// What the photo shows of the mesh.
struct Surface {
    /// Depth towards the viewer in the model's unit; minus infinity where nothing is.
    depth: Vec<f32>,
    /// Pixels too near to an edge, or masked.
    barred: Vec<bool>,
    /// The diagonal of the mesh's bounding box.
    extent: f32,
}

impl Surface {
    fn new(scene: &Scene, settings: &Settings) -> Surface {
        let Scene { photo, topology, positions, camera, mask } = *scene;
        let (width, height) = (photo.width, photo.height);
        let drawn = rasterize(&camera.project(positions), &topology.triangles, (width, height), Faces::Both);
        let turned = camera.turned(positions);
        let depth: Vec<f32> =
            drawn.interpolate(&topology.triangles, &turned, [f32::NEG_INFINITY; 3]).iter().map(|p| p[2]).collect();
        let extent = extent(positions);
        let pixel = pixel(camera);
        let edges = edges::of_depth(&depth, width, (settings.edge * extent).max(3.0 * pixel));
        let margin = (settings.margin * extent / pixel).clamp(0.0, 1e4).round() as usize;
        let mut barred = edges::grown(&edges, width, margin);
        if let Some(mask) = mask {
            let outside: Vec<bool> = mask.iter().map(|face| !face).collect();
            let worn = edges::grown(&outside, width, margin);
            barred.iter_mut().zip(worn).for_each(|(barred, worn)| *barred |= worn);
        }
        Surface { depth, barred, extent }
    }

    /// How well the photo shows a point; 0 where it does not.
    fn sight(&self, scene: &Scene, settings: &Settings, point: Vec3, normal: Vec3, [x, y]: [f32; 2]) -> f32 {
        let (width, height) = (scene.photo.width, scene.photo.height);
        if !(x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32) {
            return 0.0;
        }
        let at = y as usize * width + x as usize;
        let turned = scene.camera.rotation().of(point);
        let cosine = dot(scene.camera.rotation().of(normal), towards(scene.camera, turned));
        if self.barred[at] || cosine.is_nan() || cosine <= settings.oblique {
            return 0.0;
        }
        // Within its pixel an oblique surface comes nearer by its slope.
        let slope = (1.0 - cosine * cosine).max(0.0).sqrt() / cosine * pixel(scene.camera);
        let near = self.depth[at] - turned[2] <= settings.behind * self.extent + slope;
        if near { cosine.min(1.0) } else { 0.0 }
    }
}

/// The direction from a turned point to the camera.
fn towards(camera: &Camera, turned: Vec3) -> Vec3 {
    match camera {
        Camera::Orthographic(_) => [0.0, 0.0, 1.0],
        Camera::Perspective(camera) => unit([0, 1, 2].map(|k| -turned[k] - camera.translation[k])),
    }
}

/// The width of a pixel at the model's origin, in the model's unit.
fn pixel(camera: &Camera) -> f32 {
    match camera {
        Camera::Orthographic(camera) => 1.0 / camera.scale.max(1e-20),
        Camera::Perspective(camera) => -camera.translation[2] / camera.focal.max(1e-20),
    }
}

/// The diagonal of the bounding box; what is not finite is left out.
fn extent(positions: &[Vec3]) -> f32 {
    let (mut low, mut high) = ([f32::MAX; 3], [f32::MIN; 3]);
    for p in positions.iter().filter(|p| p.iter().all(|v| v.is_finite())) {
        for k in 0..3 {
            low[k] = low[k].min(p[k]);
            high[k] = high[k].max(p[k]);
        }
    }
    let sides = [0, 1, 2].map(|k| (high[k] - low[k]).max(0.0));
    dot(sides, sides).sqrt()
}
