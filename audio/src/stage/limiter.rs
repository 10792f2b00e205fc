//! The look-ahead limiter's gain, from the true-peak envelope.
//!
//! For every frame the gain that just holds the ceiling is known from the envelope. A sliding
//! minimum holds it for the length of the attack, a two-stage release lets it recover, and
//! three running means in a row (a smooth bell, close to a raised cosine) round the result. The
//! bell is as long as the hold, so at every peak it averages values that are all low enough:
//! the ceiling holds by construction and not by chance. The gain is one for all channels, so
//! the stereo image stays.
//!
//! The means run on whole numbers: they never drift, and where nothing is limited the gain is
//! exactly 1.

use std::collections::VecDeque;

/// Time over which the gain goes down before a peak, in seconds.
const ATTACK_SECONDS: f64 = 0.005;
/// A single peak is let go within this.
const FAST_RELEASE_SECONDS: f64 = 0.030;
/// How long the average remembers. Under lasting limiting the gain stays low by a share of the
/// average, so that it does not pump; a longer memory or a bigger share costs loudness.
const SLOW_RELEASE_SECONDS: f64 = 0.200;
const AVERAGE_SHARE: f64 = 0.25;
/// Steps of the whole-number gain.
const SCALE: f64 = (1_u64 << 30) as f64;

/// A running mean over whole numbers.
#[derive(Debug)]
struct Mean {
    values: VecDeque<u64>,
    sum: u64,
}

impl Mean {
    fn new(length: usize) -> Self {
        Self {
            values: std::iter::repeat_n(0, length.max(1)).collect(),
            sum: 0,
        }
    }

    /// The sum over the window, after taking the next value.
    fn push(&mut self, value: u64) -> u64 {
        self.values.push_back(value);
        let oldest = self.values.pop_front().unwrap_or(0);
        self.sum = self.sum + value - oldest;
        self.sum
    }
}

/// Turns an envelope into a gain, delayed by [`Limiter::delay`] frames.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// Highest envelope value that needs no reduction.
    threshold: f64,
    previous: f32,
    attack: u64,
    /// Index and gain of the candidates for the sliding minimum, lowest gain first.
    lowest: VecDeque<(u64, f64)>,
    index: u64,
    recovering: f64,
    average: f64,
    fast: f64,
    slow: f64,
    means: [Mean; 3],
    divisor: f64,
}

impl Limiter {
    /// A limiter that holds `ceiling` (an amplitude) when `gain` is applied in front of it.
    pub(crate) fn new(sample_rate_hz: u32, ceiling: f64, gain: f64) -> Self {
        let rate = f64::from(sample_rate_hz);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred frames"
        )]
        let third = ((ATTACK_SECONDS * rate / 3.0).round() as usize).max(2);
        let coefficient = |seconds: f64| 1.0 - (-1.0 / (seconds * rate)).exp();
        Self {
            threshold: ceiling / gain,
            previous: 0.0,
            // Three means of this length span one frame more than this.
            attack: (third * 3 - 3) as u64,
            lowest: VecDeque::new(),
            index: 0,
            recovering: 0.0,
            average: 0.0,
            fast: coefficient(FAST_RELEASE_SECONDS),
            slow: coefficient(SLOW_RELEASE_SECONDS),
            means: [Mean::new(third), Mean::new(third), Mean::new(third)],
            divisor: SCALE * (third as f64).powi(3),
        }
    }

    /// Frames between an envelope value and the gain for its frame.
    pub(crate) fn delay(&self) -> usize {
        usize::try_from(self.attack).unwrap_or(0)
    }

    /// Takes the next envelope value and returns the gain for the frame `delay` frames ago.
    #[inline]
    pub(crate) fn push(&mut self, envelope: f32) -> f64 {
        // The envelope covers the time up to the next frame, so a frame has two neighbours.
        let around = f64::from(envelope.max(self.previous));
        self.previous = envelope;
        let needed = if around > self.threshold {
            1.0 - self.threshold / around
        } else {
            0.0
        };
        let held = self.hold(needed);
        let released = self.release(held);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 2^30"
        )]
        let mut sum = (released * SCALE).ceil() as u64;
        for mean in &mut self.means {
            sum = mean.push(sum);
        }
        1.0 - sum as f64 / self.divisor
    }

    /// The largest reduction of the last frames: a sliding maximum by a monotone queue.
    fn hold(&mut self, reduction: f64) -> f64 {
        while self
            .lowest
            .back()
            .is_some_and(|(_, value)| *value <= reduction)
        {
            self.lowest.pop_back();
        }
        self.lowest.push_back((self.index, reduction));
        if self
            .lowest
            .front()
            .is_some_and(|(index, _)| index + self.attack < self.index)
        {
            self.lowest.pop_front();
        }
        self.index += 1;
        self.lowest.front().map_or(0.0, |(_, value)| *value)
    }

    /// Never below what is needed; above it, recovering fast to a share of the recent average and
    /// slowly from there.
    fn release(&mut self, held: f64) -> f64 {
        self.average += (held - self.average) * self.slow;
        if held >= self.recovering {
            self.recovering = held;
        } else {
            let goal = (self.average * AVERAGE_SHARE)
                .min(self.recovering)
                .max(held);
            self.recovering += (goal - self.recovering) * self.fast;
            if self.recovering < 1e-7 {
                self.recovering = 0.0;
            }
        }
        self.recovering
    }
}
