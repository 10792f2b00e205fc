//! Faults of a mix or of its file, in plain words, with figures and places.

use serde::{Deserialize, Serialize};

use super::Analysis;
use super::cutoff::Origin;
use super::ends::SILENCE_DBFS;
use super::image::{CANCELLING_BELOW, Mono};
use super::span::Span;
use crate::meter::Measurement;

/// Something that a mix engineer would want to know before mastering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable name: `clipping`, `phase_cancellation`, `dc_offset`, `mono`, `dead_channel`,
    /// `lossy_source`, `upsampled_source`, `long_silence`, `very_short`, `very_quiet`.
    pub code: String,
    /// Plain words with figures.
    pub message: String,
    /// Where it lies; empty where it concerns the whole track.
    pub spans: Vec<Span>,
}

/// An offset up to this is not worth a word: 0.1 % of full scale, -60 dBFS.
const SMALL_OFFSET: f64 = 0.001;
/// Services reject longer silences at the ends.
const LONG_END_SECONDS: f64 = 10.0;
/// Tracks under this are no songs: services count a play from 30 seconds on.
const SHORT_SECONDS: f64 = 30.0;
const QUIET_LUFS: f64 = -40.0;
/// Edges that stand out less are not reported.
const LEAST_CONFIDENCE: f64 = 0.5;

