//! What became of a call is written on a task of its own: no end of the body loses it, and a
//! database that is away is waited for.

use serde::Serialize;
use serde_json::Value;

use crate::fence::Fence;
use crate::finish::cut;
use crate::new_job::check_size;
use crate::pause::Pause;
use crate::store::{self, EffectRow};
use crate::{Fault, JobError, QueueError};

/// What is known of a call.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    /// It happened, with this outcome, or one that can't be kept for this reason.
    Happened(Result<Value, JobError>),
    /// The call of this attempt certainly did not.
    NotHappened(JobError),
    /// Nobody knows of the call of this attempt yet.
    Unknown(JobError),
    /// Nobody will ever know of the call of the attempt with this fence.
    Ambiguous(i64, JobError),
}

/// That it happened, with what can be kept of its outcome.
pub(super) fn happened<T: Serialize>(outcome: &T) -> Truth {
    let kept = serde_json::to_value(outcome)
        .map_err(|error| QueueError::Document {
            what: "outcome",
            message: error.to_string(),
        })
        .and_then(|outcome| check_size("outcome", &outcome).map(|()| outcome));
    Truth::Happened(kept.map_err(|error| reason(&error.into())))
}

/// The fault of an effect that happened and whose outcome is not in the ledger.
pub(super) fn outcome_lost(key: &str) -> Fault {
    let message = format!("the effect `{key}` happened, but its outcome could not be kept");
    Fault::permanent("effect_outcome_lost", message)
}

/// A fault as rows carry it.
pub(super) fn reason(fault: &Fault) -> JobError {
    JobError {
        code: cut(&fault.code),
        message: cut(&fault.message),
    }
}

/// Writes it, and answers whether it could be kept whole. When the job is not this attempt's any
/// more, the truth is written all the same, the body is told to stop, and the answer is
/// [`QueueError::LeaseLost`].
pub(super) async fn write(fence: &Fence, key: &str, truth: Truth) -> Result<bool, Fault> {
    let writing = tokio::spawn(until_answered(fence.clone(), key.to_owned(), truth));
    let (kept, held) = writing
        .await
        .map_err(|error| Fault::transient("effect_not_recorded", error))??;
    if held {
        Ok(kept)
    } else {
        Err(fence.lost().into())
    }
}

/// Writes until the database answers: whether the outcome was kept, and the job still held.
async fn until_answered(
    fence: Fence,
    key: String,
    mut truth: Truth,
) -> Result<(bool, bool), QueueError> {
    let mut pause = Pause::new();
    let mut kept = true;
    loop {
        match once(&fence, &key, &truth).await {
            Ok(held) => return Ok((kept, held)),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, effect.key = key, "what became of an effect waits for the database");
                pause.wait().await;
            }
            // The database refuses the outcome itself: that it happened can still be kept.
            Err(error) if matches!(truth, Truth::Happened(Ok(_))) => {
                tracing::error!(%error, effect.key = key, "the database refused an effect's outcome");
                truth = Truth::Happened(Err(reason(&error.into())));
                kept = false;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Writes it in one transaction, and answers whether the job was still held then.
async fn once(fence: &Fence, key: &str, truth: &Truth) -> Result<bool, QueueError> {
    let (id, token, now) = (fence.id, fence.token, fence.queue.now());
    let (key, truth) = (key.to_owned(), truth.clone());
    let pool = fence.queue.pool();
    pool.tx(move |db| {
        Box::pin(async move {
            let effect = (id, key.as_str());
            match truth {
                Truth::Happened(outcome) => {
                    let ours = outcome.clone().ok();
                    let first = store::happened(db, effect, outcome, now).await?;
                    if !first && let Some(ours) = ours {
                        compare(store::effect(db, id, &key).await?, &ours);
                    }
                }
                Truth::NotHappened(why) => {
                    store::not_happened(db, effect, token, why, now).await?;
                }
                Truth::Unknown(why) => store::unknown(db, effect, token, why, false).await?,
                Truth::Ambiguous(seen, why) => {
                    store::unknown(db, effect, seen, why, true).await?;
                }
            }
            Ok(store::holds_fence(db, id, token).await?)
        })
    })
    .await
}

/// What is in the ledger already is our own writing whose commit was not answered, or another's.
fn compare(known: Option<EffectRow>, ours: &Value) {
    let theirs = known.and_then(|row| row.outcome);
    if theirs.is_some_and(|theirs| theirs.0 != *ours) {
        tracing::error!("an effect is known with another outcome: it may have happened twice");
    }
}
