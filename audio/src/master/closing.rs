//! What the last stages did: limiter, dither and the look at the written files.

use serde_json::json;

use super::output::{Bits, Dither};
use super::report::StageReport;
use super::told::Done;

/// Their reports, in order.
pub(crate) fn stages(done: &Done<'_>) -> [StageReport; 3] {
    [limiter(done), dither(done), verify(done)]
}

fn limiter(done: &Done<'_>) -> StageReport {
    let (level, ceiling) = (done.level, done.target.ceiling_dbtp);
    let reduction = level.reductions.summary();
    let worked = reduction.max_db > 0.0;
    StageReport {
        stage: "limiter".to_owned(),
        applied: worked,
        summary: if worked {
            format!(
                "After {:+.1} dB of gain, peaks were held under {ceiling:.1} dBTP: {:.1} dB at \
                 most, {:.1} dB on average in the {:.0} % of the time in which it worked.",
                level.gain_db, reduction.max_db, reduction.mean_db, reduction.active_percent
            )
        } else {
            format!(
                "{:+.1} dB of gain keeps every peak under {ceiling:.1} dBTP, so nothing was \
                 limited.",
                level.gain_db
            )
        },
        details: json!({
            "gain_db": level.gain_db,
            "ceiling_dbtp": ceiling,
            "fade_ms": worked.then_some(level.fade_ms),
            "residual_db": worked.then_some(level.residual_db),
        }),
    }
}

fn dither(done: &Done<'_>) -> StageReport {
    let settings = done.settings;
    let dithered = settings.outputs.iter().any(|it| it.bits == Bits::B16);
    let shaped = settings
        .outputs
        .iter()
        .any(|it| it.dither == Dither::Shaped);
    StageReport {
        stage: "dither".to_owned(),
        applied: dithered,
        summary: if shaped {
            "Dither was added before rounding to 16 bits, moved to where the ear hears least where \
             that was asked for."
        } else if dithered {
            "Triangular dither was added before rounding to 16 bits."
        } else {
            "Samples of more than 16 bits need no dither."
        }
        .to_owned(),
        details: json!({ "seed": dithered.then_some(settings.seed) }),
    }
}

fn verify(done: &Done<'_>) -> StageReport {
    let files = done.written.len();
    StageReport {
        stage: "verify".to_owned(),
        applied: false,
        summary: if files == 1 {
            "The file was decoded again: every sample is the one meant.".to_owned()
        } else {
            format!("All {files} files were decoded again: every sample is the one meant.")
        },
        details: json!({ "files": files }),
    }
}
