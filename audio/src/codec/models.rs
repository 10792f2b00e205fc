//! What each codec does to a signal, as figures measured on real encoders.
//!
//! The encoders were those of `ffmpeg` 5.1: its own AAC, libmp3lame, libvorbis at qualities 2, 5
//! and 9 (the 96, 160 and 320 kb/s of a streaming service) and libopus, each at its defaults.
//! Others behave otherwise, most of all in AAC: `ffmpeg`'s own runs out of bits in single frames,
//! which raises the peak by up to 4 dB where one would expect 1.
//!
//! The noise in each band is the mean over six masters; the two lines of each codec are quantile
//! regressions over 78 masters of 41 songs at -6 to -14 LUFS under -1 dBTP, a third of them hard
//! clipped. AAC has one safe line for both bit rates, so that the lower never looks the safer.

/// Frequency bands in which the noise of codecs is described.
pub(super) const BANDS: usize = 31;

/// Lower edges of the bands in hertz, about the critical bands of hearing; the last one is open.
pub(super) const BAND_EDGES_HZ: [f64; BANDS] = [
    0.0, 100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1_080.0, 1_270.0, 1_480.0,
    1_720.0, 2_000.0, 2_320.0, 2_700.0, 3_150.0, 3_700.0, 4_400.0, 5_300.0, 6_400.0, 7_700.0,
    9_500.0, 12_000.0, 13_500.0, 15_500.0, 16_000.0, 17_000.0, 18_000.0, 19_000.0, 20_000.0,
];

/// One codec at one bit rate.
pub(super) struct Model {
    pub(super) codec: &'static str,
    pub(super) bitrate_kbps: u32,
    /// Nothing above this frequency is kept.
    pub(super) cut_off_hz: f64,
    /// What the encoder multiplies every sample by before it begins.
    pub(super) gain: f64,
    /// Whether it begins with a high pass at 3 Hz.
    pub(super) removes_drift: bool,
    /// Noise in each band, in decibels relative to the signal in the band.
    pub(super) noise_db: [i8; BANDS],
    /// The likely overshoot, as an offset in decibels and a share of what the noise alone would
    /// make: the median of what was measured.
    pub(super) likely: (f64, f64),
    /// The same for the 96th percentile, so that 95 % hold for songs that were not measured.
    pub(super) worst: (f64, f64),
    /// Change of the integrated loudness beside what the cut-off takes, in LU.
    pub(super) loudness_change_lu: f64,
}

