//! A stretch of time, and how near ones are joined.

use serde::{Deserialize, Serialize};

/// A stretch of the track.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins, in seconds from the start of the track.
    pub start_seconds: f64,
    /// Where it ends, in seconds from the start of the track.
    pub end_seconds: f64,
}

impl Span {
    /// Between two frames.
    pub(crate) fn of_frames(start: u64, end: u64, sample_rate_hz: f64) -> Self {
        Self {
            start_seconds: start as f64 / sample_rate_hz,
            end_seconds: end as f64 / sample_rate_hz,
        }
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.end_seconds - self.start_seconds
    }
}

/// Adds a span that begins no earlier than those before it; a gap of at most so many seconds
/// is closed.
pub(crate) fn join(spans: &mut Vec<Span>, next: Span, gap_seconds: f64) {
    match spans.last_mut() {
        Some(last) if next.start_seconds <= last.end_seconds + gap_seconds => {
            last.end_seconds = last.end_seconds.max(next.end_seconds);
        }
        _ => spans.push(next),
    }
}
