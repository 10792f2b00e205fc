//! More than two channels made two, with stated coefficients (ITU-R BS.775-4, annex 4).

use std::f64::consts::FRAC_1_SQRT_2;

use serde::{Deserialize, Serialize};

use super::speaker::Speaker;

/// What one channel gives to the two that are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The channel's loudspeaker: `FL`, `FR`, `FC`, `LFE`, `BL`, `BR`, `BC`, `SL`, `SR`, `FLC`
    /// or `FRC`.
    pub speaker: String,
    /// Its factor in the left channel, 0 to 1.
    pub left: f64,
    /// Its factor in the right channel, 0 to 1.
    pub right: f64,
}

/// How a track of more than two channels was made stereo.
///
/// BS.775-4 gives the factors for 3/2: front left and right pass as they are, the centre and each
/// surround come in at -3 dB. The same holds for every other pair of surrounds (7.1), a single
/// centre surround comes into both at -6 dB, a front channel half-way to the centre is panned
/// there with constant power, and low-frequency effects are left out.
///
/// Nothing is scaled back or clipped: the sum may pass full scale, and samples are floats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Downmix {
    /// The layout before: full channels and low-frequency ones, `3.0`, `4.0`, `5.1`, `7.1` …
    pub from: String,
    /// The channels before, in the order of their samples.
    pub shares: Vec<Share>,
}

impl Downmix {
    /// How to mix these loudspeakers; none where a channel is for another loudspeaker than those
    /// of the rule, or the front pair is missing.
    pub(super) fn of(speakers: &[Speaker]) -> Option<Self> {
        let has = |speaker| speakers.contains(&speaker);
        if !has(Speaker::FrontLeft) || !has(Speaker::FrontRight) {
            return None;
        }
        let shares = speakers
            .iter()
            .map(|speaker| {
                let (left, right) = factors(*speaker)?;
                Some(Share {
                    speaker: speaker.name().to_owned(),
                    left,
                    right,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let low = speakers
            .iter()
            .filter(|speaker| **speaker == Speaker::LowFrequency)
            .count();
        Some(Self {
            from: format!("{}.{low}", speakers.len() - low),
            shares,
        })
    }

    /// Replaces interleaved frames of all channels by frames of two.
    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    pub(super) fn apply(&self, samples: &mut Vec<f32>) {
        let channels = self.shares.len();
        let frames = samples.len() / channels;
        for frame in 0..frames {
            let (mut left, mut right) = (0.0, 0.0);
            let from = samples.get(frame * channels..).unwrap_or_default();
            for (sample, share) in from.iter().zip(&self.shares) {
                left += share.left * f64::from(*sample);
                right += share.right * f64::from(*sample);
            }
            // Two of a frame end before the next frame begins, so the samples mix in place.
            if let Some(to) = samples.get_mut(frame * 2..frame * 2 + 2) {
                to.copy_from_slice(&[left as f32, right as f32]);
            }
        }
        samples.truncate(frames * 2);
    }
}

/// Cosine and sine of 22.5 degrees: constant power, half-way between a side and the centre.
const HALF_WAY: (f64, f64) = (0.923_879_532_511_286_7, 0.382_683_432_365_089_8);

fn factors(speaker: Speaker) -> Option<(f64, f64)> {
    const THREE_DB: f64 = FRAC_1_SQRT_2;
    Some(match speaker {
        Speaker::FrontLeft => (1.0, 0.0),
        Speaker::FrontRight => (0.0, 1.0),
        Speaker::FrontCentre => (THREE_DB, THREE_DB),
        Speaker::BackLeft | Speaker::SideLeft => (THREE_DB, 0.0),
        Speaker::BackRight | Speaker::SideRight => (0.0, THREE_DB),
        Speaker::BackCentre => (0.5, 0.5),
        Speaker::LeftOfCentre => HALF_WAY,
        Speaker::RightOfCentre => (HALF_WAY.1, HALF_WAY.0),
        Speaker::LowFrequency => (0.0, 0.0),
        Speaker::Elsewhere => return None,
    })
}
