//! The order of things: look, settle what is open, write the intent, call, write what became of it.

use db::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use super::record::{self, Truth};
use super::{
    CallError, EffectState, EffectToken, Effects, KEY_LIMIT_BYTES, ReconcilableEffect, Reconciled,
};
use crate::store::{self, EffectRow};
use crate::{Fault, QueueError, StopReason};

/// How often an intent is written when the database is away. An intent whose commit was not
/// answered is recognised as our own.
const TRIES: u32 = 3;

/// A call is begun only while more than this part of the lease is left.
const MARGIN: u32 = 3;

/// What may be done about an effect.
enum Standing {
    /// It happened, and this is the row that says so.
    Known(EffectRow),
    /// It was begun and has no end.
    Open(EffectRow),
    /// It may be called.
    Free(EffectToken),
}

impl<T, R, RFut> ReconcilableEffect<T, R>
where
    T: Serialize + DeserializeOwned,
    R: FnOnce(EffectToken, Time) -> RFut,
    RFut: Future<Output = Result<Reconciled<T>, Fault>>,
{
    /// Does it, unless it is known to have happened or is found to. See
    /// [`super::NamedEffect::call`].
    pub async fn call<F, Fut>(self, call: F) -> Result<T, Fault>
    where
        F: FnOnce(EffectToken) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let effect = &self.effect;
        let job = &effect.effects.job;
        let span = tracing::error_span!(
            "effect", trace.id = %job.trace_id, job.id = %job.id, effect.key = effect.key
        );
        self.run(call).instrument(span).await
    }

    async fn run<F, Fut>(self, call: F) -> Result<T, Fault>
    where
        F: FnOnce(EffectToken) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let (effects, key) = (self.effect.effects, self.effect.key);
        check_key(&key)?;
        let _turn = effects.turns.take(&key).await;
        let (token, seen) = match effects.look(&key).await? {
            Standing::Known(row) => return effects.known(row),
            Standing::Free(token) => (token, None),
            Standing::Open(row) => {
                let token = EffectToken(row.token);
                match (self.reconcile)(token.clone(), row.intended_at).await? {
                    Reconciled::NotHappened => (token, Some(row.fence)),
                    Reconciled::Happened(outcome) => {
                        effects.count("reconciled");
                        return effects.happened(&key, outcome).await;
                    }
                    Reconciled::Unknown => return Err(effects.ambiguous(&key, row.fence).await),
                }
            }
        };
        effects.may_begin()?;
        if !effects.intend(&key, &token, seen).await? {
            // A late answer, or a person, made it known meanwhile.
            return match effects.look(&key).await? {
                Standing::Known(row) => effects.known(row),
                _ => Err(Fault::transient("effect_changed", "it changed meanwhile")),
            };
        }
        // The commit may have taken any time.
        if let Err(fault) = effects.may_begin() {
            return Err(effects.not_happened(&key, fault).await);
        }
        match call(token).await {
            Ok(outcome) => {
                effects.count("happened");
                effects.happened(&key, outcome).await
            }
            Err(CallError::NotDone(fault)) => Err(effects.not_happened(&key, fault).await),
            Err(CallError::Unknown(fault)) => Err(effects.unknown(&key, fault).await),
        }
    }
}

impl Effects {
    async fn look(&self, key: &str) -> Result<Standing, QueueError> {
        let mut db = self.fence.queue.pool().get().await?;
        let row = store::effect(&mut db, self.job.id, key).await?;
        Ok(match row {
            None => Standing::Free(EffectToken::of(self.job.id, key)),
            Some(row) => match row.state {
                EffectState::Happened => Standing::Known(row),
                EffectState::NotHappened => Standing::Free(EffectToken(row.token)),
                EffectState::Intended | EffectState::Ambiguous => Standing::Open(row),
            },
        })
    }

