//! Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

use serde::{Deserialize, Serialize};

use super::net::single;

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.99;

/// What the optimiser remembers of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl Adam {
    pub(super) fn new(count: usize) -> Self {
        Self {
            first: vec![0.0; count],
            second: vec![0.0; count],
            steps: 0,
        }
    }

    /// Moves the weights one step against the slopes.
    pub(super) fn step(&mut self, weights: &mut [f32], slopes: &[f32], rate: f64, decay: f64) {
        self.steps += 1;
        let first = 1.0 - f64::from(FIRST_DECAY).powi(self.steps);
        let second = 1.0 - f64::from(SECOND_DECAY).powi(self.steps);
        let (rate_now, unbias) = (single(rate / first), single(1.0 / second));
        let kept = single(1.0 - rate * decay);
        let memory = self.first.iter_mut().zip(&mut self.second);
        for ((weight, slope), (mean, square)) in weights.iter_mut().zip(slopes).zip(memory) {
            *mean += (1.0 - FIRST_DECAY) * (slope - *mean);
            *square += (1.0 - SECOND_DECAY) * (slope * slope - *square);
            *weight = *weight * kept - rate_now * *mean / ((*square * unbias).sqrt() + 1e-8);
        }
    }
}
