//! Where the long-term spectrum breaks off, and what that tells of the source.
//!
//! Lossy encoders cut the treble off at a fixed frequency with a steep filter: about 16 to
//! 17 kHz at 128 kb/s (MP3, AAC, Vorbis q3), 18 to 19.5 kHz at 192, 20 kHz at 320 and in Opus.
//! A file that was brought from a lower sample rate breaks off just under half of that rate.
//! Instruments, rooms and microphones fade out over octaves, and the converters of a file's own
//! rate work so close to its upper end that they are told by that alone.
//!
//! The spectrum is the mean power of windows without overlap, in bands of 100 Hz of which the
//! median bin counts, so that a single tone makes no edge. At each frequency the fall across it
//! is compared with the slope below it; nothing may come up again above. What is cut off above
//! 20.7 kHz, or not cut off at all (AAC from 256 kb/s, Vorbis from q6), is not recognised.

use serde::{Deserialize, Serialize};

/// What a cut-off spectrum tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The low pass of a lossy encoder.
    Lossy,
    /// The filter of a conversion from a lower sample rate.
    Upsampled,
}

/// A spectrum that breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cutoff {
    /// Where it is half-way down in dB, in hertz.
    pub hz: f64,
    /// How far it falls across the edge, beyond the slope before it, in dB.
    pub drop_db: f64,
    /// What that tells.
    pub origin: Origin,
    /// 0.5 where the edge only just stands out (20 dB) to 1 (50 dB and more).
    pub confidence: f64,
}

const BAND_HZ: f64 = 100.0;
/// Bins of a window are at most this wide.
pub(crate) const BIN_HZ: f64 = 12.0;
const LEAST_DROP_DB: f64 = 20.0;
const SURE_DROP_DB: f64 = 50.0;
/// Under this the sound before the edge is itself noise of the quantiser.
const QUIETEST_DB: f64 = -110.0;
const FEWEST_SECONDS: f64 = 1.0;
/// Lossy encoders for music cut off above this.
const LOWEST_LOSSY_HZ: f64 = 14_000.0;
/// Up to this even a gentle filter cannot be that of a converter.
const CERTAIN_LOSSY_HZ: f64 = 19_600.0;
/// Above this it is that of a converter or none.
const HIGHEST_LOSSY_HZ: f64 = 20_700.0;
/// Between both only an edge this narrow is an encoder's, at rates below 48 kHz.
const NARROW_HZ: f64 = 700.0;
/// Converters cut off above this share of their rate.
const OWN_RATE_SHARE: f64 = 0.47;
/// Rates that tracks are brought from.
const RATES_HZ: [f64; 8] = [
    8_000.0, 11_025.0, 16_000.0, 22_050.0, 24_000.0, 44_100.0, 48_000.0, 96_000.0,
];

/// Averages the spectrum as windows go by.
pub(crate) struct CutoffMeter {
    power: Vec<f64>,
    windows: f64,
    sample_rate_hz: f64,
    size: usize,
}

impl CutoffMeter {
    pub(crate) fn new(sample_rate_hz: f64, size: usize) -> Self {
        Self {
            power: vec![0.0; size / 2 + 1],
            windows: 0.0,
            sample_rate_hz,
            size,
        }
    }

    /// Takes the power spectrum of the next window.
    pub(crate) fn push(&mut self, power: &[f32]) {
        for (sum, power) in self.power.iter_mut().zip(power) {
            *sum += f64::from(*power);
        }
        self.windows += 1.0;
    }

    pub(crate) fn finish(self) -> Option<Cutoff> {
        if self.windows * (self.size as f64) < FEWEST_SECONDS * self.sample_rate_hz {
            return None;
        }
        let bands = self.bands();
        let edge = Edge::steepest(&bands);
        edge.as_ref()
            .and_then(|edge| edge.judge(self.sample_rate_hz))
            .or_else(|| gentle(&bands, self.sample_rate_hz))
    }

