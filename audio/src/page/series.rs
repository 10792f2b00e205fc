//! Values on a regular grid of time, made few enough to draw.

use super::plot::MOST_POINTS;

/// How several values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// The highest: peaks, reductions.
    Highest,
    /// The quadratic mean: levels.
    Power,
    /// The mean: figures that are smooth already.
    Mean,
}

/// Values over time, with what a plot needs to know of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// Seconds and values: from the start to the end of the track.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// `None` when there is nothing to draw.
    pub(super) fn new(values: &[f32], per_second: f64, seconds: f64, fold: Fold) -> Option<Self> {
        if values.is_empty() || !(per_second.is_finite() && per_second > 0.0) {
            return None;
        }
        let group = values.len().div_ceil(MOST_POINTS);
        let step = group as f64 / per_second;
        let mut points: Vec<(f64, f64)> = values
            .chunks(group)
            .enumerate()
            .map(|(index, values)| ((index as f64 + 0.5) * step, fold.one(values)))
            .collect();
        // A point stands for its whole stretch of time: so do the first and the last.
        let (_, first) = *points.first()?;
        let (at, last) = *points.last()?;
        points.insert(0, (0.0, first));
        if seconds > at {
            points.push((seconds, last));
        }
        Some(Self { points })
    }

    /// The highest value that is a number, and when.
    pub(super) fn highest(&self) -> Option<(f64, f64)> {
        self.points
            .iter()
            .filter(|(_, value)| value.is_finite())
            .copied()
            .max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// The value that a share (0 to 1) of the values above `floor` stays under.
    pub(super) fn quantile(&self, share: f64, floor: f64) -> Option<f64> {
        let mut values: Vec<f64> = self
            .points
            .iter()
            .map(|(_, value)| *value)
            .filter(|value| value.is_finite() && *value > floor)
            .collect();
        values.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let index = ((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1));
        values.get(index).copied()
    }
}

impl Fold {
    fn one(self, values: &[f32]) -> f64 {
        let numbers = values.iter().map(|value| f64::from(*value));
        let count = values.len().max(1) as f64;
        match self {
            Self::Highest => numbers.fold(f64::NEG_INFINITY, f64::max),
            Self::Power => (numbers.map(|value| value * value).sum::<f64>() / count).sqrt(),
            Self::Mean => numbers.sum::<f64>() / count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_become_few_and_keep_their_highest() {
        let mut values = vec![0.1; 1_200];
        values[701] = 0.9;
        let series = Series::new(&values, 10.0, 120.0, Fold::Highest).unwrap();
        assert!(series.points.len() <= MOST_POINTS + 2);
        let (at, highest) = series.highest().unwrap();
        assert!((highest - 0.9).abs() < 1.0e-6);
        assert!((at - 70.1).abs() <= 0.1, "{at}");
    }

    #[test]
    fn one_value_is_a_line_over_the_whole_track() {
        let series = Series::new(&[2.0], 10.0, 0.1, Fold::Mean).unwrap();
        assert_eq!(series.points, [(0.0, 2.0), (0.05, 2.0), (0.1, 2.0)]);
    }

    #[test]
    fn nothing_and_impossible_grids_are_not_drawn() {
        assert!(Series::new(&[], 10.0, 1.0, Fold::Mean).is_none());
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Series::new(&[1.0], rate, 1.0, Fold::Mean).is_none());
        }
    }

    #[test]
    fn quantiles_leave_out_what_lies_on_the_floor() {
        let values = [-70.0, -70.0, -30.0, -20.0, -10.0];
        let series = Series::new(&values, 1.0, 5.0, Fold::Mean).unwrap();
        assert_eq!(series.quantile(0.0, -70.0), Some(-30.0));
        assert_eq!(series.quantile(1.0, -70.0), Some(-10.0));
        assert_eq!(series.quantile(0.5, 0.0), None);
    }
}
