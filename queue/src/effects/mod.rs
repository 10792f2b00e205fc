//! Effects: what a job does outside – a post, a charge, a mail – happens at most once, whatever
//! dies. The ledger knows of it before it is done.

mod answer;
mod call;
mod ledger;
mod record;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use db::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::fence::Fence;
use crate::{Fault, Job, JobId};

pub use answer::{CallError, Reconciled};
pub use ledger::{Effect, EffectState, Resolution, Resolved};

/// The longest key, in bytes.
const KEY_LIMIT_BYTES: usize = 200;

/// What a job does outside. Each effect has a key of 1 to 200 bytes, its name within the job.
///
/// An effect's outcome is kept: when the job runs again, or asks again, it is returned and nothing
/// is called. When an attempt died between the call and its answer, nobody here knows whether it
/// happened. Then the effect's `reconcile` looks on the other side; without one, or when that
/// does not know either, the effect is ambiguous and the job ends dead with `effect_ambiguous`
/// until a person settles it with [`crate::Queue::resolve_effect`]. It is never blindly repeated.
///
/// ```
/// # use queue::{CallError, Context, Effects, Fault, Reconciled};
/// # struct Blog;
/// # struct Refused(bool);
/// # impl Blog {
/// #     async fn post(&self, text: &str, key: &str) -> Result<String, Refused> { Ok(text.into()) }
/// #     async fn find(&self, key: &str) -> Result<Option<String>, Refused> { Ok(None) }
/// # }
/// # impl std::fmt::Display for Refused {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("no") }
/// # }
/// async fn announce(context: &Context, blog: &Blog) -> Result<String, Fault> {
///     context
///         .effects()
///         .effect("post")
///         .reconcile(async |token, _since| match blog.find(&token).await {
///             Ok(Some(address)) => Ok(Reconciled::Happened(address)),
///             Ok(None) => Ok(Reconciled::NotHappened),
///             Err(error) => Err(Fault::transient("blog_away", error)),
///         })
///         .call(async |token| {
///             blog.post("out now", &token).await.map_err(|error| match error {
///                 Refused(true) => CallError::NotDone(Fault::permanent("blog_refused", error)),
///                 Refused(false) => CallError::Unknown(Fault::transient("blog_silent", error)),
///             })
///         })
///         .await
/// }
///
/// // Where the other side can't be asked, and a person shall decide:
/// async fn ring(effects: &Effects, blog: &Blog) -> Result<String, Fault> {
///     effects
///         .once("ring", async |token| {
///             let rung = blog.post("ring", &token).await;
///             rung.map_err(|error| Fault::transient("blog_silent", error).into())
///         })
///         .await
/// }
/// ```
#[derive(Clone)]
pub struct Effects {
    job: Arc<Job>,
    fence: Fence,
    turns: Arc<Turns>,
}

impl Effects {
    pub(crate) fn new(job: Arc<Job>, fence: Fence, turns: Arc<Turns>) -> Self {
        Self { job, fence, turns }
    }

    /// The effect with this key.
    pub fn effect(&self, key: impl Into<String>) -> NamedEffect {
        NamedEffect {
            effects: self.clone(),
            key: key.into(),
        }
    }

    /// Does it once, without a way to ask the other side what became of it. See
    /// [`NamedEffect::call`].
    pub async fn once<T, F, Fut>(&self, key: impl Into<String>, call: F) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(EffectToken) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        self.effect(key).call(call).await
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects")
            .field("job", &self.job.id)
            .finish_non_exhaustive()
    }
}

/// One effect of one job.
#[derive(Debug, Clone)]
#[must_use = "nothing is done until it is called"]
pub struct NamedEffect {
    effects: Effects,
    key: String,
}

impl NamedEffect {
    /// How to find out on the other side whether it happened: given its token and when it was
    /// last begun. A transient fault ends the attempt, and the next asks again.
    pub fn reconcile<T, R, Fut>(self, reconcile: R) -> ReconcilableEffect<T, R>
    where
        R: FnOnce(EffectToken, Time) -> Fut,
        Fut: Future<Output = Result<Reconciled<T>, Fault>>,
    {
        ReconcilableEffect {
            effect: self,
            reconcile,
            outcome: std::marker::PhantomData,
        }
    }

    /// Does it, unless it is known to have happened, and answers its outcome either way. `call`
    /// gets the token to hand to the other side. It is not begun when the job was lost, when the
    /// body was told to stop, or when less than a third of the lease is left; then, and when it
    /// fails, the fault is what the body ends with.
    ///
    /// An outcome larger than [`crate::DOCUMENT_LIMIT_BYTES`] as JSON can't be kept: the ledger says that
    /// it happened, and this and every later attempt get the permanent fault
    /// `effect_outcome_lost`, until a person gives it a smaller one.
    pub async fn call<T, F, Fut>(self, call: F) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(EffectToken) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let nobody = |_: EffectToken, _: Time| std::future::ready(Ok(Reconciled::Unknown));
        self.reconcile(nobody).call(call).await
    }
}

/// One effect that can be asked for on the other side.
#[derive(Debug, Clone)]
#[must_use = "nothing is done until it is called"]
pub struct ReconcilableEffect<T, R> {
    effect: NamedEffect,
    reconcile: R,
    outcome: std::marker::PhantomData<fn() -> T>,
}

/// What the other side may recognise a repetition by: the same for all calls of one effect of one
/// job, and no other's. Hand it over as the idempotency key wherever there is such a thing. It is
/// a UUID in the usual form, and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EffectToken(String);

impl EffectToken {
    /// The name of `key` in the namespace of the job.
    fn of(job: JobId, key: &str) -> Self {
        Self(Uuid::new_v5(&job.uuid(), key.as_bytes()).to_string())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for EffectToken {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EffectToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Within one attempt, the calls of one effect take turns.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, key: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(key.to_owned()).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_the_same_and_is_one_effects_own() {
        let (one, other) = (JobId::new(), JobId::new());
        assert_eq!(EffectToken::of(one, "post"), EffectToken::of(one, "post"));
        assert_ne!(EffectToken::of(one, "post"), EffectToken::of(one, "mail"));
        assert_ne!(EffectToken::of(one, "post"), EffectToken::of(other, "post"));
        assert_eq!(EffectToken::of(one, &"k".repeat(200)).len(), 36);
    }
}