    /// Whether a call may be begun: the job is ours, nobody wants the body to stop, and enough of
    /// the lease is left for the call to be on its way before others could take the job.
    fn may_begin(&self) -> Result<(), Fault> {
        let queue = &self.fence.queue;
        // Read before the signal: a new lease is opened only after those of the old were told.
        let left = self.fence.worker.lease_until().since(queue.now());
        match self.fence.stop.reason() {
            Some(StopReason::LeaseLost) => return Err(QueueError::LeaseLost.into()),
            Some(_) => return Err(Fault::transient("told_to_stop", "the body shall stop")),
            None => {}
        }
        if left <= queue.options().lease / MARGIN {
            let message = "too little of the lease was left to begin an effect";
            return Err(Fault::transient("lease_short", message));
        }
        Ok(())
    }

    /// Writes the intent under the fence. False: the effect is not as it was seen.
    async fn intend(
        &self,
        key: &str,
        token: &EffectToken,
        mut seen: Option<i64>,
    ) -> Result<bool, QueueError> {
        for tries in 1.. {
            let (fence, key, token) = (self.fence.clone(), key.to_owned(), token.clone());
            let intended = self.fence.tx(move |tx| {
                Box::pin(async move {
                    let (id, now) = (fence.id, fence.queue.now());
                    let effect = (id, key.as_str(), token.as_str());
                    Ok(store::intend(tx.db(), effect, seen, fence.token, now).await?)
                })
            });
            match intended.await {
                Err(QueueError::Db(error)) if error.is_transient() && tries < TRIES => {
                    tracing::warn!(%error, "an intent is written again");
                    // Whatever has our fence now is the intent that was not answered.
                    seen = Some(self.fence.token);
                }
                answer => return answer,
            }
        }
        unreachable!("the last try answers")
    }

    fn known<T: DeserializeOwned>(&self, row: EffectRow) -> Result<T, Fault> {
        self.count("known");
        let Some(outcome) = row.outcome else {
            return Err(record::outcome_lost(&row.key));
        };
        serde_json::from_value(outcome.0).map_err(|error| {
            let message = format!("the outcome of `{}` is of another form: {error}", row.key);
            Fault::permanent("effect_outcome_unreadable", message)
        })
    }

    async fn happened<T: Serialize>(&self, key: &str, outcome: T) -> Result<T, Fault> {
        let truth = record::happened(&outcome);
        let kept = matches!(truth, Truth::Happened(Ok(_)));
        if !record::write(&self.fence, key, truth).await? || !kept {
            return Err(record::outcome_lost(key));
        }
        Ok(outcome)
    }

    async fn not_happened(&self, key: &str, fault: Fault) -> Fault {
        self.count("not_happened");
        let truth = Truth::NotHappened(record::reason(&fault));
        self.noted(key, truth, fault).await
    }

    async fn unknown(&self, key: &str, fault: Fault) -> Fault {
        self.count("unknown");
        let truth = Truth::Unknown(record::reason(&fault));
        self.noted(key, truth, fault).await
    }

    /// The fault that the body ends with, once the ledger knows it; or that the lease was lost.
    async fn noted(&self, key: &str, truth: Truth, fault: Fault) -> Fault {
        record::write(&self.fence, key, truth)
            .await
            .err()
            .unwrap_or(fault)
    }

    /// Leaves the effect to a person.
    async fn ambiguous(&self, key: &str, seen: i64) -> Fault {
        self.count("ambiguous");
        tracing::warn!("an effect is ambiguous: it may have happened, and nobody can tell");
        let message = format!(
            "the effect `{key}` may have happened, and nobody can tell: see for yourself, resolve it, and retry the job"
        );
        let fault = Fault::permanent("effect_ambiguous", message);
        let truth = Truth::Ambiguous(seen, record::reason(&fault));
        self.noted(key, truth, fault).await
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!(
            "queue_effects_total", "kind" => self.job.kind.clone(), "outcome" => outcome,
        )
        .increment(1);
    }
}

fn check_key(key: &str) -> Result<(), Fault> {
    if key.is_empty() || key.len() > KEY_LIMIT_BYTES || key.contains(char::is_control) {
        let message = format!("an effect's key has 1 to {KEY_LIMIT_BYTES} bytes of printable text");
        return Err(Fault::permanent("effect_key_invalid", message));
    }
    Ok(())
}