    /// The median level of each band in dB.
    fn bands(&self) -> Vec<f64> {
        let bin_hz = self.sample_rate_hz / self.size as f64;
        let levels: Vec<f64> = self
            .power
            .iter()
            .map(|power| 10.0 * (power / self.windows).max(1.0e-20).log10())
            .collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bins are positive and few"
        )]
        let bin = |hz: f64| (hz / bin_hz).round() as usize;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundreds of bands"
        )]
        let count = (self.sample_rate_hz / 2.0 / BAND_HZ) as u32;
        (0..count)
            .map(f64::from)
            .filter_map(|band| levels.get(bin(band * BAND_HZ)..bin((band + 1.0) * BAND_HZ)))
            .map(median)
            .collect()
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(-200.0)
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(-200.0, f64::max)
}

/// A place where the spectrum falls.
#[derive(Debug, Clone, Copy)]
struct Edge {
    hz: f64,
    drop_db: f64,
    /// From 6 dB down to 6 dB above the bottom.
    width_hz: f64,
}

impl Edge {
    /// The steepest fall above 3.5 kHz after which nothing comes up again.
    fn steepest(bands: &[f64]) -> Option<Self> {
        let part =
            |from: usize, to: usize| bands.get(from..to.min(bands.len())).unwrap_or_default();
        let (at, drop_db, before, after) = (35..bands.len().saturating_sub(10))
            .filter_map(|at| {
                let before = median(part(at - 10, at - 3));
                let after = median(part(at + 3, at + 10));
                let earlier = median(part(at.saturating_sub(23), at - 16));
                let drop = before - after - (earlier - before).max(0.0);
                let above = highest(part(at + 12, bands.len()));
                let stays = above <= before - 0.6 * (before - after);
                (before > QUIETEST_DB && stays).then_some((at, drop, before, after))
            })
            .max_by(|one, other| one.1.total_cmp(&other.1))?;
        let near = |from: usize, to: usize| (from..).zip(part(from, to));
        let middle = near(at - 10, at + 11)
            .find(|(_, level)| **level < f64::midpoint(before, after))
            .map_or(at, |(band, _)| band);
        let start = near(middle.saturating_sub(20), middle)
            .filter(|(_, level)| **level > before - 6.0)
            .last()
            .map_or(middle.saturating_sub(20), |(band, _)| band);
        let end = near(middle, middle + 20)
            .find(|(_, level)| **level < after + 6.0)
            .map_or(middle + 20, |(band, _)| band);
        Some(Self {
            hz: middle as f64 * BAND_HZ,
            drop_db,
            width_hz: (end - start) as f64 * BAND_HZ,
        })
    }

    fn judge(&self, sample_rate_hz: f64) -> Option<Cutoff> {
        if self.drop_db < LEAST_DROP_DB {
            return None;
        }
        let hz = self.hz;
        if hz > OWN_RATE_SHARE * sample_rate_hz {
            return None;
        }
        let between_rates = RATES_HZ
            .iter()
            .filter(|rate| **rate < sample_rate_hz)
            .any(|rate| (0.93..=1.04).contains(&(hz / (rate / 2.0))));
        let origin = if hz < LOWEST_LOSSY_HZ {
            between_rates.then_some(Origin::Upsampled)
        } else if hz <= CERTAIN_LOSSY_HZ
            || hz <= HIGHEST_LOSSY_HZ && (self.width_hz <= NARROW_HZ || sample_rate_hz >= 48_000.0)
        {
            Some(Origin::Lossy)
        } else {
            between_rates.then_some(Origin::Upsampled)
        };
        Some(Cutoff {
            hz,
            drop_db: self.drop_db,
            origin: origin?,
            confidence: confidence(self.drop_db, LEAST_DROP_DB, SURE_DROP_DB),
        })
    }
}

fn confidence(drop_db: f64, least: f64, sure: f64) -> f64 {
    (0.5 + 0.5 * (drop_db - least) / (sure - least)).clamp(0.0, 1.0)
}

