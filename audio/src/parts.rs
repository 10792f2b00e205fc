//! The stages one by one, for the benchmarks. No part of the interface: it changes with them.

use std::hint::black_box;
use std::io::Cursor;

use crate::Result;
use crate::decode::{Place, Tags};
use crate::encode::{Encoder, Samples, Shape};
use crate::kernel;
use crate::master::{Bits, Format};
use crate::meter::loudness::Loudness;
use crate::meter::planes::Planes;
use crate::meter::spectrum::Spectrum;
use crate::meter::stereo::Stereo;
use crate::meter::ticks::Grid;
use crate::meter::true_peak::Scanner;
use crate::stage::dither::Quantiser;
use crate::stage::fir::LinearPhase;
use crate::stage::limiter::Limiter;

/// The sample rate of the benchmarks' music in hertz.
pub const SAMPLE_RATE_HZ: u32 = 44_100;
const CHANNELS: usize = 2;

/// A stage that is run over interleaved stereo.
pub type Part = fn(&[f32]);

/// Every stage that takes samples, by name.
pub const PARTS: [(&str, Part); 8] = [
    ("loudness", loudness),
    ("true peak", true_peak),
    ("spectrum", spectrum),
    ("peak, RMS and correlation", stereo),
    ("limiter, search", limiter_search),
    ("limiter, gain", limiter_gain),
    ("linear-phase filter", linear_phase),
    ("16-bit dither", dither),
];

fn in_planes(samples: &[f32], mut take: impl FnMut(&[Vec<f32>])) {
    let mut planes = Planes::new(CHANNELS);
    let mut rest = samples;
    while !rest.is_empty() {
        rest = planes.fill(rest);
        take(planes.channels());
        planes.clear();
    }
}

fn loudness(samples: &[f32]) {
    let mut loudness = Loudness::new(SAMPLE_RATE_HZ, &[Place::Front; CHANNELS]);
    in_planes(samples, |planes| loudness.push_planes(planes));
    black_box(loudness.finish().0.integrated());
}

fn true_peak(samples: &[f32]) {
    let mut scanners = [(); CHANNELS].map(|()| Scanner::new());
    let mut highest = 0.0_f32;
    in_planes(samples, |planes| {
        for (scanner, plane) in scanners.iter_mut().zip(planes) {
            scanner.push(plane, &mut highest);
        }
    });
    black_box(highest);
}

fn spectrum(samples: &[f32]) {
    let mut spectrum = Spectrum::new(SAMPLE_RATE_HZ, CHANNELS);
    in_planes(samples, |planes| spectrum.push_planes(planes));
    black_box(spectrum.finish());
}

fn stereo(samples: &[f32]) {
    let mut stereo = Stereo::new(CHANNELS);
    in_planes(samples, |planes| stereo.push_planes(planes));
    black_box(stereo.correlation());
}

/// The limiter for peaks that are a few decibels too high.
fn limiter(samples: &[f32]) -> Limiter {
    let ticks = samples.chunks(CHANNELS * 44);
    let peaks: Vec<f32> = ticks.map(kernel::highest).collect();
    let mut limiter = Limiter::new(Grid::new(SAMPLE_RATE_HZ));
    limiter.hold(&peaks, 0.5, 10.0);
    limiter
}

/// What is done once for every gain that is tried.
fn limiter_search(samples: &[f32]) {
    black_box(limiter(samples));
}

fn limiter_gain(samples: &[f32]) {
    let mut samples = samples.to_vec();
    limiter(&samples).apply(&mut samples, CHANNELS, 0, 1.5);
    black_box(samples);
}

fn linear_phase(samples: &[f32]) {
    let tilt = |hz: f64| (hz / 1_000.0).max(0.01).log2();
    let mut filter = LinearPhase::new(SAMPLE_RATE_HZ, CHANNELS, tilt);
    let mut output = Vec::new();
    filter.push(samples, &mut output);
    filter.finish((samples.len() - output.len()) / CHANNELS, &mut output);
    black_box(output);
}

fn dither(samples: &[f32]) {
    let (mut samples, mut integers) = (samples.to_vec(), Vec::new());
    Quantiser::new(Bits::B16, 1).quantise(&mut samples, &mut integers);
    black_box(integers);
}

/// A file of the samples, interleaved stereo.
pub fn file(samples: &[f32], format: Format, bits: Bits) -> Result<Vec<u8>> {
    let shape = Shape {
        format,
        sample_rate_hz: SAMPLE_RATE_HZ,
        channels: 2,
        bits,
        frames: (samples.len() / CHANNELS) as u64,
    };
    let mut out = Cursor::new(Vec::new());
    let mut encoder = Encoder::begin(&mut out, shape, &Tags::default())?;
    if bits == Bits::F32 {
        encoder.write(&Samples::Floats(samples))?;
    } else {
        let (mut samples, mut integers) = (samples.to_vec(), Vec::new());
        Quantiser::new(bits, 1).quantise(&mut samples, &mut integers);
        encoder.write(&Samples::Integers(&integers))?;
    }
    encoder.finish()?;
    Ok(out.into_inner())
}
