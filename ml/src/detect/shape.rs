//! Distance of the latest stretch of points from the stretches before: k nearest neighbours, as in
//! KNN-CAD (Burnaev and Ishimtsev, Conformalized density- and distance-based anomaly detection in
//! time-series data, arXiv 1608.04585).

#![expect(
    clippy::cast_possible_truncation,
    reason = "distances are ranked, for which single precision is enough, and twice as quick"
)]

/// Points of a stretch.
const LENGTH: usize = 16;
/// Most stretches kept. When they are this many every other one leaves and twice the step is made
/// between those to come, so that they cover the whole past evenly.
const MOST: usize = 1024;
/// Neighbours whose distances are averaged.
const NEIGHBOURS: usize = 3;
/// Stretches that ended less than this many points ago resemble the latest one for no good reason.
const EXCLUDED: usize = 40;
/// Values this many scales from the first one are all the same far.
const FARTHEST: f64 = 1e15;

/// The stretches of one series.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Offset and scale that keep single precision exact enough, from the first points.
    origin: Option<(f64, f64)>,
    latest: [f32; LENGTH],
    seen: usize,
    kept: Vec<[f32; LENGTH]>,
    step: usize,
}

impl Shape {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self {
            origin: None,
            latest: [0.0; LENGTH],
            seen: 0,
            kept: Vec::new(),
            step: 1,
        }
    }

    /// The mean distance of the stretch that ends with `value` from its nearest neighbours, none
    /// while there is nothing to compare it with; then remembers the stretch.
    pub fn distance(&mut self, value: f64) -> Option<f64> {
        let (offset, scale) = *self
            .origin
            .get_or_insert((value, if value == 0.0 { 1.0 } else { value.abs() }));
        self.latest.rotate_left(1);
        if let Some(last) = self.latest.last_mut() {
            *last = ((value - offset) / scale).clamp(-FARTHEST, FARTHEST) as f32;
        }
        self.seen += 1;
        let ended = self.seen.checked_sub(LENGTH)?;
        let known = ended
            .checked_sub(EXCLUDED - LENGTH + 1)
            .map_or(0, |last| last / self.step + 1);
        let distance = nearest(&self.latest, self.kept.get(..known).unwrap_or(&self.kept));
        if ended % self.step == 0 {
            self.keep();
        }
        distance
    }

    fn keep(&mut self) {
        self.kept.push(self.latest);
        if self.kept.len() >= MOST {
            let mut even = false;
            self.kept.retain(|_| {
                even = !even;
                even
            });
            self.step *= 2;
        }
    }
}

/// The mean distance from the nearest of `others`.
fn nearest(stretch: &[f32; LENGTH], others: &[[f32; LENGTH]]) -> Option<f64> {
    let mut best = [f32::INFINITY; NEIGHBOURS];
    for other in others {
        let square = square_distance(stretch, other);
        let mut carried = square;
        if best.last().is_some_and(|worst| square < *worst) {
            for place in &mut best {
                if carried < *place {
                    std::mem::swap(place, &mut carried);
                }
            }
        }
    }
    let found = best.iter().filter(|square| square.is_finite());
    let count = found.clone().count();
    let sum: f64 = found.map(|square| f64::from(square.sqrt())).sum();
    (count > 0).then(|| sum / count as f64)
}

/// Squared Euclidean distance, summed in four lanes that fit one register.
fn square_distance(one: &[f32; LENGTH], two: &[f32; LENGTH]) -> f32 {
    let mut lanes = [0.0_f32; 4];
    for (one, two) in one.chunks_exact(4).zip(two.chunks_exact(4)) {
        for ((lane, one), two) in lanes.iter_mut().zip(one).zip(two) {
            *lane += (one - two) * (one - two);
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_seen_before_is_near_and_a_new_one_is_far() {
        let mut shape = Shape::new();
        let mut usual: f64 = 0.0;
        for step in 0..900_u32 {
            let value = 100.0 + f64::from(step % 20);
            if let Some(distance) = shape.distance(value)
                && step > 100
            {
                usual = usual.max(distance);
            }
        }
        assert!(usual < 1e-6, "{usual}");
        let strange = (0..8).filter_map(|_| shape.distance(105.0)).last();
        assert!(
            strange.is_some_and(|distance| distance > 0.05),
            "{strange:?}"
        );
    }

    #[test]
    fn memory_is_bounded_and_reaches_back_to_the_beginning() {
        let mut shape = Shape::new();
        for step in 0..20_000_u32 {
            shape.distance(f64::from(step));
        }
        assert!(shape.kept.len() < MOST, "{}", shape.kept.len());
        assert_eq!(shape.step, 32);
    }
}