pub(super) const MODELS: [Model; 8] = [
    Model {
        codec: "AAC",
        bitrate_kbps: 128,
        cut_off_hz: 16_000.0,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -29, -27, -28, -25, -23, -23, -22, -23, -21, -21, -19, -19, -19, -18, -17, -15, -15,
            -12, -10, -7, -6, -5, -4, -4, -4, -4, -3, -1, 0, 0, 0,
        ],
        likely: (0.37, 0.84),
        worst: (2.14, 1.14),
        loudness_change_lu: -0.05,
    },
    Model {
        codec: "AAC",
        bitrate_kbps: 256,
        cut_off_hz: 20_000.0,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -42, -39, -39, -37, -36, -36, -34, -34, -33, -34, -30, -31, -30, -29, -28, -25, -25,
            -22, -19, -16, -15, -13, -12, -12, -12, -11, -11, -10, -8, -7, -7,
        ],
        likely: (0.24, 0.48),
        worst: (2.14, 1.14),
        loudness_change_lu: -0.02,
    },
    Model {
        codec: "MP3",
        bitrate_kbps: 128,
        cut_off_hz: 17_000.0,
        gain: 0.95,
        removes_drift: false,
        noise_db: [
            -31, -30, -30, -28, -27, -28, -26, -26, -23, -24, -21, -20, -19, -17, -17, -14, -13,
            -11, -10, -9, -7, -6, -4, -4, -5, -4, -1, 0, 0, 0, 0,
        ],
        likely: (-0.01, 0.75),
        worst: (0.27, 0.93),
        loudness_change_lu: -0.44,
    },
    Model {
        codec: "MP3",
        bitrate_kbps: 320,
        cut_off_hz: f64::INFINITY,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -50, -48, -49, -47, -45, -46, -44, -44, -41, -42, -38, -38, -37, -35, -34, -31, -30,
            -27, -25, -23, -21, -19, -18, -17, -18, -16, -11, -9, -6, -5, 0,
        ],
        likely: (0.02, 0.71),
        worst: (0.20, 0.71),
        loudness_change_lu: 0.00,
    },
    Model {
        codec: "Vorbis",
        bitrate_kbps: 96,
        cut_off_hz: 18_000.0,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -23, -22, -24, -23, -21, -22, -20, -20, -16, -16, -12, -13, -12, -11, -12, -10, -11,
            -9, -9, -8, -6, -6, -5, -6, -5, -4, -2, 0, 0, 0, 0,
        ],
        likely: (0.20, 0.61),
        worst: (0.37, 0.95),
        loudness_change_lu: -0.08,
    },
    Model {
        codec: "Vorbis",
        bitrate_kbps: 160,
        cut_off_hz: 20_000.0,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -28, -28, -29, -28, -27, -28, -26, -26, -22, -23, -18, -19, -18, -16, -17, -15, -16,
            -13, -14, -13, -12, -11, -9, -8, -8, -9, -8, -7, -5, -2, -1,
        ],
        likely: (0.26, 0.30),
        worst: (0.26, 1.12),
        loudness_change_lu: -0.02,
    },
    Model {
        codec: "Vorbis",
        bitrate_kbps: 320,
        cut_off_hz: f64::INFINITY,
        gain: 1.0,
        removes_drift: false,
        noise_db: [
            -35, -36, -36, -35, -33, -33, -32, -34, -30, -32, -29, -30, -30, -29, -29, -28, -28,
            -26, -26, -24, -22, -21, -19, -19, -18, -18, -17, -17, -14, -10, -6,
        ],
        likely: (0.04, 0.69),
        worst: (0.04, 1.17),
        loudness_change_lu: 0.04,
    },
    Model {
        codec: "Opus",
        bitrate_kbps: 128,
        cut_off_hz: 20_000.0,
        gain: 1.0,
        removes_drift: true,
        noise_db: [
            -26, -25, -25, -23, -23, -23, -23, -23, -20, -22, -20, -20, -19, -18, -18, -17, -16,
            -14, -14, -12, -11, -11, -10, -8, -7, -4, -3, -2, 0, 0, 0,
        ],
        likely: (0.00, 0.98),
        worst: (0.08, 1.60),
        loudness_change_lu: 0.00,
    },
];

impl Model {
    /// Deviation of the noise on a signal of these powers in the bands.
    pub(super) fn noise(&self, power: &[f64; BANDS]) -> f64 {
        self.kept(power)
            .map(|(power, noise_db)| power * 10.0_f64.powf(f64::from(noise_db) / 10.0))
            .sum::<f64>()
            .sqrt()
    }

    /// The powers of the bands under the cut-off, each with its noise.
    pub(super) fn kept(&self, power: &[f64; BANDS]) -> impl Iterator<Item = (f64, i8)> {
        power
            .iter()
            .zip(self.noise_db)
            .zip(BAND_EDGES_HZ)
            .filter(|(_, edge)| *edge < self.cut_off_hz)
            .map(|((power, noise_db), _)| (*power, noise_db))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_bit_rate_of_a_codec_never_makes_less_noise() {
        for (one, other) in MODELS.iter().zip(MODELS.iter().skip(1)) {
            if one.codec == other.codec {
                assert!(one.bitrate_kbps < other.bitrate_kbps);
                assert!(one.cut_off_hz <= other.cut_off_hz);
                for (one, other) in one.noise_db.iter().zip(other.noise_db) {
                    assert!(*one >= other);
                }
            }
        }
    }

    #[test]
    fn the_safe_figure_is_never_below_the_likely_one() {
        for model in &MODELS {
            for noise_alone in [0.0, 0.5, 1.0, 3.0, 6.0] {
                let at = |(offset, share): (f64, f64)| offset + share * noise_alone;
                assert!(at(model.worst) >= at(model.likely), "{}", model.codec);
            }
        }
    }
}