/// What is wrong with a track, the worst kinds first.
pub fn faults(analysis: &Analysis, measured: &Measurement) -> Vec<Fault> {
    [
        clipping(analysis),
        phase_cancellation(analysis),
        dead_channel(analysis),
        source(analysis),
        dc_offset(measured),
        long_silence(analysis),
        mono(analysis),
        very_short(analysis),
        very_quiet(measured),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn fault(code: &str, message: String, spans: Vec<Span>) -> Fault {
    Fault {
        code: code.to_owned(),
        message,
        spans,
    }
}

fn clipping(analysis: &Analysis) -> Option<Fault> {
    let clipping = &analysis.clipping;
    let level = clipping
        .channels
        .iter()
        .map(|channel| channel.level_dbfs)
        .fold(f64::NEG_INFINITY, f64::max);
    let place = if level > -0.05 {
        "at full scale".to_owned()
    } else {
        format!("at {level:.1} dBFS, so it was turned down after it was clipped")
    };
    let longest = clipping.worst.iter().map(|run| run.samples).max()?;
    let peaks = if clipping.runs == 1 {
        "peak is"
    } else {
        "peaks are"
    };
    Some(fault(
        "clipping",
        format!(
            "{} {peaks} cut off flat {place}: {} samples in all, {longest} in the longest run.",
            clipping.runs, clipping.samples
        ),
        clipping.spans(f64::from(analysis.sample_rate_hz)),
    ))
}

fn phase_cancellation(analysis: &Analysis) -> Option<Fault> {
    let image = analysis.image.as_ref()?;
    let seconds: f64 = image.cancelling.iter().map(Span::seconds).sum();
    let lowest = image.lowest_correlation?;
    (!image.cancelling.is_empty()).then(|| {
        fault(
            "phase_cancellation",
            format!(
                "Left and right work against each other for {seconds:.1} seconds (correlation \
                 below {CANCELLING_BELOW}, {lowest:.2} at the lowest): played in mono, much of \
                 that is lost."
            ),
            image.cancelling.clone(),
        )
    })
}

fn dead_channel(analysis: &Analysis) -> Option<Fault> {
    let dead = analysis.image.as_ref()?.dead_channel?;
    let name = if dead == 0 { "left" } else { "right" };
    Some(fault(
        "dead_channel",
        format!("The {name} channel carries no sound."),
        Vec::new(),
    ))
}

fn source(analysis: &Analysis) -> Option<Fault> {
    let cutoff = analysis
        .cutoff
        .filter(|cutoff| cutoff.confidence >= LEAST_CONFIDENCE)?;
    let kilohertz = cutoff.hz / 1_000.0;
    let drop = cutoff.drop_db;
    let sure = cutoff.confidence * 100.0;
    Some(match cutoff.origin {
        Origin::Lossy => fault(
            "lossy_source",
            format!(
                "The spectrum breaks off at {kilohertz:.1} kHz by {drop:.0} dB, as {} does it: \
                 the track seems to come from a lossy file ({sure:.0} % sure).",
                encoder(cutoff.hz)
            ),
            Vec::new(),
        ),
        Origin::Upsampled => fault(
            "upsampled_source",
            format!(
                "There is nothing above {kilohertz:.1} kHz in a file of {} kHz: it seems to \
                 come from a lower sample rate ({sure:.0} % sure).",
                f64::from(analysis.sample_rate_hz) / 1_000.0
            ),
            Vec::new(),
        ),
    })
}

/// What usually cuts off there.
fn encoder(hz: f64) -> &'static str {
    match hz {
        ..17_800.0 => "MP3 or AAC at 128 kb/s or less",
        ..19_300.0 => "MP3 at 160 to 192 kb/s",
        ..19_900.0 => "MP3 or AAC at 192 to 256 kb/s",
        _ => "MP3 at 320 kb/s or Opus",
    }
}

fn dc_offset(measured: &Measurement) -> Option<Fault> {
    let offset = measured.dc_offset;
    (offset.abs() > SMALL_OFFSET).then(|| {
        fault(
            "dc_offset",
            format!(
                "The waveform lies {:.2} % of full scale {} zero.",
                offset.abs() * 100.0,
                if offset > 0.0 { "above" } else { "below" }
            ),
            Vec::new(),
        )
    })
}

fn long_silence(analysis: &Analysis) -> Option<Fault> {
    let ends = &analysis.ends;
    let whole = analysis.duration_seconds;
    if ends.silent_start_seconds >= whole {
        // Nothing but silence is `very_quiet`.
        return None;
    }
    let mut spans = Vec::new();
    if ends.silent_start_seconds > LONG_END_SECONDS {
        spans.push(Span {
            start_seconds: 0.0,
            end_seconds: ends.silent_start_seconds,
        });
    }
    spans.extend(&ends.gaps);
    if ends.silent_end_seconds > LONG_END_SECONDS {
        spans.push(Span {
            start_seconds: whole - ends.silent_end_seconds,
            end_seconds: whole,
        });
    }
    let longest = spans.iter().map(Span::seconds).fold(0.0, f64::max);
    (!spans.is_empty()).then(|| {
        fault(
            "long_silence",
            format!(
                "The track is silent (no sample above {SILENCE_DBFS:.0} dBFS) in {} {}, for \
                 {longest:.1} seconds at the longest.",
                spans.len(),
                if spans.len() == 1 { "place" } else { "places" }
            ),
            spans,
        )
    })
}

fn mono(analysis: &Analysis) -> Option<Fault> {
    let message = match analysis.image.as_ref()?.mono? {
        Mono::Exact => "Left and right are the same: a mono track in a stereo file.",
        Mono::Near => "Left and right are almost the same: in effect the track is mono.",
    };
    Some(fault("mono", message.to_owned(), Vec::new()))
}

fn very_short(analysis: &Analysis) -> Option<Fault> {
    let seconds = analysis.duration_seconds;
    (seconds < SHORT_SECONDS).then(|| {
        fault(
            "very_short",
            format!(
                "The track lasts {seconds:.1} seconds; services count a play from \
                 {SHORT_SECONDS:.0} on."
            ),
            Vec::new(),
        )
    })
}

fn very_quiet(measured: &Measurement) -> Option<Fault> {
    let Some(peak) = measured.sample_peak_dbfs else {
        return Some(fault(
            "very_quiet",
            "The track is digital silence.".to_owned(),
            Vec::new(),
        ));
    };
    let message = match measured.integrated_lufs {
        Some(loudness) if loudness >= QUIET_LUFS => return None,
        Some(loudness) => format!(
            "The track is at {loudness:.1} LUFS and peaks at {peak:.1} dBFS: bringing it up \
             brings its noise up as well."
        ),
        None if peak >= QUIET_LUFS => return None,
        None => format!("The track peaks at only {peak:.1} dBFS."),
    };
    Some(fault("very_quiet", message, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::Wants;
    use super::super::signals::{frames, low_pass, noise, quantised, white};
    use super::*;
    use crate::decode::Place;
    use crate::meter::Meter;

    fn found(rate: u32, planes: &[Vec<f32>]) -> Vec<Fault> {
        let front = vec![Place::Front; planes.len()];
        let mut meter = Meter::new(rate, &front).analysing(Wants::default());
        let frames = planes.first().map_or(0, Vec::len);
        for frame in 0..frames {
            let samples: Vec<f32> = planes.iter().map(|plane| plane[frame]).collect();
            meter.push(&samples);
        }
        let measured = meter.finish();
        faults(measured.analysis.as_ref().unwrap(), &measured)
    }

    fn codes(faults: &[Fault]) -> Vec<&str> {
        faults.iter().map(|fault| fault.code.as_str()).collect()
    }

    fn with(plane: &[f32], change: impl Fn(usize, f32) -> f32) -> Vec<f32> {
        plane
            .iter()
            .enumerate()
            .map(|(n, x)| change(n, *x))
            .collect()
    }

    #[test]
    fn a_sound_track_has_no_faults() {
        let left = noise(44_100, 31.0, 0.1, 1);
        let other = noise(44_100, 31.0, 0.1, 2);
        let right = with(&left, |n, x| x * 0.7 + other[n] * 0.7);
        assert_eq!(found(44_100, &[left, right]), []);
    }

    #[test]
    fn each_fault_is_told_with_its_place() {
        let rate = 8_000;
        let left = noise(rate, 31.0, 0.2, 1);
        let other = noise(rate, 31.0, 0.2, 2);
        let right = with(&left, |n, x| x * 0.7 + other[n] * 0.7);
        let stereo = |left: Vec<f32>, right: Vec<f32>| found(rate, &[left, right]);
        let at = |seconds: f64| frames(rate, seconds);

        let hot = with(&left, |n, x| {
            if n > at(20.0) {
                (x * 5.0).clamp(-1.0, 1.0)
            } else {
                x
            }
        });
        let clipped = stereo(hot, right.clone());
        // What is left of noise after clipping has a small mean of its own.
        assert_eq!(codes(&clipped).first(), Some(&"clipping"));
        assert!(clipped[0].spans[0].start_seconds > 19.9);

        let turned = with(&left, |n, x| if n < at(6.0) { -x } else { x });
        let cancelling = stereo(turned, right.clone());
        assert_eq!(codes(&cancelling), ["phase_cancellation"]);
        let span = cancelling[0].spans[0];
        assert!(span.start_seconds < 0.1 && (span.end_seconds - 6.0).abs() < 1.6);

        let silent = with(&left, |n, x| {
            if (at(10.0)..at(13.0)).contains(&n) {
                0.0
            } else {
                x
            }
        });
        let also = with(&right, |n, x| {
            if (at(10.0)..at(13.0)).contains(&n) {
                0.0
            } else {
                x
            }
        });
        let gap = stereo(silent, also);
        assert_eq!(codes(&gap), ["long_silence"]);
        assert!((gap[0].spans[0].seconds() - 3.0).abs() < 0.01);

        let offset = stereo(with(&left, |_, x| x + 0.01), right.clone());
        assert_eq!(codes(&offset), ["dc_offset"]);
        assert!(
            offset[0].message.contains("above zero"),
            "{}",
            offset[0].message
        );

        assert_eq!(codes(&stereo(left.clone(), left.clone())), ["mono"]);
        assert_eq!(
            codes(&stereo(left.clone(), vec![0.0; left.len()])),
            ["dead_channel"]
        );
        let quiet = |plane: &[f32]| with(plane, |_, x| x * 0.002);
        assert_eq!(codes(&stereo(quiet(&left), quiet(&right))), ["very_quiet"]);
        let silence = vec![0.0; at(31.0)];
        assert_eq!(codes(&stereo(silence.clone(), silence)), ["very_quiet"]);
        let short = found(rate, &[left[..at(2.0)].to_vec()]);
        assert_eq!(codes(&short).last(), Some(&"very_short"));
    }

    #[test]
    fn the_kind_of_source_is_told() {
        let plane = low_pass(44_100, 16_000.0, &noise(44_100, 31.0, 0.3, 1));
        let lossy = found(44_100, &[quantised(&plane, 16)]);
        assert_eq!(codes(&lossy), ["lossy_source"]);
        assert!(
            lossy[0].message.contains("128 kb/s"),
            "{}",
            lossy[0].message
        );
        let plane = low_pass(96_000, 21_500.0, &white(96_000, 5.0, 0.3, 1));
        let upsampled = found(96_000, &[quantised(&plane, 24)]);
        assert_eq!(codes(&upsampled), ["upsampled_source", "very_short"]);
    }
}
