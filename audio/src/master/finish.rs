//! The last passes: gain and limiter, quantising and encoding; then the file is decoded again,
//! held against what was meant to be in it, and measured.

use super::intake::Track;
use super::level::Level;
use super::outgoing::{Outgoing, Part};
use super::output::{Bits, OutputKind};
use super::store::Store;
use crate::codec::{self, Candidates, Prediction};
use crate::control::Progress;
use crate::decode::Source;
use crate::encode::{Encoder, Samples, Shape};
use crate::meter::hops::Hops;
use crate::meter::{Measurement, Meter};
use crate::overview::Overview;
use crate::stage::dither::Quantiser;
use crate::{AudioError, Destination, Limits, Result, Stage};

/// What a written file was found to hold.
pub(crate) struct Written {
    pub(crate) form: Shape,
    /// The frame of the track that it begins with.
    pub(crate) start: u64,
    pub(crate) measured: Measurement,
    pub(crate) hops: Hops,
    pub(crate) overview: Overview,
    pub(crate) size_bytes: u64,
    /// What lossy codecs are expected to make of the sound that was written; empty unless asked for.
    pub(crate) codecs: Vec<Prediction>,
}

/// What to write.
#[derive(Clone, Copy)]
pub(crate) struct Master<'a> {
    pub(crate) level: &'a Level,
    pub(crate) seed: u64,
    pub(crate) kind: OutputKind,
    pub(crate) track: &'a Track,
    /// Whether to predict what lossy codecs will make of it.
    pub(crate) for_codecs: bool,
}

/// What is meant to be in a file.
struct Meant {
    form: Shape,
    checksum: Checksum,
    size_bytes: u64,
    overview: Overview,
    start: u64,
    codecs: Vec<Prediction>,
}

/// Writes one file and reads it back.
pub(crate) fn write(
    audio: &mut Store,
    master: Master<'_>,
    file: &mut dyn Destination,
    progress: &mut Progress<'_>,
    (from, to): (f32, f32),
) -> Result<Written> {
    let middle = f32::midpoint(from, to);
    progress.enter(Stage::Encode, from, middle)?;
    let meant = encode(audio, master, file, progress)?;
    progress.enter(Stage::Verify, middle, to)?;
    verify(file, meant, progress)
}

fn encode(
    audio: &mut Store,
    master: Master<'_>,
    file: &mut dyn Destination,
    progress: &mut Progress<'_>,
) -> Result<Meant> {
    let Master { kind, track, .. } = master;
    let channels = track.info.channels;
    let own_hz = track.info.sample_rate_hz;
    let sample_rate_hz = kind.sample_rate_hz.unwrap_or(own_hz);
    let part = match kind.excerpt_seconds {
        Some(seconds) => Part::loudest(&track.hops, seconds, own_hz, track.frames),
        None => Part {
            start: 0,
            frames: track.frames,
        },
    };
    let mut outgoing = Outgoing::new(
        audio,
        master.level,
        usize::from(channels),
        (part, track.frames),
        (own_hz, sample_rate_hz),
        Overview::like(&track.overview),
    )?;
    let form = Shape {
        format: kind.format,
        sample_rate_hz,
        channels,
        bits: kind.bits,
        frames: outgoing.frames(),
    };
    let mut out = file.writer()?;
    let mut encoder = Encoder::begin(&mut *out, form, &track.tags)?;
    let mut quantiser = Quantiser::new(kind, master.seed, sample_rate_hz, usize::from(channels))?;
    let mut checksum = Checksum::new();
    // On the way out: what a lossy file decodes to has been through a codec already.
    let candidates = || Candidates::new(form.sample_rate_hz, usize::from(channels));
    let mut candidates = master.for_codecs.then(candidates);
    let (mut block, mut integers) = (Vec::new(), Vec::new());
    loop {
        outgoing.next_block(&mut block)?;
        if block.is_empty() {
            break;
        }
        if form.bits == Bits::F32 {
            encoder.write(&Samples::Floats(&block))?;
        } else {
            quantiser.quantise(&mut block, &mut integers);
            encoder.write(&Samples::Integers(&integers))?;
        }
        checksum.push(&block);
        if let Some(candidates) = &mut candidates {
            candidates.push(&block);
        }
        progress.at(outgoing.share())?;
    }
    Ok(Meant {
        form,
        checksum,
        size_bytes: encoder.finish()?,
        overview: outgoing.overview,
        start: part.start,
        codecs: candidates.map(codec::predict).unwrap_or_default(),
    })
}

fn verify(
    file: &mut dyn Destination,
    meant: Meant,
    progress: &mut Progress<'_>,
) -> Result<Written> {
    let form = meant.form;
    let wrong = |what: &str| AudioError::Internal(format!("the written file {what}"));
    let extension = Some(form.format.extension());
    let mut source = Source::open(file.reader()?, extension, &Limits::unbounded())?;
    let info = source.info();
    if info.sample_rate_hz != form.sample_rate_hz || info.channels != form.channels {
        return Err(wrong("says another sample rate or number of channels"));
    }
    let mut meter = Meter::new(form.sample_rate_hz, source.places());
    let mut found = Checksum::new();
    let mut block = Vec::new();
    let mut frames = 0_u64;
    while let Some(count) = source.next_block(&mut block)? {
        meter.push(&block);
        found.push(&block);
        frames += count as u64;
        progress.at(frames as f64 / form.frames as f64)?;
    }
    if frames != form.frames {
        return Err(wrong("has another length than was meant"));
    }
    if form.format.is_lossless() && found != meant.checksum {
        return Err(wrong("decodes to other samples than were meant"));
    }
    let measured = meter.finish_all();
    Ok(Written {
        form,
        start: meant.start,
        measured: measured.figures,
        hops: measured.hops,
        overview: meant.overview,
        size_bytes: meant.size_bytes,
        codecs: meant.codecs,
    })
}

/// A checksum of samples, bit by bit (FNV-1a over 32-bit words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Checksum(u64);

impl Checksum {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn push(&mut self, samples: &[f32]) {
        for sample in samples {
            // Zero has two bit patterns, and whole numbers know only one of them.
            let bits = (sample + 0.0).to_bits();
            self.0 = (self.0 ^ u64::from(bits)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
