//! One job's whole story: who tried it, how that ended, what it said, and what people did to it.

use std::time::Duration;

use queue::apalis::Backend;
use queue::{
    Context, Fault, Filter, Finished, Flow, JobId, LogLevel, OnFailure, Outcome, Queue, Scope,
    State, Story,
};
use serde_json::json;
use uuid::Uuid;

use crate::arena::{Arena, PATIENCE, Ping, claim_one, enqueue, nina, noon, ping, until, worker};
use queue::Contract as _;

on_both! {
    every_attempt_is_told_with_its_worker_also_the_good_one,
    a_worker_that_left_is_still_known,
    what_a_body_said_outlives_its_panic,
    a_stale_attempts_lines_are_refused,
    a_job_keeps_its_newest_lines,
    the_story_tells_needs_ticks_effects_and_acts,
    a_tenants_story_tells_nothing_of_operators,
    a_redriven_job_says_so,
}

async fn story(queue: &Queue, id: JobId) -> Story {
    queue.story(Scope::Operator, id).await.unwrap().unwrap()
}

async fn every_attempt_is_told_with_its_worker_also_the_good_one(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let failed = Outcome::Retry(Fault::transient("peer_away", "nobody answers"));
    worker.finish(&[(claimed, failed)]).await.unwrap();
    clock.advance(Duration::from_secs(10));
    until(&queue, id, |job| job.state == State::Waiting).await;
    let claimed = claim_one(&worker).await;
    let running = story(&queue, id).await;
    let last = running.attempts.last().unwrap();
    assert_eq!((last.ended, last.finished_at), ("running", None));
    assert_eq!(last.worker_id, Some(worker.id()));
    clock.advance(Duration::from_secs(3));
    let done = Outcome::Done(json!(1));
    worker.finish(&[(claimed, done)]).await.unwrap();
    let told = story(&queue, id).await;
    let ended: Vec<_> = told
        .attempts
        .iter()
        .map(|it| (it.attempt, it.ended))
        .collect();
    assert_eq!(ended, [(1, "retried"), (2, "done")]);
    assert_eq!(told.attempts[0].code.as_deref(), Some("peer_away"));
    for attempt in &told.attempts {
        let who = attempt.worker.as_ref().unwrap();
        assert_eq!(
            (&*who.name, who.pid),
            ("test", i64::from(std::process::id()))
        );
    }
    let good = &told.attempts[1];
    let took = good.finished_at.unwrap().since(good.started_at.unwrap());
    assert_eq!(took, Duration::from_secs(3));
}

async fn a_worker_that_left_is_still_known(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    worker
        .finish(&[(claimed, Outcome::Done(json!(1)))])
        .await
        .unwrap();
    worker.shutdown(PATIENCE).await.unwrap();
    assert_eq!(queue.workers().await.unwrap(), []);
    let told = story(&queue, id).await;
    assert_eq!(told.attempts[0].worker.as_ref().unwrap().name, "test");
}

async fn what_a_body_said_outlives_its_panic(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    let backend = Backend::new(&handle, Ping::QUEUE, 1);
    tokio::spawn(backend.run(|context: Context| async move {
        context.log(LogLevel::Info, "began");
        context.log(LogLevel::Warn, "this will not\0 end well");
        assert!(context.job().attempt > 5, "the end");
        Outcome::Done(json!(null))
    }));
    let id = enqueue(&queue, 1).await;
    until(&queue, id, |job| job.state == State::Retrying).await;
    let log = story(&queue, id).await.log;
    let said: Vec<_> = log
        .iter()
        .map(|line| (line.seq, line.level, &*line.message))
        .collect();
    assert_eq!(
        said,
        [
            (1, LogLevel::Info, "began"),
            (2, LogLevel::Warn, "this will not end well")
        ]
    );
}

