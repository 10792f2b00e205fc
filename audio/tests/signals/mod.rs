//! Synthesised signals, and a second meter to compare with.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "support for tests: a panic here is a failed test"
)]
#![expect(dead_code, reason = "each test binary uses its own part of this")]

use std::f64::consts::PI;
use std::io::Cursor;

use audio::decode::Place;
use audio::master::{
    Bits, Format, Loudness, OutputKind, Reference, Settings, Shaping, Target, Tone,
};
use audio::meter::Meter;
use audio::{
    Control, Destination, Measurement, Preset, ReadSeek, Report, Scratch, Unwatched, WriteSeek,
    preset,
};

/// Amplitude of a level in dBFS.
pub fn amplitude(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// A 1 kHz sine in pieces of seconds and dBFS (peak), phase-continuous, one channel.
pub fn tone(rate: u32, pieces: &[(f64, f64)]) -> Vec<f32> {
    let mut samples = Vec::new();
    let mut end = 0.0;
    for (seconds, level) in pieces {
        end += seconds;
        let until = (end * f64::from(rate)).round() as usize;
        let gain = if *level < -150.0 {
            0.0
        } else {
            amplitude(*level)
        };
        while samples.len() < until {
            let t = samples.len() as f64 / f64::from(rate);
            samples.push((gain * (2.0 * PI * 1_000.0 * t).sin()) as f32);
        }
    }
    samples
}

/// The same samples on both channels.
pub fn stereo(mono: &[f32]) -> Vec<f32> {
    mono.iter().flat_map(|sample| [*sample, *sample]).collect()
}

/// Measures interleaved samples with the meter under test.
pub fn measure(rate: u32, places: &[Place], samples: &[f32]) -> Measurement {
    let mut meter = Meter::new(rate, places);
    for block in samples.chunks(places.len() * 1_500) {
        meter.push(block);
    }
    meter.finish()
}

pub fn measure_stereo(rate: u32, mono: &[f32]) -> Measurement {
    measure(rate, &[Place::Front; 2], &stereo(mono))
}

/// Something like music: a beat of decaying bursts over tones that move, different left and
/// right, seeded.
pub fn music(rate: u32, seconds: f64, gain: f64, seed: u64) -> Vec<f32> {
    let frames = (seconds * f64::from(rate)) as usize;
    let mut state = seed;
    let mut noise = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    };
    let mut samples = Vec::with_capacity(frames * 2);
    let mut before = 0.0;
    for n in 0..frames {
        let t = n as f64 / f64::from(rate);
        let beat = (t * 2.0).fract();
        // The mean of two neighbours fades towards half the sample rate, as recordings do.
        let now = noise();
        let drum = (-beat * 18.0).exp() * (now + before) * 0.2;
        before = now;
        let kick = (-beat * 9.0).exp() * (2.0 * PI * 55.0 * t).sin() * 0.35;
        let swell = 0.6 + 0.4 * (2.0 * PI * 0.11 * t).sin();
        let chord = [220.0, 277.2, 329.6, 1_318.5]
            .iter()
            .map(|hz| (2.0 * PI * hz * t).sin())
            .sum::<f64>()
            * 0.12
            * swell;
        samples.push((gain * (drum + kick + chord)) as f32);
        samples.push((gain * (drum * 0.8 + kick + chord * 0.7)) as f32);
    }
    samples
}

