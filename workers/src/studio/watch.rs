//! Carries progress out of a thread that works on sound, and the wish to stop into it.

use audio::{Control, Stage};
use queue::Context;

/// A job's side of a long run in `audio`.
pub struct Watch {
    context: Context,
}

impl Watch {
    /// Watches for the job behind `context`.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

impl Control for Watch {
    fn stage(&mut self, stage: Stage, fraction: f32) {
        self.context.progress(fraction, stage.as_str());
    }

    fn cancelled(&self) -> bool {
        self.context.cancelled().is_cancelled()
    }
}
