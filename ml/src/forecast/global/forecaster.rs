//! A trained global forecaster, run in Rust. [`Forecaster::model`] writes the same function as a
//! graph.

use super::frame::{Frame, HEADS};
use super::loss::softplus;
use super::net::{Sizes, forward};
use super::windows::{phase, push_inputs};
use crate::forecast::series::{Forecast, Series};

/// An ensemble of networks with one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecaster {
    pub(super) frame: Frame,
    pub(super) sizes: Sizes,
    pub(super) members: Vec<Vec<f32>>,
    /// Factors of the lower and the upper width.
    pub(super) widths: [f32; 2],
}

/// Quantiles by step: lower, median, upper.
pub type Quantiles = Vec<[f64; 3]>;

impl Forecaster {
    /// What it looks at and answers.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Forecasts from windows of values (each as [`Frame::window`] cuts it) and, where the place in
    /// the season of the first step is known, that.
    pub fn quantiles(&self, windows: &[(Vec<f64>, Option<usize>)]) -> Vec<Quantiles> {
        let mut inputs = Vec::new();
        let mut levels = Vec::new();
        for (window, phase) in windows {
            let (logs, added) = self.frame.logs(window);
            let level = self.frame.level(&logs);
            let relative: Vec<f64> = logs.iter().map(|log| log - level).collect();
            push_inputs(&self.frame, &relative, *phase, &mut inputs);
            levels.push((level, added));
        }
        let mut sums = vec![[0.0_f64; HEADS]; windows.len() * self.frame.horizon];
        for weights in &self.members {
            let outputs = forward(&self.sizes, weights, &inputs);
            let steps = outputs.as_chunks::<HEADS>().0;
            for (sum, [median, low, high]) in sums.iter_mut().zip(steps) {
                let [below, above] = self.widths;
                for (sum, value) in sum.iter_mut().zip([
                    median - below * softplus(*low),
                    *median,
                    median + above * softplus(*high),
                ]) {
                    *sum += f64::from(value);
                }
            }
        }
        let count = self.members.len().max(1) as f64;
        let rows = sums.chunks(self.frame.horizon).zip(levels);
        let value =
            |sum: f64, level: f64, added: f64| ((sum / count + level).exp() - added).max(0.0);
        rows.map(|(row, (level, added))| {
            row.iter()
                .map(|sums| sums.map(|sum| value(sum, level, added)))
                .collect()
        })
        .collect()
    }

    /// What a series' forecast is made from: its window, and the place in the season of the first
    /// step.
    pub fn window(&self, series: &Series) -> (Vec<f64>, Option<usize>) {
        window(&self.frame, series)
    }

    /// Forecasts of series with values of at least 0.
    pub fn forecast(&self, series: &[Series]) -> Vec<Forecast> {
        let windows: Vec<_> = series.iter().map(|each| self.window(each)).collect();
        let quantiles = self.quantiles(&windows);
        let named = series.iter().zip(quantiles);
        named
            .map(|(series, quantiles)| named_forecast(&series.id, &quantiles))
            .collect()
    }
}

/// A series' window in a frame, and the place in the season of the first step forecast.
pub(super) fn window(frame: &Frame, series: &Series) -> (Vec<f64>, Option<usize>) {
    let first = phase(series, frame).filter(|_| frame.phased);
    let place = first.map(|first| (first + series.history.len()) % frame.season);
    (frame.window(&series.history), place)
}

pub(super) fn named_forecast(id: &str, quantiles: &[[f64; 3]]) -> Forecast {
    let of = |pick: fn(&[f64; 3]) -> f64| quantiles.iter().map(pick).collect();
    Forecast {
        id: id.to_owned(),
        mean: of(|[_, median, _]| *median),
        q10: of(|[low, ..]| *low),
        q90: of(|[.., high]| *high),
    }
}
