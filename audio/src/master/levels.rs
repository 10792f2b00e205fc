//! The levels of a track in every millisecond, which is all that the gain search looks at.

use super::store::{BLOCK_FRAMES, Store};
use crate::Result;
use crate::control::Progress;
use crate::meter::hops::Hops;
use crate::meter::loudness::Trace;
use crate::meter::planes::append_channel;
use crate::meter::ticks::{Grid, PER_HOP};
use crate::meter::true_peak::{Record, Scanner};
use crate::stage::limiter::Limiter;

/// Level by level, on the grid of ticks.
pub(crate) struct Levels {
    pub(crate) grid: Grid,
    frames: u64,
    /// Mean K-weighted power, and the highest sample of any channel.
    trace: Trace,
    /// True peaks, where they lie above `known_above`; what does not, reads as at most that.
    peaks: Vec<f32>,
    known_above: f32,
}

impl Levels {
    pub(crate) fn new(sample_rate_hz: u32, frames: u64, trace: Trace) -> Self {
        Self {
            grid: Grid::new(sample_rate_hz),
            frames,
            peaks: trace.peak.clone(),
            trace,
            known_above: f32::INFINITY,
        }
    }

    /// True peaks of every tick, as far as they are known; highest samples before that.
    pub(crate) fn peaks(&self) -> &[f32] {
        &self.peaks
    }

    pub(crate) fn powers(&self) -> &[f32] {
        &self.trace.power
    }

    pub(crate) fn knows_peaks_above(&self, amplitude: f64) -> bool {
        amplitude >= f64::from(self.known_above)
    }

    /// Looks for every true peak above an amplitude.
    pub(crate) fn find_peaks(
        &mut self,
        audio: &mut Store,
        channels: usize,
        above: f64,
        progress: &mut Progress<'_>,
    ) -> Result<()> {
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        let above = above as f32;
        self.known_above = above;
        self.peaks.clear();
        self.peaks
            .extend(self.trace.peak.iter().map(|peak| peak.max(above)));
        let mut scanners: Vec<Scanner> = (0..channels).map(|_| Scanner::cautious()).collect();
        let (mut block, mut plane) = (Vec::new(), Vec::new());
        let mut record = Peaks {
            grid: self.grid,
            peaks: &mut self.peaks,
        };
        let mut done = 0_u64;
        audio.rewind()?;
        loop {
            audio.read(BLOCK_FRAMES * channels, &mut block)?;
            if block.is_empty() {
                break;
            }
            for (channel, scanner) in scanners.iter_mut().enumerate() {
                plane.clear();
                append_channel(&block, channels, channel, &mut plane);
                scanner.push(&plane, &mut record);
            }
            done += (block.len() / channels) as u64;
            progress.at(done as f64 / self.frames.max(1) as f64)?;
        }
        for scanner in &mut scanners {
            scanner.finish(&mut record);
        }
        Ok(())
    }

    /// Fills `hops` with what a gain (an amplitude) and a limiter behind it leave of the track.
    /// A filter's memory reaches over the ticks' ends, so that the loudness is right within
    /// 0.01 LU only: the file as written is measured again.
    pub(crate) fn predict(&self, gain: f64, limiter: &Limiter, hops: &mut Hops) {
        hops.clear();
        let (mut energy, mut held) = (0.0, 0);
        let powers = self.trace.power.iter().zip(limiter.kept_power());
        for (tick, (power, kept)) in powers.enumerate() {
            energy += f64::from(*power) * kept * self.grid.frames(tick) as f64;
            held += 1;
            if held == PER_HOP {
                // Nobody asks these hops for their peaks.
                hops.push(energy * gain * gain, 0.0);
                (energy, held) = (0.0, 0);
            }
        }
    }

    pub(crate) fn hops(&self) -> Hops {
        Hops::new(self.grid)
    }
}

/// One record a tick; what rings on after the track belongs to its last one.
struct Peaks<'a> {
    grid: Grid,
    peaks: &'a mut [f32],
}

impl Record for Peaks<'_> {
    #[expect(
        clippy::indexing_slicing,
        reason = "the tick is below the length, which is not 0"
    )]
    fn at(&mut self, frame: u64) -> (&mut f32, u64) {
        let tick = self.grid.at(frame).min(self.peaks.len() - 1);
        (&mut self.peaks[tick], self.grid.start(tick + 1))
    }
}
