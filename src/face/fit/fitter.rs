//! The alternation of pose, identity and expression.

use super::contour::{Contours, nearest, side};
use super::linear::Normal;
use super::points::{Modes, Point, Points};
use super::pose::{Match, View};
use super::{EYES, Error, FEWEST, Fit, JAW, LANDMARKS, Settings};
use crate::face::camera::{Orthographic, Rotation};
use crate::face::morphable::{Morphable, Prior};

/// What a model's fits have in common: made once, used for any number of photos, from any thread.
pub struct Fitter {
    settings: Settings,
    /// First the landmarks that have a vertex, then the jaw's candidates.
    points: Points,
    /// The landmark of each of the first points, then those of the jaw that have no vertex of their own.
    landmarks: Vec<usize>,
    /// The number of landmarks with a vertex.
    fixed: usize,
    contours: Contours,
    priors: [Prior; 2],
    /// Between the outer corners of the eyes of the mean face, or an estimate of it.
    eye_distance: f64,
}

/// Unknowns of a pose.
const POSE: usize = 6;

/// A fit in the making.
struct State {
    view: View,
    identity: Vec<f64>,
    expression: Vec<f64>,
    /// The point of each landmark; `None` as long as one without a vertex was not matched.
    points: Vec<Option<usize>>,
}

/// A landmark that can be used.
#[derive(Clone, Copy)]
struct Seen {
    /// Its place in the fitter's list of landmarks.
    index: usize,
    /// In pixels, y up.
    place: [f64; 2],
    weight: f64,
}

impl Fitter {
    pub fn new(model: &Morphable, settings: Settings) -> Result<Fitter, Error> {
        if model.landmarks.len() != LANDMARKS {
            let found = model.landmarks.len();
            return Err(Error::Count { what: "landmarks of the model", found, expected: LANDMARKS });
        }
        let (mut landmarks, mut vertices) = (Vec::new(), Vec::new());
        for (landmark, vertex) in model.landmarks.iter().enumerate() {
            if let Some(vertex) = vertex {
                if *vertex as usize >= model.mean.len() {
                    return Err(Error::Vertex(landmark));
                }
                landmarks.push(landmark);
                vertices.push(*vertex);
            }
        }
        if landmarks.len() < FEWEST {
            return Err(Error::Model(landmarks.len()));
        }
        let fixed = landmarks.len();
        let contours = Contours::new(model);
        vertices.extend(&contours.vertices);
        let slides = |l: &usize| side(*l).is_some_and(|side| !contours.contour(side).is_empty());
        landmarks.extend((0..LANDMARKS).filter(|l| model.landmarks[*l].is_none() && slides(l)));
        let points = Points::new(model, vertices, settings.identity, settings.expression);
        let priors = [model.identity.prior, model.expression.prior];
        let eye_distance = eye_distance(&landmarks[..fixed], points.mean());
        Ok(Fitter { settings, points, landmarks, fixed, contours, priors, eye_distance })
    }

    /// The face whose landmarks lie at `landmarks`, in pixels (centres at +0.5, y down): 68 in the iBUG order, of which
    /// those that are not finite are missing. `weights` says how much each counts; empty where all count alike.
    pub fn fit(&self, landmarks: &[[f32; 2]], weights: &[f32]) -> Result<Fit, Error> {
        let seen = self.seen(landmarks, weights)?;
        let inner: Vec<Seen> = seen.iter().copied().filter(|s| !JAW.contains(&self.landmarks[s.index])).collect();
        let mut state = State {
            view: View { rows: [[0.0; 3]; 3], scale: 0.0, shift: [0.0; 2] },
            identity: vec![0.0; self.points.identity.count],
            expression: vec![0.0; self.points.expression.count],
            points: (0..self.landmarks.len()).map(|index| (index < self.fixed).then_some(index)).collect(),
        };
        for round in 0..self.settings.rounds.max(1) {
            let without_jaw = round < self.settings.without_jaw && inner.len() >= FEWEST;
            let used = if without_jaw { &inner } else { &seen };
            let placed = self.points.placed(&state.identity, &state.expression);
            if !without_jaw && round > 0 {
                self.slide(&mut state, &placed, &seen);
            }
            state.view = View::of(&self.matches(&state, &placed, used))?;
            self.identify(&mut state, used)?;
            self.express(&mut state, used)?;
        }
        let placed = self.points.placed(&state.identity, &state.expression);
        self.slide(&mut state, &placed, &seen);
        state.view = View::of(&self.matches(&state, &placed, &seen))?;
        self.finished(&state, &placed, &seen)
    }

    /// The landmarks that have a place and a weight.
    fn seen(&self, landmarks: &[[f32; 2]], weights: &[f32]) -> Result<Vec<Seen>, Error> {
        if landmarks.len() != LANDMARKS {
            return Err(Error::Count { what: "landmarks", found: landmarks.len(), expected: LANDMARKS });
        }
        if !weights.is_empty() && weights.len() != LANDMARKS {
            return Err(Error::Count { what: "weights", found: weights.len(), expected: LANDMARKS });
        }
        let usable = |(index, landmark): (usize, &usize)| {
            let [x, y] = landmarks[*landmark].map(f64::from);
            let given = f64::from(weights.get(*landmark).copied().unwrap_or(1.0));
            let weight = if JAW.contains(landmark) { given * self.settings.jaw } else { given };
            let sound = x.is_finite() && y.is_finite() && weight.is_finite() && weight > 0.0;
            sound.then_some(Seen { index, place: [x, -y], weight })
        };
        let seen: Vec<Seen> = self.landmarks.iter().enumerate().filter_map(usable).collect();
        let fixed = seen.iter().filter(|s| s.index < self.fixed).count();
        if fixed < FEWEST { Err(Error::TooFew(fixed)) } else { Ok(seen) }
    }

