//! Effects: what a job does outside happens at most once, and the ledger knows what is known.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use queue::{
    CallError, Cancel, Claimed, Context, Effect, EffectState, EffectToken, Fault, Finished, JobId,
    Outcome, Page, Queue, Reconciled, Resolution, Resolved, Retried, Scope, State, StopReason,
    WorkerHandle,
};
use serde_json::json;

use crate::arena::{Arena, PATIENCE, claim_one, enqueue, job, nina, noon, ping, until, worker};

on_both! {
    a_known_outcome_is_returned_without_calling,
    what_certainly_did_not_happen_is_called_again,
    what_was_not_answered_is_asked_for_on_the_other_side,
    what_nobody_can_tell_is_left_to_a_person,
    what_a_person_found_not_to_have_happened_is_called,
    an_intent_whose_job_has_ended_is_ambiguous,
    an_attempt_that_lost_its_job_begins_nothing,
    nothing_is_begun_near_the_end_of_the_lease,
    a_body_that_shall_stop_begins_nothing,
    a_late_answer_is_kept_though_the_job_is_lost,
    what_was_found_not_to_have_happened_gives_way_to_a_late_answer,
    an_answer_is_kept_though_the_body_is_ended_before_it_is_written,
    an_outcome_too_large_to_keep_still_happened,
    calls_of_one_effect_at_once_take_turns,
    a_key_is_short_and_printable,
    a_tenant_sees_and_settles_nothing_of_another,
}

/// The other side, which does whatever it is asked to, however often.
#[derive(Debug, Clone, Default)]
pub struct Blog(Arc<Mutex<Vec<String>>>);

impl Blog {
    pub fn post(&self, token: &EffectToken) -> usize {
        let mut posts = self.0.lock().unwrap();
        posts.push(token.to_string());
        posts.len()
    }

