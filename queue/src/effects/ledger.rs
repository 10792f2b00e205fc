//! The ledger for people: what a job did outside, what nobody can tell, and how that is settled.

use db::Time;
use serde::Serialize;
use serde_json::{Value, json};

use crate::acts::Target;
use crate::new_job::check_size;
use crate::wake::News;
use crate::{Actor, Deed, JobError, JobId, Page, Queue, QueueError, Scope, store};

db::text_enum! {
    /// What is known of an effect.
    pub enum EffectState {
        /// Its call was begun, and it is not known yet what became of it.
        Intended = "intended",
        /// It happened.
        Happened = "happened",
        /// Its last call certainly did not happen; it may be called again.
        NotHappened = "not_happened",
        /// It may have happened, and only a person can find out.
        Ambiguous = "ambiguous",
    }
}

/// Something that a job did outside, or meant to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Whose it is.
    pub job_id: JobId,
    /// Its name within the job.
    pub key: String,
    /// What is known of it. One that was begun by a job that has ended since is ambiguous.
    pub state: EffectState,
    /// What the other side knows it by.
    pub token: String,
    /// How often its call was begun.
    pub calls: i32,
    /// What the other side answered; none while that is not known, or when it could not be kept.
    pub outcome: Option<Value>,
    /// Why it did not happen, is not known, or has no outcome.
    pub error: Option<JobError>,
    /// When its newest call was begun.
    pub intended_at: Time,
    /// When it became known what became of it.
    pub ended_at: Option<Time>,
    /// Who settled it, if a person did.
    pub resolved_by: Option<String>,
    /// What that person wrote.
    pub resolved_note: Option<String>,
}

/// What a person found out of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// It happened. The value takes the place of its outcome, in the form the body expects, at
    /// most [`crate::DOCUMENT_LIMIT_BYTES`].
    Happened(Value),
    /// It did not happen: the next attempt calls it.
    NotHappened,
}

/// What became of a request to resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// The ledger knows now; retry the job.
    Done,
    /// It is in this state and needs no person.
    NotAmbiguous(EffectState),
    /// The actor's scope has no such job, or the job no such effect.
    NotFound,
}

impl Queue {
    /// What a job of the scope did outside, oldest first; none when the scope has no such job.
    pub async fn effects(&self, scope: Scope, job: JobId) -> Result<Vec<Effect>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::effects(&mut db, scope, job).await?)
    }

    /// The effects of the scope that wait for a person: those that are ambiguous, and those that
    /// happened and whose outcome could not be kept. Those of the newest jobs come first; the
    /// page counts jobs.
    pub async fn ambiguous_effects(
        &self,
        scope: Scope,
        page: Page,
    ) -> Result<Vec<Effect>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::ambiguous_effects(&mut db, scope, page).await?)
    }

    /// Settles an effect that waits for a person, by what was found out. An effect that
    /// happened without an outcome can only be given one. The job does not move: retry it then.
    pub async fn resolve_effect(
        &self,
        by: impl Into<Actor>,
        (job, key): (JobId, &str),
        resolution: Resolution,
        note: &str,
    ) -> Result<Resolved, QueueError> {
        if let Resolution::Happened(outcome) = &resolution {
            check_size("outcome", outcome)?;
        }
        let (key, note) = (key.to_owned(), note.to_owned());
        let (by, now) = (by.into(), self.now());
        let resolved = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let happened = matches!(resolution, Resolution::Happened(_));
                    let effect = (job, key.as_str());
                    let resolved = store::resolve(db, &by, effect, resolution, &note, now).await?;
                    if resolved == Resolved::Done {
                        let details = json!({ "key": key, "happened": happened, "note": note });
                        by.did(db, Deed::ResolveEffect, Target::Effect(job), details, now)
                            .await?;
                    }
                    Ok(resolved)
                })
            })
            .await?;
        if resolved == Resolved::Done {
            let mut news = News::default();
            news.job(job);
            self.wake().announce(news);
        }
        Ok(resolved)
    }
}
