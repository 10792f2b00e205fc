//! How a long run tells its caller where it is, and how the caller stops it.

use crate::{AudioError, Result};

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading and decoding the source.
    Decode,
    /// Measuring the source or the reference.
    Measure,
    /// Equalising and compressing.
    Shape,
    /// Searching the gain and limiting.
    Limit,
    /// Writing the result.
    Encode,
    /// Checking the figures of what was written.
    Verify,
}

impl Stage {
    /// The stage's stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Measure => "measure",
            Self::Shape => "shape",
            Self::Limit => "limit",
            Self::Encode => "encode",
            Self::Verify => "verify",
        }
    }
}

/// The caller's side of a run. Both methods are called often (about every 50 ms of work)
/// and must return at once.
pub trait Control {
    /// Progress: `fraction` is 0 to 1 of the WHOLE run and never goes back.
    fn stage(&mut self, stage: Stage, fraction: f32);
    /// True makes the run end with [`AudioError::Cancelled`] within one block.
    fn cancelled(&self) -> bool;
}

/// A control for callers that neither watch nor cancel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Control for Unwatched {
    fn stage(&mut self, _stage: Stage, _fraction: f32) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// Maps the progress of one pass onto its share of the whole run, and keeps it monotone.
pub(crate) struct Progress<'a> {
    control: &'a mut dyn Control,
    stage: Stage,
    from: f32,
    to: f32,
    reported: f32,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(control: &'a mut dyn Control) -> Self {
        Self {
            control,
            stage: Stage::Decode,
            from: 0.0,
            to: 1.0,
            reported: 0.0,
        }
    }

    /// Begins a pass that covers the given share of the run.
    pub(crate) fn enter(&mut self, stage: Stage, from: f32, to: f32) -> Result<()> {
        self.stage = stage;
        self.from = from;
        self.to = to;
        self.at(0.0)
    }

    /// Says how far the pass is (0 to 1), and stops the run when the caller asked for it.
    pub(crate) fn at(&mut self, fraction: f64) -> Result<()> {
        if self.control.cancelled() {
            return Err(AudioError::Cancelled);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a fraction of one needs no more precision than f32 has"
        )]
        let within = fraction.clamp(0.0, 1.0) as f32;
        let whole = self.from + (self.to - self.from) * within;
        self.reported = self.reported.max(whole);
        self.control.stage(self.stage, self.reported);
        Ok(())
    }
}