async fn a_stale_attempts_lines_are_refused(arena: Arena) {
    let (past, future) = (noon(), noon());
    let stale = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&stale).await;
    future.advance(Duration::from_mins(1));
    assert_eq!(queue.rescue(true).await.unwrap(), 1);
    claimed.context().log(LogLevel::Info, "am I late?");
    let ends = [(claimed, Outcome::Done(json!(1)))];
    assert_eq!(stale.finish(&ends).await.unwrap(), [Finished::Stale]);
    assert_eq!(story(&queue, id).await.log, []);
}

async fn a_job_keeps_its_newest_lines(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    for (lines, outcome) in [
        (300, Outcome::Retry(Fault::transient("x", "y"))),
        (400, Outcome::Done(json!(1))),
    ] {
        until(&queue, id, |job| job.state == State::Waiting).await;
        let claimed = claim_one(&worker).await;
        let context = claimed.context();
        for number in 0..lines {
            context.log(LogLevel::Debug, number.to_string());
        }
        context.log(LogLevel::Info, "é".repeat(3000));
        worker.finish(&[(claimed, outcome)]).await.unwrap();
        clock.advance(Duration::from_secs(10));
    }
    let log = story(&queue, id).await.log;
    assert_eq!(log.len(), 500);
    assert_eq!((log[0].fence, &*log[0].message), (1, "202"));
    assert_eq!(
        (log[499].fence, log[499].message.chars().count()),
        (2, 2000)
    );
}

async fn the_story_tells_needs_ticks_effects_and_acts(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = Flow::new();
    let first = flow.add(ping(1));
    let second = flow.add(ping(2).after(first, OnFailure::Hold));
    queue.enqueue_flow(flow).await.unwrap();
    let claimed = claim_one(&worker).await;
    let effects = claimed.context().effects();
    let done = effects.once("post", async |_| Ok(7)).await;
    assert_eq!(done, Ok(7));
    queue
        .cancel(nina(), first.job_id(), "enough")
        .await
        .unwrap();
    let told = story(&queue, first.job_id()).await;
    assert_eq!(told.effects[0].key, "post");
    assert_eq!(told.acts[0].actor, "nina");
    assert_eq!(
        (told.needs.len(), told.needed_by[0].job_id),
        (0, second.job_id())
    );
    let other = story(&queue, second.job_id()).await;
    assert_eq!(other.needs[0].needs_id, first.job_id());
    assert_eq!(
        (other.acts, other.attempts, other.tick),
        (vec![], vec![], None)
    );
    let unknown = queue.story(Scope::Operator, JobId::new()).await.unwrap();
    assert_eq!(unknown, None);
}

async fn a_tenants_story_tells_nothing_of_operators(arena: Arena) {
    let queue = arena.queue().await;
    let tenant = Uuid::now_v7();
    let id = queue.enqueue(ping(1).tenant(tenant)).await.unwrap().id;
    let scope = Scope::Tenant(tenant);
    queue.cancel(scope, id, "mine").await.unwrap();
    queue.retry(nina(), id).await.unwrap();
    assert_eq!(story(&queue, id).await.acts.len(), 2);
    let own = queue.story(scope, id).await.unwrap().unwrap();
    assert_eq!(own.acts.len(), 1);
    assert_eq!(own.acts[0].tenant_id, Some(tenant));
    let stranger = Scope::Tenant(Uuid::now_v7());
    assert_eq!(queue.story(stranger, id).await.unwrap(), None);
}

async fn a_redriven_job_says_so(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    for _ in 0..2 {
        let dead = Outcome::Dead(Fault::permanent("x", "y"));
        let ends = [(claim_one(&worker).await, dead)];
        worker.finish(&ends).await.unwrap();
        queue
            .redrive(nina(), &Filter::default(), None)
            .await
            .unwrap();
    }
    let log = story(&queue, id).await.log;
    let said: Vec<_> = log.iter().map(|line| &*line.message).collect();
    assert_eq!(said, ["redriven by nina"; 2]);
}
