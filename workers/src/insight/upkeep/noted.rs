//! A check as it is about to be recorded.

use db::{Document, Time};
use ml::upkeep::{Because, Decision};
use models::registry::VersionRow;
use models::upkeep::{CheckKind, CheckRow, Decided};
use models::{CheckId, JobId};
use queue::Context;
use serde_json::Value;

/// A check of the champion's model by this job, with nothing that follows yet.
pub fn noted(
    context: &Context,
    champion: &VersionRow,
    kind: CheckKind,
    decision: Decision,
    because: &str,
    now: Time,
) -> CheckRow {
    CheckRow {
        id: CheckId::new(),
        artist_id: champion.artist_id,
        model: champion.model.clone(),
        job_id: job(context),
        kind,
        decision: decided(decision),
        because: because.to_owned(),
        champion: champion.version.clone(),
        other: None,
        compared: 0,
        evidence: Document(Value::Null),
        next_job_id: None,
        created_at: now,
    }
}

/// The job, as rows name it.
pub fn job(context: &Context) -> JobId {
    context.job().id.uuid().into()
}

/// Who moves an alias.
pub fn actor(context: &Context) -> String {
    format!("job {}", context.job().id)
}

fn decided(decision: Decision) -> Decided {
    match decision {
        Decision::Nothing => Decided::Nothing,
        Decision::Retrain => Decided::Retrain,
        Decision::Judge => Decided::Judge,
        Decision::RollBack => Decided::RollBack,
        Decision::Promote => Decided::Promote,
        Decision::Drop => Decided::Drop,
        Decision::Wait => Decided::Wait,
    }
}

/// The fixed word of a reason.
pub fn word(because: Because) -> String {
    let word = serde_json::to_value(because).ok();
    let word = word.as_ref().and_then(Value::as_str);
    word.unwrap_or_default().to_owned()
}

/// Rows as a column has them.
pub fn rows(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_decisions_have_fixed_words() {
        assert_eq!(word(Because::OneBeforeIsBetter), "one_before_is_better");
        assert_eq!(decided(Decision::RollBack).as_str(), "roll_back");
    }
}
