//! The mastering chain: from a source to a finished file and its report.
//!
//! Passes over the track, each in blocks: decode and measure; shape (offset, balance,
//! dynamics); measure the true-peak envelope; try gains until the loudness after the limiter is
//! right; check the peaks; write, and measure what is written. Between the passes the audio
//! lies in the caller's scratch space.

mod finish;
mod gain_search;
mod intake;
mod limiting;
mod notes;
mod offset;
pub mod report;
pub mod settings;
pub(crate) mod shape;
mod store;

use serde_json::json;

pub use report::Report;
pub use settings::{Bits, Format, Settings, Target};

use crate::control::Progress;
use crate::decode::Source;
use crate::encode;
use crate::meter::{self, Measurement, amplitude, decibels};
use crate::overview::Overview;
use crate::{Control, Result, Scratch, Stage, WriteSeek};
use finish::{Level, Master, Written};
use gain_search::Search;
use intake::Track;
use limiting::Limiting;
use notes::Verdict;
use report::{Input, Output, StageReport, WaveformPair};
use shape::Plan;

/// Version of the report's shape.
const REPORT_VERSION: u32 = 1;

/// Masters a track: reads the source (and a reference, whose balance is then aimed at), writes
/// the finished file to `out`, and tells what was done.
///
/// `scratch` is called up to three times and must give empty space each time; together it holds
/// about five bytes for every byte of 16-bit audio. Nothing is written to `out` before the
/// source is decoded to its end, so a bad source leaves it empty.
///
/// # Errors
/// Whatever decoding finds; [`AudioError`](crate::AudioError) with `invalid_settings`,
/// `too_many_channels` (more than two), `cancelled`, or `io`.
pub fn master(
    source: Source,
    reference: Option<Source>,
    settings: &Settings,
    scratch: &mut dyn FnMut() -> std::io::Result<Box<dyn Scratch>>,
    out: &mut dyn WriteSeek,
    control: &mut dyn Control,
) -> Result<Report> {
    settings.check()?;
    let mut progress = Progress::new(control);
    let decoded = if reference.is_some() { 0.25 } else { 0.35 };
    let (track, audio) = intake::read(source, scratch, &mut progress, (0.0, decoded))?;
    let reference = reference
        .map(|reference| measure_reference(reference, &mut progress, (decoded, 0.35)))
        .transpose()?;
    let plan = Plan::new(&track, reference.as_ref(), &settings.target);
    let shaped = shape::shape(&track, audio, &plan, scratch, &mut progress, (0.35, 0.45))?;
    let mut stages = shaped.stages;
    let aim = Aim::new(shaped.integrated_lufs, shaped.true_peak, settings);
    let form = (
        track.info.sample_rate_hz,
        usize::from(track.info.channels),
        track.frames,
    );
    progress.enter(Stage::Limit, 0.45, 0.55)?;
    let mut limiting = Limiting::prepare(shaped.audio, form, aim.floor, scratch, &mut progress)?;
    let (level, verdict) = find_level(&mut limiting, &aim, settings, &mut progress)?;
    let master = Master {
        level,
        settings,
        form: encode::Shape {
            sample_rate_hz: track.info.sample_rate_hz,
            channels: track.info.channels,
            bits: settings.bits,
            frames: track.frames,
        },
        tags: &track.tags,
        overview: Overview::like(&track.overview),
    };
    let written = finish::write(&mut limiting, master, out, &mut progress, (0.85, 0.99))?;
    stages.extend(closing_stages(settings, level, &written));
    let report = report(&track, settings, level, verdict, stages, &written);
    progress.at(1.0)?;
    Ok(report)
}

/// What the gain search starts from.
struct Aim {
    /// Gain that would reach the target if nothing had to be limited.
    start_db: f64,
    /// Envelope values below this amplitude never need limiting; none when no peak does.
    floor: Option<f64>,
    verdict: Verdict,
}

/// Limiting takes loudness away; the search may add this much gain to make up for it.
const MOST_MAKE_UP_DB: f64 = 8.0;

impl Aim {
    fn new(loudness: Option<f64>, true_peak: f64, settings: &Settings) -> Self {
        let target = &settings.target;
        let Some(peak_db) = decibels(true_peak) else {
            return Self {
                start_db: 0.0,
                floor: None,
                verdict: Verdict::Silent,
            };
        };
        let Some(loudness) = loudness else {
            return Self {
                start_db: (target.ceiling_dbtp - peak_db).min(0.0),
                floor: None,
                verdict: Verdict::Unmeasurable,
            };
        };
        let start_db = target.integrated_lufs - loudness;
        let limited = peak_db + start_db > target.ceiling_dbtp;
        Self {
            start_db,
            floor: limited
                .then(|| amplitude(target.ceiling_dbtp - 1.0 - start_db - MOST_MAKE_UP_DB)),
            verdict: Verdict::Aimed,
        }
    }
}