    fn matches(&self, state: &State, placed: &[Point], seen: &[Seen]) -> Vec<Match> {
        let one = |s: &Seen| Some(Match { point: placed[state.points[s.index]?], seen: s.place, weight: s.weight });
        seen.iter().filter_map(one).collect()
    }

    /// Matches the landmarks of the jaw anew.
    fn slide(&self, state: &mut State, placed: &[Point], seen: &[Seen]) {
        let (placed, view) = (&placed[self.fixed..], &state.view);
        let candidates = self.contours.candidates(placed, view, self.settings.outline_from);
        for s in seen {
            let Some(side) = side(self.landmarks[s.index]) else { continue };
            let own = (s.index < self.fixed).then_some(s.index);
            let among = match (&candidates[side], own) {
                (Some(candidates), _) => candidates,
                (None, Some(_)) => &[][..],
                (None, None) => self.contours.contour(side),
            };
            let chosen = nearest(among, placed, view, s.place);
            state.points[s.index] = chosen.map_or(own, |c| Some(self.fixed + c));
        }
    }

    fn identify(&self, state: &mut State, seen: &[Seen]) -> Result<(), Error> {
        let others = |point: usize| self.points.expression.sum(point, &state.expression);
        let normal = self.equations(state, seen, &self.points.identity, others, self.priors[0]);
        state.identity = solved(normal, self.priors[0], &state.identity)?;
        Ok(())
    }

    fn express(&self, state: &mut State, seen: &[Seen]) -> Result<(), Error> {
        let others = |point: usize| self.points.identity.sum(point, &state.identity);
        let normal = self.equations(state, seen, &self.points.expression, others, self.priors[1]);
        state.expression = solved(normal, self.priors[1], &state.expression)?;
        Ok(())
    }

    /// Least squares for the coefficients of some modes; the others have moved the points by `others`. The pose follows
    /// freely (to first order), which saves many rounds.
    fn equations(
        &self,
        state: &State,
        seen: &[Seen],
        modes: &Modes,
        others: impl Fn(usize) -> Point,
        prior: Prior,
    ) -> Normal {
        let mut normal = Normal::new(POSE + modes.count);
        let mut row = vec![0.0; POSE + modes.count];
        // In units of the noise that is expected.
        let unit = 1.0 / (self.settings.noise * self.eye_distance * state.view.scale).max(1e-12);
        for s in seen {
            let Some(index) = state.points[s.index] else { continue };
            let moved = others(index);
            let mean = self.points.mean()[index];
            let point = [0, 1, 2].map(|k| mean[k] + moved[k]);
            let (place, moves) = (state.view.place(point), state.view.moves(point));
            for k in 0..2 {
                let direction = state.view.rows[k].map(|v| v * state.view.scale * unit);
                row.iter_mut().zip(moves[k]).for_each(|(to, v)| *to = v * unit);
                modes.along(index, direction, &mut row[POSE..]);
                normal.add(&row, (s.place[k] - place[k]) * unit, s.weight);
            }
        }
        let mut normal = normal.without(POSE);
        normal.pull(match prior {
            Prior::Normal => 1.0,
            Prior::Blendshape => 1.0 / self.settings.expressiveness.max(1e-3).powi(2),
        });
        normal
    }

    fn finished(&self, state: &State, placed: &[Point], seen: &[Seen]) -> Result<Fit, Error> {
        let (mut vertices, mut residuals) = (vec![None; LANDMARKS], vec![None; LANDMARKS]);
        for s in seen {
            let (landmark, Some(point)) = (self.landmarks[s.index], state.points[s.index]) else { continue };
            let [x, y] = state.view.place(placed[point]);
            vertices[landmark] = Some(self.points.vertices[point]);
            residuals[landmark] = Some((x - s.place[0]).hypot(y - s.place[1]));
        }
        let rotation = Rotation(state.view.rows.map(|row| row.map(|v| v as f32)));
        let View { scale, shift, .. } = state.view;
        let eye_distance = scale * eye_distance(&self.landmarks[..self.fixed], placed);
        if !eye_distance.is_finite() || residuals.iter().flatten().any(|r: &f64| !r.is_finite()) {
            return Err(Error::Diverged);
        }
        Ok(Fit {
            pose: rotation.pose(),
            camera: Orthographic { scale: scale as f32, rotation, centre: [shift[0] as f32, -shift[1] as f32] },
            identity: state.identity.iter().map(|v| *v as f32).collect(),
            expression: state.expression.iter().map(|v| *v as f32).collect(),
            vertices,
            residuals,
            eye_distance,
        })
    }
}

fn solved(normal: Normal, prior: Prior, start: &[f64]) -> Result<Vec<f64>, Error> {
    match prior {
        Prior::Normal => normal.solve().ok_or(Error::Diverged),
        Prior::Blendshape => {
            let mut found = start.to_vec();
            normal.solve_bounded(&mut found);
            Ok(found)
        }
    }
}

/// Between the outer corners of the eyes; of a model without them half the landmarks' extent.
fn eye_distance(landmarks: &[usize], placed: &[Point]) -> f64 {
    let place = |eye: usize| landmarks.iter().position(|l| *l == eye).map(|index| placed[index]);
    let length = |a: Point, b: Point| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
    if let [Some(right), Some(left)] = EYES.map(place) {
        return length(right, left);
    }
    let axis = |k: usize| placed[..landmarks.len()].iter().map(move |p| p[k]);
    let corner = |pick: fn(f64, f64) -> f64, from: f64| [0, 1, 2].map(|k| axis(k).fold(from, pick));
    0.5 * length(corner(f64::min, f64::MAX), corner(f64::max, f64::MIN))
}
