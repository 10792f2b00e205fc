//! Finds a constant offset: the mean of every second of the track, and whether they agree.
//!
//! Only an offset that is there all the time, in loud and in silent passages, comes from a
//! fault in the recording chain and may be subtracted. A mean that moves with the music is the
//! waveform's own asymmetry; subtracting it would put an offset where there was none.

/// A mean beyond this is worth removing: -80 dBFS.
const AUDIBLE_OFFSET: f64 = 1.0e-4;
/// Share of the seconds that must agree with the whole.
const STEADY_SHARE: f64 = 0.95;

/// Collects means.
pub(crate) struct Offset {
    channels: usize,
    window_frames: usize,
    held: usize,
    sums: Vec<f64>,
    windows: Vec<Vec<f32>>,
}

impl Offset {
    pub(crate) fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            channels: channels.max(1),
            window_frames: usize::try_from(sample_rate_hz).unwrap_or(48_000),
            held: 0,
            sums: vec![0.0; channels],
            windows: vec![Vec::new(); channels],
        }
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        for frame in samples.chunks_exact(self.channels) {
            for (sum, sample) in self.sums.iter_mut().zip(frame) {
                *sum += f64::from(*sample);
            }
            self.held += 1;
            if self.held == self.window_frames {
                for (sum, windows) in self.sums.iter_mut().zip(&mut self.windows) {
                    #[expect(clippy::cast_possible_truncation, reason = "only compared roughly")]
                    windows.push((*sum / self.window_frames as f64) as f32);
                    *sum = 0.0;
                }
                self.held = 0;
            }
        }
    }

    /// What to subtract from each channel: its mean, where that is steady; otherwise nothing.
    pub(crate) fn steady(&self, means: &[f64]) -> Vec<f64> {
        means
            .iter()
            .zip(&self.windows)
            .map(|(mean, windows)| {
                let agreeing = windows
                    .iter()
                    .filter(|window| (f64::from(**window) - mean).abs() < 0.5 * mean.abs())
                    .count();
                let steady = agreeing as f64 >= STEADY_SHARE * windows.len().max(1) as f64;
                if steady && mean.abs() > AUDIBLE_OFFSET {
                    *mean
                } else {
                    0.0
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_is_always_there_is_found_and_one_that_comes_and_goes_is_not() {
        let mut constant = Offset::new(1, 1_000);
        constant.push(&vec![0.01; 10_000]);
        assert!((constant.steady(&[0.01])[0] - 0.01).abs() < 1e-12);
        let mut moving = Offset::new(1, 1_000);
        moving.push(&vec![0.02; 5_000]);
        moving.push(&vec![0.0; 5_000]);
        assert!(moving.steady(&[0.01])[0].abs() < 1e-12);
    }
}
