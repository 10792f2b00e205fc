//! The last pass: limit, quantise, encode, and measure exactly what is written.

use super::limiting::{Limiting, Reductions};
use super::settings::{Bits, Settings};
use crate::control::Progress;
use crate::decode::{Place, Tags};
use crate::encode::{Encoder, Samples, Shape};
use crate::meter::{Measurement, Meter, amplitude};
use crate::overview::Overview;
use crate::stage::dither::Quantiser;
use crate::{Result, Stage, WriteSeek};

/// What was written.
pub(crate) struct Written {
    pub measured: Measurement,
    pub overview: Overview,
    pub reductions: Reductions,
    pub size_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub gain_db: f64,
    pub ceiling_db: f64,
}

pub(crate) fn write(
    limiting: &mut Limiting,
    level: Level,
    settings: &Settings,
    shape: Shape,
    tags: &Tags,
    mut overview: Overview,
    out: &mut dyn WriteSeek,
    progress: &mut Progress<'_>,
    share: (f32, f32),
) -> Result<Written> {
    progress.enter(Stage::Encode, share.0, share.1)?;
    let mut encoder = Encoder::begin(out, settings, shape, tags)?;
    let places = vec![Place::Front; usize::from(shape.channels)];
    let mut meter = Meter::new(shape.sample_rate_hz, &places);
    let mut quantiser = Quantiser::new(shape.bits, settings.seed);
    let mut integers = Vec::new();
    let reductions = limiting.run(
        amplitude(level.gain_db),
        amplitude(level.ceiling_db),
        progress,
        |block| {
            if shape.bits == Bits::F32 {
                encoder.write(&Samples::Floats(block))?;
            } else {
                quantiser.quantise(block, &mut integers);
                encoder.write(&Samples::Integers(&integers))?;
            }
            meter.push(block);
            overview.push(block);
            Ok(())
        },
    )?;
    let size_bytes = encoder.finish()?;
    progress.enter(Stage::Verify, share.1, 1.0)?;
    Ok(Written {
        measured: meter.finish(),
        overview,
        reductions,
        size_bytes,
    })
}