/// A WAV file of 32-bit floats.
pub fn wav(rate: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let data = samples.len() as u32 * 4;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&3_u16.to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(rate * u32::from(channels) * 4).to_le_bytes());
    file.extend_from_slice(&(channels * 4).to_le_bytes());
    file.extend_from_slice(&32_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

pub fn open(file: Vec<u8>) -> audio::Result<audio::Source> {
    audio::Source::open(Box::new(Cursor::new(file)), None, &audio::Limits::default())
}

/// Opens and decodes to the end.
pub fn decode(file: Vec<u8>) -> audio::Result<(audio::Source, Vec<f32>)> {
    let mut source = open(file)?;
    let mut samples = Vec::new();
    let mut block = Vec::new();
    while source.next_block(&mut block)?.is_some() {
        samples.extend_from_slice(&block);
    }
    Ok((source, samples))
}

/// The rest of an open source.
pub fn read(mut source: audio::Source) -> Vec<f32> {
    let mut samples = Vec::new();
    let mut block = Vec::new();
    while let Some(frames) = source.next_block(&mut block).unwrap() {
        assert_eq!(block.len(), frames * usize::from(source.info().channels));
        samples.extend_from_slice(&block);
    }
    samples
}

/// A built-in preset.
pub fn preset(name: &str) -> Shaping {
    Shaping::Preset(Box::new(Preset::built_in(name).unwrap()))
}

pub fn settings(lufs: f64, ceiling: f64, format: Format, bits: Bits) -> Settings {
    Settings {
        target: Target {
            name: "custom".to_owned(),
            loudness: Loudness::Lufs(lufs),
            ceiling_dbtp: ceiling,
            codec_safe: false,
        },
        shaping: preset(preset::DEFAULT),
        tone: Tone::default(),
        outputs: vec![OutputKind::new(format, bits)],
        album: None,
        seed: 7,
    }
}

/// A file in memory.
#[derive(Debug, Default)]
pub struct Memory(pub Cursor<Vec<u8>>);

impl Destination for Memory {
    fn writer(&mut self) -> std::io::Result<Box<dyn WriteSeek + '_>> {
        self.0 = Cursor::default();
        Ok(Box::new(&mut self.0))
    }

    fn reader(&mut self) -> std::io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(Cursor::new(self.0.get_ref().clone())))
    }
}

/// Masters a file in memory.
pub fn master(file: Vec<u8>, settings: &Settings) -> audio::Result<(Report, Vec<u8>)> {
    let (report, mut files) = master_with(file, Vec::new(), settings, &mut Unwatched)?;
    Ok((report, files.remove(0)))
}

/// Masters a file in memory with references of weight 1, to all outputs.
pub fn master_with(
    file: Vec<u8>,
    references: Vec<Vec<u8>>,
    settings: &Settings,
    control: &mut dyn Control,
) -> audio::Result<(Report, Vec<Vec<u8>>)> {
    let mut files: Vec<Memory> = settings.outputs.iter().map(|_| Memory::default()).collect();
    let mut destinations: Vec<&mut dyn Destination> = files
        .iter_mut()
        .map(|file| -> &mut dyn Destination { file })
        .collect();
    let references = references
        .into_iter()
        .map(|reference| {
            Ok(Reference {
                source: open(reference)?,
                weight: 1.0,
            })
        })
        .collect::<audio::Result<_>>()?;
    let report = audio::master::master(
        open(file)?,
        references,
        settings,
        &mut || -> std::io::Result<Box<dyn Scratch>> { Ok(Box::new(Cursor::new(Vec::new()))) },
        &mut destinations,
        control,
    )?;
    let files = files.into_iter().map(|file| file.0.into_inner()).collect();
    Ok((report, files))
}

/// Scale-invariant signal to distortion ratio in dB: how much of `made` is a constant gain of
/// `original`.
pub fn si_sdr(original: &[f32], made: &[f32]) -> f64 {
    let dot = |one: &[f32], two: &[f32]| -> f64 {
        one.iter()
            .zip(two)
            .map(|(one, two)| f64::from(*one) * f64::from(*two))
            .sum()
    };
    let gain = dot(original, made) / dot(original, original);
    let explained = gain * gain * dot(original, original);
    10.0 * (explained / (dot(made, made) - explained)).log10()
}