fn find_level(
    limiting: &mut Limiting,
    aim: &Aim,
    settings: &Settings,
    progress: &mut Progress<'_>,
) -> Result<(Level, Verdict)> {
    if aim.floor.is_none() {
        let level = Level {
            gain_db: aim.start_db,
            ceiling_db: settings.target.ceiling_dbtp,
        };
        return Ok((level, aim.verdict));
    }
    let found = Search {
        limiting,
        target: &settings.target,
        most_gain_db: aim.start_db + MOST_MAKE_UP_DB,
        progress,
    }
    .run(aim.start_db, (0.55, 0.85))?;
    let level = Level {
        gain_db: found.gain_db,
        ceiling_db: found.ceiling_db,
    };
    let verdict = if found.stopped_by_harm {
        Verdict::Harm
    } else {
        aim.verdict
    };
    Ok((level, verdict))
}

fn measure_reference(
    reference: Source,
    progress: &mut Progress<'_>,
    share: (f32, f32),
) -> Result<Measurement> {
    progress.enter(Stage::Measure, share.0, share.1)?;
    meter::run(reference, progress)
}

fn closing_stages(settings: &Settings, level: Level, written: &Written) -> [StageReport; 2] {
    let reduction = written.reductions.summary();
    let worked = reduction.max_db > 0.0;
    let limiter = StageReport {
        stage: "limiter".to_owned(),
        applied: worked,
        summary: if worked {
            format!(
                "After {:+.1} dB of gain, peaks were held under {:.1} dBTP: {:.1} dB at most, \
                 {:.1} dB on average in the {:.0} % of the time in which it worked.",
                level.gain_db,
                settings.target.ceiling_dbtp,
                reduction.max_db,
                reduction.mean_db,
                reduction.active_percent
            )
        } else {
            format!(
                "{:+.1} dB of gain keep every peak under {:.1} dBTP, so nothing was limited.",
                level.gain_db, settings.target.ceiling_dbtp
            )
        },
        details: json!({ "gain_db": level.gain_db, "ceiling_dbtp": level.ceiling_db }),
    };
    let dithered = settings.bits == Bits::B16;
    let dither = StageReport {
        stage: "dither".to_owned(),
        applied: dithered,
        summary: if dithered {
            "Triangular dither was added before rounding to 16 bits.".to_owned()
        } else {
            format!("{} bits need no dither.", settings.bits.as_str())
        },
        details: json!({ "seed": dithered.then_some(settings.seed) }),
    };
    [limiter, dither]
}

fn report(
    track: &Track,
    settings: &Settings,
    level: Level,
    verdict: Verdict,
    stages: Vec<StageReport>,
    written: &Written,
) -> Report {
    let info = &track.info;
    let gain_reduction = written.reductions.summary();
    let after = written.measured.clone();
    let target_reached = after.integrated_lufs.is_some_and(|loudness| {
        (loudness - settings.target.integrated_lufs).abs() <= notes::REACHED_WITHIN_LU
    });
    Report {
        version: REPORT_VERSION,
        input: Input {
            format: info.format.clone(),
            codec: info.codec.clone(),
            sample_rate_hz: info.sample_rate_hz,
            channels: info.channels,
            bits: info.bits,
            duration_seconds: track.frames as f64 / f64::from(info.sample_rate_hz),
            frames: track.frames,
        },
        target: settings.target.clone(),
        before: track.measured.clone(),
        notes: notes::notes(
            track,
            settings,
            verdict,
            &after,
            &gain_reduction,
            target_reached,
        ),
        after,
        stages,
        gain_db: level.gain_db,
        gain_reduction,
        target_reached,
        output: Output {
            format: settings.format.as_str().to_owned(),
            bits: settings.bits.as_str().to_owned(),
            sample_rate_hz: info.sample_rate_hz,
            channels: info.channels,
            frames: track.frames,
            size_bytes: written.size_bytes,
        },
        waveform: WaveformPair {
            before: track.overview.finish(info.sample_rate_hz),
            after: written.overview.finish(info.sample_rate_hz),
        },
        timeline: None,
        target_spectrum: None,
    }
}