    /// The number of the post, if it was made.
    pub fn find(&self, token: &EffectToken) -> Option<usize> {
        let posts = self.0.lock().unwrap();
        let at = posts.iter().position(|post| *post == **token)?;
        Some(at + 1)
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    async fn posted_by(&self, context: &Context) -> Result<usize, Fault> {
        let effects = context.effects();
        effects
            .once("post", async |token| Ok(self.post(&token)))
            .await
    }
}

fn silent() -> Fault {
    Fault::transient("blog_silent", "no answer")
}

async fn end(worker: &WorkerHandle, claimed: Claimed, outcome: impl Into<Outcome>) {
    let ends = [(claimed, outcome.into())];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
}

async fn again(queue: &Queue, worker: &WorkerHandle, id: JobId) -> Claimed {
    if job(queue, id).await.state.is_final() {
        let retried = queue.retry(Scope::Operator, id).await.unwrap();
        assert_eq!(retried, Retried::Done);
    }
    until(queue, id, |job| job.state == State::Waiting).await;
    claim_one(worker).await
}

async fn effect(queue: &Queue, id: JobId) -> Effect {
    let mut effects = queue.effects(Scope::Operator, id).await.unwrap();
    assert_eq!(effects.len(), 1);
    effects.remove(0)
}

async fn ambiguous(queue: &Queue) -> Vec<(JobId, String)> {
    let page = Page::default();
    let found = queue.ambiguous_effects(Scope::Operator, page).await;
    let found = found.unwrap().into_iter();
    found.map(|effect| (effect.job_id, effect.key)).collect()
}

async fn a_known_outcome_is_returned_without_calling(arena: Arena) {
    let clock = noon();
    let (queue, blog) = (arena.queue_at(&clock).await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    assert_eq!(blog.posted_by(&context).await, Ok(1));
    assert_eq!(blog.posted_by(&context).await, Ok(1), "in the same attempt");
    end(&worker, claimed, silent()).await;
    clock.advance(Duration::from_secs(10));
    let claimed = again(&queue, &worker, id).await;
    let context = claimed.context();
    assert_eq!(blog.posted_by(&context).await, Ok(1), "and in the next");
    let other: Result<String, Fault> = context
        .effects()
        .once("post", async |_| panic!("it is known"))
        .await;
    assert_eq!(other.unwrap_err().code, "effect_outcome_unreadable");
    assert_eq!(blog.count(), 1);
    let known = effect(&queue, id).await;
    assert_eq!((known.state, known.calls), (EffectState::Happened, 1));
    assert_eq!(known.outcome, Some(json!(1)));
}

async fn what_certainly_did_not_happen_is_called_again(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let context = claim_one(&worker).await;
    let context = context.context();
    let refused = Fault::permanent("blog_refused", "too long");
    let answer: Result<usize, Fault> = context
        .effects()
        .once("post", async |_| Err(CallError::not_done(refused.clone())))
        .await;
    assert_eq!(answer, Err(refused));
    let known = effect(&queue, id).await;
    assert_eq!(known.state, EffectState::NotHappened);
    assert_eq!(known.error.unwrap().code, "blog_refused");
    assert_eq!(blog.posted_by(&context).await, Ok(1));
    let known = effect(&queue, id).await;
    assert_eq!((known.state, known.calls), (EffectState::Happened, 2));
    assert!(known.error.is_none());
}

async fn what_was_not_answered_is_asked_for_on_the_other_side(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let effects = claimed.context().effects();
    let lost: Result<usize, Fault> = effects.once("post", async |_| Err(silent().into())).await;
    assert_eq!(lost, Err(silent()));
    let open = effect(&queue, id).await;
    assert_eq!(open.state, EffectState::Intended);
    assert_eq!(open.error.unwrap().code, "blog_silent");

    let asked = effects
        .effect("post")
        .reconcile(async |_, _| Err::<Reconciled<usize>, _>(silent()))
        .call(async |_| panic!("nobody knows yet"));
    assert_eq!(asked.await, Err(silent()));
    // It did not arrive; the second call arrives, and its answer is lost.
    let asked = effects
        .effect("post")
        .reconcile(async |token, since| {
            assert_eq!((token.as_str(), since), (&*open.token, open.intended_at));
            Ok(match blog.find(&token) {
                Some(number) => Reconciled::Happened(number),
                None => Reconciled::NotHappened,
            })
        })
        .call(async |token| {
            blog.post(&token);
            Err(CallError::unknown(silent()))
        });
    assert_eq!(asked.await, Err(silent()));
    let asked = effects
        .effect("post")
        .reconcile(async |token, _| Ok(Reconciled::Happened(blog.find(&token).unwrap())))
        .call(async |_| panic!("it happened"));
    assert_eq!(asked.await, Ok(1));
    assert_eq!(blog.count(), 1);
    let known = effect(&queue, id).await;
    assert_eq!((known.state, known.calls), (EffectState::Happened, 2));
}

/// The body's task ends within the call; the job is tried again, and nobody can be asked.
async fn left_open(queue: &Queue, worker: &WorkerHandle, blog: &Blog) -> JobId {
    let id = enqueue(queue, 1).await;
    let claimed = claim_one(worker).await;
    let (effects, posting) = (claimed.context().effects(), blog.clone());
    let dies = tokio::spawn(async move {
        let answer: Result<usize, Fault> = effects
            .once("post", async |token| {
                posting.post(&token);
                panic!("within the call")
            })
            .await;
        answer
    });
    assert!(dies.await.unwrap_err().is_panic());
    let answer = blog.posted_by(&claimed.context()).await;
    let fault = answer.unwrap_err();
    assert_eq!(fault.code, "effect_ambiguous");
    assert!(fault.message.contains("`post`"), "{fault}");
    end(worker, claimed, fault).await;
    id
}

async fn what_nobody_can_tell_is_left_to_a_person(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = left_open(&queue, &worker, &blog).await;
    let dead = job(&queue, id).await;
    assert_eq!(dead.state, State::Dead);
    assert_eq!(dead.error.unwrap().code, "effect_ambiguous");
    assert_eq!(effect(&queue, id).await.state, EffectState::Ambiguous);
    assert_eq!(ambiguous(&queue).await, [(id, "post".to_owned())]);
    // Trying again does not help, and does no harm.
    let claimed = again(&queue, &worker, id).await;
    let fault = blog.posted_by(&claimed.context()).await.unwrap_err();
    end(&worker, claimed, fault).await;

    let resolve = async |key: &str, resolution: Resolution| {
        let by = queue.resolve_effect(nina(), (id, key), resolution, "I looked");
        by.await.unwrap()
    };
    let happened = || Resolution::Happened(json!(1));
    assert_eq!(resolve("mail", happened()).await, Resolved::NotFound);
    assert_eq!(resolve("post", happened()).await, Resolved::Done);
    let twice = Resolved::NotAmbiguous(EffectState::Happened);
    assert_eq!(resolve("post", happened()).await, twice);
    assert_eq!(resolve("post", Resolution::NotHappened).await, twice);
    assert!(ambiguous(&queue).await.is_empty());
    let settled = effect(&queue, id).await;
    assert_eq!(settled.resolved_by.as_deref(), Some("nina"));
    assert_eq!(settled.resolved_note.as_deref(), Some("I looked"));
    let claimed = again(&queue, &worker, id).await;
    assert_eq!(blog.posted_by(&claimed.context()).await, Ok(1));
    assert_eq!(blog.count(), 1);
}

async fn what_a_person_found_not_to_have_happened_is_called(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = left_open(&queue, &worker, &blog).await;
    blog.0.lock().unwrap().clear();
    let effect = (id, "post");
    let no = queue.resolve_effect(nina(), effect, Resolution::NotHappened, "");
    assert_eq!(no.await.unwrap(), Resolved::Done);
    let claimed = again(&queue, &worker, id).await;
    assert_eq!(blog.posted_by(&claimed.context()).await, Ok(1));
    let known = self::effect(&queue, id).await;
    assert_eq!((known.state, known.calls), (EffectState::Happened, 2));
    assert_eq!(known.resolved_by, None, "the call itself says so now");
}

async fn an_intent_whose_job_has_ended_is_ambiguous(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let gone = Fault::unauthorised("token_revoked", "while it was sent");
    let answer: Result<usize, Fault> = claimed
        .context()
        .effects()
        .once("post", async |_| Err(gone.into()))
        .await;
    assert!(ambiguous(&queue).await.is_empty(), "the job may still look");
    let open = (id, "post");
    let early = queue.resolve_effect(nina(), open, Resolution::NotHappened, "");
    let early = early.await.unwrap();
    assert_eq!(early, Resolved::NotAmbiguous(EffectState::Intended));
    end(&worker, claimed, answer.unwrap_err()).await;
    assert_eq!(effect(&queue, id).await.state, EffectState::Ambiguous);
    assert_eq!(ambiguous(&queue).await, [(id, "post".to_owned())]);
    let found = Resolution::NotHappened;
    let found = queue.resolve_effect(nina(), open, found, "");
    assert_eq!(found.await.unwrap(), Resolved::Done);
}

async fn an_attempt_that_lost_its_job_begins_nothing(arena: Arena) {
    let (past, future) = (noon(), noon());
    let stale = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let blog = Blog::default();
    let id = enqueue(&queue, 1).await;
    let context = claim_one(&stale).await;
    let context = context.context();
    future.advance(Duration::from_secs(7));
    assert_eq!(queue.rescue(false).await.unwrap(), 1);
    // Its own clock has stood still, as a frozen process' does: the fence refuses the intent.
    let refused = blog.posted_by(&context).await.unwrap_err();
    assert_eq!(refused.code, "lease_lost");
    assert_eq!(context.stop_reason(), Some(StopReason::LeaseLost));
    assert_eq!(blog.count(), 0);
    assert!(queue.effects(Scope::Operator, id).await.unwrap().is_empty());
}

async fn nothing_is_begun_near_the_end_of_the_lease(arena: Arena) {
    let clock = noon();
    let (queue, blog) = (arena.queue_at(&clock).await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    // No beat any more. The lease is of 6 s, and a third of it must be left.
    drop(worker);
    clock.advance(Duration::from_secs(4));
    let refused = blog.posted_by(&claimed.context()).await.unwrap_err();
    assert_eq!(refused.code, "lease_short");
    assert_eq!(blog.count(), 0);
    assert!(queue.effects(Scope::Operator, id).await.unwrap().is_empty());
}

async fn a_body_that_shall_stop_begins_nothing(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    let cancelled = queue.cancel(Scope::Operator, id, "enough").await.unwrap();
    assert_eq!(cancelled, Cancel::Requested);
    let told = context.cancelled();
    let told = tokio::time::timeout(PATIENCE, told.cancelled());
    told.await.unwrap();
    let refused = blog.posted_by(&context).await.unwrap_err();
    assert_eq!(refused.code, "told_to_stop");
    assert_eq!(blog.count(), 0);
}

/// Begins the call of a worker whose clock stands, lets its job be taken back meanwhile, and then
/// lets the call end as `late` says; answers what the body is told.
async fn late(
    arena: &Arena,
    blog: &Blog,
    meanwhile: impl AsyncFnOnce(&Queue, JobId),
) -> (Queue, JobId, Result<usize, Fault>) {
    let (past, future) = (noon(), noon());
    let stale = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&stale).await;
    let context = claimed.context();
    let answer = context
        .effects()
        .once("post", async |token| {
            future.advance(Duration::from_secs(7));
            assert_eq!(queue.rescue(false).await.unwrap(), 1);
            meanwhile(&queue, id).await;
            Ok(blog.post(&token))
        })
        .await;
    assert_eq!(context.stop_reason(), Some(StopReason::LeaseLost));
    future.advance(Duration::from_mins(1));
    queue.promote_due().await.unwrap();
    (queue, id, answer)
}

async fn a_late_answer_is_kept_though_the_job_is_lost(arena: Arena) {
    let blog = Blog::default();
    let (queue, id, answer) = late(&arena, &blog, async |_, _| {}).await;
    assert_eq!(answer.unwrap_err().code, "lease_lost");
    assert_eq!(effect(&queue, id).await.state, EffectState::Happened);
    let next = worker(&queue).await;
    let claimed = claim_one(&next).await;
    assert_eq!(blog.posted_by(&claimed.context()).await, Ok(1));
    assert_eq!(blog.count(), 1);
}

async fn what_was_found_not_to_have_happened_gives_way_to_a_late_answer(arena: Arena) {
    let blog = Blog::default();
    let (queue, id, answer) = late(&arena, &blog, async |queue, id| {
        // The job ends, and a person settles the effect too early.
        queue.cancel(Scope::Operator, id, "x").await.unwrap();
        let effect = (id, "post");
        let no = queue.resolve_effect(nina(), effect, Resolution::NotHappened, "");
        assert_eq!(no.await.unwrap(), Resolved::Done);
    })
    .await;
    assert_eq!(answer.unwrap_err().code, "lease_lost");
    assert_eq!(effect(&queue, id).await.state, EffectState::Happened);
    let next = worker(&queue).await;
    let claimed = again(&queue, &next, id).await;
    assert_eq!(blog.posted_by(&claimed.context()).await, Ok(1));
    assert_eq!(blog.count(), 1);
}

async fn an_answer_is_kept_though_the_body_is_ended_before_it_is_written(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    // The first wait after the answer is that for its writing; the body gets no further.
    let (answered, is_answered) = tokio::sync::oneshot::channel();
    let effects = context.effects();
    let posting = effects.once("post", async |token| {
        let number = blog.post(&token);
        answered.send(()).unwrap();
        Ok(number)
    });
    tokio::select! {
        biased;
        _ = is_answered => {}
        answer = posting => panic!("it was not ended: {answer:?}"),
    }
    let known = async {
        while effect(&queue, id).await.state != EffectState::Happened {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, known).await.unwrap();
    assert_eq!(blog.posted_by(&context).await, Ok(1));
    assert_eq!(blog.count(), 1);
}

/// PostgreSQL keeps no NUL in a document.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_the_database_refuses_still_happened() {
    let queue = Arena::postgres().await.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let effects = claimed.context().effects();
    let lost = effects.once("post", async |_| Ok("a\0b".to_owned())).await;
    assert_eq!(lost.unwrap_err().code, "effect_outcome_lost");
    let known = effect(&queue, id).await;
    assert_eq!((known.state, known.outcome), (EffectState::Happened, None));
    assert!(known.error.is_some());
}

async fn an_outcome_too_large_to_keep_still_happened(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let effects = claimed.context().effects();
    let large = "x".repeat(queue::DOCUMENT_LIMIT_BYTES);
    let lost = effects.once("post", async |_| Ok(large)).await.unwrap_err();
    assert_eq!(lost.code, "effect_outcome_lost");
    let known = effect(&queue, id).await;
    assert_eq!((known.state, known.outcome), (EffectState::Happened, None));
    assert_eq!(known.error.unwrap().code, "document_too_large");
    let again: Result<String, Fault> = effects.once("post", async |_| panic!("again")).await;
    assert_eq!(again.unwrap_err().code, "effect_outcome_lost");
    end(&worker, claimed, lost).await;

    assert_eq!(ambiguous(&queue).await, [(id, "post".to_owned())]);
    let resolve = async |resolution| {
        let by = queue.resolve_effect(nina(), (id, "post"), resolution, "");
        by.await.unwrap()
    };
    let no = resolve(Resolution::NotHappened).await;
    assert_eq!(no, Resolved::NotAmbiguous(EffectState::Happened));
    let short = Resolution::Happened(json!("short"));
    assert_eq!(resolve(short).await, Resolved::Done);
    let claimed = self::again(&queue, &worker, id).await;
    let effects = claimed.context().effects();
    let known: Result<String, Fault> = effects.once("post", async |_| panic!("again")).await;
    assert_eq!(known, Ok("short".to_owned()));
}

async fn calls_of_one_effect_at_once_take_turns(arena: Arena) {
    let (queue, blog) = (arena.queue().await, Blog::default());
    let worker = worker(&queue).await;
    enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    let answers = futures::future::join_all((0..8).map(|_| blog.posted_by(&context))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(1)), "{answers:?}");
    assert_eq!(blog.count(), 1);
}

async fn a_key_is_short_and_printable(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let effects = claimed.context().effects();
    for key in ["", "a\0b", &"k".repeat(201)] {
        let refused: Result<(), Fault> = effects.once(key, async |_| panic!("called")).await;
        assert_eq!(refused.unwrap_err().code, "effect_key_invalid");
    }
    let longest = "é".repeat(100);
    let done: Result<(), Fault> = effects.once(&*longest, async |_| Ok(())).await;
    assert_eq!(done, Ok(()));
    assert_eq!(effect(&queue, id).await.outcome, Some(json!(null)));
}

async fn a_tenant_sees_and_settles_nothing_of_another(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let (own, other) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let job = ping(1).tenant(own);
    let id = queue.enqueue(job).await.unwrap().id;
    let claimed = claim_one(&worker).await;
    let lost: Result<(), Fault> = claimed
        .context()
        .effects()
        .once("post", async |_| {
            Err(Fault::permanent("blog_silent", "for good").into())
        })
        .await;
    end(&worker, claimed, lost.unwrap_err()).await;
    until(&queue, id, |job| job.state == State::Dead).await;
    let (own, other) = (Scope::Tenant(own), Scope::Tenant(other));
    let page = Page::default();
    assert!(queue.effects(other, id).await.unwrap().is_empty());
    let listed = queue.ambiguous_effects(other, page).await.unwrap();
    assert!(listed.is_empty());
    let resolution = Resolution::NotHappened;
    let meddled = queue.resolve_effect(other, (id, "post"), resolution.clone(), "");
    assert_eq!(meddled.await.unwrap(), Resolved::NotFound);
    assert_eq!(queue.effects(own, id).await.unwrap().len(), 1);
    assert_eq!(queue.ambiguous_effects(own, page).await.unwrap().len(), 1);
    let settled = queue.resolve_effect(own, (id, "post"), resolution, "");
    assert_eq!(settled.await.unwrap(), Resolved::Done);
}
