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

    /// The watch over a run that covers only this much of the job's progress.
    pub fn part(&mut self, from: f32, to: f32) -> Part<'_> {
        Part {
            whole: self,
            from,
            to,
        }
    }
}

/// The watch over one of several runs.
pub struct Part<'a> {
    whole: &'a mut Watch,
    from: f32,
    to: f32,
}

impl Control for Watch {
    fn stage(&mut self, stage: Stage, fraction: f32) {
        self.context.progress(fraction, stage.as_str());
    }

    fn cancelled(&self) -> bool {
        self.context.cancelled().is_cancelled()
    }
}

impl Control for Part<'_> {
    fn stage(&mut self, stage: Stage, fraction: f32) {
        let fraction = self.from + (self.to - self.from) * fraction;
        self.whole.stage(stage, fraction);
    }

    fn cancelled(&self) -> bool {
        self.whole.cancelled()
    }
}