/// A conversion with a gentle filter: from just under half of a lower rate to a third of an
/// octave above it the spectrum falls to nothing.
fn gentle(bands: &[f64], sample_rate_hz: f64) -> Option<Cutoff> {
    const LEAST_FALL_DB: f64 = 40.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bands are positive and few"
    )]
    let part = |from: f64, to: f64| {
        let band = |hz: f64| (hz / BAND_HZ) as usize;
        bands.get(band(from)..band(to).min(bands.len()))
    };
    RATES_HZ.iter().find_map(|rate| {
        let half = rate / 2.0;
        if half * 1.25 > sample_rate_hz / 2.0 {
            return None;
        }
        let before = median(part(0.86 * half, 0.95 * half)?);
        let earlier = median(part(0.64 * half, 0.72 * half)?);
        let after = highest(part(1.18 * half, sample_rate_hz / 2.0)?);
        let drop_db = before - after - (earlier - before).max(0.0);
        (drop_db >= LEAST_FALL_DB && before > QUIETEST_DB).then(|| Cutoff {
            hz: half,
            drop_db,
            origin: Origin::Upsampled,
            confidence: confidence(drop_db, LEAST_FALL_DB, 70.0),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::signals::{low_pass, noise, quantised, sine, white};
    use super::super::transform::Transform;
    use super::*;

    fn cutoff(rate: u32, plane: &[f32]) -> Option<Cutoff> {
        let rate_hz = f64::from(rate);
        let size = Transform::size_for(rate_hz, BIN_HZ);
        let mut transform = Transform::new(size, size);
        let mut meter = CutoffMeter::new(rate_hz, size);
        transform.push(plane, |power| meter.push(power));
        meter.finish()
    }

    #[test]
    fn the_low_pass_of_an_encoder_is_found_where_it_is() {
        for hz in [16_000.0, 17_000.0, 19_000.0, 20_000.0] {
            for source in [white(44_100, 3.0, 0.5, 1), noise(44_100, 3.0, 0.5, 2)] {
                let plane = quantised(&low_pass(44_100, hz, &source), 16);
                let found = cutoff(44_100, &plane).unwrap();
                assert_eq!(found.origin, Origin::Lossy, "{hz}");
                assert!((found.hz - hz).abs() < 300.0, "{hz}: {found:?}");
                assert!(found.confidence > 0.6);
            }
        }
    }

    #[test]
    fn a_converted_rate_is_told_from_an_encoder() {
        for (rate, edge) in [
            (44_100, 10_700.0),
            (48_000, 21_400.0),
            (96_000, 21_400.0),
            (96_000, 23_300.0),
            (192_000, 46_000.0),
        ] {
            let plane = quantised(&low_pass(rate, edge, &white(rate, 2.0, 0.5, 3)), 24);
            let found = cutoff(rate, &plane).unwrap();
            assert_eq!(found.origin, Origin::Upsampled, "{rate} {edge}");
        }
    }

    #[test]
    fn full_bands_gentle_slopes_and_the_own_converter_tell_nothing() {
        for rate in [8_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let own = low_pass(rate, f64::from(rate) * 0.478, &white(rate, 2.0, 0.5, 4));
            for plane in [
                white(rate, 2.0, 0.5, 5),
                noise(rate, 2.0, 0.5, 6),
                own,
                sine(rate, 2.0, 1_000.0, 0.5),
                vec![0.0; rate as usize * 2],
                vec![0.3; rate as usize * 2],
            ] {
                assert_eq!(cutoff(rate, &quantised(&plane, 16)), None, "{rate}");
            }
        }
    }

    #[test]
    fn a_dark_sound_is_not_a_lossy_one() {
        // Two poles at 300 Hz: 12 dB an octave down to the quantiser's noise.
        let mut plane = white(44_100, 5.0, 1.0, 8);
        for _ in 0..2 {
            let mut state = 0.0;
            for sample in &mut plane {
                state += 0.042 * (*sample - state);
                *sample = state;
            }
        }
        assert_eq!(cutoff(44_100, &quantised(&plane, 16)), None);
    }

    #[test]
    fn short_sounds_tell_nothing() {
        assert_eq!(cutoff(44_100, &white(44_100, 0.5, 0.5, 9)), None);
    }
}
