//! Music made for tests: chords and drums, the same bytes for the same seed.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times, levels and lengths here are small and positive, or meant to be cut to 16 bits"
)]

use std::f64::consts::TAU;

use crate::dice::Dice;

/// Length of the loop that a piece is made of, seconds: two bars at 120 beats a minute.
const LOOP_SECONDS: f64 = 4.0;
const BEAT_SECONDS: f64 = 0.5;

/// A piece of music in stereo.
#[derive(Debug, Clone, Copy)]
pub struct Music {
    /// Its length, seconds.
    pub seconds: f64,
    /// Its sample rate, Hz.
    pub rate_hz: u32,
    /// Decides its notes and its noise.
    pub seed: u64,
}

impl Music {
    /// Music of a length at 44.1 kHz.
    pub fn of_seconds(seconds: f64) -> Self {
        Self {
            seconds,
            rate_hz: 44_100,
            seed: 1,
        }
    }

    /// The same with other notes.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The piece as a 16-bit WAV file.
    pub fn wav(self) -> Vec<u8> {
        let (bars, mut dice) = (self.bars(), Dice(self.seed ^ 0x5eed));
        let frames = (self.seconds * f64::from(self.rate_hz)) as usize;
        let mut samples = Vec::with_capacity(frames * 2);
        while samples.len() < frames * 2 {
            // Verses and choruses: no two loops are equally loud.
            let gain = 0.5 + 0.5 * dice.unit();
            samples.extend(bars.iter().map(|sample| (sample * gain * 32_767.0) as i16));
        }
        samples.truncate(frames * 2);
        wav_16(self.rate_hz, 2, &samples)
    }

    /// The loop, interleaved, within about ±0.6.
    fn bars(self) -> Vec<f64> {
        let rate = f64::from(self.rate_hz);
        let frames = (LOOP_SECONDS * rate) as usize;
        let mut dice = Dice(self.seed);
        let mut bars = vec![0.0; frames * 2];
        let root = 110.0 * 2_f64.powf((dice.unit() * 12.0).floor() / 12.0);
        for (semitone, pan) in [(0.0, 0.5), (3.0, 0.2), (7.0, 0.8), (12.0, 0.4)] {
            let note = root * 2_f64.powf(semitone / 12.0);
            for harmonic in 1..=5_u32 {
                let level = 0.07 / f64::from(harmonic);
                let tone = Tone::new(note * f64::from(harmonic), rate, dice.unit());
                for (frame, sample) in bars.as_chunks_mut::<2>().0.iter_mut().zip(tone) {
                    frame[0] += sample * level * (1.0 - pan);
                    frame[1] += sample * level * pan;
                }
            }
        }
        for beat in 0..(LOOP_SECONDS / BEAT_SECONDS) as usize {
            let start = (beat as f64 * BEAT_SECONDS * rate) as usize;
            let frames = bars.as_chunks_mut::<2>().0.iter_mut().skip(start);
            for (n, frame) in frames.take((0.25 * rate) as usize).enumerate() {
                let t = n as f64 / rate;
                let kick = (TAU * (45.0 * t - 3.0 * (-25.0 * t).exp())).sin() * (-14.0 * t).exp();
                let snare = (dice.unit() - 0.5) * (-30.0 * t).exp();
                let drum = if beat % 2 == 0 {
                    kick * 0.35
                } else {
                    snare * 0.5
                };
                frame[0] += drum;
                frame[1] += drum;
            }
        }
        bars
    }
}

/// A sine by rotation: one multiplication of complex numbers a sample.
struct Tone {
    at: (f64, f64),
    by: (f64, f64),
}

impl Tone {
    fn new(hz: f64, rate_hz: f64, turn: f64) -> Self {
        let (sin, cos) = (TAU * turn).sin_cos();
        let (by_sin, by_cos) = (TAU * hz / rate_hz).sin_cos();
        Self {
            at: (cos, sin),
            by: (by_cos, by_sin),
        }
    }
}

impl Iterator for Tone {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let ((re, im), (cos, sin)) = (self.at, self.by);
        self.at = (re * cos - im * sin, re * sin + im * cos);
        Some(im)
    }
}

/// A 16-bit WAV file of interleaved samples.
pub fn wav_16(rate_hz: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let shape = WavShape {
        codec: 1,
        channels,
        rate_hz,
        bits: 16,
    };
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    wav(shape, &bytes, bytes.len() as u32)
}

/// What the header of a WAV file tells of its samples.
#[derive(Debug, Clone, Copy)]
pub struct WavShape {
    /// 1: whole numbers, 3: floats.
    pub codec: u16,
    /// Samples a frame.
    pub channels: u16,
    /// Frames a second.
    pub rate_hz: u32,
    /// Bits a sample.
    pub bits: u16,
}

/// A WAV file of these samples, with the size of its data as it is `declared`.
pub fn wav(shape: WavShape, samples: &[u8], declared: u32) -> Vec<u8> {
    let frame_bytes = shape.channels * shape.bits / 8;
    let mut file = Vec::with_capacity(44 + samples.len());
    file.extend(b"RIFF");
    file.extend(declared.saturating_add(36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(shape.codec.to_le_bytes());
    file.extend(shape.channels.to_le_bytes());
    file.extend(shape.rate_hz.to_le_bytes());
    file.extend((shape.rate_hz * u32::from(frame_bytes)).to_le_bytes());
    file.extend(frame_bytes.to_le_bytes());
    file.extend(shape.bits.to_le_bytes());
    file.extend(b"data");
    file.extend(declared.to_le_bytes());
    file.extend(samples);
    file
}

/// Digital silence in stereo at 44.1 kHz, as a 16-bit WAV file.
pub fn silence(seconds: f64) -> Vec<u8> {
    wav_16(44_100, 2, &vec![0; (seconds * 44_100.0) as usize * 2])
}
