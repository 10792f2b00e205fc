//! Gain over frequency: a smooth line through third octaves.

use crate::meter::Band;

/// A line through points in octaves and decibels, level beyond its ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Curve {
    /// Octaves above 1 kHz and decibels, rising.
    points: Vec<(f64, f64)>,
}

fn octaves(hz: f64) -> f64 {
    (hz / 1_000.0).log2()
}

impl Curve {
    /// Through points in hertz and decibels, rising.
    pub(crate) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            points: points
                .into_iter()
                .map(|(hz, db)| (octaves(hz), db))
                .collect(),
        }
    }

    /// The gain in decibels at a frequency in hertz.
    pub(crate) fn at(&self, hz: f64) -> f64 {
        let x = octaves(hz.max(1.0));
        let after = self.points.partition_point(|(position, _)| *position < x);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.points.get(index));
        match (before, self.points.get(after)) {
            (Some((from, from_db)), Some((to, to_db))) => {
                let share = (x - from) / (to - from);
                // A cosine between the points keeps the curve smooth at them.
                let eased = 0.5 - 0.5 * (std::f64::consts::PI * share).cos();
                from_db + (to_db - from_db) * eased
            }
            (Some((_, db)), None) | (None, Some((_, db))) => *db,
            (None, None) => 0.0,
        }
    }

    /// The largest change in decibels.
    pub(crate) fn largest(&self) -> f64 {
        self.points
            .iter()
            .fold(0.0, |most: f64, (_, db)| most.max(db.abs()))
    }

    /// Frequencies in hertz and decibels, for the report.
    pub(crate) fn bands(&self) -> Vec<Band> {
        self.points
            .iter()
            .map(|(octave, db)| Band {
                hz: (octave.exp2() * 1_000.0 * 10.0).round() / 10.0,
                db: (db * 100.0).round() / 100.0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_through_its_points_and_is_level_beyond_them() {
        let curve = Curve::through([(100.0, 3.0), (200.0, -1.0), (400.0, 0.0)]);
        for (hz, db) in [
            (20.0, 3.0),
            (100.0, 3.0),
            (200.0, -1.0),
            (400.0, 0.0),
            (9_000.0, 0.0),
        ] {
            assert!((curve.at(hz) - db).abs() < 1e-9, "{hz}");
        }
        let middle = curve.at(100.0 * 2.0_f64.sqrt());
        assert!((middle - 1.0).abs() < 1e-9, "{middle}");
        assert!((curve.largest() - 3.0).abs() < 1e-9);
        assert!(Curve::default().at(50.0).abs() < 1e-9);
    }
}
