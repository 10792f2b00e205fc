//! What the listener should know, in plain words with figures.

use super::intake::Track;
use super::level::{MOST_DEPTH_DB, MOST_MEAN_DB, Outcome};
use super::report::{GainReduction, Note, Target};
use super::settings::{Bits, Settings};
use crate::meter::Measurement;

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

pub(crate) fn notes(
    track: &Track,
    settings: &Settings,
    target: &Target,
    verdict: Verdict,
    after: &Measurement,
    reduction: &GainReduction,
    target_reached: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let target = target.integrated_lufs;
    match (verdict, after.integrated_lufs) {
        (Verdict::Silent, _) => notes.push(Note::new(
            "silent",
            "The track is silent, so there is nothing to bring to a loudness.",
        )),
        (Verdict::Unmeasurable, _) => notes.push(Note::new(
            "too_short_or_quiet_to_measure",
            "Loudness is only defined for at least 0.4 seconds above -70 LUFS; the level was \
             left alone but for the ceiling.",
        )),
        (Verdict::Stuck, Some(loudness)) if !target_reached => notes.push(Note::new(
            "target_not_reached",
            format!(
                "The track stays at {loudness:.1} LUFS instead of {target:.1}: what sounds are a \
                 few peaks that the ceiling holds, and gain brings up only what is under them.",
            ),
        )),
        (_, Some(loudness)) if !target_reached => notes.push(Note::new(
            "target_not_reached",
            format!(
                "The track stays at {loudness:.1} LUFS instead of {target:.1}: more would need \
                 the limiter to take away over {MOST_MEAN_DB:.0} dB on average or over \
                 {MOST_DEPTH_DB:.0} dB at peaks (it takes {:.1} and {:.1} dB now), which would \
                 be heard.",
                reduction.mean_db, reduction.max_db
            ),
        )),
        _ => {}
    }
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
    if track.clipped_samples > 0 {
        notes.push(Note::new(
            "clipped_source",
            format!(
                "{} samples of the source are clipped; mastering cannot bring them back.",
                track.clipped_samples
            ),
        ));
    }
    if track.measured.true_peak_dbtp.is_some_and(|peak| peak > 0.0) {
        notes.push(Note::new(
            "source_over_full_scale",
            format!(
                "The source peaks at {:+.1} dBTP, over full scale.",
                track.measured.true_peak_dbtp.unwrap_or(0.0)
            ),
        ));
    }
    if track
        .measured
        .correlation
        .is_some_and(|correlation| correlation < -0.2)
    {
        notes.push(Note::new(
            "out_of_phase",
            "Left and right largely cancel each other: in mono much of this will be missing.",
        ));
    }
    let to_16_bits = settings
        .outputs
        .iter()
        .any(|output| output.bits == Bits::B16);
    if to_16_bits && track.info.bits.is_some_and(|bits| bits > 16) {
        notes.push(Note::new(
            "reduced_to_16_bits",
            "The source has more than 16 bits; triangular dither keeps what is below the last one.",
        ));
    }
    notes
}
