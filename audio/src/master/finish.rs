//! The last passes: gain and limiter, quantising and encoding; then the file is decoded again,
//! held against what was meant to be in it, and measured.

use super::level::Level;
use super::settings::Bits;
use super::store::{BLOCK_FRAMES, Store};
use crate::control::Progress;
use crate::decode::{Source, Tags};
use crate::encode::{Encoder, Samples, Shape};
use crate::meter::hops::Hops;
use crate::meter::{Measurement, Meter, amplitude};
use crate::overview::Overview;
use crate::stage::dither::Quantiser;
use crate::{AudioError, Destination, Limits, Result, Stage};

/// What a written file was found to hold.
pub(crate) struct Written {
    pub(crate) measured: Measurement,
    pub(crate) hops: Hops,
    pub(crate) overview: Overview,
    pub(crate) size_bytes: u64,
}

/// What to write.
#[derive(Clone, Copy)]
pub(crate) struct Master<'a> {
    pub(crate) level: &'a Level,
    pub(crate) seed: u64,
    pub(crate) form: Shape,
    pub(crate) tags: &'a Tags,
    /// Whose time grid the overview takes.
    pub(crate) overview: &'a Overview,
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
    let (meant, size_bytes) = encode(audio, master, file, progress)?;
    progress.enter(Stage::Verify, middle, to)?;
    verify(master, file, meant, size_bytes, progress)
}

fn encode(
    audio: &mut Store,
    master: Master<'_>,
    file: &mut dyn Destination,
    progress: &mut Progress<'_>,
) -> Result<(Checksum, u64)> {
    let Master { level, form, .. } = master;
    let mut out = file.writer()?;
    let mut encoder = Encoder::begin(&mut *out, form, master.tags)?;
    let mut quantiser = Quantiser::new(form.bits, master.seed);
    let mut checksum = Checksum::new();
    let (mut block, mut integers) = (Vec::new(), Vec::new());
    let channels = usize::from(form.channels);
    let gain = amplitude(level.gain_db);
    let mut frame = 0_u64;
    audio.rewind()?;
    loop {
        audio.read(BLOCK_FRAMES * channels, &mut block)?;
        if block.is_empty() {
            break;
        }
        level.limiter.apply(&mut block, channels, frame, gain);
        if form.bits == Bits::F32 {
            encoder.write(&Samples::Floats(&block))?;
        } else {
            quantiser.quantise(&mut block, &mut integers);
            encoder.write(&Samples::Integers(&integers))?;
        }
        checksum.push(&block);
        frame += (block.len() / channels) as u64;
        progress.at(frame as f64 / form.frames as f64)?;
    }
    Ok((checksum, encoder.finish()?))
}

fn verify(
    master: Master<'_>,
    file: &mut dyn Destination,
    meant: Checksum,
    size_bytes: u64,
    progress: &mut Progress<'_>,
) -> Result<Written> {
    let Master { form, overview, .. } = master;
    let wrong = |what: &str| AudioError::Internal(format!("the written file {what}"));
    let mut source = Source::open(
        file.reader()?,
        Some(form.format.as_str()),
        &Limits::unbounded(),
    )?;
    let info = source.info();
    if info.sample_rate_hz != form.sample_rate_hz || info.channels != form.channels {
        return Err(wrong("says another sample rate or number of channels"));
    }
    let mut meter = Meter::new(form.sample_rate_hz, source.places());
    let mut overview = Overview::like(overview);
    let mut found = Checksum::new();
    let mut block = Vec::new();
    let mut frames = 0_u64;
    while let Some(count) = source.next_block(&mut block)? {
        meter.push(&block);
        overview.push(&block);
        found.push(&block);
        frames += count as u64;
        progress.at(frames as f64 / form.frames as f64)?;
    }
    if frames != form.frames {
        return Err(wrong("has another length than was meant"));
    }
    if found != meant {
        return Err(wrong("decodes to other samples than were meant"));
    }
    let measured = meter.finish_all();
    Ok(Written {
        measured: measured.figures,
        hops: measured.hops,
        overview,
        size_bytes,
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
