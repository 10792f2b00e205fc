//! The grid of milliseconds on which levels are decided: ten ticks are a hop of the loudness
//! meter, so that what is decided here can be held against the meter exactly.

use serde::{Deserialize, Serialize};

/// Ticks of one second.
pub(crate) const PER_SECOND: u64 = 1_000;
/// Ticks of one hop of 10 ms.
pub(crate) const PER_HOP: usize = 10;

/// The grid at one sample rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grid {
    sample_rate_hz: u64,
}

impl Grid {
    pub(crate) fn new(sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz: u64::from(sample_rate_hz),
        }
    }

    /// The frame that a tick starts at. Every tenth is a start of a 10 ms hop.
    #[inline]
    pub(crate) fn start(self, tick: usize) -> u64 {
        (tick as u64 * self.sample_rate_hz + PER_SECOND / 2) / PER_SECOND
    }

    /// Frames of a tick: at least one at any rate of 1 kHz or more.
    #[inline]
    pub(crate) fn frames(self, tick: usize) -> usize {
        usize::try_from(self.start(tick + 1) - self.start(tick)).unwrap_or(usize::MAX)
    }

    /// The tick that a frame lies in.
    #[inline]
    pub(crate) fn at(self, frame: u64) -> usize {
        let guess = frame.saturating_mul(PER_SECOND) / self.sample_rate_hz.max(1);
        let tick = usize::try_from(guess).unwrap_or(usize::MAX - 1);
        // The starts are rounded, by less than a tick.
        if self.start(tick + 1) <= frame {
            tick + 1
        } else if self.start(tick) > frame {
            tick.saturating_sub(1)
        } else {
            tick
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_ticks_are_a_hop_and_every_frame_lies_in_one() {
        for rate in [8_000, 11_025, 44_100, 48_000, 192_000] {
            let grid = Grid::new(rate);
            for hop in 0..500_u64 {
                let start = (hop * u64::from(rate) + 50) / 100;
                let tick = usize::try_from(hop).unwrap() * PER_HOP;
                assert_eq!(grid.start(tick), start);
            }
            for frame in [0, 1, 43, 44, 45, 441, 44_099, 44_100, 1_000_003] {
                let tick = grid.at(frame);
                assert!((grid.start(tick)..grid.start(tick + 1)).contains(&frame));
            }
        }
    }
}
