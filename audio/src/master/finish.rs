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

/// Gain in front of the limiter, and the ceiling that the limiter works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub gain_db: f64,
    pub ceiling_db: f64,
}

/// What to write.
pub(crate) struct Master<'a> {
    pub level: Level,
    pub settings: &'a Settings,
    pub form: Shape,
    pub tags: &'a Tags,
    /// An empty overview on the time grid of the source's.
    pub overview: Overview,
}

pub(crate) fn write(
    limiting: &mut Limiting,
    master: Master<'_>,
    out: &mut dyn WriteSeek,
    progress: &mut Progress<'_>,
    (from, to): (f32, f32),
) -> Result<Written> {
    let Master {
        level,
        settings,
        form,
        tags,
        mut overview,
    } = master;
    progress.enter(Stage::Encode, from, to)?;
    let mut encoder = Encoder::begin(out, settings, form, tags)?;
    let places = vec![Place::Front; usize::from(form.channels)];
    let mut meter = Meter::new(form.sample_rate_hz, &places);
    let mut quantiser = Quantiser::new(form.bits, settings.seed);
    let mut integers = Vec::new();
    let reductions = limiting.run(
        amplitude(level.gain_db),
        amplitude(level.ceiling_db),
        progress,
        |block| {
            if form.bits == Bits::F32 {
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
    progress.enter(Stage::Verify, to, 1.0)?;
    Ok(Written {
        measured: meter.finish(),
        overview,
        reductions,
        size_bytes,
    })
}