/// What a gain that is smoothed over 20 ms can't explain, in dB of the whole; stereo.
pub fn residual_db(rate: u32, original: &[f32], made: &[f32]) -> f64 {
    let window = (rate / 50) as usize;
    let weights: Vec<f64> = (0..window)
        .map(|n| 0.5 - 0.5 * (2.0 * PI * (n as f64 + 0.5) / window as f64).cos())
        .collect();
    let products: Vec<(f64, f64)> = original
        .chunks(2)
        .zip(made.chunks(2))
        .map(|(one, two)| {
            let dot = |one: &[f32], two: &[f32]| f64::from(one[0] * two[0] + one[1] * two[1]);
            (dot(one, two), dot(one, one))
        })
        .collect();
    let (mut left, mut whole) = (0.0, 0.0);
    for n in 0..products.len() {
        let from = n.saturating_sub(window / 2);
        let to = products.len().min(n + window / 2);
        let weights = &weights[from + window / 2 - n..];
        let (mut top, mut bottom) = (0.0, 1e-12);
        for ((product, square), weight) in products[from..to].iter().zip(weights) {
            top += product * weight;
            bottom += square * weight;
        }
        for side in 0..2 {
            let made = f64::from(made[n * 2 + side]);
            left += (made - top / bottom * f64::from(original[n * 2 + side])).powi(2);
            whole += made * made;
        }
    }
    10.0 * (left / whole).log10()
}

/// Integrated loudness by an independent meter.
pub fn independent_lufs(rate: u32, channels: u32, samples: &[f32]) -> f64 {
    let mut meter = ebur128::EbuR128::new(channels, rate, ebur128::Mode::I).unwrap();
    meter.add_frames_f32(samples).unwrap();
    meter.loudness_global().unwrap()
}

/// Highest momentary loudness by an independent meter, asked every 10 ms.
pub fn independent_max_momentary(rate: u32, channels: u32, samples: &[f32]) -> f64 {
    let mut meter = ebur128::EbuR128::new(channels, rate, ebur128::Mode::M).unwrap();
    let hop = (rate / 100 * channels) as usize;
    let mut highest = f64::NEG_INFINITY;
    for block in samples.chunks(hop) {
        meter.add_frames_f32(block).unwrap();
        highest = highest.max(meter.loudness_momentary().unwrap());
    }
    highest
}

/// True peak in dBTP by brute force: 16 times, 512 taps, double precision.
pub fn reference_peak(samples: &[f32]) -> f64 {
    const HALF: i64 = 256;
    let mut peak = 0.0_f64;
    let length = samples.len() as i64;
    let loudest = samples
        .iter()
        .fold(0.0_f32, |most, sample| most.max(sample.abs()));
    for phase in 0..16 {
        let offset = f64::from(phase) / 16.0;
        let taps: Vec<f64> = (-HALF + 1..=HALF)
            .map(|tap| {
                let x = tap as f64 - offset;
                let sinc = if x.abs() < 1e-12 {
                    1.0
                } else {
                    (PI * x).sin() / (PI * x)
                };
                let w = x / HALF as f64;
                sinc * (0.42 + 0.5 * (PI * w).cos() + 0.08 * (2.0 * PI * w).cos())
            })
            .collect();
        for n in -HALF..length + HALF {
            // Only the neighbourhood of loud samples can hold the peak of these signals.
            let near = (n.max(0) as usize).min(samples.len())
                ..((n + 2).max(0) as usize).min(samples.len());
            if samples[near]
                .iter()
                .all(|sample| sample.abs() < loudest * 0.4)
            {
                continue;
            }
            let sum: f64 = taps
                .iter()
                .enumerate()
                .map(|(index, tap)| {
                    let at = n + index as i64 - HALF + 1;
                    if (0..length).contains(&at) {
                        tap * f64::from(samples[at as usize])
                    } else {
                        0.0
                    }
                })
                .sum();
            peak = peak.max(sum.abs());
        }
    }
    20.0 * peak.log10()
}
