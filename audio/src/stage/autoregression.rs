//! Linear prediction, and samples that fit it best where samples are missing: Janssen, Veldhuis
//! and Vries, "Adaptive interpolation of discrete-time signals that can be modeled as
//! autoregressive processes", IEEE Trans. ASSP 34 (1986).
#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a length that is checked where it starts"
)]

use std::f64::consts::PI;

/// Noise that keeps the equations solvable, relative to the power.
const REGULARISATION: f64 = 1e-9;

/// The prediction-error filter of an order (its first coefficient is 1), by the autocorrelation
/// of the Hann-windowed samples and Levinson's recursion. `None` for silence.
pub(crate) fn prediction(samples: &[f64], order: usize) -> Option<Vec<f64>> {
    let length = samples.len();
    let windowed: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(n, x)| x * (0.5 - 0.5 * (2.0 * PI * (n as f64 + 0.5) / length as f64).cos()))
        .collect();
    let mut lags = correlation(&windowed, order);
    if lags[0] <= 1e-18 {
        return None;
    }
    lags[0] *= 1.0 + REGULARISATION;
    let mut error = lags[0];
    let mut filter = vec![0.0; order + 1];
    filter[0] = 1.0;
    let mut before = filter.clone();
    for step in 1..=order {
        let sum: f64 = (0..step).map(|k| filter[k] * lags[step - k]).sum();
        let reflection = -sum / error;
        before.copy_from_slice(&filter);
        for k in 1..=step {
            filter[k] = before[k] + reflection * before[step - k];
        }
        error *= 1.0 - reflection * reflection;
        if error <= 0.0 {
            return None;
        }
    }
    Some(filter)
}

/// Sums of products of values that lie 0 to `most` apart.
fn correlation(values: &[f64], most: usize) -> Vec<f64> {
    (0..=most)
        .map(|lag| {
            let later = values.get(lag..).unwrap_or_default();
            let mut lanes = [0.0_f64; 8];
            let (ours, our_rest) = values[..later.len()].as_chunks::<8>();
            let (theirs, their_rest) = later.as_chunks::<8>();
            for (one, other) in ours.iter().zip(theirs) {
                for ((lane, one), other) in lanes.iter_mut().zip(one).zip(other) {
                    *lane += one * other;
                }
            }
            let rest: f64 = our_rest.iter().zip(their_rest).map(|(a, b)| a * b).sum();
            lanes.iter().sum::<f64>() + rest
        })
        .collect()
}

/// What samples a prediction-error filter's output is smallest for.
pub(crate) struct Interpolation {
    /// Correlation of the filter with itself: the weight of two samples so far apart.
    weights: Vec<f64>,
}

impl Interpolation {
    pub(crate) fn new(filter: &[f64]) -> Self {
        Self {
            weights: correlation(filter, filter.len() - 1),
        }
    }

    /// Replaces the samples at the rising places `missing` by those that fit best with all
    /// others, by a banded Cholesky factorisation. Leaves them when the equations fail.
    pub(crate) fn fill(&self, samples: &mut [f64], missing: &[usize]) {
        let reach = self.weights.len() - 1;
        let Some(last) = missing.last() else { return };
        debug_assert!(*last < samples.len());
        for &at in missing {
            samples[at] = 0.0;
        }
        let mut values: Vec<f64> = missing
            .iter()
            .map(|&at| {
                let from = at.saturating_sub(reach);
                let to = (at + reach + 1).min(samples.len());
                let sum: f64 = (from..to)
                    .map(|other| samples[other] * self.weights[at.abs_diff(other)])
                    .sum();
                -sum
            })
            .collect();
        // Rows of the factor: only places within reach of each other are linked.
        let mut rows: Vec<(usize, Vec<f64>)> = Vec::with_capacity(missing.len());
        for (row, &at) in missing.iter().enumerate() {
            let from = missing[..row].partition_point(|other| other + reach < at);
            let mut factor: Vec<f64> = Vec::with_capacity(row - from + 1);
            for column in from..=row {
                let (start, other) = match rows.get(column) {
                    Some((start, other)) => (*start, other.as_slice()),
                    None => (from, &[] as &[f64]),
                };
                let common = start.max(from);
                let linked: f64 = if column == row {
                    factor.iter().map(|value| value * value).sum()
                } else {
                    factor[common - from..]
                        .iter()
                        .zip(&other[common - start..])
                        .map(|(one, other)| one * other)
                        .sum()
                };
                let weight = self.weights[at - missing[column]] - linked;
                if column == row {
                    factor.push(weight.max(self.weights[0] * 1e-12).sqrt());
                } else {
                    factor.push(weight / other[column - start]);
                }
            }
            rows.push((from, factor));
        }
        for row in 0..rows.len() {
            let (from, factor) = &rows[row];
            let (known, rest) = values.split_at_mut(row);
            let sum: f64 = factor.iter().zip(&known[*from..]).map(|(f, v)| f * v).sum();
            rest[0] = (rest[0] - sum) / factor[row - from];
        }
        for row in (0..rows.len()).rev() {
            let (from, factor) = &rows[row];
            values[row] /= factor[row - from];
            let value = values[row];
            for (column, weight) in factor[..row - from].iter().enumerate() {
                values[from + column] -= weight * value;
            }
        }
        for (&at, value) in missing.iter().zip(values) {
            samples[at] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(n: usize) -> f64 {
        let t = n as f64;
        (t * 0.05).sin() + 0.4 * (t * 0.31 + 1.0).sin() + 0.2 * (t * 0.7).cos()
    }

    #[test]
    fn the_filter_predicts_tones() {
        let samples: Vec<f64> = (0..2_000).map(tones).collect();
        let filter = prediction(&samples, 24).unwrap();
        let error = |n: usize| -> f64 {
            filter
                .iter()
                .enumerate()
                .map(|(k, a)| a * samples[n - k])
                .sum()
        };
        let worst = (500..1_500).fold(0.0_f64, |most, n| most.max(error(n).abs()));
        assert!(worst < 0.02, "{worst}");
        assert!(prediction(&[0.0; 500], 8).is_none());
    }

    #[test]
    fn missing_samples_come_back() {
        let original: Vec<f64> = (0..1_200).map(tones).collect();
        let missing: Vec<usize> = (500..520).chain(530..533).chain(700..715).collect();
        let filter = prediction(&original, 32).unwrap();
        let mut samples = original.clone();
        for &at in &missing {
            samples[at] = 9.0;
        }
        Interpolation::new(&filter).fill(&mut samples, &missing);
        for &at in &missing {
            let off = (samples[at] - original[at]).abs();
            assert!(off < 0.01, "{off} at {at}");
        }
    }

    #[test]
    fn the_equations_are_solved_and_not_just_approached() {
        let filter = [1.0, -1.2, 0.5, 0.1];
        let mut samples: Vec<f64> = (0..60).map(tones).collect();
        let missing = [10, 11, 12, 14, 15, 30, 31];
        Interpolation::new(&filter).fill(&mut samples, &missing);
        let error = |samples: &[f64]| -> f64 {
            (3..60)
                .map(|n| {
                    let e: f64 = (0..4).map(|k| filter[k] * samples[n - k]).sum();
                    e * e
                })
                .sum()
        };
        let best = error(&samples);
        for &at in &missing {
            for step in [-1e-3, 1e-3] {
                let mut other = samples.clone();
                other[at] += step;
                assert!(error(&other) > best);
            }
        }
    }
}
