//! Takes a constant offset out of each channel.

use serde_json::json;

use super::chain::Processor;
use crate::master::report::StageReport;
use crate::meter::decibels;

/// Subtracts a constant from every sample of a channel.
pub(crate) struct OffsetRemover {
    offsets: Vec<f64>,
}

impl OffsetRemover {
    /// `offsets`: what to subtract from each channel, full scale at 1.
    pub(crate) fn new(offsets: Vec<f64>) -> Self {
        Self { offsets }
    }
}

impl Processor for OffsetRemover {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        for frame in samples.chunks(self.offsets.len().max(1)) {
            #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
            out.extend(
                frame
                    .iter()
                    .zip(&self.offsets)
                    .map(|(sample, offset)| (f64::from(*sample) - offset) as f32),
            );
        }
    }

    fn finish(&mut self, _: &mut Vec<f32>) {}

    fn report(&self) -> StageReport {
        let worst = self
            .offsets
            .iter()
            .fold(0.0, |worst: f64, offset| worst.max(offset.abs()));
        let offset_db = decibels(worst).unwrap_or(-200.0);
        StageReport {
            stage: "dc".to_owned(),
            applied: true,
            summary: format!("A constant offset of {offset_db:.0} dBFS was removed."),
            details: json!({ "offsets": self.offsets }),
        }
    }
}
