//! The mastering chain: from a source to finished files and a report.
//!
//! Passes over the track, each in blocks: decode and measure; shape, if anything is to be shaped;
//! look for the true peaks that can matter; then, for every file, limit and write, decode the
//! file again and measure it. The gain is searched between the passes, on the levels of the
//! milliseconds alone. Between the passes the audio lies in the caller's scratch space.

mod finish;
mod intake;
mod level;
mod levels;
mod notes;
mod offset;
mod reductions;
pub mod report;
pub mod settings;
mod shape;
mod store;
mod timeline;
mod told;

pub use report::Report;
pub use settings::{Bits, Format, Loudness, OutputKind, Settings, Target, Tone};

use crate::control::Progress;
use crate::decode::Source;
use crate::encode;
use crate::meter::{self, decibels};
use crate::{AudioError, Control, Destination, Result, Scratch, Stage};
use finish::{Master, Written};
use intake::Track;
use level::{Goal, Level};
use levels::Levels;
use notes::Verdict;
use shape::Plan;
use store::Store;

/// A track whose tone, and whose loudness if the settings say so, are aimed at.
pub struct Reference {
    /// The track.
    pub source: Source,
    /// How much it counts beside the others, above 0.
    pub weight: f64,
}

/// The limiter aims this far under the ceiling, for what quantising adds and what lies between
/// the points that it looks at.
const MARGIN_DB: f64 = 0.01;
/// A true peak over the ceiling by more than this is not accepted.
const PEAK_TOLERANCE_DB: f64 = 0.005;
/// A loudness off by more than this is not accepted, where it can be mended.
const LOUDNESS_TOLERANCE_LU: f64 = 0.02;
/// Most times that a file is written.
const MOST_ROUNDS: u32 = 4;

/// Masters a track: reads the source and the references, writes every file that the settings
/// ask for to the destination of the same place, decodes it again to be sure of it, and tells
/// what was done.
///
/// `scratch` is called up to twice and must give empty space each time; each holds four bytes a
/// sample. Nothing is written to a destination before the source is decoded to its end, so a
/// bad source leaves them empty.
///
/// # Errors
/// Whatever decoding finds; [`AudioError`] with `invalid_settings`, `too_many_channels` (more
/// than two in a layout that has no rule for mixing it down), `cancelled`, or `io`.
pub fn master(
    source: Source,
    references: Vec<Reference>,
    settings: &Settings,
    scratch: &mut dyn FnMut() -> std::io::Result<Box<dyn Scratch>>,
    files: &mut [&mut dyn Destination],
    control: &mut dyn Control,
) -> Result<Report> {
    settings.check()?;
    check(&references, settings, files)?;
    let mut progress = Progress::new(control);
    let decoded = if references.is_empty() { 0.35 } else { 0.20 };
    let (track, audio, levels) = intake::read(source, scratch, &mut progress, (0.0, decoded))?;
    let references = measure_references(references, &mut progress, (decoded, 0.35))?;
    let target = aim(&track, &references, settings);
    let mut plan = Plan::new(&track, &references, settings, target.integrated_lufs);
    let share = (0.35, 0.45);
    let shaped = plan.shape(&track, (audio, levels), scratch, &mut progress, share)?;
    let mut stages = shaped.stages;
    let mut levels = Levels::new(track.info.sample_rate_hz, track.frames, shaped.levels);
    let untouched = plan.does_nothing();
    let mut finishing = Finishing {
        track: &track,
        settings,
        target: &target,
        goal: Goal {
            integrated_lufs: target.integrated_lufs,
            ceiling_dbtp: target.ceiling_dbtp - MARGIN_DB,
        },
        verdict: Verdict::Aimed,
        loudness: shaped.integrated_lufs,
        audio: shaped.audio,
    };
    progress.enter(Stage::Limit, 0.45, 0.55)?;
    let mut level = finishing.level(&mut levels, untouched, &mut progress)?;
    let mut written = Vec::new();
    let share = 0.44 / files.len().max(1) as f32;
    for (index, (file, kind)) in files.iter_mut().zip(&settings.outputs).enumerate() {
        let from = 0.55 + share * index as f32;
        let file = &mut **file;
        let done = finishing.write(
            &mut level,
            &mut levels,
            *kind,
            file,
            &mut progress,
            (from, from + share),
        )?;
        written.push((*kind, done));
    }
    let done = told::Done {
        track: &track,
        settings,
        target: &target,
        level: &level,
        verdict: finishing.verdict,
        matching: plan.matching(),
        written: &written,
    };
    stages.extend(done.closing_stages());
    let report = done.report(stages)?;
    progress.enter(Stage::Verify, 0.99, 1.0)?;
    progress.at(1.0)?;
    Ok(report)
}

fn check(
    references: &[Reference],
    settings: &Settings,
    files: &[&mut dyn Destination],
) -> Result<()> {
    let refuse = |why: &str| Err(AudioError::InvalidSettings(why.to_owned()));
    if files.len() != settings.outputs.len() {
        return refuse("there must be as many files as outputs");
    }
    if settings.target.loudness == Loudness::Reference && references.is_empty() {
        return refuse("the loudness of a reference is asked for, but no reference is given");
    }
    let sound = |reference: &Reference| reference.weight.is_finite() && reference.weight > 0.0;
    if !references.iter().all(sound) {
        return refuse("a reference's weight must be above 0");
    }
    Ok(())
}

