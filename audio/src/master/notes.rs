//! What the listener should know, in plain words with figures.

use super::finish::Written;
use super::intake::Track;
use super::level::{MOST_DEPTH_DB, MOST_MEAN_DB, Outcome};
use super::output::Bits;
use super::report::Note;
use super::told::Done;
use crate::analysis::{self, Fault};
use crate::codec::Prediction;

/// Off the target by more than this, it is not reached.
pub(crate) const REACHED_WITHIN_LU: f64 = 0.05;

/// Why the level is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The target was aimed at, with or without the limiter.
    Aimed,
    /// The limiter would have done harm.
    Harm,
    /// More gain would have brought next to nothing.
    Stuck,
    /// There is no sound.
    Silent,
    /// There is sound, but its loudness is not defined.
    Unmeasurable,
}

impl Verdict {
    pub(crate) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Reached => Self::Aimed,
            Outcome::Harm => Self::Harm,
            Outcome::Stuck => Self::Stuck,
        }
    }
}

/// Everything worth telling, what concerns the level first; `first` is the file whose figures
/// are the report's.
pub(crate) fn notes(done: &Done<'_>, first: &Written, target_reached: bool) -> Vec<Note> {
    let mut notes: Vec<Note> = level(done, first, target_reached).into_iter().collect();
    notes.extend(codecs(done, first));
    notes.extend(damage(done.track));
    let faults = analysis::faults(&done.track.analysis, &done.track.measured);
    let silent = done.verdict == Verdict::Silent;
    let steady = done.track.offsets.iter().any(|offset| *offset != 0.0);
    let is_told = |fault: &Fault| match fault.code.as_str() {
        // Silence has its own note.
        "very_quiet" => !silent,
        // A mean that is not zero may also be the music's; then nothing was removed.
        "dc_offset" => steady,
        _ => true,
    };
    notes.extend(faults.into_iter().filter(is_told).map(|fault| Note {
        code: fault.code,
        message: fault.message,
        spans: fault.spans,
    }));
    if let Some(peak) = done
        .track
        .measured
        .true_peak_dbtp
        .filter(|peak| *peak > 0.0)
    {
        notes.push(Note::new(
            "source_over_full_scale",
            format!("The source peaks at {peak:+.1} dBTP, over full scale."),
        ));
    }
    let outputs = &done.settings.outputs;
    let to_16_bits = outputs.iter().any(|output| output.bits == Bits::B16);
    if to_16_bits && done.track.info.bits.is_some_and(|bits| bits > 16) {
        notes.push(Note::new(
            "reduced_to_16_bits",
            "The source has more than 16 bits; dither keeps what is below the last one.",
        ));
    }
    notes
}

/// Why the loudness is not the target's, where it is not.
fn level(done: &Done<'_>, first: &Written, target_reached: bool) -> Option<Note> {
    let target = done.target.integrated_lufs;
    let reduction = done.level.reductions.summary();
    match (done.verdict, first.measured.integrated_lufs) {
        (Verdict::Silent, _) => Some(Note::new(
            "silent",
            "The track is silent, so there is nothing to bring to a loudness.",
        )),
        (Verdict::Unmeasurable, _) => Some(Note::new(
            "too_short_or_quiet_to_measure",
            "Loudness is only defined for at least 0.4 seconds above -70 LUFS; the level was \
             left alone but for the ceiling.",
        )),
        (Verdict::Stuck, Some(loudness)) if !target_reached => Some(Note::new(
            "target_not_reached",
            format!(
                "The track stays at {loudness:.1} LUFS instead of {target:.1}: what sounds are a \
                 few peaks that the ceiling holds, and gain brings up only what is under them.",
            ),
        )),
        (_, Some(loudness)) if !target_reached => Some(Note::new(
            "target_not_reached",
            format!(
                "The track stays at {loudness:.1} LUFS instead of {target:.1}: more would need \
                 the limiter to take away over {MOST_MEAN_DB:.0} dB on average or over \
                 {MOST_DEPTH_DB:.0} dB at peaks (it takes {:.1} and {:.1} dB now), which would \
                 be heard.",
                reduction.mean_db, reduction.max_db
            ),
        )),
        _ => None,
    }
}

/// What lossy codecs will do to the peaks.
fn codecs(done: &Done<'_>, first: &Written) -> Option<Note> {
    let asked = done.settings.target.ceiling_dbtp;
    let ceiling = done.target.ceiling_dbtp;
    let name = |codec: &Prediction| format!("{} at {} kb/s", codec.codec, codec.bitrate_kbps);
    let highest = |figure: fn(&Prediction) -> f64| {
        let worst = first.codecs.iter();
        worst.max_by(|one, other| figure(one).total_cmp(&figure(other)))
    };
    if ceiling < asked {
        let worst = highest(|codec| codec.worst_dbtp)?;
        return Some(Note::new(
            "ceiling_lowered",
            format!(
                "The ceiling was lowered from {asked:.1} to {ceiling:.1} dBTP, for lossy coding \
                 raises peaks: after {} they are expected at {:+.1} dBTP, and for 19 tracks of 20 \
                 not above {:+.1} dBTP.",
                name(worst),
                worst.true_peak_dbtp,
                worst.worst_dbtp
            ),
        ));
    }
    let worst = highest(|codec| codec.true_peak_dbtp).filter(|it| it.true_peak_dbtp > 0.0)?;
    Some(Note::new(
        "codec_overshoot",
        format!(
            "Lossy coding raises peaks: after {} they are expected at {:+.1} dBTP, which players \
             may cut off. A lower ceiling would prevent it.",
            name(worst),
            worst.true_peak_dbtp
        ),
    ))
}

/// What could not be read as it was.
fn damage(track: &Track) -> Vec<Note> {
    let mut notes = Vec::new();
    if track.replaced_samples > 0 {
        notes.push(Note::new(
            "invalid_samples",
            format!(
                "{} samples were not numbers or beyond all bounds and were replaced.",
                track.replaced_samples
            ),
        ));
    }
    if track.skipped_packets > 0 {
        notes.push(Note::new(
            "damaged_packets",
            format!("{} damaged packets were left out.", track.skipped_packets),
        ));
    }
    notes
}
