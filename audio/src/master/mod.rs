//! The mastering chain: from a source to finished files and a report.
//!
//! Passes over the track, each in blocks: decode and measure; shape, if anything is to be shaped;
//! look for the true peaks that can matter; then, for every file, limit and write, decode the
//! file again and measure it. The gain is searched between the passes, on the levels of the
//! milliseconds alone. Between the passes the audio lies in the caller's scratch space.

mod aim;
mod album;
mod assistant;
mod closing;
mod finish;
mod finishing;
mod intake;
mod level;
mod levels;
mod notes;
mod offset;
mod outgoing;
mod output;
mod reductions;
pub mod report;
mod resume;
pub mod settings;
mod shape;
mod store;
mod timeline;
mod told;

pub use album::Album;
pub use output::{Bits, Dither, Format, OutputKind};
pub use report::Report;
pub use settings::{Loudness, Settings, Shaping, Target, Tone};

use crate::control::Progress;
use crate::decode::Source;
use crate::{AudioError, Control, Destination, Preset, Result, Stage, Workspace};
use assistant::Traits;
use finishing::Finishing;
use levels::Levels;
use shape::Plan;

/// A track whose tone, and whose loudness if the settings say so, are aimed at.
pub struct Reference {
    /// The track.
    pub source: Source,
    /// How much it counts beside the others, above 0.
    pub weight: f64,
}

/// Masters a track: reads the source and the references, writes every file that the settings
/// ask for to the destination of the same place, decodes it again to be sure of it, and tells
/// what was done.
///
/// `workspace` is asked for scratch space up to twice, each of four bytes a sample; a track of ten
/// minutes or more is kept there behind its first pass, so that another attempt at the same work
/// need not decode and measure it again. Nothing is written to a destination before the source is decoded to its end, so a
/// bad source leaves them empty.
///
/// # Errors
/// Whatever decoding finds; [`AudioError`] with `invalid_settings`, `too_many_channels` (more
/// than two in a layout that has no rule for mixing it down), `cancelled`, or `io`.
pub fn master(
    source: Source,
    references: Vec<Reference>,
    settings: &Settings,
    workspace: &mut dyn Workspace,
    files: &mut [&mut dyn Destination],
    control: &mut dyn Control,
) -> Result<Report> {
    settings.check()?;
    check(&references, settings, files)?;
    let mut progress = Progress::new(control);
    let decoded = if references.is_empty() { 0.35 } else { 0.20 };
    let (track, audio, levels) = intake::read(source, workspace, &mut progress, (0.0, decoded))?;
    let references = aim::measure_references(references, &mut progress, (decoded, 0.35))?;
    let (preset, choices) = match &settings.shaping {
        Shaping::Preset(preset) => (Preset::clone(preset), Vec::new()),
        Shaping::Assistant => {
            let own = || Traits::of(&track.measured, &track.spectra);
            let album = settings
                .album
                .as_ref()
                .and_then(|album| album.traits().cloned());
            assistant::choose(&album.unwrap_or_else(own), !references.is_empty())?
        }
    };
    let target = aim::target(settings, &track, &references, &preset);
    let mut plan = Plan::new(&track, &references, &preset, settings, &target);
    let share = (0.35, 0.45);
    let shaped = plan.shape(&track, (audio, levels), workspace, &mut progress, share)?;
    let levels = Levels::new(track.info.sample_rate_hz, track.frames, shaped.levels);
    let mut finishing = Finishing::new(
        &track,
        settings,
        target,
        (shaped.audio, levels),
        shaped.integrated_lufs,
        plan.does_nothing(),
    );
    progress.enter(Stage::Limit, 0.45, 0.55)?;
    let mut level = finishing.level(&mut progress)?;
    let written = finishing.write(&mut level, files, &mut progress, (0.55, 0.99))?;
    let done = told::Done {
        track: &track,
        settings,
        preset: &preset,
        choices,
        target: &finishing.target,
        level: &level,
        verdict: finishing.verdict,
        matching: plan.matching(),
        written: &written,
    };
    let report = done.report(shaped.stages)?;
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
