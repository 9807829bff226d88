//! Fits to the landmarks of real photos, where the shared data lie: skipped elsewhere.

use super::{Fit, Fitter, Settings};
use crate::data_rig::shared;
use crate::face::morphable::Morphable;
use crate::face::readers::{self, Kind, landmarks};
use std::path::Path;

/// A photo's landmarks and the yaw of the list, which is good to 5 degrees.
struct Photo {
    landmarks: Vec<[f32; 2]>,
    yaw: f32,
}

/// Every third photo.
fn photos(data: &Path) -> Vec<Photo> {
    let folder = data.join("faces68");
    let list = std::fs::read_to_string(folder.join("manifest.csv")).unwrap();
    let photo = |line: &str| {
        let mut words = line.split(',');
        let (file, yaw) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let file = folder.join(file).with_extension("pts");
        Photo { landmarks: landmarks::of_file(&file).unwrap().remove(0).points, yaw }
    };
    list.lines().skip(1).step_by(3).map(photo).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// All fits of a model, and the median residual in shares of the distance between the eyes' outer corners.
fn fits(model: &Morphable, photos: &[Photo]) -> (Vec<Fit>, f64) {
    let fitter = Fitter::new(model, Settings::default()).unwrap();
    let fits: Vec<Fit> = photos.iter().map(|photo| fitter.fit(&photo.landmarks, &[]).unwrap()).collect();
    let residual = median(fits.iter().map(Fit::relative_residual).collect());
    (fits, residual)
}

#[test]
fn photos_are_fitted_as_well_as_by_the_recipe() {
    let Some(data) = shared("") else { return };
    let photos = photos(&data);
    assert_eq!(photos.len(), 80);
    // The recipe reached 2.8 % with the ICT model and 3.8 % with the Surrey model; here without a photo left out.
    for (kind, name, most) in [(Kind::Ict, "ict", 0.028), (Kind::Sfm, "sfm", 0.030)] {
        let model = readers::model(kind, &data.join(name)).unwrap();
        let (fits, residual) = fits(&model, &photos);
        assert!(residual < most, "{name}: {residual}");
        let off = |(fit, photo): (&Fit, &Photo)| f64::from((fit.pose.yaw - photo.yaw).abs());
        let yaws: Vec<f64> = fits.iter().zip(&photos).map(off).collect();
        assert!(median(yaws.clone()) < 3.0 && yaws.iter().all(|off| *off < 15.0), "{name}: {}", median(yaws.clone()));
        assert!(fits.iter().all(|fit| fit.relative_residual() < 0.08));
        // Faces stay likely: of 60 normal coefficients the greatest is seldom above 3.
        let greatest = |fit: &Fit| fit.identity.iter().fold(0.0, |most: f64, v| most.max(f64::from(v.abs())));
        assert!(fits.iter().filter(|fit| greatest(fit) > 3.5).count() < 2, "{name}");
        assert!(fits.iter().all(|fit| fit.expression.iter().all(|v| (0.0..=1.0).contains(v))));
    }
}
