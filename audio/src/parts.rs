//! The stages one by one, for the benchmarks. No part of the interface: it changes with them.

use std::hint::black_box;
use std::io::Cursor;

use crate::Result;
use crate::decode::{Place, Tags};
use crate::encode::{Encoder, Samples, Shape};
use crate::kernel;
use crate::master::{Bits, Format, OutputKind};
use crate::meter::loudness::Loudness;
use crate::meter::planes::Planes;
use crate::meter::spectrum::Spectrum;
use crate::meter::stereo::Stereo;
use crate::meter::ticks::Grid;
use crate::meter::true_peak::Scanner;
use crate::stage::chain::Processor;
use crate::stage::convolver::{Convolver, Response};
use crate::stage::dither::Quantiser;
use crate::stage::filter::Phase;
use crate::stage::limiter::Limiter;
use crate::stage::low_mono::{LowMono, LowMonoer};
use crate::stage::saturation::{Saturation, Saturator};

/// The sample rate of the benchmarks' music in hertz.
pub const SAMPLE_RATE_HZ: u32 = 44_100;
const CHANNELS: usize = 2;

/// A stage that is run over interleaved stereo.
pub type Part = fn(&[f32]);

/// Every stage that takes samples, by name.
pub const PARTS: [(&str, Part); 10] = [
    ("loudness", loudness),
    ("true peak", true_peak),
    ("spectrum", spectrum),
    ("peak, RMS and correlation", stereo),
    ("limiter, search", limiter_search),
    ("limiter, gain", limiter_gain),
    ("linear-phase filter", linear_phase),
    ("mono bass", low_mono),
    ("saturation", saturation),
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
    let impulse = Phase::Linear.impulse(SAMPLE_RATE_HZ, tilt);
    let mut filter = Convolver::new(CHANNELS, &[Response::All(&impulse)]);
    let mut take = |_: &[f32], wet: &[Vec<f32>]| {
        black_box(wet);
    };
    filter.push(samples, &mut take);
    filter.finish(&mut take);
}

fn low_mono(samples: &[f32]) {
    let settings = LowMono {
        below_hz: 120.0,
        amount: 1.0,
    };
    through(LowMonoer::new(settings, SAMPLE_RATE_HZ), samples);
}

fn saturation(samples: &[f32]) {
    let settings = Saturation {
        ceiling_db: -6.0,
        knee_db: 3.0,
        amount: 1.0,
    };
    through(Saturator::new(settings, CHANNELS), samples);
}

fn through(mut stage: impl Processor, samples: &[f32]) {
    let mut output = Vec::new();
    stage.push(samples, &mut output);
    stage.finish(&mut output);
    black_box(output);
}

fn dither(samples: &[f32]) {
    let (mut samples, mut integers) = (samples.to_vec(), Vec::new());
    let kind = OutputKind::new(Format::Wav, Bits::B16);
    if let Ok(mut quantiser) = Quantiser::new(kind, 1, SAMPLE_RATE_HZ, CHANNELS) {
        quantiser.quantise(&mut samples, &mut integers);
    }
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
        let kind = OutputKind::new(format, bits);
        Quantiser::new(kind, 1, SAMPLE_RATE_HZ, CHANNELS)?.quantise(&mut samples, &mut integers);
        encoder.write(&Samples::Integers(&integers))?;
    }
    encoder.finish()?;
    Ok(out.into_inner())
}
