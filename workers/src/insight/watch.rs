//! Carries progress out of a computation, and the wish to stop into it.

use ml::Control;
use queue::Context;

/// A computation's side of a job.
pub struct Watch {
    context: Context,
    stage: &'static str,
}

impl Watch {
    /// Of a job that is at this stage.
    pub fn new(context: Context, stage: &'static str) -> Self {
        Self { context, stage }
    }
}

impl Control for Watch {
    fn progress(&mut self, fraction: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a share of one")]
        self.context.progress(fraction as f32, self.stage);
    }

    fn cancelled(&self) -> bool {
        self.context.cancelled().is_cancelled()
    }
}
