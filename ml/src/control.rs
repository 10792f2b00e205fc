//! How a long training run tells its caller where it is, and how the caller stops it.

use crate::{MlError, Result};

/// The caller's side of a run. Both methods are called often and must return at once.
pub trait Control {
    /// Progress: `fraction` is 0 to 1 of the whole run and never goes back.
    fn progress(&mut self, fraction: f64);
    /// True makes the run end with [`MlError::Cancelled`] within one step.
    fn cancelled(&self) -> bool;
}

/// A control for callers that neither watch nor cancel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Control for Unwatched {
    fn progress(&mut self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// Says how far a run is, and stops it when the caller asked for it.
pub fn step(control: &mut dyn Control, fraction: f64) -> Result<()> {
    if control.cancelled() {
        return Err(MlError::Cancelled);
    }
    control.progress(fraction.clamp(0.0, 1.0));
    Ok(())
}