fn measure_references(
    references: Vec<Reference>,
    progress: &mut Progress<'_>,
    (from, to): (f32, f32),
) -> Result<Vec<(meter::Measured, f64)>> {
    let share = (to - from) / references.len().max(1) as f32;
    references
        .into_iter()
        .enumerate()
        .map(|(index, reference)| {
            let from = from + share * index as f32;
            progress.enter(Stage::Measure, from, from + share)?;
            Ok((
                meter::run(reference.source.into_stereo()?, progress)?,
                reference.weight,
            ))
        })
        .collect()
}

/// The loudness that is aimed at, as a figure.
fn aim(
    track: &Track,
    references: &[(meter::Measured, f64)],
    settings: &Settings,
) -> report::Target {
    let own = track.measured.integrated_lufs.unwrap_or(0.0);
    let integrated_lufs = match settings.target.loudness {
        Loudness::Lufs(lufs) => lufs,
        Loudness::Natural => own,
        Loudness::Reference => {
            let (mut sum, mut weights) = (0.0, 0.0);
            for (reference, weight) in references {
                if let Some(loudness) = reference.figures.integrated_lufs {
                    sum += loudness * weight;
                    weights += weight;
                }
            }
            if weights > 0.0 { sum / weights } else { own }
        }
    };
    report::Target {
        name: settings.target.name.clone(),
        integrated_lufs,
        ceiling_dbtp: settings.target.ceiling_dbtp,
    }
}

/// What the last passes share.
struct Finishing<'a> {
    track: &'a Track,
    settings: &'a Settings,
    target: &'a report::Target,
    /// What the limiter works towards: the target, corrected by what written files were found
    /// to miss.
    goal: Goal,
    verdict: Verdict,
    /// Integrated loudness of the shaped audio.
    loudness: Option<f64>,
    audio: Store,
}

impl Finishing<'_> {
    fn level(
        &mut self,
        levels: &mut Levels,
        untouched: bool,
        progress: &mut Progress<'_>,
    ) -> Result<Level> {
        let channels = usize::from(self.track.info.channels);
        let peak = levels.peaks().iter().copied().fold(0.0, f32::max);
        if peak <= 0.0 {
            self.verdict = Verdict::Silent;
            return Ok(level::plain(levels, 0.0));
        }
        let Some(loudness) = self.loudness else {
            self.verdict = Verdict::Unmeasurable;
            levels.find_peaks(&mut self.audio, channels, f64::from(peak), progress)?;
            let peak = levels.peaks().iter().copied().fold(0.0, f32::max);
            let peak_db = decibels(f64::from(peak)).unwrap_or(0.0);
            return Ok(level::plain(
                levels,
                (self.goal.ceiling_dbtp - peak_db).min(0.0),
            ));
        };
        let start_db = self.goal.integrated_lufs - loudness;
        let fits = |peak: f64| peak + start_db <= self.target.ceiling_dbtp;
        if untouched && self.track.measured.true_peak_dbtp.is_some_and(fits) {
            return Ok(level::plain(levels, start_db));
        }
        let found = level::find(
            levels,
            &mut self.audio,
            channels,
            self.goal,
            start_db,
            progress,
        )?;
        self.verdict = Verdict::of(found.outcome);
        Ok(found)
    }

    /// Writes one file until it is as it should be.
    fn write(
        &mut self,
        level: &mut Level,
        levels: &mut Levels,
        kind: OutputKind,
        file: &mut dyn Destination,
        progress: &mut Progress<'_>,
        share: (f32, f32),
    ) -> Result<Written> {
        let info = &self.track.info;
        let channels = usize::from(info.channels);
        let form = encode::Shape {
            format: kind.format,
            sample_rate_hz: info.sample_rate_hz,
            channels: info.channels,
            bits: kind.bits,
            frames: self.track.frames,
        };
        let mut round = 0;
        loop {
            round += 1;
            let master = Master {
                level,
                seed: self.settings.seed,
                form,
                tags: &self.track.tags,
                overview: &self.track.overview,
            };
            let written = finish::write(&mut self.audio, master, file, progress, share)?;
            let found = &written.measured;
            let over = found.true_peak_dbtp.unwrap_or(-200.0) - self.target.ceiling_dbtp;
            let off = match (self.verdict, found.integrated_lufs) {
                (Verdict::Aimed, Some(loudness)) => self.target.integrated_lufs - loudness,
                _ => 0.0,
            };
            let is_good = over <= PEAK_TOLERANCE_DB && off.abs() <= LOUDNESS_TOLERANCE_LU;
            if is_good || round == MOST_ROUNDS {
                return Ok(written);
            }
            self.goal.ceiling_dbtp -= over.max(0.0);
            self.goal.integrated_lufs += off;
            *level = match (self.verdict, self.loudness) {
                (Verdict::Aimed | Verdict::Harm | Verdict::Stuck, Some(loudness)) => {
                    let start_db = self.goal.integrated_lufs - loudness;
                    level::find(
                        levels,
                        &mut self.audio,
                        channels,
                        self.goal,
                        start_db,
                        progress,
                    )?
                }
                _ => level::plain(levels, level.gain_db - over.max(0.0)),
            };
        }
    }
}
