//! Brings a face to the place that its landmarks say: five points to ArcFace's template, or the exposed half of the face
//! to that of a frontal one.
//!
//! Deng et al., "ArcFace", <https://arxiv.org/abs/1801.07698>, for `by = "five"`: of 5, 68 or 98 points. Yin, "Towards 3D
//! face synthesis", thesis, chapter 3, fig. 3.3, for `by = "half"`: of 68 points, to those of the procedural mean head where its
//! five points lie as in the template. What lies outside the photo is black.

use super::{TransformEntry, geometry, plain};
use crate::components::raster;
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::face::align::{Similarity, five, half};
use crate::face::procedural::model::frontal;
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `align` is told.
    pub struct Align {
        /// Side in pixels.
        size: usize = 112_usize, min = 8;
        /// What is brought onto the template.
        by: String = "five", of = ["five", "half"];
        /// The port of the landmarks.
        landmarks: String = "landmarks";
    }
}

impl Align {
    /// From the photo to the square, both in pixels as areas.
    fn to(&self, points: &[[f32; 2]]) -> Result<Similarity, String> {
        let known = if self.by == "half" { "68" } else { "5, 68 or 98" };
        let found = match self.by == "half" {
            false => five::align(points, self.size),
            true => half::align(points, &frontal(self.size), 0.0, false).map(|found| found.to),
        };
        let usable = found.filter(|to| to.scale() > 0.0);
        usable.ok_or_else(|| format!("it has {} points in no face's places, expected {known}", points.len()))
    }
}

impl Transform for Align {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, _: &mut Stream) -> Result<(), DataError> {
        let points = sample.get(&self.landmarks).ok_or_else(|| DataError::Port { port: self.landmarks.clone() })?;
        let centred = points.data.chunks_exact(points.shape[1].max(2)).map(|p| [p[0] + 0.5, p[1] + 0.5]);
        let to = self.to(&centred.collect::<Vec<_>>());
        let wrong = |why: String| DataError::Transform { transform: "align", port: self.landmarks.clone(), why };
        let to = to.map_err(wrong)?;
        let place = |x: f32, y: f32| {
            let [u, v] = to.of([x + 0.5, y + 0.5]);
            (u - 0.5, v - 0.5)
        };
        geometry::change(sample, scope, |array| raster::warped(array, &to, self.size), place);
        Ok(())
    }
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("align", "Brings a face to the place that its landmarks say.", Align::schema()),
        open: |settings| Ok(Box::new(read::<Align>(settings)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;
    use crate::registry::Type;

    /// A photo of 40 pixels whose five points lie as in a template of 80, shifted.
    fn sample() -> Sample {
        let points: Vec<f32> = five::template(80).iter().flat_map(|[x, y]| [x - 20.5, y - 25.5]).collect();
        Sample::default()
            .with("image", Array { shape: [3, 40, 40], data: (0..4800).map(|i| (i % 40) as f32 / 40.0).collect() })
            .with("landmarks", Array { shape: [5, 2, 1], data: points })
    }

    fn apply(by: &str, sample: &mut Sample) -> Result<(), DataError> {
        let ports = [("image".to_string(), Type::Image), ("landmarks".to_string(), Type::Landmarks)];
        let scope = Scope { ports: &ports, on: &[], training: false };
        let align = Align { size: 56, by: by.into(), landmarks: "landmarks".into() };
        align.apply(sample, &scope, &mut Stream::new(0, "align"))
    }

    #[test]
    fn landmarks_come_to_lie_on_the_template() {
        let mut sample = sample();
        apply("five", &mut sample).unwrap();
        assert_eq!(sample.get("image").unwrap().shape, [3, 56, 56]);
        let found = &sample.get("landmarks").unwrap().data;
        for (found, wanted) in found.iter().zip(five::template(56).as_flattened()) {
            assert!((found + 0.5 - wanted).abs() < 1e-3, "{found} {wanted}");
        }
        // The photo's first column is at 20 * 0.7 in the square; left of it is nothing.
        let image = sample.get("image").unwrap();
        assert_eq!((image.at(0, 30, 12), image.at(0, 30, 15) >= 0.0), (-1.0, true));
    }

    #[test]
    fn what_is_no_face_is_an_error_that_says_so() {
        let error = apply("half", &mut sample()).unwrap_err().to_string();
        assert_eq!(error, "`align` cannot change `landmarks`: it has 5 points in no face's places, expected 68");
        let mut one = sample();
        one.get_mut("landmarks").unwrap().data.fill(3.0);
        assert!(apply("five", &mut one).is_err());
        let mut none = Sample::default();
        assert!(matches!(apply("five", &mut none), Err(DataError::Port { .. })));
    }
}
